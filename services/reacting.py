"""The worker that gives what reactions say: to every record once, in order, never again on a rebuild.

A command's id follows from the record, the reaction and the stream: what a crash repeats is recorded once. What it
makes has the actor `reaction` and the record as its cause.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog

from domain.kernel import NAMES, Actor, Context, Recorded, Refused, StreamId
from services.codec import Codec
from services.handle import Office
from services.orders import Forbidden, Note, Order, Unknown
from services.reactions import REACTIONS, Found, LookAgain, Reaction, Then, only
from services.store.connecting import Connection
from services.store.ports import CommandReused, StoredRecord, TooLarge
from services.working import agenda, leaning, leant
from services.working.following import POLL, Ledger, advance
from services.working.knowing import known, zone_of
from services.working.leaning import LEANING, Lean

REACTION = Actor(system="reaction")
AT_ONCE = 64
"""Commands of one record that wait for one transaction."""
TURNS = 50
"""So often a command may meet somebody else who holds what it would claim."""
LEANS_AT_MOST = 2000
"""What leans on what that is gathered in memory before it is saved."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _No:
    """A rule refused, and it was not a fair no."""

    reaction: str
    stream: UUID
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Later:
    reaction: str
    stream: UUID
    due_at: datetime


class Reactor:
    """A worker, see `Follower`. What day it is, the office says."""

    name = "reactions"
    gather = 0.02

    def __init__(
        self,
        office: Office,
        codec: Codec,
        contexts: Mapping[str, Context],
        ledger: Ledger,
        reactions: Sequence[Reaction] = REACTIONS,
    ) -> None:
        self._office, self._codec, self._contexts, self._ledger = office, codec, contexts, ledger
        self._context_of = {kind: context.name for context in contexts.values() for kind in context.events}
        self._reactions = {reaction.name: reaction for reaction in reactions}
        self._to: dict[type, list[Reaction]] = defaultdict(list)
        for reaction in reactions:
            for kind in reaction.to:
                self._to[kind].append(reaction)
        self._leans: list[Lean] = []
        self._gathered_at: int | None = None
        self._next: datetime | None = None

    async def take(self, connection: Connection, position: int, stored: Sequence[StoredRecord]) -> int:
        """Reacts to each record on its own; what nobody reacts to is passed over together.

        UnknownType: a type that this program does not know may call for a reaction, and is not skipped.
        """
        if position != self._gathered_at:
            self._leans = []  # it begins again, and is handed the same records
        self._gathered_at = None
        for one in stored:
            kind = self._codec.names[one.type]
            done: list[_No | _Later] | None = None
            if kind in self._to:
                done = await self._react(connection, self._codec.decode(one))
            if kind in LEANING:
                self._leans += leaning.leans(one.stream, self._codec.event(one))
            if done is not None or len(self._leans) > LEANS_AT_MOST:
                await self._save(connection, position, one.position, done or ())
                position = one.position
        self._gathered_at = stored[-1].position
        return stored[-1].position

    async def keep(self, connection: Connection, position: int) -> None:
        await self._save(connection, position, position)

    async def _save(self, connection: Connection, old: int, new: int, done: Sequence[_No | _Later] = ()) -> None:
        """With what leans on what since it was saved last."""
        async with connection.transaction():
            await advance(connection, self.name, old, new)
            await leant.keep(connection, self._leans)
            for one in done:
                await self._note(connection, new, one)
        self._leans = []

    async def _note(self, connection: Connection, position: int, one: _No | _Later) -> None:
        if isinstance(one, _Later):
            await connection.execute(_PUT_OFF, position, one.reaction, one.stream, one.due_at)
            self._next = None
        else:
            await connection.execute(_REFUSED, position, one.reaction, one.stream, one.code, one.reason)

    async def rest(self, connection: Connection) -> float:
        """Gives what had to wait for its day."""
        now = self._office.clock()
        # Nobody else puts anything off; and where the clock was put back, we do not wait until it has caught up.
        if self._next is not None and now < self._next <= now + timedelta(seconds=POLL):
            return (self._next - now).total_seconds()
        rows = await connection.fetch(_DUE, now)
        for position, name, stream in rows:
            done = await self._in_time(connection, position, name, stream)
            async with connection.transaction():
                await connection.execute(_GIVEN, position, name, stream)
                for one in done:
                    await self._note(connection, position, one)
        if rows:
            return 0
        following = await connection.fetchval("select min(due_at) from workers.later")
        looks = now + timedelta(seconds=POLL)
        self._next = looks if following is None else min(following, looks)
        return max((self._next - now).total_seconds(), 0.001)

    async def refused(self, connection: Connection) -> int:
        count: int = await connection.fetchval("select count(*) from workers.refused")
        return count

    async def retry(self, connection: Connection) -> int:
        """Gives again what rules refused; gives how many they refused no longer. Beside a worker that reacts, too."""
        before = await connection.fetch(_WERE_REFUSED)
        for position, name, stream in before:
            if name not in self._reactions:
                continue  # a newer program's
            done = await self._in_time(connection, position, name, stream)
            async with connection.transaction():
                await connection.execute(_NO_LONGER, position, name, stream)
                for one in done:
                    await self._note(connection, position, one)
        left = {tuple(row) for row in await connection.fetch(_WERE_REFUSED)}
        return sum(tuple(row) not in left for row in before)

    async def _in_time(self, connection: Connection, position: int, name: str, stream: UUID) -> list[_No | _Later]:
        (stored,) = await self._ledger.records(position - 1, 1)
        record, reaction = self._codec.decode(stored), self._reactions[name]
        said = await self._said(connection, reaction, record)
        if stream == record.stream:
            return await self._give_all(reaction, record, said)
        then = only(said, stream)
        no = None if then is None else await self._give(reaction, record, then)
        return [] if no is None else [no]

    async def _react(self, connection: Connection, record: Recorded) -> list[_No | _Later] | None:
        """None where nothing follows from it."""
        done: list[_No | _Later] | None = None
        for reaction in self._to[type(record.event)]:
            if said := await self._said(connection, reaction, record):
                done = [*(done or ()), *await self._give_all(reaction, record, said)]
        return done

    async def _give_all(
        self, reaction: Reaction, record: Recorded, said: Sequence[Then | LookAgain]
    ) -> list[_No | _Later]:
        done: list[_No | _Later] = []
        for first in range(0, len(said), AT_ONCE):
            batch = said[first : first + AT_ONCE]
            # Each has its own stream. What fails is tried again with all of them: ids tell what was recorded.
            found = await asyncio.gather(
                *(self._give_or_wait(reaction, record, one) for one in batch), return_exceptions=True
            )
            for one in found:
                if isinstance(one, BaseException):
                    raise one
                if one is not None:
                    done.append(one)
        return done

    async def _said(self, connection: Connection, reaction: Reaction, record: Recorded) -> Sequence[Then | LookAgain]:
        states = self._office.states
        context = self._context_of[type(record.event)]
        state = await known(states, context, record.stream, record.version)
        who: list[StreamId] = []
        if reaction.manner is not None:
            who = await leant.leaning_on(connection, record.stream, reaction.manner, self._leans)
        return reaction.then(record, Found(state, {stream: await self._leaner(stream) for stream in who}))

    async def _leaner(self, stream: StreamId) -> Any:
        """The state of a stream whatever its context is."""
        for name in ("mandates", "commitments"):
            _, state = await self._office.states.state(name, stream)
            if state != self._contexts[name].decider.initial:
                return state
        raise LookupError(f"{stream} leans on something, and is nothing.")

    async def _give_or_wait(self, reaction: Reaction, record: Recorded, said: Then | LookAgain) -> _No | _Later | None:
        if isinstance(said, LookAgain):
            context, stream = self._context_of[type(record.event)], record.stream
        else:
            context, stream = said.context, said.stream
        if said.on is not None and (begins := await self._begins(context, stream, said.on)) > self._office.clock():
            return _Later(reaction.name, stream, begins)
        return None if isinstance(said, LookAgain) else await self._give(reaction, record, said)

    async def _begins(self, context: str, stream: StreamId, day: date) -> datetime:
        """When a day begins where a stream is at home."""
        _, state = await self._office.states.state(context, stream)
        zone = await zone_of(self._office.states, self._contexts[context], state)
        return agenda.ends_at(day - timedelta(days=1), zone)

    async def _give(self, reaction: Reaction, record: Recorded, then: Then) -> _No | None:
        try:
            await self._give_beside(reaction, record, then)
        except CommandReused:
            # It was recorded before a crash, and what it was looked up from has moved on since.
            log.info("reaction-given-before", reaction=reaction.name, record=record.name, stream=str(then.stream))
        except Refused as refused:
            if refused.code not in reaction.fair:
                return self._no(reaction, record, then, refused.code, refused.reason)
        except (Unknown, Forbidden) as error:
            return self._no(reaction, record, then, type(error).__name__.lower(), str(error))
        except TooLarge as error:  # to wait would not make it smaller, and everything behind it would wait as well
            return self._no(reaction, record, then, "record-too-large", str(error))
        return None

    async def _give_beside(self, reaction: Reaction, record: Recorded, then: Then) -> None:
        """Gives a command; where others hold what it would claim and the rules let it stand beside them, with them."""
        met: dict[StreamId, None] = {}
        for _ in range(TURNS):
            beside = {reaction.beside: tuple(met)} if reaction.beside else {}
            try:
                await self._office.give(order(reaction, record, replace(then, fields={**then.fields, **beside})))
                return
            except Refused as refused:
                if met and refused.code == "no-clash":
                    met.clear()  # one of them has ended meanwhile
                elif reaction.beside and refused.code == "already-claimed":
                    met |= dict.fromkeys(map(StreamId, refused.facts["held_by"]))
                else:
                    raise
        raise Refused("already-claimed", f"In {TURNS} turns, who else holds it was somebody else each time.")

    def _no(self, reaction: Reaction, record: Recorded, then: Then, code: str, reason: str) -> _No:
        log.error(
            "reaction-refused", reaction=reaction.name, record=record.name, command=f"{then.context}.{then.command}",
            stream=str(then.stream), code=code, reason=reason,
        )  # fmt: skip
        return _No(reaction.name, then.stream, code, reason)


def order(reaction: Reaction, record: Recorded, then: Then) -> Order:
    """The command as it is given, by the register itself, for the record's sake."""
    return Order(
        context=then.context,
        command=then.command,
        fields=then.fields,
        cmd=uuid5(NAMES, f"reaction:{record.name}:{reaction.name}:{then.stream}"),
        actor=REACTION,
        caller="reaction",
        stream=then.stream,
        note=Note(effective_on=then.effective_on, cause=record.name),
        client_named=True,
    )


_PUT_OFF = """
insert into workers.later (position, reaction, stream, due_at) values ($1, $2, $3, $4) on conflict do nothing"""
_DUE = """
select position, reaction, stream from workers.later where due_at <= $1 order by due_at, position, stream limit 100"""
_GIVEN = "delete from workers.later where position = $1 and reaction = $2 and stream = $3"
_WERE_REFUSED = "select position, reaction, stream from workers.refused order by position, reaction, stream"
_NO_LONGER = "delete from workers.refused where position = $1 and reaction = $2 and stream = $3"
_REFUSED = """
insert into workers.refused (position, reaction, stream, code, reason) values ($1, $2, $3, $4, $5)
on conflict do nothing"""
