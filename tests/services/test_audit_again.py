"""Fetched a second time into the same bundle: what the server shows now is compared with what it showed first."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from domain.ledger import tiles
from domain.ledger.findings import Verdict, verdict_of
from domain.ledger.records import canonical
from services.audit import again
from services.audit.again import DAMAGED, chosen
from services.audit.bundle import Bundle
from services.audit.fetching import BEGUN, Unreachable, fetch, read_checkpoint
from services.audit.files import others
from services.audit.verifying import verify
from services.store.checkpoints import Notary
from tests.conftest import NewDatabase
from tests.services.audited import NOTARY, VKEY, Golden, Harmed, copied, fetched, served, written
from tests.services.scribe import Scribe
from tests.services.store_ledgers import made_key
from tests.services.test_audit_attacks import flip


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tmp_path / "bundle")


@pytest.fixture
async def records() -> list[bytes]:
    scribe = Scribe()
    await scribe.open()
    return [one.state for one in scribe.records]


async def altered(harmed: Harmed, position: int) -> str:
    """Another command's id in a record, which no rule could find; what it was."""
    cmd: str = json.loads((await harmed.states())[position])["cmd"]
    await flip(harmed, position, cmd, str(uuid4()))
    return cmd


async def shown(served: Bundle, mine: Bundle) -> tuple[Verdict, list[tuple[str, int | None]]]:
    """What fetching says, where the server shows what lies in a folder."""

    async def get(path: str) -> bytes | None:
        return served.read(path)

    found = (await fetch(get, mine, lambda done, total: None)).findings
    return verdict_of(found), [(one.code, one.position) for one in found]


@pytest.mark.parametrize("position", [100, 440])
async def test_a_byte_that_is_edited_between_two_audits_is_named_by_both_verbs(
    position: int, new_database: NewDatabase, golden: Golden, bundle: Bundle
) -> None:
    """Under a full tile, or under the last one."""
    async with copied(new_database, golden) as harmed:
        async with served(harmed.dsn) as url:
            await fetched(url, bundle.folder)
        assert verify(bundle, VKEY).verdict is Verdict.VERIFIED
        cmd = await altered(harmed, position)
        async with served(harmed.dsn) as url:
            (one,) = (await fetched(url, bundle.folder)).findings
    assert (one.code, one.position, one.verdict) == ("shown-otherwise", position, Verdict.BROKEN)
    assert cmd in one.expected
    assert cmd not in one.got
    report = verify(bundle, VKEY)
    assert {(one.code, one.position) for one in report.findings} == {("shown-otherwise", position)}
    assert (report.verdict, report.verified) == (Verdict.BROKEN, position)
    assert cmd.encode() in bundle.record(position, golden.size), "what came first is kept"
    tile = f"later/{golden.size}/" + str(next(tiles.bundles(golden.size, position)))
    assert cmd.encode() not in (bundle.read(tile) or b""), "beside what came then"
    assert bundle.read(f"later/{golden.size}/checkpoint") == bundle.note()


async def test_a_full_tile_that_was_partial_before_begins_with_what_was_there(bundle: Bundle, tmp_path: Path) -> None:
    states = [b'{"nth":%d}' % nth for nth in range(300)]
    for size in (200, 230, 256, 300):
        now = written(tmp_path / str(size), states[:size])
        assert await shown(now, bundle) == (Verdict.VERIFIED, [])
    assert len(bundle.entries(next(tiles.bundles(300)))) == 256


async def test_what_grew_on_an_edited_record_does_not_take_the_place_of_what_was_there(
    bundle: Bundle, tmp_path: Path
) -> None:
    """The tree grows from its edge: the later checkpoint is that of the true record, and the tile is not."""
    states = [b'{"nth":%d}' % nth for nth in range(300)]
    await shown(written(tmp_path / "before", states[:200]), bundle)
    now = written(tmp_path / "now", states)
    number = tiles.bundle([*states[:70], b'{"nth":170}', *states[71:256]])
    now.write("tile/entries/000", number)
    kept = dict.fromkeys(bundle.files())
    assert await shown(now, bundle) == (Verdict.BROKEN, [("shown-otherwise", 70)])
    assert {path for path in bundle.files() if not path.startswith("later/")} == set(kept)
    assert bundle.read("later/300/tile/entries/000") == number
    assert read_checkpoint(bundle.note()).size == 200
    assert [(one.code, one.position) for one in others(bundle, 200)] == [("shown-otherwise", 70)]


async def test_where_the_copy_was_damaged_the_servers_takes_its_place(
    records: list[bytes], bundle: Bundle, tmp_path: Path
) -> None:
    """Whoever harmed a copy accuses nobody by it."""
    states = [*records, *(b'{"nth":%d}' % nth for nth in range(300))]
    now = written(tmp_path / "now", states)
    await shown(now, bundle)
    whole = {path: bundle.read(path) for path in bundle.files()}
    for path, content in whole.items():
        if path.startswith("tile/"):
            bundle.write(path, bytes([*(content or b"")[:-1], 0]))
            damaged = bundle.read(path)
            assert await shown(now, bundle) == (Verdict.VERIFIED, []), path
            assert {path: bundle.read(path) for path in bundle.files()} == whole
            assert Bundle(bundle.beside(DAMAGED)).read(f"{len(states)}/{path}") == damaged, "it is kept"


async def test_several_damaged_files_accuse_nobody_either(records: list[bytes], bundle: Bundle, tmp_path: Path) -> None:
    now = written(tmp_path / "now", [*records, *(b'{"nth":%d}' % nth for nth in range(300))])
    await shown(now, bundle)
    whole = {path: bundle.read(path) for path in bundle.files()}
    for path, content in whole.items():
        if path.startswith("tile/"):
            bundle.write(path, bytes([*(content or b"")[:-1], 0]))
    assert await shown(now, bundle) == (Verdict.VERIFIED, [])
    assert {path: bundle.read(path) for path in bundle.files()} == whole


@pytest.mark.parametrize("more", [0, 30, 300])
async def test_a_history_that_was_told_and_signed_anew_replaces_nothing(
    more: int, bundle: Bundle, tmp_path: Path
) -> None:
    states = [b'{"nth":%d}' % nth for nth in range(600)]
    await shown(written(tmp_path / "before", states[:290]), bundle)
    whole = {path: bundle.read(path) for path in bundle.files()}
    states[7] = b'{"nth":"seven"}'
    verdict, found = await shown(written(tmp_path / "now", states[: 290 + more]), bundle)
    assert (verdict, found) == (Verdict.FORK, [("fork", None)])
    assert {path: bundle.read(path) for path in bundle.files()} == whole
    assert (tmp_path / "bundle.fork.checkpoint").is_file()


async def cut(served: Bundle, mine: Bundle, after: int) -> None:
    """A fetch that breaks off after so many tiles."""
    left = after

    async def get(path: str) -> bytes | None:
        nonlocal left
        if path.startswith("tile/"):
            left -= 1
            if left < 0:
                raise Unreachable("The line was cut.")
        return served.read(path)

    with pytest.raises(Unreachable):
        await fetch(get, mine, lambda done, total: None)


@pytest.mark.parametrize("begun", [0, 290])
@pytest.mark.parametrize("more", [0, 30, 300])
async def test_a_fetch_that_was_cut_keeps_what_it_was_promised(
    begun: int, more: int, bundle: Bundle, tmp_path: Path
) -> None:
    """The first one of all, or a later one. What it began with refutes another history that is shown after that."""
    states = [b'{"nth":%d}' % nth for nth in range(900)]
    if begun:
        await shown(written(tmp_path / "first", states[:begun]), bundle)
    promised = written(tmp_path / "promised", states[:600])
    await cut(promised, bundle, after=7 if begun else 3)
    assert bundle.beside(BEGUN).read_bytes() == promised.note()
    whole = {path: bundle.read(path) for path in bundle.files()}
    told = [*states[:350], b'{"nth":"three hundred and fifty"}', *states[351:]]
    assert await shown(written(tmp_path / "told", told[: 600 + more]), bundle) == (Verdict.FORK, [("fork", None)])
    assert await shown(written(tmp_path / "back", states[:400]), bundle) == (
        Verdict.POLICY_NOT_MET, [("older-than-saved", None)],
    )  # fmt: skip
    assert {path: bundle.read(path) for path in bundle.files()} == whole
    now = written(tmp_path / "now", states[: 600 + more])
    assert await shown(now, bundle) == (Verdict.VERIFIED, [])
    assert not bundle.beside(BEGUN).exists()
    fresh = Bundle(tmp_path / "fresh")
    await shown(now, fresh)
    assert {path: bundle.read(path) for path in bundle.files()} == {path: fresh.read(path) for path in fresh.files()}


async def test_what_a_cut_fetch_was_promised_is_kept_while_nobody_knows_whether_it_goes_on(
    bundle: Bundle, tmp_path: Path
) -> None:
    """A server whose hashes come to nothing does not get rid of what it signed before."""
    states = [b'{"nth":%d}' % nth for nth in range(900)]
    promised = written(tmp_path / "promised", states[:600])
    await cut(promised, bundle, after=3)
    told = written(tmp_path / "told", [*states[:350], b'{"nth":"three hundred and fifty"}', *states[351:]])
    right = told.read("tile/1/000.p/3") or b""
    told.write("tile/1/000.p/3", bytes([right[0] ^ 1, *right[1:]]))
    await shown(told, bundle)
    assert bundle.beside(BEGUN).read_bytes() == promised.note()
    told.write("tile/1/000.p/3", right)
    assert await shown(told, bundle) == (Verdict.FORK, [("fork", None)])


async def test_another_ledger_is_no_fork_of_this_one(records: list[bytes], bundle: Bundle, tmp_path: Path) -> None:
    now = written(tmp_path / "now", records)
    await shown(now, bundle)
    other = Notary("elsewhere.example/ledger", made_key(9)).sign(len(records), bytes(32)).encode()
    now.write("checkpoint", other)
    assert await shown(now, bundle) == (Verdict.ASKED_WRONGLY, [("ledger-foreign", None)])
    assert NOTARY.origin.encode() in bundle.note()


async def test_a_tile_that_is_no_longer_shown_is_said_and_stays(bundle: Bundle, tmp_path: Path) -> None:
    now = written(tmp_path / "now", [b'{"nth":%d}' % nth for nth in range(300)])
    await shown(now, bundle)
    now.remove("tile/entries/000")
    assert await shown(now, bundle) == (Verdict.INCOMPLETE, [("tile-missing", 0)])
    assert bundle.read("tile/entries/000")


def test_of_a_large_ledger_some_tiles_are_chosen_anew_each_time() -> None:
    size = 256 * 1000 + 5
    held = [*tiles.hash_tiles(size), *tiles.bundles(size)]
    first, second = (chosen(held, fresh=False) for _ in range(2))
    for one in (first, second):
        assert sum(tile.level is None for tile in one) == again.AT_MOST + 1, "and the last one"
        assert sum(tile.level == 0 for tile in one) == again.AT_MOST + 1
        assert sum((tile.level or 0) > 0 for tile in one) == 5
        levels = [-1 if tile.level is None else tile.level for tile in one]
        assert levels == sorted(levels, reverse=True), "a tile is told by the one above it"
    assert first != second
    assert len(chosen(held, fresh=True)) == len(held)
    small = [*tiles.hash_tiles(256 * again.AT_MOST), *tiles.bundles(256 * again.AT_MOST)]
    assert set(chosen(small, fresh=False)) == set(small)


def test_two_records_are_shown_where_they_part(bundle: Bundle) -> None:
    first, second = (canonical({"text": "a" * 500 + word + "b" * 500}) for word in ("yes", "no!"))
    tile = tiles.Tile(None, 3, 1)
    found = again.contradiction(tile, tiles.bundle([first]), tiles.bundle([second]), "later/1/x")
    assert found is not None
    assert (found.position, len(found.expected) < 200) == (768, True)
    assert "yes" in found.expected
    assert "no!" in found.got


async def test_another_ledger_in_the_way_is_named_by_the_file_that_says_so(
    records: list[bytes], bundle: Bundle, tmp_path: Path
) -> None:
    """What a fetch from a wrong address began with lies beside the bundle, of which nothing is there."""
    begun = bundle.beside(BEGUN)
    begun.write_text(Notary("elsewhere.example/ledger", made_key(9)).sign(1, bytes(32)))
    now = written(tmp_path / "now", records)

    async def get(path: str) -> bytes | None:
        return now.read(path)

    (one,) = (await fetch(get, bundle, lambda done, total: None)).findings
    assert (one.code, str(begun) in one.says) == ("ledger-foreign", True), one.says
