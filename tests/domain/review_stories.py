"""Units, days and commands from which tests of reviews tell their stories."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.calendars import Calendar
from domain.kernel import (
    EventName,
    PartialDate,
    Policy,
    ReviewFacts,
    ReviewId,
    Sphere,
    StreamId,
    Today,
    UnitFacts,
    UnitId,
    Words,
)
from domain.policies import AMENDED, POLICIES, SHIPPED, AdoptPolicy
from domain.subsidiarity import REVIEWS
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.state import Review
from domain.subsidiarity.reviews.words import (
    Act,
    AuthorKind,
    Body,
    Competence,
    Draft,
    DraftWording,
    Ground,
    Justification,
    Legislator,
    Outcome,
    OwnOpinion,
    Seat,
    SeatKind,
    Tally,
)
from domain.subsidiarity.words import Indicator
from tests.domain.moves import Move, Tries
from tests.domain.scenario import Given, scenario

STREAM, EARLIER = (ReviewId(StreamId(UUID(int=n))) for n in (0xA0, 0xA1))
NUMBERS = count(1)
UNION, COMMISSION, COUNCIL, PARLIAMENT, COMMITTEE, CITY, STATE = (UnitId(UUID(int=next(NUMBERS))) for _ in range(7))
SMALL, SENATE, HOUSE = (UnitId(UUID(int=next(NUMBERS))) for _ in range(3))
REGION, LEAGUE = (UnitId(UUID(int=next(NUMBERS))) for _ in range(2))
OTHERS = tuple(UnitId(UUID(int=1000 + n)) for n in range(25))
"""Parliaments of one chamber: with SMALL, SENATE and HOUSE they have 54 votes."""
SPHERES = {
    **dict.fromkeys((UNION, COMMISSION, COUNCIL, PARLIAMENT, COMMITTEE), Sphere.SUPRANATIONAL),
    **dict.fromkeys((STATE, SMALL, SENATE, HOUSE, *OTHERS), Sphere.NATIONAL),
    **dict.fromkeys((CITY, LEAGUE), Sphere.LOCAL),
    REGION: Sphere.REGIONAL,
}
JURISDICTIONS: Mapping[UnitId, str] = dict.fromkeys((STATE, SENATE, HOUSE, REGION, LEAGUE, CITY), "BE")
CALENDAR = Calendar("test")
DAY = date(2012, 3, 21)
"""On which the proposal called Monti II was sent; scrutiny then ends on 16 May."""
LAST = date(2012, 5, 16)


def shipped(jurisdiction: str = "EU", /, **changed: str) -> Policy:
    """The first version of the scrutiny policy of a jurisdiction, with other values in place of some."""
    one = next(one for one in SHIPPED if (one.name, one.jurisdiction) == ("scrutiny", jurisdiction))
    return _policy(one, changed, 1)


def amended(version: int) -> Policy:
    """A later version of that of the Union."""
    return _policy(AMENDED[version - 2], {}, version)


def _policy(said: Any, changed: Mapping[str, str], version: int) -> Policy:
    new = {name.replace("__", "."): text for name, text in changed.items()}
    values = tuple(replace(value, value=new.pop(value.parameter, value.value)) for value in said.values)
    assert not new, f"there is no parameter {new}"
    # What tests make up keeps the rules of policies, too.
    adopt = AdoptPolicy(said.name, said.jurisdiction, said.in_force_from, values)
    POLICIES.decider.decide(adopt, POLICIES.decider.initial)
    return Policy(said.name, said.jurisdiction, version, values)


def facts(unit: UnitId, until: date | None = None, sphere: Sphere | None = None) -> UnitFacts:
    known = unit in SPHERES
    return UnitFacts(
        id=unit,
        exists=known,
        name=f"Unit {unit.int}",
        sphere=sphere or SPHERES.get(unit, Sphere.LOCAL),
        jurisdiction=JURISDICTIONS.get(unit, "EU"),
        time_zone="UTC",
        alive_until=until,
    )


def words(text: str) -> Words:
    return Words({"en": text})


def ask(kind: type, unit: UnitId = COMMISSION, on: date = DAY, /, **said: Any) -> Any:
    """The command as the service would complete it, for an officer of `unit` on that day."""
    given: dict[str, Any] = {
        "acting": facts(unit),
        "effective_on": PartialDate(on),
        "today": Today(on),
        "policy": shipped(),
        "calendar": CALENDAR,
        "stream": STREAM,
        "chamber_facts": facts(said["chamber"]) if said.get("chamber") else None,
    }
    if kind is asked.OpenReview:
        given |= {
            "polity_facts": facts(said["polity"]),
            "author_facts": facts(said["author"]),
            "voters": tuple(facts(seat.unit) for seat in said["roll"]),
            "co_authors": tuple(facts(one) for one in said.get("jointly", ())),
            "adopters": tuple(facts(one.unit) for one in said.get("legislators", ())),
            "advisers": tuple(facts(one) for one in said.get("must_consult", ())),
            "followed": None,
            "rules": (shipped(),),
        }
    wanted = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in {**given, **said}.items() if name in wanted})


def story(*commands: Any) -> Given:
    """A review after these commands; each must be accepted."""
    return scenario(REVIEWS).after(*commands)


def review(at: Given) -> Review:
    """How it stands at this point of a story."""
    assert isinstance(at.state, Review)
    return at.state


ROLL = (
    Seat(SMALL, SeatKind.UNICAMERAL),
    Seat(SENATE, SeatKind.CHAMBER),
    Seat(HOUSE, SeatKind.CHAMBER),
    *(Seat(unit, SeatKind.UNICAMERAL) for unit in OTHERS),
)
STATEMENT = Justification(
    statement=words("Workers cross borders"),
    indicators=(Indicator(words("Cases across borders"), "120", "cases a year"),),
    financial_impact=words("None"),
    territorial_impact=words("None"),
    burden=words("Small"),
    consulted=words("The regions, by letter"),
)
DRAFT = Draft("COM(2012) 130", words("The right to take collective action"))
BODIES = (Legislator(COUNCIL, Body.COUNCIL), Legislator(PARLIAMENT, Body.PARLIAMENT))
OPENING = {
    "polity": UNION,
    "author": COMMISSION,
    "author_kind": AuthorKind.COMMISSION,
    "draft": DRAFT,
    "competence": Competence.SHARED,
    "roll": ROLL,
    "languages": ("en", "fr", "mt"),
    "justification": STATEMENT,
    "legislators": BODIES,
    "must_consult": (COMMITTEE,),
}
open_review = ask(asked.OpenReview, **OPENING)
transmit = ask(asked.CompleteTransmission)
opened = (open_review, transmit)


def opine(chamber: UnitId, on: date = DAY, grounds: Sequence[Ground] = (Ground.NECESSITY,), **said: Any) -> Any:
    return ask(
        asked.SubmitReasonedOpinion, chamber, on, chamber=chamber, grounds=tuple(grounds), reasons=words("Why"), **said
    )


def opinions(votes: int, on: date = DAY) -> tuple[Any, ...]:
    """Opinions of parliaments of one chamber, with so many votes together: an even number."""
    return tuple(opine(unit, on) for unit in OTHERS[: votes // 2])


def withdraw_opinion(chamber: UnitId, on: date = DAY) -> Any:
    return ask(asked.WithdrawOpinion, chamber, on, chamber=chamber)


def passes(number: int, on: date) -> asked.PassDeadline:
    """The clock says, on that day, that a deadline has passed."""
    return asked.PassDeadline(deadline=number, today=Today(on))


close = passes(1, LAST + timedelta(days=1))
yellow = (*opened, *opinions(18), close)
orange = (*opened, *opinions(28), close)
maintain = ask(asked.DecideAfterReview, COMMISSION, date(2012, 9, 12), outcome=Outcome.MAINTAIN)
own_opinion = OwnOpinion(words("It complies"))
COURT = Act("Regulation (EU) No 1/2013", "C-1/13")


KINDS = {name: by.command for name, by in REVIEWS.commands.items()}
BY_CHAMBER = ("submit-opinion", "withdraw-opinion")
LIKELY = ("submit-opinion",) * 12 + (
    "withdraw-opinion",
    "pass-deadline",
    "decide",
    "record-override-vote",
    "suspend-clock",
)
FEW = OTHERS[:4]


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> list[Move]:
    """What happens when commands of any kind are tried in any order, and the refused ones forgotten."""
    rules = shipped(votes__total="none", standstill_days=draw(st.sampled_from(("none", "30"))))
    roll = tuple(Seat(unit, SeatKind.UNICAMERAL) for unit in FEW) + ROLL[1:3]
    first = ask(asked.OpenReview, **{**OPENING, "roll": roll}, rules=(rules,))
    tries, day = Tries(REVIEWS), DAY
    tries.give("open", first, COMMISSION, day)
    if draw(st.booleans()):
        tries.give("complete-transmission", ask(asked.CompleteTransmission), COMMISSION, day)
    for _ in range(draw(st.integers(0, most))):
        day += timedelta(days=draw(st.sampled_from((0, 0, 1, 1, 5, 20, 60))))
        name = draw(st.sampled_from((*KINDS, *LIKELY)))
        if name == "open":
            continue
        unit = _acting(draw, name)
        command = ask(KINDS[name], unit, day, **{"policy": rules, **_said(draw, name, unit)})
        tries.give(name, command, unit, day)
    return tries.moves


def _acting(draw: st.DrawFn, name: str) -> UnitId:
    if name in BY_CHAMBER:
        return draw(st.sampled_from((*FEW, SENATE, HOUSE, CITY)))
    if name == "record-override-vote":
        return draw(st.sampled_from((COUNCIL, PARLIAMENT)))
    if name == "record-court-action":
        return draw(st.sampled_from((STATE, COMMITTEE, SENATE, CITY)))
    return draw(st.sampled_from((CITY, REGION))) if name == "submit-contribution" else COMMISSION


def _said(draw: st.DrawFn, name: str, unit: UnitId) -> dict[str, Any]:
    """What somebody might say in a command of that name; small numbers, so that they often name something."""
    number = draw(st.integers(1, 3))
    grounds = ((Ground.NECESSITY,), (Ground.ADDED_VALUE, Ground.MERITS), (Ground.MERITS,))
    follower = ReviewFacts(EARLIER, exists=True, follows=STREAM)
    # Drawn for the one command that is given: what is drawn for nobody costs most of the time.
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "attach-justification": lambda: {"justification": STATEMENT},
        "correct": lambda: {
            "corrects": EventName.at(STREAM, 1),
            "changes": DraftWording(draw(st.sampled_from((None, f"COM(2012) {number}"))), words(f"Draft {number}")),
        },
        "extend-for-translation": lambda: {"language": draw(st.sampled_from(("mt", "xx")))},
        "submit-opinion": lambda: {
            "chamber": unit,
            "grounds": draw(st.sampled_from(grounds)),
            "reasons": words("x"),
            "tally": draw(st.sampled_from((None, Tally(3, 4)))),
        },
        "submit-contribution": lambda: {
            "unit": unit,
            "reasons": words("x"),
            "to": draw(st.sampled_from((None, SENATE))),
        },
        "withdraw-opinion": lambda: {"chamber": unit},
        "decide": lambda: {
            "outcome": draw(st.sampled_from(tuple(Outcome))),
            "opinion": draw(st.sampled_from((None, own_opinion))),
            "summary": words("x"),
            "widens": number == 1,
        },
        "record-override-vote": lambda: {
            "against": number,
            "cast": number,
            "members": draw(st.integers(1, 6)),
            "corrects": draw(st.sampled_from((None, None, *(EventName.at(STREAM, n) for n in range(6, 14))))),
        },
        "record-court-action": lambda: {
            "court": COURT,
            "grounds": words("x"),
            "chamber": draw(st.sampled_from((None, HOUSE))),
        },
        "pass-deadline": lambda: {"deadline": number},
        "record-new-review": lambda: {"review": EARLIER, "review_facts": follower},
    }
    return said[name]() if name in said else {}
