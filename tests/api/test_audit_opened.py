"""`subsidia audit openings` and `audit open`, as they are given on the command line, with their exit statuses."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import cli
from domain.kernel import Actor, EventName, Role
from tests.api.client import give
from tests.api.conftest import Live


def audit(*words: str) -> Result:
    result = CliRunner().invoke(cli, ["audit", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture
def token(live: Live) -> str:
    city = live.story.city
    asked = {"role": "auditor", "name": "Aude Itrice", "valid_from": "2026-01-01"}
    made = give(live, f"units/{city}/accredit", asked, token=live.registrar).json
    actor = Actor(unit=city, role=Role.AUDITOR, accreditation=EventName.at(city, made["version"]))
    text, _ = live.run(live.services.tokens.issue(actor, timedelta(days=1)))
    return str(text)


@pytest.fixture
def bundle(live: Live, token: str, tmp_path: Path) -> Path:
    """Fetched when all tokens are out."""
    folder = tmp_path / "bundle"
    assert audit("fetch", live.url, "--out", str(folder)).exit_code == 0
    return folder


def test_all_that_is_sealed_is_shown_to_an_auditor_and_fits(
    live: Live, bundle: Path, token: str, tmp_path: Path
) -> None:
    out = tmp_path / "shown.ndjson"
    result = audit("openings", live.url, str(bundle), "--token", token, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "sealed values" in result.stdout
    assert "Aude Itrice" not in result.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    one = next(line for line in lines if line.get("value") == "Aude Itrice")
    told = ("open", str(bundle), "--record", one["record"], "--path", "/name", "--salt", one["salt"])
    assert audit(*told, "--value", "Aude Itrice").exit_code == 0
    other = audit(*told, "--value", "Eve Example", "--json")
    assert other.exit_code == 1
    assert [found["code"] for found in json.loads(other.stdout)["findings"]] == ["opening-differs"]
    for salt in ("", "zz", "00" * 31):
        assert audit(*told[:-1], salt, "--value", "Aude Itrice").exit_code == 1
    unknown = audit(
        "open", str(bundle), "--record", one["record"], "--path", "/x", "--salt", one["salt"], "--value", "x"
    )
    assert unknown.exit_code == 2


def test_without_an_auditor_s_token_there_is_no_verdict(live: Live, bundle: Path) -> None:
    wrong = audit("openings", live.url, str(bundle), "--token", "sub_wrong", "--json")
    assert (wrong.exit_code, json.loads(wrong.stdout)["findings"][0]["code"]) == (3, "unreachable")
    assert audit("openings", live.url, str(bundle)).exit_code == 2


def test_a_folder_that_is_no_bundle_is_no_verdict(live: Live, tmp_path: Path) -> None:
    assert audit("openings", live.url, str(tmp_path / "none"), "--token", "sub_x").exit_code == 3
