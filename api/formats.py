"""Rows as CSV (RFC 4180), workbooks and NDJSON, in batches, packed where the client likes it."""

import codecs
import csv
import io
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from projections.activity import ACTIVITY
from projections.kernel import View
from projections.obligations import OBLIGATIONS
from services.spreadsheets import neutral
from services.views.ports import Column, Kind
from services.workbooks import Cell, day_or_text

MEDIA = {
    "json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
ATOM = "application/atom+xml"
CALENDAR = "text/calendar"
_FREE = frozenset({Kind.TEXT, Kind.WORDS, Kind.LIST})
_TYPED: Mapping[Kind, Callable[[str], Cell]] = {
    Kind.DAY: day_or_text, Kind.PARTIAL_DATE: day_or_text, Kind.DECIMAL: Decimal,
}  # fmt: skip


def media_of(view: View) -> Mapping[str, str]:
    """The forms of a view's lists, and their media types.

    A feed where each row is a piece of news for itself, a calendar where each has its day.
    """
    return {**MEDIA, **_MORE.get(view.name, {})}


_MORE: Mapping[str, Mapping[str, str]] = {ACTIVITY.name: {"atom": ATOM}, OBLIGATIONS.name: {"ics": CALENDAR}}


class Sheet:
    """Writes rows of one view as CSV or for a workbook. Only free texts can be taken for formulas; numbers keep their
    sign.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        shown = [one for one in columns if not one.member]
        self.header = tuple(one.name for one in shown)
        self._typed = tuple((number, _TYPED[one.kind]) for number, one in enumerate(shown) if one.kind in _TYPED)
        self._free = tuple(number for number, one in enumerate(shown) if one.kind in _FREE)

    def lines(self, rows: Iterable[Sequence[Any]]) -> bytes:
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(self._cells(row) for row in rows)
        return out.getvalue().encode()

    def typed(self, row: Sequence[Any]) -> list[Cell]:
        """Its days and numbers as such, and texts as they are: in a workbook a text is one, whatever it begins with."""
        cells = list(row)
        for number, read in self._typed:
            if cells[number] is not None:
                cells[number] = read(cells[number])
        return cells

    def _cells(self, row: Sequence[Any]) -> list[Any]:
        cells = [("true" if cell else "false") if isinstance(cell, bool) else cell for cell in row]
        for number in self._free:
            if isinstance(cells[number], str):
                cells[number] = neutral(cells[number])
        return cells


async def as_csv(
    sheet: Sheet, batches: AsyncIterator[Sequence[Sequence[Any]]], *, bom: bool = False
) -> AsyncIterator[bytes]:
    """The header comes with the first rows: what cannot be read at all has sent nothing yet."""
    header = (codecs.BOM_UTF8 if bom else b"") + sheet.lines([sheet.header])
    async for batch in batches:
        yield header + sheet.lines(batch)
        header = b""
    if header:
        yield header


async def typed(
    sheet: Sheet, batches: AsyncIterator[Sequence[Sequence[Any]]]
) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    """The rows for a workbook."""
    async for batch in batches:
        yield [sheet.typed(row) for row in batch]


async def as_lines(batches: AsyncIterator[Sequence[bytes]]) -> AsyncIterator[bytes]:
    async for batch in batches:
        if batch:
            yield b"\n".join(batch) + b"\n"


async def at_most(batches: AsyncIterator[Sequence[Any]], limit: int | None) -> AsyncIterator[Sequence[Any]]:
    """The first `limit` rows; all where it is None."""
    left = limit
    async for batch in batches:
        if left is None:
            yield batch
            continue
        yield batch[:left]
        left -= len(batch)
        if left <= 0:
            return


async def gzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    async for chunk in chunks:
        if out := packer.compress(chunk):
            yield out
    yield packer.flush()
