"""What every store promises to who appends; to readers, see test_store_contract_reading.py."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from services.store.ports import (
    Change,
    CommandReused,
    Conflict,
    Head,
    Opening,
    Receipt,
    TooLarge,
)
from services.store.waiting import RECORD_AT_MOST, STAMP_BYTES
from tests.services.every_store import AnyStore, Clock, clock, everything, proven, store
from tests.services.store_ledgers import NOTARY, change, draft

__all__ = ["clock", "store"]


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
