"""What an answer about a view speaks for: a position, a day, how fresh it is, how long it may be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as hour
from time import time
from typing import Any, NamedTuple

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from api import cursors
from api.caching import FOR_EVER, LIVE, packed, worth_packing
from api.errors import Behind
from api.faults import Fault, Invalid, Located, Wrong
from api.moments import Moments, stamp
from api.whole import lines
from projections.kernel import View
from services.store.ports import Store
from services.views.ports import Freshness
from services.views.queries import Views

PATIENCE = 5.0
"""Seconds that `wait_for` waits."""
VARY = "Accept, Accept-Encoding"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an answer speaks for. `tail`: the closing members of its JSON, `control`: how long it may be kept.

    `head`: the headers of a row's answer.
    """

    position: int
    day: date
    etag: str
    tail: bytes
    control: str
    view: str
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", lines(headers(self.etag, self.control)))


class _Live(NamedTuple):
    """What was made of the present last, and when: a look at the clock costs less than asking which day it is."""

    fresh: Freshness
    second: int
    standing: Standing


def headers(etag: str, control: str, media: str = "application/json") -> Mapping[str, str]:
    """Those of an answer that is no file."""
    return {"ETag": etag, "Cache-Control": control, "Vary": VARY, "Content-Type": media}


class Standings:
    """Where one view stands, now and as of a past moment."""

    def __init__(self, views: Views, store: Store, moments: Moments, view: View) -> None:
        self._views, self._store, self._moments = views, store, moments
        self._view, self._name = view, view.name
        self._live: _Live | None = None

    async def waited(self, position: int | None) -> None:
        """Raises Behind where the view does not get there in time, Invalid for what no ledger has yet."""
        if position is None:
            return
        if position > (await self._views.freshness(self._name)).head and position >= (await self._store.head()).size:
            detail = f"The ledger has not reached position {position} yet."
            raise Invalid([Located("query", "/wait_for", Fault("future", detail))])
        if not await self._views.reached(self._name, position, PATIENCE):
            raise Behind(self._name, position, await self._views.position(self._name))

    async def of(self, as_of: Any, place: cursors.Place | None = None) -> Standing:
        """What is asked for, or what a page began with. Raises Invalid for what is yet to come."""
        if as_of is None and place is None:
            return await self.now()
        fresh = await self._views.freshness(self._name)
        if place is not None:
            if place.view != fresh.view:
                raise Invalid([Located("query", "/cursor", Wrong("cursor", "The view has changed. Begin anew.").fault)])
            return await self._past(fresh, place.position, place.day)
        pinned = await self._moments.pinned(as_of, fresh.head)
        return await self._past(fresh, pinned.position, pinned.day, None if pinned.settled else fresh.head)

    async def now(self) -> Standing:
        fresh, second, live = await self._views.freshness(self._name), int(time()), self._live
        if live is not None and live.fresh is fresh and live.second == second:
            return live.standing
        standing = await self._now(fresh, datetime.fromtimestamp(second, UTC).date())
        self._live = _Live(fresh, second, standing)
        return standing

    async def _now(self, fresh: Freshness, today: date) -> Standing:
        said = {
            "position": fresh.position,
            "head": fresh.head,
            "lag_seconds": round(fresh.lag_seconds, 3),
            "view": fresh.view,
        }
        as_of = await self._as_of(fresh.view, fresh.position)
        tail = b',"as_of":' + as_of + b',"freshness":' + msgspec.json.encode(said) + b"}"
        etag = _tag(self._told(fresh), fresh.position, today, fresh.head)
        return Standing(fresh.position, today, etag, tail, LIVE, fresh.view)

    async def pin(self, standing: Standing) -> str | None:
        """What `as_of` says for the same answer at any later time; None where nothing says it.

        A position speaks for the day of its record, and columns may depend on the day that was asked for.
        """
        at = await self._moments.at(standing.position)
        if at is None:
            return None
        if not self._view.computed or at.date() == standing.day:
            return str(standing.position)
        midnight = datetime.combine(standing.day, hour(), UTC)
        return stamp(midnight) if await self._store.position_at(midnight) == standing.position else None

    async def _past(self, fresh: Freshness, position: int, day: date, head: int | None = None) -> Standing:
        """`head`: the ledger's last position, where records may still come that belong to it."""
        tail = b',"as_of":' + await self._as_of(fresh.view, position) + b"}"
        control = FOR_EVER if head is None and not self._view.beside else LIVE
        return Standing(position, day, _tag(self._told(fresh), position, day, head), tail, control, fresh.view)

    def _told(self, fresh: Freshness) -> str:
        """The view as an ETag names it. What rests on more than the records is told otherwise once it is built anew."""
        return f"{fresh.view}.{fresh.table}" if self._view.beside else fresh.view

    async def _as_of(self, view: str, position: int) -> bytes:
        at = stamp(await self._moments.at(position))
        return msgspec.json.encode({"position": position, "at": at, "view": view})


def _tag(view: str, position: int, day: date, head: int | None) -> str:
    """`head`: how far the register is, where the answer says so.

    An answer of a view that stands still is another one with each record: who has it is told that it is behind.
    """
    behind = f".{head}" if head is not None and head > position else ""
    # Columns that depend on the day change at midnight, though no record came.
    return f'W/"{view}.{position}.{day:%Y%m%d}{behind}"'


def answer(request: web.Request, body: bytes, etag: str, control: str, media: str = "application/json") -> web.Response:
    """A whole answer, packed where that is worth it."""
    said: CIMultiDict[str] = CIMultiDict(headers(etag, control, media))
    if worth_packing(request, body):
        said["Content-Encoding"] = "gzip"
        body = packed(body)
    return web.Response(body=body, headers=said)
