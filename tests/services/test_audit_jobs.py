"""An audit with several processes finds what one finds, in the same order: on attacks, bad copies, a long ledger."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Thread
from time import sleep
from uuid import UUID

import pytest

from domain.ledger import tiles
from domain.ledger.findings import Verdict
from domain.ledger.records import canonical
from projections.views import ATTESTED
from services.audit.bundle import Bundle
from services.audit.recomputing import DEAREST
from services.audit.surveying import planned
from services.audit.verifying import verify
from services.audit.workers import Workers, _counted, answer, workers
from tests.services import test_audit, test_audit_attacks
from tests.services.audited import NOTARY, VKEY, Golden, audited, written
from tests.services.scribe import towns
from tests.services.test_dumping import dsn, tamper, viewed
from tests.services.test_recomputing import kept, size_of
from tests.waiting import PATIENCE

__all__ = ["dsn", "viewed"]


@pytest.fixture(scope="module")
def two() -> Iterator[Workers | None]:
    with workers(2) as found:
        yield found


@pytest.fixture(scope="module")
def three() -> Iterator[Workers | None]:
    """Enough for two of them to share the views."""
    with workers(3) as found:
        yield found


def same(bundle: Bundle, two: Workers | None, *, decide: bool = True, saved: bytes | None = None) -> Verdict:
    """The verdict, which is one's and two's; and so is all else that they say."""
    alone = verify(bundle, VKEY, decide=decide, saved=saved)
    together = verify(bundle, VKEY, decide=decide, saved=saved, workers=two)
    assert together == alone
    return alone.verdict


def states_of(bundled: Path, golden: Golden) -> list[bytes]:
    return [record for _, record in Bundle(bundled).records(0, golden.size)]


def interrupted(asked: list[Future[None] | None]) -> None:
    with workers(2) as found:
        assert found is not None
        asked.append(found.ask(sleep, 100))
        raise KeyboardInterrupt


def test_whoever_is_interrupted_does_not_wait_for_the_processes() -> None:
    asked: list[Future[None] | None] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(asked)
    (one,) = asked
    assert one is not None
    with pytest.raises((BrokenProcessPool, CancelledError)):
        one.result()


def test_an_untouched_ledger_verifies_with_two(bundled: Path, golden: Golden, two: Workers | None) -> None:
    assert same(Bundle(bundled), two) is Verdict.VERIFIED
    for saved in sorted(bundled.glob("checkpoints/*"))[::60]:
        assert same(Bundle(bundled), two, decide=False, saved=saved.read_bytes()) is Verdict.VERIFIED


@pytest.mark.parametrize(
    "attack",
    [
        test_audit_attacks.replay_a_command,
        test_audit_attacks.back_date,
        test_audit_attacks.leave_a_record_out,
        test_audit_attacks.forge_an_event,
        test_audit_attacks.usurp_an_accreditation,
        test_audit_attacks.act_as_the_clock,
        test_audit_attacks.act_as_the_opening,
        test_audit_attacks.hide_what_was_read,
        test_audit_attacks.read_the_future,
        test_audit_attacks.name_a_cause_to_come,
        test_audit_attacks.take_a_claimed_identifier,
        test_audit_attacks.bring_in_another_ledger_s,
        test_audit_attacks.write_it_otherwise,
    ],
)
async def test_what_an_operator_signs_is_found_by_two_as_by_one(
    attack: test_audit_attacks.Signed, bundled: Path, golden: Golden, tmp_path: Path, two: Workers | None
) -> None:
    states = states_of(bundled, golden)
    await attack(states, golden)
    assert same(written(tmp_path, states), two) is Verdict.BROKEN


@pytest.mark.parametrize(
    "harm",
    [
        test_audit.cut,
        test_audit.cut_a_hash_tile,
        test_audit.lose_a_bundle,
        test_audit.lose_a_tile,
        test_audit.add_a_tile_beyond_the_end,
    ],
)
def test_a_bad_copy_is_the_same_to_two(
    harm: test_audit.Harm, bundled: Path, golden: Golden, tmp_path: Path, two: Workers | None
) -> None:
    shutil.copytree(bundled, tmp_path / "bundle")
    harm(Bundle(tmp_path / "bundle"), golden.size)
    assert same(Bundle(tmp_path / "bundle"), two) is Verdict.INCOMPLETE


async def test_what_is_amiss_with_attestations_is_found_by_two_or_three_as_by_one(
    dsn: str, golden: Golden, tmp_path: Path, two: Workers | None, three: Workers | None
) -> None:
    async with kept(dsn) as keeper:
        await keeper.attest()
        await audited(dsn, tmp_path / "true")
        other = """convert_to(replace(convert_from(_body, 'utf8'), '"in_progress"', '"completed"'), 'utf8')"""
        await tamper(dsn, "commitments", f"update {{table}} set _body = {other} where state = 'in_progress'")
        await keeper.attest()
    await audited(dsn, tmp_path / "bundle")
    for several in (two, three):
        assert same(Bundle(tmp_path / "true"), several) is Verdict.VERIFIED
        assert same(Bundle(tmp_path / "bundle"), several) is Verdict.BROKEN
    states = [record for _, record in Bundle(tmp_path / "bundle").records(0, size_of(tmp_path / "bundle"))]
    for at in (golden.size // 2, golden.size // 3):
        states[at] = states[at].replace(b'"data":{', b'"data":{"never":1,')
        for several in (two, three):
            bundle = written(tmp_path / str(at), states)
            assert same(bundle, several) is Verdict.BROKEN, "nothing behind it can be folded"


async def test_what_one_view_cannot_fold_ends_them_all_with_three_as_with_one(
    tmp_path: Path, three: Workers | None
) -> None:
    """Scorecards trip over it; the views that another process folds do not."""
    states = await towns(60, attested={view.name for view in ATTESTED})
    at = next(at for at, state in enumerate(states) if b'"type":"commitment-proposed' in state)
    told = json.loads(states[at])
    told["data"]["sdg"] = ["99"]
    states[at] = canonical(told)
    bundle = written(tmp_path, states)
    assert same(bundle, three) is Verdict.BROKEN
    said = verify(bundle, VKEY, workers=three).unchecked
    assert f"{len(ATTESTED)} attestations of views, whose records could not all be read" in said


@pytest.mark.parametrize("only", [{"scorecards"}, {"units", "activity"}])
async def test_where_few_views_were_attested_three_name_all_the_others_as_one_does(
    only: set[str], tmp_path: Path, three: Workers | None
) -> None:
    """Of these and of no others: what was not attested may be of the half that nobody folds."""
    bundle = written(tmp_path, await towns(60, attested=only))
    assert same(bundle, three) is Verdict.VERIFIED
    others = ", ".join(sorted({view.name for view in ATTESTED} - only))
    assert f"the views of which nothing was attested: {others}" in verify(bundle, VKEY, workers=three).unchecked


def test_the_dearest_views_are_there_and_not_all() -> None:
    assert {view.name for view in ATTESTED} > DEAREST


def killed_while_it_counts() -> None:
    for counter in _counted:
        counter.get_lock().acquire()
    os.kill(os.getpid(), signal.SIGKILL)


def test_one_that_is_killed_while_it_counts_holds_nobody_up() -> None:
    with workers(2) as two:
        assert two is not None
        assert answer(two.ask(killed_while_it_counts)) is None
        looks = Thread(target=lambda: two.counted, daemon=True)
        looks.start()
        looks.join(PATIENCE)
        assert not looks.is_alive()
        two.count_anew()


def failing() -> None:
    with workers(2) as found:
        assert found is not None
        answer(found.ask(divmod, 1, 0))


def test_a_process_that_fails_fails_the_audit() -> None:
    with pytest.raises(ZeroDivisionError):
        failing()


# --- a ledger of many tiles, whose commands end across them ---


@pytest.fixture(scope="module")
def long() -> list[bytes]:
    return asyncio.run(towns(1_400))


def changed(record: bytes, **members: object) -> bytes:
    return canonical(json.loads(record) | members)


def in_the_middle(states: list[bytes]) -> int:
    """A record of a command of several, at the end of a tile."""
    return next(at for at in range(tiles.WIDTH - 1, len(states), tiles.WIDTH) if json.loads(states[at])["of"][1] > 1)


def test_a_long_ledger_verifies_and_its_tiles_are_cut_within_commands(
    long: list[bytes], tmp_path: Path, two: Workers | None
) -> None:
    assert in_the_middle(long)
    bundle = written(tmp_path / "whole", long)
    assert same(bundle, two) is Verdict.VERIFIED
    for size in (1, tiles.WIDTH, 3 * tiles.WIDTH, 700, len(long)):
        saved = Bundle(written(tmp_path / str(size), long[:size]).folder).note()
        assert same(bundle, two, decide=False, saved=saved) is Verdict.VERIFIED, size
    assert same(bundle, two, decide=False, saved=NOTARY.sign(700, b"\7" * 32).encode()) is Verdict.FORK


def lost(states: list[bytes], at: int) -> None:
    del states[at]


def twice(states: list[bytes], at: int) -> None:
    states.insert(at, states[at])


def earlier(states: list[bytes], at: int) -> None:
    states[at] = changed(states[at], at="2026-01-01T00:00:00.000000Z")


def later_version(states: list[bytes], at: int) -> None:
    states[at] = changed(states[at], ver=json.loads(states[at])["ver"] + 1)


def spaced(states: list[bytes], at: int) -> None:
    states[at] = states[at].replace(b'"v":1', b'"v": 1')


def of_another_command(states: list[bytes], at: int) -> None:
    states[at] = changed(states[at], cmd=json.loads(states[40])["cmd"])


def by_nobody(states: list[bytes], at: int) -> None:
    states[at] = changed(states[at], actor=json.loads(states[at])["actor"] | {"accreditation": f"{UUID(int=5)}/3"})


@pytest.mark.parametrize("place", ["within a tile", "at its end", "behind it"])
@pytest.mark.parametrize("fault", [lost, twice, earlier, later_version, spaced, of_another_command, by_nobody])
def test_one_fault_anywhere_is_the_same_to_two(
    place: str, fault: Callable[[list[bytes], int], None], long: list[bytes], tmp_path: Path, two: Workers | None
) -> None:
    states, end = list(long), in_the_middle(long)
    fault(states, {"within a tile": 300, "at its end": end, "behind it": end + 1}[place])
    assert same(written(tmp_path, states), two) is Verdict.BROKEN


def test_where_every_record_is_wrong_the_same_hundred_findings_are_shown(
    long: list[bytes], tmp_path: Path, two: Workers | None
) -> None:
    forged = [state.replace(b"Trees for every", b"Trees for ever,") for state in long]
    assert same(written(tmp_path / "forged", forged), two) is Verdict.VERIFIED, (
        "told alike in the command and in the event"
    )
    newer = [state.replace(b'.1","type"', b'.9","type"') for state in long]
    assert same(written(tmp_path / "newer", newer), two) is Verdict.INCOMPLETE, "rules that this program does not know"
    never = [state.replace(b'"rules":"', b'"rules":"x') for state in long]
    assert same(written(tmp_path / "never", never), two) is Verdict.BROKEN, "rules that nobody ever knew"
    asked = [state.replace(b"Trees for every", b"Trees for ever,", 1) for state in long]
    assert same(written(tmp_path / "asked", asked), two) is Verdict.BROKEN, "something else was asked, again and again"
    backwards = [changed(state, at=f"2026-01-01T00:00:00.{999_999 - at:06}Z") for at, state in enumerate(long)]
    report = verify(written(tmp_path / "backwards", backwards), VKEY, workers=two)
    assert len(report.findings) == 100
    assert report == verify(Bundle(tmp_path / "backwards"), VKEY)


def test_parts_cover_every_tile_once() -> None:
    for size in (1, 255, 256, 257, 256 * 40, 256 * 40 + 3):
        for wanted in ([size], [256, size], [300, 256 * 7, size]):
            parts = list(planned(size, wanted, 2))
            assert [part.first for part in parts[1:]] == [part.last for part in parts[:-1]]
            assert (parts[0].first, parts[-1].last) == (0, -(-size // 256))
            for part in parts:
                within = range(part.first * 256 + 1, min(part.last * 256, size))
                assert part.alone or (part.last * 256 <= size and not set(wanted) & set(within))


def test_without_the_processes_all_is_gone_through_here(long: list[bytes], tmp_path: Path) -> None:
    bundle = written(tmp_path, long)
    with workers(2) as two:
        assert two is not None
        assert verify(bundle, VKEY, decide=False, workers=two).verdict is Verdict.VERIFIED
        for process in list(two._pool._processes.values()):
            process.kill()
            process.join()
        report = verify(bundle, VKEY, workers=two)
    assert report == verify(bundle, VKEY)
