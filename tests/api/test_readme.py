"""The README's tour works as printed, line by line."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.conftest import Live

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks() -> list[str]:
    """The shell blocks of the tour, in order."""
    tour = README.read_text(encoding="utf-8").partition("## Five minutes")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)


def toured(live: Live, folder: Path, token: str, begin: str = "") -> "subprocess.CompletedProcess[str]":
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; the tour is made of it.")
    begun = blocks()[0].replace("http://127.0.0.1:8080", live.url).replace("paste-it-here", token)
    script = "\n".join([begin, begun, *blocks()[1:]])
    environment = {**os.environ, "http_proxy": "http://127.0.0.1:9"}  # as in many an office: it knows nothing of us
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_token_that_is_none_is_said_as_the_register_says_it(live: Live, tmp_path: Path) -> None:
    done = toured(live, tmp_path, "sub_mistyped")
    assert done.stdout.startswith("status 401\n")
    assert done.stderr.startswith("The token is unknown, expired or revoked.")


@pytest.fixture
def said(live: Live, tmp_path: Path) -> str:
    """What a newcomer sees who pastes every block, with the address and token that `make run` printed."""
    done = toured(live, tmp_path, live.officer, "set -euo pipefail")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tour_works_as_printed(said: str) -> None:
    lines = said.splitlines()
    assert lines[0] == "status 201"
    assert lines[1].startswith("['proposed', 'self_reported', 'accept', '20")
    assert lines[2] == "[('accept', 0)]"
    assert '"unit_name": "Auvergne-Rhône-Alpes"' in said
    assert "['an authorised signatory of Auvergne-Rhône-Alpes']" in lines
    assert "['Shade for every school yard']" in lines, said
    now, before = lines.index("['Shade for every school yard']"), lines.index("[]")
    assert now < before, "it is there now, and was not there before it was recorded"
    assert "[('accept', 'Auvergne-Rhône-Alpes')]" in lines, "what is another since then"
    law, metropolis, city = (
        ("Auvergne-Rhône-Alpes", "law"), ("Metropolis of Lyon", "mandate"), ("Lyon", "mandate"),
    )  # fmt: skip
    assert lines.index(str([law])) < lines.index(str([law, city, metropolis])), (
        "one holder in 2018, a chain of three today"
    )
    assert "[['Metropolis of Lyon', 'Lyon']]" in lines
    assert "[['9000000', '7400000', '1600000']]" in lines
    assert re.search(r"^\[\(2\d, 'The annex on costs was missing\.'\)\]$", said, re.MULTILINE), (
        "three weeks, and to a workday"
    )
    assert "[('COM(2012) 130', 19, 54, '2012-05-22')]" in lines
    assert "[('1/3', 'Protocol (No 2) annexed to the TEU and the TFEU, art. 7(2)')]" in lines
    assert lines[-1] == "the record is in the ledger"
