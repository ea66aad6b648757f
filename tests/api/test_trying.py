"""Commands that are tried over HTTP: what is said of them is what comes, and a no is the very no."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Said, get, give, head, proposal, proposed, seen
from tests.api.conftest import Live


def region(live: Live) -> str:
    return str(get(live, "/v1/units", sphere="regional", limit=1).items[0]["key"])


def tried(live: Live, address: str, said: Any = None, **more: Any) -> Any:
    """What an answer says that would be; nothing was recorded."""
    before = head(live)
    answer = give(live, f"{address}?try=true", said, **more)
    assert answer.status == 200, answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert {"location", "etag"}.isdisjoint(answer.headers)
    assert head(live) == before
    return answer.json


def recorded(live: Live, said: Any) -> list[Any]:
    history = get(live, f"/v1/commitments/{said['stream']}/history").items
    return [one["record"] for one in history if f"{one['record']['id']}/{one['record']['ver']}" in said["records"]]


def test_what_is_tried_comes_when_it_is_given(live: Live) -> None:
    body = proposal(live, parties=[{"unit": region(live), "part": "funder"}])
    said = tried(live, "commitments/propose", body)
    assert "stream" not in said
    assert {"position", "receipt"}.isdisjoint(said)
    given = give(live, "commitments/propose", body).json
    assert (said["events"], said["version"]) == (given["events"], given["version"])
    records = recorded(live, given)
    assert [(one["type"], one["ver"], one["data"]) for one in said["records"]] == [
        (one["type"], one["ver"], one["data"]) for one in records
    ]
    assert [said[name] for name in ("rules", "effective_on")] == [
        records[0][name] for name in ("rules", "effective_on")
    ]
    assert said["policies"] == records[0]["policies"]
    assert [[one["stream"], one["version"]] for one in said["reads"]] == records[0]["reads"]


def test_the_last_day_is_said_before_it_is_owed(live: Live) -> None:
    body = proposal(live, parties=[{"unit": region(live), "part": "funder"}])
    (deadline,) = tried(live, "commitments/propose", body)["deadlines"]
    given = give(live, "commitments/propose", body).json
    (owed,) = seen(live, "obligations", given["position"], stream=given["stream"]).items
    assert {name: owed[name] for name in ("kind", "unit", "starts_on", "due_on", "policy")} == {
        name: deadline[name] for name in ("kind", "unit", "starts_on", "due_on", "policy")
    }


def test_a_key_is_not_used_up_and_names_the_stream_that_would_begin(live: Live) -> None:
    key, body = str(uuid4()), proposal(live)
    said = tried(live, "commitments/propose", body, Idempotency_Key=key)
    given = give(live, "commitments/propose", proposal(live), Idempotency_Key=key)
    assert (given.status, given.json["stream"]) == (201, said["stream"])
    late = give(live, "commitments/propose?try=true", body, Idempotency_Key=key)
    assert (late.status, late.json["code"]) == (409, "command-reused")


def test_what_was_recorded_under_its_key_would_not_be_recorded_again(live: Live) -> None:
    key, body = str(uuid4()), proposal(live)
    given = give(live, "commitments/propose", body, Idempotency_Key=key).json
    said = tried(live, "commitments/propose", body, Idempotency_Key=key)
    assert (said["recorded_before"], said["events"]) == (given["records"], [])
    assert (said["stream"], said["version"]) == (given["stream"], given["version"])


def test_what_is_so_already_would_record_nothing(live: Live) -> None:
    unit = {
        "kind": "municipality", "name": {"nl": "Gent"}, "sphere": "local", "alive_from": "1977",
        "jurisdiction": "BE-VLG", "time_zone": "Europe/Brussels",
    }  # fmt: skip
    made = give(live, "units/register", unit, token=live.registrar).json
    address, name = f"units/{made['stream']}/rename", {"name": unit["name"]}
    said = tried(live, address, name, token=live.registrar)
    assert (said["events"], said["records"], said["version"]) == ([], [], made["version"])
    assert give(live, address, name, token=live.registrar).status == 200


def test_what_is_sealed_is_named_and_not_shown(live: Live) -> None:
    body = {"role": "auditor", "name": "Ada Example", "valid_from": "2026-01-01"}
    said = tried(live, f"units/{live.story.city}/accredit", body, token=live.registrar)
    (record,) = said["records"]
    assert record["sealed"] == ["/name"]
    assert "Ada" not in str(said)
    assert "name" not in record["data"]


def _no(live: Live, made: Any) -> list[tuple[str, Any, dict[str, Any]]]:
    this = f"commitments/{made['stream']}"
    return [
        (f"{this}/add-party", {"unit": str(live.story.city), "part": "funder"}, {}),
        (f"{this}/adopt", {}, {}),
        ("commitments/propose", proposal(live, owner=region(live)), {}),
        ("commitments/propose", proposal(live), {"token": ""}),
        ("commitments/propose", {**proposal(live), "title": "x"}, {}),
        (f"commitments/{uuid4()}/pledge-resource", {"kind": "staff", "what": {"en": "Two"}}, {}),
        (f"{this}/pledge-resource", {"kind": "staff", "what": {"en": "Two"}}, {"If_Match": '"99"'}),
        (f"{this}/withdraw", {}, {"token": live.signatory}),
        (f"{this}/pledge-resource", {"kind": "staff", "what": {"en": "x" * 30_000}}, {}),
    ]


def test_a_no_is_the_no_that_the_real_one_would_get(live: Live) -> None:
    made = proposed(live)
    for address, body, more in _no(live, made):
        before = head(live)
        said, real = (give(live, f"{address}{behind}", body, **more) for behind in ("?try=true", ""))
        assert _but_id(said) == _but_id(real), address
        assert said.status >= 400, said.body
        assert head(live) == before


def _but_id(said: Said) -> tuple[int, Any]:
    return said.status, {name: value for name, value in said.json.items() if name != "request_id"}


@pytest.mark.parametrize("asked", ["try=maybe", "try=", "try=true&try=true", "trial=true"])
def test_who_tries_in_other_words_records_nothing(live: Live, asked: str) -> None:
    before = head(live)
    assert give(live, f"commitments/propose?{asked}", proposal(live)).status == 400
    assert head(live) == before


def test_who_says_no_to_trying_means_it(live: Live) -> None:
    assert give(live, "commitments/propose?try=false", proposal(live)).status == 201
