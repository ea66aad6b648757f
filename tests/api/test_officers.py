"""Officers' pages: who signs in gives every command by a form, without a script; nobody else's page can make them."""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlencode
from uuid import uuid4

import pytest
from aiohttp import web

from api.commands import verbs
from api.officers.giving import address_of
from api.officers.pages import Pages
from api.officers.signing_in import Doors
from api.templates import Templates
from domain.contexts import CONTEXTS
from tests.api.client import Said, get, give, head, proposed, seen, send
from tests.api.conftest import Live
from tests.api.test_pages import Page

FORM = "application/x-www-form-urlencoded"
VERBS = verbs(CONTEXTS)


class Form(HTMLParser):
    """What a page's main form holds, as a browser would send it."""

    def __init__(self, said: Said) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.described: dict[str, str] = {}
        self._select = self._area = ""
        self._in = False
        self.feed(said.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._in = self._in or (tag == "form" and "action" not in said)
        if not self._in:
            return
        if said.get("aria-describedby") and "name" in said:  # a group of fields has none
            self.described[said["name"]] = said["aria-describedby"]
        if tag == "input":
            self.fields[said["name"]] = said.get("value", "")
        elif tag == "textarea":
            self._area = said["name"]
            self.fields[self._area] = ""
        elif tag == "select":
            self._select = said["name"]
            self.fields[self._select] = ""
        elif tag == "option" and "selected" in said:
            self.fields[self._select] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._in = self._in and tag != "form"
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] = data.removeprefix("\n")


def post(live: Live, address: str, fields: Mapping[str, str], token: str = "", **headers: str) -> Said:
    """As a browser sends a form of ours. `_` in a header's name stands for `-`."""
    sent = {"Content-Type": FORM, "Origin": live.url} | ({"Cookie": f"subsidia-officer={token}"} if token else {})
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return send(live, "POST", address, urlencode(fields).encode(), sent)


def page(live: Live, address: str, token: str, **asked: Any) -> Said:
    return get(live, address, {"Cookie": f"subsidia-officer={token}", "Accept-Language": "en"}, **asked)


def pressed(live: Live, address: str, token: str, does: str, form: Form, **typed: str) -> Said:
    fields = form.fields | {name.replace("__", "."): text for name, text in typed.items()}
    return post(live, address, fields | {"_do": does}, token)


def told(said: Said) -> str:
    return " ".join(Page(said).text.split())


PROPOSE = "/give/commitments/propose"


def promise(title: str = "") -> dict[str, str]:
    return {
        "title__0__text": title or f"A promise {uuid4()}", "description__0__text": "For everybody.", "ends_on": "2031",
        "sdg__0": "11.2",
    }  # fmt: skip


def test_who_is_not_signed_in_is_led_to_the_door_and_back(live: Live) -> None:
    said = get(live, PROPOSE)
    assert (said.status, said.headers["location"]) == (303, "/sign-in?then=%2Fgive%2Fcommitments%2Fpropose")
    door = get(live, said.headers["location"])
    assert 'type="password"' in door.body.decode()
    said = post(live, "/sign-in", {"token": f" {live.officer}\n", "then": PROPOSE})
    assert (said.status, said.headers["location"]) == (303, PROPOSE)
    cookie = said.headers["set-cookie"]
    assert cookie == f"subsidia-officer={live.officer}; HttpOnly; Path=/; SameSite=Strict"
    assert (
        post(live, "/sign-in", {"token": live.officer, "then": "//elsewhere.example/give"}).headers["location"]
        == "/give"
    )
    left = post(live, "/sign-out", {}, live.officer)
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert left.headers["location"] == "/sign-in"


@contextmanager
def by_https(live: Live) -> Iterator[str]:
    """Where somebody signs in to a register that the public reaches by https, through a proxy."""
    doors = Doors(live.services.tokens, Pages(Templates()), "https://register.example")
    app = web.Application()
    app.add_routes(doors.routes())
    runner = web.AppRunner(app)
    live.run(runner.setup())
    live.run(web.TCPSite(runner, "127.0.0.1", 0).start())
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        live.run(runner.cleanup())


def test_by_https_no_other_host_can_set_the_cookie_and_none_but_https_carries_it(live: Live) -> None:
    with by_https(live) as address:
        door = replace(live, url=address)
        said = post(door, "/sign-in", {"token": live.officer}, Origin="https://register.example")
        assert said.headers["set-cookie"].startswith(f"__Host-subsidia-officer={live.officer}; ")
        assert set(said.headers["set-cookie"].split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}
        assert get(door, "/sign-in", {"Cookie": f"subsidia-officer={live.officer}"}).status == 200, (
            "that name is no more"
        )
        assert get(door, "/sign-in", {"Cookie": f"__Host-subsidia-officer={live.officer}"}).status == 303


@pytest.mark.parametrize("token", ["", "sub_nobody", "\x00", "é" * 50, "x" * 5000])
def test_a_token_that_is_none_opens_nothing_and_is_not_shown(live: Live, token: str) -> None:
    said = post(live, "/sign-in", {"token": token})
    assert said.status == 401
    assert "set-cookie" not in said.headers
    assert "expired or revoked" in told(said)
    assert token == "" or token not in said.body.decode()


@pytest.mark.parametrize("headers", [
    {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Origin": ""}, {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"}, {"Sec_Fetch_Site": "none"},
])  # fmt: skip
@pytest.mark.parametrize("address", ["/sign-in", "/sign-out", PROPOSE])
def test_no_page_of_elsewhere_makes_a_browser_do_anything(live: Live, address: str, headers: dict[str, str]) -> None:
    before = head(live)
    fields = Form(page(live, PROPOSE, live.officer)).fields | {"token": live.officer, "_do": "record"}
    said = post(live, address, fields, live.officer, **headers)
    assert (said.status, "set-cookie" in said.headers) == (403, False)
    assert head(live) == before


def test_the_cookie_counts_for_nothing_else(live: Live) -> None:
    cookie = {"Cookie": f"subsidia-officer={live.officer}", "Origin": live.url}
    assert get(live, "/v1/me", cookie).status == 401
    said = give(live, "commitments/propose", {}, token="", Cookie=cookie["Cookie"], Origin=live.url)
    assert said.status == 401
    assert page(live, "/give", "sub_nobody").status == 303


def test_pages_are_kept_by_nobody_and_framed_by_nobody(live: Live) -> None:
    for said in (page(live, "/give", live.officer), page(live, PROPOSE, live.officer), get(live, "/sign-in")):
        assert said.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in said.headers["content-security-policy"]
        assert "form-action 'self'" in said.headers["content-security-policy"]
        assert said.headers["referrer-policy"] == "same-origin"
        assert "access-control-allow-origin" not in said.headers


def test_an_agreement_of_three_with_two_milestones_by_forms_alone(live: Live) -> None:
    form = Form(page(live, PROPOSE, live.officer))
    assert form.fields["owner"] == str(live.story.city)
    form = Form(pressed(live, PROPOSE, live.officer, "more:parties", form, **promise("Benches for all")))
    region, other = _others(live)
    typed = {"parties__0__unit": region["title"], "parties__0__part": "funder",
             "parties__1__unit": other["identifiers"][0], "parties__1__part": "co_owner"}  # fmt: skip
    before = head(live)
    said = pressed(live, PROPOSE, live.officer, "try", form, **typed)
    assert said.status == 200, told(said)
    assert "Nothing has been recorded" in told(said)
    assert "Benches for all" in told(said)
    assert head(live) == before
    said = pressed(live, PROPOSE, live.officer, "record", Form(said))
    assert said.status == 201, told(said)
    receipt = receipt_of(said)
    for number in (1, 2):
        address = f"/give/commitments/{receipt['stream']}/add-milestone"
        form = Form(page(live, address, live.officer))
        fields = {"milestone__title__0__text": f"Step {number}", "milestone__due_on": f"2030-0{number}-01",
                  "milestone__responsible": str(live.story.city)}  # fmt: skip
        said = pressed(live, address, live.officer, "record", form, **fields)
        assert said.status == 201, told(said)
    last = receipt_of(said)["position"]
    row = get(live, f"/v1/commitments/{receipt['stream']}", wait_for=last).json["item"]
    assert len(row["parties"]) == 3
    assert len(seen(live, "milestones", last, commitment=receipt["stream"]).items) == 2


def _others(live: Live) -> Sequence[Any]:
    rows = get(live, "/v1/units", limit=500, state="active").items
    named = [
        row
        for row in rows
        if row.get("identifiers")
        and row["key"] != str(live.story.city)
        and [one["title"] for one in rows].count(row["title"]) == 1
    ]
    return named[0], named[1]


def receipt_of(said: Said) -> Any:
    found = re.search(r'href="data:application/json;base64,([A-Za-z0-9+/=]+)"', unquote(said.body.decode()))
    assert found is not None, told(said)
    return json.loads(base64.b64decode(found[1]))


def test_pressed_twice_it_is_recorded_once(live: Live) -> None:
    form, typed = Form(page(live, PROPOSE, live.officer)), promise()
    first, second = (pressed(live, PROPOSE, live.officer, "record", form, **typed) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert receipt_of(first) == receipt_of(second)
    other = pressed(live, PROPOSE, live.officer, "record", form, **promise())
    assert other.status == 409
    assert pressed(live, PROPOSE, live.officer, "record", Form(other)).status == 201, "a command of its own"


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(live: Live) -> None:
    typed = promise() | {"ends_on": "soon <b>", "parties__0__unit": "Nowhere at all", "parties__0__part": "funder"}
    said = pressed(live, PROPOSE, live.officer, "record", Form(page(live, PROPOSE, live.officer)), **typed)
    assert said.status == 422
    form = Form(said)
    for name, text in typed.items():
        assert form.fields[name.replace("__", ".")] == text
    assert "f-ends_on-wrong" in form.described["ends_on"]
    assert "f-parties-0-unit-wrong" in form.described["parties.0.unit"]
    found = Page(said)
    assert {"#f-ends_on", "#f-parties-0-unit"} <= set(found.links)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert "no unit that is called Nowhere at all" in told(said)


def test_of_several_units_one_is_chosen(live: Live) -> None:
    rows = get(live, "/v1/units", limit=500).items
    word = next(word for row in rows for word in row["title"].split()
                if len(word) > 4 and 1 < sum(word.casefold() in one["title"].casefold() for one in rows) < 15
                and word.casefold() not in {one["title"].casefold() for one in rows})  # fmt: skip
    said = pressed(live, PROPOSE, live.officer, "try", Form(page(live, PROPOSE, live.officer)), **promise(),
                   parties__0__unit=word, parties__0__part="funder")  # fmt: skip
    assert said.status == 422
    assert "choose one" in told(said)
    assert len(re.findall(r'<option value="[0-9a-f-]{36}">', said.body.decode())) > 1


def test_the_other_side_finds_what_waits_and_answers(live: Live) -> None:
    desk = page(live, "/give", live.signatory)
    address = f"/give/commitments/{live.story.invitation}"
    assert f"{address}/accept" in Page(desk).links
    assert f"{address}/accept" in Page(page(live, address, live.signatory)).links
    said = pressed(
        live, f"{address}/accept", live.officer, "record", Form(page(live, f"{address}/accept", live.officer))
    )
    assert said.status == 403
    assert "It could be done by" in told(said)
    said = pressed(
        live, f"{address}/accept", live.signatory, "try", Form(page(live, f"{address}/accept", live.signatory))
    )
    assert said.status == 200, told(said)


def test_a_refusal_says_its_rule_and_the_reason(live: Live) -> None:
    stream = proposed(live)["stream"]
    address = f"/give/commitments/{stream}/adopt"
    said = pressed(live, address, live.signatory, "record", Form(page(live, address, live.signatory)))
    assert said.status == 409
    assert "The rule:" in told(said)


def test_who_is_signed_out_meanwhile_loses_nothing(live: Live) -> None:
    typed = promise()
    said = pressed(live, PROPOSE, "", "record", Form(page(live, PROPOSE, live.officer)), **typed)
    assert said.status == 401
    assert Form(said).fields["title.0.text"] == typed["title__0__text"]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.operation)
def test_every_command_has_a_form_that_reads_well(live: Live, verb: Any) -> None:
    there = {"commitments": live.story.climate, "units": live.story.city}
    address = address_of(verb)
    if "{id}" in address:
        stream = there.get(verb.context.name) or _any_of(live, verb.context.name)
        address = address.replace("{id}", str(stream))
    said = page(live, address, live.officer)
    assert said.status == 200, said.body
    found = Page(said)
    assert len(found.ids) == len(set(found.ids))
    assert found.headings.count(1) == 1
    asked = [name for name in Form(said).fields if not name.startswith("_")]
    assert {name.partition(".")[0] for name in asked} == {part.name for part in verb.request.parts}
    labels = set(re.findall(r'<label for="([^"]+)"', said.body.decode()))
    assert {f"f-{name.replace('.', '-')}" for name in asked} <= labels


def _any_of(live: Live, context: str) -> str:
    rows = get(live, f"/v1/{context}", limit=1).items
    return str(rows[0]["stream"] if context == "policies" else rows[0]["key"])


def test_what_is_not_there_is_said_in_words(live: Live) -> None:
    for address, status in ((f"/give/commitments/{uuid4()}", 404), (f"/give/commitments/{uuid4()}/accept", 404),
                            ("/give/commitments/x", 400), (f"/give/mandates/{live.story.climate}", 404)):  # fmt: skip
        said = page(live, address, live.officer)
        assert (said.status, said.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert Page(said).headings == [1]


@pytest.mark.parametrize(("body", "media", "status"), [
    (b"a=" + b"x" * (1 << 20), FORM, 413), (b"title=%ff", FORM, 400), (b"title=\xff", FORM, 400),
    (b"&a=1" * 6000, FORM, 400),
    (b"{}", "application/json", 415), (b"", "", 415), (b"_do=record&title.0.text=%00&title.0.lang=en", FORM, 422),
    (b"_do=record&" + b"a." * 1000 + b"=1", FORM, 422), (b"_do=more:" + b"a." * 1000, FORM, 200),
])  # fmt: skip
def test_bodies_that_no_form_sends(live: Live, body: bytes, media: str, status: int) -> None:
    sent = {"Content-Type": media, "Origin": live.url, "Cookie": f"subsidia-officer={live.officer}"}
    said = send(live, "POST", PROPOSE, body, sent)
    assert said.status == status, said.body
    assert said.headers["content-type"] == "text/html; charset=utf-8"


def test_a_things_page_leads_to_what_may_be_done_and_stays_free_of_cookies(live: Live) -> None:
    address = f"/read/commitments/{live.story.climate}"
    plain, signed = get(live, address, {"Accept-Language": "en"}), page(live, address, live.officer)
    assert f"/give/commitments/{live.story.climate}" in Page(plain).links
    assert plain.body == signed.body
    assert "set-cookie" not in plain.headers
