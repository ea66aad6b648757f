"""Following by mail on pages: asked for, confirmed and ended; and nobody learns there who follows."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from api.subscribing import ASKS, WITHIN
from api.tongues import TONGUES
from services.config import Config, Misconfigured
from services.mail.links import Purpose, link
from services.mail.server import MailServer, is_address
from services.mail.subscriptions import LASTS, Subscription
from services.postgres import Embedded
from tests.api.client import Said, get, send
from tests.api.conftest import Live, served
from tests.api.test_officers import FORM
from tests.api.test_pages import Page

HOME = "https://register.example.org"
MAIL = MailServer.read("smtp://127.0.0.1:9?from=register@example.org")


@pytest.fixture(scope="module")
def mailing(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A register where people may follow by mail; nobody writes to them."""
    said = {"mail": MAIL, "public_url": HOME, "proxies": (ip_network("127.0.0.1"),)}
    with served(server, "http_mail", tmp_path_factory.mktemp("mail"), **said) as found:
        yield found


def commitment(live: Live) -> str:
    return str(get(live, "/v1/commitments", limit=1).items[0]["key"])


def ask(live: Live, site: str = "same-origin", whence: str = "", **typed: str) -> Said:
    said = {"address": f"{uuid4()}@example.org", "period": "weekly", **typed}
    headers = {"Content-Type": FORM, "Sec-Fetch-Site": site} | ({"X-Forwarded-For": whence} if whence else {})
    return send(live, "POST", "/follow", urlencode(said).encode(), headers)


def of(live: Live, address: str) -> list[Subscription]:
    async def found() -> list[Subscription]:
        ids = await live.services.subscriptions.of(address)
        return [one for one in await live.services.subscriptions.all() if one.id in ids]

    return list(live.run(found()))


def leads(live: Live, one: Subscription, purpose: Purpose) -> str:
    """The link in a message, as it leads here."""
    key = live.services.office.keyring.find(one.id)
    assert key is not None
    return link("", key, one.id, purpose)


def test_a_thing_s_page_leads_to_the_form_and_says_what_would_be_followed(mailing: Live) -> None:
    id = commitment(mailing)
    page = get(mailing, f"/read/commitments/{id}").body.decode()
    assert f'href="/follow?stream={id}"' in page
    unit = str(mailing.story.city)
    assert f'href="/follow?unit={unit}"' in get(mailing, f"/read/units/{unit}").body.decode()
    form = get(mailing, "/follow", stream=id)
    assert (form.status, form.headers["cache-control"]) == (200, "no-store")
    assert f'name="stream" value="{id}"' in form.body.decode()
    assert 'type="email"' in form.body.decode()
    whole = get(mailing, "/follow", context="mandates", type="mandate-drafted.1").body.decode()
    assert "Records of: Mandates" in whole


def test_every_page_of_it_reads_well_and_in_the_reader_s_language(mailing: Live) -> None:
    address, id = f"{uuid4()}@example.org", commitment(mailing)
    asked = ask(mailing, address=address, stream=id)
    (one,) = of(mailing, address)
    links = [get(mailing, leads(mailing, one, purpose)) for purpose in Purpose]
    for said in (
        asked,
        ask(mailing, address="nobody"),
        *links,
        *(get(mailing, "/follow", stream=id, lang=tag) for tag in TONGUES),
    ):
        page = Page(said)
        assert len(page.ids) == len(set(page.ids))
        assert page.headings == [1]
    french = get(mailing, "/follow", {"Accept-Language": "fr-CA"}, context="mandates").body.decode()
    assert 'lang="fr"' in french
    assert "<h1>Suivre par courriel</h1>" in french
    assert "Chaque semaine" in french


def test_without_a_mail_server_nothing_of_it_shows(live: Live) -> None:
    assert get(live, "/follow").status == 404
    assert "/follow" not in get(live, f"/read/commitments/{commitment(live)}").body.decode()


def test_it_counts_once_the_link_s_button_is_pressed_and_ends_by_another(mailing: Live) -> None:
    address, id = f"{uuid4()}@example.org", commitment(mailing)
    asked = ask(mailing, address=address, stream=id)
    assert asked.status == 202
    (one,) = of(mailing, address)
    assert (one.wanted.streams, one.confirmed_at) == ((UUID(id),), None)
    confirm = leads(mailing, one, Purpose.CONFIRM)
    assert b"<button>Confirm</button>" in get(mailing, confirm).body, "programs that look through mail open links"
    assert of(mailing, address)[0].confirmed_at is None
    assert b"Confirmed" in send(mailing, "POST", confirm).body
    (one,) = of(mailing, address)
    assert one.confirmed_at is not None
    leave = leads(mailing, one, Purpose.LEAVE)
    assert b"<button>End it</button>" in get(mailing, leave).body
    assert of(mailing, address) == [one]
    ended = send(
        mailing, "POST", leave, b"List-Unsubscribe=One-Click", {"Content-Type": FORM, "Sec-Fetch-Site": "none"}
    )
    assert (ended.status, of(mailing, address)) == (200, [])
    assert not mailing.services.office.keyring.has(one.id)
    for old in (confirm, leave):
        assert send(mailing, "POST", old).status == get(mailing, old).status == 404


def test_a_link_of_an_older_day_or_that_nobody_sent_counts_for_nothing(mailing: Live) -> None:
    address = f"{uuid4()}@example.org"
    ask(mailing, address=address)
    (one,) = of(mailing, address)
    confirm, leave = leads(mailing, one, Purpose.CONFIRM), leads(mailing, one, Purpose.LEAVE)
    assert get(mailing, confirm).status == 200
    wrong = [confirm[:-1] + ("A" if confirm[-1] != "A" else "B"), confirm.replace("confirm?", "leave?")]
    wrong += [leave.replace("leave?", "confirm?"), f"/follow/{uuid4()}/confirm?by=x", "/follow/x/confirm?by=x"]
    assert [send(mailing, "POST", one).status for one in wrong] == [404] * len(wrong)
    assert get(mailing, confirm.partition("?")[0]).status == 400
    assert b"/give" not in get(mailing, wrong[-1]).body, "whoever follows has no desk"
    older = "update workers.subscriptions set asked_at = asked_at - $2::interval where id = $1"
    mailing.run(mailing.services.store.pool.execute(older, one.id, LASTS))
    assert get(mailing, confirm).status == 404


def test_whether_an_address_is_known_is_told_to_nobody(mailing: Live) -> None:
    address, id = f"{uuid4()}@example.org", commitment(mailing)
    first = ask(mailing, address=address, stream=id)
    (one,) = of(mailing, address)
    again = ask(mailing, address=address, stream=id)
    assert of(mailing, address) == [one]
    send(mailing, "POST", leads(mailing, one, Purpose.CONFIRM))
    known = ask(mailing, address=address, stream=id)
    assert (first.status, first.body) == (again.status, again.body) == (known.status, known.body)
    assert set(first.headers) == set(known.headers)


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        ({"address": "nobody"}, 422, "This is no e-mail address that we can write to."),
        ({"address": "a@b.example\r\nBcc: c@d.example"}, 422, "This is no e-mail address"),
        ({"address": '"<script>"@example.org'}, 422, "This is no e-mail address"),
        ({"period": "hourly"}, 422, "Choose how often."),
        ({"stream": "x"}, 400, "stream"),
        ({"stream": str(uuid4())}, 404, "The register knows nothing under this id."),
        ({"unit": str(uuid4())}, 404, "The register knows nothing under this id."),
        ({"context": "cats"}, 404, "There is no context cats."),
        ({"type": "cat-fed.1"}, 404, "There is no type of record cat-fed.1."),
        ({"site": "cross-site"}, 403, "register&#39;s own pages only"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(mailing: Live, typed: dict[str, str], status: int, says: str) -> None:
    before = len(mailing.run(mailing.services.subscriptions.all()))
    said = ask(mailing, **typed)
    assert (said.status, said.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert says in said.body.decode()
    assert "<script" not in said.body.decode()
    assert len(mailing.run(mailing.services.subscriptions.all())) == before


def test_from_one_place_it_is_asked_so_often_an_hour(mailing: Live) -> None:
    asked = [ask(mailing, whence="9.9.9.9") for _ in range(ASKS + 1)]
    assert [one.status for one in asked] == [202] * ASKS + [429]
    assert 0 < int(asked[-1].headers["retry-after"]) <= WITHIN
    assert "asked too often from where you are" in asked[-1].body.decode()
    assert ask(mailing, whence="8.8.8.8").status == 202


def test_the_server_s_address_says_how_it_is_reached_and_shows_no_password() -> None:
    read = MailServer.read
    whole = read("smtps://ada:p%40ss@mail.example.org?from=register@example.org")
    assert whole == MailServer("mail.example.org", 465, True, False, "ada", "p@ss", "register@example.org")
    assert "p@ss" not in repr(whole)
    found = {
        text: (one.port, one.tls, one.upgrade)
        for text in ("smtp://mail.example.org", "smtp://a:b@mail.example.org", "smtp://localhost:1025")
        for one in [read(f"{text}?from=a@b.example")]
    }
    assert found == {
        "smtp://mail.example.org": (25, False, None),
        "smtp://a:b@mail.example.org": (587, False, True),
        "smtp://localhost:1025": (1025, False, False),
    }


@pytest.mark.parametrize(
    "said",
    [
        "mail.example.org", "smtp://mail.example.org", "smtp://mail.example.org?from=nobody", "smtp://?from=a@b.example",
        "http://h?from=a@b.example", "smtp://h:x?from=a@b.example", "smtp://h/p?from=a@b.example", "smtp://[::1?from=a@b",
        "smtp://u:s3cret@h?from=a@b.example&tls=no",
    ],
)  # fmt: skip
def test_what_is_no_mail_server_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SUBSIDIA_MAIL", said)
    monkeypatch.setenv("SUBSIDIA_PUBLIC_URL", HOME)
    with pytest.raises(Misconfigured, match="SUBSIDIA_MAIL") as found:
        Config.read()
    assert "s3cret" not in str(found.value)


def test_without_an_address_of_our_own_no_message_could_hold_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBSIDIA_MAIL", "smtp://mail.example.org?from=register@example.org")
    with pytest.raises(Misconfigured, match="SUBSIDIA_PUBLIC_URL"):
        Config.read()
    monkeypatch.setenv("SUBSIDIA_PUBLIC_URL", HOME)
    assert Config.read().mail == replace(MAIL, host="mail.example.org", port=25, upgrade=None)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("ada@example.org", True), ("a.b+c@mail.example", True), ("ada@localhost", True),
        ("a" * 65 + "@b.example", False),
        ("ada@" + "b." * 130 + "example", False), ("ada@-b.example", False), ("ada @b.example", False),
        ("ada@b..c", False),
        ("ada", False), ("@b.example", False), ("ädä@b.example", False), ("a@b.example\n", False),
    ],
)  # fmt: skip
def test_which_texts_are_addresses(text: str, fits: Any) -> None:
    assert is_address(text) is fits
