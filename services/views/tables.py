"""From a view to its table: what is created, what is copied in, and how versions are closed."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from projections.kernel import View
from services.views.columns import Field, fields_of, values_of
from services.views.folding import EVERY_KIND, words_of
from services.views.rows import Form

SCHEMA = "views"
VALID = "_valid"
"""Ends the name of the table that says what held in law on a day."""

# Room on every page, so that closing a version rewrites it in place and touches no index.
_STORAGE = "with (fillfactor = 78)"
_SEARCH = """(array_to_tsvector(string_to_array("_words", ' ')))"""


class Table:
    """How one view is kept. TypeError at once where its row holds what no table can.

    One row a version: it counts from position `since` until `until` (null: still). `_body` is the row's JSON.
    `computed`: the fields that are no part of it: they depend on the day, or on what is known beside the records.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.form = Form(view.row)
        self.fields: Sequence[Field] = fields_of(view)
        self.computed = tuple(field for field in self.fields if field.column.computed)
        self.by_name = {field.column.name: field for field in self.fields}
        if view.sort not in self.by_name or not self.by_name[view.sort].column.sortable:
            raise TypeError(f"{view.name} cannot be sorted by {view.sort}.")
        self._stored = [stored for field in self.fields for stored in field.stored]
        self._values = values_of(self._stored)
        self._texts = [field.texts for field in self.fields if field.texts]
        self._items = [field.items for field in self.fields if field.items]
        self.search = _SEARCH if self._texts else None
        self.columns = ("key", "since", "until", "_body", *self._extra())
        self.valid_columns = ("key", "effective_since", "since", "_body", *self._extra())
        self.digest = self._digest()

    @property
    def ref(self) -> str:
        return f"{self.view.name}@{self.view.version}"

    def _digest(self) -> str:
        """Tells what tables hold; where it differs, they are built anew.

        No statement says which texts are searched, nor how they and what is sorted are folded.
        """
        searched = [field.column.name for field in self.fields if field.texts]
        says = (*self.create("t"), *self.indexes("t"), " ".join(searched), words_of([EVERY_KIND]))
        return hashlib.sha256("\n".join(says).encode()).hexdigest()[:16]

    def name(self, build: int) -> str:
        """The table of one build; short enough for the longest name that PostgreSQL keeps."""
        return f"{self._stem}{build}"

    @property
    def _stem(self) -> str:
        return f"{self.view.name.replace('-', '_')[:40]}__{self.view.version}_"

    def shows(self, name: str, field: Field) -> str:
        """What is selected of a field that a row's JSON does not hold.

        A table of another version, which is read until ours is built, need not have the column.
        """
        return field.value if not field.stored or name.startswith(self._stem) else f"null::{field.stored[0].sql}"

    def _extra(self) -> tuple[str, ...]:
        words = ("_words",) if self._texts else ()
        return (*(stored.name for stored in self._stored), *words, *(("_has",) if self._items else ()))

    def values(self, row: Any) -> tuple[Any, ...]:
        """What is copied for a row besides key, positions and body."""
        found = self._values(row)
        if self._texts:
            searched: list[str] = []
            for texts in self._texts:
                searched += texts(row)
            found.append(words_of(searched))
        if self._items:
            found.append([item for items in self._items for item in items(row)])
        return tuple(found)

    def nothing(self) -> tuple[Any, ...]:
        """The same where there is no row: a day in law on which the thing did not exist."""
        return (None,) * len(self._extra())

    def create(self, name: str) -> list[str]:
        """The statements that make the tables with their keys, which the projector needs from the first batch."""
        made = [self._create(name, 'since bigint not null, until bigint, "_body" bytea not null', "key, since")]
        if self.view.valid_time:
            times = 'effective_since date not null, since bigint not null, "_body" bytea'
            made.append(self._create(name + VALID, times, "key, effective_since, since", absent=True))
        return made

    def _create(self, name: str, times: str, primary: str, *, absent: bool = False) -> str:
        typed = [
            (stored.name, stored.sql.removesuffix(" not null") if absent else stored.sql) for stored in self._stored
        ]
        if self._texts:
            typed.append(("_words", "text"))
        if self._items:
            typed.append(("_has", "text[]"))
        columns = "".join(f', "{column}" {sql}' for column, sql in typed)
        return (
            f'create table if not exists {SCHEMA}."{name}" (key text collate "C" not null, {times}{columns},'
            f" primary key ({primary})) {_STORAGE}"
        )

    def indexes(self, name: str) -> list[str]:
        """The statements for the indexes of lists; none mentions `until`, which changes when a version is closed."""
        order = self.by_name[self.view.sort].order
        wanted = dict.fromkeys([_key([order, "key", "since"])])
        for field in self.fields:
            if field.indexed:
                wanted[_key([field.order, order, "key", "since"])] = None
        wanted.pop("key, since", None)
        made = [
            f'create index if not exists "{name}_{number}" on {SCHEMA}."{name}" ({key})'
            for number, key in enumerate(wanted)
        ]
        if self.view.valid_time and order != "key":
            made.append(f'create index if not exists "{name}_v" on {SCHEMA}."{name}{VALID}" ({order}, key, since)')
        if self.search:
            made.append(f'create index if not exists "{name}_q" on {SCHEMA}."{name}" using gin ({self.search})')
        if self._items:
            made.append(f'create index if not exists "{name}_h" on {SCHEMA}."{name}" using gin ("_has")')
        return made

    def drop(self, name: str) -> list[str]:
        return [f'drop table if exists {SCHEMA}."{table}"' for table in self.names(name)]

    def names(self, name: str) -> Sequence[str]:
        return (name, name + VALID) if self.view.valid_time else (name,)

    def version(self, key: str, since: int, until: int | None, row: Any, body: bytes) -> tuple[Any, ...]:
        """One row to copy under `columns`."""
        return (key, since, until, body, *self.values(row))

    def held(self, key: str, day: date, since: int, row: Any) -> tuple[Any, ...]:
        """One row to copy under `valid_columns`; row None: from that day on there was none."""
        if row is None:
            return (key, day, since, None, *self.nothing())
        return (key, day, since, self.form.encode(key, row), *self.values(row))


def _key(expressions: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(expressions))


def close(name: str) -> str:
    """Ends versions: $1 keys, $2 their `since`, $3 their `until`."""
    return (
        f'update {SCHEMA}."{name}" t set until = closed.until'
        " from unnest($1::text[], $2::bigint[], $3::bigint[]) closed (key, since, until)"
        " where t.key = closed.key and t.since = closed.since"
    )


def newest(name: str) -> str:
    """The versions that still count of the keys in $1: key, since, body."""
    return (
        'select r.key, r.since, r."_body" from unnest($1::text[]) asked (key) cross join lateral'
        f' (select t.key, t.since, t.until, t."_body" from {SCHEMA}."{name}" t'
        " where t.key = asked.key order by t.since desc limit 1) r where r.until is null"
    )


def latest(name: str) -> str:
    """What held last in law, of the keys in $1: key, day, body (null: there was nothing any more)."""
    return (
        'select r.key, r.effective_since, r."_body" from unnest($1::text[]) asked (key) cross join lateral'
        f' (select t.key, t.effective_since, t."_body" from {SCHEMA}."{name}{VALID}" t'
        " where t.key = asked.key order by t.effective_since desc, t.since desc limit 1) r"
    )
