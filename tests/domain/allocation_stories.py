"""Units, days and commands from which tests of allocations tell their stories."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.calendars import Calendar
from domain.kernel import (
    EventName,
    Holding,
    MandateFacts,
    MandateId,
    PartialDate,
    Policy,
    PolicyValue,
    Sphere,
    StreamId,
    Today,
    UnitFacts,
    UnitId,
    Words,
)
from domain.subsidiarity import ALLOCATIONS
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.state import Allocation
from domain.subsidiarity.allocations.words import Due, Grid, Ground, Mode, QuestionWording, Reply, Test
from domain.subsidiarity.words import Indicator
from tests.domain.moves import Move, Tries
from tests.domain.scenario import Given, scenario

MANDATE = MandateId(StreamId(UUID(int=0xB1)))
CITY, REGION, STATE, VILLAGE = (UnitId(UUID(int=n)) for n in range(1, 5))
SPHERES = {CITY: Sphere.LOCAL, REGION: Sphere.REGIONAL, STATE: Sphere.NATIONAL, VILLAGE: Sphere.LOCAL}
CALENDAR = Calendar("test")
DAY = date(2026, 3, 2)
GRIDS_UNTIL = date(2026, 4, 1)
"""Thirty days later."""
FOLLOWS_BY = date(2026, 9, 2)
"""Six months after the decision."""
AFTER = GRIDS_UNTIL + timedelta(days=1)
PARAMETERS = {
    "revisit_months": "36",
    "min_consultation_days": "30",
    "mandate_follow_months": "6",
    "upward_grounds": "extent, nature, efficiency, economy",
    "min_indicators": "1",
}


def policy(**changed: str) -> Policy:
    values = {**PARAMETERS, **changed}
    return Policy("subsidiarity", "*", 1, tuple(PolicyValue(name, text, "default") for name, text in values.items()))


def facts(unit: UnitId, until: date | None = None, sphere: Sphere | None = None) -> UnitFacts:
    return UnitFacts(
        id=unit,
        exists=unit in SPHERES,
        name=f"Unit {unit.int}",
        sphere=sphere or SPHERES.get(unit, Sphere.COMMUNITY),
        jurisdiction="XX",
        time_zone="UTC",
        alive_until=until,
    )


def words(text: str) -> Words:
    return Words({"en": text})


def ask(kind: type, unit: UnitId = REGION, on: date = DAY, /, **said: Any) -> Any:
    """The command as the service would complete it, for an officer of `unit` on that day."""
    given: dict[str, Any] = {
        "acting": facts(unit),
        "effective_on": PartialDate(on),
        "today": Today(on),
        "policy": policy(),
        "calendar": CALENDAR,
        "mandates": (),
    }
    if kind is asked.RequestDecision:
        given |= {
            "decider_facts": facts(said["decider"]),
            "territory_facts": facts(said["territory"]),
            "affected_facts": tuple(facts(one) for one in said["affected"]),
        }
    wanted = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in {**given, **said}.items() if name in wanted})


def story(*commands: Any) -> Given:
    """An allocation after these commands; each must be accepted."""
    return scenario(ALLOCATIONS).after(*commands)


def allocation(at: Given) -> Allocation:
    """How it stands at this point of a story."""
    assert isinstance(at.state, Allocation)
    return at.state


def grid(favours: Sphere, *, necessity: bool = True, added_value: bool = True, indicators: int = 1) -> Grid:
    return Grid(
        favours=favours,
        legal_basis="Water Act, s. 3",
        necessity=Test(necessity, words("Why")),
        added_value=Test(added_value, words("Why")),
        proportionality=words("A frame only"),
        cross_border=words("The river runs on"),
        capacity=words("Two engineers"),
        proximity=words("Further away"),
        cost=words("Less"),
        indicators=(Indicator(words("Floods"), "3", "a year"),) * indicators,
    )


def submit(unit: UnitId, favours: Sphere, on: date = DAY, **said: Any) -> asked.SubmitGrid:
    found = ask(asked.SubmitGrid, unit, on, grid=grid(favours, **said))
    assert isinstance(found, asked.SubmitGrid)
    return found


def choose(sphere: Sphere, on: date = DAY, mode: Mode = Mode.OWN, /, **said: Any) -> asked.DecideAllocation:
    found = ask(asked.DecideAllocation, STATE, on, sphere=sphere, mode=mode, **said)
    assert isinstance(found, asked.DecideAllocation)
    return found


def again(sphere: Sphere, on: date, mode: Mode = Mode.OWN, /, **said: Any) -> asked.RevisitDecision:
    found = ask(asked.RevisitDecision, STATE, on, sphere=sphere, mode=mode, **said)
    assert isinstance(found, asked.RevisitDecision)
    return found


def passes(number: int, on: date) -> asked.PassDeadline:
    """The clock says, on that day, that a deadline has passed."""
    return asked.PassDeadline(deadline=number, today=Today(on))


def mandate(on: date = DAY, id: MandateId = MANDATE, **said: Any) -> asked.RecordMandate:
    """A mandate for the region that names the decision has come into force that day."""
    told = {
        "exists": True, "giver": STATE, "recipient": REGION, "kind": "devolution", "stage": "active",
        "function": "05.2", "territory": REGION, "starts_on": on, "in_force": True,
        "recipient_sphere": Sphere.REGIONAL,
    }  # fmt: skip
    return asked.RecordMandate(
        mandate=id, mandate_facts=MandateFacts(id, **{**told, **said}), effective_on=PartialDate(on), today=Today(on)
    )


LAW = Holding(REGION, "05", REGION, "own", "Constitution, art. 2")


def by_law(
    on: date = DAY, holder: UnitId = REGION, territory: UnitId = REGION, held: tuple[Holding, ...] = (LAW,),
    **said: Any,
) -> asked.RecordPowerByLaw:  # fmt: skip
    """The decider says, on that day, that a unit holds the power by law."""
    given = {"holder_facts": facts(holder), "lands": lands(territory), "around": lands(REGION), **said}
    found = ask(asked.RecordPowerByLaw, STATE, on, holder=holder, territory=territory, holdings=held, **given)
    assert isinstance(found, asked.RecordPowerByLaw)
    return found


def not_by_law(version: int, on: date = DAY) -> asked.CorrectPowerByLaw:
    """The decider takes back, on that day, what the record of that version says of a power by law."""
    found = ask(asked.CorrectPowerByLaw, STATE, on, corrects=EventName.at(MANDATE, version), stream=MANDATE)
    assert isinstance(found, asked.CorrectPowerByLaw)
    return found


def lands(territory: UnitId) -> tuple[UnitFacts, ...]:
    """A unit, and what it lies in."""
    above = {CITY: (REGION, STATE), VILLAGE: (STATE,), REGION: (STATE,)}.get(territory, ())
    chain = (territory, *above)
    return tuple(replace(facts(one), parent=parent) for one, parent in zip(chain, (*above, None), strict=True))


REQUEST = {
    "requester": REGION,
    "decider": STATE,
    "matter": words("Who keeps the river from flooding"),
    "description": words("Dams, meadows, warnings"),
    "function": "05.2",
    "territory": REGION,
    "candidates": (Sphere.REGIONAL, Sphere.LOCAL, Sphere.NATIONAL),
    "affected": (CITY, VILLAGE, REGION, STATE),
}
request = ask(asked.RequestDecision, **REQUEST)
local_grids = (submit(CITY, Sphere.LOCAL, necessity=False), submit(VILLAGE, Sphere.REGIONAL))
regional_grid = submit(REGION, Sphere.REGIONAL)
"""The third grid of the story, on which a move to the regional sphere rests."""
propose = ask(asked.ProposeAllocation, sphere=Sphere.REGIONAL, mode=Mode.OWN, why=words("The river is long"))
proposed = (request, *local_grids, regional_grid, propose)
object_to = ask(asked.ObjectToAllocation, CITY, proposal=1, why=words("We know the meadows"))
upward = choose(Sphere.REGIONAL, grounds=(Ground.EXTENT,), rests_on=3)
stays = choose(Sphere.LOCAL)
mandate_owed = happened.AllocationDeadlineSet(
    5, Due.MANDATE, DAY, FOLLOWS_BY, "subsidiarity@1", "test", STATE
)  # fmt: skip
plan = ask(asked.AttachCapacityPlan, CITY, plan=words("Train four engineers by 2028"))
for_a_time = choose(Sphere.REGIONAL, grounds=(Ground.CAPACITY,), rests_on=3, revisit_on=date(2029, 3, 2))


KINDS = {name: by.command for name, by in ALLOCATIONS.commands.items()}


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> list[Move]:
    """What happens when commands of any kind are tried in any order, over years, and the refused ones forgotten."""
    tries, day = Tries(ALLOCATIONS), DAY
    script = draw(st.sampled_from(((request,), proposed, (*proposed, plan), (*proposed, upward))))
    names = {kind: name for name, kind in KINDS.items()}
    for command in script:
        tries.give(names[type(command)], command, command.acting.id, day)
    for _ in range(draw(st.integers(0, most))):
        day += timedelta(days=draw(st.sampled_from((0, 1, 20, 100, 400))))
        name = draw(st.sampled_from((*KINDS, "pass-deadline", "decide", "revisit", "record-mandate")))
        if name == "request":
            continue
        unit = draw(st.sampled_from((CITY, VILLAGE, REGION, STATE)))
        command = _named(draw, name, unit, day)
        tries.give(name, command, unit, day)
    return tries.moves


def _named(draw: st.DrawFn, name: str, unit: UnitId, day: date) -> Any:
    if name == "record-mandate":
        return mandate(day)
    if name == "record-power-by-law":
        return by_law(day, draw(st.sampled_from((REGION, CITY))), held=draw(st.sampled_from(((LAW,), ()))))
    return ask(KINDS[name], unit, day, **_said(draw, name, day))


def _said(draw: st.DrawFn, name: str, day: date) -> dict[str, Any]:
    """What somebody might say in a command of that name; small numbers, so that they often name something."""
    number, sphere = draw(st.integers(1, 4)), draw(st.sampled_from(tuple(Sphere)[:3]))
    later = day + timedelta(days=draw(st.integers(1, 1200)))

    def choice() -> dict[str, Any]:
        return {
            "sphere": sphere,
            "mode": draw(st.sampled_from(tuple(Mode))),
            "grounds": draw(st.sampled_from(((), (Ground.EXTENT,), (Ground.CAPACITY,)))),
            "rests_on": draw(st.sampled_from((None, 1, 2, 3, 4))),
            "revisit_on": draw(st.sampled_from((None, later))),
        }

    # Drawn for the one command that is given: what is drawn for nobody costs most of the time.
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "correct-power-by-law": lambda: {
            "corrects": EventName.at(MANDATE, draw(st.integers(10, 20))),
            "stream": MANDATE,
        },
        "correct": lambda: {
            "corrects": EventName.at(MANDATE, 1),
            "stream": MANDATE,
            "changes": QuestionWording(words(f"River {number}"), draw(st.sampled_from((None, words(f"Dam {number}"))))),
        },
        "submit-grid": lambda: {"grid": grid(sphere, necessity=number > 1)},
        "propose": lambda: {"sphere": sphere, "mode": Mode.OWN, "why": words("x")},
        "object": lambda: {"proposal": number, "why": words("x")},
        "attach-capacity-plan": lambda: {"plan": words("x")},
        "decide": lambda: {**choice(), "replies": tuple(Reply(n, words("x")) for n in range(1, number))},
        "schedule-revisit": lambda: {"revisit_on": later},
        "revisit": choice,
        "pass-deadline": lambda: {"deadline": draw(st.integers(1, 8))},
    }
    return said[name]() if name in said else {}
