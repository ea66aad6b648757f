"""Reads a sheet: each row typed, or each of its cells named that cannot be read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from api.faults import Fault, Invalid, Wrong
from api.sheets.layout import Column
from api.sheets.sheets import FROM_SOURCE, SHEETS, Sheet
from api.values import ID
from domain.kernel import StreamId
from services.importing.directory import Directory
from services.importing.plan import BadRow, WrongFile
from services.importing.rows import NOTE, File, Row, read_own_rows
from services.importing.sheet_commitments import stream_of_commitment
from services.importing.sheet_units import stream_of_unit
from services.importing.sheets import Said
from services.importing.waiting import Still, always

NAMED = 10
_ID = re.compile(ID)
UNSOURCED = Fault(
    "not-from-source",
    "Of what is recorded from a published source a sheet carries no such thing: the unit adds it itself, once it has"
    " confirmed the rest.",
)
NAMELESS = ("required", "Name the row: by the id that the register gave it, or by what you call it yourself.")
NAMELESS_UNIT = ("required", "Name the unit: by its id, or by a code in identifiers.1.")
NO_ID = ("form", "An id of the register is asked for, or nothing; codes stand in identifiers.1 and so on.")
OTHER_ID = ("form", "The source's row has another id in the register. Leave this cell empty.")
NO_UNIT = ("unknown-unit", "No unit has this code. A unit is named by its id or by a code, like insee:69123.")
NO_UNIT_OF_ID = ("unknown-unit", "There is no unit of this id.")


@dataclass(slots=True)
class Units:
    """Whom a cell may name: units of the register, and those that the sheet itself brings (`own`, by id and code)."""

    directory: Directory
    own: dict[str, UUID] = field(default_factory=dict)

    def named(self, text: str) -> UUID:
        """Raises Wrong."""
        if _ID.fullmatch(text):
            id_ = UUID(text)
            if id_ not in self.directory.units and str(id_) not in self.own:
                raise Wrong(*NO_UNIT_OF_ID)
            return id_
        known = self.directory.by_code.get(text)
        if known is not None:
            return known.id
        if text not in self.own:
            raise Wrong(*NO_UNIT)
        return self.own[text]

    def bring(self, row: Row) -> None:
        """A row of the sheet brings its unit, by whatever it says of its codes."""
        codes = [*_codes(row)]
        key = row.cells.get("id", "").strip()
        stream = stream_of_unit(key, codes, self.directory) if not key or _ID.fullmatch(key) else None
        if stream is not None:
            self.own |= {str(stream): stream} | {f"{scheme}:{value}": stream for scheme, value in codes}


def _codes(row: Row) -> Iterator[tuple[str, str]]:
    for name, cell in row.cells.items():
        if name.startswith("identifiers.") and name.endswith(".scheme") and cell.strip():
            yield cell.strip(), row.cells.get(name.removesuffix("scheme") + "value", "").strip()


def _called(row: Row) -> str:
    """How people find a row without an id in their file."""
    codes = [":".join(code) for code in _codes(row)]
    return next(iter(codes), row.cells.get("source.row_key", "").strip())


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of a file, and the cells of it that cannot be read."""

    rows: list[Said]
    bad: list[BadRow]
    cells: Mapping[int, Mapping[str, str]]
    """What stands in each line, by column."""

    def found(self, bad: BadRow) -> BadRow:
        """With the cell as the file has it: a title is called `title.fr` where that is what is filled in."""
        cells = self.cells.get(bad.line, {})
        filled = [name for name, cell in cells.items() if cell.strip()]
        at = bad.column
        while at and at not in cells:
            if inner := [name for name in filled if name.startswith(f"{at}.")]:
                at = inner[0]
            else:
                at = at.rpartition(".")[0]
        return replace(bad, column=at, value=cells[at][:200]) if at else bad


def read_sheet(
    sheet: Sheet, file: File, directory: Directory, at_most: int | None = None, still: Still = always
) -> Read:
    """`at_most`: rows that are taken. Raises WrongFile, and what `still` raises between two rows."""
    columns: list[Column] = []
    rows, bad = read_own_rows(file, lambda header: columns.extend(_columns(sheet, file.name, header)), still)
    rows = [row for row in rows if any(cell.strip() for cell in row.cells.values())]
    if at_most is not None and len(rows) > at_most:
        raise WrongFile(f"{file.name} has {len(rows)} rows: at most {at_most} are taken here. Part it into several.")
    units = Units(directory)
    if sheet is SHEETS["units"]:
        for row in rows:
            units.bring(row)
    reading = _Reading(sheet, columns, units, bad)
    said = list[Said]()
    for row in rows:
        still()
        if (one := reading.said(row)) is not None:
            said.append(one)
    return Read(said, bad, {row.line: row.cells for row in rows})


def _columns(sheet: Sheet, name: str, header: Sequence[str]) -> list[Column]:
    """The columns of the file. Raises WrongFile: what is read by nobody is not lost unseen."""
    names = [one for one in header if one and not one.startswith(NOTE)]
    found = {one: sheet.layout.column(one) for one in names}
    if unknown := [one for one, column in found.items() if column is None]:
        raise WrongFile(f"{name} has columns that the register does not know: {_told(sheet, unknown)}")
    there = {one.partition(".")[0] for one in names}
    if lacking := [one for one in sheet.required if one not in there]:
        raise WrongFile(f"{name} lacks the columns {', '.join(lacking)}. What a sheet looks like, its template shows.")
    return [column for column in found.values() if column is not None]


def _told(sheet: Sheet, unknown: Sequence[str]) -> str:
    more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
    near = [one for name in unknown[:NAMED] for one in get_close_matches(name, sheet.layout.sample(), 1)]
    meant = f" Near to them: {', '.join(dict.fromkeys(near))}." if near else ""
    return f"{', '.join(unknown[:NAMED])}{more}.{meant} Begin the names of your own notes with {NOTE}."


@dataclass(slots=True)
class _Reading:
    sheet: Sheet
    columns: Sequence[Column]
    units: Units
    bad: list[BadRow]

    def said(self, row: Row) -> Said | None:
        """What a row says; None, and what is wrong with it kept, where it cannot be read."""
        filled = [one for one in self.columns if row.cells[one.name].strip()]
        request = self.sheet.request(frozenset(str(one.path[0]) for one in filled))
        body, wrong = self.sheet.layout.body(row.cells, self.columns, self.units.named)
        known = {part.name for part in request.parts}
        wrong += [(one.name, UNSOURCED) for one in filled if one.path[0] not in known][:1]
        key = str(body.get("id") or "")
        if not wrong:
            try:
                return self._typed(row, key, request.read(body))
            except Invalid as invalid:
                wrong = [(self.sheet.layout.column_at(one), one.fault) for one in invalid.faults]
            except Wrong as found:
                wrong = [("id", found.fault)]
        self.bad += [row.bad(key or _called(row), at, str(fault)) for at, fault in wrong]
        return None

    def _typed(self, row: Row, key: str, read: Mapping[str, Any]) -> Said:
        """Raises Wrong where nobody can tell what the row is about."""
        terms = {name: value for name, value in read.items() if name != "id"}
        if self.sheet is SHEETS["units"]:
            codes = [(code.scheme, code.value) for code in terms["identifiers"]]
            return Said(row.line, key or _called(row), self._unit(key, codes), terms)
        source: Any = terms.get(FROM_SOURCE)
        if source is None and not key:
            raise Wrong(*NAMELESS)
        stream = stream_of_commitment(key, terms)
        if source is not None and _ID.fullmatch(key) and UUID(key) != stream:
            raise Wrong(*OTHER_ID)
        return Said(row.line, key or _called(row), stream, terms)

    def _unit(self, key: str, codes: Sequence[tuple[str, str]]) -> StreamId:
        if key and not _ID.fullmatch(key):
            raise Wrong(*NO_ID)
        stream = stream_of_unit(key, codes, self.units.directory)
        if stream is None:
            raise Wrong(*NAMELESS_UNIT)
        return stream
