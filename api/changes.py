"""What became of a view's rows between two past moments: each that is another now, as it was and as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from api import values
from api.asking import AS_OF
from api.binding import Gathered, Parameter, read_query
from api.caching import FOR_EVER, LIVE, not_modified, unchanged
from api.edge import public
from api.faults import Fault, Invalid, Located
from api.moments import Moments, Pinned, stamp
from api.standing import VARY, answer
from projections.kernel import View
from services.views.ports import Change, Freshness
from services.views.queries import Views

AT_MOST = 500
FROM = Parameter(
    "from", AS_OF.leaf, "The earlier moment: a position, a day (its end, UTC) or a time.", required=True, example="0"
)
TO = Parameter("to", AS_OF.leaf, "The later one; absent: now.")
LIMIT = Parameter("limit", values.whole(1, AT_MOST), "How many rows a page has at most (50).", example=50)
AFTER = Parameter(
    "after",
    values.text(600, 1, r"[0-9]{1,15}/[^\x00]+", lambda text: _after(text), "It is `next` of the page before."),
    "Where to go on: `next` of the page before, which may be there though that page has few rows, or none. It holds"
    " the later moment, too, so that all pages speak for the same one.",
)  # fmt: skip


def _after(text: str) -> tuple[int, str]:
    position, _, key = text.partition("/")
    return int(position), key


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when. `pinned`: the later moment is said, too; `after`: behind which key a page begins."""

    fresh: Freshness
    first: Pinned
    second: Pinned
    after: str
    pinned: bool


async def spanned(views: Views, moments: Moments, said: Mapping[str, Any]) -> Span:
    """What a question means. Raises Invalid for what is yet to come, and where the earlier moment is the later one."""
    fresh = await views.freshness(said["view"])
    first = await moments.pinned(said["from"], fresh.head, "from")
    position, after = said.get("after", (None, ""))
    later = ("to", said.get("to", fresh.position)) if position is None else ("after", position)
    second = await moments.pinned(later[1], fresh.head, later[0])
    if first.position > second.position:
        detail = f"That is position {first.position}, and lies behind position {second.position}."
        raise Invalid([Located("query", "/from", Fault("range", detail))])
    return Span(fresh, first, second, after, "to" in said or position is not None)


class Changes:
    """`/v1/changes`."""

    def __init__(self, views: Views, moments: Moments, declared: Sequence[View]) -> None:
        self._views, self._moments = views, moments
        view = Parameter("view", values.one_of([one.name for one in declared]), "Of which view.", required=True)
        self.parameters = {one.name: one for one in (view, FROM, TO, LIMIT, AFTER)}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/changes", public(self.changes))]

    async def changes(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        said = read_query(request, self.parameters, gathered)
        gathered.raise_any()
        span = await spanned(self._views, self._moments, said)
        name, fresh, first, second = said["view"], span.fresh, span.first, span.second
        etag = f'W/"changes.{fresh.view}.{first.position}.{second.position}"'
        control = FOR_EVER if span.pinned and first.settled and second.settled else LIVE
        if unchanged(request, etag):
            return not_modified(etag, control, VARY)
        found, last = await self._views.changes(
            name, first.position, second.position, span.after, said.get("limit", 50)
        )
        following = None if last is None else f"{second.position}/{last}"
        whole = {
            "items": [_shown(one) for one in found], "next": following, "view": fresh.view,
            "from": await self._moment(first), "to": await self._moment(second),
        }  # fmt: skip
        return answer(request, msgspec.json.encode(whole), etag, control)

    async def _moment(self, pinned: Pinned) -> dict[str, Any]:
        return {"position": pinned.position, "at": stamp(await self._moments.at(pinned.position))}


def _shown(one: Change) -> dict[str, Any]:
    sides = [{} if body is None else msgspec.json.decode(body) for body in (one.before, one.after)]
    differ = [name for name in {**sides[0], **sides[1]} if sides[0].get(name) != sides[1].get(name)]
    found: dict[str, Any] = {"key": one.key, "columns": sorted(differ) if one.before and one.after else []}
    found |= {} if one.before is None else {"before": msgspec.Raw(one.before)}
    return found | ({} if one.after is None else {"after": msgspec.Raw(one.after)})
