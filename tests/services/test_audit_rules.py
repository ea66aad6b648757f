"""What an operator records under rules of the past or of a newer program, and at another time."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.kernel import PartialDate, Role, UnitId
from domain.ledger.findings import Verdict
from domain.replacing import replace
from services.audit.verifying import verify
from tests.services.audited import VKEY, written
from tests.services.operating import TOWN, Operator, told
from tests.services.scribe import TREES


@pytest.mark.parametrize("rules", ["units.0", "units.01", "units", "mandates.1", "anything", "units.2 "])
async def test_rules_that_never_were_decide_nothing(rules: str, operator: Operator, tmp_path: Path) -> None:
    operator.change(operator.last, rules=rules)
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("rules-unknown", operator.last)])


async def test_rules_and_records_of_a_newer_program_are_left_to_it(operator: Operator, tmp_path: Path) -> None:
    first = operator.last
    operator.change(first, rules="units.3")
    operator.give("units.register", operator.registrar, **TOWN)
    operator.change(operator.last, rules="units.3")
    report = operator.audited(tmp_path / "rules")
    assert (report.verdict, told(report)) == (Verdict.INCOMPLETE, [("rules-newer", first)])
    operator.change(first, rules="units.2", type="unit-founded.1")
    operator.change(operator.last, rules="units.2", type="unit-founded.1")
    report = operator.audited(tmp_path / "types")
    assert (report.verdict, told(report)) == (Verdict.INCOMPLETE, [("type-unknown", first)])


async def test_an_unknown_record_among_what_all_rests_on_is_no_way_around_the_rules(
    operator: Operator, tmp_path: Path
) -> None:
    """Nothing that reads the registrar's unit can be decided again from there on."""
    operator.give("units.register", operator.registrar, **TOWN)
    hidden = json.loads(operator.records[-1].state) | {"id": str(operator.registrar.unit), "type": "unit-nodded.1"}
    version, _ = operator.states.now("units", UnitId(UUID(hidden["id"])))
    operator.change(operator.last, **{**hidden, "ver": version + 1})
    report = operator.audited(tmp_path)
    assert (report.verdict, told(report)) == (Verdict.INCOMPLETE, [("type-unknown", operator.last)])


async def test_rules_that_were_replaced_do_not_come_back(operator: Operator, tmp_path: Path) -> None:
    """No longer shipped, and so not decided again: else they were a way around the rules."""
    rule = json.loads(operator.records[operator.last].state)
    assert rule["rules"] == "units.2"
    newest = replace(operator.contexts["units"], rules="units.3")
    operator.contexts = {**operator.contexts, "units": newest}
    operator.give("units.register", operator.registrar, **TOWN)
    operator.now += timedelta(days=2)
    operator.give("units.register", operator.registrar, **TOWN)
    operator.change(operator.last, rules="units.2")
    bundle = written(tmp_path, [one.state for one in operator.records])
    report = verify(bundle, VKEY, contexts=operator.contexts)
    assert (report.verdict, told(report)) == (Verdict.POLICY_NOT_MET, [("rules-backwards", operator.last)])


async def test_under_rules_of_the_past_an_officer_was_accredited_all_the_same(
    operator: Operator, tmp_path: Path
) -> None:
    contexts = {**operator.contexts, "units": replace(operator.contexts["units"], rules="units.3")}
    report = verify(written(tmp_path / "1", [one.state for one in operator.records]), VKEY, contexts=contexts)
    assert (report.verdict, told(report)) == (Verdict.VERIFIED, [])
    actor = json.loads(operator.records[-1].state)["actor"]
    operator.change(operator.last, actor=actor | {"accreditation": f"{actor['unit']}/1"})
    report = verify(written(tmp_path / "2", [one.state for one in operator.records]), VKEY, contexts=contexts)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("authority-unfounded", operator.last)])


async def test_under_rules_of_the_past_nobody_is_accused_whose_accreditation_a_newer_program_wrote(
    operator: Operator, tmp_path: Path
) -> None:
    officer = operator.accredit(operator.town, Role.LIAISON_OFFICER, date(2026, 1, 1))
    accredited = operator.last
    operator.give(
        "commitments.propose", officer, owner=operator.town, title=TREES, description=TREES,
        ends_on=PartialDate("2030"), starts_on=None, sdg=(), parties=(), document=None,
    )  # fmt: skip
    operator.change(accredited, type="representative-accredited.9")
    contexts = {**operator.contexts, "commitments": replace(operator.contexts["commitments"], rules="commitments.9")}
    report = verify(written(tmp_path, [one.state for one in operator.records]), VKEY, contexts=contexts)
    assert (report.verdict, told(report)) == (Verdict.INCOMPLETE, [("type-unknown", accredited)])


async def test_under_rules_of_the_past_an_officer_may_have_acted_just_before_midnight(
    operator: Operator, tmp_path: Path
) -> None:
    """On the last day of the accreditation, and recorded when that was over."""
    officer = operator.accredit(operator.town, Role.LIAISON_OFFICER, date(2026, 1, 1), until=date(2026, 5, 31))
    operator.now = datetime(2026, 5, 31, 21, 59, 50, tzinfo=UTC)
    operator.give(
        "commitments.propose", officer, owner=operator.town, title=TREES, description=TREES,
        ends_on=PartialDate("2030"), starts_on=None, sdg=(), parties=(), document=None,
    )  # fmt: skip
    contexts = {**operator.contexts, "commitments": replace(operator.contexts["commitments"], rules="commitments.9")}
    for at, expected in (("22:00:00", Verdict.VERIFIED), ("22:02:00", Verdict.BROKEN)):
        operator.change(operator.last, at=f"2026-05-31T{at}.100000Z")
        bundle = written(tmp_path / at[:5], [one.state for one in operator.records])
        assert verify(bundle, VKEY, contexts=contexts).verdict is expected, at


async def test_nothing_is_recorded_in_days_to_come(operator: Operator, tmp_path: Path) -> None:
    report = operator.audited(tmp_path, now=operator.now - timedelta(hours=20))
    assert report.verdict is Verdict.VERIFIED, "clocks differ"
    ahead = json.loads(operator.records[-1].state)["at"]
    report = operator.audited(tmp_path, now=operator.now - timedelta(days=2))
    assert report.verdict is Verdict.BROKEN
    assert {(one.code, one.got) for one in report.findings} == {("time-ahead", ahead)}


async def test_a_command_is_one_of_its_own_context(operator: Operator, tmp_path: Path) -> None:
    """Fields that fit another command, too, which no such record can come of."""
    at = next(place for place, one in enumerate(operator.records) if b'"policies.adopt"' in one.state)
    operator.change(at, command=json.loads(operator.records[at].state)["command"] | {"name": "policies.amend"})
    operator.change(operator.last, command={"name": "annexes.release", "fields": {"deadline": 1}})
    report = operator.audited(tmp_path)
    assert report.verdict is Verdict.BROKEN
    assert ("command-unreadable", operator.last) in told(report)


async def test_records_and_tiles_of_another_history_than_was_signed_say_nothing_of_the_place(
    operator: Operator, tmp_path: Path
) -> None:
    """Where stored hashes come to the signed root they say which record differs; these come to another one."""
    signed = written(tmp_path / "signed", [one.state for one in operator.records])
    operator.change(operator.last, because="Another reason.")
    shown = written(tmp_path / "shown", [one.state for one in operator.records])
    shown.write("checkpoint", (signed.folder / "checkpoint").read_bytes())
    report = verify(shown, VKEY, decide=False)
    assert (report.verdict, told(report)) == (Verdict.BROKEN, [("root-differs", 0)])
    assert report.verified == 0
