"""Filters put to rows as JSON, without a table: what a list shows, an auditor narrows from a copy by the same names."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.kernel import PartialDate
from services.views.columns import LONGEST
from services.views.ports import BadQuery, Column, Filter, Kind, Op

_COMPARED: Mapping[Op, Callable[[Any, Any], Any]] = {
    Op.EQ: operator.eq, Op.NE: operator.ne, Op.LT: operator.lt, Op.LE: operator.le, Op.GT: operator.gt,
    Op.GE: operator.ge,
}  # fmt: skip
_READ: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: lambda text: text[:LONGEST],
    Kind.ID: UUID, Kind.DAY: date.fromisoformat, Kind.DECIMAL: Decimal, Kind.PARTIAL_DATE: PartialDate,
}  # fmt: skip


def narrowed(rows: Mapping[str, bytes], columns: Sequence[Column], filters: Sequence[Filter]) -> Mapping[str, bytes]:
    """The rows that every filter lets through, as a table of the view answers. Raises BadQuery."""
    by_name = {one.name: one for one in columns}
    holds = [_holding(by_name[one.column], one) for one in filters]
    return {key: row for key, row in rows.items() if all(each(msgspec.json.decode(row)) for each in holds)}


def _holding(column: Column, one: Filter) -> Callable[[Any], bool]:
    if one.op is Op.IS_NULL:
        return lambda row: (_at(row, column.path) is None) is one.values[0]
    if column.kind is Kind.LIST:
        wanted, read = set(one.values), _READ.get(column.item or Kind.TEXT, _same)
        meet = wanted.issubset if one.op is Op.HAS else lambda found: not wanted.isdisjoint(found)
        return lambda row: bool(meet({read(item) for item in _items(row, column)}))
    if column.kind is Kind.PARTIAL_DATE and one.op in (Op.LT, Op.LE, Op.GT, Op.GE):
        return _dated(column, one)
    read = _READ.get(column.kind, _same)

    def holds(row: Any) -> bool:
        found = _at(row, column.path)
        if found is None:
            return one.op is Op.NE
        return read(found) in one.values if one.op is Op.IN else bool(_COMPARED[one.op](read(found), one.values[0]))

    return holds


def _dated(column: Column, one: Filter) -> Callable[[Any], bool]:
    """As tables compare: by the first day that a date can mean, with the first or the last day of what is asked."""
    asked = PartialDate(one.values[0])
    bound = asked.earliest() if one.op in (Op.LT, Op.GE) else asked.latest()
    if bound is None:
        raise BadQuery(column.name, "What is unknown lies neither before nor after anything.", one.op)

    def holds(row: Any) -> bool:
        found = _at(row, column.path)
        first = None if found is None else PartialDate(found).earliest()
        return first is not None and bool(_COMPARED[one.op](first, bound))

    return holds


def _items(row: Any, column: Column) -> Sequence[Any]:
    if not column.member:
        return _at(row, column.path) or ()
    name, inner = column.path
    return [item[inner] for item in row.get(name) or () if item.get(inner) is not None]


def _at(row: Any, path: Sequence[str]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def _same(value: Any) -> Any:
    return value
