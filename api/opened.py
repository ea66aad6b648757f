"""Sealed values in answers: for officers who ask for them, and for everybody what was erased of them.

An answer with opened values has an address of its own, `opened=true`: what the public is told, caches keep.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from api import values
from api.binding import Parameter
from api.identity import signed_in
from api.moments import stamp
from domain.kernel import Actor
from services.handle import Office
from services.openings import Marks, Openings
from services.readers import check_reader
from services.store.ports import StoredRecord
from services.store.tokens import Tokens

OPENED = Parameter(
    "opened",
    values.yes_no(),
    "With what is sealed opened, as far as the officer whose token comes along may see it. Never kept by caches.",
)
NOBODY_KEEPS = "private, no-store"


class Seals:
    """Joins to records what is known of their sealed values."""

    def __init__(self, openings: Openings, office: Office, tokens: Tokens) -> None:
        self._openings, self._office, self._tokens = openings, office, tokens

    async def reader(self, request: web.Request, said: Mapping[str, Any]) -> Actor | None:
        """Who asks for opened values; None where nobody does. Raises NotSignedIn, Forbidden."""
        if not said.get("opened"):
            return None
        actor = (await signed_in(request, self._tokens, "the question for opened values")).actor
        await check_reader(self._office.states, actor, self._office.clock())
        return actor

    async def members(
        self, records: Sequence[StoredRecord], until: int | None, reader: Actor | None
    ) -> Mapping[int, bytes]:
        """By position: what follows the record in its object, `,"erased":{...},"opened":{...}`; where there is any.

        The public hears of erasures as of the position it asks for, so that an answer stays the same for ever; a
        reader of opened values hears how things stand now.
        """
        if reader is None:
            found = await self._openings.public(records, until)
        else:
            found = await self._openings.opened(records, reader)
        return {position: said for position, marks in found.items() if (said := _members(marks))}


def _members(marks: Marks) -> bytes:
    erased = {
        path: {"on": one.at.date().isoformat(), "at": stamp(one.at), "under": one.basis, "by": str(one.by)}
        for path, one in marks.erased.items()
    }
    opened = {path: {"value": msgspec.Raw(one.value), "salt": one.salt.hex()} for path, one in marks.opened.items()}
    said = {"erased": erased, "missing": dict(marks.missing), "opened": opened}
    present = {name: one for name, one in said.items() if one}
    return b"," + msgspec.json.encode(present)[1:-1] if present else b""
