"""The files of a sheet: CSV, or a workbook with the same cells, of which days and numbers are such."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from api.sheets.layout import Column
from api.sheets.sheets import Sheet
from domain.commitments.words import DECIMAL
from domain.kernel import PartialDate, day_of
from services.importing.workbooks import text_of
from services.workbooks import Cell, day_or_text, workbook


def as_csv(sheet: Sheet, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([header, *rows])
    return out.getvalue().encode()


def as_xlsx(sheet: Sheet, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    reads = [_read(sheet.column(name)) for name in header]
    cells = ([_typed(cell, read) for cell, read in zip(row, reads, strict=True)] for row in rows)
    return workbook(sheet.name, header, cells)


Writes: TypeAlias = Callable[[Sheet, Sequence[str], Sequence[Sequence[str]]], bytes]
FORMS: Mapping[str, Writes] = {"csv": as_csv, "xlsx": as_xlsx}
"""What writes a file, by the ending of its name."""


def _typed(cell: str, read: Callable[[str], Cell] | None) -> Cell:
    """The cell as what it says; a text where it would be read back as another one."""
    if not cell or read is None:
        return cell
    found = read(cell)
    if isinstance(found, bool):
        return found
    back = text_of(float(found)) if isinstance(found, (int, Decimal)) else str(found)
    return found if back == cell else cell


def _read(column: Column) -> Callable[[str], Cell] | None:
    """What the texts of a column are, where they are anything else."""
    if column.many:
        return None
    leaf = column.leaf
    kind = leaf.document.get("type")
    if kind == "integer":
        return int
    if kind == "boolean":
        return leaf.parse
    if leaf.document.get("pattern") == _QUANTITY:
        return Decimal
    return _MADE.get(leaf.make)


_QUANTITY = f"^(?:{DECIMAL})$"
_MADE: Mapping[Callable[[str], object], Callable[[str], Cell]] = {
    Decimal: Decimal, PartialDate: day_or_text, day_of: date.fromisoformat,
}  # fmt: skip
