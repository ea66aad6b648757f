"""Sealed values over HTTP: opened for those who ask and may; the public's answers hold none and stay as they are."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.kernel import Actor, EventName, Role
from tests.api.client import Said, get, give, send
from tests.api.conftest import Live

NAME = "Zenobia Sealed"
GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"


class Person:
    """Somebody accredited for the story's city under a name that stands nowhere else."""

    def __init__(self, live: Live) -> None:
        self.live, self.name = live, f"{NAME} {uuid4().hex}"
        asked = {"role": "liaison_officer", "name": self.name, "valid_from": "2026-01-01"}
        made = give(live, f"units/{live.story.city}/accredit", asked, token=live.signatory)
        assert made.status == 201, made.body
        self.answer = made.json
        self.position = made.json["position"]
        self.record = f"{live.story.city}/{made.json['version']}"

    def erase(self) -> Said:
        subject = self.answer["receipt"]["command"]
        asked = {"subject": subject, "basis": GDPR}
        done = give(self.live, "erasures/erase", asked, token=self.live.registrar)
        assert done.status in (200, 201), done.body
        return done


@pytest.fixture
def ada(live: Live) -> Person:
    return Person(live)


def asks(live: Live, address: str, token: str | None = None, **asked: Any) -> Said:
    headers = {"Authorization": f"Bearer {live.officer if token is None else token}"}
    return get(live, address, headers, **asked)


def history(live: Live) -> str:
    return f"/v1/units/{live.story.city}/history"


def of(said: Said, ada: Person) -> Any:
    return next(one for one in said.items if one["position"] == ada.position)


def everywhere(live: Live, ada: Person) -> list[tuple[str, dict[str, Any]]]:
    return [
        (history(live), {}),
        ("/v1/records", {"after": ada.position - 1}),
        (f"/v1/records/{ada.position}", {}),
    ]


def test_an_officer_of_the_unit_who_asks_sees_the_name(live: Live, ada: Person) -> None:
    for address, asked in everywhere(live, ada):
        said = asks(live, address, opened="true", **asked)
        assert said.status == 200, said.body
        found = said.json if "position" in said.json else of(said, ada)
        assert found["opened"]["/name"]["value"] == ada.name
        assert len(found["opened"]["/name"]["salt"]) == 64
        assert found["record"]["sealed"]["/name"]
        assert said.headers["cache-control"] == "private, no-store"
    lines = asks(live, "/v1/records", opened="true", format="ndjson", after=ada.position - 1).body.splitlines()
    assert json.loads(lines[0])["opened"]["/name"]["value"] == ada.name


def test_nobody_else_does(live: Live, ada: Person) -> None:
    for address, asked in everywhere(live, ada):
        for said in (
            get(live, address, **asked), asks(live, address, **asked),
            asks(live, address, live.registrar, opened="true", **asked), get(live, address, opened="false", **asked),
        ):  # fmt: skip
            assert said.status == 200
            assert ada.name.encode() not in said.body
            assert b'"opened"' not in said.body


@pytest.mark.parametrize("token", ["", "sub_wrong"])
def test_who_asks_says_who_it_is(live: Live, ada: Person, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for address, asked in everywhere(live, ada):
        said = get(live, address, headers, opened="true", **asked)
        assert said.status == 401
        assert said.json["code"] == "not-signed-in"


def test_an_auditor_sees_it_from_any_unit(live: Live, ada: Person) -> None:
    city = live.story.city
    asked = {"role": "auditor", "name": "An Auditor", "valid_from": "2026-01-01"}
    made = give(live, f"units/{city}/accredit", asked, token=live.registrar).json
    actor = Actor(unit=city, role=Role.AUDITOR, accreditation=EventName.at(city, made["version"]))
    token, _ = live.run(live.services.tokens.issue(actor, timedelta(days=1)))
    assert of(asks(live, history(live), token, opened="true"), ada)["opened"]["/name"]["value"] == ada.name


def test_opened_answers_are_never_told_unchanged(live: Live, ada: Person) -> None:
    for address, asked in everywhere(live, ada):
        etag = get(live, address, **asked).headers["etag"]
        headers = {"Authorization": f"Bearer {live.officer}", "If-None-Match": etag}
        assert get(live, address, headers, opened="true", **asked).status == 200


def test_what_was_erased_is_said_to_everybody_with_its_law(live: Live, ada: Person) -> None:
    etag = get(live, history(live)).headers["etag"]
    done = ada.erase()
    for address, asked in everywhere(live, ada):
        for said in (get(live, address, **asked), asks(live, address, opened="true", **asked)):
            found = said.json if "position" in said.json else of(said, ada)
            erased = found["erased"]["/name"]
            assert erased["under"] == GDPR
            assert erased["on"] == erased["at"][:10] == done.json["receipt"]["at"][:10]
            assert erased["by"] == f"{done.json['stream']}/1"
            assert "opened" not in found
            assert "missing" not in found
            assert ada.name.encode() not in said.body
    # The history's version did not move; whoever kept the page from before hears of it all the same.
    assert get(live, history(live), {"If-None-Match": etag}).status == 200


def test_the_tag_of_a_history_covers_what_was_erased_of_it(live: Live, ada: Person) -> None:
    version = int(ada.record.partition("/")[2])
    one: dict[str, Any] = {"after": version - 1, "limit": 1}
    pinned = {**one, "as_of": ada.position}
    before, then = get(live, history(live), **one), get(live, history(live), **pinned)
    assert before.headers["etag"] == f'"{version}"'
    ada.erase()
    after = get(live, history(live), **one)
    assert after.body != before.body
    assert after.headers["etag"] != before.headers["etag"]
    again = get(live, history(live), {"If-None-Match": after.headers["etag"]}, **one)
    assert (again.status, again.headers["etag"]) == (304, after.headers["etag"])
    assert get(live, history(live), **pinned).headers["etag"] == then.headers["etag"], "as of then nothing was erased"
    opened = asks(live, history(live), opened="true", **one)
    assert opened.headers["etag"] != before.headers["etag"]


def test_a_command_takes_the_tag_of_a_history_of_which_something_was_erased(live: Live, ada: Person) -> None:
    ada.erase()
    tag = get(live, history(live)).headers["etag"]
    assert re.fullmatch(r'"[0-9]+\.[0-9a-f]{16}"', tag)
    asked = {"role": "liaison_officer", "name": ada.name, "valid_from": "2026-01-01"}
    address = f"units/{live.story.city}/accredit"
    assert give(live, address, asked, token=live.signatory, If_Match=tag).status == 201
    stale = give(live, address, {**asked, "name": "Another"}, token=live.signatory, If_Match=tag)
    assert (stale.status, stale.json["code"]) == (412, "stale")


def test_an_answer_as_of_a_position_stays_the_same_bytes_after_an_erasure(live: Live, ada: Person) -> None:
    size = ada.answer["receipt"]["size"]
    pinned = [
        (history(live), {"as_of": ada.position}),
        ("/v1/records", {"after": ada.position - 1, "as_of": ada.position}),
        (f"/v1/records/{ada.position}", {"size": size}),
    ]
    before = [get(live, address, **asked) for address, asked in pinned]
    assert all("immutable" in said.headers["cache-control"] for said in before)
    opened = [asks(live, address, opened="true", **asked) for address, asked in pinned]
    assert all(ada.name.encode() in said.body for said in opened)
    ada.erase()
    assert [get(live, address, **asked).body for address, asked in pinned] == [said.body for said in before]
    for address, asked in pinned:
        said = asks(live, address, opened="true", **asked)
        found = said.json if "position" in said.json else of(said, ada)
        assert found["erased"]["/name"]["under"] == GDPR, "asked for its value today, it is not missing but erased"


def test_only_a_registrar_erases(live: Live, ada: Person) -> None:
    asked = {"subject": ada.answer["receipt"]["command"], "basis": GDPR}
    said = give(live, "erasures/erase", asked)
    assert said.status == 403
    assert give(live, "erasures/erase", {**asked, "basis": " "}, token=live.registrar).status == 422
    assert give(live, "erasures/erase", {**asked, "basis": "x" * 501}, token=live.registrar).status == 422
    assert of(asks(live, history(live), opened="true"), ada)["opened"]


def test_erasing_again_is_already_so(live: Live, ada: Person) -> None:
    assert ada.erase().status == 201
    assert ada.erase().status == 200


def test_a_question_that_nobody_knows_is_refused(live: Live) -> None:
    assert get(live, history(live), opened="perhaps").status == 400
    assert send(live, "GET", "/v1/units?opened=true").status == 400
