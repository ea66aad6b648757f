"""Chains over HTTP: what a commitment waits for, whose turn it is, as of when, and that an auditor makes the same."""

import json
import shlex
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from projections import chains
from tests.api.client import get, give, proposed, refused, seen
from tests.api.conftest import Live
from tests.api.test_audit import _quiet, audit, well

__all__ = ["_quiet"]

WHY = {"because": "It goes without."}


def depends(live: Live, of: str, on: str, **said: Any) -> int:
    answered = give(live, f"commitments/{of}/depend-on", {"commitment": on, **said})
    assert answered.status == 201, answered.body
    return int(answered.json["position"])


def promised(live: Live, title: str) -> str:
    return str(proposed(live, title)["stream"])


@pytest.fixture
def two(live: Live) -> tuple[str, str]:
    return promised(live, "A tram stop"), promised(live, "A permit")


def test_both_sides_of_a_dependency_are_read_from_either(live: Live, two: tuple[str, str]) -> None:
    tram, permit = two
    at = depends(live, tram, permit)
    seen(live, "commitments", at)
    item = get(live, f"/v1/chains/{tram}", wait_for=at).json["item"]
    assert (item["key"], item["commitment"], item["title"]) == (tram, tram, {"en": "A tram stop"})
    assert [(one["waiting"], one["commitment"], one["state"]) for one in item["links"]] == [(tram, permit, "waiting")]
    assert (item["turn"]["commitment"], item["turn"]["unit"]) in {
        (tram, str(live.story.city)), (permit, str(live.story.city)),
    }  # fmt: skip
    back = get(live, f"/v1/chains/{permit}", as_of=at).json["item"]
    assert [(one["commitment"], one["title"]) for one in back["needed_by"]] == [(tram, {"en": "A tram stop"})]
    assert [row["key"] for row in get(live, "/v1/commitments", **{"depends_on.commitment.has": permit}).items] == [tram]
    [told] = get(live, f"/v1/commitments/{tram}", as_of=at).json["item"]["depends_on"]
    assert (told["number"], told["commitment"], told["owner"]) == (1, permit, str(live.story.city))


def test_the_past_of_a_chain_stays_and_what_was_taken_back_is_gone(live: Live, two: tuple[str, str]) -> None:
    tram, permit = two
    at = depends(live, tram, permit)
    taken = give(live, f"commitments/{tram}/withdraw-dependency", {"dependency": 1, **WHY})
    assert taken.status == 201, taken.body
    after = get(live, f"/v1/chains/{tram}", wait_for=taken.json["position"])
    assert after.json["item"]["links"] == []
    then = get(live, f"/v1/chains/{tram}", as_of=at)
    assert len(then.json["item"]["links"]) == 1
    assert "immutable" in then.headers["cache-control"]
    assert get(live, f"/v1/chains/{tram}", {"If-None-Match": then.headers["etag"]}, as_of=at).status == 304


def test_a_circle_is_refused_and_printed(live: Live, two: tuple[str, str]) -> None:
    tram, permit = two
    depends(live, tram, permit)
    said = refused(give(live, f"commitments/{permit}/depend-on", {"commitment": tram}), 409, "dependency-cycle")
    assert said["detail"].endswith("A permit -> A tram stop -> A permit.")
    assert said["facts"]["cycle"] == [permit, tram, permit]


def test_an_auditor_makes_every_chain_again(live: Live, two: tuple[str, str], tmp_path: Path) -> None:
    tram, permit = two
    survey = promised(live, "A survey")
    depends(live, tram, permit)
    at = depends(live, permit, survey)
    seen(live, "commitments", at)
    folder = tmp_path / "bundle"
    well("fetch", live.url, "--out", str(folder))
    others = [row["key"] for row in get(live, "/v1/commitments", milestones__gt=1, as_of=live.told).items]
    assert others, "the story tells of some with steps"
    for of in (tram, permit, survey, *others[:2]):
        said = get(live, f"/v1/chains/{of}", as_of=at, proof=1).json
        words = shlex.split(said["proof"]["reproduce"])
        assert words[:3] == ["subsidia", "audit", "chain"]
        found = json.loads(well(*(str(folder) if word == "BUNDLE" else word for word in words[2:])))
        assert found == said["item"]


def test_of_a_wide_chain_an_auditor_makes_each_part_again(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tram, *others = (promised(live, f"Part {number}") for number in range(4))
    # Declared against the order of their keys, in which nobody else would look for them.
    others.sort(reverse=True)
    for other in others:
        depends(live, other, promised(live, "Ground"))
    at = max(depends(live, tram, other) for other in others)
    seen(live, "commitments", at)
    well("fetch", live.url, "--out", str(folder := tmp_path / "bundle"))
    whole = get(live, f"/v1/chains/{tram}", as_of=at).json["item"]
    assert (len(whole["links"]), "links_left" in whole) == (6, False)
    monkeypatch.setattr(chains, "NAMED", 4)
    links, day = [], ""
    for after, left in ((0, 2), (4, None)):
        said = get(live, f"/v1/chains/{tram}", as_of=at, after=after, proof=1).json
        assert said["item"].get("links_left") == left
        links += said["item"]["links"]
        words = shlex.split(said["proof"]["reproduce"])
        assert json.loads(well(*(str(folder) if word == "BUNDLE" else word for word in words[2:]))) == said["item"]
        day = words[words.index("--day") + 1]
    assert links == whole["links"]
    again = well("chain", str(folder), "--key", tram, "--at", str(at), "--day", day, "--whole")
    assert json.loads(again) == whole
    assert audit("chain", str(folder), "--key", tram, "--whole", "--after", "3").exit_code == 2
    page = get(live, f"/read/commitments/{tram}", as_of=at).body.decode()
    assert "2 more are not named here" in page
    assert f'href="/v1/chains/{tram}?as_of={at}&amp;after=4"' in page


@pytest.mark.parametrize(
    ("of", "asked", "status"),
    [
        (UUID(int=5), {}, 404),
        ("x", {}, 400),
        (UUID(int=5), {"valid_at": "2026-01-01"}, 400),
        (UUID(int=5), {"after": "-1"}, 400),
    ],
)
def test_what_is_no_commitment_has_no_chain(live: Live, of: object, asked: dict[str, str], status: int) -> None:
    assert get(live, f"/v1/chains/{of}", **asked).status == status


def test_a_copy_without_it_says_so(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    well("fetch", live.url, "--out", str(folder))
    found = audit("chain", str(folder), "--key", str(UUID(int=5)))
    assert found.exit_code != 0
    assert "no commitment of the key" in found.output


def test_the_page_of_a_commitment_says_what_it_waits_for_and_what_waits_for_it(
    live: Live, two: tuple[str, str]
) -> None:
    tram, permit = two
    at = depends(live, tram, permit)
    seen(live, "commitments", at)
    page = get(live, f"/read/commitments/{tram}", wait_for=at).body.decode()
    assert '<h2 id="chain">What it waits for</h2>' in page
    assert f'<a href="/read/commitments/{permit}"><span dir="auto">A permit</span></a>' in page or "A permit" in page
    back = get(live, f"/read/commitments/{permit}").body.decode()
    assert "<h3>What waits for it</h3>" in back
    assert "A tram stop" in back
    alone = get(live, f"/read/commitments/{promised(live, 'Nobody waits')}", wait_for=at).body.decode()
    assert 'id="chain"' not in alone
