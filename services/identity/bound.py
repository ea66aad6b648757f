"""Who a provider's people and programs are here: each bound to an accreditation, outside the ledger, and erasable."""

import asyncio
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4, uuid5

from domain.kernel import NAMES, Actor, EventName, Role, UnitId
from domain.ledger.records import SALT_BYTES
from services.keyring import Keyring
from services.sealing import disclosed, enclosed
from services.store.connecting import Pool, available

IDENTITIES = uuid5(NAMES, "identities")
"""The name of the key by which somebody is found among others: who has it can try names."""
OF_IDENTITIES = b"subsidia identity v1"
SESSION = "session"
"""What a provider calls somebody's session is hashed as they are; it binds nobody."""
LISTED = timedelta(days=30)
"""For so long what has ended can be seen in the list; then it is forgotten."""


class Kind(StrEnum):
    """How a provider names whom it speaks of. One is never taken for another."""

    PERSON = "person"
    EMAIL = "email"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Identity:
    """One binding. `sealed`: whom the provider calls so, encrypted."""

    id: UUID
    issuer: str
    kind: Kind
    sealed: bytes = field(repr=False)
    unit: UnitId
    role: Role
    accreditation: EventName
    created_at: datetime
    expires_at: datetime
    note: str

    @property
    def actor(self) -> Actor:
        return Actor(unit=self.unit, role=self.role, accreditation=self.accreditation)


class Identities:
    """Binds, finds and unbinds. The key goes first: what a crash or a backup leaves is a row that binds nobody."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def bind(
        self, issuer: str, kind: Kind, called: str, actor: Actor, person: UUID | None, lasts: timedelta, note: str = ""
    ) -> Identity | None:
        """None where whom it calls so is bound to this accreditation already. `person`: whose erasure ends it."""
        assert actor.unit is not None
        assert actor.role is not None
        assert actor.accreditation is not None
        id, now = uuid4(), datetime.now(UTC)
        found_by = await self.found_by(issuer, kind, called)
        await self.forget_expired()
        await self._make_way(found_by)
        sealed = await self._sealed(id, called)
        made = Identity(
            id, issuer, kind, sealed, actor.unit, actor.role, actor.accreditation, now, now + lasts, note
        )  # fmt: skip
        done = await self._pool.execute(
            _BIND, id, issuer, kind.value, found_by, sealed, actor.unit, actor.role.value, str(actor.accreditation),
            person, now, made.expires_at, note,
        )  # fmt: skip
        if done != "INSERT 0 1":
            await asyncio.to_thread(self._keyring.delete, id)
            return None
        return made

    async def of(self, issuer: str, kind: Kind, called: str) -> list[Identity]:
        """Those that count now. Raises Unavailable, KeyUnusable, OSError."""
        found_by = await self.found_by(issuer, kind, called)
        with available():
            rows = await self._pool.fetch(f"{_SELECT} where found_by = $1 and expires_at > now() order by id", found_by)
        return [one for one in map(_identity, rows) if await self.binds(one.id)]

    async def find(self, id: UUID) -> Identity | None:
        with available():
            row = await self._pool.fetchrow(f"{_SELECT} where id = $1", id)
        return _identity(row) if row else None

    async def found(self, found_by: bytes) -> list[UUID]:
        """All bindings of somebody, whether they count or not. Raises Unavailable."""
        with available():
            rows = await self._pool.fetch("select id from access.identities where found_by = $1", found_by)
        return [row["id"] for row in rows]

    async def binds(self, id: UUID) -> bool:
        """Whether this binding has its key: without it a backup brought back its row. Raises KeyUnusable, OSError."""
        return await asyncio.to_thread(self._keyring.find, id) is not None

    async def await_mail(self, issuer: str) -> bool:
        """Whether anybody of this provider is known by an address, and not by a subject yet."""
        with available():
            asked = "select exists (select from access.identities where issuer = $1 and kind = 'email')"
            return bool(await self._pool.fetchval(asked, issuer))

    async def settle(self, issuer: str, address: str, subject: str) -> None:
        """From now on whoever was bound by an address is this subject: the address may be somebody else's one day.

        Of several sign-ins at once one settles it. A subject that is bound to the accreditation already is so once.
        """
        for one in await self.of(issuer, Kind.EMAIL, address):
            found_by = await self.found_by(issuer, Kind.PERSON, subject)
            await self._make_way(found_by)
            sealed = await self._sealed(one.id, subject)
            with available():
                done = await self._pool.execute(_SETTLE, one.id, found_by, sealed)
            if done != "UPDATE 1":
                await self._forget(_UNSETTLED, one.id)

    async def _make_way(self, found_by: bytes) -> None:
        """What has ended of somebody is not in the way of what they are bound to anew."""
        with available():
            rows = await self._pool.fetch(f"{_SELECT} where found_by = $1", found_by)
        for one in map(_identity, rows):
            if await self.ended(one):
                await self.unbind(one.id)

    async def ended(self, one: Identity) -> bool:
        """Whether it binds nobody any more: its time is over, or its key gone. Raises OSError."""
        return one.expires_at <= datetime.now(UTC) or not await asyncio.to_thread(self._keyring.has, one.id)

    async def all(self) -> list[Identity]:
        return [_identity(row) for row in await self._pool.fetch(f"{_SELECT} order by created_at, id")]

    async def called(self, one: Identity) -> str | None:
        """How the provider calls it; None: its key is gone. Raises Unopenable, KeyUnusable, OSError."""
        key = await self._key(one)
        return None if key is None else disclosed(key, f"identity/{one.id}", one.sealed)[1].decode()

    async def unbind(self, id: UUID) -> bool:
        """Whoever it was is signed out within seconds, and their name gone, from every backup too.

        Raises Unavailable, OSError.
        """
        await asyncio.to_thread(self._keyring.delete, id)
        with available():
            return bool(await self._pool.execute("delete from access.identities where id = $1", id) == "DELETE 1")

    async def people(self) -> frozenset[UUID]:
        """Whose erasure ends some binding."""
        with available():
            rows = await self._pool.fetch("select distinct person from access.identities where person is not null")
        return frozenset(row["person"] for row in rows)

    async def forget(self, person: UUID) -> int:
        """All of somebody who is erased; how many there were. Raises Unavailable, OSError."""
        return await self._forget(_OF_PERSON, person)

    async def forget_expired(self) -> int:
        """What has expired for so long that nobody looks for it any more. Raises Unavailable, OSError."""
        return await self._forget(_LONG_EXPIRED, LISTED)

    async def forget_keyless(self, there: Collection[UUID]) -> int:
        """What a restored database brought back of bindings that had ended. `there`: whose keys are there.

        A folder of keys that was restored, too, may lack the newest ones: who was bound lately is not taken for ended.
        Without the key by which all are found it is not the folder that they were bound with, and says nothing.
        """
        if IDENTITIES not in there:
            return 0
        return await self._forget(_KEYLESS, list(there), LISTED)

    async def _forget(self, asked: str, *about: object) -> int:
        with available():
            rows = await self._pool.fetch(asked, *about)
        return sum([await self.unbind(row["id"]) for row in rows])

    async def _sealed(self, id: UUID, called: str) -> bytes:
        key = await asyncio.to_thread(self._keyring.make, id)
        return enclosed(key, f"identity/{id}", secrets.token_bytes(SALT_BYTES), called.encode())

    async def _key(self, one: Identity) -> bytes | None:
        return await asyncio.to_thread(self._keyring.find, one.id)

    async def found_by(self, issuer: str, kind: str, called: str) -> bytes:
        """The keyed hash by which whom or what a provider calls so is found."""
        key = await asyncio.to_thread(self._keyring.make, IDENTITIES)
        # Of other letters nobody knows who takes which two for one: the Kelvin sign is no k.
        name = called.lower() if kind is Kind.EMAIL and called.isascii() else called
        derived = hmac.digest(key, OF_IDENTITIES, "sha256")
        return hmac.digest(derived, "\0".join((issuer, kind, name)).encode("utf-8", "surrogatepass"), "sha256")


_SELECT = """
select id, issuer, kind, sealed, unit, role, accreditation, created_at, expires_at, note from access.identities"""
_BIND = """
insert into access.identities
    (id, issuer, kind, found_by, sealed, unit, role, accreditation, person, created_at, expires_at, note)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict do nothing"""
_LONG_EXPIRED = "select id from access.identities where expires_at <= now() - $1::interval"
_KEYLESS = "select id from access.identities where id <> all($1::uuid[]) and created_at <= now() - $2::interval"
_UNSETTLED = "select id from access.identities where id = $1 and kind = 'email'"
_OF_PERSON = "select id from access.identities where person = $1"
_SETTLE = """
update access.identities i set kind = 'person', found_by = $2, sealed = $3
where id = $1 and kind = 'email' and not exists
    (select from access.identities o where o.found_by = $2 and o.accreditation = i.accreditation)"""


def _identity(row: Any) -> Identity:
    return Identity(
        row["id"], row["issuer"], Kind(row["kind"]), row["sealed"], UnitId(row["unit"]), Role(row["role"]),
        EventName(row["accreditation"]), row["created_at"], row["expires_at"], row["note"],
    )  # fmt: skip
