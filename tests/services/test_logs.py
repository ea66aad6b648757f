"""Logs tell what happened, and hold nothing that is not public."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.logs import configure_logs


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("info", stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def fail(token: str) -> None:
    raise LookupError(f"a token of {len(token)} characters")


def test_an_error_is_told_with_its_frames_and_without_what_their_variables_held(out: io.StringIO) -> None:
    for tell in (structlog.get_logger().error, logging.getLogger("a.library").error):
        try:
            fail("sub_" + "very-secret")
        except LookupError as error:
            tell("unforeseen", exc_info=error)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    for line in lines:
        assert "very-secret" not in line
        frames = json.loads(line)["exception"][0]["frames"]
        assert [frame["name"] for frame in frames][-1] == "fail"


def test_a_database_that_is_gone_is_told_in_one_line_by_each_pool_that_asks(out: io.StringIO) -> None:
    try:
        raise ConnectionRefusedError(111, "Connection refused")
    except OSError:
        logging.getLogger("asyncpg.pool").warning(
            "Failed to restore the pool connection floor; retrying", exc_info=True
        )
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert "exception" not in told
    assert told["event"].startswith("Failed to restore the pool connection floor; retrying: ConnectionRefusedError(111")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_in_a_request_begins_a_line_or_commands_the_terminal_of_who_reads_the_log() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Terminal()
    try:
        configure_logs("info", stream)
        structlog.get_logger().info("command", path="/v1/\x1b[2J\x9b31m\u202e", error="a\r\n[error]forged", status=401)
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    told = stream.getvalue()
    assert told.count("\n") == 1
    assert "\x1b[2J" not in told
    assert r"/v1/\x1b[2J\x9b31m\u202e" in told
