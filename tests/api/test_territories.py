"""The card of a territory over HTTP: what it counts, as of when, and that an auditor counts the same."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from projections.scorecards import COUNTS
from tests.api.client import get, give, proposed, refused, seen
from tests.api.conftest import Live
from tests.api.test_audit import _quiet, audit, bundle, well

__all__ = ["_quiet", "bundle"]

STATES = ("proposed", "negotiated", "adopted", "adopted_not_verifiable", "in_progress", "completed",
          "partially_completed", "not_met", "withdrawn")  # fmt: skip


def everything(live: Live, view: str, **asked: Any) -> list[dict[str, Any]]:
    body = get(live, f"/v1/{view}", format="ndjson", **asked).body
    return [json.loads(line) for line in body.splitlines()]


def unit(live: Live, code: str) -> str:
    return str(get(live, "/v1/units", identifiers__has=code).items[0]["key"])


def region(live: Live) -> str:
    return unit(live, "iso3166-2:FR-ARA")


def registered(live: Live, name: str, **more: Any) -> str:
    said = give(
        live, "units/register",
        {"name": {"en": name}, "sphere": "local", "kind": "municipality", "jurisdiction": "FR", "time_zone": "UTC",
         "alive_from": "2000", **more},
        token=live.registrar,
    )  # fmt: skip
    assert said.status == 201, said.body
    return str(said.json["stream"])


def given(live: Live, of: str, verb: str, **said: Any) -> int:
    answered = give(live, f"units/{of}/{verb}", said, token=live.registrar)
    assert answered.status == 201, answered.body
    return int(answered.json["position"])


def by_hand(live: Live, of: str, **asked: Any) -> Mapping[str, int]:
    """What the two tables say, as a reader would count them."""
    units = {row["key"]: row for row in everything(live, "units", **asked)}
    found, more = {of}, {of}
    while more:
        more = {key for key, row in units.items() if row.get("parent") in more} - found
        found |= more
    counts = dict.fromkeys(STATES, 0)
    for row in everything(live, "commitments", **asked):
        if any(one["unit"] in found and one["answer"] == "accepted" for one in row["parties"]):
            counts[row["state"]] += 1
    alive = [key for key in found if units[key]["state"] not in ("abolished", "merging")]
    return {**counts, "commitments": sum(counts.values()), "units": len(alive)}


def test_a_territory_counts_what_a_reader_counts_by_hand(live: Live) -> None:
    whole = {}
    for code in ("iso3166-1:FR", "iso3166-2:FR-ARA", "insee:69123"):
        of = unit(live, code)
        card = whole[code] = get(live, f"/v1/territories/{of}", as_of=live.told).json["item"]
        expected = by_hand(live, of, as_of=live.told)
        assert {name: card[name] for name in expected} == expected
        assert (card["key"], card["unit"]) == (of, of)
    state, regional, city = whole.values()
    assert state["commitments"] >= regional["commitments"] > city["commitments"] > 0, "the story tells of each"
    assert state["units"] > regional["units"] > city["units"] == 1
    of_city = get(live, f"/v1/scorecards/unit:{city['unit']}", as_of=live.told).json["item"]
    assert {name: city[name] for name in COUNTS} == {name: of_city[name] for name in COUNTS}


def test_what_is_below_moves_and_the_past_stays(live: Live) -> None:
    county, village = registered(live, "A county", kind="county", sphere="regional"), registered(live, "A village")
    before = given(live, village, "set-parent", parent=county)
    moved = given(live, village, "set-parent", parent=region(live))
    seen(live, "commitments", moved)
    now = get(live, f"/v1/territories/{county}", wait_for=moved)
    assert (now.json["item"]["units"], now.json["freshness"]["position"] >= moved) == (1, True)
    then = get(live, f"/v1/territories/{county}", as_of=before)
    assert then.json["item"]["units"] == 2
    assert "immutable" in then.headers["cache-control"]
    again = get(live, f"/v1/territories/{county}", {"If-None-Match": then.headers["etag"]}, as_of=before)
    assert again.status == 304


def test_members_lie_in_a_body_on_the_day_that_is_asked_for(live: Live) -> None:
    body, town = registered(live, "A body", kind="intermunicipal"), registered(live, "A town")
    joined = given(
        live, town, "record-membership", body=body, legal_basis="Act 5", member_from="2020-01-01", member_until="2024"
    )
    seen(live, "commitments", joined)
    for day, units in (("2019-12-31", 1), ("2020-01-01", 2), ("2024-12-31", 2), ("2025-01-01", 1)):
        found = get(live, f"/v1/territories/{body}", as_of=joined, valid_at=day)
        assert found.json["item"]["units"] == units, day
    assert get(live, f"/v1/territories/{body}", as_of=joined).json["item"]["units"] == 1, "no member on that day"


def test_what_held_in_law_counts_as_it_held(live: Live) -> None:
    town = registered(live, "A town of 2000")
    given(live, town, "set-parent", parent=region(live), effective_on="2010-01-01")
    position = given(live, town, "set-parent", parent=None, effective_on="2020-01-01")
    seen(live, "commitments", position)
    address = f"/v1/territories/{region(live)}"
    with_it, without = (
        get(live, address, as_of=position, valid_at=day).json["item"]["inputs"]["units"]
        for day in ("2019-12-31", "2020-01-01")
    )
    assert with_it == without + 1


def test_an_auditor_counts_every_territory_to_the_same_digest(live: Live, bundle: Path) -> None:
    for code in ("iso3166-1:FR", "iso3166-2:FR-ARA", "insee:69123"):
        said = get(live, f"/v1/territories/{unit(live, code)}", as_of=live.told, proof=1).json
        words = shlex.split(said["proof"]["reproduce"])
        assert words[:3] == ["subsidia", "audit", "figure"]
        found = json.loads(well(*(str(bundle) if word == "BUNDLE" else word for word in words[2:]), "--json"))
        assert found["figures"] == {"standard@1": said["item"]}
        assert found["position"] == live.told


def test_an_auditor_sees_another_rule_beside_it(live: Live, bundle: Path) -> None:
    asked = (
        "figure",
        str(bundle),
        "--view",
        "territories",
        "--key",
        unit(live, "iso3166-1:FR"),
        "--at",
        str(live.told),
    )
    found = json.loads(well(*asked, "--rule", "late-as-failed", "--json"))
    standard, late = (found["figures"][f"{name}@1"] for name in ("standard", "late-as-failed"))
    changed = found["otherwise"]["late-as-failed@1"]
    assert changed
    assert late["not_met"] == standard["not_met"] + len(changed)
    lines = well(*asked, "--rule", "late-as-failed").splitlines()
    assert lines[0].endswith("France")
    assert any(line.startswith("standard@1: ") and "commitments, digest" in line for line in lines)
    assert audit(*asked[:-3], "nowhere").exit_code == 2


def test_a_commitment_counts_as_soon_as_it_is_seen(live: Live) -> None:
    address = f"/v1/territories/{region(live)}"
    before = get(live, address).json["item"]["owned"]
    after = get(live, address, wait_for=proposed(live)["position"]).json["item"]["owned"]
    assert after == before + 1


@pytest.mark.parametrize(
    ("of", "asked", "status"),
    [
        (UUID(int=5), {}, 404),
        ("x", {}, 400),
        ("{city}", {"as_of": -1}, 400),
        ("{city}", {"as_of": 0}, 404),
        ("{city}", {"proof": 1}, 400),
        ("{city}", {"proof": 1, "as_of": 5, "valid_at": "2020-01-01"}, 400),
        ("{city}", {"limit": 5}, 400),
        ("{city}", {"as_of": "2999-01-01"}, 400),
    ],
)
def test_what_is_asked_wrongly_is_said(live: Live, of: Any, asked: Mapping[str, Any], status: int) -> None:
    said = get(live, f"/v1/territories/{of}".replace("{city}", str(live.story.city)), **asked)
    refused(said, status, "unknown" if status == 404 else "invalid-request")
