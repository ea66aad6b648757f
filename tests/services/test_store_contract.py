"""What every store promises: the memory store is the reference, the product's store keeps the same promises."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.ledger import merkle
from domain.ledger.proofs import verify_consistency, verify_inclusion
from domain.ledger.records import leaf_hash
from services.store.ledger import LedgerStore, opened_store
from services.store.memory import MemoryStore
from services.store.ports import (
    Change,
    CommandReused,
    Conflict,
    Filter,
    Head,
    Opening,
    Receipt,
    StoredRecord,
    TooLarge,
)
from services.store.waiting import RECORD_AT_MOST, STAMP_BYTES
from tests.conftest import NewDatabase
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN, change, draft

AnyStore: TypeAlias = MemoryStore | LedgerStore


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 3, 14, 45, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(params=["memory", "postgres"])
async def store(
    request: pytest.FixtureRequest, new_database: NewDatabase, migrated_template: str, clock: Clock
) -> AsyncIterator[AnyStore]:
    if request.param == "memory":
        yield MemoryStore(ORIGIN, KEY, clock)
        return
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(new_database(migrated_template))
        yield await stack.enter_async_context(opened_store(dsn, ORIGIN, KEY, clock=clock))


def proven(receipt: Receipt, number: int = 0) -> bool:
    """Whether the proof of the receipt's nth record leads from its leaf to the signed root."""
    size, root = NOTARY.check(receipt.checkpoint)
    assert size == receipt.size
    return verify_inclusion(receipt.first + number, size, receipt.leaves[number], receipt.proofs[number], root)


async def everything(store: AnyStore) -> list[StoredRecord]:
    return [record async for batch in store.scan() for record in batch]


async def test_an_empty_ledger_is_empty(store: AnyStore) -> None:
    stream = uuid4()
    assert await store.head() == Head(0, None, "")
    assert await store.records() == await everything(store) == []
    assert await store.streams([stream]) == {stream: []}
    assert await store.position_at(datetime.now(UTC)) == -1
    assert await store.checkpoint() is None
    with pytest.raises(IndexError):
        await store.prove(0)


async def test_a_command_is_recorded_with_its_moment_and_its_proof(store: AnyStore, clock: Clock) -> None:
    oak = uuid4()
    await store.append(change(draft(uuid4())))
    asked = change(draft(oak), draft(oak, 2, type_="thing-ended.1"))
    receipt = await store.append(replace(asked, answer=b'{"ok":true}'))
    assert (receipt.cmd, receipt.first, receipt.count, receipt.size) == (asked.cmd, 1, 2, 3)
    assert (receipt.at, receipt.answer, receipt.repeated) == (clock.now, b'{"ok":true}', False)
    first, second = (await store.streams([oak]))[oak]
    assert (first.position, first.version, first.type) == (1, 1, "thing-done.1")
    assert (second.position, second.version, second.type) == (2, 2, "thing-ended.1")
    said = b'{"actor":{"system":"clock"},"at":"2026-11-24T03:14:45.123456Z","data":{"text":""}}'
    assert first.state == second.state == said
    assert receipt.leaves == (sha256(b"\0" + said).digest(),) * 2
    assert proven(receipt)
    assert proven(receipt, 1)
    assert await store.head() == Head(3, clock.now, receipt.checkpoint)


async def test_opaque_bytes_are_kept_as_they_are(store: AnyStore) -> None:
    stream = uuid4()
    whole = replace(draft(stream, 0), head=b"\x00anything\xff", tail=None)
    await store.append(change(whole, replace(whole, version=1)))
    assert [(one.version, one.state) for one in (await store.streams([stream]))[stream]] == [
        (0, b"\x00anything\xff"), (1, b"\x00anything\xff")
    ]  # fmt: skip


async def test_time_never_goes_back(store: AnyStore, clock: Clock) -> None:
    begun = clock.now
    await store.append(change(draft(uuid4())))
    clock.now -= timedelta(hours=1)
    assert (await store.append(change(draft(uuid4())))).at == begun
    clock.now = begun + timedelta(seconds=1)
    assert (await store.append(change(draft(uuid4())))).at == begun + timedelta(seconds=1)
    stamps = [json.loads(record.state)["at"] for record in await everything(store)]
    assert stamps == ["2026-11-24T03:14:45.123456Z"] * 2 + ["2026-11-24T03:14:46.123456Z"]
    assert await store.position_at(begun - timedelta(microseconds=1)) == -1
    assert await store.position_at(begun) == 1
    assert await store.position_at(begun + timedelta(seconds=1)) == 2


async def test_a_stream_that_moved_on_is_a_conflict_and_nothing_is_written(store: AnyStore) -> None:
    oak, elm = uuid4(), uuid4()
    await store.append(change(draft(oak)))
    for version, found in ((1, 1), (3, 1), (0, 1)):
        with pytest.raises(Conflict) as conflict:
            await store.append(change(draft(elm), draft(oak, version)))
        assert conflict.value.moved == ((oak, version - 1, found),)
    assert len(await everything(store)) == 1
    await store.append(change(draft(elm), draft(oak, 2)))


async def test_a_probe_says_what_an_append_would_and_writes_nothing(store: AnyStore) -> None:
    oak, elm, ash = uuid4(), uuid4(), uuid4()
    await store.append(replace(change(draft(oak)), takes=(("tallest", oak),), shares=(("old", oak),)))
    fine = replace(change(draft(elm), draft(oak, 2)), reads=((ash, 0),), shares=(("old", elm),))
    contested = replace(change(draft(elm)), takes=(("tallest", elm), ("old", elm)))
    wrong = [
        change(draft(elm), draft(oak, 3)), replace(change(draft(elm)), reads=((oak, 2),)), contested,
        change(draft(elm), draft(elm, 3)),
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(Conflict) as probed:
            await store.probe(one)
        with pytest.raises(Conflict) as appended:
            await store.append(one)
        for found in (probed.value, appended.value):
            assert found.moved or found.claims
        assert (probed.value.moved, probed.value.claims) == (appended.value.moved, appended.value.claims)
        assert probed.value.holders == appended.value.holders
    with pytest.raises(TooLarge):
        await store.probe(change(draft(elm, text="x" * RECORD_AT_MOST)))
    await store.probe(fine)
    await store.probe(fine)
    assert len(await everything(store)) == 1
    assert not (await store.append(fine)).repeated


async def test_a_stream_begins_at_its_beginning(store: AnyStore) -> None:
    stream = uuid4()
    with pytest.raises(Conflict) as conflict:
        await store.append(change(draft(stream, 2)))
    assert conflict.value.moved == ((stream, 1, 0),)


async def test_versions_within_a_command_are_dense(store: AnyStore) -> None:
    stream = uuid4()
    for versions in ((1, 1), (1, 3)):
        with pytest.raises(Conflict):
            await store.append(change(*(draft(stream, version) for version in versions)))
    assert await everything(store) == []


async def test_a_stream_that_was_read_and_moved_on_is_a_conflict(store: AnyStore) -> None:
    read, absent = uuid4(), uuid4()
    await store.append(change(draft(read), draft(read, 2)))
    asked = change(draft(uuid4()))
    for reads, moved in (
        (((read, 1),), ((read, 1, 2),)),
        (((read, 0),), ((read, 0, 2),)),
        (((absent, 1), (read, 2)), ((absent, 1, 0),)),
    ):
        with pytest.raises(Conflict) as conflict:
            await store.append(replace(asked, reads=reads))
        assert conflict.value.moved == moved
    receipt = await store.append(replace(asked, reads=((read, 2), (absent, 0))))
    assert receipt.first == 2


async def test_a_claim_is_one_stream_s_until_it_is_freed(store: AnyStore) -> None:
    mine, yours = uuid4(), uuid4()
    await store.append(replace(change(draft(mine)), takes=(("iso:BE", mine),)))
    with pytest.raises(Conflict) as conflict:
        await store.append(replace(change(draft(yours)), takes=(("iso:NL", yours), ("iso:BE", yours))))
    assert (conflict.value.moved, conflict.value.claims) == ((), ("iso:BE",))
    # Nothing of the refused command is kept, nor does a stranger free what is not its own.
    await store.append(replace(change(draft(uuid4())), takes=(("iso:NL", mine),), frees=(("iso:BE", yours),)))
    with pytest.raises(Conflict):
        await store.append(replace(change(draft(yours)), takes=(("iso:BE", yours),), frees=(("iso:BE", yours),)))
    await store.append(replace(change(draft(mine, 2)), takes=(("iso:BE", mine),)))
    await store.append(replace(change(draft(mine, 3)), frees=(("iso:BE", mine),)))
    await store.append(replace(change(draft(yours)), takes=(("iso:BE", yours),)))
    # One command may pass a word on.
    await store.append(replace(change(draft(mine, 4)), frees=(("iso:BE", yours),), takes=(("iso:BE", mine),)))


async def test_one_command_cannot_give_a_word_to_two(store: AnyStore) -> None:
    with pytest.raises(Conflict) as conflict:
        await store.append(replace(change(draft(uuid4())), takes=(("iso:BE", uuid4()), ("iso:BE", uuid4()))))
    assert conflict.value.claims == ("iso:BE",)


async def test_a_command_repeated_is_recorded_once_and_answered_the_same(store: AnyStore, clock: Clock) -> None:
    stream = uuid4()
    asked = replace(change(draft(stream), draft(stream, 2)), answer=b'{"version":2}')
    given = await store.append(asked)
    clock.now += timedelta(days=1)
    await store.append(change(draft(stream, 3)))
    for again in (
        await store.append(asked),
        await store.append(replace(asked, drafts=(), answer=b"{}")),
        await store.repeated(asked.cmd, asked.caller, asked.fingerprint),
    ):
        assert again is not None
        assert (again.first, again.count, again.at, again.answer) == (0, 2, given.at, b'{"version":2}')
        assert (again.repeated, again.size, again.leaves) == (True, 3, given.leaves)
        assert proven(again)
        assert proven(again, 1)
    assert len(await everything(store)) == 3
    assert await store.repeated(uuid4(), asked.caller, asked.fingerprint) is None


async def test_a_command_id_is_one_caller_s_and_one_request_s(store: AnyStore) -> None:
    asked = change(draft(uuid4()))
    await store.append(asked)
    for other in (replace(asked, caller="lyon/2"), replace(asked, fingerprint=b"two")):
        with pytest.raises(CommandReused):
            await store.append(other)
        with pytest.raises(CommandReused):
            await store.repeated(other.cmd, other.caller, other.fingerprint)


async def test_already_so_keeps_its_answer_and_no_record(store: AnyStore) -> None:
    asked = replace(change(), answer=b'{"already":true}')
    first = await store.append(asked)
    assert (first.first, first.count, first.size, first.checkpoint) == (0, 0, 0, "")
    await store.append(change(draft(uuid4())))
    again = await store.append(asked)
    assert (again.count, again.answer, again.repeated, again.size) == (0, b'{"already":true}', True, 1)
    later = await store.append(change())
    assert (later.first, later.count, later.size) == (1, 0, 1)
    assert NOTARY.check(later.checkpoint)[0] == 1


async def test_a_refused_command_may_be_given_again(store: AnyStore) -> None:
    stream = uuid4()
    asked = change(draft(stream, 2))
    with pytest.raises(Conflict):
        await store.append(asked)
    await store.append(change(draft(stream)))
    assert (await store.append(asked)).repeated is False


async def test_a_record_has_at_most_65535_bytes(store: AnyStore) -> None:
    stream = uuid4()
    empty = draft(stream)
    assert empty.tail is not None
    room = RECORD_AT_MOST - len(empty.head) - len(empty.tail) - STAMP_BYTES
    with pytest.raises(TooLarge) as error:
        await store.append(change(draft(uuid4()), draft(stream, text="x" * (room - 1) + "é")))
    assert error.value.size == RECORD_AT_MOST + 1
    await store.append(change(draft(stream, text="x" * room)))
    (record,) = await store.records()
    assert len(record.state) == RECORD_AT_MOST


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


async def test_a_command_erases_the_openings_of_one_subject_and_no_other(store: AnyStore) -> None:
    stream, ann, ben = uuid4(), uuid4(), uuid4()
    told = [Opening(stream, 1, f"/{name}", who, b"cipher", "") for name, who in (("a", ann), ("b", ben), ("c", ann))]
    await store.append(replace(change(draft(stream)), openings=tuple(told)))
    await store.append(replace(change(draft(uuid4())), erases=(ann,)))
    assert await store.openings_of([(stream, 1)]) == [told[1]]
    assert await store.openings_about(ann) == []


async def test_a_command_that_is_refused_erases_nothing(store: AnyStore) -> None:
    stream, ann = uuid4(), uuid4()
    told = Opening(stream, 1, "/a", ann, b"cipher", "")
    await store.append(replace(change(draft(stream)), openings=(told,)))
    with pytest.raises(Conflict):
        await store.append(replace(change(draft(stream, 5)), erases=(ann,)))
    assert await store.openings_about(ann) == [told]


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


async def test_commands_given_at_once_are_all_answered(store: AnyStore) -> None:
    receipts = await asyncio.gather(*(store.append(change(draft(uuid4()))) for _ in range(600)))
    assert sorted(receipt.first for receipt in receipts) == list(range(600))
    assert all(proven(receipt) for receipt in receipts)


async def test_of_many_who_want_one_thing_one_gets_it(store: AnyStore) -> None:
    stream, word = uuid4(), "iso:BE"
    wanting: list[Callable[[], Change]] = [
        lambda: change(draft(stream)),
        lambda: replace(change(draft(uuid4())), takes=((word, uuid4()),)),
    ]
    for want in wanting:
        answers = await asyncio.gather(*(store.append(want()) for _ in range(20)), return_exceptions=True)
        assert len([answer for answer in answers if isinstance(answer, Receipt)]) == 1
        assert len([answer for answer in answers if isinstance(answer, Conflict)]) == 19


async def test_one_conflict_fails_only_its_own_command(store: AnyStore) -> None:
    taken = uuid4()
    await store.append(change(draft(taken)))
    asked = [change(draft(taken if number == 7 else uuid4())) for number in range(20)]
    answers = await asyncio.gather(*(store.append(one) for one in asked), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Receipt] * 7 + [Conflict] + [Receipt] * 12


async def test_a_command_given_many_times_at_once_is_recorded_once(store: AnyStore) -> None:
    asked = change(draft(uuid4()))
    receipts = await asyncio.gather(*(store.append(asked) for _ in range(50)))
    assert {receipt.first for receipt in receipts} == {0}
    assert len([receipt for receipt in receipts if not receipt.repeated]) == 1
    assert (await store.head()).size == 1


async def test_two_who_each_read_what_the_other_writes_cannot_both_be_right(store: AnyStore) -> None:
    oak, elm = uuid4(), uuid4()
    answers = await asyncio.gather(
        store.append(replace(change(draft(oak)), reads=((elm, 0),))),
        store.append(replace(change(draft(elm)), reads=((oak, 0),))),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Receipt"]
