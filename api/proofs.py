"""Proofs over HTTP, the ledger's own card, and the checkpoints it signed: what an auditor asks a server for."""

import asyncio
import shlex
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from aiohttp import web

from api import values
from api.binding import Gathered, Parameter, read_query
from api.caching import FOR_EVER, LIVE, not_modified, unchanged
from api.edge import public
from api.errors import NoSuchThing
from api.faults import Fault, Invalid, Located
from api.ledger import LedgerStore
from api.moments import stamp
from api.standing import answer
from domain.kernel import Policy
from domain.ledger import checkpoints, notes
from domain.ledger.proof_files import SUFFIX, InclusionProof, extension
from domain.ledger.proofs import proved_root
from domain.ledger.records import leaf_hash
from domain.policies import PolicyAdopted, PolicyAmended
from services.codec import Codec
from services.store.ports import Filter

FORMS = ("json", "tlog-proof")
PROOF_MEDIA = "text/plain; charset=utf-8"
PAGE = 256
"""Checkpoints of one page; as many as a tile has hashes."""

POSITION = Parameter("position", values.whole(), "The record's position in the ledger.", required=True, example=0)
SIZE = Parameter("size", values.whole(1), "The size of the tree that the proof is for; absent: the newest.")
FROM = Parameter("from", values.whole(1), "The size of the older tree.", required=True, example=1)
TO = Parameter("to", values.whole(1), "The size of the newer tree; absent: the newest.")
FORM = Parameter(
    "format", values.one_of(FORMS), "`tlog-proof`: a file to keep; the tree's size is then one that was signed."
)
AFTER = Parameter("after", values.whole(), "Those of trees larger than this.", example=0)
UNTIL = Parameter("until", values.whole(), "Those of trees at most this large.")


class Proving(LedgerStore, Protocol):
    """A store that proves what it holds."""

    async def consistency(self, older: int, newer: int | None = None) -> tuple[bytes, ...]: ...

    async def root(self, size: int | None = None) -> bytes: ...

    async def checkpoints(self, after: int, until: int, limit: int) -> list[str]: ...


class Proofs:
    """Inclusion and consistency, the signed checkpoints, and how all of it is verified."""

    def __init__(self, store: Proving, codec: Codec, origin: str, verifier: str, public_url: str = "") -> None:
        """`public_url`: where the public reaches the register; empty: nobody here knows."""
        self._store, self._codec, self._origin, self._verifier = store, codec, origin, verifier
        self._public_url = public_url
        self.of_inclusion = {one.name: one for one in (POSITION, SIZE, FORM)}
        self.of_consistency = {one.name: one for one in (FROM, TO, FORM)}
        self.of_checkpoints = {one.name: one for one in (AFTER, UNTIL)}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/proofs/inclusion", public(self.inclusion)),
            web.get("/v1/proofs/consistency", public(self.consistency)),
            web.get("/v1/checkpoints", public(self.checkpoints)),
            web.get("/v1/ledger", public(self.ledger)),
        ]

    async def inclusion(self, request: web.Request) -> web.StreamResponse:
        """That a record lies in the tree of a size."""
        said = _asked(request, self.of_inclusion)
        head = await self._store.head()
        size = _within("size", said.get("size", head.size), 1, head.size)
        position = _within("position", said["position"], 0, size - 1)
        control = FOR_EVER if "size" in said else LIVE
        if said.get("format") == "tlog-proof":
            hashes, signed = await asyncio.gather(self._store.prove(position, size), self._signed(size, "size"))
            return _file(str(InclusionProof(position, hashes, signed)), f"{position}-of-{size}", control)
        hashes, (record,) = await asyncio.gather(
            self._store.prove(position, size), self._store.records(position - 1, 1)
        )
        note = head.checkpoint if size == head.size else await self._store.checkpoint(size)
        leaf = leaf_hash(record.state)
        root = proved_root(position, size, leaf, hashes) or b""
        whole: dict[str, Any] = {
            "position": position, "size": size, "leaf": leaf.hex(),
            "hashes": [one.hex() for one in hashes], "root": root.hex(),
        }  # fmt: skip
        return _told(request, whole | _note(note), control)

    async def consistency(self, request: web.Request) -> web.StreamResponse:
        """That the tree of one size is what a larger one began with."""
        said = _asked(request, self.of_consistency)
        newer = await self._size(said.get("to"), "to", least=1)
        older = _within("from", said["from"], 1, newer)
        hashes = await self._store.consistency(older, newer)
        control = FOR_EVER if "to" in said else LIVE
        if said.get("format") == "tlog-proof":
            text = extension(older, hashes, await self._signed(newer, "to"))
            return _file(text, f"{older}-to-{newer}", control)
        whole: dict[str, Any] = {
            "from": older, "to": newer, "hashes": [one.hex() for one in hashes],
            "from_root": (await self._store.root(older)).hex(), "to_root": (await self._store.root(newer)).hex(),
        }  # fmt: skip
        return _told(request, whole | _note(await self._store.checkpoint(newer)), control)

    async def checkpoints(self, request: web.Request) -> web.StreamResponse:
        """Every checkpoint that was signed and kept, by size: each binds the ledger to what it was then."""
        said = _asked(request, self.of_checkpoints)
        head = await self._store.head()
        after, until = said.get("after", 0), min(said.get("until", head.size), head.size)
        found = await self._store.checkpoints(after, until, PAGE + 1)
        following = checkpoints.parse(notes.parse(found[PAGE - 1]).text).size if len(found) > PAGE else None
        items = found[:PAGE]
        etag = f'W/"checkpoints.{after}.{until}"'
        if unchanged(request, etag):
            return not_modified(etag, LIVE)
        return answer(request, msgspec.json.encode({"items": items, "next": following}), etag, LIVE)

    async def ledger(self, request: web.Request) -> web.StreamResponse:
        """Whose ledger this is, how far it reaches, and how anybody verifies it."""
        head = await self._store.head()
        if head.size == 0:
            raise NoSuchThing("The ledger is empty: nothing has been signed yet.")
        whole = {
            "origin": self._origin, "key": self._verifier, "size": head.size,
            "root": checkpoints.parse(notes.parse(head.checkpoint).text).root.hex(), "at": stamp(head.at),
            "checkpoint": head.checkpoint, "policies": await self._policies(), "formats": list(_SPECIFIED),
            "verify": self._how(self._public_url or _address(request)),
        }  # fmt: skip
        return _told(request, whole, LIVE)

    def _how(self, address: str) -> list[dict[str, str]]:
        """The steps, as they are typed. The key should come from elsewhere than the server that is checked."""
        said = {"address": shlex.quote(address), "key": shlex.quote(self._verifier)}
        return [{"says": says, "command": command.format_map(said)} for says, command in _STEPS]

    async def _policies(self) -> list[str]:
        """Every version of every policy on record, as records name them: `commitment@3`."""
        kinds = tuple(name for name, kind in self._codec.names.items() if kind in (PolicyAdopted, PolicyAmended))
        found, after = list[str](), -1
        while batch := await self._store.records(after, where=Filter(types=kinds)):
            for stored in batch:
                event = self._codec.event(stored)
                found.append(Policy(event.name, event.jurisdiction, stored.version, ()).ref)
            after = batch[-1].position
        return found

    async def _size(self, size: int | None, name: str, *, least: int) -> int:
        newest = (await self._store.head()).size
        return _within(name, newest if size is None else size, least, newest)

    async def _signed(self, size: int, name: str) -> str:
        note = await self._store.checkpoint(size)
        if note is None:
            larger = await self._store.checkpoints(size, (await self._store.head()).size, 1)
            nearest = checkpoints.parse(notes.parse(larger[0]).text).size
            detail = f"No checkpoint was signed for {size} records; the next one that was is for {nearest}."
            raise Invalid([Located("query", f"/{name}", Fault("not-signed", detail))])
        return note


_SPECIFIED = (
    "c2sp.org/signed-note@v1.0.0", "c2sp.org/tlog-checkpoint@v1.0.0", "c2sp.org/tlog-tiles@v0.1.0",
    "c2sp.org/tlog-proof@v1", "RFC 6962", "RFC 8785",
)  # fmt: skip
_STEPS = (
    ("Copy the whole ledger.", "subsidia audit fetch {address} --out bundle"),
    ("Check all of it, offline.", "subsidia audit verify bundle --key {key}"),
    ("Keep the proof of one record.", "subsidia audit prove {address} --position 0 > 0.tlog-proof"),
    ("See a view as it stood.", "subsidia audit replay bundle --at 0 --view units"),
)


def _address(request: web.Request) -> str:
    """Where the client found us, by its own word, which a proxy may have changed. Raises Invalid where that is none."""
    try:
        return str(request.url.origin())
    except ValueError as error:
        raise Invalid([Located("header", "/Host", Fault("form", f"It is no host: {error}."))]) from None


def _asked(request: web.Request, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    gathered = Gathered()
    said = read_query(request, parameters, gathered)
    gathered.raise_any()
    return said


def _within(name: str, asked: int, least: int, most: int) -> int:
    if not least <= asked <= most:
        there = f"a number from {least} to {most} is asked for" if least <= most else "the ledger is empty"
        raise Invalid([Located("query", f"/{name}", Fault("range", f"{asked} is out of range: {there}."))])
    return asked


def _note(note: str | None) -> dict[str, str]:
    """Absent where no checkpoint was signed for just that size."""
    return {} if note is None else {"checkpoint": note}


def _told(request: web.Request, whole: Mapping[str, Any], control: str) -> web.StreamResponse:
    body = msgspec.json.encode(whole)
    etag = f'W/"{leaf_hash(body).hex()[:32]}"'
    if unchanged(request, etag):
        return not_modified(etag, control)
    return answer(request, body, etag, control)


def _file(text: str, name: str, control: str) -> web.Response:
    headers = {
        "Cache-Control": control, "Content-Type": PROOF_MEDIA,
        "Content-Disposition": f'attachment; filename="{name}{SUFFIX}"',
    }  # fmt: skip
    return web.Response(body=text.encode(), headers=headers)
