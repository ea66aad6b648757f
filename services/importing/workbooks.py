"""One sheet of an .xlsx workbook, as the rows that it would have if it were saved as CSV.

A file from anywhere is first looked through by a parser that keeps nothing. Only what was looked at is handed on to the
library, packed anew: it takes a rectangle as large as the sheet's last cell says, and a packed file may grow a
thousandfold.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import TypeAlias
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from python_calamine import CalamineError, CalamineWorkbook

from services.importing.plan import WrongFile
from services.importing.waiting import Still, always

ZIPPED, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BEGUN = (ZIPPED, OLD)
"""How workbooks begin: .xlsx, and those of before 2007 or with a password."""
PARTS = 2_000
UNPACKED = 64 << 20
ELEMENTS = 3_000_000
COLUMNS = 1_000
CELLS = 2_000_000
"""Of the rectangle from the first cell of a sheet to its last one that holds anything."""
TEXT = 64 << 20
"""Characters in all cells of a sheet: many cells may hold one long text that the file has once."""
SPOILT = 10_000
DIGITS = 15
"""A spreadsheet counts no further."""
BOOK, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
TEXTS = "xl/sharedStrings.xml"
BESIDE = ("[Content_Types].xml", "_rels/.rels", "xl/styles.xml")
MACROS = ("vbaproject.bin", ".xlm")
NO_VALUE = (
    "The cell holds a formula, and not what it came to. Open the file in a spreadsheet program and save it, or write"
    " the value itself."
)
ERROR = "The cell's formula came to an error."
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
Line: TypeAlias = tuple[int, list[str]]
Spoilt: TypeAlias = tuple[int, int, str, str]
"""A cell that has no value: its line, its column from 0, what stands there instead, and why that is none."""


def read_workbook(name: str, content: bytes, sheet: str, still: Still = always) -> tuple[list[Line], list[Spoilt]]:
    """The rows in which something stands, each of the same length and with its number in the sheet; the first has the
    names of the columns. `sheet`: which one, by its name; empty: the first. Raises WrongFile.
    """
    if content.startswith(OLD):
        raise WrongFile(f"{name} has a password, or is of a program from before 2007. Save it as .xlsx without one.")
    try:
        with ZipFile(BytesIO(content)) as packed:
            looked = _Looking(name, packed, _listed(name, packed), still).at(sheet)
        with CalamineWorkbook.from_filelike(BytesIO(looked.packed)) as book:
            found = book.get_sheet_by_name(looked.sheet).to_python(skip_empty_area=False)
    except (BadZipFile, ZlibError, EOFError, expat.ExpatError, CalamineError, NotImplementedError) as error:
        raise WrongFile(f"{name} is damaged, or no workbook in the format .xlsx.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the library ends where it did not expect something
            raise
        raise WrongFile(f"{name} is damaged, or no workbook in the format .xlsx.") from error
    lines = list[Line]()
    for number, cells in enumerate(found, start=1):
        still()
        lines.append((number, [text_of(cell) for cell in cells]))
    lost = {line for line, *_ in looked.spoilt}
    return [line for line in lines if line[0] in lost or any(cell.strip() for cell in line[1])], looked.spoilt


def sheets_in(name: str, content: bytes) -> list[str]:
    """What the sheets with cells of a workbook are called. Raises WrongFile."""
    try:
        with ZipFile(BytesIO(content)) as packed:
            return [*_Looking(name, packed, _listed(name, packed), always).sheets()]
    except (BadZipFile, ZlibError, EOFError, expat.ExpatError, NotImplementedError) as error:
        raise WrongFile(f"{name} is damaged, or no workbook in the format .xlsx.") from error


def text_of(cell: int | float | str | bool | time | date | datetime | timedelta) -> str:
    """A cell as CSV has it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        return format(Decimal(f"{cell:.{DIGITS}g}"), "f")
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def _listed(name: str, packed: ZipFile) -> dict[str, ZipInfo]:
    """What is in the file; refused before anything of it is unpacked."""
    parts = packed.infolist()
    found = {part.filename: part for part in parts}
    if any(part.filename.lower().endswith(MACROS) for part in parts):
        raise WrongFile(f"{name} holds macros. Save it as .xlsx, without them.")
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise WrongFile(f"{name} is too large once it is unpacked: more than {UNPACKED >> 20} MB.")
    odd = any(part.flag_bits & 1 or part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts)
    if odd or len(found) != len(parts) or BOOK not in found or LINKS not in found:
        raise WrongFile(f"{name} is damaged, or no workbook in the format .xlsx.")
    return found


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was looked at, packed anew; the sheet's name; its cells without a value."""

    packed: bytes
    sheet: str
    spoilt: list[Spoilt]


@dataclass(slots=True)
class _Looking:
    name: str
    packed: ZipFile
    parts: Mapping[str, ZipInfo]
    still: Still
    elements: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)

    def sheets(self) -> dict[str, str]:
        """The sheets with cells by their names, and the part that holds each."""
        sheets, links = dict[str, str](), dict[str, str]()

        def booked(tag: str, said: Mapping[str, str]) -> None:
            if tag == "sheet":
                link = next((value for key, value in said.items() if key.rpartition(":")[2] == "id"), "")
                sheets[said.get("name", "")] = link

        def linked(tag: str, said: Mapping[str, str]) -> None:
            if tag == "Relationship" and said.get("Type", "").endswith("/worksheet"):
                links[said.get("Id", "")] = posixpath.normpath(posixpath.join("xl", said.get("Target", ""))).lstrip("/")

        self._look(BOOK, booked)
        self._look(LINKS, linked)
        return {name: links[link] for name, link in sheets.items() if links.get(link) in self.parts}

    def at(self, wanted: str) -> _Looked:
        there = self.sheets()
        if not there or (wanted and wanted not in there):
            named = ", ".join([*there][:20])
            raise WrongFile(f"{self.name} has no sheet of this name. It has: {named}." if named
                            else f"{self.name} has no sheet with cells.")  # fmt: skip
        sheet = wanted or next(iter(there))
        for part in BESIDE:
            if part in self.parts:
                self._look(part, lambda tag, said: None)
        texts = _Texts()
        if TEXTS in self.parts:
            self._look(TEXTS, texts.began, said=texts.said)
        cells = _Cells(self.name, texts.lengths)
        self._look(there[sheet], cells.began, cells.ended, cells.said)
        return _Looked(self._anew(), sheet, cells.spoilt)

    def _look(
        self, part: str, began: Callable[[str, dict[str, str]], None], ended: Callable[[str], None] | None = None,
        said: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        parser = expat.ParserCreate("utf-8")

        def opened(tag: str, attributes: dict[str, str]) -> None:
            self.elements += 1
            if self.elements > ELEMENTS:
                raise WrongFile(f"{self.name} has more cells than can be read.")
            self.still()
            began(tag.rpartition(":")[2], attributes)

        parser.StartElementHandler = opened
        parser.StartDoctypeDeclHandler = self._declared
        if ended is not None:
            parser.EndElementHandler = lambda tag: ended(tag.rpartition(":")[2])
        if said is not None:
            parser.CharacterDataHandler = said
        with self.packed.open(self.parts[part]) as file:
            content = file.read()
        parser.Parse(content, True)
        self.kept[part] = content

    def _declared(self, *_: object) -> None:
        """No spreadsheet program declares a type: with it come entities, which grow while they are read."""
        raise WrongFile(f"{self.name} is damaged, or no workbook in the format .xlsx.")

    def _anew(self) -> bytes:
        made = BytesIO()
        with ZipFile(made, "w", ZIP_STORED) as packed:
            for name, content in self.kept.items():
                packed.writestr(name, content)
        return made.getvalue()


@dataclass(slots=True)
class _Texts:
    """How long each text is that cells refer to."""

    lengths: list[int] = field(default_factory=list)

    def began(self, tag: str, said: Mapping[str, str]) -> None:
        if tag == "si":
            self.lengths.append(0)

    def said(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


@dataclass(slots=True)
class _Cells:
    """Where the cells of a sheet stand that hold anything, and which of them have no value.

    What the library would read otherwise than we do is refused, or a cell could stand elsewhere, or refer to another
    text, than we counted. `lengths`: of the texts that cells refer to by number.
    """

    name: str
    lengths: list[int]
    text: int = 0
    spoilt: list[Spoilt] = field(default_factory=list)
    row: int = 0
    column: int = 0
    last: tuple[int, int] = (0, 0)
    kind: str = ""
    formula: bool = False
    within: bool = False
    inside: bool = False
    filled: bool = False
    value: str = ""

    def began(self, tag: str, said: Mapping[str, str]) -> None:
        if tag == "row":
            self._sound(not self.within)
            self.within = True
            self.row, self.column = self._number(said.get("r", str(self.row + 1))), 0
        elif tag == "c":
            self._cell(said)
        elif tag == "f":
            self.formula = True
        elif tag in ("v", "is"):
            self._sound(not self.filled)
            self.inside = self.filled = True

    def said(self, text: str) -> None:
        if not self.inside:
            return
        # A number in pieces, with a comment or a character's number in it, is another one to the library.
        self._sound(self.kind != "s" or not self.value)
        if len(self.value) < 100:
            self.value += text

    def ended(self, tag: str) -> None:
        if tag == "row":
            self.within = False
        elif tag in ("v", "is"):
            self.inside = False
        if tag != "c":
            return
        if self.filled:
            self._reaches()
        if self.formula and not self.value and not (self.kind == "str" and self.filled):
            self._spoil(NO_VALUE)
        elif self.kind == "e":
            self._spoil(ERROR)

    def _spoil(self, why: str) -> None:
        if len(self.spoilt) < SPOILT:
            self.spoilt.append((self.row, self.column - 1, self.value, why))

    def _cell(self, said: Mapping[str, str]) -> None:
        self.kind, self.formula, self.filled, self.value = said.get("t", ""), False, False, ""
        place = said.get("r")
        if place is None:
            self.column += 1
            return
        found = _CELL.fullmatch(place)
        if found is None or int(found[2]) != self.row:
            raise self._damaged()
        self.column = 0
        for letter in found[1]:
            self.column = self.column * 26 + ord(letter) - 64

    def _reaches(self) -> None:
        self.last = max(self.last[0], self.row), max(self.last[1], self.column)
        if self.last[1] > COLUMNS or self.last[0] * self.last[1] > CELLS:
            raise WrongFile(
                f"{self.name} has a cell too far out: a sheet has at most {COLUMNS} columns and {CELLS} cells up to the"
                " last one. Delete the empty rows and columns behind your table."
            )
        if self.kind == "s":
            number = self.value.strip()
            self._sound(number.isascii() and number.isdecimal() and int(number) < len(self.lengths))
            self.text += self.lengths[int(number)]
            if self.text > TEXT:
                raise WrongFile(f"{self.name} is too large once it is unpacked: more than {TEXT >> 20} MB.")

    def _number(self, text: str) -> int:
        self._sound(re.fullmatch(r"[1-9][0-9]{0,6}", text) is not None)
        return int(text)

    def _sound(self, holds: bool) -> None:
        if not holds:
            raise self._damaged()

    def _damaged(self) -> WrongFile:
        return WrongFile(f"{self.name} is damaged, or no workbook in the format .xlsx.")
