"""Bodies that come slowly, or in part: nobody holds a connection for ever, and nothing half said is recorded."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from api import binding, commands
from api.faults import Invalid
from api.officers import sent
from api.officers.sent import WITH_FILES
from tests.api.client import get, head
from tests.api.conftest import Live
from tests.api.test_officers import FORM, PROPOSE
from tests.api.test_officers_documents import BORDER
from tests.api.test_officers_sheets import AT, brought
from tests.waiting import PATIENCE

COMMAND = "/v1/commitments/propose"
SHEET = b"title.en\nTrees\n"


@contextmanager
def saying(live: Live, address: str, body: bytes, *headers: str) -> Iterator[socket.socket]:
    """A line on which a request was begun, and so much of its body sent."""
    where = urlsplit(live.url)
    first = [f"POST {address} HTTP/1.1", f"Host: {where.netloc}", f"Origin: {live.url}", *headers]
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as wire:
        wire.sendall("\r\n".join([*first, "", ""]).encode() + body)
        yield wire


def heard(wire: socket.socket) -> bytes:
    """Everything until the other side hangs up."""
    found = b""
    while chunk := wire.recv(1 << 16):
        found += chunk
    return found


@pytest.mark.parametrize("declared", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_not_waited_for(
    live: Live, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binding, "WITHIN", 1.0)
    monkeypatch.setattr(sent, "READ_WITHIN", 1.0)
    before, cookie = head(live), f"Cookie: subsidia-officer={live.officer}"
    begun = b'2\r\n{"\r\n' if "chunked" in declared else b'{"'
    for address, headers in (
        (COMMAND, (f"Authorization: Bearer {live.officer}", "Content-Type: application/json")),
        (PROPOSE, (cookie, f"Content-Type: {FORM}")),
        (PROPOSE, (cookie, f"Content-Type: multipart/form-data; boundary={BORDER}")),
    ):
        with saying(live, address, begun, declared, *headers) as wire:
            answer = heard(wire)
        assert answer.startswith(b"HTTP/1.1 408 "), answer
        assert b"within 1 seconds" in answer
        assert b"connection: close" in answer.lower()
    assert head(live) == before


def test_who_hangs_up_half_way_records_nothing_and_is_no_fault_of_ours(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = list[BaseException]()

    async def watched(*asked: Any) -> Any:
        try:
            return await binding.read_body(*asked)
        except BaseException as error:
            ended.append(error)
            raise

    monkeypatch.setattr(commands, "read_body", watched)
    before = head(live)
    headers = (f"Authorization: Bearer {live.officer}", "Content-Type: application/json", "Content-Length: 100")
    with capture_logs() as logged:
        with saying(live, COMMAND, b'{"title":', "Expect: 100-continue", *headers) as wire:
            assert wire.recv(100).startswith(b"HTTP/1.1 100 "), "it is read"
        ends = monotonic() + PATIENCE / 2  # sooner than it would be given up for being slow
        while not ended:
            assert monotonic() < ends, "it is waited for still"
            sleep(0.01)
        assert get(live, "/livez").status == 200
    assert [type(one) for one in ended] == [Invalid]
    assert (head(live), logged) == (before, [])


def test_what_stands_before_the_parts_of_a_form_is_bounded(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing, and would be read for ever."""
    monkeypatch.setattr(sent, "READ", 1 << 20)
    for token in ("sub_nobody", live.officer):
        headers = f"Content-Type: multipart/form-data; boundary={BORDER}", f"Cookie: subsidia-officer={token}"
        line = b"400\r\n" + (b"x" * 1022 + b"\r\n") + b"\r\n"
        with saying(live, PROPOSE, b"", "Transfer-Encoding: chunked", *headers) as wire:
            for _ in range((2 << 20 >> 10) + 1):
                wire.sendall(line)
            assert wire.recv(20).startswith(b"HTTP/1.1 413 ")


def test_of_a_sheet_that_waits_for_its_turn_nothing_is_read(live: Live) -> None:
    """Or everybody's files would be held at once, each many times its size."""
    cookie, answered = f"subsidia-officer={live.officer}", list[int]()
    second = Thread(target=lambda: answered.append(brought(live, SHEET).status))
    headers = ("Content-Length: 100", f"Cookie: {cookie}", f"Content-Type: {WITH_FILES}; boundary={BORDER}")
    with saying(live, AT, b"--", *headers):
        get(live, AT, {"Cookie": cookie})  # by now the first one has its turn
        second.start()
        for _ in range(5):  # other units go on
            assert brought(live, SHEET, token=live.registrar).status == 422
        assert answered == []
    second.join(PATIENCE)
    assert answered == [422]
