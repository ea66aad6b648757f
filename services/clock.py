"""The clock: says of every deadline whose last day is over that it has passed, once and in order.

It follows the ledger to keep the agenda, and gives the command that each context names (`Context.clock`) through the
same door as everybody. The command's id follows from the deadline and the record that set its day: a repetition, or a
second clock, records nothing twice. What comes of it, and whether it is due at all, the rules decide.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from uuid import UUID, uuid5

import structlog

from domain.kernel import NAMES, Actor, Context, EventName, PartialDate, Refused, StreamId
from domain.units.events import UnitCorrected
from services.codec import Codec
from services.handle import Office
from services.orders import Note, Order
from services.store.connecting import Connection
from services.store.ports import StoredRecord, StoreError, TooLarge
from services.working import agenda
from services.working.agenda import CLOCKS, Due, Entry, Key
from services.working.following import POLL, advance, passed
from services.working.knowing import home_of, known, zone_of

CLOCK = Actor(system="clock")
AT_ONCE = 200
"""Deadlines looked up together; all of one day are passed before the agenda is looked at again."""
PUT_OFF = timedelta(minutes=1)
AT_MOST = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Kind:
    context: Context
    clocks: bool


class Clock:
    """A worker, see `Follower`. What time it is, the office says."""

    name = "clock"
    gather = 0.25  # deadlines are days: nothing that was just recorded is due at once

    def __init__(self, office: Office, codec: Codec, contexts: Mapping[str, Context]) -> None:
        self._office, self._codec, self._contexts = office, codec, contexts
        self._kinds = {
            codec.written_as[kind]: _Kind(context, issubclass(kind, CLOCKS))
            for context in contexts.values()
            for kind in context.events
            if kind in codec.written_as
        }

    async def take(self, connection: Connection, position: int, stored: Sequence[StoredRecord]) -> int:
        """Keeps the agenda. UnknownType: what this program does not know may be a deadline, and is not skipped."""
        entries: dict[Key, Entry] = {}
        context_of: dict[UUID, str] = {}
        versions: dict[UUID, int] = {}
        records: dict[UUID, list[StoredRecord]] = defaultdict(list)
        for one in stored:
            kind = self._kind(one.type)
            if not kind.context.clock:
                continue
            records[one.stream].append(one)
            versions[one.stream], context_of[one.stream] = one.version, kind.context.name
            if kind.clocks:
                event = self._codec.event(one)
                key = (one.stream, event.number)
                entries[key] = agenda.entered(entries.get(key), one.version, event)
        there = dict(await agenda.with_open(connection, list(versions))) if versions else {}
        for stream, context, zone in await agenda.in_zones(connection, await self._left(stored)):
            there[stream], context_of[stream] = zone, context
            versions.setdefault(stream, 0)
        if not entries and not there:
            return stored[-1].position
        fresh = {key[0] for key, one in entries.items() if one.due_on is not None}
        for stream in fresh:
            self._office.states.told(records[stream])
        zones = await self._zones(context_of, {s: versions[s] for s in (*there, *fresh)})
        async with connection.transaction():
            await advance(connection, self.name, position, stored[-1].position)
            await agenda.move_home(connection, {s: zones[s] for s, zone in there.items() if zones[s] != zone})
            await agenda.write(connection, context_of, entries, zones)
        return stored[-1].position

    async def _left(self, stored: Sequence[StoredRecord]) -> set[str]:
        """The time zones of which somebody said that a unit is not there: what is at home in it moves with it."""
        left = set[str]()
        for one in stored:
            if self._codec.names.get(one.type) is UnitCorrected:
                before = self._codec.event(one).before.time_zone
                left |= {before} if before else set()
                await known(self._office.states, "units", StreamId(one.stream), one.version)
        return left

    async def keep(self, connection: Connection, position: int) -> None:
        await passed(connection, self.name, position)

    def _kind(self, type_: str) -> _Kind:
        found = self._kinds.get(type_)
        if found is None:
            # An older form of an event is known by its class.
            found = self._kinds[self._codec.written_as[self._codec.names[type_]]]
        return found

    async def _zones(self, context_of: Mapping[UUID, str], versions: Mapping[UUID, int]) -> dict[UUID, str]:
        """The time zone in which each stream is at home, as of these versions or later. It is read together."""
        states, contexts = self._office.states, {s: self._contexts[context_of[s]] for s in versions}
        away = [s for s, version in versions.items() if not states.holds(StreamId(s), version)]
        await asyncio.gather(*(known(states, context_of[s], StreamId(s), versions[s]) for s in away))
        found = {s: await known(states, context_of[s], StreamId(s), version) for s, version in versions.items()}
        homes = {home for s, state in found.items() if (home := home_of(contexts[s], state)) and not states.holds(home)}
        await asyncio.gather(*(states.state("units", home) for home in homes))
        return {s: await zone_of(states, contexts[s], state) for s, state in found.items()}

    async def rest(self, connection: Connection) -> float:
        """Passes every deadline of the first day that is over; what the rules set anew then comes with the rest."""
        now = self._office.clock()
        waiting = await agenda.due(connection, now, AT_ONCE)
        for one in takewhile(lambda each: each.due_on == waiting[0].due_on, waiting):
            await self._pass(connection, one, now)
        if waiting:
            return 0
        following = await agenda.next_at(connection, now)
        return POLL if following is None else max((following - now).total_seconds(), 0.001)

    async def refused(self, connection: Connection) -> int:
        return await agenda.refused(connection)

    async def _pass(self, connection: Connection, one: Due, now: datetime) -> None:
        """Whatever comes of it, it is not given again at once: the record that follows takes it off the agenda."""
        said = ""
        try:
            answer = await self._office.give(order(self._contexts[one.context], one))
            if one.tries and (answer.repeated or not answer.events):
                said = "It was said, and the deadline is still there."
        except TooLarge as error:
            said = str(error)
        except StoreError:
            raise
        except Refused as refused:
            runs_until = refused.facts.get("due_on")
            if isinstance(runs_until, date) and runs_until > one.due_on:
                log.warning("deadline-runs-on", stream=str(one.stream), number=one.number, until=str(runs_until))
                await agenda.later(connection, one, runs_until)
                return
            said = f"{refused.code}: {refused.reason}"
        except Exception as error:  # a fault in one stream does not stop the time of all others
            said = f"{type(error).__name__}: {error}"
            log.exception("deadline-failed", stream=str(one.stream), number=one.number)
        if said:
            log.error("deadline-not-passed", stream=str(one.stream), number=one.number, said=said, tries=one.tries + 1)
        wait = min(PUT_OFF * 2 ** min(one.tries, 10), AT_MOST)
        await agenda.put_off(connection, one, now + wait, said)


def order(context: Context, one: Due) -> Order:
    """The command that says so: counted from the day after, caused by the record that set the day."""
    set_by = EventName.at(one.stream, one.set_by)
    return Order(
        context=context.name,
        command=context.clock,
        fields={"deadline": one.number},
        cmd=uuid5(NAMES, f"clock:{set_by}:{one.number}:{one.due_on}"),
        actor=CLOCK,
        caller="clock",
        stream=StreamId(one.stream),
        note=Note(effective_on=PartialDate(one.due_on + timedelta(days=1)), cause=set_by),
        client_named=True,
    )
