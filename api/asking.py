"""What may be asked of a view, derived from its columns: query string in, Query out."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from aiohttp import web

from api import cursors, values
from api.attested import PROOF
from api.binding import Gathered, Parameter, unknown_parameter
from api.caching import chosen
from api.faults import Fault, Wrong, pointer
from api.formats import media_of
from api.values import Leaf
from domain.kernel import Words
from projections.kernel import View
from services.views.ports import COUNTED, OF_LISTS, SEVERAL, Column, Filter, Kind, Op, Query

LIMIT = 500
FILTERS = 60
VALUES = 500
FILES = ("csv", "ndjson", "xlsx")
"""Forms that hold all rows, not a page of them."""
WHOLE = (*FILES, "ics")
"""Those, and calendars: whoever follows one asks for one address."""
NEWEST_FIRST = ("-key", "-position")
"""The order of a feed, as an address may say it."""
_DECIMAL = r"-?[0-9]{1,30}(?:\.[0-9]{1,12})?"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+ -][0-9]{2}:[0-9]{2})"


def _as_of(text: str) -> int | date | datetime:
    """A position, a day (its end, in UTC) or a moment."""
    if text.isdigit():
        return int(text)
    if len(text) == 10:
        return date.fromisoformat(text)
    # An unescaped `+` of an offset arrives as a blank.
    moment = datetime.fromisoformat(re.sub(r" (?=[0-9]{2}:[0-9]{2}$)", "+", text).upper())
    return moment.astimezone(UTC)


def _as_of_leaf() -> Leaf:
    says = "A position, a day (2026-11-24) or a time (2026-11-24T12:00:00Z) is asked for."
    return values.text(40, 1, rf"[0-9]{{1,15}}|{values.DAY}|{_TIME}", _as_of_checked, says)


def _as_of_checked(text: str) -> int | date | datetime:
    try:
        return _as_of(text)
    except (ValueError, OverflowError):
        raise ValueError(f"There is no such day or time: {text}.") from None


AS_OF = Parameter(
    "as_of",
    _as_of_leaf(),
    "What the register said at a position, at the end of a day (UTC), or at a moment that is past.",
    example="0",
)
VALID_AT = Parameter("valid_at", values.day(), "What held in law on that day.", example="2026-11-24")
WAIT_FOR = Parameter(
    "wait_for",
    values.whole(),
    "Wait until the view holds this position, as a command's answer names it; 503 after five seconds.",
    example=0,
)
FILE = Parameter("format", values.one_of(FILES), f"Which file ({FILES[0]}).", example=FILES[0])
_OF_FORMS = "The form of the answer; stands above the header Accept."
_Q = Parameter("q", values.text(200, 0), "Words to look for; accents, case and last letters do not count.")
_LIMIT = Parameter("limit", values.whole(1, LIMIT), "How many rows a page has at most (50).", example=50)
COUNT = Parameter(
    "count",
    values.yes_no(),
    f"Say how many rows there are, on whichever page: counted to the end, or to {COUNTED:,} of them.",
    example="true",
)
BOM = Parameter(
    "bom", values.yes_no(), "Begin CSV with a byte order mark, by which spreadsheets know that it is UTF-8.",
    example="true",
)  # fmt: skip
LANG = Parameter(
    "lang", values.text(40, 2, Words.TAG), "The language of a calendar or a feed; stands above Accept-Language.",
    example="fr",
)  # fmt: skip
_CURSOR = Parameter("cursor", values.text(2000, 1), "Where to go on: `next` of the page before.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a view. `as_of`: a position, a day, a moment or None for now; `place`: where to go on.

    `form`: the one that is asked for, by the address or else by the header Accept; None: none that we have, or none.
    `proof`: whether the answer shall say how it is reproduced; `count`: how many rows there are. `bom`: CSV for
    spreadsheets.
    """

    query: Query
    as_of: int | date | datetime | None
    place: cursors.Place | None
    form: str | None
    wait_for: int | None
    limited: bool
    told: str
    proof: bool = False
    count: bool = False
    bom: bool = False
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Filtering:
    """A parameter that filters: a column and how it is compared."""

    column: Column
    op: Op
    leaf: Leaf

    @property
    def several(self) -> bool:
        return self.op in SEVERAL

    def parts(self, texts: Sequence[str]) -> Sequence[str]:
        """The values, one by one. Raises Wrong."""
        return [part for text in texts for part in _parted(text)] if self.several else texts

    def read(self, texts: Sequence[str]) -> Filter:
        """Raises Wrong."""
        found = self.parts(texts)
        if len(found) > VALUES:
            raise Wrong("length", f"At most {VALUES} values are asked for.")
        return Filter(self.column.name, self.op, tuple(self.leaf.read_text(text) for text in found))


def _parted(text: str) -> list[str]:
    try:
        return [part for row in csv.reader([text], strict=True) for part in row] or [""]
    except csv.Error as error:
        raise Wrong("form", f"Values are separated by commas: {error}.") from None


def leaf_of(kind: Kind, choices: Sequence[str] = ()) -> Leaf:
    """How a value of a column's kind is read from a query string."""
    made = _LEAVES.get(kind)
    return made() if made is not None else values.one_of(choices)


_LEAVES: Mapping[Kind, Callable[[], Leaf]] = {
    Kind.TEXT: partial(values.text, 500, 0),
    Kind.WHOLE: partial(values.whole, -values.LARGEST),
    Kind.DECIMAL: partial(values.decimal, _DECIMAL, 44),
    Kind.YES_NO: values.yes_no,
    Kind.ID: values.uuid,
    Kind.DAY: values.day,
    Kind.PARTIAL_DATE: values.partial_date,
}


class Question:
    """Everything that may be asked of one view. TypeError where a column's name is one of our parameters.

    `attested`: its digests are put on record, so that answers can name one.
    """

    def __init__(self, view: View, columns: Sequence[Column], *, attested: bool = False) -> None:
        self.view = view
        self.columns = tuple(columns)
        self.filters = {_named(one, op): _filtering(one, op) for one in columns for op in one.ops}
        self.sorts = ["key", *(one.name for one in columns if one.sortable and one.name != "key")]
        both = [way + name for name in self.sorts for way in ("", "-")]
        sort = Parameter("sort", values.one_of(both), f"The order ({view.sort}); `-` before it turns it round.")
        searched = [_Q] if any(one.searched for one in columns) else []
        past = [AS_OF, *([VALID_AT] if view.dated else [])]
        proof = [PROOF] if attested else []
        self.media = media_of(view)
        form = Parameter("format", values.one_of(tuple(self.media)), _OF_FORMS)
        spoken = [LANG] if {"ics", "atom"} & set(self.media) else []
        of_both = (*searched, sort, _LIMIT, *past, BOM, WAIT_FOR)
        self.parameters = {one.name: one for one in (*of_both, _CURSOR, COUNT, form, *spoken, *proof)}
        self.of_file = {one.name: one for one in (*of_both, FILE)}
        self.of_one = {one.name: one for one in (*past, *proof, WAIT_FOR)}
        if taken := set(self.parameters) & set(self.filters):
            raise TypeError(f"Columns of {view.name} are named like parameters: {', '.join(sorted(taken))}.")

    def read(self, request: web.Request, known: Mapping[str, Parameter] | None = None) -> Asked:
        """What a list's address asks for, or one that takes the parameters `known`. Raises Invalid with every fault."""
        gathered, said, filters = Gathered(), dict[str, Any](), list[Filter]()
        for name, texts in _grouped(request).items():
            self._take(name, texts, gathered, said, filters, self.parameters if known is None else known)
        if len(filters) > FILTERS:
            gathered.add("query", "", Fault("length", f"At most {FILTERS} filters are taken."))
        form = said.get("format") or (chosen(request, tuple(self.media.items())) if known is None else None)
        sort = self._order(said.get("sort") or "", form, gathered)
        query = Query(
            filters=tuple(filters), q=said.get("q") or "", sort=sort.removeprefix("-"), descending=sort.startswith("-"),
            limit=said.get("limit") or 50, valid_at=said.get("valid_at"),
        )  # fmt: skip
        told = cursors.told_apart(sorted(map(repr, filters)), query.q, sort, query.valid_at, said.get("as_of"))
        place = None
        if (cursor := said.get("cursor")) is not None:
            place = gathered.take("query", "cursor", lambda: self._placed(cursor, told))
        gathered.raise_any()
        if place is not None:
            query = replace(query, after=place.last, as_of=place.position, day=place.day)
        return Asked(
            query, said.get("as_of"), place, form, said.get("wait_for"), "limit" in said, told,
            proof=said.get("proof") is not None, count=bool(said.get("count")), bom=bool(said.get("bom")),
            lang=said.get("lang"),
        )  # fmt: skip

    def _take(
        self, name: str, texts: Sequence[str], gathered: Gathered, said: dict[str, Any], filters: list[Filter],
        known: Mapping[str, Parameter],
    ) -> None:  # fmt: skip
        filtering, parameter = self.filters.get(name), known.get(name)
        if filtering is None and parameter is None:
            gathered.add("query", pointer(name), unknown_parameter(name, {**known, **self.filters}))
        elif len(texts) > 1 and not (filtering and filtering.several):
            gathered.add("query", pointer(name), Fault("repeated-parameter", "It is said more than once."))
        elif filtering is not None:
            found = gathered.take("query", name, partial(filtering.read, texts))
            filters.extend([found] if found else [])
        elif parameter is not None:
            said[name] = gathered.take("query", name, partial(parameter.leaf.read_text, texts[0]))

    def _order(self, sort: str, form: str | None, gathered: Gathered) -> str:
        """What is said of the order, or follows from the form."""
        if form != "atom":
            return sort
        if sort and sort not in NEWEST_FIRST:
            gathered.add("query", "/sort", Fault("sort", "A feed has the newest first."))
        return NEWEST_FIRST[0]

    def _placed(self, text: str, told: str) -> cursors.Place:
        place = cursors.read(text)
        if place.view.partition("@")[0] != self.view.name or place.asked != told:
            raise Wrong("cursor", "This cursor belongs to another question. Begin without one.")
        return place


def _grouped(request: web.Request) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, text in request.rel_url.query.items():
        found.setdefault(name, []).append(text)
    return found


def _named(column: Column, op: Op) -> str:
    return column.name if op is Op.EQ else f"{column.name}.{op.value}"


def _filtering(column: Column, op: Op) -> Filtering:
    if op is Op.IS_NULL:
        return Filtering(column, op, values.yes_no())
    if op in OF_LISTS:
        assert column.item is not None, "only lists of plain items are asked for what they have"
        return Filtering(column, op, leaf_of(column.item, column.choices))
    if column.name == "key":
        return Filtering(column, op, values.text(500, 0, make=values.as_written))
    return Filtering(column, op, leaf_of(column.kind, column.choices))
