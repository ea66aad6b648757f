"""What an operator who holds the signing key may record on purpose: all is hashed, signed and told in one piece."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from domain import policies
from domain.commitments.words import Milestone
from domain.kernel import NAMES, Actor, EventName, PartialDate, Role, Sealed, Words
from domain.ledger.findings import Verdict
from domain.ledger.records import sealed_hash
from domain.replacing import replace
from domain.units import Kind
from domain.units.events import Particulars
from services.orders import Note
from tests.services.operating import REGISTRAR, SIGNATORY, TOWN, Operator, told
from tests.services.scribe import TREES


async def test_whoever_records_by_the_rules_is_not_accused(operator: Operator, tmp_path: Path) -> None:
    operator.accredit(operator.town, Role.AUTHORISED_SIGNATORY, date(2026, 1, 1))
    report = operator.audited(tmp_path)
    assert (report.verdict, report.findings) == (Verdict.VERIFIED, [])


def put_right(operator: Operator, **said: Any) -> None:
    """The town's kind was entered wrongly."""
    first = EventName.at(operator.town, 1)
    note = Note(corrects=first, because="A slip of the pen.", basis="Act 3, art. 9", **said)
    kind = Particulars(kind=Kind.COUNTY)
    operator.give("units.correct", operator.registrar, operator.town, note=note, corrects=first, changes=kind)


@pytest.mark.parametrize("days", [0, 400])
@pytest.mark.parametrize("said", [{}, {"effective_on": PartialDate("2026-02-02")}], ids=["by default", "from a day"])
async def test_a_correction_is_decided_again(
    operator: Operator, tmp_path: Path, days: int, said: dict[str, Any]
) -> None:
    """On the day of what it corrects, which the records tell; and what it came to is what was recorded."""
    operator.now += timedelta(days=days)
    put_right(operator, **said)
    report = operator.audited(tmp_path / "1", now=operator.now)
    assert (report.verdict, report.findings) == (Verdict.VERIFIED, [])
    record = json.loads(operator.records[-1].state)
    operator.change(operator.last, data=record["data"] | {"after": {"kind": "region"}})
    report = operator.audited(tmp_path / "2", now=operator.now)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("decision-differs", operator.last)])


async def test_a_correction_that_the_rules_refuse_is_found(operator: Operator, tmp_path: Path) -> None:
    put_right(operator)
    record = json.loads(operator.records[-1].state)
    command = record["command"] | {"fields": record["command"]["fields"] | {"changes": {"kind": "municipality"}}}
    operator.change(operator.last, command=command)
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("decision-refused", operator.last)])


# --- in the name of the opening ---


def accredit_a_signatory(operator: Operator) -> None:
    operator.as_the_opening("units.accredit", operator.town, **SIGNATORY)


def accredit_a_registrar_elsewhere(operator: Operator) -> None:
    operator.as_the_opening("units.accredit", operator.town, **REGISTRAR)


def accredit_another_registrar(operator: Operator) -> None:
    assert operator.registrar.unit is not None
    operator.as_the_opening("units.accredit", operator.registrar.unit, **REGISTRAR)


def register_a_unit(operator: Operator) -> None:
    operator.as_the_opening("units.register", uuid5(NAMES, "another town"), **TOWN)


@pytest.mark.parametrize(
    "deed", [accredit_a_signatory, accredit_a_registrar_elsewhere, accredit_another_registrar, register_a_unit]
)
async def test_the_opening_gives_only_what_opens_a_ledger(
    deed: Callable[[Operator], None], operator: Operator, tmp_path: Path
) -> None:
    deed(operator)
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("authority-unfounded", operator.last)])


SHIPPED = next(one for one in policies.SHIPPED if one.name == "commitment" and one.jurisdiction == policies.EVERYWHERE)


def amend_a_policy(operator: Operator) -> None:
    stream = policies.policy_stream(SHIPPED.name)
    longer = tuple(replace(one, value="999") if one.value.isdigit() else one for one in SHIPPED.values)
    because = Note(because="The version that counts from now on.", lang="en")
    operator.as_the_opening("policies.amend", stream, note=because, in_force_from=date(2026, 3, 1), values=longer)


def adopt_one_of_its_own(operator: Operator) -> None:
    fields: dict[str, Any] = {"name": SHIPPED.name, "in_force_from": SHIPPED.in_force_from, "values": SHIPPED.values}
    operator.as_the_opening("policies.adopt", policies.policy_stream(SHIPPED.name, "FR"), jurisdiction="FR", **fields)


@pytest.mark.parametrize("deed", [amend_a_policy, adopt_one_of_its_own])
async def test_a_policy_that_no_program_brought_is_not_verified(
    deed: Callable[[Operator], None], operator: Operator, tmp_path: Path
) -> None:
    """A newer program may have brought it: there is no verdict until somebody asks that one."""
    deed(operator)
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.INCOMPLETE, [("policy-unshipped", operator.last)])


# --- in another place ---


def open_the_ledger_again(operator: Operator) -> None:
    fields: dict[str, Any] = {
        "origin": "elsewhere.example/ledger",
        "key": "none",
        "registrar": operator.registrar.unit,
        "registrar_name": Words({"en": "Somebody"}),
    }
    operator.as_the_opening("ledger.open", uuid5(NAMES, "another opening"), **fields)


def hide_an_erasure(operator: Operator) -> None:
    operator.accredit(operator.town, Role.AUTHORISED_SIGNATORY, date(2026, 1, 1))
    subject = UUID(json.loads(operator.records[-1].state)["cmd"])
    operator.states.note_sealed(subject, operator.records[-1:])
    operator.give("erasures.erase", operator.registrar, subject=subject, basis="Regulation (EU) 2016/679, art. 17")


@pytest.mark.parametrize("deed", [open_the_ledger_again, hide_an_erasure])
async def test_what_has_one_place_is_recorded_there(
    deed: Callable[[Operator], None], operator: Operator, tmp_path: Path
) -> None:
    deed(operator)
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("stream-differs", operator.last)])


# --- in the name of the clock ---

LAST_DAY = date(2026, 4, 30)
CLOCK = Actor(system="clock")


def promise_a_step(operator: Operator) -> UUID:
    """A promise of one step, due on the last day; the stream."""
    signatory = operator.signatory = operator.accredit(operator.town, Role.AUTHORISED_SIGNATORY, date(2026, 1, 1))
    promise = operator.give(
        "commitments.propose", signatory, owner=operator.town, title=TREES, description=TREES,
        ends_on=PartialDate("2030"), starts_on=None, sdg=(), parties=(), document=None,
    )  # fmt: skip
    milestone = Milestone(TREES, LAST_DAY, operator.town)
    operator.give("commitments.add-milestone", signatory, promise, milestone=milestone)
    operator.give("commitments.adopt", signatory, promise)
    return promise


def the_deadline(operator: Operator) -> tuple[int, EventName]:
    """The number of the step's, and the record that set it."""
    for one in operator.records:
        said = json.loads(one.state)
        if one.type == "deadline-set.1" and said["data"]["due_on"] == str(LAST_DAY):
            return said["data"]["number"], EventName.at(one.stream, one.version)
    raise AssertionError("no deadline was set")


def later(operator: Operator, days: int) -> None:
    """Something else is recorded, so many days after the last one of the step."""
    operator.now = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 9, tzinfo=UTC) + timedelta(days=days)
    operator.give("units.register", operator.registrar, **TOWN)


def speak(operator: Operator, promise: UUID, day: date, cause: EventName) -> None:
    number, _ = the_deadline(operator)
    note = Note(effective_on=PartialDate(day), cause=cause)
    operator.record("commitments.miss-deadline", CLOCK, promise, uuid4(), {"deadline": number}, note)


async def test_a_clock_that_keeps_silent_is_found(operator: Operator, tmp_path: Path) -> None:
    promise = promise_a_step(operator)
    later(operator, 2)
    assert operator.audited(tmp_path / "soon").verdict is Verdict.VERIFIED, "it may still speak"
    later(operator, 5)
    report = operator.audited(tmp_path / "late")
    assert (report.verdict, told(report)) == (Verdict.POLICY_NOT_MET, [("deadline-unpassed", None)])
    assert report.verified == len(operator.records)
    speak(operator, promise, LAST_DAY + timedelta(days=1), the_deadline(operator)[1])
    assert operator.audited(tmp_path / "spoken").verdict is Verdict.VERIFIED


async def test_a_register_that_was_switched_off_may_catch_up(operator: Operator, tmp_path: Path) -> None:
    promise_a_step(operator)
    later(operator, 30)
    assert operator.audited(tmp_path / "back").verdict is Verdict.VERIFIED, "it was silent in everything"
    later(operator, 31)
    assert operator.audited(tmp_path / "soon").verdict is Verdict.VERIFIED, "it may still speak"
    later(operator, 32)
    assert told(operator.audited(tmp_path / "late")) == [("deadline-unpassed", None)]


async def test_the_clock_speaks_of_the_day_that_was_recorded(operator: Operator, tmp_path: Path) -> None:
    promise = promise_a_step(operator)
    later(operator, 2)
    before = len(operator.records)
    _, set_by = the_deadline(operator)
    elsewhere = EventName(f"{promise}/1")
    for number, (day, cause) in enumerate([(date(2027, 1, 1), set_by), (LAST_DAY + timedelta(days=1), elsewhere)]):
        del operator.records[before:]
        speak(operator, promise, day, cause)
        report = operator.audited(tmp_path / str(number))
        assert (report.verdict, told(report)) == (Verdict.BROKEN, [("clock-unfounded", before)])
        operator.states = Operator().states
        for one in operator.records[:before]:
            event = operator.codec.event(one)
            home = next(each for each in operator.contexts.values() if type(event) in each.events)
            operator.states.fold(home, one.stream, [event])


async def test_an_embargo_that_is_never_lifted_is_found(operator: Operator, tmp_path: Path) -> None:
    promise = promise_a_step(operator)
    text = Sealed(sealed_hash(bytes(32), "What was agreed behind closed doors"))
    annex: dict[str, Any] = {
        "unit": operator.town,
        "commitment": promise,
        "title": TREES,
        "language": "en",
        "text": text,
    }
    operator.give("annexes.seal", operator.signatory, release_on=date(2026, 4, 1), **annex)
    for day in (18, 20):
        operator.now = datetime(2026, 4, day, tzinfo=UTC)
        operator.give("units.register", operator.registrar, **TOWN)
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.POLICY_NOT_MET, [("deadline-unpassed", None)])
    assert report.findings[0].expected == "annexes.release"


async def test_the_clock_and_reactions_do_not_speak_for_one_another(operator: Operator, tmp_path: Path) -> None:
    promise = promise_a_step(operator)
    later(operator, 2)
    number, set_by = the_deadline(operator)
    note = Note(effective_on=PartialDate(LAST_DAY + timedelta(days=1)), cause=set_by)
    who = Actor(system="reaction")
    operator.record("commitments.miss-deadline", who, promise, uuid4(), {"deadline": number}, note)
    first = next(place for place, one in enumerate(operator.records) if b'"reaction"' in one.state)
    report = operator.audited(tmp_path)
    assert report.verdict is Verdict.BROKEN
    assert ("authority-unfounded", first) in told(report)
