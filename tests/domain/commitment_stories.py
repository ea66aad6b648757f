"""Units, days and commands from which tests of commitments tell their stories."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from hypothesis import strategies as st

from domain.calendars import Calendar
from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.events import DeadlineMet, DeadlineMissed, DeadlineSet
from domain.commitments.state import Commitment
from domain.commitments.words import (
    Aim,
    Changes,
    Completion,
    Delivery,
    Document,
    Due,
    EarlyResult,
    EarlyResultsScale,
    Instrument,
    Milestone,
    NewMilestone,
    NewTarget,
    Outcome,
    Part,
    Party,
    Potential,
    Quantity,
    Reporting,
    ResourceKind,
    Source,
    Target,
)
from domain.kernel import (
    CommitmentFacts,
    Dependency,
    EventName,
    Level,
    MandateFacts,
    Money,
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
from tests.domain.moves import Move, Tries
from tests.domain.scenario import Given, scenario

STREAM = StreamId(UUID(int=0xC0))
CITY, REGION, STATE, VILLAGE, INSTITUTE = (UnitId(UUID(int=n)) for n in range(1, 6))
SPHERES = {
    CITY: Sphere.LOCAL,
    REGION: Sphere.REGIONAL,
    STATE: Sphere.NATIONAL,
    VILLAGE: Sphere.LOCAL,
    INSTITUTE: Sphere.NATIONAL,
}
NAMES = {CITY: "City", REGION: "Region", STATE: "State", VILLAGE: "Village", INSTITUTE: "Institute"}
CALENDAR = Calendar("test")
DAY = date(2026, 3, 2)
PARAMETERS = {
    "smart_mode": "flag",
    "report_months": "12",
    "red_months": "24",
    "plan_months": "24",
    "monitor_months": "24",
    "inventory_months": "48",
    "results_review_after_months": "4",
    "answer_days": "30",
    "hold_notice_days": "30",
    "max_extensions": "1",
}


def policy(**changed: str) -> Policy:
    values = {**PARAMETERS, **changed}
    return Policy("commitment", "*", 1, tuple(PolicyValue(name, text, "default") for name, text in values.items()))


def facts(unit: UnitId, until: date | None = None, sphere: Sphere | None = None) -> UnitFacts:
    known = unit in SPHERES
    return UnitFacts(
        id=unit,
        exists=known,
        name=NAMES.get(unit, ""),
        sphere=sphere or SPHERES.get(unit, Sphere.LOCAL),
        jurisdiction="XX",
        time_zone="UTC",
        alive_until=until,
    )


def mandate(number: int, recipient: UnitId = CITY, **said: Any) -> MandateFacts:
    """A mandate of the state, in force unless it is said otherwise."""
    id = StreamId(UUID(int=7000 + number))
    known: dict[str, Any] = {"exists": True, "kind": "delegation", "stage": "active", "in_force": True}
    return MandateFacts(
        id, giver=STATE, recipient=recipient, function="04.5", territory=STATE, starts_on=DAY, **{**known, **said}
    )


def other(number: int, *depends_on: Dependency, **said: Any) -> CommitmentFacts:
    """Another commitment, of the region unless it is said otherwise, with two milestones."""
    known: dict[str, Any] = {"exists": True, "owner": REGION, "name": f"Permit {number}", "milestones": 2}
    return CommitmentFacts(StreamId(UUID(int=8000 + number)), **{**known, "depends_on": depends_on, **said})


def words(text: str) -> Words:
    return Words({"en": text})


def ask(kind: type, unit: UnitId = CITY, on: date = DAY, /, **said: Any) -> Any:
    """The command as the service would complete it, for an officer of `unit` on that day."""
    given: dict[str, Any] = {
        "acting": facts(unit),
        "effective_on": PartialDate(on),
        "today": Today(on),
        "policy": policy(),
        "current": policy(),
        "calendar": CALENDAR,
        "stream": STREAM,
    }
    if "owner" in said:
        given["owner_facts"] = facts(said["owner"])
        given["line"] = (given["owner_facts"],)
    if kind is asked.ProposeCommitment:
        given["units"] = tuple(facts(party.unit) for party in said.get("parties", ()))
    if kind is asked.AddParty:
        given["unit_facts"] = facts(said["unit"])
    if kind in (asked.RestOnMandate, asked.LoseMandate) and "mandate_facts" in said:
        given["mandate"] = said["mandate_facts"].id
    if kind is asked.DependOn:
        given["commitment"] = said["chain"][0].id
    wanted = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in {**given, **said}.items() if name in wanted})


def gone(former: UnitId, *heirs: UnitFacts, on: date = DAY, since: date | None = None) -> asked.SucceedParty:
    """The register says, on that day, that a unit is no more (since then, or that day), and who is next in line."""
    line = (facts(former, until=since or on), *heirs)
    command = ask(asked.SucceedParty, former, on, former=former, line=line, effective_on=PartialDate(since or on))
    return cast(asked.SucceedParty, command)


def story(*commands: Any) -> Given:
    """A commitment after these commands; each must be accepted."""
    return scenario(COMMITMENTS).after(*commands)


def commitment(at: Given) -> Commitment:
    """How it stands at this point of a story."""
    assert isinstance(at.state, Commitment)
    return at.state


def starts(
    number: int, kind: Due, due_on: date, unit: UnitId | None = CITY, *, on: date = DAY, about: int | None = None
) -> DeadlineSet:
    """A clock that starts; a milestone's day is the parties' own, any other rests on policy and calendar."""
    policy_ref, calendar = ("", "") if kind is Due.MILESTONE else ("commitment@1", "test")
    return DeadlineSet(
        number=number, kind=kind, starts_on=on, due_on=due_on, policy=policy_ref, calendar=calendar, unit=unit,
        about=about,
    )  # fmt: skip


def met(number: int, unit: UnitId | None = CITY, *, late: bool = False) -> DeadlineMet:
    return DeadlineMet(number=number, late=late, unit=unit)


def missed(number: int, kind: Due, due_on: date, unit: UnitId | None = CITY) -> DeadlineMissed:
    return DeadlineMissed(number=number, kind=kind, due_on=due_on, unit=unit)


def miss(number: int, on: date) -> asked.MissDeadline:
    """The clock says, on that day, that a deadline has passed."""
    return asked.MissDeadline(deadline=number, today=Today(on), policy=policy(), current=policy(), calendar=CALENDAR)


def report(percent: int, unit: UnitId = CITY, on: date = DAY, milestone: int | None = None) -> asked.ReportProgress:
    said = {"percent": percent, "account": words("Going on"), "milestone": milestone}
    return cast(asked.ReportProgress, ask(asked.ReportProgress, unit, on, **said))


def deliver(kind: Delivery, on: date = DAY, unit: UnitId = CITY) -> asked.DeliverReport:
    return cast(asked.DeliverReport, ask(asked.DeliverReport, unit, on, kind=kind, document=PLAN))


def amend(unit: UnitId = CITY, on: date = DAY, /, **changed: Any) -> asked.ProposeAmendment:
    """Propose an amendment of these parts of `Changes`."""
    return cast(asked.ProposeAmendment, ask(asked.ProposeAmendment, unit, on, changes=Changes(**changed)))


PLAN = Document(words("Plan"), "https://city.example/plan.pdf", "0" * 64)
END = Target(
    Aim.END,
    words("Emissions of the tram"),
    Quantity("100", "t CO2e"),
    PartialDate("2020"),
    Quantity("20", "t CO2e"),
    PartialDate("2030"),
    CITY,
)
STEP = Milestone(words("Tracks laid"), date(2028, 6, 30), CITY)
FUNDS = {"kind": ResourceKind.MONEY, "what": words("Tracks"), "money": Money(Decimal("1000"), "EUR")}
ROW = Source("Net Zero Tracker", "https://zerotracker.net", date(2022, 12, 20), "CC-BY-4.0", "CIT-0012")

propose_alone = ask(
    asked.ProposeCommitment,
    owner=CITY,
    title=words("A tram by 2030"),
    description=words("A tram for all quarters"),
    ends_on=PartialDate("2030"),
    sdg=("11.2", "13"),
)
proposed = happened.CommitmentProposed(
    CITY, Sphere.LOCAL, words("A tram by 2030"), words("A tram for all quarters"), PartialDate("2030"), ("11.2", "13")
)
propose_shared = ask(
    asked.ProposeCommitment,
    owner=CITY,
    title=words("A tram by 2030"),
    description=words("A tram for all quarters"),
    ends_on=PartialDate("2030"),
    sdg=("11.2",),
    parties=(Party(REGION, Part.CO_OWNER), Party(STATE, Part.FUNDER, required=False)),
)
set_target = ask(asked.SetTarget, target=END)
add_milestone = ask(asked.AddMilestone, milestone=STEP)
pledge = ask(asked.PledgeResource, **FUNDS)
accept = ask(asked.AcceptParticipation, REGION)
decline = ask(asked.DeclineParticipation, REGION)
invite_village = ask(asked.AddParty, unit=VILLAGE, part=Part.SUPPORTER, required=False)
fund = ask(asked.AcceptParticipation, STATE)
adopt = ask(asked.AdoptCommitment)
agreed_alone = (propose_alone, set_target, add_milestone, pledge)
adopted_alone = (*agreed_alone, adopt)
agreed = (propose_shared, set_target, add_milestone, pledge, accept, fund)
adopted = (*agreed, adopt)
from_source = ask(
    asked.RecordFromSource,
    INSTITUTE,
    owner=CITY,
    title=words("Net zero by 2050"),
    description=words("Net zero"),
    ends_on=PartialDate("2050"),
    source=ROW,
    updated="2022-06-01",
    instrument=Instrument.IN_POLICY,
    status_on=PartialDate("2020"),
    has_plan=True,
    reporting=Reporting.ANNUAL,
    targets=(END,),
)
update = ask(
    asked.UpdateFromSource,
    title=words("Net zero by 2050"),
    description=words("Net zero"),
    ends_on=PartialDate("2050"),
    source=ROW,
    updated="2023-01-10",
    instrument=Instrument.IN_LAW,
    status_on=PartialDate("2023"),
    has_plan=True,
    reporting=Reporting.ANNUAL,
    targets=(END,),
)
confirm_source = ask(asked.ConfirmSource)


KINDS = {name: by.command for name, by in COMMITMENTS.commands.items()}
LIKELY = (
    "accept", "adopt", "report-progress", "complete-milestone", "miss-deadline", "deliver-report", "propose-amendment",
    "agree-amendment", "request-extension", "grant-extension", "confirm-source", "close",
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> list[Move]:
    """What happens when commands of any kind are tried in any order, over years, and the refused ones forgotten."""
    starts = [("propose", agreed_alone[:1]), ("propose", agreed[:1]), ("record-from-source", (from_source,))]
    name, first = draw(st.sampled_from(starts))
    tries, day = Tries(COMMITMENTS), DAY
    script: list[tuple[str, Any, UnitId]] = [(name, first[0], CITY)]
    if draw(st.booleans()):
        told = {propose_alone: adopted_alone, propose_shared: adopted, from_source: (from_source,)}[first[0]]
        names = {kind: name for name, kind in KINDS.items()}
        script = [(names[type(one)], one, getattr(one, "acting", facts(CITY)).id) for one in told]
    for name, command, unit in script:
        tries.give(name, command, unit, day)
    for _ in range(draw(st.integers(0, most))):
        day += timedelta(days=draw(st.sampled_from((0, 1, 20, 100, 400, 800))))
        name = draw(st.sampled_from((*KINDS, *LIKELY, *LIKELY)))
        unit = draw(st.sampled_from((CITY, CITY, REGION, STATE, VILLAGE, INSTITUTE)))
        command = ask(KINDS[name], unit, day, **_said(draw, name, unit, tries.state, day))
        tries.give(name, command, unit, day)
    return tries.moves


def _line(unit: UnitId, day: date, number: int) -> tuple[UnitFacts, ...]:
    """A unit that is no more and a successor, or none, or a unit that is there after all."""
    others = [one for one in SPHERES if one != unit]
    return facts(unit, until=None if number == 1 else day), *(facts(one) for one in others[number - 3 : 1])


def _said(draw: st.DrawFn, name: str, unit: UnitId, state: Any, day: date) -> dict[str, Any]:
    """What somebody might say in a command of that name; small numbers, so that they often name something."""
    number = draw(st.integers(1, 4))
    later = day + timedelta(days=draw(st.integers(0, 900)))
    milestone = draw(st.sampled_from((None, 1, 2)))
    target = Target(Aim.END, words("Riders"), value=Quantity(str(number), "riders"), responsible=unit)
    step = Milestone(words(f"Step {number}"), later, unit)
    changes = (
        Changes(title=words("Another tram")),
        Changes(ends_on=PartialDate(later)),
        Changes(targets=(NewTarget(1, target),)),
        Changes(milestones=(NewMilestone(1, step),), ends_on=PartialDate(later)),
    )
    # Drawn for the one command that is given: what is drawn for nobody costs most of the time.
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "propose": lambda: {
            "owner": unit, "title": words("x"), "description": words("x"), "ends_on": PartialDate("2030"),
        },
        "record-from-source": lambda: {
            "owner": unit, "title": words("x"), "description": words("x"), "ends_on": PartialDate("2050"),
            "source": ROW, "updated": str(number), "instrument": Instrument.PROPOSED, "status_on": PartialDate("2020"),
        },
        "update-from-source": lambda: {
            "title": words(f"Net zero {number}"), "description": words("Net zero"), "ends_on": PartialDate(later),
            "source": ROW, "updated": f"2023-0{number}-01", "instrument": Instrument.IN_LAW,
            "status_on": PartialDate("2023"), "targets": (target, END)[: number],
        },
        "add-party": lambda: {
            "unit": draw(st.sampled_from(tuple(SPHERES))), "part": Part.SUPPORTER, "required": number > 2,
        },
        "set-target": lambda: {"target": target},
        "add-milestone": lambda: {"milestone": step},
        "pledge-resource": lambda: FUNDS,
        "report-progress": lambda: {
            "percent": draw(st.integers(0, 100)), "account": words("Going on"), "milestone": milestone,
        },
        "correct-progress": lambda: {
            "percent": draw(st.integers(0, 100)), "corrects": EventName(f"{STREAM}/{draw(st.integers(1, 30))}"),
        },
        "confirm-report": lambda: {"report": number},
        "contest-report": lambda: {"report": number, "percent": draw(st.integers(0, 100))},
        "complete-milestone": lambda: {"milestone": number},
        "confirm-milestone": lambda: {"milestone": number},
        "deliver-report": lambda: {"kind": draw(st.sampled_from(tuple(Delivery))), "document": PLAN},
        "attach-evidence": lambda: {"document": PLAN, "milestone": milestone},
        "request-extension": lambda: {"until": later, "deadline": draw(st.sampled_from((None, 1, 2, 3, 4, 5, 6)))},
        "grant-extension": lambda: {"extension": number},
        "refuse-extension": lambda: {"extension": number},
        "propose-amendment": lambda: {"changes": draw(st.sampled_from(changes))},
        "agree-amendment": lambda: {"amendment": number},
        "refuse-amendment": lambda: {"amendment": number},
        "assess-verifiability": lambda: {"verifiable": number > 1},
        "assess-potential": lambda: {"potential": Potential.MODEST},
        "assess-completion": lambda: {"completion": draw(st.sampled_from(tuple(Completion))), "milestone": milestone},
        "assess-early-results": lambda: {"scale": EarlyResultsScale.EARLY_RESULTS, "result": EarlyResult.MODERATE},
        "contest-assessment": lambda: {"assessment": number},
        "close": lambda: {"outcome": draw(st.sampled_from(tuple(Outcome))), "level": Level.SELF_REPORTED},
        "rest-on-mandate": lambda: {"mandate_facts": mandate(number, unit)},
        "lose-mandate": lambda: {"mandate_facts": mandate(number, unit, stage="revoked", in_force=False, ended=True)},
        "depend-on": lambda: {
            "chain": (other(number),), "commitment_milestone": milestone,
            "milestone": draw(st.sampled_from((None, 1, 2))),
        },
        "withdraw-dependency": lambda: {"dependency": number},
        "succeed": lambda: {
            "former": unit, "line": _line(unit, day, number),
        },
        "miss-deadline": lambda: {"deadline": draw(st.integers(1, 12))},
    }  # fmt: skip
    return said[name]() if name in said else {}
