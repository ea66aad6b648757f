"""`subsidia erase`: asked about once more, and nothing is erased that is not said rightly."""

import re

import pytest
from click.testing import CliRunner

from api.cli import cli
from tests.api.verbs import Verbs, _logs_as_they_were, database, subject, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]


def test_an_erasure_is_asked_about_once_more(verbs: Verbs) -> None:
    id, record = subject(verbs)
    asked = CliRunner().invoke(cli, ["erase", record, "--basis", "A law"], input="n\n", env=verbs.environment)
    assert asked.exit_code == 1
    assert f"{record} /name  The first registrar" in asked.stdout
    assert subject(verbs) == (id, record), "it is still there"
    assert "recorded at position" in verbs.well("erase", id, "--basis", "A law", "--yes")
    assert verbs("erase", "--find", "first").exit_code == 1
    assert "was erased before" in verbs.well("erase", record, "--basis", "A law", "--yes")
    assert re.search(r"^ok +sealed +0 values open, 1 erased", verbs("doctor").stdout, re.M)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("--basis", "A law"), 2, "whom to erase"),
        (("00000000-0000-0000-0000-000000000007",), 2, "under which law"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "  "), 2, "under which law"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "x" * 501), 2, "500 are the most"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "A law", "--find", "x"), 2, "only lists"),
        (("Ada Example", "--basis", "A law", "--yes"), 1, "no such record or id: Ada Example"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "A law", "--yes"), 1, "Nothing was sealed"),
    ],
)
def test_an_erasure_that_is_not_said_rightly_erases_nothing(
    verbs: Verbs, words: tuple[str, ...], status: int, says: str
) -> None:
    before = subject(verbs)
    result = verbs("erase", *words)
    assert (result.exit_code, says in result.stderr) == (status, True), result.output
    assert subject(verbs) == before
