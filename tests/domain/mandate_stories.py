"""Units, competences and commands from which tests of mandates tell their stories."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.calendars import Calendar
from domain.kernel import (
    Holding,
    MandateFacts,
    MandateId,
    Membership,
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
from domain.mandates import MANDATES, facts
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.state import Mandate
from domain.mandates.words import (
    Condition,
    Due,
    Ground,
    Instrument,
    Kind,
    Pause,
    ReturnGround,
    Settlement,
    Terms,
)
from tests.domain.scenario import Given, scenario

STREAM, PARENT, CHILD, OTHER = (MandateId(StreamId(UUID(int=0xA0 + n))) for n in range(4))
STATE, REGION, CITY, VILLAGE, DISTRICT, UNION, NOWHERE, BODY = (UnitId(UUID(int=n)) for n in range(1, 9))
SPHERES = {
    STATE: Sphere.NATIONAL,
    REGION: Sphere.REGIONAL,
    CITY: Sphere.LOCAL,
    VILLAGE: Sphere.LOCAL,
    DISTRICT: Sphere.REGIONAL,
    UNION: Sphere.SUPRANATIONAL,
    BODY: Sphere.LOCAL,
}
NAMES = {
    STATE: "State", REGION: "Region", CITY: "City", VILLAGE: "Village", DISTRICT: "District", UNION: "Union",
    BODY: "Body",
}  # fmt: skip
ABOVE = {CITY: REGION, VILLAGE: REGION, DISTRICT: REGION, REGION: STATE, BODY: REGION}
CALENDAR = Calendar("test")
DAY = date(2026, 3, 2)
START, END = date(2026, 4, 1), date(2030, 3, 31)
PARAMETERS = {
    "min_consultation_days": "30",
    "max_subdelegation_depth": "1",
    "revocation_notice_days": "90",
    "connexity.mode": "flag",
    "connexity.materiality": "0.0025",
    "connexity.cover_ratio": "1.0",
    "answer_days": "60",
    "barred": "none",
    "delegation.needs_funding": "no",
    "delegation.min_years_to_local": "0",
    "delegation.max_years_by_state": "none",
}
EMERGENCY = {"initial_days": "15", "max_extension_days": "30", "majorities": "0.5, 0.6", "review_days": "90"}
SPANISH = {"max_term_years": "4", "max_extension_years": "4", "longer_term_by_rule": "yes"}


def policy(name: str = "mandate", /, **changed: str) -> Policy:
    """The policy with some values changed; a double underscore stands for the dot."""
    said = {parameter.replace("__", "."): value for parameter, value in changed.items()}
    values = {**{"mandate": PARAMETERS, "emergency": EMERGENCY}.get(name, SPANISH), **said}
    return Policy(name, "*", 1, tuple(PolicyValue(parameter, text, "default") for parameter, text in values.items()))


def unit(id: UnitId, **changed: Any) -> UnitFacts:
    known = id in SPHERES
    found = UnitFacts(id, known, NAMES.get(id, ""), SPHERES.get(id, Sphere.LOCAL), "XX", "UTC", parent=ABOVE.get(id))
    return replace(found, **changed)


def lands(territory: UnitId) -> tuple[UnitFacts, ...]:
    """A unit, and what it lies in."""
    found = [territory]
    while found[-1] in ABOVE:
        found.append(ABOVE[found[-1]])
    return tuple(map(unit, found))


def member(
    body: UnitId = BODY, first: date | None = None, last: date | None = None, unit_: UnitId = CITY
) -> tuple[UnitFacts, ...]:
    """A unit that is a member of a body, and what both lie in."""
    above = lands(unit_)
    one = replace(above[0], memberships=(Membership(body, first, last),))
    return (one, unit(body), *above[1:])


def holding(by: UnitId = REGION, function: str = "07", territory: UnitId = REGION, **changed: Any) -> Holding:
    return replace(Holding(by, function, territory, "own", "Act of 1990, s. 1"), **changed)


HELD = (holding(), holding(STATE, "09", STATE), holding(CITY, "08", CITY))


def words(text: str) -> Words:
    return Words({"en": text})


def euros(amount: int | str) -> Money:
    return Money(Decimal(amount), "EUR")


def mandate_facts(**changed: Any) -> MandateFacts:
    """A delegation of health from State to Region, in force, that may be passed on."""
    found = MandateFacts(
        PARENT, True, STATE, REGION, "delegation", "active", "07", REGION, date(2026, 1, 1), date(2035, 12, 31),
        in_force=True, may_subdelegate=True,
    )  # fmt: skip
    return replace(found, **changed)


def elsewhere(**changed: Any) -> MandateFacts:
    """An exclusive mandate over health in the body, in force."""
    found = mandate_facts(id=OTHER, territory=BODY, exclusive=True, activated_on=date(2026, 1, 1))
    return replace(found, **changed)


def terms(**changed: Any) -> dict[str, Any]:
    """Region delegates health services (07.3) in City, until 2030."""
    found: dict[str, Any] = {
        "giver": REGION,
        "recipient": CITY,
        "kind": Kind.DELEGATION,
        "instrument": Instrument.ACT,
        "function": "07.3",
        "territory": CITY,
        "purpose": words("Run the clinic"),
        "legal_basis": "Health Act, s. 12",
        "starts_on": START,
        "ends_on": END,
    }
    return {**found, **changed}


def ask(kind: type, on: date = DAY, /, **said: Any) -> Any:
    """The command as the service would complete it on that day, of the mandate of these stories."""
    giver, recipient = said.get("giver", REGION), said.get("recipient", CITY)
    territory = said.get("territory", CITY)
    given: dict[str, Any] = {
        "acting": unit(REGION),
        "effective_on": PartialDate(on),
        "today": Today(on),
        "giver_unit": unit(giver),
        "recipient_unit": unit(recipient),
        "lands": lands(territory),
        "holdings": tuple(one for one in HELD if one.unit == giver),
        "others": tuple(one for one in HELD if one.territory in {land.id for land in lands(territory)}),
        "parents": (),
        "policy": policy(),
        "convenio": (),
        "emergency": (policy("emergency"),),
        "calendar": CALENDAR,
        "stream": STREAM,
        "replaced": None,
        "beside_facts": (),
        "line": (),
        "left": (),
        "consulted_units": tuple(unit(one) for one in said.get("consulted", ())),
    }
    wanted = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in {**given, **said}.items() if name in wanted})


def draft(on: date = DAY, /, **said: Any) -> asked.DraftMandate:
    found = ask(asked.DraftMandate, on, **terms(**said))
    assert isinstance(found, asked.DraftMandate)
    return found


def sub_delegate(parent: MandateFacts | None = None, on: date = DAY, /, **said: Any) -> asked.SubDelegate:
    """Region passes on what State gave it."""
    above = said.pop("parents", (parent or mandate_facts(),))
    found = ask(asked.SubDelegate, on, under=PARENT, **{"holdings": (), "parents": above, **terms(**said)})
    assert isinstance(found, asked.SubDelegate)
    return found


def story(*commands: Any) -> Given:
    """A mandate after these commands; each must be accepted."""
    return scenario(MANDATES).after(*commands)


def mandate(at: Given) -> Mandate:
    """How it stands at this point of a story."""
    assert isinstance(at.state, Mandate)
    return at.state


def starts(number: int, kind: Due, on: date, due_on: date, unit: UnitId | None = None) -> happened.DeadlineSet:
    """A clock that starts; only an answer and a notice rest on the policy, and a report on the calendar too."""
    ref = "mandate@1" if kind in (Due.ANSWER, Due.NOTICE) else ""
    calendar = "" if kind in (Due.EXPIRY, Due.SUSPENSION, Due.LAPSE) else "test"
    return happened.DeadlineSet(number, kind, on, due_on, ref, calendar, unit)


def met(number: int, unit: UnitId | None = None, *, late: bool = False) -> happened.DeadlineMet:
    return happened.DeadlineMet(number, late, unit)


def passes(number: int, on: date, /, **said: Any) -> asked.PassDeadline:
    """The clock says, on that day, that the last day of a deadline has passed."""
    found = ask(asked.PassDeadline, on, deadline=number, **said)
    assert isinstance(found, asked.PassDeadline)
    return found


def reports(period_to: date, on: date | None = None, /, **said: Any) -> asked.ReportExercise:
    period = {"period_from": START, "period_to": period_to, "account": words("The clinic was open"), **said}
    found = ask(asked.ReportExercise, on or period_to, acting=unit(CITY), **period)
    assert isinstance(found, asked.ReportExercise)
    return found


OPENED, CLOSED = date(2026, 1, 15), date(2026, 2, 20)
consult = ask(
    asked.RecordConsultation,
    consulted=(CITY, VILLAGE),
    opened_on=OPENED,
    closed_on=CLOSED,
    outcome=words("They agreed"),
)
estimate = ask(asked.AttachCostEstimate, yearly=euros(1000), revenue=euros(100_000), method=words("Last year's cost"))
fund = ask(asked.CommitFunding, budget_line="08.2", budget_year=2026, yearly=euros(1000))
offer = ask(asked.OfferMandate)
accept = ask(asked.AcceptMandate, acting=unit(CITY))
reserve = ask(asked.AcceptWithReservations, acting=unit(CITY), reservations=words("Only with the staff"))
agree = ask(asked.AgreeReservations)
decline = ask(asked.DeclineMandate, acting=unit(CITY))
withdraw = ask(asked.WithdrawMandate)
activate = ask(asked.ActivateMandate, START)
suspend = ask(asked.SuspendMandate, date(2026, 7, 1), ground=Pause.BREACH)
restore = ask(asked.RestoreMandate, date(2026, 8, 3))
notify = ask(asked.GiveRevocationNotice, date(2026, 9, 1), ground=Ground.PERSISTENT_BREACH)
NOTICE_ENDS = date(2026, 11, 30)
hear = ask(asked.RecordHearing, date(2026, 10, 1), held_on=date(2026, 9, 30), account=words("They were heard"))
revoke = ask(asked.RevokeMandate, date(2026, 12, 1), settlement=Settlement(euros(100), "Account 12"))
give_back = ask(asked.ReturnMandate, date(2026, 9, 1), acting=unit(CITY), ground=ReturnGround.INCAPACITY)
renew = ask(asked.RenewMandate, date(2029, 3, 1), ends_on=date(2032, 3, 31))
accept_renewal = ask(asked.AcceptRenewal, date(2029, 4, 3), acting=unit(CITY))

drafted = (draft(),)
funded = (*drafted, estimate, fund)
offered = (*funded, offer)
accepted = (*offered, accept)
active = (*accepted, activate)
reporting = (draft(reporting_months=12), estimate, fund, offer, accept, activate)
noticed = (*active, notify)
revoked = (*noticed, hear, revoke)
law = draft(kind=Kind.DEVOLUTION, instrument=Instrument.LAW)
devolved = (law, estimate, fund, consult, activate)


def replace_settlement(command: asked.RevokeMandate, unspent: Money) -> asked.RevokeMandate:
    return replace(command, settlement=Settlement(unspent, "Account 12"))


def condition(text: str, legal_basis: str | None = None) -> Condition:
    return Condition(words(text), legal_basis)


def facts_after(at: Given, id: StreamId = STREAM) -> MandateFacts:
    """What other contexts may know at this point of a story."""
    return facts(at.state, id)


TERMS = tuple(field.name for field in fields(Terms))
