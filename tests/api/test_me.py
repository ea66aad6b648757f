"""Whom a token speaks for, told to whoever holds it."""

from datetime import timedelta
from typing import Any

from domain.kernel import Actor, EventName, Role, UnitId
from tests.api.client import Said, get, give
from tests.api.conftest import Live


def me(live: Live, token: str, **asked: Any) -> Said:
    return get(live, "/v1/me", {"Authorization": f"Bearer {token}"}, **asked)


def test_an_officer_learns_whom_the_token_speaks_for_and_what_it_is_good_for(live: Live) -> None:
    said = me(live, live.officer)
    assert said.status == 200, said.body
    city = get(live, f"/v1/units/{live.story.city}").json["item"]
    assert (said.json["unit"], said.json["unit_name"], said.json["sphere"]) == (
        city["key"], city["title"], city["sphere"],
    )  # fmt: skip
    assert (said.json["role"], said.json["in_force"]) == ("liaison_officer", True)
    assert "commitments.propose" in said.json["commands"]
    assert "policies.amend" not in said.json["commands"]
    assert said.json["accreditation"].startswith(f"{city['key']}/")
    assert said.headers["cache-control"] == "private, no-store"


def test_of_an_accreditation_that_has_ended_it_says_so(live: Live) -> None:
    asked = {"role": "liaison_officer", "name": "Somebody", "valid_from": "2026-01-01"}
    made = give(live, f"units/{live.story.city}/accredit", asked, token=live.signatory).json
    accredited = EventName(made["records"][-1])
    actor = Actor(UnitId(live.story.city), Role.LIAISON_OFFICER, accreditation=accredited)
    token, _ = live.run(live.services.tokens.issue(actor, timedelta(days=1)))
    assert me(live, token).json["in_force"] is True
    ended = {"accreditation": accredited, "because": "Moved on."}
    assert give(live, f"units/{live.story.city}/revoke-accreditation", ended, token=live.signatory).status == 201
    assert me(live, token).json["in_force"] is False


def test_without_a_token_nobody_is_told_anything(live: Live) -> None:
    for said in (get(live, "/v1/me"), me(live, "sub_nobody")):
        assert (said.status, said.json["code"]) == (401, "not-signed-in")
        assert "Bearer" in said.headers["www-authenticate"]


def test_nothing_else_can_be_asked(live: Live) -> None:
    said = me(live, live.officer, unit="x")
    assert (said.status, said.faults) == (400, {"/unit": "unknown-parameter"})
    assert said.json["detail"] == "unit: There is no such parameter: this address takes none."
