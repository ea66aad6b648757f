"""Rows as a workbook for spreadsheet programs (.xlsx, ISO/IEC 29500), sent as they come: none of them is kept.

Texts of others are cells of text and never formulas, whatever they begin with (deploy/decisions/0036).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile

from services.spreadsheets import neutral

Cell: TypeAlias = str | int | Decimal | date | None
"""A bool is one of its own: true or false."""
ROWS = 1_048_576
"""Of one sheet, as far as any program counts; what is more stands on further sheets."""
PART = 1 << 30
"""Bytes of one sheet, unpacked: beyond 2 GB a file in a file needs a form that not every program reads."""
LONGEST = 32_767
"""Characters of one cell, as UTF-16 counts them; a longer text ends with a sign that there is more of it."""
DIGITS = 15
"""A spreadsheet counts no further; a longer number is a text."""
FIRST_DAY = date(1900, 3, 1)
"""Days before are other ones in some programs: 1900 had no 29th of February, and theirs has."""
NAME = 31
AT_ONCE = 100
"""Rows that are written in one go: a server answers others in between."""

_NONE, _TEXT, _QUOTED, _DAY, _HEAD = range(5)
"""Places in cellXfs, below. Quoted: whoever edits such a text and leaves it is not left with a formula either."""
_DAY_SAID = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WILD = re.compile("[&<>_\x00-\x08\x0b-\x1f\ufffe\uffff](?:(?<!_)|(?=x[0-9A-Fa-f]{4}_))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_BEGUN = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OF = "http://schemas.openxmlformats.org"
_MAIN, _LINKS = f"{_OF}/spreadsheetml/2006/main", f"{_OF}/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_SHEET = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
    ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultColWidth="18" defaultRowHeight="15"/><sheetData>'
)


def day_or_text(said: str) -> date | str:
    """A day, where it is one: a partial date may be a year or a month."""
    return date.fromisoformat(said) if _DAY_SAID.fullmatch(said) else said


async def as_workbook(
    name: str, header: Sequence[str], batches: AsyncIterator[Sequence[Sequence[Cell]]]
) -> AsyncIterator[bytes]:
    """It begins with the first rows: what cannot be read at all has sent nothing yet."""
    book = Workbook(name, header)
    async for batch in batches:
        for first in range(0, len(batch), AT_ONCE):
            if out := book.rows(batch[first : first + AT_ONCE]):
                yield out
            await asyncio.sleep(0)
    yield book.end()


def workbook(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The whole file."""
    book = Workbook(name, header)
    return book.rows(rows) + book.end()


class Workbook:
    """Gives the bytes of the file bit by bit; the same rows give the same bytes. `name`: of its sheet."""

    def __init__(self, name: str, header: Sequence[str], *, at_most: int = ROWS, part: int = PART) -> None:
        self._name, self._header, self._at_most, self._part_at_most = name, header, at_most, part
        self._columns = [_letters(number) for number in range(1, len(header) + 1)]
        self._out = _Out()
        # Begun as `file` and its like know such files: by the name of the first part.
        self._packed = ZipFile(self._out, "w", ZIP_DEFLATED)
        self._put("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        self._put("xl/styles.xml", _STYLES)
        self._sheets, self._row, self._size = 0, 0, 0
        self._part: IO[bytes] | None = None

    def rows(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """What is to be sent once these rows are in it as well; it may be nothing yet."""
        written = list[str]()
        for row in rows:
            if self._part is None or self._row >= self._at_most or self._size > self._part_at_most:
                self._write("".join(written))
                written.clear()
                self._begin()
            written.append(self._line(row))
        self._write("".join(written))
        return self._out.taken()

    def end(self) -> bytes:
        if self._part is None:
            self._begin()
        self._close()
        names = [self._named(number) for number in range(1, self._sheets + 1)]
        books = "".join(
            f'<sheet name="{_escaped(name)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, name in enumerate(names, start=1)
        )
        view = "<bookViews><workbookView/></bookViews>"
        whole = f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">{view}<sheets>{books}</sheets></workbook>'
        parts = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, self._sheets + 1)]
        self._put("xl/workbook.xml", whole)
        self._put("xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")]))
        self._put("[Content_Types].xml", _types(target for _, target in parts))
        self._packed.close()
        return self._out.taken()

    def _named(self, number: int) -> str:
        more = "" if number == 1 else f" {number}"
        return self._name[: NAME - len(more)] + more

    def _begin(self) -> None:
        self._close()
        self._sheets += 1
        self._row = self._size = 0
        self._part = self._packed.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        self._write(_BEGUN + _SHEET + self._line(self._header, _HEAD))

    def _close(self) -> None:
        if self._part is not None:
            self._write("</sheetData></worksheet>")
            self._part.close()

    def _line(self, row: Sequence[Cell], style: int | None = None) -> str:
        self._row += 1
        made = [
            f'<c r="{column}{self._row}"{_cell(cell, style)}</c>'
            for column, cell in zip(self._columns, row, strict=True)
            if cell is not None and cell != ""
        ]
        return f'<row r="{self._row}">{"".join(made)}</row>'

    def _write(self, text: str) -> None:
        if text and self._part is not None:
            said = text.encode()
            self._size += len(said)
            self._part.write(said)

    def _put(self, name: str, content: str) -> None:
        with self._packed.open(name, "w") as part:
            part.write((_BEGUN + content).encode())


class _Out:
    """What was packed and nobody has taken yet. It knows no place in itself, so that nothing before is altered."""

    def __init__(self) -> None:
        self._parts = list[bytes]()

    def write(self, content: bytes) -> int:
        self._parts.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """All of it is there already."""

    def close(self) -> None:
        """Whoever took it has it."""

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _cell(cell: Cell, style: int | None) -> str:
    """A cell's attributes and what is in it."""
    match cell:
        case bool():
            return f' t="b"><v>{int(cell)}</v>'
        case date() if cell >= FIRST_DAY:
            return f' s="{_DAY}"><v>{(cell - date(1899, 12, 30)).days}</v>'
        case int() if abs(cell) < 10**DIGITS:
            return f"><v>{cell}</v>"
        case Decimal() if len(cell.as_tuple().digits) <= DIGITS:
            return f"><v>{cell:f}</v>"
        case Decimal():
            return _said(f"{cell:f}", style)
        case _:
            return _said(str(cell), style)


def _said(text: str, style: int | None) -> str:
    if style is None:
        style = _QUOTED if neutral(text) != text else _TEXT
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f' s="{style}" t="inlineStr"><is><t{kept}>{_escaped(cut(text))}</t></is>'


def cut(text: str) -> str:
    """As much of a text as a cell holds."""
    if 2 * len(text) <= LONGEST:
        return text
    coded = text.encode("utf-16-le")
    if len(coded) <= 2 * LONGEST:
        return text
    return coded[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def _escaped(text: str) -> str:
    """As the format has what XML cannot say, and what looks as if it were so said."""
    return _WILD.sub(_instead, text)


def _instead(found: re.Match[str]) -> str:
    said = found[0]
    return _ENTITIES.get(said) or f"_x{ord(said):04X}_"


def _letters(number: int) -> str:
    """The name of a column: A, B, ... Z, AA."""
    made = ""
    while number:
        number, rest = divmod(number - 1, 26)
        made = chr(65 + rest) + made
    return made


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    said = "".join(
        f'<Relationship Id="rId{number}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_OF}/package/2006/relationships">{said}</Relationships>'


def _types(sheets: Iterable[str]) -> str:
    parts = [("workbook.xml", "sheet.main"), ("styles.xml", "styles"), *((one, "worksheet") for one in sheets)]
    said = "".join(f'<Override PartName="/xl/{part}" ContentType="{_KIND}.{kind}+xml"/>' for part, kind in parts)
    return (
        f'<Types xmlns="{_OF}/package/2006/content-types"><Default Extension="rels"'
        f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{said}</Types>'
    )
