"""Which webhooks there are: where each sends, which records, how far it has come, and why it does not go on."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from domain.kernel import Context
from services.codec import Codec
from services.keyring import Keyring
from services.outgoing.places import Places
from services.outgoing.wanted import Unusable, Wanted
from services.store.connecting import Connection, Pool
from services.webhooks.signing import shown

BOTH_SIGN = timedelta(days=1)
"""For so long after a secret was exchanged the one before signs as well."""
PLACES = Places("workers.webhooks")
_NO_ADDRESS = (
    "is no address to send to: https://host/path is asked for (or http://), without user, password and fragment."
)


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
        return await PLACES.resume(self._pool, id, after)

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


async def due(connection: Connection) -> list[Webhook]:
    """Those for which there are records that they were not asked about, and whose time it is."""
    return [_webhook(row) for row in await connection.fetch(_DUE, BOTH_SIGN)]


_DUE = """
select w.id, w.url, w.types, w.contexts, w.units, w.streams, w.position, w.tries, w.failing_since, w.again_at,
    w.paused_at, w.said, case when w.rotated_at > clock_timestamp() - $1::interval then w.keys else w.keys[1:1] end keys
from workers.webhooks w
where w.paused_at is null and (w.again_at is null or w.again_at <= clock_timestamp())
    and w.position < (select max(size) - 1 from ledger.checkpoints)"""


def _webhook(row: Any) -> Webhook:
    wanted = Wanted(*(tuple(row[name]) for name in ("types", "contexts", "units", "streams")))
    return Webhook(
        row["id"], row["url"], tuple(row["keys"]), wanted, row["position"], row["tries"], row["failing_since"],
        row["again_at"], row["paused_at"], row["said"],
    )  # fmt: skip
