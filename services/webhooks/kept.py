"""Which webhooks there are: where each sends, which records, how far it has come, and why it does not go on."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from domain.kernel import Context
from services.codec import Codec, UnknownType
from services.keyring import Keyring
from services.store.connecting import Connection, Pool, available
from services.store.ports import Filter
from services.webhooks.signing import shown

BOTH_SIGN = timedelta(days=1)
"""For so long after a secret was exchanged the one before signs as well."""
STUCK = timedelta(minutes=10)
"""After so long people are told that a receiver takes nothing."""
_NO_ADDRESS = (
    "is no address to send to: https://host/path is asked for (or http://), without user, password and fragment."
)


class Unusable(Exception):
    """What cannot be a webhook; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records a webhook is for. Of each kind, nothing named means all.

    `types`: stored names, or those without their version, for every version of them.
    """

    types: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    units: tuple[UUID, ...] = ()
    streams: tuple[UUID, ...] = ()

    def filter(self, codec: Codec, contexts: Mapping[str, Context]) -> Filter:
        """As the ledger is asked. Raises Unusable where this program knows no such record."""
        known = codec.names
        of = {name: set(contexts[name].events) for name in self.contexts if name in contexts}
        if unknown := sorted(set(self.contexts) - set(of)):
            raise Unusable(f"There is no context {', '.join(unknown)}. There are: {', '.join(sorted(contexts))}.")
        for one in self.types:
            if not any(_called(name, one) for name in known):
                raise Unusable(f"There is no type of record {one}. /docs and GET /v1/records name them.")
        names = tuple(
            name
            for name, kind in known.items()
            if (not self.types or any(_called(name, one) for one in self.types))
            and (not of or any(kind in kinds for kinds in of.values()))
        )
        if not names:
            raise Unusable(f"No record of {', '.join(self.contexts)} is of type {', '.join(self.types)}.")
        return Filter(names if self.types or self.contexts else (), self.units, self.streams)


def _called(name: str, asked: str) -> bool:
    return asked in (name, name.rpartition(".")[0])


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook as it stands. `position`: of the last record that was taken, or needed not be sent.

    `keys`: the names of its secrets, the newest first. `said`: why it was not taken, the last time that it was tried;
    it is tried again at `again_at`, and not at all while it is paused.
    """

    id: UUID
    url: str
    keys: tuple[UUID, ...]
    wanted: Wanted
    position: int
    tries: int
    failing_since: datetime | None
    again_at: datetime | None
    paused_at: datetime | None
    said: str


class Webhooks:
    """Adds, changes and removes them. Beside a server, too: who delivers looks every second."""

    def __init__(self, pool: Pool, keyring: Keyring, codec: Codec, contexts: Mapping[str, Context]) -> None:
        self._pool, self._keyring, self._codec, self._contexts = pool, keyring, codec, contexts

    async def add(self, url: str, wanted: Wanted, after: int | None = None) -> tuple[UUID, str]:
        """A new one, and its secret, which is shown this once. `after`: behind which record; None: the last there is.

        Raises Unusable.
        """
        _check(url)
        wanted.filter(self._codec, self._contexts)
        head = await self._head()
        if after is not None and after > head:
            raise Unusable(f"The ledger has not reached position {after} yet.")
        id, key = uuid4(), uuid4()
        secret = await asyncio.to_thread(self._keyring.make, key)
        await self._pool.execute(
            "insert into workers.webhooks (id, url, keys, types, contexts, units, streams, position)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8)",
            id, url, [key], *map(list, (wanted.types, wanted.contexts, wanted.units, wanted.streams)),
            head if after is None else after,
        )  # fmt: skip
        return id, shown(secret)

    async def all(self) -> tuple[list[Webhook], int]:
        """All of them, and the last position of the ledger."""
        rows = await self._pool.fetch("select * from workers.webhooks order by created_at, id")
        return [_webhook(row) for row in rows], await self._head()

    async def remove(self, id: UUID) -> bool:
        """Whether there was one. What is under way may still arrive."""
        keys = await self._pool.fetchval("delete from workers.webhooks where id = $1 returning keys", id)
        await self._forget(keys or ())
        return keys is not None

    async def resume(self, id: UUID, after: int | None = None) -> bool:
        """It is tried at once, paused or not; behind another record, if one is named. Whether there is one.

        Raises Unusable.
        """
        if after is not None and after > await self._head():
            raise Unusable(f"The ledger has not reached position {after} yet.")
        done = await self._pool.execute(
            "update workers.webhooks set paused_at = null, again_at = null, failing_since = null, tries = 0, said = '',"
            " position = coalesce($2, position) where id = $1",
            id, after,
        )  # fmt: skip
        return bool(done == "UPDATE 1")

    async def rotate(self, id: UUID) -> str | None:
        """A new secret, shown this once; for a day the one before signs, too. None where there is no such webhook."""
        before = await self._pool.fetchval("select keys from workers.webhooks where id = $1", id)
        if before is None:
            return None
        key = uuid4()
        secret = await asyncio.to_thread(self._keyring.make, key)
        done = await self._pool.execute(
            "update workers.webhooks set keys = $3, rotated_at = clock_timestamp() where id = $1 and keys = $2",
            id, before, [key, before[0]],
        )  # fmt: skip
        if done != "UPDATE 1":
            await self._forget([key])
            raise Unusable("Somebody else changed it just now. Try again.")
        await self._forget(before[1:])
        return shown(secret)

    async def _head(self) -> int:
        return int(await self._pool.fetchval("select coalesce(max(size), 0) - 1 from ledger.checkpoints"))

    async def _forget(self, keys: Collection[UUID]) -> None:
        for key in keys:
            await asyncio.to_thread(self._keyring.delete, key)


def _check(url: str) -> None:
    """Raises Unusable. Which host it is, is the operator's matter: one of their own network, too."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Unusable(f"{url} {_NO_ADDRESS}") from None
    if not fits or parts.username is not None or "#" in url or not url.isascii() or not url.isprintable() or " " in url:
        raise Unusable(f"{url} {_NO_ADDRESS}")


# --- what one who delivers asks and says ---


async def due(connection: Connection) -> list[Webhook]:
    """Those for which there are records that they were not asked about, and whose time it is."""
    return [_webhook(row) for row in await connection.fetch(_DUE, BOTH_SIGN)]


async def came_to(pool: Pool, id: UUID, old: int, new: int) -> bool:
    """Everything up to a position is done with. False: it stands elsewhere by now, or is gone; do not go on."""
    with available():
        done = await pool.execute(_CAME_TO, id, old, new)
    return bool(done == "UPDATE 1")


@dataclass(frozen=True, slots=True)
class Strange:
    """A record of a type that this program does not know."""

    position: int
    type: str

    def __str__(self) -> str:
        return f"Record {self.position}: {UnknownType(self.type)}"


async def strange(pool: Pool, codec: Codec, after: int, until: int) -> Strange | None:
    """The first such record among those behind `after`: nobody here can say whether it is wanted."""
    with available():
        row = await pool.fetchrow(_STRANGE, after, until, list(codec.names))
    return None if row is None else Strange(row["position"], row["type"])


async def not_taken(
    pool: Pool, id: UUID, position: int, said: str, pauses: Sequence[float], gives_up: timedelta, *, gone: bool
) -> tuple[int, bool] | None:
    """Notes a try that failed: (how many by now, whether it is paused). None: it stands elsewhere by now.

    It is tried again after a pause; not any more where it has failed for too long, or its receiver says it is `gone`.
    """
    with available():
        row = await pool.fetchrow(_NOT_TAKEN, id, position, said, list(pauses), gives_up, gone)
    return None if row is None else (row["tries"], row["paused"])


async def stuck(connection: Connection | Pool) -> int:
    """How many take nothing: paused, or failing for a while."""
    count: int = await connection.fetchval(
        "select count(*) from workers.webhooks"
        " where paused_at is not null or failing_since < clock_timestamp() - $1::interval",
        STUCK,
    )
    return count


_DUE = """
select w.id, w.url, w.types, w.contexts, w.units, w.streams, w.position, w.tries, w.failing_since, w.again_at,
    w.paused_at, w.said, case when w.rotated_at > clock_timestamp() - $1::interval then w.keys else w.keys[1:1] end keys
from workers.webhooks w
where w.paused_at is null and (w.again_at is null or w.again_at <= clock_timestamp())
    and w.position < (select max(size) - 1 from ledger.checkpoints)"""
# Nobody waits for the disk, in this one statement: what a power cut takes of a place is sent again, under the same id.
_STANDS_THERE = """
where id = $1 and position = $2 and paused_at is null and set_config('synchronous_commit', 'off', true) is not null"""
_CAME_TO = f"""
update workers.webhooks set position = $3, tries = 0, failing_since = null, again_at = null, said = ''
{_STANDS_THERE}"""
_STRANGE = """
select position, type from ledger.records where position > $1 and position <= $2 and type <> all($3::text[])
order by position limit 1"""
_NOT_TAKEN = """
update workers.webhooks set tries = tries + 1, said = $3,
    failing_since = coalesce(failing_since, clock_timestamp()),
    again_at = clock_timestamp()
        + make_interval(secs => ($4::float8[])[least(tries + 1, cardinality($4::float8[]))]),
    paused_at = case when $6 or failing_since < clock_timestamp() - $5::interval then clock_timestamp() end
where id = $1 and position = $2 and paused_at is null
returning tries, paused_at is not null as paused"""


def _webhook(row: Any) -> Webhook:
    wanted = Wanted(*(tuple(row[name]) for name in ("types", "contexts", "units", "streams")))
    return Webhook(
        row["id"], row["url"], tuple(row["keys"]), wanted, row["position"], row["tries"], row["failing_since"],
        row["again_at"], row["paused_at"], row["said"],
    )  # fmt: skip
