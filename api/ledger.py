"""The ledger over HTTP: histories, records with their proofs, the checkpoint, and the tiles that auditors copy."""

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

import msgspec
from aiohttp import web

from api import values
from api.asking import AS_OF
from api.binding import Gathered, Parameter, read_path, read_query
from api.caching import ASK_FIRST, FOR_EVER, LIVE, chosen, not_modified, unchanged
from api.commands import JOINED, STREAM
from api.edge import public, stream
from api.errors import NoSuchThing, NotAcceptable
from api.faults import Fault, Invalid, Located
from api.following import MEDIA, Following, item
from api.moments import Moments, stamp
from api.opened import NOBODY_KEEPS, OPENED, Seals
from api.standing import VARY, answer
from api.whole import Whole, lines
from domain.kernel import Actor, Context
from domain.ledger import tiles
from domain.ledger.records import leaf_hash
from services.codec import Codec
from services.store.ports import Filter, Head, Store, StoredRecord

PAGE = 100
LIMIT = 500
KEPT = 32_000_000
"""Bytes of full tiles that are kept in memory."""
KEPT_FOR = 60.0
"""Seconds for which each of them is."""
TREE_MEDIA = "application/octet-stream"

AFTER = Parameter("after", values.whole(), "Go on behind this position: `next` of the page before.", example=0)
AFTER_VERSION = Parameter("after", values.whole(), "Go on behind this version: `next` of the page before.", example=1)
RECORDS_LIMIT = Parameter("limit", values.whole(1, LIMIT), f"How many a page has at most ({PAGE}).", example=PAGE)
UNIT = Parameter("unit", values.uuid(), "Only records of or about this unit.")
THING = Parameter("stream", values.uuid(), "Only records of this thing.")
SIZE = Parameter("size", values.whole(1), "The size of the tree that the proof is for; absent: the newest.")
POSITION = Parameter("position", values.whole(), "The record's position in the ledger.", required=True, example=0)
RECORD_FORM = Parameter(
    "format", values.one_of(("json", "raw")), "`raw`: the record's own bytes, exactly as they were hashed."
)
LIST_FORM = Parameter("format", values.one_of(("json", "ndjson")), "`ndjson`: all of them, one a line.")
_FORMS = {"json": "application/json", "ndjson": "application/x-ndjson", "events": MEDIA}
_RAW = (("json", "application/json"), ("raw", "application/octet-stream"))


class LedgerStore(Store, Protocol):
    """A store whose tree can be read."""

    async def hashes(self, level: int, first: int, count: int) -> list[bytes]: ...

    async def checkpoint(self, size: int | None = None) -> str | None: ...


class Histories:
    """Streams and records."""

    def __init__(
        self, store: LedgerStore, moments: Moments, codec: Codec, contexts: Mapping[str, Context], seals: Seals,
        following: Following | None = None,
    ) -> None:  # fmt: skip
        self._store, self._moments, self._seals, self._following = store, moments, seals, following
        self._forms = {name: media for name, media in _FORMS.items() if following is not None or media != MEDIA}
        self._types = {
            context.name: frozenset(_unversioned(codec.written_as[event]) for event in context.events)
            for context in contexts.values()
        }
        known = sorted(codec.written_as[event] for context in contexts.values() for event in context.events)
        self.type = Parameter("type", values.one_of(known), "Only records of this type.", example=known[0])
        self.of_records = _table(AFTER, RECORDS_LIMIT, self.type, UNIT, THING, AS_OF, LIST_FORM, OPENED)
        self.of_history = _table(AFTER_VERSION, RECORDS_LIMIT, AS_OF, OPENED)
        self.of_one = _table(SIZE, RECORD_FORM, OPENED)

    def routes(self) -> list[web.RouteDef]:
        of_contexts = [
            web.get(f"/v1/{name}/{{id}}/history", public(partial(self.history, name))) for name in self._types
        ]
        return [
            *of_contexts,
            web.get("/v1/records", public(self.records)),
            web.get("/v1/records/{position}", public(self.record)),
        ]

    async def history(self, context: str, request: web.Request) -> web.StreamResponse:
        """Everything recorded of one thing. Its ETag is one that If-Match of a command takes."""
        gathered = Gathered()
        asked = read_path(request, STREAM, gathered)
        said = read_query(request, self.of_history, gathered)
        gathered.raise_any()
        reader = await self._seals.reader(request, said)
        until, control = await self._until(said.get("as_of"), reader)
        records = await self._of(context, asked, until)
        after, limit = said.get("after", 0), said.get("limit", LIMIT)
        page = [record for record in records if record.version > after][:limit]
        marks = await self._seals.members(page, until, reader)
        etag = _version_tag(records[-1].version, marks)
        if reader is None and unchanged(request, etag):
            return not_modified(etag, control)
        following = str(page[-1].version) if page and page[-1].version < records[-1].version else None
        last = records[-1].position
        as_of = {"position": last, "at": stamp(await self._moments.at(last)), "view": "history"}
        headers = {"ETag": etag, "Cache-Control": control, "Content-Type": "application/json"}
        return web.Response(body=_listed(page, marks, following, as_of), headers=headers)

    async def _of(self, context: str, stream: UUID, until: int | None) -> Sequence[StoredRecord]:
        found = (await self._store.streams([stream]))[stream]
        if not found or _unversioned(found[0].type) not in self._types[context]:
            raise NoSuchThing(f"There is nothing under {stream} in {context}.")
        then = [record for record in found if until is None or record.position <= until]
        if not then:
            raise NoSuchThing(f"There was nothing under {stream} in {context} as of position {until}.")
        return then

    async def records(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        said = read_query(request, self.of_records, gathered)
        gathered.raise_any()
        reader = await self._seals.reader(request, said)
        form = self._form(request, said)
        where = Filter(*((said[name],) if name in said else () for name in ("type", "unit", "stream")))
        after = said.get("after", -1)
        if form == "events" and self._following is not None:
            _refuse(said)
            return await self._following.follow(request, after, said.get("limit"), where)
        until, control = await self._until(said.get("as_of"), reader)
        head = await self._store.head()
        last = head.size - 1 if until is None else until
        etag = f'W/"records.{last}.{form}"'
        if reader is None and unchanged(request, etag):
            return not_modified(etag, control, VARY)
        if form == "ndjson":
            chunks = partial(self._lines, after, last, said.get("limit"), where, reader)
            return await stream(request, _file(request, last, etag, control), chunks)
        page, following = await self._page(after, last, said.get("limit", PAGE), where)
        marks = await self._seals.members(page, last, reader)
        body = _listed(page, marks, following, *await self._standing(head, last, pinned=until is not None))
        response = answer(request, body, etag, control)
        if following is not None:
            response.headers["Link"] = f'<{_address(request, after=following)}>; rel="next"'
        return response

    def _form(self, request: web.Request, said: Mapping[str, Any]) -> str:
        """Raises NotAcceptable."""
        form: str | None = said.get("format") or chosen(request, tuple(self._forms.items()))
        if form is None:
            raise NotAcceptable(tuple(self._forms.values()))
        return form

    async def _page(
        self, after: int, until: int, limit: int, where: Filter
    ) -> tuple[Sequence[StoredRecord], str | None]:
        """One page, and behind which position the next one begins, if there is one."""
        found = await self._store.records(after, limit + 1, until=until, where=where)
        page = found[:limit]
        return page, str(page[-1].position) if len(found) > limit else None

    async def _lines(
        self, after: int, until: int, limit: int | None, where: Filter, reader: Actor | None
    ) -> AsyncIterator[bytes]:
        left = limit if limit is not None else until + 1
        while left > 0 and (batch := await self._store.records(after, min(left, LIMIT), until=until, where=where)):
            marks = await self._seals.members(batch, until, reader)
            yield b"".join(item(record, marks) + b"\n" for record in batch)
            after, left = batch[-1].position, left - len(batch)

    async def _standing(self, head: Head, last: int, *, pinned: bool) -> tuple[dict[str, Any], ...]:
        as_of = {"position": last, "at": stamp(await self._moments.at(last)), "view": "records"}
        if pinned:
            return (as_of,)
        return as_of, {"position": last, "head": head.size - 1, "lag_seconds": 0, "view": "records"}

    async def _until(self, as_of: Any, reader: Actor | None) -> tuple[int | None, str]:
        if as_of is None:
            return None, LIVE if reader is None else NOBODY_KEEPS
        pinned = await self._moments.pinned(as_of, -1)
        kept = FOR_EVER if pinned.settled else LIVE
        return pinned.position, kept if reader is None else NOBODY_KEEPS

    async def record(self, request: web.Request) -> web.StreamResponse:
        """One record with the proof that it lies in the ledger, or its own bytes."""
        gathered = Gathered()
        position = read_path(request, POSITION, gathered)
        said = read_query(request, self.of_one, gathered)
        gathered.raise_any()
        reader = await self._seals.reader(request, said)
        found = await self._store.records(position - 1, 1, until=position)
        if not found:
            raise NoSuchThing(f"The ledger has no record at position {position} yet.")
        state = found[0].state
        leaf = leaf_hash(state).hex()
        if (said.get("format") or chosen(request, _RAW)) == "raw":
            return _raw(request, state, leaf)
        size, note = await self._signed(position, said.get("size"))
        etag = f'W/"{leaf[:32]}.{size}"'
        control = NOBODY_KEEPS if reader is not None else FOR_EVER if "size" in said else LIVE
        if reader is None and unchanged(request, etag):
            return not_modified(etag, control, VARY)
        marks = await self._seals.members(found, size - 1, reader)
        proof = [node.hex() for node in await self._store.prove(position, size)]
        whole = {
            "position": position, "leaf": leaf, "record": msgspec.Raw(state),
            "proof": {"size": size, "hashes": proof}, "checkpoint": note,
        }  # fmt: skip
        body = msgspec.json.encode(whole)[:-1] + marks.get(position, b"") + b"}"
        return answer(request, body, etag, control)

    async def _signed(self, position: int, size: int | None) -> tuple[int, str]:
        """The size of the tree to prove against, and its checkpoint."""
        if size is None:
            head = await self._store.head()
            return head.size, head.checkpoint
        note = await self._store.checkpoint(size)
        if note is None or size <= position:
            detail = f"No checkpoint was signed for {size} records that include position {position}."
            raise Invalid([Located("query", "/size", Fault("size", detail))])
        return size, note


class Tiles:
    """The tree in the form of C2SP tlog-tiles: anybody can copy and verify it with tools that nobody here wrote."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._full = _Full()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/checkpoint", public(self.checkpoint)),
            web.get(r"/tile/entries/{tile:.+}", public(self.entries)),
            web.get(r"/tile/{level}/{tile:.+}", public(self.hashes)),
        ]

    async def checkpoint(self, request: web.Request) -> web.StreamResponse:
        note = await self._store.checkpoint()
        if note is None:
            raise NoSuchThing("The ledger is empty: nothing has been signed yet.")
        headers = {"Cache-Control": ASK_FIRST, "Content-Type": "text/plain; charset=utf-8"}
        return web.Response(body=note.encode(), headers=headers)

    async def hashes(self, request: web.Request) -> web.StreamResponse:
        path = f"tile/{request.match_info['level']}/{request.match_info['tile']}"
        if (kept := self._full.get(path)) is not None:
            return _tile(kept, tiles.WIDTH)
        tile = await self._there(path)
        found = await self._store.hashes(tile.level or 0, tile.first, tile.width)
        return self._answered(tile, found, b"".join(found))

    async def entries(self, request: web.Request) -> web.StreamResponse:
        path = f"tile/entries/{request.match_info['tile']}"
        if (kept := self._full.get(path)) is not None:
            return _tile(kept, tiles.WIDTH)
        tile = await self._there(path)
        found = await self._store.records(tile.first - 1, tile.width, until=tile.first + tile.width - 1)
        return self._answered(tile, found, tiles.bundle([one.state for one in found]))

    def _answered(self, tile: tiles.Tile, found: Sequence[object], body: bytes) -> Whole:
        if len(found) == tiles.WIDTH:
            self._full.keep(str(tile), body)
        return _tile(body, tile.width)

    async def _there(self, path: str) -> tiles.Tile:
        """The tile of that path. Raises NoSuchThing for one that the tree does not have (yet)."""
        try:
            tile = tiles.parse(path)
        except tiles.BadPath as error:
            raise _no_tile() from error
        head = await self._store.head()
        if tile.first + tile.width > tiles.across(tile.level, head.size):
            raise _no_tile()
        return tile


class _Full:
    """Full tiles by their paths, as they were asked for last: they never change, and auditors all ask for them.

    Not for long: who alters the database beneath is found out by whoever fetches it anew.
    """

    def __init__(self, most: int = KEPT, seconds: float = KEPT_FOR) -> None:
        self._most, self._seconds, self._bytes = most, seconds, 0
        self._bodies = OrderedDict[str, tuple[float, bytes]]()

    def get(self, path: str) -> bytes | None:
        since, body = self._bodies.get(path, (0.0, None))
        if body is None or monotonic() - since > self._seconds:
            return None
        self._bodies.move_to_end(path)
        return body

    def keep(self, path: str, body: bytes) -> None:
        self._bytes += len(body) - len(self._bodies.pop(path, (0.0, b""))[1])
        self._bodies[path] = monotonic(), body
        while self._bytes > self._most:
            _, (_, oldest) = self._bodies.popitem(last=False)
            self._bytes -= len(oldest)


def _no_tile() -> NoSuchThing:
    return NoSuchThing("The tree has no such tile, or not yet.")


def _tile(body: bytes, width: int) -> Whole:
    return Whole(_FULL if width == tiles.WIDTH else _PARTIAL, body)


_FULL, _PARTIAL = (lines({"Cache-Control": control, "Content-Type": TREE_MEDIA}) for control in (FOR_EVER, LIVE))


def _raw(request: web.Request, state: bytes, leaf: str) -> Whole:
    etag = f'"{leaf}"'
    if unchanged(request, etag):
        return not_modified(etag, FOR_EVER, VARY)
    headers = {"ETag": etag, "Cache-Control": FOR_EVER, "Vary": VARY, "Content-Type": "application/octet-stream"}
    return Whole(lines(headers), state)


def _version_tag(version: int, marks: Mapping[int, bytes]) -> str:
    """The version; behind a dot what was joined to its records, since an erasure, say, moves no version here."""
    joined = hashlib.sha256(repr(sorted(marks.items())).encode()).hexdigest()[:JOINED] if marks else ""
    return f'"{version}.{joined}"' if joined else f'"{version}"'


def _file(request: web.Request, last: int, etag: str, control: str) -> web.StreamResponse:
    """The head of a file of records, which names the address at which it stays; opened values do not."""
    headers = {
        "Content-Type": _FORMS["ndjson"], "ETag": etag, "Cache-Control": control, "Vary": VARY,
        "Subsidia-Position": str(last),
    }  # fmt: skip
    if control != NOBODY_KEEPS:
        headers["Link"] = f'<{_address(request, as_of=str(last), format="ndjson")}>; rel="canonical"'
    return web.StreamResponse(headers=headers)


def _address(request: web.Request, **said: str) -> str:
    """The same question, but for what is said."""
    return request.rel_url.with_query({**request.rel_url.query, **said}).raw_path_qs


def _refuse(said: Mapping[str, Any]) -> None:
    """Raises Invalid for what cannot be asked of records that are yet to come."""
    says = "Records that are sent as they come are those of now, as anybody sees them."
    if faults := [Located("query", f"/{name}", Fault("events", says)) for name in ("as_of", "opened") if name in said]:
        raise Invalid(faults)


def _listed(
    page: Sequence[StoredRecord],
    marks: Mapping[int, bytes],
    following: str | None,
    as_of: Mapping[str, Any],
    freshness: Mapping[str, Any] = {},
) -> bytes:
    """The records' own bytes stand in the answer unchanged."""
    tail = {"next": following, "as_of": as_of} | ({"freshness": freshness} if freshness else {})
    return b'{"items":[' + b",".join(item(record, marks) for record in page) + b"]," + msgspec.json.encode(tail)[1:]


def _table(*parameters: Parameter) -> Mapping[str, Parameter]:
    return {one.name: one for one in parameters}


def _unversioned(name: str) -> str:
    return name.rpartition(".")[0]
