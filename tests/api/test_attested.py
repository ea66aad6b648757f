"""`proof=1`: an answer about the past names what was attested nearest to it, and how to make it again."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from api.cli import cli
from projections.commitments import COMMITMENTS
from projections.views import ATTESTED, VIEWS
from services.attesting import Said as Recorded
from tests.api.client import get, proposed, seen
from tests.api.conftest import Live
from tests.api.test_audit import bundle, well

__all__ = ["bundle"]


def attest(live: Live, *names: str) -> list[Recorded]:
    """As of all that was recorded."""
    last = live.run(live.services.store.head()).size - 1
    for view in VIEWS:
        assert live.run(live.services.views.reached(view.name, last, 30))
    said: list[Recorded] = live.run(live.services.attesting.attest([one for one in ATTESTED if one.name in names]))
    recorded = live.run(live.services.store.head()).size - 1
    assert live.run(live.services.views.reached("attestations", recorded, 30))
    return said


def proof(live: Live, address: str, **asked: Any) -> Any:
    said = get(live, address, proof="1", **asked)
    assert said.status == 200, said.body
    return said.json["proof"]


def test_the_nearest_attestation_of_the_view_is_named(live: Live) -> None:
    first, between = proposed(live), proposed(live)
    (earlier,) = attest(live, "commitments")
    after = [proposed(live) for _ in range(4)][-1]
    (later,) = attest(live, "commitments")
    for position, nearest in (
        (first["position"], earlier), (between["position"], earlier), (earlier.found.position, earlier),
        (earlier.found.position + 2, earlier), (after["position"], later), (later.found.position, later),
    ):  # fmt: skip
        found = proof(live, "/v1/commitments", as_of=position)["attestation"]
        assert found["record"] == nearest.record
        assert (found["position"], found["digest"]) == (nearest.found.position, nearest.found.digest)
        assert (found["view"], found["version"]) == ("commitments", COMMITMENTS.version)
        assert found["rows"] == nearest.found.rows
        assert get(live, f"/v1/attestations/{found['record']}").json["item"]["digest"] == found["digest"]


def test_an_answer_says_how_it_is_made_again_and_so_it_is(live: Live, bundle: Path) -> None:
    attest(live, "obligations")
    rows = get(live, "/v1/obligations", as_of=live.told, proof="1", limit=500)
    words = shlex.split(rows.json["proof"]["reproduce"])
    assert words[:3] == ["subsidia", "audit", "replay"]
    printed = well(*(str(bundle) if word == "BUNDLE" else word for word in words[2:]))
    told = {row["key"]: row for row in map(json.loads, printed.splitlines())}
    assert told == {row["key"]: row for row in rows.items}


def test_the_digest_that_was_attested_is_made_from_a_bundle(live: Live, tmp_path: Path) -> None:
    (said,) = attest(live, "units")
    well("fetch", live.url, "--out", str(tmp_path / "copy"))
    at = str(said.found.position)
    printed = well("replay", str(tmp_path / "copy"), "--at", at, "--view", "units", "--digest")
    assert printed == f"units@{said.found.version} {said.found.digest} {said.found.rows:,} rows\n"


def test_one_row_is_proved_as_a_list_is(live: Live) -> None:
    made = proposed(live)
    assert seen(live, "commitments", made["position"]).status == 200
    address = f"/v1/commitments/{made['stream']}"
    asked = {"as_of": made["position"]}
    assert proof(live, address, **asked) == proof(live, "/v1/commitments", **asked)
    assert "proof" not in get(live, address, **asked).json


def test_it_is_not_for_ever_since_a_nearer_attestation_may_come(live: Live) -> None:
    at = proposed(live)["position"]
    assert seen(live, "commitments", at).status == 200
    before = get(live, "/v1/commitments", as_of=at, proof="1")
    assert "immutable" not in before.headers["cache-control"]
    assert "immutable" in get(live, "/v1/commitments", as_of=at).headers["cache-control"]
    known = {"If-None-Match": before.headers["etag"]}
    assert get(live, "/v1/commitments", known, as_of=at, proof="1").status == 304
    attest(live, "commitments")
    assert get(live, "/v1/commitments", known, as_of=at, proof="1").status == 200


def test_a_view_that_was_never_attested_is_reproduced_all_the_same(live: Live) -> None:
    found = proof(live, "/v1/corrections", as_of=live.told)
    assert found == {"reproduce": f"subsidia audit replay BUNDLE --at {live.told} --view corrections"}


@pytest.mark.parametrize(
    ("address", "asked", "code"),
    [
        ("/v1/commitments", {}, "proof"),
        ("/v1/commitments", {"as_of": "5", "valid_at": "2026-01-01"}, "proof"),
        ("/v1/commitments", {"as_of": "5", "format": "csv"}, "proof"),
        ("/v1/commitments", {"as_of": "2001-01-01"}, "proof"),
        ("/v1/commitments/x", {}, "proof"),
        ("/v1/commitments", {"as_of": "5", "proof": "yes"}, "choice"),
        ("/v1/attestations", {"as_of": "5"}, "unknown-parameter"),
    ],
    ids=str,
)
def test_where_it_makes_no_sense_it_is_refused(live: Live, address: str, asked: dict[str, str], code: str) -> None:
    said = get(live, address, **{"proof": "1", **asked})
    assert (said.status, said.faults) == (400, {"/proof": code})


def test_views_are_attested_on_the_command_line(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a running server, on the same database."""
    config = live.services.config
    assert config.database_url is not None
    for name, value in (
        ("DATABASE_URL", config.database_url), ("SUBSIDIA_VAR", str(config.var)), ("SUBSIDIA_ORIGIN", config.origin),
        ("SUBSIDIA_SIGNING_KEY", str(config.signing_key)),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    proposed(live)
    result = CliRunner().invoke(cli, ["attest", "mandates", "units", "mandates"])
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[0].partition("@")[0] for line in lines] == ["mandates", "units"]
    recorded = live.run(live.services.store.head()).size - 1
    assert live.run(live.services.views.reached("attestations", recorded, 30))
    for view, digest, *_, record in lines:
        row = get(live, f"/v1/attestations/{record}").json["item"]
        assert (f"{row['view']}@{row['version']}", row["digest"]) == (view, digest)
    assert CliRunner().invoke(cli, ["attest", "nothing"]).exit_code == 2


@pytest.mark.parametrize("address", ["/v1/commitments", "/v1/commitments/{key}"])
def test_what_is_answered_is_what_the_document_says(live: Live, address: str) -> None:
    attest(live, "commitments")
    described = get(live, "/v1/openapi.json").json
    operation = described["paths"][address]["get"]
    (parameter,) = [one for one in operation["parameters"] if one["name"] == "proof"]
    assert parameter["schema"]["enum"] == ["1"]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**answer, "components": described["components"]})
    said = get(live, address.format(key=live.story.climate), as_of=live.told, proof="1").json
    validator.validate(said)
    assert said["proof"]["attestation"]
    with pytest.raises(ValidationError):
        validator.validate({**said, "proof": {}})
