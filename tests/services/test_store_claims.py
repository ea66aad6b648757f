"""Words that one stream holds alone or several share: the same rule in every store, and in every way to append."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.importing.rehearsal import Rehearsal
from services.store.ledger import LedgerStore, opened_store
from services.store.memory import MemoryStore
from services.store.ports import Change, Conflict, Receipt
from services.store.waiting import Queue, Waiting
from tests.conftest import NewDatabase
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN, change, draft
from tests.services.whole_ledger import check_whole

Append: TypeAlias = Callable[[Change], Awaitable[Any]]
ANN, BEN, CLO = (UUID(int=number) for number in (1, 2, 3))
WORD = "exclusive:07.3:region"


@pytest_asyncio.fixture(params=["memory", "rehearsal", "postgres", "lock first"])
async def append(
    request: pytest.FixtureRequest, new_database: NewDatabase, migrated_template: str
) -> AsyncIterator[Append]:
    """Every way to append; lock first is also how the recorders of stock applications do."""
    if request.param in ("memory", "rehearsal"):
        memory = MemoryStore(ORIGIN, KEY)
        yield memory.append if request.param == "memory" else Rehearsal(memory).append
        return
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(new_database(migrated_template))
        store = await stack.enter_async_context(opened_store(dsn, ORIGIN, KEY))

        async def locking(asked: Change) -> Any:
            return await store.writer.append(asked, _nothing)

        yield store.append if request.param == "postgres" else locking
        assert await check_whole(store.pool, NOTARY) == (await store.head()).size


async def _nothing(connection: object) -> None:
    """Stands alongside, so that the command is a batch of its own."""


class Step(NamedTuple):
    """What a command does with the word, for one stream; `held_by`: who stands in its way."""

    how: Change
    held_by: UUID | None = None


def alone(stream: UUID, frees: UUID | None = None) -> Change:
    return replace(_freeing(frees), takes=((WORD, stream),))


def shared(stream: UUID, frees: UUID | None = None) -> Change:
    return replace(_freeing(frees), shares=((WORD, stream),))


def _freeing(stream: UUID | None) -> Change:
    return replace(change(draft(uuid4())), frees=((WORD, stream),) if stream else ())


CASES = {
    "alone, then anybody": [Step(alone(ANN)), Step(alone(BEN), ANN), Step(shared(BEN), ANN)],
    "shared, then alone": [Step(shared(ANN)), Step(alone(BEN), ANN)],
    "shared by several": [Step(shared(ANN)), Step(shared(BEN)), Step(shared(CLO))],
    "alone once all who shared have freed it": [
        Step(shared(ANN)), Step(shared(BEN)), Step(_freeing(ANN)), Step(alone(CLO), BEN), Step(_freeing(BEN)),
        Step(alone(CLO)), Step(shared(ANN), CLO),
    ],
    "shared once it is freed": [Step(alone(ANN)), Step(_freeing(ANN)), Step(shared(BEN)), Step(shared(CLO))],
    "the holder repeats": [
        Step(alone(ANN)), Step(alone(ANN)), Step(_freeing(ANN)), Step(shared(ANN)), Step(shared(ANN)),
        Step(alone(BEN), ANN), Step(_freeing(ANN)), Step(alone(BEN)),
    ],
    "who holds it alone and shares it, too, holds it alone": [
        Step(alone(ANN)), Step(shared(ANN)), Step(shared(BEN), ANN), Step(_freeing(ANN)), Step(alone(BEN)),
    ],
    "who shares it alone may hold it alone": [Step(shared(ANN)), Step(alone(ANN)), Step(shared(BEN), ANN)],
    "who shares it with others may not": [Step(shared(ANN)), Step(shared(BEN)), Step(alone(ANN), BEN)],
    "both ways at once is alone": [
        Step(replace(shared(ANN), takes=((WORD, ANN), (WORD, ANN)))), Step(shared(BEN), ANN),
    ],
    "freed and taken in one append": [
        Step(alone(ANN)), Step(shared(BEN, frees=ANN)), Step(alone(CLO, frees=BEN)), Step(alone(CLO, frees=CLO)),
        Step(shared(CLO, frees=CLO)), Step(shared(ANN)), Step(alone(CLO, frees=CLO), ANN),
    ],
    "a stranger frees nothing": [Step(shared(ANN)), Step(_freeing(BEN)), Step(alone(BEN, frees=BEN), ANN)],
    "alone for one and shared for another in one append": [
        Step(replace(alone(ANN), shares=((WORD, BEN),)), ANN), Step(shared(BEN)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_who_may_hold_a_word(append: Append, steps: list[Step]) -> None:
    for how, held_by in steps:
        asked = replace(how, cmd=uuid4())
        if held_by is None:
            await append(asked)
            continue
        with pytest.raises(Conflict) as conflict:
            await append(asked)
        assert (conflict.value.moved, conflict.value.claims, conflict.value.holders) == ((), (WORD,), (held_by,))


async def test_words_in_one_command_are_looked_at_one_by_one(append: Append) -> None:
    await append(replace(change(draft(uuid4())), takes=(("city", ANN),), shares=(("region", ANN), ("state", ANN))))
    both = replace(change(draft(uuid4())), takes=(("region", BEN),), shares=(("state", BEN), ("city", BEN)))
    with pytest.raises(Conflict) as conflict:
        await append(both)
    assert (conflict.value.claims, conflict.value.holders) == (("region", "city"), (ANN, ANN))
    await append(replace(both, takes=(("town", BEN),), shares=(("region", BEN), ("state", BEN))))


# --- several at once ---


def _agree(asked: list[Change], answers: list[object]) -> set[str]:
    """One who holds it alone, or any number who share it; everybody else is told so."""
    assert {type(answer) for answer in answers} <= {Receipt, Conflict}
    took = [one for one, answer in zip(asked, answers, strict=True) if isinstance(answer, Receipt)]
    kinds = {"alone" if one.takes else "shared" for one in took}
    assert (kinds == {"alone"} and len(took) == 1) or kinds == {"shared"}
    if kinds == {"shared"}:
        assert len(took) == len([one for one in asked if one.shares]), "nobody who shares stops another one"
    return kinds


def _wanting(first: Callable[[UUID], Change], then: Callable[[UUID], Change]) -> list[Change]:
    return [kind(uuid4()) for _ in range(15) for kind in (first, then)]


@pytest.mark.parametrize(("first", "then"), [(alone, shared), (shared, alone)])
async def test_of_many_at_once_one_holds_it_alone_or_all_who_may_share_it(
    store: LedgerStore, first: Callable[[UUID], Change], then: Callable[[UUID], Change]
) -> None:
    asked = _wanting(first, then)
    answers = await asyncio.gather(*map(store.append, asked), return_exceptions=True)
    assert _agree(asked, list(answers)) == {"alone" if first is alone else "shared"}, "first come, first served"
    assert await check_whole(store.pool, NOTARY) == len([one for one in answers if isinstance(one, Receipt)])


async def test_two_processes_keep_the_same_rule(store: LedgerStore, migrated_url: str) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY) as other:
        for first, then in ((alone, shared), (shared, alone)) * 3:
            asked = _wanting(first, then)
            # Each process hears first from somebody else.
            both = [other if number % 4 in (1, 2) else store for number in range(len(asked))]
            work = [one.append(want) for one, want in zip(both, asked, strict=True)]
            answers = await asyncio.gather(*work, return_exceptions=True)
            kinds = _agree(asked, list(answers))
            took = [one for one, answer in zip(asked, answers, strict=True) if isinstance(answer, Receipt)]
            rows = await store.pool.fetch("select stream, shared from ledger.claims")
            held = [(stream, kinds == {"shared"}) for one in took for _, stream in (*one.takes, *one.shares)]
            assert sorted((row["stream"], row["shared"]) for row in rows) == sorted(held)
            frees = tuple((WORD, stream) for stream, _ in held)
            await store.append(replace(change(draft(uuid4())), frees=frees))
            assert not await store.pool.fetch("select word from ledger.claims")
    assert await check_whole(store.pool, NOTARY) == (await store.head()).size


async def test_those_who_share_a_word_share_a_batch_and_others_wait_for_the_next() -> None:
    loop = asyncio.get_running_loop()

    def batches(*asked: Change) -> list[list[Change]]:
        queue = Queue(10)
        for one in asked:
            queue.put(Waiting.of(one, loop.create_future()))
        found = []
        while len(queue):
            found.append([waiting.change for waiting in queue.take()])
        return found

    one, two, three = shared(ANN), shared(BEN), alone(CLO)
    assert batches(one, two) == [[one, two]]
    assert batches(one, three, two) == [[one], [three], [two]], "who comes later does not overtake"
    assert batches(three, one, two) == [[three], [one, two]]
    ends = _freeing(ANN)
    assert batches(ends, two, three) == [[ends], [two], [three]]


async def test_a_batch_in_which_many_share_a_word(store: LedgerStore) -> None:
    receipts = await asyncio.gather(*(store.append(shared(uuid4())) for _ in range(60)))
    assert len({receipt.size for receipt in receipts}) < 30, "or no two were in one batch"
    assert await store.pool.fetchval("select count(*) from ledger.claims where shared and word = $1", WORD) == 60
    with pytest.raises(Conflict):
        await store.append(alone(uuid4()))
