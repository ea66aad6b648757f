"""From a query to SQL: conditions, order, and the place to go on from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.kernel import PartialDate
from services.views.columns import LONGEST, Field, entry
from services.views.folding import asked
from services.views.ports import OF_LISTS, SEVERAL, BadQuery, Filter, Kind, NoValidTime, Op, Query
from services.views.tables import SCHEMA, VALID, Table

_CAST = {
    Kind.TEXT: "text",
    Kind.CODE: "text",
    Kind.PARTIAL_DATE: "text",
    Kind.ID: "uuid",
    Kind.YES_NO: "boolean",
    Kind.WHOLE: "bigint",
    Kind.DECIMAL: "numeric",
    Kind.DAY: "date",
}
_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.CODE: (str,),
    Kind.PARTIAL_DATE: (str, date),
    Kind.ID: (UUID,),
    Kind.YES_NO: (bool,),
    Kind.WHOLE: (int,),
    Kind.DECIMAL: (Decimal, int),
    Kind.DAY: (date,),
}
_COMPARED = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
_LARGEST = 2**63 - 1
MANY = 16
"""Values of a list from which on nobody weighs them one by one: see `_has`."""


@dataclass(slots=True)
class Select:
    """One statement and its values. Rows are (key, body, sort value, the columns that depend on the day ...)."""

    sql: str
    values: list[Any]


@dataclass(slots=True)
class Asking:
    """A query put to one table, as of one position and for one day."""

    table: Table
    name: str
    query: Query
    position: int
    day: date
    by_keys: bool = False
    """Goes from key to key, and looks at the one version of each: for tables with many versions of few keys."""
    values: list[Any] = field(default_factory=list)

    def selects(self, limit: int | None) -> list[Select]:
        """The statements, one after the other, that give the rows in order: where nothing can be compared, last."""
        self._refuse_valid_time()
        order = self._ordered()
        if order.order != "key" and (order.column.optional or order.column.kind is Kind.PARTIAL_DATE):
            after = self.query.after
            parts = [self._select(order, limit, empty=True)]
            if after is None or after[0] is not None:
                parts.insert(0, self._select(order, limit, empty=False))
            return parts
        return [self._select(order, limit, empty=None)]

    def _select(self, order: Field, limit: int | None, *, empty: bool | None) -> Select:
        self.values = []
        source = self._source()
        conditions = self._conditions()
        by = self._expression(order.order)
        conditions.extend(self._after(order, by, empty))
        way = " desc" if self.query.descending else ""
        keys = f"t.key{way}" if order.order == "key" or empty else f"{by}{way}, t.key{way}"
        computed = "".join(f", {self._expression(self.table.shows(self.name, one))}" for one in self.table.computed)
        sql = (
            f'{source[0]}select t.key, t."_body", {by}{computed} from {source[1]} t'
            f" where {' and '.join(conditions)} order by {keys}"
        )
        if limit is not None:
            sql += f" limit {self._value(limit, 'bigint')}"
        return Select(sql, self.values)

    def counting(self, at_most: int) -> Select:
        """The statement that counts the rows of every page, up to so many. Its row is (how many,)."""
        self._refuse_valid_time()
        self.values = []
        before, source = self._source()
        of = f"select 1 from {source} t where {' and '.join(self._conditions())} limit {self._value(at_most, 'bigint')}"
        return Select(f"{before}select count(*) from ({of}) counted", self.values)

    def _conditions(self) -> list[str]:
        found = [*self._in_time(), *map(self._condition, self.query.filters)]
        return [*found, self._searched()] if self.query.q else found

    @property
    def _table(self) -> str:
        return self.name + VALID if self._law else self.name

    @property
    def _law(self) -> bool:
        """Whether rows of the order that counts in law are asked for; a span lies in the rows themselves."""
        return self.query.valid_at is not None and self.table.view.span is None

    def _source(self) -> tuple[str, str]:
        """(what comes before the select, what it is from)"""
        table = f'{SCHEMA}."{self._table}"'
        if not self.by_keys or self._law or any(map(self._narrows, self.query.filters)):
            return "", table
        # PostgreSQL does not skip from one key to the next by itself.
        every_key = (
            f"with recursive keys (k) as ((select a.key from {table} a order by a.key limit 1) union all"
            f" select (select a.key from {table} a where a.key > keys.k order by a.key limit 1)"
            " from keys where keys.k is not null) "
        )
        version = (
            f"select v.* from keys cross join lateral (select a.* from {table} a where a.key = keys.k"
            f" and a.since <= {self._value(self.position, 'bigint')} order by a.since desc limit 1) v"
        )
        return every_key, f"({version})"

    def _narrows(self, one: Filter) -> bool:
        """Whether an index leads to few versions, of whatever key."""
        found = self.table.by_name.get(one.column)
        return one.op in (Op.EQ, Op.IN) and found is not None and (found.indexed or one.column == "key")

    def _refuse_valid_time(self) -> None:
        if self.query.valid_at is not None and not self.table.view.dated:
            raise NoValidTime(self.table.view.name)

    def _in_time(self) -> list[str]:
        position = self._value(self.position, "bigint")
        recorded = [f"t.since <= {position}", f"(t.until is null or t.until > {position})"]
        if self.query.valid_at is None:
            return recorded
        day = self._value(self.query.valid_at, "date")
        if self.table.view.span is not None:
            return [*recorded, *spanned(self.table.view.span, "t", day)]
        later = (
            f'not exists (select 1 from {SCHEMA}."{self._table}" n where n.key = t.key and n.since <= {position}'
            f" and n.effective_since <= {day}"
            " and (n.effective_since, n.since) > (t.effective_since, t.since))"
        )
        return [f"t.since <= {position}", f"t.effective_since <= {day}", 't."_body" is not null', later]

    # --- order ---

    def _ordered(self) -> Field:
        name = self.query.sort or self.table.view.sort
        found = self.table.by_name.get(name)
        if found is None or not found.column.sortable:
            raise BadQuery("sort", f"There is no order by {name!r}.")
        return found

    def _after(self, order: Field, by: str, empty: bool | None) -> list[str]:
        """Beyond the last row of the page before, within those that have a value to sort by or those that have none."""
        parts = [] if empty is None else [f"{by} is null" if empty else f"{by} is not null"]
        if self.query.after is None:
            return parts
        value, key = self.query.after
        beyond = "<" if self.query.descending else ">"
        if order.order == "key":
            return [*parts, f"t.key {beyond} {self._text('cursor', key)}"]
        if empty:
            return parts if value is not None else [*parts, f"t.key {beyond} {self._text('cursor', key)}"]
        kind = Kind.DAY if order.column.kind is Kind.PARTIAL_DATE else order.column.kind
        placed = self._typed("cursor", kind, value)
        return [*parts, f"({by}, t.key) {beyond} ({placed}, {self._text('cursor', key)})"]

    # --- conditions ---

    def _searched(self) -> str:
        if self.table.search is None:
            raise BadQuery("q", "Nothing in this view is searched.")
        words = asked(self.query.q)
        return "false" if words is None else f"{self.table.search} @@ ({self._value(words, 'text')})::tsquery"

    def _condition(self, one: Filter) -> str:
        found = self.table.by_name.get(one.column)
        if found is None:
            raise BadQuery(one.column, "There is no such column.", one.op)
        if one.op not in found.column.ops:
            raise BadQuery(one.column, f"It cannot be asked for with {one.op}.", one.op)
        if not one.values or (len(one.values) > 1 and one.op not in SEVERAL):
            raise BadQuery(one.column, "One value is asked for.", one.op)
        if one.op in OF_LISTS:
            return self._has(found, one.values, "@>" if one.op is Op.HAS else "&&")
        by = self._expression(found.value)
        if one.op is Op.IS_NULL:
            return f"{by} is null" if self._checked(one.column, Kind.YES_NO, one.values[0]) else f"{by} is not null"
        if found.column.kind is Kind.PARTIAL_DATE:
            return self._partial(found, by, one)
        return self._compared(found.column.kind, by, one)

    def _compared(self, kind: Kind, by: str, one: Filter) -> str:
        if one.op is Op.IN:
            values = [self._checked(one.column, kind, value) for value in one.values]
            return f"{by} = any({self._value(values, _CAST[kind] + '[]')})"
        value = self._typed(one.column, kind, one.values[0])
        if one.op is Op.EQ:
            return f"{by} = {value}"
        return f"{by} is distinct from {value}" if one.op is Op.NE else f"{by} {_COMPARED[one.op]} {value}"

    def _partial(self, found: Field, by: str, one: Filter) -> str:
        """A day lies before a month if it lies before the month's first day, and is at most it up to its last day."""
        if one.op not in _COMPARED:
            same = self._compared(Kind.PARTIAL_DATE, by, one)
            if one.op is not Op.EQ:
                return same
            first = self._day_of(one, one.values[0]).earliest()
            placed = "is null" if first is None else f"= {self._value(first, 'date')}"
            return f"({same} and {found.order} {placed})"
        day = self._day_of(one, one.values[0])
        bound = day.earliest() if one.op in (Op.LT, Op.GE) else day.latest()
        if bound is None:
            raise BadQuery(one.column, "What is unknown lies neither before nor after anything.", one.op)
        return f"{found.order} {_COMPARED[one.op]} {self._value(bound, 'date')}"

    def _day_of(self, one: Filter, value: Any) -> PartialDate:
        try:
            return PartialDate(self._checked(one.column, Kind.PARTIAL_DATE, value))
        except ValueError as error:
            raise BadQuery(one.column, str(error), one.op) from None

    def _has(self, found: Field, values: Sequence[Any], how: str) -> str:
        kind = found.column.item
        assert kind is not None, "only lists of plain items are asked for what they have"
        entries = [entry(found.column.name, self._checked(found.column.name, kind, value)) for value in values]
        asked = self._value(entries, "text[]")
        # To the planner, comparing a row with a thousand values costs what comparing it with one does: shown them, it
        # would take every row, for a second where the index takes a thousandth. Behind a question it does not see them.
        return f't."_has" {how} {asked if len(entries) < MANY else f"(select {asked})"}'

    # --- values ---

    def _expression(self, expression: str) -> str:
        if expression == "key":
            return "t.key"
        return expression.replace("{day}", self._value(self.day, "date")) if "{day}" in expression else expression

    def _typed(self, column: str, kind: Kind, value: Any) -> str:
        return self._value(self._checked(column, kind, value), _CAST[kind])

    def _text(self, column: str, value: Any) -> str:
        return self._typed(column, Kind.TEXT, value)

    def _checked(self, column: str, kind: Kind, value: Any) -> Any:
        fits = isinstance(value, _TYPES[kind]) and not isinstance(value, datetime)
        if not fits or (isinstance(value, bool) and kind is not Kind.YES_NO):
            raise BadQuery(column, f"{value!r} is no {kind.value.replace('_', ' ')}.")
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise BadQuery(column, "The number is too large.")
        if isinstance(value, str):
            return _storable(column, value)
        return value.isoformat() if kind is Kind.PARTIAL_DATE else value

    def _value(self, value: Any, cast: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{cast}"


def _storable(column: str, text: str) -> str:
    """As tables keep texts: shortened, and without what no database text may hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadQuery(column, "A text does not hold half of a character.") from None
    if "\0" in text:
        raise BadQuery(column, "A text does not hold the character NUL.")
    return text[:LONGEST]


def spanned(span: tuple[str, str], row: str, day: str) -> Sequence[str]:
    """Conditions for rows that count on a day, both ends included; an open end has no day."""
    first, last = (f'{row}."{column}"' for column in span)
    return f"({first} is null or {first} <= {day})", f"({last} is null or {last} >= {day})"


def reach(table: str) -> str:
    """The key up to which a page of changes is looked for: after $1, behind $2 versions of rows; no row: to the end."""
    return f'select t.key from {SCHEMA}."{table}" t where t.key > $1::text order by t.key offset $2::bigint limit 1'


def changed(table: str) -> str:
    """Keys after $3 and up to $5, $4 of them, of which a version began or ended after position $1 and up to $2.

    With both bodies. No index tells when versions ended: what is looked at, keys alone bound (`reach`).
    """
    name = f'{SCHEMA}."{table}"'
    at = "{0}.key = k.key and {0}.since <= {1} and ({0}.until is null or {0}.until > {1})"
    return (
        f'select k.key, b."_body", a."_body" from (select distinct t.key from {name} t where t.key > $3::text'
        " and ($5::text is null or t.key <= $5)"
        " and ((t.since > $1::bigint and t.since <= $2::bigint) or (t.until > $1 and t.until <= $2))"
        " order by t.key limit $4::bigint) k"
        f" left join {name} b on {at.format('b', '$1')} left join {name} a on {at.format('a', '$2')} order by k.key"
    )


def point(table: Table, name: str, *, valid: bool) -> str:
    """The statement for rows by key: $1 keys, $2 position, then the day asked for, then the day in law, if any.

    Rows are (key, body, the columns that depend on the day ...). One look from the end of each key's versions: a key
    with a million of them costs no more than one with two.
    """
    computed = table.computed
    values = [table.shows(name, one).replace("{day}", "$3::date") for one in computed]
    shown = "".join(f", ({value}) as c{n}" for n, value in enumerate(values))
    day = f"${4 if table.view.computed else 3}::date"
    span = table.view.span
    if valid and span is None:
        held = f"t.effective_since <= {day} and t.since <= $2::bigint order by t.effective_since desc, t.since desc"
        counts = "r.body is not null"
        body, name = '"_body" as body', name + VALID
    else:
        held = "t.since <= $2::bigint order by t.since desc"
        counts = "(r.until is null or r.until > $2::bigint)"
        body = '"_body" as body, t.until'
        if valid and span is not None:
            counts = " and ".join((counts, *spanned(span, "r", day)))
            body += "".join(f', t."{column}"' for column in span)
    names = "".join(f", r.c{n}" for n in range(len(computed)))
    return (
        f"select asked_key, r.body{names} from unnest($1::text[]) asked (asked_key) cross join lateral"
        f' (select t.{body}{shown} from {SCHEMA}."{name}" t where t.key = asked_key and {held} limit 1) r'
        f" where {counts}"
    )
