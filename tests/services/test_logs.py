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
