"""What a server attests of its views is recomputed by an auditor from the records alone, and a lie is found."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.attestations import ViewAttested
from domain.contexts import CONTEXTS
from domain.kernel import Recorded
from domain.ledger.dumps import Dumped
from domain.ledger.findings import Finding, Verdict
from projections.commitments import COMMITMENTS
from projections.kernel import View
from projections.units import UNITS
from projections.views import ATTESTED, VIEWS
from services.attesting import Attesting, Said, order
from services.audit.bundle import Bundle
from services.audit.fetching import read_checkpoint
from services.audit.recomputing import Recomputing, attestations
from services.audit.replaying import Replay, contradictions
from services.audit.verifying import verify
from services.codec import Codec
from services.config import DEMO_ORIGIN
from services.handle import Office
from services.keyring import MemoryKeyring
from services.names import NAMES
from services.projector import opened_projector
from services.store.ledger import opened_store
from services.store.ports import StoredRecord
from services.views.connections import opened_views
from services.views.memory import Folded
from services.views.ports import Query
from tests.services.audited import VKEY, Golden, audited
from tests.services.projecting import caught_up
from tests.services.store_ledgers import KEY
from tests.services.test_dumping import dsn, tamper, viewed
from tests.services.views_sample import SAMPLE, grown

__all__ = ["dsn", "viewed"]

CODEC = Codec(DEMO_ORIGIN, NAMES)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who runs the register: may record, and attests."""

    office: Office
    attesting: Attesting
    dsn: str

    async def attest(self, views: Sequence[View] = ATTESTED) -> list[Said]:
        """Once the views hold everything."""
        async with opened_projector(self.dsn, VIEWS, CODEC) as running:
            await caught_up(running)
        return await self.attesting.attest(views)

    async def size(self) -> int:
        return (await self.office.store.head()).size


@asynccontextmanager
async def kept(dsn: str) -> AsyncIterator[Keeper]:
    async with opened_store(dsn, DEMO_ORIGIN, KEY) as store:
        office = Office(store, CODEC, CONTEXTS, MemoryKeyring())
        yield Keeper(office, Attesting(office, store.pool, ATTESTED), dsn)


def recomputed(bundle: Path, views: Sequence[View] = ATTESTED) -> tuple[list[Finding], Recomputing]:
    """By itself, fed with what the bundle holds."""
    found = Recomputing(Bundle(bundle), size_of(bundle), views)
    return [*found.take(records(bundle)), *found.end()], found


def size_of(bundle: Path) -> int:
    return read_checkpoint(Bundle(bundle).note()).size


def records(bundle: Path) -> list[Recorded]:
    found = []
    for position, state in Bundle(bundle).records(0, size_of(bundle)):
        said = json.loads(state)
        found.append(CODEC.decode(StoredRecord(position, UUID(said["id"]), said["ver"], said["type"], state)))
    return found


async def test_honest_attestations_are_recomputed(dsn: str, golden: Golden, tmp_path: Path) -> None:
    async with kept(dsn) as keeper:
        await keeper.attest()
        await keeper.attest()
    report = await audited(dsn, tmp_path / "bundle")
    assert report.findings == []
    assert report.verdict is Verdict.VERIFIED
    # The second time nothing had changed but the activity.
    assert f"{len(ATTESTED) + 1} attestations of views, by folding the records again" in report.checked
    assert not any("attestations of" in line for line in report.unchecked)


async def test_an_altered_row_of_a_published_view_is_found(dsn: str, golden: Golden, tmp_path: Path) -> None:
    """The attack: somebody with every right on the database makes a promise look kept."""
    kept_now = "update {table} set _body = convert_to(replace(convert_from(_body, 'utf8'), '{old}', '{new}'), 'utf8')"
    statement = kept_now.replace("{old}", '"state":"in_progress"').replace("{new}", '"state":"completed"')
    async with kept(dsn) as keeper:
        await tamper(dsn, "commitments", f"{statement} where state = 'in_progress'")
        said = await keeper.attest()
        recorded = await keeper.size() - len(said)
        async with opened_views(dsn, VIEWS) as views:
            published = [
                row async for batch in views.rows("commitments", Query(as_of=golden.size - 1)) for row in batch
            ]
    report = await audited(dsn, tmp_path / "bundle")
    assert report.verdict is Verdict.BROKEN
    (finding,) = report.findings
    assert finding.code == "view-digest-differs"
    place = [one.found.view for one in said].index("commitments")
    assert finding.position == recorded + place
    assert said[place].found.digest in finding.got
    assert report.verified == finding.position, "the records are as they were; one of them is not true"

    replayed = Replay(Bundle(tmp_path / "bundle"), [view for view in VIEWS if view.name in ("units", "commitments")])
    replayed.until(golden.size - 1)
    found = contradictions(replayed.shown(COMMITMENTS), "commitments", published)
    assert {one.code for one in found} == {"view-differs"}
    assert '"state":"completed"' in found[0].got


async def test_what_is_mended_is_attested_anew_and_the_lie_stays_on_record(
    dsn: str, golden: Golden, tmp_path: Path
) -> None:
    async with kept(dsn) as keeper:
        await tamper(dsn, "units", "delete from {table} where key = (select max(key) from {table})")
        await keeper.attest([view for view in ATTESTED if view.name == "units"])
        async with opened_projector(dsn, VIEWS, CODEC, follow=False) as projector:
            await projector.rebuild("units")
        await keeper.attest([view for view in ATTESTED if view.name == "units"])
    report = await audited(dsn, tmp_path / "bundle")
    assert [(one.code, one.position) for one in report.findings] == [("view-digest-differs", golden.size)]
    assert "2 attestations of views, by folding the records again" in report.checked


async def test_nothing_is_attested_before_it_is_recorded(dsn: str, golden: Golden, tmp_path: Path) -> None:
    """Whoever runs the register may say that the ledger was longer than it was; its record lies where it lies."""
    ahead = Dumped("units", UNITS.version, 10_000, 3, "ab" * 32)
    async with kept(dsn) as keeper:
        await keeper.office.give(order(ahead, 10_001))
    report = await audited(dsn, tmp_path / "bundle")
    assert [(one.code, one.position) for one in report.findings] == [("attestation-ahead", golden.size)]


async def test_another_version_is_said_to_be_unchecked(dsn: str, golden: Golden, tmp_path: Path) -> None:
    async with kept(dsn) as keeper:
        await keeper.attest()
    await audited(dsn, tmp_path / "bundle")
    newer = [replace(view, version=99) if view.name == "units" else view for view in ATTESTED]
    findings, found = recomputed(tmp_path / "bundle", newer)
    assert findings == []
    assert found.checked == len(ATTESTED) - 1
    left = f"attestations of units@{UNITS.version}, which this program does not ship"
    all_of_it = attestations(Bundle(tmp_path / "bundle"), golden.size + len(ATTESTED))
    assert dict(found.unchecked) == {left: 1}
    assert found.since == {left: next(one.recorded for one in all_of_it if one.said.view == "units")}


async def test_what_no_program_ever_attested_is_no_attestation(dsn: str, golden: Golden, tmp_path: Path) -> None:
    """A view in a version to come leaves no verdict: a newer program may know it."""
    never, to_come = (Dumped("units", number, 100, 3, "ab" * 32) for number in (0, 99))
    async with kept(dsn) as keeper:
        await keeper.office.give(order(to_come, golden.size))
        report = await audited(dsn, tmp_path / "to come")
        assert (report.verdict, [one.code for one in report.findings]) == (Verdict.INCOMPLETE, ["view-newer"])
        await keeper.office.give(order(never, golden.size))
    report = await audited(dsn, tmp_path / "never")
    assert report.verdict is Verdict.BROKEN
    assert [(one.code, one.position) for one in report.findings] == [
        ("view-newer", golden.size), ("view-unknown", golden.size + 1),
    ]  # fmt: skip


async def test_views_that_nobody_attested_are_named(dsn: str, golden: Golden, tmp_path: Path) -> None:
    report = await audited(dsn, tmp_path / "none")
    (line,) = [one for one in report.unchecked if "nothing was attested" in one]
    assert all(view.name in line for view in ATTESTED)
    async with kept(dsn) as keeper:
        await keeper.attest([view for view in ATTESTED if view.name == "units"])
    report = await audited(dsn, tmp_path / "one")
    (line,) = [one for one in report.unchecked if "nothing was attested" in one]
    assert "units" not in line.split(": ")[1].split(", ")
    assert f"the views after position {golden.size - 1}: no attestation speaks of them" in report.unchecked


async def test_records_that_cannot_be_read_leave_attestations_unchecked(
    dsn: str, golden: Golden, tmp_path: Path
) -> None:
    async with kept(dsn) as keeper:
        await keeper.attest()
    await audited(dsn, tmp_path / "bundle")
    found = Recomputing(Bundle(tmp_path / "bundle"), golden.size + len(ATTESTED))
    read = records(tmp_path / "bundle")
    del read[100]
    assert [*found.take(read), *found.end()] == []
    assert found.checked == 0
    assert sum(found.unchecked.values()) == len(ATTESTED)
    assert set(found.since.values()) == {golden.size}, "the first of them"


async def test_a_ledger_without_attestations_folds_nothing(bundled: Path, golden: Golden) -> None:
    assert list(attestations(Bundle(bundled), golden.size)) == []
    report = verify(Bundle(bundled), VKEY)
    assert "0 attestations of views, by folding the records again" in report.checked
    report = verify(Bundle(bundled), VKEY, decide=False)
    assert "what was attested of the views" in report.unchecked


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), places=st.sets(st.integers(0, 59), min_size=1, max_size=6))
def test_a_digest_made_on_the_way_is_the_one_made_afresh(seed: int, places: set[int]) -> None:
    grove = grown(seed, 60)
    views = [replace(view, valid_time=False) for view in SAMPLE]
    going = Folded(views)
    for record in grove.recorded:
        going.apply([record])
        if record.position in places:
            fresh = Folded(views)
            fresh.apply(grove.recorded[: record.position + 1])
            for view in views:
                assert going.dumped(view, record.position) == fresh.dumped(view, record.position)


def test_what_is_attested_is_found_by_its_stored_name() -> None:
    assert NAMES["view-attested.1"] is ViewAttested
