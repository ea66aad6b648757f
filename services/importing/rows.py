"""Rows of a file, each with the line it begins on: of a published CSV, or of a sheet that somebody brings."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.importing.plan import BadRow, WrongFile
from services.importing.waiting import Still, always
from services.importing.workbooks import BEGUN, read_workbook

LONGEST_CELL = 1_000_000
LARGEST_FILE = 500_000_000
NOTE = "#"
"""Columns whose names begin so are the government's own notes: the register does not read them."""
NAMED = 5
"""Columns that the sentence on a wrong file names; one of another kind lacks all of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by column, stripped. `line`: where it begins; the header is line 1."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def bad(self, key: str, column: str, reason: str) -> BadRow:
        return BadRow(self.line, key, column, self.cells.get(column, "")[:200], reason)


@dataclass(frozen=True, slots=True)
class File:
    """A file as somebody brings it, and what they call it. `sheet`: which one of a workbook; empty: its first."""

    name: str
    content: bytes
    sheet: str = ""


def file_at(path: Path, sheet: str = "") -> File:
    """Raises WrongFile."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise WrongFile(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB.")
        return File(str(path), path.read_bytes(), sheet)
    except OSError as error:
        raise WrongFile(f"{path} cannot be read: {error.strerror}.") from error


def read_rows(path: Path, columns: Sequence[str]) -> tuple[list[Row], list[BadRow]]:
    """All rows of a UTF-8 CSV file that has these columns, and the rows whose cells do not fit the header.

    Raises WrongFile where the file cannot be this source at all.
    """
    name, text = str(path), _text(file_at(path))
    return _read(name, text, ",", lambda header: _check_header(name, header, columns), str.strip)


def read_own_rows(
    file: File, check: Callable[[Sequence[str]], None], still: Still = always
) -> tuple[list[Row], list[BadRow]]:
    """All rows of a spreadsheet, a workbook's or saved as CSV, cells as they are.

    Half of Europe's spreadsheets put semicolons where others put commas: the header tells. `check` sees the header,
    and raises WrongFile.
    """
    if file.content.startswith(BEGUN):
        return _of_workbook(file, check, still)
    text = _text(file)
    first = text.partition("\n")[0]
    sign = max((",", ";", "\t"), key=first.count)
    return _read(file.name, text, sign, check, str, still)


def _of_workbook(file: File, check: Callable[[Sequence[str]], None], still: Still) -> tuple[list[Row], list[BadRow]]:
    lines, spoilt = read_workbook(file.name, file.content, file.sheet, still)
    (_, header), *below = lines or [(1, [])]
    check(header)
    _check_twice(file.name, header)
    rows = [Row(line, dict(zip(header, cells, strict=True))) for line, cells in below]
    bad = list[BadRow]()
    for line, column, value, reason in spoilt:
        name = header[column] if column < len(header) else ""
        if name and not name.startswith(NOTE):
            bad.append(BadRow(line, "", name, value, reason))
    if not rows:
        raise WrongFile(_no_row(file.name, bad))
    lost = {one.line for one in bad}
    return [row for row in rows if row.line not in lost], bad


def _read(
    name: str, text: str, sign: str, check: Callable[[Sequence[str]], None], tidy: Callable[[str], str],
    still: Still = always,
) -> tuple[list[Row], list[BadRow]]:  # fmt: skip
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        header = next(reader, [])
        check(header)
        _check_twice(name, header)
        rows, bad = _rows(header, ((reader.line_num, cells) for cells in reader), tidy, still)
    except csv.Error as error:
        raise WrongFile(f"{name} is not a CSV file: {error} (line {reader.line_num}).") from error
    if not rows:
        raise WrongFile(_no_row(name, bad))
    return rows, bad


def _no_row(name: str, bad: Sequence[BadRow]) -> str:
    why = f" Line {bad[0].line}: {bad[0].reason}" if bad else ""
    return f"{name} has no row that can be read below its header.{why}"


def _text(file: File) -> str:
    name, content = file.name, file.content
    if not content.strip():
        raise WrongFile(f"{name} is empty.")
    if b"\0" in content:
        raise WrongFile(f"{name} is not a text file: it holds NUL bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongFile(f"{name} is not UTF-8 (line {line}). Save it as CSV in UTF-8.") from error


def _check_header(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    for sign, separated in (";", "semicolons"), ("\t", "tabs"):
        if missing and len(header) == 1 and sign in header[0]:
            raise WrongFile(f"{name} has its columns separated by {separated}. Save it as CSV with commas.")
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        named = ", ".join(missing[:NAMED]) + more
        raise WrongFile(f"{name} lacks the columns {named}: it is another file, or another edition.")


def _check_twice(name: str, header: Sequence[str]) -> None:
    twice = sorted(column for column, many in Counter(header).items() if column and many > 1)
    if twice:
        raise WrongFile(f"{name} has columns of the same name: {', '.join(twice)}.")


def _rows(
    header: Sequence[str], lines: Iterable[tuple[int, list[str]]], tidy: Callable[[str], str], still: Still
) -> tuple[list[Row], list[BadRow]]:
    """`lines`: the line on which each row ends, and its cells; a cell may hold line breaks."""
    rows, bad = [], []
    last = 1
    for ends, cells in lines:
        still()
        line, last = last + 1, ends
        if len(cells) == len(header):
            rows.append(Row(line, {name: tidy(cell) for name, cell in zip(header, cells, strict=True)}))
        elif cells:
            reason = f"The row has {len(cells)} cells, and the header {len(header)}."
            bad.append(BadRow(line, cells[0][:60], "", "", reason))
    return rows, bad


def repeated(rows: Sequence[Row], column: str) -> list[BadRow]:
    """Every row whose key another row before it has."""
    seen: dict[str, int] = {}
    bad = []
    for row in rows:
        first = seen.setdefault(row[column], row.line)
        if first != row.line:
            bad.append(row.bad(row[column], column, f"Line {first} has the same key."))
    return bad
