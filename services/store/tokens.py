"""Bearer tokens, each bound to an accreditation in the register, stored hashed; and those of identity providers."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

import asyncpg

from domain.kernel import Actor, EventName, Role, UnitId
from services.store.connecting import available, lent

PREFIX = "sub_"
KEPT_FOR = 5.0
"""Seconds that a verified token is not asked for again: so long a revocation may take to be heard everywhere."""
KEPT_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Token:
    """Whom a token speaks for. The token itself is shown once and kept nowhere.

    `identity`: of whoever signed in with a provider, the binding that it rests on and ends with.
    """

    id: UUID
    unit: UnitId
    role: Role
    accreditation: EventName
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    note: str
    identity: UUID | None = None
    actor: Actor = field(init=False, compare=False)

    def __post_init__(self) -> None:
        actor = Actor(unit=self.unit, role=self.role, accreditation=self.accreditation)
        object.__setattr__(self, "actor", actor)  # once: it is asked for with every command

    @property
    def caller(self) -> str:
        """Whose commands repeat one another: officers keep their Idempotency-Keys when their token is renewed."""
        return str(self.accreditation)


class Tokens:
    """Issues, finds and revokes tokens.

    `binds`: whether a binding still binds somebody; a restored database brings back its row alone. `elsewhere`: whom a
    token that others signed speaks for.
    """

    def __init__(
        self, pool: asyncpg.Pool, binds: Callable[[UUID], Awaitable[bool]],
        elsewhere: Callable[[str], Awaitable[Token | None]] | None = None,
    ) -> None:  # fmt: skip
        self._pool, self._binds, self._elsewhere = pool, binds, elsewhere
        self._kept: OrderedDict[bytes, tuple[float, Token | None]] = OrderedDict()

    async def issue(
        self, actor: Actor, lasts: timedelta, note: str = "", identity: UUID | None = None,
        session: bytes | None = None,
    ) -> tuple[str, Token]:  # fmt: skip
        """A new token for an accredited actor; the text is returned this once.

        Of a sign-in: the `identity` that it rests on, and the `session` at the provider, by which that may end it.
        """
        assert actor.unit is not None
        assert actor.role is not None
        assert actor.accreditation is not None
        text = PREFIX + secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        token = Token(uuid4(), actor.unit, actor.role, actor.accreditation, now, now + lasts, None, note, identity)
        await self._pool.execute(
            "insert into access.tokens (id, hash, unit, role, accreditation, created_at, expires_at, note,"
            " identity, session) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            token.id, _hash(text), token.unit, token.role.value, str(token.accreditation), now, token.expires_at, note,
            identity, session,
        )  # fmt: skip
        return text, token

    async def find(self, text: str) -> Token | None:
        """Whom a token speaks for; None where it is unknown, expired, revoked or of nobody who is bound.

        Raises Unavailable, ProviderAway, KeyUnusable, OSError.
        """
        digest, there = _hash(text), self._kept
        kept = there.get(digest)
        if kept is None or kept[0] < monotonic():
            kept = there[digest] = (monotonic() + KEPT_FOR, await self._found(text, digest))
            if len(there) > KEPT_AT_MOST:
                there.popitem(last=False)
        token = kept[1]
        return token if token is not None and token.expires_at > datetime.now(UTC) else None

    async def _found(self, text: str, digest: bytes) -> Token | None:
        if self._elsewhere is not None and "." in text:  # ours have none, those that others sign have two
            return await self._elsewhere(text)
        with available():
            async with lent(self._pool) as connection:
                row = await connection.fetchrow(f"{_SELECT} where hash = $1 and revoked_at is null", digest)
        if row is None or (row["identity"] is not None and not await self._binds(row["identity"])):
            return None
        return _token(row)

    async def revoke(self, token: UUID) -> bool:
        """Whether there was such a token to revoke."""
        done = await self._pool.execute(
            "update access.tokens set revoked_at = now() where id = $1 and revoked_at is null", token
        )
        self.forget_kept()
        return bool(done == "UPDATE 1")

    async def end_sign_ins(self) -> int:
        """Whoever came in with a provider signs in anew; how many counted yet."""
        rows = await self._pool.fetch(
            "delete from access.tokens where identity is not null returning revoked_at is null and expires_at > now()"
        )
        self.forget_kept()
        return sum(row[0] for row in rows)

    async def end_sessions(self, bound: Sequence[UUID] | None, session: bytes | None, before: datetime) -> int:
        """Ends sign-ins that began before: of these bindings, in this session, or both. How many there were.

        Of somebody who is named beside a session, those end too of which the provider never named the session.
        """
        assert bound is not None or session is not None
        with available():
            ended = await self._pool.fetch(_END, bound, session, before)
        self.forget_kept()
        return len(ended)

    def forget_kept(self) -> None:
        """What was verified is asked for again, here and now; so is what somebody is looking for meanwhile."""
        self._kept = OrderedDict()  # a new one: what is found by then is kept in the one of before

    async def all(self) -> list[Token]:
        """Those that were made by hand."""
        return [_token(row) for row in await self._pool.fetch(f"{_SELECT} where identity is null order by created_at")]

    async def forget_expired(self) -> None:
        """Of sign-ins nothing is kept once they are over; tokens that were made by hand stay listed."""
        await self._pool.execute(
            "delete from access.tokens where identity is not null and (expires_at < now() or revoked_at is not null)"
        )


_SELECT = """
select id, unit, role, accreditation, created_at, expires_at, revoked_at, note, identity from access.tokens"""

_END = """
delete from access.tokens where identity is not null and created_at < $3
    and ($1::uuid[] is null or identity = any($1))
    and ($2::bytea is null or session = $2 or (session is null and $1 is not null))
returning id"""


def _hash(text: str) -> bytes:
    # 256 random bits need no slow hash: there is nothing to guess. What is no text at all arrives as half characters.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _token(row: asyncpg.Record) -> Token:
    return Token(
        row["id"], UnitId(row["unit"]), Role(row["role"]), EventName(row["accreditation"]),
        row["created_at"], row["expires_at"], row["revoked_at"], row["note"] or "",
        row["identity"],
    )  # fmt: skip
