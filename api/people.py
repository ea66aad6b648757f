"""How a row reads to people: what it is called, which of its columns a list has room for, what leads where."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.views.ports import Column, Kind

COLUMNS = 10
"""Columns of a list; a row's own page has all of them."""
ROWS: Mapping[str, str] = {"commitment": "commitments", "review": "reviews", "mandate": "mandates",
                           "rests_on": "allocations"}  # fmt: skip
"""Columns of ids, and the view that has a row of each; any other that has a name beside it is a unit's."""
LONG = 12
"""Lines of a table on a page, from which on it is folded away until somebody asks for it."""
_IN_CELLS = 3
"""Members of an object that stands in a table's cell: those of a sum of money."""
_IN_LISTS = frozenset({Kind.CODE, Kind.DAY, Kind.PARTIAL_DATE, Kind.WHOLE, Kind.DECIMAL, Kind.YES_NO, Kind.TEXT})
_NAMES = ("title", "name", "matter", "purpose", "unit_name", "holder_name", "commitment_name", "policy", "view")
_OF_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z0-9]{2,8})*")
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RECORD = re.compile(rf"({_ID.pattern})/([0-9]+)")
_KEY = re.compile(r"[a-z_]+(?:/[a-z_]+)+")
_DAY = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_PLAIN = {
    "sdg": "SDG", "at": "Recorded on", "backdated": "Days backdated",
    "co_owner": "Co-owner", "self_reported": "Self-reported", "sub_delegate": "Subdelegate",
    "mandate_sub_delegated": "Mandate subdelegated",
    "waits_on": "Waiting for", "waits_for": "To do", "waits_since": "Waiting since",
    "needed_yellow": "Needed for a yellow card", "needed_orange": "Needed for an orange card",
}  # fmt: skip
"""Names of ours that are not said as they are written."""


_OURS = {"sphere", "sdg", "register"}
"""Scopes of scorecards to which no government has given a name."""


class Ours(str):
    """What we call a thing ourselves, in English, to be said in the reader's language."""

    __slots__ = ()


class OfCodes(str):
    """What is called by several names of ours, `national/progress`, each to be said in the reader's language."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Text:
    """One column of a row. `leads`: the address of what its id stands for, and `name` what that is called."""

    column: Column
    label: str
    value: Any
    leads: str = ""
    name: str = ""


class Shown(NamedTuple):
    """A row as its page tells it. `first`: what the view shows in lists; `marks`: what is so, of what may be or not.

    `quiet`: columns that say nothing, or nothing new. No column is left out.
    """

    first: Sequence[Text]
    marks: Sequence[Text]
    others: Sequence[Text]
    quiet: Sequence[Text]


def called(row: Mapping[str, Any], columns: Sequence[Column]) -> Any:
    """What a row is called: its words by language, or else a text; without a name, what happened, or its key."""
    spoken_of = {one.name for one in columns if one.kind is Kind.WORDS}
    names = sorted(_NAMES, key=lambda name: name not in spoken_of)
    key = OfCodes(row["key"]) if _KEY.fullmatch(row["key"]) else row["key"]
    happened = OfCodes(row["type"]) if row.get("type") else key
    return next((_said(row, name) for name in names if row.get(name)), happened)


def by_name(title: Any, names: Mapping[str, str]) -> Any:
    """What a row is called; of one that has a unit's id for a name, what that unit is called."""
    return names.get(title, title) if isinstance(title, str) else title


def _said(row: Mapping[str, Any], name: str) -> Any:
    return Ours(row[name]) if name == "title" and row.get("scope") in _OURS else row[name]


def words_of(value: Any) -> bool:
    """Whether an object of a row is a text by language: no member of any row has a name of two letters."""
    return isinstance(value, dict) and bool(value) and all(map(_OF_LANGUAGE.fullmatch, value))


def of_row(one: Column) -> str:
    """What a cell of a list tells of a row: a sum of money as a whole, where a column is of its amount."""
    return one.path[0] if one.path else one.name


def listed(
    columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], asked: Container[str], shows: Sequence[str] = ()
) -> Sequence[Column]:
    """Those asked for, and those that the view `shows` or else the first, where some of these rows say something."""
    room = [
        one for one in columns
        if (one.kind in _IN_LISTS or of_row(one) in shows) and not one.member and one.name not in ("key", *_NAMES[:4])
        and (len(one.path) == 1 or (one.path[1:] == ("amount",) and of_row(one) in shows))
        and any(row.get(of_row(one)) not in (None, "", False) for row in rows)
    ]  # fmt: skip
    first = [one for one in room if of_row(one) in shows]
    first = sorted(first, key=lambda one: shows.index(of_row(one))) or room[:COLUMNS]
    return [*(one for one in room if one.name in asked and one not in first), *first]


def records_of(value: Any) -> bool:
    """Whether a list reads as a table: each of its items is an object, with a text, a list or little more in a cell.

    Sums of money read as a list.
    """
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) and len(one) > 1 for one in value):
        return False
    if all("amount" in one for one in value):
        return False
    cells = [cell for one in value for cell in one.values() if isinstance(cell, dict) and not words_of(cell)]
    return all(len(cell) <= _IN_CELLS and not any(map(records_of, cell.values())) for cell in cells)


def ids_in(value: Any) -> set[str]:
    """Every id within a row: units have names, and people know them by these. Of a record, whose history it is in."""
    if isinstance(value, str):
        return {value} if _ID.fullmatch(value) else {found[1]} if (found := _RECORD.fullmatch(value)) else set()
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set[str]().union(*map(ids_in, parts))


def shown(row: Mapping[str, Any], texts: Sequence[Text], shows: Sequence[str]) -> Shown:
    """The columns of a row in the order in which people read them."""
    places = {name.removesuffix("_name"): place for place, name in enumerate(shows)}
    first, marks, others, quiet = list[Text](), list[Text](), list[Text](), list[Text]()
    for one in texts:
        if one.value is True:
            marks.append(one)
        elif _says_nothing(one, row) or (one.value == 0 and one.label not in places):
            quiet.append(one)
        else:
            (first if one.label in places else others).append(one)
    return Shown(sorted(first, key=lambda one: places[one.label]), marks, others, quiet)


def _says_nothing(one: Text, row: Mapping[str, Any]) -> bool:
    """What is empty, or not so; what the heading says; what is as it was at first, or what all say alike."""
    if one.value is False or one.value in ([], {}):
        return True
    if one.label in _NAMES[:4]:  # the heading of the page says it
        return True
    now = one.label.removeprefix("first_")
    if now == one.label:
        now = one.label.removesuffix("_low").removesuffix("_high")
    return now != one.label and row.get(now) == one.value


def texts_of(row: Mapping[str, Any], columns: Sequence[Column], known: frozenset[str]) -> Sequence[Text]:
    """Every column of a row that is filled, in its order; an id with the name beside it is one."""
    found, names = [], {f"{one.name}_name" for one in columns if one.kind is Kind.ID and row.get(one.name)}
    seen = set[str]()
    for one in columns:
        name = one.path[0] if one.path else one.name
        if one.member or name in seen or name in names or name == "key" or row.get(name) in (None, ""):
            continue
        seen.add(name)
        leads, value = _leads(name, row, known), _settled(_said(row, name))
        found.append(Text(one, name, value, leads, str(row.get(f"{name}_name", ""))))
    return found


def _settled(value: Any) -> Any:
    """Of what stands as it was first set, and as it reads now: one of both, where nothing was moved."""
    if not isinstance(value, list):
        return value
    return [
        {name: it for name, it in one.items() if name not in ("first", "current")} | one["current"]
        if isinstance(one, dict) and one.get("first", ()) == one.get("current")
        else one
        for one in value
    ]


def _leads(name: str, row: Mapping[str, Any], known: frozenset[str]) -> str:
    view = ROWS.get(name) or ("units" if f"{name}_name" in row else "")
    if name == "stream":
        view = row.get("context", "")
    return f"/read/{view}/{row[name]}" if view in known and isinstance(row[name], str) else ""


def record_of(text: Any) -> Sequence[str]:
    """Of what names a record, `<stream>/<version>`: both. Nothing of any other text."""
    found = _RECORD.fullmatch(text) if isinstance(text, str) else None
    return found.groups() if found else ()


def is_day(text: Any) -> bool:
    """Whether it is a day, or a month or a year: one word, however narrow the column."""
    return isinstance(text, str) and _DAY.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether it is written as names of ours are, such as `co_owner`, and nothing that anybody wrote."""
    return _CODE.fullmatch(text) is not None


def spoken(text: Any) -> str:
    """A name of ours as people say it; of what was recorded, without the version of its form."""
    name = re.sub(r"\.[0-9]+$", "", str(text))
    return _PLAIN.get(name.replace("-", "_")) or name.replace("_", " ").replace("-", " ").capitalize()
