"""A figure of a scorecard is counted again from a bundle: to the same digest, and by another rule beside it."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from projections.figures import RULES
from tests.api.client import get
from tests.api.conftest import Live
from tests.api.test_audit import audit, bundle, size_of, well

__all__ = ["bundle"]


def figure(bundle: Path, key: str, *words: str) -> Any:
    return json.loads(well("figure", str(bundle), "--view", "scorecards", "--key", key, "--json", *words))


def test_every_figure_that_is_published_is_counted_again_to_the_same_digest(live: Live, bundle: Path) -> None:
    published = get(live, "/v1/scorecards", as_of=live.told, sort="-commitments", limit=6).items
    assert published[0]["commitments"] > 2
    for card in published:
        found = figure(bundle, card["key"], "--at", str(live.told))
        assert found["figures"] == {"standard@1": card}
        assert (found["position"], found["otherwise"]) == (live.told, {})
        inputs = card["inputs"]
        assert inputs["rule"] == "standard@1"
        assert 0 <= inputs["first"] < inputs["last"] <= live.told
        assert len(bytes.fromhex(inputs["digest"])) == 32


def test_another_rule_stands_beside_it_and_what_makes_the_difference_is_named(live: Live, bundle: Path) -> None:
    found = figure(bundle, "sphere:local", "--at", str(live.told), *(f"--rule={name}" for name in RULES))
    standard, late, uncontested = (found["figures"][f"{name}@1"] for name in RULES)
    assert standard == get(live, "/v1/scorecards/sphere:local", as_of=live.told).json["item"]
    changed = found["otherwise"]["late-as-failed@1"]
    assert changed
    assert {one["other"] for one in changed} == {"not_met"}
    assert late["not_met"] == standard["not_met"] + len(changed)
    left = found["otherwise"]["contested-left-out@1"]
    assert len(left) == standard["contested"] > 0
    assert all("other" not in one or one["other"] is None for one in left)
    assert uncontested["commitments"] == standard["commitments"] - len(left)
    assert len({one["inputs"]["digest"] for one in (standard, late, uncontested)}) == 3
    for one in (*changed, *left):
        assert get(live, f"/v1/commitments/{one['key']}", as_of=live.told).json["item"]["name"] == one["name"]


def test_both_columns_are_printed_for_people(bundle: Path, live: Live) -> None:
    words = ("--key", "sphere:local", "--at", str(live.told), "--rule", "late-as-failed")
    said = well("figure", str(bundle), "--view", "scorecards", *words)
    title, header, *lines = said.splitlines()
    assert title == "sphere:local  Local sphere"
    assert header.split() == ["standard@1", "late-as-failed@1"]
    columns = {line.split()[0]: line.split()[1:] for line in lines if ":" not in line.split()[0]}
    assert columns["not_met"][0] != columns["not_met"][1]
    assert columns["commitments"][0] == columns["commitments"][1]
    assert any(line.startswith("standard@1: ") and "digest" in line for line in lines)
    assert any(line.endswith("-> not_met") for line in lines)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--view", "scorecards", "--key", "sphere:local"), 0),
        (("--view", "scorecards", "--key", "sphere:nowhere"), 2),
        (("--view", "scorecards", "--key", "sphere:local", "--rule", "mine"), 2),
        (("--view", "commitments", "--key", "x"), 2),
        (("--view", "scorecards", "--key", "sphere:local", "--at", "999999"), 2),
        (("--view", "scorecards", "--key", "sphere:local", "--at", "2001-01-01"), 2),
        (("--view", "scorecards"), 2),
    ],
)
def test_what_is_asked_wrongly_is_said(bundle: Path, words: tuple[str, ...], status: int) -> None:
    assert audit("figure", str(bundle), *words).exit_code == status
    assert size_of(bundle) > 0


def test_without_a_position_it_is_of_the_last_record(bundle: Path) -> None:
    assert figure(bundle, "sphere:local")["position"] == size_of(bundle) - 1


def test_a_published_figure_names_the_command_that_counts_it_again(live: Live, bundle: Path) -> None:
    said = get(live, "/v1/scorecards/sphere:local", as_of=live.told, proof="1").json
    words = shlex.split(said["proof"]["reproduce"])
    assert words[:3] == ["subsidia", "audit", "figure"]
    found = json.loads(well(*(str(bundle) if word == "BUNDLE" else word for word in words[2:]), "--json"))
    assert found["figures"] == {"standard@1": said["item"]}
