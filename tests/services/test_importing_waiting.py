"""Whoever reads a file stops soon after nobody waits for it."""

import asyncio
from io import BytesIO
from itertools import count
from threading import Event

import openpyxl
import pytest

from services.importing.rows import File, read_own_rows
from services.importing.waiting import Still, Unwanted, while_wanted
from tests.waiting import PATIENCE

ROWS = 40


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for number in range(ROWS):
        book.active.append(["title", str(number)])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("content", [b"a,b\n" + b"c,d\n" * ROWS, workbook()], ids=["csv", "xlsx"])
def test_it_is_asked_at_every_row(content: bytes) -> None:
    asked = count()

    def still() -> None:
        if next(asked) == ROWS // 2:
            raise Unwanted

    with pytest.raises(Unwanted):
        read_own_rows(File("ours", content), lambda header: None, still)
    assert next(asked) == ROWS // 2 + 1


async def test_the_thread_ends_when_the_time_is_over() -> None:
    begun, ended = Event(), Event()

    def work(still: Still) -> None:
        begun.set()
        try:
            while True:
                still()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await while_wanted(work)
    assert await asyncio.to_thread(ended.wait, PATIENCE)
    assert begun.is_set()


async def test_what_is_waited_for_is_done_to_its_end() -> None:
    def work(still: Still) -> int:
        still()
        return 7

    assert await while_wanted(work) == 7
