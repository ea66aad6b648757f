"""Bodies of commands: what is wrong in them is said, field by field, and harms nobody."""

import gzip
import json
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import pytest

from api.commands import verbs
from domain.contexts import CONTEXTS
from domain.kernel import Money, Says, Text
from services.writing import plain
from tests.api.client import Said, get, give, head, proposal, proposed, refused
from tests.api.conftest import Live


def _raw(**changed: str) -> bytes:
    """A proposal as text, with members as they are written."""
    members = {"title": '{"en": "x"}', "description": '{"en": "x"}', "ends_on": '"2031"', **changed}
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}").encode()


@pytest.mark.parametrize(
    "body", [b"{", b"[", b"nothing", b'{"a": NaN}', b'{"a": 1,}', b"\xff\xfe", b"[" * 100_000, b"{}{}", b'"', b"\0"],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_what_is_no_json_is_said_to_be_none(live: Live, body: bytes) -> None:
    refused(give(live, "commitments/propose", raw=body), 400, "malformed-json")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_json_that_is_no_object_is_refused(live: Live, body: bytes) -> None:
    assert give(live, "commitments/propose", raw=body).status == 422


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"owner": "5"}, "/owner", "type"),
        ({"owner": '"not-a-unit"'}, "/owner", "length"),
        ({"ends_on": "2031"}, "/ends_on", "type"),
        ({"ends_on": '"soon"'}, "/ends_on", "form"),
        ({"ends_on": '"2031-02-30"'}, "/ends_on", "invalid"),
        ({"title": '"x"'}, "/title", "type"),
        ({"title": "{}"}, "/title", "length"),
        ({"title": '{"en": "a\\u0000b"}'}, "/title/en", "characters"),
        ({"title": '{"en": "\\ud800"}'}, "/title/en", "characters"),
        ({"title": '{"en": "' + "x" * 30_000 + '"}'}, "/title/en", "length"),
        ({"title": '{"en": "   "}'}, "/title/en", "blank"),
        ({"sdg": '["99"]'}, "/sdg/0", "form"),
        ({"sdg": "[13]"}, "/sdg/0", "type"),
        ({"wishes": "1"}, "/wishes", "unknown-field"),
        ({"effective_on": "1e400"}, "/effective_on", "type"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_fault_of_a_body_is_named_by_its_field(
    live: Live, changed: Mapping[str, str], pointer: str, code: str
) -> None:
    before = head(live)
    said = give(live, "commitments/propose", raw=_raw(**{"owner": f'"{live.story.city}"', **changed}))
    assert refused(said, 422, "invalid-request")["detail"].startswith(f"{pointer[1:]}: ")
    assert said.faults == {pointer: code}
    assert head(live) == before


@pytest.mark.parametrize("number", ["101", "-1", "1.5", "9" * 400, "1e400", "true", '"50"'])
def test_a_number_out_of_bounds_is_named(live: Live, number: str) -> None:
    made = proposed(live)
    body = f'{{"percent": {number}, "account": {{"en": "x"}}}}'.encode()
    said = give(live, f"commitments/{made['stream']}/report-progress", raw=body)
    refused(said, 422, "invalid-request")
    assert set(said.faults) == {"/percent"}


def test_a_key_said_twice_is_named_wherever_it_is(live: Live) -> None:
    raw = _raw(owner=f'"{live.story.city}"', title='{"en": "a", "en": "b"}')[:-1] + b', "ends_on": "2032"}'
    said = give(live, "commitments/propose", raw=raw)
    assert (said.status, said.faults) == (400, {"/ends_on": "repeated-key", "/title/en": "repeated-key"})


@pytest.mark.parametrize("currency", ["ABC", "euro", "eur", "XXX", "", 5])
def test_an_amount_is_in_a_currency_that_there_is(live: Live, currency: Any) -> None:
    address = f"commitments/{proposed(live)['stream']}/pledge-resource"

    def pledge(currency: Any) -> Said:
        money = {"amount": "5.00", "currency": currency}
        return give(live, address, {"kind": "money", "what": {"en": "Half of it"}, "money": money})

    assert refused(pledge(currency), 422, "invalid-request")["detail"] == (
        "money/currency: The code of a currency is asked for (ISO 4217), in capital letters: EUR."
    )
    assert {pledge(known).status for known in ("EUR", "CHF", "FRF")} == {201}


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"sdg": ["99.9"]}, "sdg/0: It is written like 11.7. A goal or a target of the 2030 Agenda."),
        (
            {"document": {"title": {"en": "Plan"}, "url": "plan.pdf"}},
            "document/url: It is written like https://example.org/plan.pdf. Where it can be read.",
        ),
        ({"lang": "french"}, "lang: It is written like fr. The language of `because`."),
    ],
)
def test_a_form_is_asked_for_in_words(live: Live, changed: Any, detail: str) -> None:
    said = give(live, "commitments/propose", proposal(live, **changed))
    assert refused(said, 422, "invalid-request")["detail"] == detail


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"time_zone": "Gent"}, "time_zone: There is no time zone Gent. It is one of IANA's, such as Europe/Berlin."),
        ({"time_zone": "Mars/Olympus"}, "time_zone: There is no time zone Mars/Olympus. It is one of IANA's, such as"),
        ({"jurisdiction": "ZZ"}, "jurisdiction: ISO 3166 knows no country ZZ. It is written like DE, or DE-BY."),
        ({"jurisdiction": "UK-ENG"}, "jurisdiction: ISO 3166 knows no country UK."),
        ({"jurisdiction": "Belgium"}, "jurisdiction: Between 2 and 6 characters are asked for, and these are 7. It is"),
    ],
)
def test_a_unit_lies_in_a_place_and_a_time_that_there_are(live: Live, changed: Any, detail: str) -> None:
    before = head(live)
    unit = {
        "kind": "municipality", "name": {"nl": "Gent"}, "sphere": "local", "alive_from": "unknown",
        "jurisdiction": "BE-VLG", "time_zone": "Europe/Brussels",
    }  # fmt: skip
    said = give(live, "units/register", {**unit, **changed}, token=live.registrar)
    assert refused(said, 422, "invalid-request")["detail"].startswith(detail)
    assert head(live) == before
    assert give(live, "units/register", unit, token=live.registrar).status == 201


def _forms(kind: Any, of: str) -> Iterator[tuple[str, Text, Says | None]]:
    """Every text of a form that requests hold, wherever it lies in them."""
    bare, notes, _ = plain(kind)
    if get_origin(bare) is tuple:
        yield from _forms(get_args(bare)[0], of)
    elif is_dataclass(bare) and bare is not Money:
        for name, hint in get_type_hints(bare, include_extras=True).items():
            yield from _forms(hint, f"{of}.{name}")
    elif bare is str:
        note = next((one for one in notes if isinstance(one, Text)), Text())
        if note.form:
            yield of, note, next((one for one in notes if isinstance(one, Says)), None)


def test_every_form_is_said_in_words_too() -> None:
    found = {of: (note, says) for verb in verbs(CONTEXTS) for of, note, says in _forms(verb.by.command, verb.operation)}
    assert len(found) > 20
    for of, (note, says) in found.items():
        assert says is not None, of
        assert says.text, of
        assert says.example is None or re.fullmatch(note.form, str(says.example)), of


def test_many_keys_said_twice_hold_nobody_up(live: Live) -> None:
    many = b",".join(b'"%x":1,"%x":2' % (number, number) for number in range(30_000))
    said = give(live, "commitments/propose", raw=b"{" + many + b"}")  # a search for each of them takes minutes
    assert said.status == 400
    assert len(said.json["errors"]) == 100
    assert said.json["detail"].endswith("errors names the first 100.")


@pytest.mark.parametrize("depth", [900, 5_000, 100_000])
def test_a_key_said_twice_in_the_depths_is_a_bad_request(live: Live, depth: int) -> None:
    raw = b'{"a":' * depth + b'{"b": 1, "b": 2}' + b"}" * depth
    said = give(live, "commitments/propose", raw=raw)
    assert (said.status, said.json["code"]) == (400, "malformed-json")


def test_everything_that_is_wrong_is_named_at_once(live: Live) -> None:
    said = give(
        live, "commitments/not-a-stream/report-progress?x=1", {"percent": 101, "wishes": 1}, If_Match="5",
        Idempotency_Key="x" * 300,
    )  # fmt: skip
    places = {(one["in"], one["pointer"]) for one in said.json["errors"]}
    assert places == {
        ("path", "/id"), ("query", "/x"), ("header", "/If-Match"), ("header", "/Idempotency-Key"),
        ("body", "/percent"), ("body", "/wishes"), ("body", "/account"),
    }  # fmt: skip


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_body_that_is_not_said_to_be_json_is_not_read(live: Live, media: str) -> None:
    refused(give(live, "commitments/propose", proposal(live), Content_Type=media), 415, "unsupported-media-type")


def test_a_body_over_one_megabyte_is_not_read(live: Live) -> None:
    big = json.dumps({"x": "y" * (1 << 20)}).encode()
    assert refused(give(live, "commitments/propose", raw=big), 413, "too-large")["at_most"] == 1 << 20
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 1 << 20
    refused(give(live, "commitments/propose", raw=bomb, Content_Encoding="gzip"), 413, "too-large")


def test_a_body_that_is_not_packed_as_it_says_is_refused(live: Live) -> None:
    said = give(live, "commitments/propose", proposal(live), Content_Encoding="gzip")
    assert (said.status, said.faults) == (400, {"": "unreadable-body"})
    packed = gzip.compress(json.dumps(proposal(live)).encode())
    assert give(live, "commitments/propose", raw=packed, Content_Encoding="gzip").status == 201


def test_a_record_that_would_be_too_large_says_how_large(live: Live) -> None:
    texts = {f"x{chr(97 + first)}{chr(97 + second)}": "é" * 3_900 for first in range(2) for second in range(20)}
    before, body = head(live), json.dumps(proposal(live, description=texts), ensure_ascii=False).encode()
    said = give(live, "commitments/propose", raw=body)
    found = refused(said, 422, "record-too-large")
    assert (found["size"] > 65_535, found["at_most"]) == (True, 65_535)
    assert head(live) == before


def test_what_is_no_http_is_answered_and_harms_nobody(live: Live) -> None:
    where = urlsplit(live.url)
    for nonsense, status in (
        (b"\x16\x03\x01\x02\x00\x01", b"400"),
        (b"GET /v1/units HTTP/1.1\r\nX: a\0b\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 200_000, b"414"),
        (b"GET /" + b"x" * 300_000, b"400"),
    ):
        with socket.create_connection((where.hostname or "", where.port or 0), 10) as wire:
            wire.sendall(nonsense + b"\r\n\r\n")
            answer = wire.recv(1000)
            assert answer.split(b" ")[1:2] == [status]
            assert b"Traceback" not in answer
    assert get(live, "/livez").status == 200
