"""Decides every recorded command again, on what the records before it say, and compares byte for byte."""

from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from domain.kernel import (
    Context,
    EventName,
    PartialDate,
    Recorded,
    Refused,
    StreamId,
    no_claims,
)
from domain.ledger.findings import Finding
from domain.replacing import quick, replace
from services.audit.asked import Reading
from services.audit.founded import Rules, misplaced, unaccredited, usurped
from services.audit.owed import Owed
from services.audit.reacted import Reacted
from services.audit.refolded import Refolded, Withheld
from services.audit.structure import Command, First
from services.codec import Codec
from services.deciding import Drafted, decide_again
from services.facts import Streams
from services.orders import Forbidden, Order, Unknown
from services.store.claims import Claims
from services.store.ports import StoredRecord

T = TypeVar("T")
_Read: TypeAlias = T | Exception
NOT_MINE = LookupError("others decide it")

MIDNIGHT = timedelta(seconds=90)
"""So long before a record's `at` it may have been decided: across midnight, `today` was the day before."""
BEGINNING = datetime.min.replace(tzinfo=UTC)
UNSOUND = (
    AssertionError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError,
    msgspec.MsgspecError,
)  # fmt: skip
"""What rules and folds may raise on a history that never was: an auditor is shown anything."""
DIFFERS = "opening-differs"
"""The rule's word for a released value that is not what was sealed; the finding's as well."""
DECIDED, FOLDED, ATTESTED = 1, 2, 3
"""What is said of one position comes in this order, behind what its bytes and their order show."""


@quick
@dataclass(frozen=True, slots=True)
class _Desk:
    contexts: Mapping[str, Context]
    codec: Codec
    states: Streams
    moment: datetime

    def clock(self) -> datetime:
        return self.moment

    async def types_after(self, stream: StreamId, version: int) -> Sequence[str]:
        return ()

    async def day_of(self, record: EventName) -> PartialDate | None:
        """It need not be looked up: that day is tried as one that was said."""
        return None


class Follower(Protocol):
    """Looks at the records, too."""

    @property
    def wants(self) -> bool:
        """Whether it needs to see any more."""

    def take(self, records: Sequence[Recorded]) -> Iterable[Finding]:
        """All records of a command; what is wrong with them."""


def whole(codec: Codec, first: Recorded, events: Sequence[Any], records: Sequence[StoredRecord]) -> Sequence[Recorded]:
    """The records of a command; none where one cannot be read: whoever follows sees the gap.

    `events`: what is known of them. All of them are only known where the records came out the same: then they have
    everything else in common as well.
    """
    begun = replace(first, event=events[0]).keyed(first.key)
    if len(records) == 1:
        return [begun]
    if len(events) == len(records):
        return [begun, *map(partial(_another, first, len(records)), events[1:], records[1:])]
    try:
        return [begun, *map(codec.decode, records[1:])]
    except UNSOUND:
        return []


def _at_once(command: Command) -> bool:
    """Whether all of its records say the same moment: that is not decided again, but taken from each."""
    at = command.leaves[0].at
    return len(command.leaves) == 1 or all(leaf.at == at for leaf in command.leaves)


def _another(first: Recorded, many: int, event: Any, record: StoredRecord) -> Recorded:
    version = record.version
    number = version - first.version + 1
    found = replace(first, position=record.position, version=version, type=record.type, of=(number, many), event=event)
    return found.keyed(first.key)


class Redecider:
    """Takes the commands of a ledger in their order. `unchecked` counts, in words, what could not be decided again.

    `since` has the position of the first of each.

    Of several who each take all commands, everybody decides a share and the first says what else there is to say.
    """

    def __init__(
        self,
        codec: Codec,
        contexts: Mapping[str, Context],
        found: First,
        share: int = 0,
        shares: int = 1,
        follower: Follower | None = None,
    ) -> None:
        self._codec, self._contexts, self._found = codec, contexts, found
        self._share, self._shares, self._number, self._follower = share, shares, 0, follower
        self._states = Refolded(contexts)
        self._homes = {event: context for context in contexts.values() for event in context.events}
        self._reacted = Reacted(codec, self._homes, self._states.now)
        self._reading = Reading(codec, contexts)
        self._rules, self._owed, self._at = Rules(), Owed(contexts), ""
        self._claims = Claims()
        self._lost: set[UUID] = set()
        self._unseen: list[tuple[Recorded, Sequence[Any], Sequence[StoredRecord]]] = []
        self.unchecked: Counter[str] = Counter()
        self.since: dict[str, int] = {}
        self.decided = 0

    def take(self, commands: Sequence[Command]) -> None:
        """Decides again, each on all that came before.

        All are read first: reading and the rules do not fit into a processor's cache together.
        """
        for command, (recorded, asked, mine) in zip(commands, list(map(self._read, commands)), strict=True):
            self._take(command, recorded, asked, mine)
        if self._follower is not None and self._unseen:
            unseen, self._unseen = self._unseen, []
            self._found.add(
                self._follower.take([one for seen in unseen for one in whole(self._codec, *seen)]), ATTESTED
            )

    def _read(self, command: Command) -> tuple[_Read[Recorded], _Read[tuple[str, Order]], bool]:
        first, leaf = command.records[0], command.leaves[0]
        mine, self._number = self._number % self._shares == self._share, self._number + 1
        recorded: _Read[Recorded]
        try:
            recorded = self._reading.recorded(first, leaf)
        except UNSOUND as error:
            return error, error, mine
        try:
            return recorded, self._reading.order(recorded, leaf) if mine else NOT_MINE, mine
        except UNSOUND as error:
            return recorded, error, mine

    def _take(self, command: Command, recorded: _Read[Recorded], asked: _Read[tuple[str, Order]], mine: bool) -> None:
        records, first = command.records, command.records[0]
        if unknown := next((one.type for one in records if one.type not in self._codec.names), None):
            if mine:
                self._leave(f"commands with records of the type {unknown}, which this program does not know", first)
            self._say(self._rules.unknown(unknown, first.position), DECIDED)
            self._lost.add(first.stream)
            return
        context = self._homes[self._codec.names[first.type]]
        try:
            if isinstance(recorded, Exception):
                raise recorded
            self._say(self._rules.take(context, recorded), DECIDED)
            outcome = self._decided(context, command, recorded, asked) if mine else None
            # What was written again as the very same bytes need not be read from them.
            again = outcome.events if isinstance(outcome, Drafted) else None
            events = again or tuple(map(self._reading.event, records, command.leaves))
            self._show(recorded, events if again and _at_once(command) else events[:1], records)
        except UNSOUND as error:
            self._lost.add(first.stream)
            says = f"The record cannot be read: {error}"
            self._found.add([Finding("record-unreadable", says, first.position)] if mine else (), DECIDED)
            return
        if isinstance(outcome, Finding):
            self._found.add([outcome], DECIDED)
        self._fold(context, command, recorded.cmd, events)

    def _show(self, first: Recorded, events: Sequence[Any], records: Sequence[StoredRecord]) -> None:
        """The records whole, to whoever wants to see them; once those of the tile are decided."""
        if self._follower is not None and self._follower.wants:
            self._unseen.append((first, events, records))

    def _fold(self, context: Context, command: Command, cmd: UUID, events: Sequence[Any]) -> None:
        records, first = command.records, command.records[0]
        try:
            if context.claims is not no_claims:
                self._say(self._claimed(context, command, events), FOLDED)
            self._states.fold(context, first.stream, events)
            if any(leaf.sealed for leaf in command.leaves):
                self._states.note_sealed(cmd, records)
            self._states.note_erased(events)
            self._reacted.note(records, events)
            self._owed.note(records, events, command.leaves[0].at)
            self._at = command.leaves[0].at
        except UNSOUND as error:
            self._lost.add(first.stream)
            says = f"It cannot follow on what came before: {error}"
            self._say([Finding("record-unfoldable", says, first.position)], FOLDED)

    def end(self) -> None:
        """There are no more."""
        self._say(self._unsaid(), FOLDED)

    def _unsaid(self) -> Iterator[Finding]:
        """What the clock ought to have said by the last record, and did not."""
        if not self._at:
            return
        now = datetime.fromisoformat(self._at)
        desk, self._states.deciding = _Desk(self._contexts, self._codec, self._states, now), ()
        for order, what in self._owed.due(now):
            assert order.stream is not None
            try:
                said = bool(finished(decide_again(desk, order, order.stream)).events)
            except Withheld:
                said = True
            except (Refused, Forbidden, Unknown, *UNSOUND):
                continue
            if said and order.stream not in self._lost:
                says = f"A deadline passed, and the register's clock did not say so: set by {what}."
                yield Finding("deadline-unpassed", says, None, f"{order.context}.{order.command}")

    def _say(self, findings: Iterable[Finding], rank: int) -> None:
        """What everybody finds, one says."""
        found = list(findings)
        if found and self._share == 0:
            self._found.add(found, rank)

    def _decided(
        self, context: Context, command: Command, first: Recorded, asked: _Read[tuple[str, Order]]
    ) -> Drafted | Finding | None:
        """What the command comes to, if that is what was recorded, or why not; None where nobody can say."""
        leaf = command.leaves[0]
        if first.rules != context.rules:
            self._leave(f"commands decided under {first.rules}, which this program does not ship", command.records[0])
            return self._unaccredited(first)
        rests_on = {first.stream, *(UUID(stream) for stream, _ in leaf.reads or ())} if self._lost else set()
        if first.actor.system == "reaction" and first.cause is not None:
            rests_on.add(first.cause.stream)
        if self._lost & rests_on:
            self._leave("commands that rest on records which could not be read", command.records[0])
            return None
        try:
            if isinstance(asked, Exception):
                raise asked
            name, order = asked
            if order.context != context.name:
                raise LookupError(f"one of {order.context}, and its record one of {context.name}")
            by = context.commands[name]
        except UNSOUND as error:
            return Finding("command-unreadable", f"The recorded command is none: {error}", first.position)
        _, before = self._states.now(context.name, first.stream)
        amiss = misplaced(by, first, order) or usurped(context, name, first, order, before, self._codec.ledger)
        if amiss is None and name == context.clock:
            amiss = self._owed.fault(first, order)
        if amiss is not None:
            return amiss
        if first.actor.system == "reaction" and (fault := self._reacted.fault(first, order)) is not None:
            return Finding("reaction-unfounded", fault, first.position, "a reaction to its cause", str(first.cause))
        self.decided += 1
        self._states.deciding = command.leaves
        return self._compared(order, command, first)

    def _leave(self, what: str, first: StoredRecord) -> None:
        """One that nobody can decide here."""
        self.unchecked[what] += 1
        self.since.setdefault(what, first.position)

    def _unaccredited(self, first: Recorded) -> Finding | None:
        """What can be said of who acted where the rules are unknown."""
        unit = first.actor.unit
        if unit is None or unit in self._lost:
            return None
        moments = (moment for moment, _ in _attempts(first))
        return unaccredited(first, self._states.now("units", unit)[1], moments)

    def _compared(self, order: Order, command: Command, first: Recorded) -> Drafted | Finding:
        """Decided at the moment it was recorded, or just before; on the day it counts from by default, or as it says.

        The records do not say which: it is enough that one of these gives the very same bytes.
        """
        found: Finding | None = None
        for moment, effective_on in _attempts(first):
            got: Finding | None
            asked = replace(order, note=replace(order.note, effective_on=effective_on)) if effective_on else order
            desk = _Desk(self._contexts, self._codec, self._states, moment)
            try:
                drafted = finished(decide_again(desk, asked, first.stream))
                got = self._difference(drafted, command)
                if got is None:
                    return drafted
            except Forbidden as no:
                got = Finding("authority-unfounded", f"Nobody may have done this: {no.reason}", first.position)
            except (Refused, Unknown) as no:
                says = f"The rules refuse what was recorded: {no}"
                code = no.code if isinstance(no, Refused) and no.code == DIFFERS else "decision-refused"
                got = Finding(code, says, first.position, "a refusal", first.type)
            except UNSOUND as error:
                says = f"What the command rests on is not there: {type(error).__name__}: {error}"
                got = Finding("decision-impossible", says, first.position)
            # The second attempt says the more fitting thing where the first was for another day.
            found = got if found is None or effective_on is not None else found
        assert found is not None, "there is at least one attempt"
        return found

    def _difference(self, drafted: Drafted, command: Command) -> Finding | None:
        first = command.records[0]
        if len(drafted.events) != len(command.records):
            return Finding("decision-differs", "The command comes to another number of records.", first.position,
                           str(len(drafted.events)), str(len(command.records)))  # fmt: skip
        for draft, record, leaf in zip(drafted.written(), command.records, command.leaves, strict=True):
            written = draft.head + b'"at":"%s"' % leaf.at.encode() + draft.tail
            if written == record.state:
                continue
            expected, got = msgspec.json.decode(written), msgspec.json.decode(record.state)
            if draft.type != record.type and drafted.events[leaf.of[0] - 1] == self._codec.event(record):
                expected |= {"type": record.type, "data": got["data"]}  # an earlier form of the same event
                if expected == got:
                    continue
            return _departs(expected, got, record.position)
        return None

    def _claimed(self, context: Context, command: Command, events: Sequence[Any]) -> Iterator[Finding]:
        stream = command.records[0].stream
        claims = [
            (one.position, claim)
            for one, event in zip(command.records, events, strict=True)
            for claim in context.claims(event)
        ]
        for _, claim in claims:
            if not claim.taken:
                self._claims.free(claim.word, stream)
        for position, claim in ((position, claim) for position, claim in claims if claim.taken):
            holder = self._claims.holder(claim.word, stream, shared=claim.shared)
            if holder is None:
                self._claims.take(claim.word, stream, shared=claim.shared)
            else:
                says = f"{claim.word} belongs to another stream."
                yield Finding("claim-taken", says, position, str(holder), str(stream))


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that never waits: all its facts are at hand."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waits for something")


def _attempts(first: Recorded) -> Iterator[tuple[datetime, PartialDate | None]]:
    """When it may have been decided, and what may have been said then of the day it counts from; likely ones first."""
    day = first.effective_on.earliest() if len(first.effective_on) == 10 else None
    by_default = day is not None and abs((day - first.at.date()).days) <= 1
    said = (None, first.effective_on) if by_default else (first.effective_on,)
    yield from ((first.at, effective_on) for effective_on in said)
    # Time zones change their day at any quarter of an hour.
    since, quarter = first.at - MIDNIGHT, timedelta(minutes=15)
    turned = BEGINNING + ((first.at - BEGINNING) // quarter) * quarter
    if turned > since:
        yield from ((since, effective_on) for effective_on in said)


def _departs(expected: Mapping[str, Any], got: Mapping[str, Any], position: int) -> Finding:
    """Names the first member in which two records differ."""
    name = next(name for name in sorted({*expected, *got}) if expected.get(name) != got.get(name))
    code = "authority-unfounded" if name == "actor" else "decision-differs"
    says = f"Decided again, the record's `{name}` is another."
    return Finding(code, says, position, _shown(expected.get(name)), _shown(got.get(name)))


def _shown(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()[:500]
