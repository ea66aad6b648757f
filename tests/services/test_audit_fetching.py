"""Fetched with a key: no checkpoint of anybody else's is believed, be it the newest, one kept, or one in between."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from domain.ledger.merkle import Edge, empty_root, grow
from domain.ledger.records import leaf_hash
from services.audit.bundle import Bundle
from services.audit.fetching import BEGUN, Fetched, Unreachable, fetch
from services.audit.verifying import signed, verify
from services.store.checkpoints import Notary
from tests.services.audited import NOTARY, VKEY, written
from tests.services.scribe import Scribe
from tests.services.store_ledgers import made_key

FORGER = Notary(NOTARY.origin, made_key(9))


@pytest.fixture
async def records() -> list[bytes]:
    scribe = Scribe()
    await scribe.open()
    return [one.state for one in scribe.records]


def note_of(records: Sequence[bytes], size: int, by: Notary = NOTARY) -> str:
    return by.sign(size, grow(Edge(0, ()), [leaf_hash(one) for one in records[:size]]).root)


async def taken(theirs: Bundle, mine: Bundle, notes: Sequence[str] = (), following: int | None = None) -> Fetched:
    """Fetched with the key, from a server that tells these earlier checkpoints."""

    async def get(path: str) -> bytes | None:
        if path.startswith("v1/checkpoints"):
            return json.dumps({"items": list(notes), "next": following}).encode()
        return theirs.read(path)

    return await fetch(get, mine, lambda done, total: None, read=partial(signed, key=VKEY))


def said(found: Fetched) -> list[str]:
    return [f"{one.code}: {one.says}" for one in found.findings]


async def test_an_earlier_checkpoint_of_another_key_is_named_and_not_kept(records: list[bytes], tmp_path: Path) -> None:
    theirs, mine = written(tmp_path / "theirs", records), Bundle(tmp_path / "mine")
    assert not (await taken(theirs, mine, [note_of(records, 7), note_of(records, 9)])).findings
    (tmp_path / "mine/checkpoints/9").unlink()
    found = said(await taken(theirs, mine, [note_of(records, 7), note_of(records, 9, FORGER)]))
    assert [one.partition(":")[0] for one in found] == ["note-unsigned"]
    assert "of 9 records that the server gives" in found[0]
    assert [path for path in mine.files() if path.startswith("checkpoints/")] == ["checkpoints/7"]
    assert not verify(mine, VKEY).findings, "what is there is whole, and all of it signed"


async def test_one_that_lay_in_the_bundle_is_named(records: list[bytes], tmp_path: Path) -> None:
    theirs, mine = written(tmp_path / "theirs", records), written(tmp_path / "mine", records)
    mine.write("checkpoints/7", note_of(records, 7, FORGER).encode())
    (found,) = said(await taken(theirs, mine))
    assert found.startswith("note-unsigned: This is not signed by your key: checkpoints/7, which lay in the bundle.")


@pytest.mark.parametrize("place", ["checkpoint", BEGUN])
async def test_what_nobody_signed_is_no_evidence_of_a_fork(place: str, records: list[bytes], tmp_path: Path) -> None:
    theirs, mine = written(tmp_path / "theirs", records), written(tmp_path / "mine", records)
    forged = FORGER.sign(7, bytes(32)).encode()
    (mine.beside(BEGUN) if place == BEGUN else mine.folder / place).write_bytes(forged)
    (found,) = said(await taken(theirs, mine))
    assert found.startswith("note-unsigned"), "without a key it is all there is to go by, and refutes the server"
    assert not mine.beside(".fork.checkpoint").exists()


@pytest.mark.parametrize("size", [0, 1_000])
async def test_a_checkpoint_that_was_not_asked_for_is_given_up(size: int, records: list[bytes], tmp_path: Path) -> None:
    theirs, mine = written(tmp_path / "theirs", records), Bundle(tmp_path / "mine")
    with pytest.raises(Unreachable, match=f"it gives one of {size}"):
        await taken(theirs, mine, [NOTARY.sign(size, bytes(32) if size else empty_root())])
    assert not [path for path in mine.files() if path.startswith("checkpoints/")]


async def test_a_list_that_goes_on_behind_what_was_asked_for_is_given_up(records: list[bytes], tmp_path: Path) -> None:
    """Each page a little further, for ever."""
    theirs, mine = written(tmp_path / "theirs", records), Bundle(tmp_path / "mine")
    with pytest.raises(Unreachable, match="does not come to an end"):
        await taken(theirs, mine, following=len(records) + 1)
