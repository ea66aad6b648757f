"""What a portal published, as somebody saved it (a list or one row as JSON, lines of JSON, CSV, .xlsx); to compare."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from domain.ledger.findings import Finding
from projections.kernel import View
from services.audit.bundle import UNREADABLE, Unfit
from services.audit.replaying import Stood
from services.importing.plan import WrongFile
from services.importing.workbooks import BEGUN, ZIPPED, read_workbook, sheets_in
from services.spreadsheets import neutral
from services.views.columns import fields_of
from services.views.ports import Column, Kind
from services.workbooks import cut

Row = dict[str, Any]


class AsOf(msgspec.Struct):
    position: int
    view: str = ""


class _Answer(msgspec.Struct):
    items: list[Row] | None = None
    item: Row | None = None
    as_of: AsOf | None = None


class Page(msgspec.Struct):
    """One page of a list as a server answers it, with its rows as they came. `next`: by which the next is asked for."""

    items: list[msgspec.Raw]
    as_of: AsOf
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Rows as they were shown, and as of what, where that was said with them.

    `sheet`: they are cells, and this is how much of a text one has.
    """

    rows: Sequence[Row]
    as_of: AsOf | None = None
    sheet: Callable[[str], str] | None = None

    def of(self, view: View, position: int) -> None:
        """Raises Unfit, where it says itself that it is of something else."""
        if self.as_of is None:
            return
        said, asked = (self.as_of.view or f"{view.name}@{view.version}", f"{view.name}@{view.version}")
        if said.partition("@")[0] != view.name:
            raise Unfit(Finding("published-otherwise", "What was published is of another view.", None, asked, said))
        if said != asked:
            says = "What was published is of another version of the view than this program ships: use that of its time."
            raise Unfit(Finding("view-newer", says, None, asked, said))
        if self.as_of.position != position:
            says = f"What was published stood as of position {self.as_of.position}: ask with --at."
            raise Unfit(Finding("published-otherwise", says, None, str(self.as_of.position), str(position)))

    def lacks(self, stood: Stood, view: View) -> frozenset[str]:
        """Columns that none of its rows has, and those of the records have: it may be of an earlier version."""
        if self.as_of is not None:
            return frozenset()
        ours = {one.name for one in _columns(view)} if self.sheet else _names(self._ours(stood))
        return frozenset(ours - _names(self.rows) - stood.beside)

    def contradictions(self, stood: Stood, view: View) -> Iterator[Finding]:
        """Where a row that was shown is not the one that follows from the records."""
        columns = {one.name: one for one in _columns(view)}
        known = columns.keys() if self.sheet else {one.path[0] for one in columns.values()}
        lacks, strange = self.lacks(stood, view), _names(self.rows) - known
        if strange and self.as_of is None:
            says = f"It has columns that {view.name} has not here: it is of another version, or they were made up."
            told = ", ".join(sorted(strange))
            yield Finding("view-newer", says, None, f"{view.name}@{view.version}", told)
            lacks |= strange
        for row, ours in zip(self.rows, self._ours(stood), strict=True):
            shown, stands = _without(lacks, stood.from_records(row)), _without(lacks, stood.from_records(ours))
            if not ours or (_differs(shown, stands, columns, self.sheet) if self.sheet else shown != stands):
                key = str(row.get("key"))
                expected = stood.rows[key].decode() if ours else "no such row"
                says = f"The published row {key} of {view.name} does not follow from the records."
                yield Finding("view-differs", says, stood.position, expected, msgspec.json.encode(row).decode())

    def _ours(self, stood: Stood) -> Sequence[Row]:
        """Of each of its rows what follows from the records; nothing where no row does."""
        return [msgspec.json.decode(stood.rows.get(str(row.get("key")), b"{}"), type=Row) for row in self.rows]


def published(content: bytes) -> Published:
    """What somebody saved. Raises Unfit: it is none of the four."""
    try:
        if content.startswith(BEGUN):
            found = Published(_book(content), sheet=cut)
        elif content.lstrip()[:1] == b"{":
            found = _answered(content)
        else:
            found = Published(_sheet(content), sheet=str)
        if not all(isinstance(row.get("key"), str) for row in found.rows):
            raise ValueError("what lies in it has no `key`.")
    except (*UNREADABLE, ValueError, csv.Error, WrongFile) as error:
        raise Unfit(Finding("file-unreadable", f"The file holds no rows of a view: {error}")) from error
    return found


def _answered(content: bytes) -> Published:
    """JSON: an answer, or rows in lines, of which there may be one."""
    try:
        answer = msgspec.json.decode(content, type=_Answer)
    except UNREADABLE:
        return Published([msgspec.json.decode(line, type=Row) for line in content.splitlines()])
    if answer.items is None and answer.item is None:
        return Published([msgspec.json.decode(content, type=Row)])
    return Published(answer.items if answer.items is not None else [answer.item or {}], answer.as_of)


def _sheet(content: bytes) -> Sequence[Row]:
    sheet = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    rows = list(sheet)
    if "key" not in (sheet.fieldnames or ()) or any(None in row or None in row.values() for row in rows):
        raise ValueError("neither JSON nor a sheet with a column `key` and as many cells in each line.")
    return rows


def _book(content: bytes) -> Sequence[Row]:
    if content.startswith(ZIPPED) and len(sheets_in("It", content)) > 1:
        # Another one than we would read may be what whoever opens it sees first.
        raise ValueError("a workbook with several sheets; save each as a file of its own.")
    (_, header), *below = read_workbook("It", content, "")[0] or [(1, [])]
    if "key" not in header:
        raise ValueError("a workbook without a column `key`.")
    return [dict(zip(header, cells, strict=True)) for _, cells in below]


def _columns(view: View) -> Sequence[Column]:
    return [one.column for one in fields_of(view) if not one.column.member]


def _names(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(name for row in rows for name in row)


def _without(names: frozenset[str], row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in row.items() if name not in names} if names else row


def _differs(
    shown: Mapping[str, Any], ours: Mapping[str, Any], columns: Mapping[str, Column], held: Callable[[str], str]
) -> bool:
    return any(not _same(cell, _at(ours, columns[name].path), columns[name].kind, held) for name, cell in shown.items())


def _at(row: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = row
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _numbers(cell: str, value: str) -> bool:
    try:
        return Decimal(cell) == Decimal(value)
    except InvalidOperation:
        return False


def _same(cell: str, value: Any, kind: Kind, held: Callable[[str], str]) -> bool:
    """Whether a cell is what sheets show of a value; of words in several languages they show one."""
    match value:
        case str() if kind is Kind.DECIMAL and held is cut:  # a number there, which has no noughts at its end
            return _numbers(cell, value)
        case None:
            return cell == ""
        case bool():
            return cell == ("true" if value else "false")
        case str():
            # Which texts are taken for formulas, programs learn one by one; a workbook has them as they are.
            return cell in (neutral(value), held(value))
        case dict():
            return any(_same(cell, str(text), Kind.TEXT, held) for text in value.values())
        case list():
            return _same(cell, msgspec.json.encode(value).decode(), Kind.TEXT, held)
        case _:
            return cell == str(value)
