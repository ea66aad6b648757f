"""What every store promises to readers: records in their order, and the proof of each."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from domain.ledger import merkle
from domain.ledger.proofs import verify_consistency, verify_inclusion
from domain.ledger.records import leaf_hash
from services.store.ports import (
    Filter,
    Head,
    Opening,
)
from tests.services.every_store import AnyStore, clock, everything, proven, store
from tests.services.store_ledgers import change, draft

__all__ = ["clock", "store"]


async def test_an_empty_ledger_is_empty(store: AnyStore) -> None:
    stream = uuid4()
    assert await store.head() == Head(0, None, "")
    assert await store.records() == await everything(store) == []
    assert await store.streams([stream]) == {stream: []}
    assert await store.position_at(datetime.now(UTC)) == -1
    assert await store.checkpoint() is None
    with pytest.raises(IndexError):
        await store.prove(0)


async def test_records_are_listed_in_order_by_type_by_unit_and_by_stream(store: AnyStore) -> None:
    gent, lyon = uuid4(), uuid4()
    units: list[tuple[UUID, ...]] = [(gent,), (lyon,), (gent, lyon), (), (gent, gent)]
    streams = [uuid4() for _ in units]
    for number, (stream, spoken) in enumerate(zip(streams, units, strict=True)):
        one = draft(stream, type_=f"thing-{'done' if number % 2 else 'begun'}.1")
        await store.append(change(replace(one, units=spoken)))

    async def positions(after: int = -1, limit: int = 500, until: int | None = None, **where: object) -> list[int]:
        filter_ = Filter(**where) if where else None  # type: ignore[arg-type]
        return [record.position for record in await store.records(after, limit, until=until, where=filter_)]

    assert await positions() == [0, 1, 2, 3, 4]
    assert await positions(1, 2) == [2, 3]
    assert await positions(0, until=2) == [1, 2]
    assert await positions(until=-1) == []
    assert await positions(types=("thing-begun.1",)) == [0, 2, 4]
    assert await positions(0, 1, types=("thing-begun.1", "thing-done.1")) == [1]
    assert await positions(units=(gent,)) == [0, 2, 4]
    assert await positions(units=(gent, lyon)) == [0, 1, 2, 4]
    assert await positions(0, 2, until=3, units=(gent, lyon)) == [1, 2]
    assert await positions(units=(lyon,), types=("thing-done.1",)) == [1]
    assert await positions(units=(uuid4(),)) == []
    assert await positions(streams=(streams[3], streams[1])) == [1, 3]
    assert await positions(streams=(streams[1],), types=("thing-done.1",), units=(lyon,)) == [1]
    assert await positions(streams=(streams[1],), units=(gent,)) == []
    assert await positions(positions=(3, 1, 99)) == [1, 3]
    assert await positions(positions=(3, 1), units=(gent,)) == [
        one for one in await positions(units=(gent,)) if one in (1, 3)
    ]
    assert [len(batch) async for batch in store.scan(1, 3)] == [2]


async def test_streams_are_read_from_a_version_on(store: AnyStore) -> None:
    oak, elm, none = uuid4(), uuid4(), uuid4()
    await store.append(change(draft(oak), draft(elm), draft(oak, 2), draft(oak, 3)))
    found = await store.streams([elm, none, oak], after=1)
    assert {stream: [record.version for record in records] for stream, records in found.items()} == {
        elm: [], none: [], oak: [2, 3]
    }  # fmt: skip
    assert [record.version for record in (await store.streams([oak]))[oak]] == [1, 2, 3]


async def test_openings_lie_beside_their_record(store: AnyStore) -> None:
    stream = uuid4()
    contact = Opening(stream, 1, "/contact", uuid4(), b"cipher", str(uuid4()))
    await store.append(replace(change(draft(stream)), openings=(contact,)))
    assert await store.openings_of([(stream, 1)]) == [contact]
    assert await store.openings_about(contact.subject) == [contact]
    assert [one async for batch in store.openings() for one in batch] == [contact]
    assert await store.openings_of([(stream, 2), (uuid4(), 1)]) == []
    assert await store.openings_about(uuid4()) == []


async def test_the_records_of_a_command_are_found_by_its_id(store: AnyStore) -> None:
    stream = uuid4()
    await store.append(change(draft(uuid4())))
    asked = change(draft(stream), draft(stream, 2))
    await store.append(asked)
    await store.append(nothing := change())
    assert [record.version for record in await store.records_of(asked.cmd)] == [1, 2]
    assert await store.records_of(nothing.cmd) == await store.records_of(uuid4()) == []


async def test_every_record_is_proven_in_every_tree_that_holds_it(store: AnyStore) -> None:
    # More than one full tile, so that stored subtrees take part.
    receipts = [await store.append(change(*(draft(uuid4()) for _ in range(n)))) for n in (1, 2, 250, 30, 240, 17)]
    records = await everything(store)
    leaves = [leaf_hash(record.state) for record in records]
    assert all(proven(receipt, number) for receipt in receipts for number in range(0, receipt.count, 13))
    for size in (1, 2, 3, 253, 256, 257, 512, 540):
        root = merkle.root_of(leaves[:size])
        for position in {0, size // 2, size - 1}:
            assert verify_inclusion(position, size, leaves[position], await store.prove(position, size), root)
    for position, wrong in ((540, None), (-1, None), (3, 3), (0, 541), (0, 0)):
        with pytest.raises(IndexError):
            await store.prove(position, wrong)


async def test_checkpoints_are_given_as_they_were_signed(store: AnyStore) -> None:
    receipts = [await store.append(change(draft(uuid4()), draft(uuid4()))) for _ in range(3)]
    for receipt in receipts:
        assert await store.checkpoint(receipt.size) == receipt.checkpoint
    assert await store.checkpoint() == receipts[-1].checkpoint
    assert await store.checkpoint(3) is None


async def test_older_trees_are_consistent_with_newer_ones(store: AnyStore) -> None:
    await store.append(change(*(draft(uuid4()) for _ in range(300))))
    leaves = [leaf_hash(record.state) for record in await everything(store)]
    assert await store.consistency(0, 300) == await store.consistency(300) == ()
    # RFC 6962, section 2.1.3: the example of a tree of 7, and where the older tree is a subtree of the newer.
    roots = {size: merkle.root_of(leaves[:size]) for size in (2, 3, 4, 6, 7)}
    right = merkle.joined(merkle.joined(leaves[4], leaves[5]), leaves[6])
    assert await store.consistency(4, 7) == (right,)
    assert merkle.joined(roots[4], right) == roots[7]
    assert await store.consistency(3, 7) == (leaves[2], leaves[3], roots[2], right)
    assert await store.consistency(6, 7) == (merkle.joined(leaves[4], leaves[5]), leaves[6], roots[4])
    assert len(await store.consistency(256, 300)) == 1
    for older in (1, 2, 129, 255, 256, 257, 299):
        proof = await store.consistency(older, 300)
        assert verify_consistency(older, 300, merkle.root_of(leaves[:older]), merkle.root_of(leaves), proof)
    for older, newer in ((301, 302), (5, 4), (-1, 5)):
        with pytest.raises(IndexError):
            await store.consistency(older, newer)
