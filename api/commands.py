"""The routes of every command, derived from the contexts: who asks, what they ask, and the receipt."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, replace
from typing import Annotated, Any, get_type_hints
from uuid import UUID

import msgspec
from aiohttp import web

from api import values
from api.between import Between
from api.binding import Gathered, Parameter, read_body, read_path, read_query
from api.edge import officers
from api.faults import Fault, pointer
from api.identity import signed_in
from api.moments import stamp
from api.receipts import Receipts
from api.shapes import Part, Request, parts_of, request_of
from api.trying import TRY, tried
from api.whole import Whole, lines
from domain.kernel import Attached, By, Context, EventName, Many, PartialDate, Says, StreamId, Text, Words
from services.handle import Office
from services.orders import Answer, Note, Order, Stale
from services.store.ids import named_id, new_id
from services.store.tokens import Token, Tokens
from services.writing import plain

STREAM = Parameter("id", values.uuid(), "The stream: the id of the thing.", required=True)
KEY = Parameter(
    "Idempotency-Key",
    values.text(255, 1, r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?"),
    "Makes it safe to repeat the request: the same key from the same officer records once, and answers alike.",
    example="0b6f4a1e-5d0c-4b8e-9a55-2f1f3a6f7c10",
)
JOINED = 16
"""Hex digits behind the version in the ETag of a history; they stand for what is no part of any version."""
_VERSION = rf'"[1-9][0-9]{{0,9}}(?:\.[0-9a-f]{{{JOINED}}})?"|\*'
IF_MATCH = Parameter(
    "If-Match",
    values.text(14 + JOINED, 1, _VERSION, says='A version in quotes is asked for, as ETag gave it: "3".'),
    "The version you saw, in quotes; 412 if it has changed since, with what is another in its row (`changes`).",
    example='"1"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What may stand beside every command's own fields."""

    effective_on: Annotated[
        PartialDate | None,
        Says(
            "When it counts in law; absent: today, or where `corrects` is there the day of what it corrects.",
            "2026-12-01",
        ),
    ] = None
    because: Annotated[str | None, Text(at_most=2000), Says("Why, in a sentence or two; public.")] = None
    basis: Annotated[str | None, Text(at_most=500), Says("The legal basis; best by its ELI or AKN address.")] = None
    lang: Annotated[
        str | None, Text(at_most=40, at_least=2, form=Words.TAG), Says("The language of `because`.", "fr")
    ] = None
    corrects: Annotated[
        EventName | None,
        Says(
            "The record it corrects: <stream>/<version>. Then `because` is needed, and `basis` or `documents`. Left"
            " without `effective_on` it counts from the day of that record, which was wrong from then on."
        ),
    ] = None
    documents: Annotated[tuple[Attached, ...], Many(0, 20), Says("Documents it rests on, told by their hash.")] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    """One command over HTTP."""

    context: Context
    name: str
    by: By
    request: Request
    own: tuple[str, ...]
    """The names of the command's own fields; the others are of the envelope."""

    @property
    def address(self) -> str:
        begun = f"/v1/{self.context.name}"
        return f"{begun}/{self.name}" if self.by.starts else f"{begun}/{{id}}/{self.name}"

    @property
    def operation(self) -> str:
        return f"{self.context.name}.{self.name}"


def verbs(contexts: Mapping[str, Context]) -> tuple[Verb, ...]:
    """Every command that an officer may give; those of the system alone have no route. TypeError: see `request_of`."""
    return tuple(
        verb_of(context, name) for context in contexts.values() for name, by in context.commands.items() if by.roles
    )


def verb_of(context: Context, name: str) -> Verb:
    by = context.commands[name]
    own = tuple(part.name for part in parts_of(by.command))
    return Verb(context, name, by, _request(context, name, by), own)


def says_of(by: By, name: str) -> str:
    """What a command does, in its own sentence."""
    return (by.command.__doc__ or name).strip().splitlines()[0]


def who_may(verb: Verb) -> str:
    """Who may give a command, in a sentence."""
    roles = " or ".join(role.value.replace("_", " ") for role in verb.by.roles)
    return f"May be given by: {roles} {of_whom(verb)}."


def of_whom(verb: Verb) -> str:
    """For which units an officer may give it."""
    acting = verb.by.acting_for
    if acting is None:
        return "of any unit that the rules allow"
    if isinstance(acting, str):
        return f"of the unit named in `{acting}`"
    return f"of {acting.says}"


def _request(context: Context, name: str, by: By) -> Request:
    own = parts_of(by.command)
    title = "".join(word.capitalize() for word in re.split(r"[-_.]", f"{context.name}-{name}"))
    return request_of(title, (*own, *_beside(by, own)))


def _beside(by: By, own: Sequence[Part]) -> list[Part]:
    """The envelope's parts. One that the command has itself, with the same type, is said once and serves both."""
    names = {part.name for part in own}
    hints, ours = get_type_hints(by.command, include_extras=True), get_type_hints(Envelope, include_extras=True)
    beside = []
    for part in parts_of(Envelope):
        if part.name in names:
            if plain(hints[part.name])[0] is not plain(ours[part.name])[0]:
                raise TypeError(f"{by.command.__name__}.{part.name} is a name of the envelope, with another type.")
        elif part.name == "because" and by.reasons:
            beside.append(replace(part, default=MISSING, optional=False, says="Why, in a sentence or two; public."))
        else:
            beside.append(part)
    return beside


class Giving:
    """Takes commands over HTTP."""

    def __init__(
        self, office: Office, tokens: Tokens, receipts: Receipts, between: Between, rows: frozenset[str]
    ) -> None:
        """`rows`: the views whose keys are streams of the context of the same name."""
        self._office, self._tokens, self._receipts, self._rows = office, tokens, receipts, rows
        self._between = between

    def route(self, verb: Verb) -> web.RouteDef:
        async def give(request: web.Request) -> web.StreamResponse:
            return await self._give(request, verb)

        return web.post(verb.address, officers(give))

    async def _give(self, request: web.Request, verb: Verb) -> Whole:
        token = await signed_in(request, self._tokens, "the command")
        gathered = Gathered()
        stream = None if verb.by.starts else read_path(request, STREAM, gathered)
        asked = read_query(request, {TRY.name: TRY}, gathered)
        key, expect = _header(request, KEY, gathered), _expected(request, gathered)
        said = await read_body(request, verb.request, gathered)
        gathered.raise_any()
        return await self.given(
            verb, token, said, stream=stream, key=key, expect=expect, trying=bool(asked.get(TRY.name))
        )

    async def given(
        self, verb: Verb, token: Token, said: Mapping[str, Any], *, stream: UUID | None, key: str | None,
        expect: int | None, trying: bool,
    ) -> Whole:  # fmt: skip
        """The answer to a command whose request has been read. `key`: of its Idempotency-Key."""
        order = Order(
            context=verb.context.name, command=verb.name, fields={name: said[name] for name in verb.own},
            cmd=new_id() if key is None else named_id(f"command:{token.caller}:{key}"), actor=token.actor,
            caller=token.caller, stream=None if stream is None else StreamId(stream), note=_note(said),
            client_named=key is not None, expect=expect,
        )  # fmt: skip
        try:
            if trying:
                return await self._tried(verb, order)
            return await self._answered(verb, await self._office.give(order))
        except Stale as stale:
            raise await self._between.told(stale, verb.context.name) from None

    async def _tried(self, verb: Verb, order: Order) -> Whole:
        outcome = await self._office.try_out(order)
        said = tried(outcome, begins=verb.by.starts and verb.by.stream is None, named=order.client_named)
        return Whole(lines({"Content-Type": "application/json"}), msgspec.json.encode(said), 200)

    async def _answered(self, verb: Verb, answer: Answer) -> Whole:
        receipt, stream = await self._receipts.first(answer.receipt), str(answer.stream)
        said: dict[str, Any] = {
            "stream": stream,
            "version": answer.version,
            "position": receipt.first + receipt.count - 1,
            "events": list(answer.events),
            "records": _names_of(answer, stream),
            "receipt": {
                "command": str(receipt.cmd),
                "at": stamp(receipt.at),
                "positions": [receipt.first + number for number in range(receipt.count)],
                "leaves": [leaf.hex() for leaf in receipt.leaves],
                "size": receipt.size,
                "proofs": [[node.hex() for node in proof] for proof in receipt.proofs],
                "checkpoint": receipt.checkpoint,
            },
        }
        context = verb.context.name
        row = f"/v1/{context}/{stream}"
        location = row if context in self._rows else row + "/history"
        headers = {"Location": location, "ETag": f'"{answer.version}"', "Content-Type": "application/json"}
        status = 201 if receipt.count else 200
        return Whole(lines(headers), msgspec.json.encode(said), status)


def _names_of(answer: Answer, stream: str) -> list[str]:
    """What each record is called, as `corrects` asks for it: the last one is the stream at its version."""
    first = answer.version - len(answer.events) + 1
    return [f"{stream}/{first + number}" for number in range(len(answer.events))]


def _note(said: Mapping[str, Any]) -> Note:
    return Note(
        effective_on=said["effective_on"],
        because=said["because"] or "",
        basis=said["basis"] or "",
        lang=said["lang"] or "",
        corrects=said["corrects"],
        documents=said["documents"],
    )


def _header(request: web.Request, parameter: Parameter, gathered: Gathered) -> str | None:
    found = request.headers.getall(parameter.name, [])
    if not found:
        return None
    if len(found) > 1:
        gathered.add("header", pointer(parameter.name), Fault("repeated-header", "It is said more than once."))
        return None
    text: str | None = gathered.take("header", parameter.name, lambda: parameter.leaf.read_text(found[0]))
    return text


def _expected(request: web.Request, gathered: Gathered) -> int | None:
    """The version of If-Match. Its presence decides: an unreadable one must not pass as no condition."""
    said = _header(request, IF_MATCH, gathered)
    return None if said is None or said == "*" else int(said[1:-1].partition(".")[0])
