"""Carries a plan out: many commands at once, so that they share transactions; each row counted by what became of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TypeAlias

from domain.kernel import Refused
from services.handle import Office
from services.importing.plan import QUEUED, REFUSED, UNCHANGED, Asked, BadRow, Plan, Recorded, Summary
from services.importing.rehearsal import Rehearsal
from services.keyring import MemoryKeyring
from services.orders import Answer, Order, Stale
from services.store.ports import Busy, CommandReused, Conflict, TooLarge

AT_ONCE = 256
PATIENCE = 100
"""How often one row is tried again because others wrote to the same streams."""
MOVED_ON = "Others recorded something of it meanwhile. Bring the sheet once more."
Progress: TypeAlias = Callable[[int, int], None]
"""(commands answered, commands in all)"""


def quiet(done: int, total: int) -> None:
    """Shows nothing."""


async def carry_out(
    office: Office, plan: Plan, *, dry_run: bool = False, strict: bool = False, progress: Progress = quiet
) -> Summary:
    """Gives the commands of a plan. `dry_run`: to a rehearsal. `strict`: to the ledger only if no row is bad.

    Raises Forbidden where the registrar's accreditation is not in force, and what the store raises when the database
    is gone; what was answered until then is recorded, and the same import continues from there.
    """
    begun = monotonic()
    if dry_run or strict:
        run = _Run(_rehearsing(office), plan, progress if dry_run else _half(progress, 0))
        await run.all_waves()
        if dry_run or run.bad:
            return run.summary(begun, written=False)
    run = _Run(office, plan, _half(progress, 1) if strict else progress)
    await run.all_waves()
    return run.summary(begun, written=True)


def _half(progress: Progress, first: int) -> Progress:
    """Each command is given twice, to the rehearsal and to the ledger: the bar has room for both."""
    return lambda done, total: progress(first * total + done, 2 * total)


def _rehearsing(office: Office) -> Office:
    return Office(Rehearsal(office.store), office.codec, office.contexts, MemoryKeyring(), office.clock)


@dataclass(slots=True)
class _Run:
    office: Office
    plan: Plan
    progress: Progress
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        self.bad.extend(self.plan.bad)

    async def all_waves(self) -> None:
        self.progress(0, self.plan.commands)
        for wave in self.plan.waves:
            await self._wave(wave)

    async def _wave(self, wave: Sequence[Asked]) -> None:
        waiting = iter(wave)
        clerks = [asyncio.ensure_future(self._clerk(waiting)) for _ in range(min(AT_ONCE, len(wave)))]
        try:
            await asyncio.gather(*clerks)
        finally:  # one failed, or we were cancelled: nobody goes on alone
            for clerk in clerks:
                clerk.cancel()
            await asyncio.gather(*clerks, return_exceptions=True)

    async def _clerk(self, waiting: Iterator[Asked]) -> None:
        for asked in waiting:
            self.counts[await self._became(asked)] += 1
            self.done += 1
            self.progress(self.done, self.plan.commands)

    async def _became(self, asked: Asked) -> str:
        recorded, version = None, asked.order.expect
        for number, order in enumerate((asked.order, *asked.then)):
            try:
                answer = await self._answer(replace(order, expect=version))
            except Refused as refused:
                column = asked.column(number, next(iter(refused.fields), ""))
                return self._bad(asked, column, refused.code, refused.reason)
            except Stale:
                return self._bad(asked, "", "stale", MOVED_ON)
            except TooLarge as error:
                return self._bad(asked, "", "record-too-large", str(error))
            except CommandReused:  # the same edition of the same row, given by another run
                continue
            if answer.events and not answer.repeated:
                recorded = answer
            version = None if version is None else answer.version
        if recorded is None:
            return UNCHANGED
        last = recorded.receipt.first + recorded.receipt.count - 1
        row = Recorded(asked.line, asked.key, asked.becomes, recorded.stream, recorded.version, last)
        self.recorded.append(row)
        return asked.becomes

    def _bad(self, asked: Asked, column: str, code: str, reason: str) -> str:
        self.bad.append(BadRow(asked.line, asked.key, column, "" if column else code, reason, code))
        return REFUSED

    async def _answer(self, order: Order) -> Answer:
        conflicts = 0
        while True:
            try:
                return await self.office.give(order)
            except Busy as busy:
                await asyncio.sleep(busy.retry_after)
            except Conflict:  # others write to the same streams: they will let us through
                conflicts += 1
                if conflicts > PATIENCE:
                    raise
                await asyncio.sleep(0.05)

    def summary(self, begun: float, *, written: bool) -> Summary:
        """Every row counted once, under the plan's words."""
        plan = self.plan
        counts = Counter(plan.counted) + self.counts + Counter({QUEUED: len(plan.queued)})
        counts[REFUSED] += len({bad.line for bad in plan.bad})
        ordered = {word: counts.pop(word, 0) for word in plan.words} | counts
        bad = sorted(map(plan.found, self.bad), key=lambda row: row.line)
        done = sorted(self.recorded, key=lambda row: row.line)
        return Summary(plan.rows, ordered, bad, plan.queued, monotonic() - begun, written, done)
