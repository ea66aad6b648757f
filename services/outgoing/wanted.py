"""Which records somebody is sent, and the next of them in the ledger."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.kernel import Context
from services.codec import Codec, UnknownType
from services.store.connecting import Pool, available
from services.store.ports import Filter, Head, StoredRecord

AT_ONCE = 100_000
"""Records among which is looked for wanted ones at once: of a long ledger, few are looked for for long."""


class Unusable(Exception):
    """What cannot be asked for; the sentence says why."""


class Ledger(Protocol):
    """What is asked of the store; see `services.store.ports.Store`."""

    def records(
        self, after: int = -1, limit: int = 500, *, until: int | None = None, where: Filter | None = None
    ) -> Awaitable[Sequence[StoredRecord]]: ...

    def head(self) -> Awaitable[Head]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records. Of each kind, nothing named means all.

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

    def __str__(self) -> str:
        """For whoever keeps the register."""
        named = [*self.types, *self.contexts, *(f"unit {unit}" for unit in self.units)]
        return ", ".join([*named, *(f"stream {stream}" for stream in self.streams)]) or "every record"


def _called(name: str, asked: str) -> bool:
    return asked in (name, name.rpartition(".")[0])


@dataclass(frozen=True, slots=True)
class Strange:
    """A record of a type that this program does not know."""

    position: int
    type: str

    def __str__(self) -> str:
        return f"Record {self.position}: {UnknownType(self.type)}"


class Stretch(NamedTuple):
    """What is wanted behind a place up to `end`, what nobody knows behind that, and whether that is all for now."""

    records: Sequence[StoredRecord]
    end: int
    strange: Strange | None
    whole: bool


class Ahead:
    """Looks for what is wanted behind a place."""

    def __init__(self, pool: Pool, ledger: Ledger, codec: Codec) -> None:
        self._pool, self._ledger, self._codec = pool, ledger, codec

    async def stretch(self, position: int, where: Filter, limit: int, until: int | None = None) -> Stretch:
        """The next of them, at most `limit`, `until` a position (None: the head).

        Of records that this program does not know nobody here can say whether they are wanted: none is passed over.
        """
        last = (await self._ledger.head()).size - 1 if until is None else until
        end = min(last, position + AT_ONCE)
        found = await self._ledger.records(position, limit, until=end, where=where)
        end = end if len(found) < limit else found[-1].position
        strange = await self._strange(position, end) if where.types else None
        if strange is None:
            return Stretch(found, end, None, end == last)
        end = strange.position - 1
        return Stretch([one for one in found if one.position <= end], end, strange, True)

    async def _strange(self, after: int, until: int) -> Strange | None:
        """The first such record among those behind `after`."""
        with available():
            row = await self._pool.fetchrow(_STRANGE, after, until, list(self._codec.names))
        return None if row is None else Strange(row["position"], row["type"])


_STRANGE = """
select position, type from ledger.records where position > $1 and position <= $2 and type <> all($3::text[])
order by position limit 1"""
