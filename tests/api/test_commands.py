"""Commands over HTTP: receipts, repetition, what changed meanwhile, what rules refuse, and who may."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from domain.kernel import Actor, EventName, Role, StreamId
from services.orders import Note, Order
from tests.api.client import get, give, head, locked, proposal, proposed, refused, send
from tests.api.conftest import Live
from tests.waiting import PATIENCE

STAFF = {"kind": "staff", "what": {"en": "Two posts"}}


# --- receipts ---


def test_the_answer_says_where_the_thing_is_and_proves_that_it_is_recorded(live: Live) -> None:
    said = give(live, "commitments/propose", proposal(live))
    assert said.status == 201
    assert said.headers["location"] == f"/v1/commitments/{said.json['stream']}"
    assert said.headers["etag"] == f'"{said.json["version"]}"'
    assert said.headers["cache-control"] == "no-store"
    receipt = said.json["receipt"]
    assert receipt["positions"][-1] == said.json["position"]
    assert len(receipt["positions"]) == len(receipt["leaves"]) == len(receipt["proofs"]) == len(said.json["events"])
    assert get(live, said.headers["location"], wait_for=said.json["position"]).status == 200


def test_the_answer_names_its_records_as_corrections_ask_for_them(live: Live) -> None:
    said = proposed(live, parties=[{"unit": _region(live), "part": "funder"}])
    history = get(live, f"/v1/commitments/{said['stream']}/history").items
    assert said["records"] == [f"{one['record']['id']}/{one['record']['ver']}" for one in history]
    assert len(said["records"]) == len(said["events"]) == 3


# --- repetition ---


def test_a_command_repeated_under_its_key_is_recorded_once_and_answered_alike(live: Live) -> None:
    key, body = str(uuid4()), proposal(live)
    first = give(live, "commitments/propose", body, Idempotency_Key=key)
    before = head(live)
    again = give(live, "commitments/propose", body, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert head(live) == before


def test_the_same_key_at_the_same_time_is_recorded_once(live: Live) -> None:
    key, body = str(uuid4()), proposal(live)
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: give(live, "commitments/propose", body, Idempotency_Key=key), range(8))
        )  # fmt: skip
    assert {said.status for said in answers} == {201}
    assert len({json.dumps(said.json, sort_keys=True) for said in answers}) == 1


def test_a_key_serves_one_request_of_one_officer(live: Live) -> None:
    key, body = str(uuid4()), proposal(live)
    first = give(live, "commitments/propose", body, Idempotency_Key=key)
    other = give(live, "commitments/propose", {**body, "ends_on": "2040"}, Idempotency_Key=key)
    refused(other, 409, "command-reused")
    signed = give(live, "commitments/propose", body, token=live.signatory, Idempotency_Key=key)
    assert (signed.status, signed.json["stream"] != first.json["stream"]) == (201, True)


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
def test_a_key_that_is_none_is_named(live: Live, key: str) -> None:
    said = give(live, "commitments/propose", proposal(live), Idempotency_Key=key)
    assert set(refused(said, 400, "invalid-request")["errors"][0]["pointer"].split("/")) == {"", "Idempotency-Key"}


# --- what changed meanwhile ---


def test_who_saw_an_older_version_is_told_what_changed(live: Live) -> None:
    made = proposed(live)
    address = f"commitments/{made['stream']}/pledge-resource"
    assert give(live, address, STAFF, If_Match=f'"{made["version"]}"').status == 201
    before = head(live)
    late = give(live, address, STAFF, If_Match=f'"{made["version"]}"')
    said = refused(late, 412, "stale")
    assert (said["expected"], said["found"]) == (made["version"], made["version"] + 1)
    assert said["what_changed"] == ["resource-pledged.1"]
    assert late.headers["etag"] == f'"{made["version"] + 1}"'
    assert head(live) == before


def test_who_saw_an_older_version_is_told_which_columns_are_others(live: Live) -> None:
    """Whatever was recorded between, by one record or several; as of what was seen, not of what came before."""
    made = proposed(live)
    address, seen_then = f"commitments/{made['stream']}", f'"{made["version"]}"'
    pledged = give(live, f"{address}/pledge-resource", STAFF).json
    given_up = give(live, f"{address}/withdraw", {"because": "The law was changed."}, token=live.signatory).json
    sides = [
        get(live, f"/v1/{address}", wait_for=given_up["position"], as_of=one["position"]).json["item"]
        for one in (made, pledged, given_up)
    ]
    for nth, tag in enumerate((seen_then, f'"{pledged["version"]}"')):
        late = give(live, f"{address}/pledge-resource", STAFF, If_Match=tag)
        changes = {one["column"]: (one["before"], one["after"]) for one in refused(late, 412, "stale")["changes"]}
        before, after = sides[nth], sides[-1]
        assert changes == {
            name: (before.get(name), after.get(name))
            for name in {*before, *after}
            if before.get(name) != after.get(name)
        }  # fmt: skip
        assert changes["state"] == ("proposed", "withdrawn")
        assert ("resources" in changes) == (nth == 0)
    tried = give(live, f"{address}/pledge-resource?try=true", STAFF, If_Match=seen_then)
    assert refused(tried, 412, "stale")["changes"]


def test_a_version_that_was_never_there_is_stale_as_well(live: Live) -> None:
    made = proposed(live)
    for never in ('"9999"', '"9999999999"'):
        said = give(live, f"commitments/{made['stream']}/pledge-resource", STAFF, If_Match=never)
        assert "changes" not in refused(said, 412, "stale"), "nothing came between"


@pytest.mark.parametrize("tag", ["5", 'W/"1"', '"1", "2"', '"x"', '""', '"0"', '"-1"', '"1.x"', '"1."'])
def test_an_unreadable_condition_does_not_pass_as_none(live: Live, tag: str) -> None:
    made = proposed(live)
    said = give(live, f"commitments/{made['stream']}/pledge-resource", STAFF, If_Match=tag)
    assert set(refused(said, 400, "invalid-request") and said.faults) == {"/If-Match"}


def test_any_version_will_do_for_a_star(live: Live) -> None:
    made = proposed(live)
    assert give(live, f"commitments/{made['stream']}/pledge-resource", STAFF, If_Match="*").status == 201


# --- rules ---


def test_an_unknown_thing_is_not_found(live: Live) -> None:
    refused(give(live, f"commitments/{uuid4()}/pledge-resource", STAFF), 404, "unknown")
    # A unit is there, but it is no commitment.
    refused(give(live, f"commitments/{live.story.city}/pledge-resource", STAFF), 404, "unknown")


def test_a_refusal_names_the_rule_and_says_why_in_a_sentence(live: Live) -> None:
    made = proposed(live)
    said = give(live, f"commitments/{made['stream']}/adopt", token=live.signatory)
    found = refused(said, 409, "no-milestone")
    assert found["type"] == "/docs#problem-refused"
    assert found["reason"] == found["detail"]


def test_a_refusal_names_the_units_it_is_about(live: Live) -> None:
    region = _region(live)
    made = proposed(live, parties=[{"unit": region, "part": "funder"}])
    found = refused(give(live, f"commitments/{made['stream']}/adopt", token=live.signatory), 409, "acceptance-missing")
    assert found["facts"] == {"units": [region]}
    assert found["names"] == {region: "Auvergne-Rhône-Alpes"}
    assert found["detail"] == f"{found['reason'].rstrip('.')}: Auvergne-Rhône-Alpes."


def test_a_unit_that_there_is_not_is_said_to_be_none(live: Live) -> None:
    nobody = str(uuid4())
    said = refused(give(live, "commitments/propose", proposal(live, owner=nobody)), 409, "unit-unknown")
    assert (said["facts"], "names" in said) == ({"unit": nobody}, False)
    assert [(one["in"], one["pointer"]) for one in said["errors"]] == [("body", "/owner")]


def _region(live: Live) -> str:
    return str(get(live, "/v1/units", identifiers__has="iso3166-2:FR-ARA").items[0]["key"])


def test_a_refusal_that_rests_on_a_number_names_the_policy_and_its_basis(live: Live) -> None:
    said = _too_early(live)
    assert said["policy"]["parameter"] == "results_review_after_months"
    assert said["policy"]["policy"].startswith("commitment@")
    assert said["policy"]["basis"] in ("law", "default")


def _too_early(live: Live) -> Any:
    """An assessor judges the results of the story's contract long before its end."""
    accredited = next(
        row for row in get(live, "/v1/representatives", limit=500).items if row["role"] == "independent_assessor"
    )
    actor = Actor(accredited["unit"], Role.INDEPENDENT_ASSESSOR, None, EventName(accredited["key"]))
    token, _ = live.run(live.services.tokens.issue(actor, timedelta(hours=1)))
    body = {"completion": "complete"}
    return refused(
        give(live, f"commitments/{live.story.climate}/assess-completion", body, token=token), 409, "too-early"
    )


# --- who may ---


def test_a_refusal_about_fields_names_them(live: Live) -> None:
    id = live.story.climate
    said = {"outcome": "not_met", "because": "No money."}
    problem = refused(give(live, f"commitments/{id}/close", said), 409, "evidence-or-level")
    assert {(one["in"], one["pointer"]) for one in problem["errors"]} == {("body", "/evidence"), ("body", "/level")}
    assert {(one["code"], one["detail"]) for one in problem["errors"]} == {(problem["code"], problem["reason"])}
    problem = refused(give(live, f"commitments/{id}/close", {**said, "evidence": [7]}), 409, "no-such-evidence")
    assert [one["pointer"] for one in problem["errors"]] == ["/evidence"]


def test_who_may_not_is_told_who_could(live: Live) -> None:
    before = head(live)
    said = give(live, f"commitments/{live.story.invitation}/accept")
    assert refused(said, 403, "forbidden")["who_could"].count("an authorised signatory of Lyon") == 1
    other = give(live, "commitments/propose", proposal(live, owner=_region(live)))
    assert refused(other, 403, "forbidden")["who_could"] == [
        "a liaison officer or authorised signatory of Auvergne-Rhône-Alpes"
    ]
    assert head(live) == before


@pytest.mark.parametrize("token", ["", "sub_wrong", "x" * 5000, "é"])
def test_nobody_acts_without_a_token_that_is_known(live: Live, token: str) -> None:
    said = give(live, "commitments/propose", proposal(live), token=token.encode().decode("latin-1"))
    assert "www-authenticate" in said.headers
    refused(said, 401, "not-signed-in")


def test_bytes_that_are_no_text_are_no_token(live: Live) -> None:
    said = give(live, "commitments/propose", proposal(live), token="sub_\xff\xfe")
    refused(said, 401, "not-signed-in")


def test_another_scheme_is_no_token(live: Live) -> None:
    said = give(live, "commitments/propose", proposal(live), token="", Authorization="Basic YTpi")
    refused(said, 401, "not-signed-in")


def test_a_token_ends_when_it_expires_or_is_revoked(live: Live) -> None:
    tokens = live.services.tokens
    expired, _ = live.run(tokens.issue(live.story.officer, timedelta(seconds=-1)))
    refused(give(live, "commitments/propose", proposal(live), token=expired), 401, "not-signed-in")
    text, token = live.run(tokens.issue(live.story.officer, timedelta(hours=1)))
    assert give(live, "commitments/propose", proposal(live), token=text).status == 201
    assert live.run(tokens.revoke(token.id))
    refused(give(live, "commitments/propose", proposal(live), token=text), 401, "not-signed-in")


def _accredited(live: Live, first: date, last: date | None = None) -> str:
    """A token for a new officer of the city, accredited from one day to another."""
    fields = {
        "role": Role.LIAISON_OFFICER, "name": "Ada Example", "valid_from": first, "valid_until": last
    }  # fmt: skip
    city, signatory = live.story.city, live.story.signatory
    order = Order(
        context="units", command="accredit", fields=fields, cmd=uuid4(), actor=signatory,
        caller=str(signatory.accreditation), stream=StreamId(city),
    )  # fmt: skip
    answer = live.run(live.services.office.give(order))
    actor = replace(live.story.officer, accreditation=EventName.at(city, answer.version))
    token, _ = live.run(live.services.tokens.issue(actor, timedelta(hours=1)))
    return str(token)


def test_an_accreditation_reaches_from_its_first_day_to_its_last(live: Live) -> None:
    today = datetime.now(UTC).date()
    day = timedelta(days=2)
    inside = _accredited(live, today - day, today + day)
    assert give(live, "commitments/propose", proposal(live), token=inside).status == 201
    for first, last in ((today + day, None), (today - 2 * day, today - day)):
        outside = _accredited(live, first, last)
        found = refused(give(live, "commitments/propose", proposal(live), token=outside), 403, "forbidden")
        assert found["who_could"] == ["an authorised signatory of Lyon can renew it"]


def test_a_revoked_accreditation_ends_what_its_token_may_do(live: Live) -> None:
    token = _accredited(live, date(2020, 1, 1))
    version = live.run(live.services.office.states.state("units", StreamId(live.story.city)))[0]
    order = Order(
        context="units", command="revoke-accreditation",
        fields={"accreditation": EventName.at(live.story.city, version)}, cmd=uuid4(), actor=live.story.signatory,
        caller="test", stream=StreamId(live.story.city), note=Note(because="She left."),
    )  # fmt: skip
    live.run(live.services.office.give(order))
    refused(give(live, "commitments/propose", proposal(live), token=token), 403, "forbidden")


# --- addresses ---


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/v1/commitments/propose", 404, "unknown"),
        ("DELETE", "/v1/commitments", 405, "method-not-allowed"),
        ("POST", "/v1/units", 405, "method-not-allowed"),
        ("GET", "/v1/nothing", 404, "no-such-address"),
        ("GET", "/v1", 404, "no-such-address"),
        ("GET", "/v1%0D%0AX-Evil:%201", 404, "no-such-address"),
        ("GET", "/v1/units/%00", 404, "unknown"),
        ("GET", "/v1/units/%ff", 404, "unknown"),
        ("GET", "/v1/commitments/x/history", 400, "invalid-request"),
        ("POST", "/v1/commitments/miss-deadline", 405, "method-not-allowed"),
    ],
)
def test_what_is_served_elsewhere_or_nowhere_is_said(
    live: Live, method: str, address: str, status: int, code: str
) -> None:
    refused(send(live, method, address), status, code)


@pytest.mark.parametrize("address", ["/v1/commitments", "/v1/commitments/frobnicate", "/v1/commitments/x/y"])
def test_a_command_that_there_is_not_is_answered_with_those_there_are(live: Live, address: str) -> None:
    said = send(live, "POST", address)
    found = refused(said, 405, "method-not-allowed")
    assert {"/v1/commitments/propose", "/v1/commitments/{id}/accept"} <= set(found["commands"])
    assert all(one.startswith("/v1/commitments/") for one in found["commands"])


def test_a_caller_who_leaves_does_not_undo_the_record(live: Live) -> None:
    where, title = urlsplit(live.url), f"Left {uuid4()}"
    body = json.dumps(proposal(live, title)).encode()
    asked = (
        f"POST /v1/commitments/propose HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.officer}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with locked(live) as waits, socket.create_connection((where.hostname or "", where.port or 0), 10) as wire:
        wire.sendall(asked + body)
        waits(1)
    found: list[Any] = []
    ends = monotonic() + PATIENCE
    while not found and monotonic() < ends:
        found = get(live, "/v1/commitments", q=title).items
    assert [row["name"] for row in found] == [title]


# --- what was typed wrongly ---


def test_what_was_typed_wrongly_is_put_right_and_both_readings_are_shown(live: Live) -> None:
    unit = {
        "kind": "municipality", "name": {"nl": "Gent"}, "sphere": "local", "alive_from": "1977",
        "jurisdiction": "BE-VLG", "time_zone": "Europe/Brussels",
    }  # fmt: skip
    made = give(live, "units/register", unit, token=live.registrar).json
    address, (first,) = f"units/{made['stream']}/correct", made["records"]
    right = {"kind": "county", "time_zone": "Europe/Paris"}
    said = {"corrects": first, "changes": right, "because": "The clerk misread it.", "basis": "Directory Act, art. 9"}
    for missing, code in (("because", 422), ("basis", 409), ("corrects", 422), ("changes", 422)):
        left = {name: value for name, value in said.items() if name != missing}
        assert give(live, address, left, token=live.registrar).status == code
    there = {**said, "changes": {"time_zone": "Mars/Olympus"}}
    assert "/changes/time_zone" in give(live, address, there, token=live.registrar).faults
    refused(give(live, address, said), 403, "forbidden")
    answer = give(live, address, said, token=live.registrar)
    assert answer.status == 201, answer.body
    assert refused(give(live, address, said, token=live.registrar), 409, "nothing-to-correct")
    other = {**said, "corrects": answer.json["records"][0], "changes": {"kind": "region"}}
    assert refused(give(live, address, other, token=live.registrar), 409, "not-said-there")["facts"]["said"] == first
    unknown = {**other, "corrects": f"{made['stream']}/9"}
    refused(give(live, address, unknown, token=live.registrar), 409, "correction-unknown")
    position = answer.json["position"]
    row = get(live, f"/v1/units/{made['stream']}", wait_for=position, valid_at="1977-01-01").json["item"]
    assert (row["kind"], row["time_zone"]) == ("county", "Europe/Paris")
    (shown,) = get(live, "/v1/corrections", wait_for=position, stream=made["stream"]).items
    assert shown["changed"] == [
        {"field": "kind", "before": "municipality", "after": "county"},
        {"field": "time_zone", "before": "Europe/Brussels", "after": "Europe/Paris"},
    ]
    entry, last = get(live, f"/v1/units/{made['stream']}/history").items
    assert (last["record"]["corrects"], last["record"]["data"]["after"]) == (first, right)
    assert last["record"]["effective_on"] == entry["record"]["effective_on"]
