"""Workbooks as they are written: read back by our own reader and by openpyxl, whatever stands in them."""

import io
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.importing.workbooks import read_workbook
from services.workbooks import DIGITS, LONGEST, Cell, Workbook, as_workbook, workbook

HEADER = ["what", "many", "when"]
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
"""XML has no way to say the last two, which are no characters: they become `_xFFFE_` and `_xFFFF_`."""


def cells(content: bytes, sheet: str = "") -> list[list[str]]:
    return [row for _, row in read_workbook("ours.xlsx", content, sheet)[0]]


def typed(content: bytes) -> list[list[Any]]:
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page is not None
    return [[cell.value for cell in row] for row in page.iter_rows()]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_every_text_comes_back(texts: list[str]) -> None:
    rows = [[f"{number}", text] for number, text in enumerate(texts)]
    assert cells(workbook("texts", ["number", "text"], rows))[1:] == rows


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@now", "\uff1d1", "<r><t>x</t></r>", "_x0041_", "_x005F_x0041_", "__x0041_", "a\r\nb\tc",
     " both ends ", "\x01\x1f", "]]>&amp;", "01053", "1e5", "true", "2026-11-28", "😀"],
)  # fmt: skip
def test_a_text_is_a_text_whatever_it_looks_like(text: str) -> None:
    content = workbook("texts", ["a", text], [["x", text]])
    assert cells(content) == [["a", text], ["x", text]]
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page is not None
    assert [page["B1"].data_type, page["B2"].data_type] == ["s", "s"]


@given(
    whole=st.integers(-(10**20), 10**20), amount=st.decimals(-(10**30), 10**30, allow_nan=False, allow_infinity=False)
)
def test_a_number_is_one_as_far_as_a_spreadsheet_counts(whole: int, amount: Decimal) -> None:
    ((_, first, second),) = cells(workbook("numbers", ["key", "whole", "amount"], [["k", whole, amount]]))[1:]
    assert int(first) == whole
    assert Decimal(second) == amount
    kept = typed(workbook("numbers", ["key", "whole"], [["k", whole]]))[1][1]
    assert isinstance(kept, int if abs(whole) < 10**DIGITS else str)


@given(st.dates())
def test_a_day_is_the_same_day(day: date) -> None:
    assert cells(workbook("days", ["key", "day"], [["k", day]]))[1:] == [["k", day.isoformat()]]


def test_what_is_yes_or_no_is_no_number_and_what_is_not_there_is_no_cell() -> None:
    content = workbook("ours", HEADER, [[True, 1, None], [False, 0, ""]])
    assert cells(content)[1:] == [["true", "1", ""], ["false", "0", ""]]
    assert typed(content)[1:] == [[True, 1, None], [False, 0, None]]


@pytest.mark.parametrize("text", ["x" * 40_000, "😀" * 20_000], ids=["plain", "pairs"])
def test_a_text_that_no_cell_holds_says_that_there_is_more(text: str) -> None:
    ((found,),) = cells(workbook("long", ["text"], [[text]]))[1:]
    assert len(found.encode("utf-16-le")) // 2 <= LONGEST
    assert found.endswith("…")
    assert text.startswith(found[:-1])
    assert cells(workbook("long", ["text"], [["x" * LONGEST]]))[1:] == [["x" * LONGEST]]


def test_what_one_sheet_has_no_room_for_stands_on_further_ones() -> None:
    name = "a-view-with-a-name-of-some-length"
    book = Workbook(name, ["n"], at_most=3)
    content = book.rows([[number] for number in range(5)]) + book.rows([[5]]) + book.end()
    sheets = [name[:31], name[:29] + " 2", name[:29] + " 3"]
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == sheets
    assert [cells(content, one) for one in sheets] == [[["n"], [f"{n}"], [f"{n + 1}"]] for n in (0, 2, 4)]
    full = Workbook("ours", ["n"], part=1)
    content = full.rows([[0], [1]]) + full.end()
    assert [cells(content, one) for one in ("ours", "ours 2")] == [[["n"], ["0"]], [["n"], ["1"]]]


def test_without_rows_there_is_the_header() -> None:
    content = workbook("ours", HEADER, [])
    assert cells(content) == [HEADER]
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page is not None
    assert (page.title, page["A1"].font.b) == ("ours", True)


def test_the_same_rows_are_the_same_bytes() -> None:
    rows: list[list[Cell]] = [["a", 1, date(2026, 11, 28)]]
    assert workbook("ours", HEADER, rows) == workbook("ours", HEADER, rows)


async def test_it_is_sent_as_it_comes_and_nothing_of_it_is_kept() -> None:
    many, sent, most = 300, 0, 0

    async def batches() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        for number in range(many):
            yield [[f"{number} {one * 7919 % 1000} and what it says", one, date(2026, 11, 28)] for one in range(100)]

    tracemalloc.start()
    try:
        async for chunk in as_workbook("ours", HEADER, batches()):
            sent, most = sent + len(chunk), max(most, len(chunk))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent > 400_000
    assert most < sent / 10
    assert peak < 1_000_000
