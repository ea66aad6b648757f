"""Workbooks as spreadsheet programs write them say what their CSV says; hostile ones are refused before they grow."""

import re
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from services.importing import workbooks
from services.importing.plan import WrongFile
from services.importing.rows import File, read_own_rows
from services.importing.workbooks import ERROR, NO_VALUE, read_workbook

MIDNIGHT = datetime.combine(date(2030, 6, 30), time())
NOON = datetime.combine(date(2030, 6, 30), time(12, 5))
DAMAGED = "is damaged, or no workbook"
ENTITIES = (
    b'<!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&b;</t></si></sst>'
)


def workbook(*rows: Sequence[Any], **others: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    for row in rows:
        first.append(list(row))
    for name, lines in others.items():
        for row in lines:
            book[name].append(row) if name in book.sheetnames else book.create_sheet(name).append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def changed(content: bytes, parts: Mapping[str, Callable[[bytes], bytes]], method: int = ZIP_DEFLATED) -> bytes:
    """The same with other parts; a part that is not there is put in."""
    out, done = BytesIO(), set[str]()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w", method) as new:
        for name in old.namelist():
            done.add(name)
            new.writestr(name, parts[name](old.read(name)) if name in parts else old.read(name))
        for name in parts.keys() - done:
            new.writestr(name, parts[name](b""))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
PLAIN = workbook(["id", "name"], ["1", "x"])


def test_cells_say_what_their_csv_says() -> None:
    rows: list[list[Any]] = [
        ["date", "moment", "midnight", "time", "whole", "part", "sum", "large", "yes", "text"],
        [date(2030, 6, 30), NOON, MIDNIGHT, time(3, 4), 300, 1.5, 0.1 + 0.2,
         10**14, True, " 0047 "],
    ]  # fmt: skip
    lines, spoilt = read_workbook("x", workbook(*rows), "")
    assert spoilt == []
    assert lines == [
        (1, rows[0]),
        (2, ["2030-06-30", "2030-06-30T12:05:00", "2030-06-30", "03:04:00", "300", "1.5", "0.3", "100000000000000",
             "true", " 0047 "]),
    ]  # fmt: skip


def test_a_sheet_is_the_first_or_the_one_that_is_named() -> None:
    book = workbook(["id"], ["1"], Plan=[["id"], ["2"]])
    assert read_workbook("x", book, "")[0][1] == (2, ["1"])
    assert read_workbook("x", book, "Plan")[0][1] == (2, ["2"])
    with pytest.raises(WrongFile, match=r"It has: Sheet, Plan\."):
        read_workbook("x", book, "plan")


def test_rows_have_the_numbers_that_people_see_and_empty_ones_are_none() -> None:
    lines, _ = read_workbook("x", workbook([], ["id", "name"], [], [None, None], ["1", "x"]), "")
    assert lines == [(2, ["id", "name"]), (5, ["1", "x"])]


def test_a_formula_is_taken_by_the_value_that_was_kept_and_else_named() -> None:
    book = workbook(["id", "sum", "text"], ["1", "=1+1", '=""'], ["2", "=1+2", None])
    kept = changed(book, {SHEET: lambda content: re.sub(
        rb'<c r="C2".*?</c>', b'<c r="C2" t="str"><f>""</f><v></v></c>', content.replace(
            b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(b"<f>1+1</f><v/>", b"<f>1+1</f><v>2</v>"))})  # fmt: skip
    lines, spoilt = read_workbook("x", kept, "")
    assert lines[1] == (2, ["1", "2", ""])
    assert spoilt == [(3, 1, "", NO_VALUE)]
    rows, bad = read_own_rows(File("x", kept), lambda header: None)
    assert [row["id"] for row in rows] == ["1"]
    assert [(one.line, one.column, one.reason) for one in bad] == [(3, "sum", NO_VALUE)]


def test_an_error_is_no_value_and_in_a_note_nobody_minds() -> None:
    book = workbook(["id", "name", "# note"], ["1", "x", "#N/A"], ["2", "#REF!", "y"])
    rows, bad = read_own_rows(File("x", book), lambda header: None)
    assert [row["id"] for row in rows] == ["1"]
    assert [(one.line, one.column, one.value, one.reason) for one in bad] == [(3, "name", "#REF!", ERROR)]


def test_a_format_far_below_the_table_is_nothing() -> None:
    book = openpyxl.load_workbook(BytesIO(PLAIN))
    book.worksheets[0].cell(1_048_576, 16_384).number_format = "0.00"
    out = BytesIO()
    book.save(out)
    assert read_workbook("x", out.getvalue(), "")[0] == [(1, ["id", "name"]), (2, ["1", "x"])]


def _far(content: bytes) -> bytes:
    return content.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


MAIN = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'
TEXTS = "xl/sharedStrings.xml"


def _told(text: bytes, cells: int = 1, number: int = 0) -> bytes:
    """A text that the file has once, and cells that refer to it."""
    below = b'<row><c t="s"><v>%d</v></c></row>' % number * cells
    return changed(PLAIN, {
        TEXTS: lambda _: text, SHEET: lambda content: content.replace(b"</sheetData>", below + b"</sheetData>"),
    })  # fmt: skip


def test_a_text_that_the_file_has_once_is_read_in_each_cell() -> None:
    lines, _ = read_workbook("x", _told(MAIN % b"<si><t>shade</t></si>", 2), "")
    assert [cells[0] for _, cells in lines[2:]] == ["shade", "shade"]


HOSTILE = {
    "no end": (b"PK\x03\x04", DAMAGED),
    "cut": (PLAIN[:-40], DAMAGED),
    "of before 2007": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password"),
    "macros": (changed(PLAIN, {"xl/vbaProject.bin": lambda _: b"x"}), "holds macros"),
    "entities": (_told(ENTITIES), DAMAGED),
    "a bomb": (changed(PLAIN, {"xl/media/film.bin": lambda _: bytes(70 << 20)}), "too large once it is unpacked"),
    "another packing": (changed(PLAIN, {}, ZIP_BZIP2), DAMAGED),
    "a million columns": (changed(PLAIN, {SHEET: _far}), "too far out"),
    "one text in many cells": (_told(MAIN % (b"<si><t>" + b"x" * (1 << 20) + b"</t></si>"), 100), "too large once"),
    "a text that is not there": (_told(MAIN % b"", 1, 99), DAMAGED),
    "no such cell": (changed(PLAIN, {SHEET: lambda content: content.replace(b'r="A2"', b'r="A-2"')}), DAMAGED),
    "half a sheet": (changed(PLAIN, {SHEET: lambda content: content[: len(content) // 2]}), DAMAGED),
    "no sheets": (changed(PLAIN, {"xl/workbook.xml": lambda _: b"<workbook/>"}), "no sheet with cells"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_broken_is_refused_in_a_sentence(name: str) -> None:
    content, said = HOSTILE[name]
    before = _most()
    with pytest.raises(WrongFile, match=re.escape(said)):
        read_workbook("x", content, "")
    assert _most() - before < 400 << 20


def test_cells_are_counted_though_nothing_is_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "ELEMENTS", 1_000)
    many = b"<row>" + b"<c/>" * 1_000 + b"</row></sheetData>"
    with pytest.raises(WrongFile, match="more cells than can be read"):
        read_workbook("x", changed(PLAIN, {SHEET: lambda content: content.replace(b"</sheetData>", many)}), "")


def _most() -> int:
    """Bytes of memory that this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


LONG = "x" * 5_000
NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def drawn(cells: str) -> bytes:
    """A sheet of these rows, whose cells may refer to a long text (0) and to a short one (1)."""
    sheet = b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (NS, cells.encode())
    texts = f"<si><t>{LONG}</t></si><si><t>x</t></si>".encode()
    book = changed(PLAIN, {SHEET: lambda _: sheet})
    return changed(book, {"xl/sharedStrings.xml": lambda _: b"<sst %s>%s</sst>" % (NS, texts)})


@pytest.mark.parametrize("number", ["0<!-- -->1", "0<![CDATA[1]]>", "0<?x y?>1", "0<b>1</b>", "0</v><v>1", "0&#49;",
                                    "&#48;" * 100 + "1"])  # fmt: skip
def test_a_cell_refers_to_the_text_whose_length_is_counted(number: str) -> None:
    with pytest.raises(WrongFile, match=DAMAGED):
        read_workbook("x", drawn(f'<row r="1"><c r="A1" t="s"><v>{number}</v></c></row>'), "")


def test_a_cell_with_an_error_is_no_farther_out_than_any_other() -> None:
    with pytest.raises(WrongFile, match="too far out"):
        read_workbook("x", drawn('<row r="1048576"><c r="XFD1048576" t="e"><v>#N/A</v></c></row>'), "")


@pytest.mark.parametrize("rows", ['<row r="1048576"><c r="ALK1"/><c><v>1</v></c></row>',
                                  '<row r="1"><row r="1"><c><v>1</v></c></row><c><v>1</v></c></row>'])  # fmt: skip
def test_cells_stand_where_they_are_counted(rows: str) -> None:
    with pytest.raises(WrongFile, match=DAMAGED):
        read_workbook("x", drawn(rows), "")


def test_cells_that_do_not_say_where_they_stand_follow_each_other() -> None:
    lines, _ = read_workbook(
        "x", drawn('<row><c><v>7</v></c><c t="s"><v>1</v></c></row><row r="3"><c><v>8</v></c></row>'), ""
    )
    assert lines == [(1, ["7", "x"]), (3, ["8", ""])]
