"""Delivers records to webhooks: each in the order of the ledger, at least once, for as long as its receiver takes them.

It follows records and never a view: what is built anew sends nothing. A record goes out as it was stored, where what is
sealed is a hash.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import time
from typing import Protocol

import msgspec
import structlog

from domain.kernel import Context
from domain.ledger.records import leaf_hash
from services.codec import Codec
from services.keyring import Keyring
from services.keys import KeyUnusable
from services.outgoing.errands import Errands
from services.outgoing.places import GIVES_UP, PAUSES
from services.outgoing.wanted import Ahead, Ledger, Unusable
from services.store.connecting import Connection, Pool
from services.store.ports import StoredRecord
from services.webhooks import kept
from services.webhooks.kept import PLACES, Webhook
from services.webhooks.signing import signed

BATCH = 100
GONE = 410
"""The answer of a receiver that wants nothing any more."""
DIGITS = 24
"""Hexadecimal digits of a record's hash in the id of its message: what is another record has another id."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered. `status` None: nothing, and `said` says why; else it is the beginning of its body."""

    status: int | None
    said: str = ""

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def short(self) -> str:
        """For the log, without what the receiver wrote: many repeat the address, which may hold a secret."""
        return self.said if self.status is None else f"It answered {self.status}"

    def __str__(self) -> str:
        return self.short if self.status is None or not self.said else f"{self.short}: {self.said}"


class Post(Protocol):
    """Sends one message."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Awaitable[Reply]:
        """Its answer, within a bounded time, of which a bounded part is read; no redirect is followed. Never raises."""
        ...


class _Told(msgspec.Struct):
    at: str


_told = msgspec.json.Decoder(_Told)


class Deliverer:
    """A sender, see `Outgoing`. A receiver that is slow or gone holds nobody else up."""

    name = "webhooks"
    gather = 0.25
    places = PLACES

    def __init__(
        self, pool: Pool, ledger: Ledger, keyring: Keyring, codec: Codec, contexts: Mapping[str, Context], post: Post,
        *, pauses: Sequence[float] = PAUSES, gives_up: timedelta = GIVES_UP,
    ) -> None:  # fmt: skip
        self._pool, self._keyring, self._codec = pool, keyring, codec
        self._contexts, self._post = contexts, post
        self._pauses, self._gives_up = tuple(pauses), gives_up
        self._ahead, self.errands = Ahead(pool, ledger, codec), Errands("webhook-interrupted")

    async def begin(self, connection: Connection) -> None:
        for webhook in await kept.due(connection):
            self.errands.begin(webhook.id, partial(self._all, webhook))

    async def _all(self, webhook: Webhook) -> None:
        """Everything there is now. It ends where the receiver does not take a record, or another process goes on."""
        position, whole = webhook.position, False
        try:
            where = webhook.wanted.filter(self._codec, self._contexts)
        except Unusable as error:  # a newer program's
            await self._note(webhook, position, position + 1, Reply(None, str(error)))
            return
        while not whole:
            stored, end, strange, whole = await self._ahead.stretch(position, where, BATCH)
            for one in stored:
                if not await self._one(webhook, position, one):
                    return
                position = one.position
            if position < end and not await PLACES.came_to(self._pool, webhook.id, position, end):
                return
            position = end
            if strange is not None:
                await self._note(webhook, position, strange.position, Reply(None, str(strange)))
                return

    async def _one(self, webhook: Webhook, position: int, record: StoredRecord) -> bool:
        """Sends one record; whether the next may follow. Only what was taken is saved as such."""
        reply = await self._sent(webhook, record)
        if reply.taken:
            return await PLACES.came_to(self._pool, webhook.id, position, record.position)
        await self._note(webhook, position, record.position, reply)
        return False

    async def _note(self, webhook: Webhook, position: int, sent: int, reply: Reply) -> None:
        """What was `sent` was not taken: when it is tried again, or that it is not, until somebody resumes it."""
        noted = await PLACES.not_taken(
            self._pool, webhook.id, position, str(reply), self._pauses, self._gives_up, gone=reply.status == GONE
        )
        if noted is None:
            return
        tries, paused = noted
        told = {"webhook": str(webhook.id), "position": sent, "tries": tries, "said": reply.short}
        if paused:
            log.error("webhook-paused", **told)
        else:
            log.warning("webhook-not-taken", **told)

    async def _sent(self, webhook: Webhook, record: StoredRecord) -> Reply:
        try:
            secrets = await asyncio.to_thread(self._secrets, webhook)
        except (KeyUnusable, OSError) as error:
            return Reply(None, f"Its secret cannot be read: {error}")
        body = payload(self._codec.ledger, record)
        headers = signed(secrets, message_id(record), int(time()), body)
        return await self._post(webhook.url, {"Content-Type": "application/json", **headers}, body)

    def _secrets(self, webhook: Webhook) -> Sequence[bytes]:
        """Read each time: a new one counts at once. Raises KeyUnusable, OSError."""
        found = [self._keyring.find(key) for key in webhook.keys]
        if found[0] is None:
            raise KeyUnusable("it is gone from the folder of keys. `subsidia webhook rotate` makes another.")
        return [one for one in found if one is not None]


def message_id(record: StoredRecord) -> str:
    """The same however often a record is sent, and to whom; no other record has it, of whatever ledger."""
    return f"{record.position}-{leaf_hash(record.state).hex()[:DIGITS]}"


def payload(origin: str, record: StoredRecord) -> bytes:
    """Type, time and data, as the specification recommends; the record's own bytes stand in it unchanged."""
    data = {
        "position": record.position, "record": msgspec.Raw(record.state), "address": f"/v1/records/{record.position}",
    }  # fmt: skip
    at = _told.decode(record.state).at
    return msgspec.json.encode({"type": record.type, "timestamp": at, "origin": origin, "data": data})
