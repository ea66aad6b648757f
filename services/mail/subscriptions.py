"""Who follows what by mail, how often they are written to, and how far each has been told."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from services.keyring import Keyring
from services.keys import KeyUnusable
from services.mail import links
from services.mail.links import Purpose
from services.outgoing.places import Places
from services.outgoing.wanted import Wanted
from services.store.connecting import Pool, available

LASTS = timedelta(days=1)
"""For so long a question to a mailbox stays open: its link counts, and no second one is sent."""
RECENT = timedelta(hours=1)
OPEN, OF_DOMAIN = 200, 100
"""Questions asked within the last hour that nobody has answered yet, to domains where nobody ever has, and to one
domain: nobody writes to the whole world by us. Older ones give way to new ones, though their links count: whoever asks
in vain shuts nobody out for long, and nobody at all where a domain is known by somebody who follows from there."""
EACH = 100
"""Subscriptions that one address has at most."""
AT_A_TIME = 500
"""Subscriptions that are in memory at a time."""
PLACES = Places("workers.subscriptions", counted="confirmed_at is not null")


class Period(StrEnum):
    """How often somebody is written to, at most."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def every(self) -> timedelta:
        return _EVERY[self]


_EVERY = {
    # What follows from one act is recorded within seconds, and is one message.
    Period.AT_ONCE: timedelta(minutes=5),
    Period.DAILY: timedelta(days=1),
    Period.WEEKLY: timedelta(days=7),
}


class Full(Exception):
    """No more can be asked at present."""


class KeysAway(KeyUnusable):
    """The folder of keys is not the one that subscriptions were made with: nobody's address can be read."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One of them as it stands. `sealed`: the address, encrypted; `languages`: the reader's, the best first.

    `position`: of the last record that was told, or needed not be; a message on its way tells up to `upto`.
    """

    id: UUID
    sealed: bytes = field(repr=False)
    wanted: Wanted
    period: Period
    languages: tuple[str, ...]
    position: int
    upto: int
    asked_at: datetime
    confirmed_at: datetime | None
    tries: int
    failing_since: datetime | None
    again_at: datetime | None
    paused_at: datetime | None
    said: str

    @property
    def rests(self) -> timedelta | None:
        """For so long nothing is told once there was nothing; None: the next record is told as it comes."""
        return None if self.period is Period.AT_ONCE else self.period.every


class Subscriptions:
    """Takes, confirms and ends them. The key goes first: what a crash leaves behind is a row that nobody can read."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def ask(self, address: str, wanted: Wanted, period: Period, languages: Sequence[str]) -> None:
        """Whoever leads the worker of mail then asks the address whether it was meant.

        Nothing happens, and nothing is said of it, where a question to its mailbox is open already. Raises Full.
        """
        with available():
            await self.forget_unanswered()
            mailbox, domain = links.mailbox(address), address.rpartition("@")[2]
            found_by, of_mailbox, of_domain = [await self._found_by(one) for one in (address, mailbox, domain)]
            (recent,) = await self._pool.fetch(_RECENT, RECENT, of_domain)
            if recent["of_domain"] >= OF_DOMAIN or (recent["of_unknown"] >= OPEN and not recent["known"]):
                raise Full
            if await self._pool.fetchval(_TOO_MANY, found_by, EACH):
                return
            id = uuid4()
            key = await asyncio.to_thread(self._keyring.make, id)
            done = await self._pool.execute(
                _ASK, id, found_by, links.sealed(key, id, address),
                *map(list, (wanted.types, wanted.contexts, wanted.units, wanted.streams)), period.value,
                list(languages), of_mailbox, of_domain,
            )  # fmt: skip
        if done != "INSERT 0 1":
            await asyncio.to_thread(self._keyring.delete, id)

    async def behind(self, id: UUID, purpose: Purpose, by: str) -> Subscription | None:
        """The subscription that a link is about; None where the link does not count, or no more."""
        key = await asyncio.to_thread(self._keyring.find, id)
        if key is None or not hmac.compare_digest(links.signature(key, id, purpose).encode(), by.encode()):
            return None
        with available():
            row = await self._pool.fetchrow(f"{_SELECT} where id = $1 and {_COUNTS}", id, LASTS)
        return None if row is None else _subscription(row)

    async def confirm(self, one: Subscription) -> bool:
        """It begins behind what is recorded now. One of the same address for the same records goes on in it.

        False: it was forgotten meanwhile.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # Held before anything is replaced by it: who is just being forgotten takes nobody along.
            if await connection.fetchval(_HELD, one.id) is None:
                return False
            before = await connection.fetch(_REPLACED, one.id)
            begins = min((row["position"] for row in before), default=None)
            await connection.execute(_CONFIRM, one.id, begins, one.rests)
        await self._forget_keys([row["id"] for row in before])
        return True

    async def end(self, id: UUID) -> bool:
        """Nothing is sent any more, and the address is gone, from every backup too. Whether there was one."""
        await self._forget_keys([id])
        with available():
            return bool(await self._pool.execute("delete from workers.subscriptions where id = $1", id) == "DELETE 1")

    async def of(self, address: str) -> list[UUID]:
        """Those of an address, asked for or confirmed."""
        rows = await self._pool.fetch(
            "select id from workers.subscriptions where address = $1", await self._found_by(address)
        )
        return [row["id"] for row in rows]

    async def all(self) -> list[Subscription]:
        return [_subscription(row) for row in await self._pool.fetch(f"{_SELECT} order by asked_at, id")]

    async def resume(self, id: UUID) -> bool:
        """It is tried at once, paused or not. Whether there is one."""
        return await PLACES.resume(self._pool, id)

    async def key(self, one: Subscription) -> bytes | None:
        """None: it was ended, and a backup or a crash left the row. Raises KeysAway, KeyUnusable, OSError."""
        found = await asyncio.to_thread(self._keyring.find, one.id)
        if found is None and not await asyncio.to_thread(self._keyring.has, links.ADDRESSES):
            raise KeysAway("The folder of keys is not the one that the register used: restore it.")
        return found

    async def address(self, one: Subscription) -> str | None:
        """None as `key`. Raises what `key` raises, and Unopenable."""
        key = await self.key(one)
        return None if key is None else links.unsealed(key, one.id, one.sealed)

    async def forget_unanswered(self) -> None:
        """Whoever did not confirm in time is forgotten, and nobody who confirms at this very moment."""
        async with self._pool.acquire() as connection, connection.transaction():
            ids = [row["id"] for row in await connection.fetch(_UNANSWERED, LASTS)]
            await self._forget_keys(ids)
            await connection.execute("delete from workers.subscriptions where id = any($1)", ids)

    async def _found_by(self, address: str) -> bytes:
        return links.found_by(await asyncio.to_thread(self._keyring.make, links.ADDRESSES), address)

    async def _forget_keys(self, ids: Collection[UUID]) -> None:
        for id in ids:
            await asyncio.to_thread(self._keyring.delete, id)


async def due(pool: Pool, *, everybody: bool) -> AsyncIterator[Subscription]:
    """Those that are to be asked whether they were meant, or for whom there may be news; whose time it is.

    Not `everybody`: only those whose time it is since they were looked at.
    """
    last = UUID(int=0)
    while rows := await pool.fetch(_DUE, LASTS, AT_A_TIME, last, everybody):
        for row in rows:
            yield _subscription(row)
        last = rows[-1]["id"]


async def invited(pool: Pool, id: UUID) -> None:
    """The question was sent."""
    await pool.execute("update workers.subscriptions set invited_at = clock_timestamp() where id = $1", id)


async def begins(pool: Pool, id: UUID, position: int, upto: int) -> bool:
    """Before the first try, so that every further try is of the same message. False: it stands elsewhere by now."""
    done = await pool.execute(
        "update workers.subscriptions set upto = $3 where id = $1 and position = $2", id, position, upto
    )
    return bool(done == "UPDATE 1")


_SELECT = """
select id, sealed, types, contexts, units, streams, period, languages, position, upto, asked_at, confirmed_at, tries,
    failing_since, again_at, paused_at, said
from workers.subscriptions"""
_COUNTS = "(confirmed_at is not null or asked_at > clock_timestamp() - $2::interval)"
_RECENT = """
with known as (select distinct domain from workers.subscriptions where confirmed_at is not null and domain is not null)
select count(*) filter (where domain is null or domain not in (table known)) of_unknown,
    count(*) filter (where domain = $2) of_domain, $2 in (table known) known
from workers.subscriptions where confirmed_at is null and asked_at > clock_timestamp() - $1::interval"""
_TOO_MANY = "select count(*) >= $2 from workers.subscriptions where address = $1"
_UNANSWERED = """
select id from workers.subscriptions where confirmed_at is null and asked_at <= clock_timestamp() - $1::interval
for update skip locked"""
_HELD = "select true from workers.subscriptions where id = $1 for update"
_HEAD = "(select coalesce(max(size), 0) - 1 from ledger.checkpoints)"
_ASK = f"""
insert into workers.subscriptions
    (id, address, sealed, types, contexts, units, streams, period, languages, mailbox, domain, position)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {_HEAD})
on conflict do nothing"""
_REPLACED = """
delete from workers.subscriptions old using workers.subscriptions new
where new.id = $1 and old.id <> new.id and old.address = new.address and old.confirmed_at is not null
    and (old.types, old.contexts, old.units, old.streams) = (new.types, new.contexts, new.units, new.streams)
returning old.id, old.position"""
_CONFIRM = f"""
update workers.subscriptions set confirmed_at = clock_timestamp(), position = coalesce($2, {_HEAD}),
    again_at = clock_timestamp() + coalesce($3::interval, interval '0'), tries = 0, refused = 0, failing_since = null,
    paused_at = null, said = ''
where id = $1 and confirmed_at is null"""
_DUE = f"""
{_SELECT}
where id > $3 and paused_at is null and (again_at is null or again_at <= clock_timestamp())
    and case when confirmed_at is null then invited_at is null and asked_at > clock_timestamp() - $1::interval
        else position < {_HEAD} and ($4 or again_at is not null or upto > position) end
order by id limit $2"""


def _subscription(row: Any) -> Subscription:
    wanted = Wanted(*(tuple(row[name]) for name in ("types", "contexts", "units", "streams")))
    return Subscription(
        row["id"], row["sealed"], wanted, Period(row["period"]), tuple(row["languages"]), row["position"], row["upto"],
        row["asked_at"], row["confirmed_at"], row["tries"], row["failing_since"], row["again_at"], row["paused_at"],
        row["said"],
    )  # fmt: skip
