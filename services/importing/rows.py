"""Rows of a published CSV file, each with the line it begins on."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.importing.plan import BadRow, WrongFile

LONGEST_CELL = 1_000_000
LARGEST_FILE = 500_000_000
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


def read_rows(path: Path, columns: Sequence[str]) -> tuple[list[Row], list[BadRow]]:
    """All rows of a UTF-8 CSV file that has these columns, and the rows whose cells do not fit the header.

    Raises WrongFile where the file cannot be this source at all.
    """
    return _read(path, _text(path), ",", lambda header: _check_header(path, header, columns), str.strip)


def read_own_rows(path: Path, check: Callable[[Sequence[str]], None]) -> tuple[list[Row], list[BadRow]]:
    """All rows of a spreadsheet saved as CSV, cells as they are; rows in which nothing stands are none.

    Half of Europe's spreadsheets put semicolons where others put commas: the header tells. `check` sees the header,
    and raises WrongFile.
    """
    text = _text(path)
    first = text.partition("\n")[0]
    sign = max((",", ";", "\t"), key=first.count)
    return _read(path, text, sign, check, str)


def _read(
    path: Path, text: str, sign: str, check: Callable[[Sequence[str]], None], tidy: Callable[[str], str]
) -> tuple[list[Row], list[BadRow]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        header = next(reader, [])
        check(header)
        _check_twice(path, header)
        rows, bad = _rows(header, ((reader.line_num, cells) for cells in reader), tidy)
    except csv.Error as error:
        raise WrongFile(f"{path} is not a CSV file: {error} (line {reader.line_num}).") from error
    if not rows:
        why = f" Line {bad[0].line}: {bad[0].reason}" if bad else ""
        raise WrongFile(f"{path} has no row that can be read below its header.{why}")
    return rows, bad


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise WrongFile(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise WrongFile(f"{path} cannot be read: {error.strerror}.") from error
    if not content.strip():
        raise WrongFile(f"{path} is empty.")
    if b"\0" in content:
        raise WrongFile(f"{path} is not a text file: it holds NUL bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongFile(f"{path} is not UTF-8 (line {line}). Save it as CSV in UTF-8.") from error


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    for sign, separated in (";", "semicolons"), ("\t", "tabs"):
        if missing and len(header) == 1 and sign in header[0]:
            raise WrongFile(f"{path} has its columns separated by {separated}. Save it as CSV with commas.")
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        named = ", ".join(missing[:NAMED]) + more
        raise WrongFile(f"{path} lacks the columns {named}: it is another file, or another edition.")


def _check_twice(path: Path, header: Sequence[str]) -> None:
    twice = sorted(column for column, many in Counter(header).items() if column and many > 1)
    if twice:
        raise WrongFile(f"{path} has columns of the same name: {', '.join(twice)}.")


def _rows(
    header: Sequence[str], lines: Iterable[tuple[int, list[str]]], tidy: Callable[[str], str]
) -> tuple[list[Row], list[BadRow]]:
    """`lines`: the line on which each row ends, and its cells; a cell may hold line breaks."""
    rows, bad = [], []
    last = 1
    for ends, cells in lines:
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
