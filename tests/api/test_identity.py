"""Officers sign in with their government's identity provider, and nobody by what it did not say of them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from api.officers.provided import FAILED, WITHIN
from services.identity.bound import Identities, Identity, Kind
from services.postgres import Embedded
from tests.api.client import get
from tests.api.providing import Browser, Government, Seen, believing, browser


@pytest.fixture(scope="module")
def government(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    with believing(server, tmp_path_factory.mktemp("identity")) as found:
        yield found


@pytest.fixture(autouse=True)
async def _honest(government: Government) -> None:
    await government.does("lie", None)


async def chosen(ada: Browser, government: Government, seen: Seen) -> Seen:
    """Goes on as the first that is offered."""
    offered = re.search(r'name="identity" value="([^"]+)"', seen.text)
    assert offered is not None, seen.text
    return await ada.post(f"{government.live.url}/sign-in/as", identity=offered[1])


async def refused(ada: Browser, address: str, says: str, status: int = 400) -> None:
    seen = await ada.led(await ada.get(address))
    assert (seen.status, says in seen.text) == (status, True), seen.text
    assert "subsidia-officer" not in ada.kept


async def test_an_officer_signs_in_acts_and_leaves(government: Government) -> None:
    live = government.live
    government.bound(Kind.PERSON, "ada", live.story.officer)
    async with browser() as ada:
        door = await ada.get(f"{live.url}/sign-in?then=/give/commitments/propose")
        assert f'href="/sign-in/with/{government.provider.key}?then=/give/commitments/propose"' in door.text
        seen = await ada.signs_in(government, "ada", "/give/commitments/propose")
        assert (seen.status, urlsplit(seen.url).path, urlsplit(seen.url).query) == (200, "/sign-in/as", "")
        assert "Liaison officer" in seen.text
        assert "Ministry of Examples" in seen.text
        seen = await chosen(ada, government, seen)
        assert seen.location == f"{live.url}/give/commitments/propose"
        assert "subsidia-signing-in" not in ada.kept
        token = ada.kept["subsidia-officer"]
        assert (await ada.get(f"{live.url}/give")).status == 200
        me = get(live, "/v1/me", {"Authorization": f"Bearer {token}"}).json
        assert me["accreditation"] == str(live.story.officer.accreditation)
        left = await ada.post(f"{live.url}/sign-out")
        assert "subsidia-officer" not in ada.kept
        assert get(live, "/v1/me", {"Authorization": f"Bearer {token}"}).status == 401, "it was revoked"
        out = re.search(r'href="(http[^"]+/session/end[^"]+)"', (await ada.get(left.location)).text)
        assert out is not None
        assert (await ada.get(out[1].replace("&amp;", "&"))).status == 200


async def test_several_accreditations_are_chosen_from(government: Government) -> None:
    live = government.live
    government.bound(Kind.PERSON, "bea", live.story.officer)
    signatory = government.bound(Kind.PERSON, "bea", live.story.signatory)
    async with browser() as bea:
        seen = await bea.signs_in(government, "bea")
        assert seen.text.count('name="identity"') == 2
        await bea.post(f"{live.url}/sign-in/as", identity=str(signatory.id))
        assert "authorised signatory" in (await bea.get(f"{live.url}/give")).text
        again = await bea.post(f"{live.url}/sign-in/as", identity=str(signatory.id))
        assert again.status == 400, "a choice counts once"


async def test_a_stranger_is_told_who_they_are_and_nothing_is_kept(government: Government) -> None:
    async with browser() as eve:
        seen = await eve.signs_in(government, "eve")
        assert seen.status == 403
        assert "<code>eve</code>" in seen.text
        assert government.issuer in seen.text
        assert "subsidia identity bind" in seen.text
        assert "subsidia-officer" not in eve.kept
        anybody = government.bound(Kind.PERSON, "someone else", government.live.story.officer)
        seen = await eve.post(f"{government.live.url}/sign-in/as", identity=str(anybody.id))
        assert seen.status == 400


async def test_a_verified_address_becomes_a_subject_once(government: Government) -> None:
    live = government.live
    government.bound(Kind.EMAIL, "Cleo@City.example", live.story.officer)
    async with browser() as mallory:
        seen = await mallory.signs_in(government, "unverified-cleo")
        assert seen.status == 403, "the provider has not verified that it is hers"
    async with browser() as cleo:
        assert (await cleo.signs_in(government, "cleo")).status == 200
    assert live.run(live.services.identities.of(government.issuer, Kind.EMAIL, "cleo@city.example")) == []
    assert len(live.run(live.services.identities.of(government.issuer, Kind.PERSON, "cleo"))) == 1


async def test_of_two_sign_ins_at_once_one_makes_a_subject_of_an_address(
    government: Government, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, identities = government.live, government.live.services.identities
    one = government.bound(Kind.EMAIL, "nora@city.example", live.story.officer)
    # Both have found it before either settles it.
    found: list[Identity] = live.run(identities.of(government.issuer, Kind.EMAIL, "nora@city.example"))
    live.run(identities.settle(government.issuer, "nora@city.example", "nora"))

    async def before(*_: object) -> list[Identity]:
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Identities, "of", before)
        for subject in ("nora", "another who has the address"):
            live.run(identities.settle(government.issuer, "nora@city.example", subject))
    assert [each.id for each in live.run(identities.of(government.issuer, Kind.PERSON, "nora"))] == [one.id]
    # Bound by an address once more: they are so already.
    government.bound(Kind.EMAIL, "nora@city.example", live.story.officer)
    live.run(identities.settle(government.issuer, "nora@city.example", "nora"))
    assert live.run(identities.of(government.issuer, Kind.EMAIL, "nora@city.example")) == []
    assert [each.id for each in live.run(identities.of(government.issuer, Kind.PERSON, "nora"))] == [one.id]


async def test_an_address_of_letters_that_look_alike_is_another(government: Government) -> None:
    identities = government.live.services.identities
    government.bound(Kind.EMAIL, "Kit@city.example", government.live.story.officer)
    assert len(government.live.run(identities.of(government.issuer, Kind.EMAIL, "kit@city.example"))) == 1
    assert government.live.run(identities.of(government.issuer, Kind.EMAIL, "\N{KELVIN SIGN}it@city.example")) == []


async def test_who_is_unbound_is_out_and_their_name_is_gone(government: Government) -> None:
    live = government.live
    one = government.bound(Kind.PERSON, "dora", live.story.officer)
    async with browser() as dora:
        await chosen(dora, government, await dora.signs_in(government, "dora"))
        assert live.run(live.services.identities.unbind(one.id))
        live.services.tokens.forget_kept()
        assert (await dora.get(f"{live.url}/give")).status == 303
        assert (await dora.signs_in(government, "dora")).status == 403


async def test_nobody_comes_in_by_an_answer_that_is_not_theirs(government: Government) -> None:
    live = government.live
    government.bound(Kind.PERSON, "fay", live.story.officer)
    async with browser() as fay, browser() as mallory:
        back = await fay.logs_in(government, "fay")
        # Login CSRF: a browser is sent to the answer that somebody else's sign-in got.
        await refused(mallory, back, "did not set out from here")
        theirs = await mallory.logs_in(government, "mallory")
        await refused(fay, theirs, "another sign-in than the one")
        parts, asked = urlsplit(back), {name: one[0] for name, one in parse_qs(urlsplit(back).query).items()}

        def altered(**changed: str) -> str:
            left = {name: text for name, text in (asked | changed).items() if text}
            return parts._replace(query=urlencode(left)).geturl()

        await refused(fay, altered(state="x"), "another sign-in than the one")
        await refused(fay, altered(state=""), "another sign-in than the one")
        await refused(fay, altered(iss="https://login.example"), "not from the identity provider that was asked")
        await refused(fay, altered(iss=""), "not from the identity provider that was asked")
        await refused(fay, f"{back}&state=x", "not from the identity provider that was asked")
        before = dict(fay.kept)
        assert (await fay.led(await fay.get(back))).status == 200
        await refused(fay, back, "did not set out from here")
        fay.keeps("subsidia-signing-in", before["subsidia-signing-in"])
        await refused(fay, back, "has ended before")
        fay.keeps("subsidia-signing-in", before["subsidia-signing-in"][:-1] + "x")
        await refused(fay, back, "did not set out from here")


async def test_a_code_that_was_used_lets_nobody_in(government: Government) -> None:
    government.bound(Kind.PERSON, "gil", government.live.story.officer)
    async with browser() as gil:
        used = parse_qs(urlsplit(await gil.logs_in(government, "gil")).query)["code"][0]
        back = await gil.logs_in(government, "gil")
        fresh = parse_qs(urlsplit(back).query)["code"][0]
        # Of another journey, and so of another verifier: PKCE says no.
        await refused(gil, back.replace(fresh, used), "does not take back what it gave")


async def test_codes_that_are_made_up_soon_ask_nobody(government: Government) -> None:
    live, pool = government.live, government.live.services.store.pool
    government.bound(Kind.PERSON, "una", live.story.officer)
    address = f"{live.url}/sign-in/with/{government.provider.key}?then=/give/commitments/propose"

    async def made_up(someone: Browser) -> Seen:
        sent = parse_qs(urlsplit((await someone.get(address)).location).query)
        answer = {"code": "made up", "state": sent["state"][0], "iss": government.issuer}
        return await someone.get(f"{sent['redirect_uri'][0]}?{urlencode(answer)}")

    async with browser("9.9.9.9") as una:
        for _ in range(FAILED + 1):
            assert (await una.signs_in(government, "una")).status == 200, "it ended well, and does not count"
        assert {(await made_up(una)).status for _ in range(FAILED)} == {400}
        before = live.run(pool.fetchval("select count(*) from access.journeys"))
        seen = await made_up(una)
        assert (seen.status, 0 < int(seen.retry_after) <= WITHIN) == (429, True)
        assert "Try again in ten minutes" in seen.text
        assert live.run(pool.fetchval("select count(*) from access.journeys")) == before
    async with browser("8.8.8.8") as una:
        assert (await una.signs_in(government, "una")).status == 200


async def test_whoever_was_not_let_in_begins_anew(government: Government) -> None:
    live = government.live
    async with browser() as vic:
        back = await vic.logs_in(government, "vic", "/give/units/register")
        seen = await vic.get(back.replace("code=", "code=x"))
        assert (seen.status, "does not take back" in seen.text) == (400, True)
        assert '<a href="/sign-in?then=%2Fgive%2Funits%2Fregister">Sign in again</a>' in seen.text
        assert 'href="/sign-in?then=%2Fgive%2Funits%2Fregister&amp;lang=fr"' in seen.text
        assert "code=" not in seen.text
        back = await vic.logs_in(government, "vic", "/give&lang=fr")
        seen = await vic.get(back.replace("state=", "state=x"))
        assert '<html lang="fr">' in seen.text
        assert '<a href="/sign-in?then=%2Fgive&amp;lang=fr">Identifiez-vous de nouveau</a>' in seen.text
        seen = await vic.get(f"{live.url}/sign-in/as")
        assert (seen.status, '<a href="/sign-in">Sign in again</a>' in seen.text) == (400, True)


async def test_nobody_is_led_elsewhere(government: Government) -> None:
    government.bound(Kind.PERSON, "hal", government.live.story.officer)
    async with browser() as hal:
        seen = await hal.signs_in(government, "hal", "//elsewhere.example/give")
        assert (await chosen(hal, government, seen)).location == f"{government.live.url}/give"


async def test_the_language_that_was_chosen_comes_back(government: Government) -> None:
    async with browser() as lea:
        seen = await lea.signs_in(government, "lea", "/give&lang=fr")
        assert urlsplit(seen.url).query == "lang=fr"
        assert "Personne ne vous connaît encore ici" in seen.text


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "of another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another client"}},
        {"claims": {"aud": ["register", "another"]}},
        {"claims": {"aud": ["register", "another"], "azp": "another"}},
        {"claims": {"azp": "another"}},
        {"claims": {"iss": "https://login.example"}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": "never"}},
        {"claims": {"iat": 99999999999}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": "x" * 256}},
        {"claims": {"sub": "\ud800"}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"kid": "unknown"}},
    ],
)
async def test_nobody_comes_in_by_what_is_said_of_somebody_else(government: Government, lie: dict[str, Any]) -> None:
    async with browser() as ivy:
        back = await ivy.logs_in(government, "ivy")
        await government.does("lie", lie)
        await refused(ivy, back, "cannot be verified")


async def test_a_new_session_ends_the_one_before_and_is_another(government: Government) -> None:
    government.bound(Kind.PERSON, "jan", government.live.story.officer)
    async with browser() as jan:
        tokens = []
        for _ in range(2):
            await chosen(jan, government, await jan.signs_in(government, "jan"))
            tokens.append(jan.kept["subsidia-officer"])
        assert tokens[0] != tokens[1]
        asked = {"Authorization": f"Bearer {tokens[0]}"}
        assert get(government.live, "/v1/me", asked).status == 401


async def test_other_pages_choose_for_nobody(government: Government) -> None:
    one = government.bound(Kind.PERSON, "kim", government.live.story.officer)
    async with browser() as kim:
        await kim.signs_in(government, "kim")
        address = f"{government.live.url}/sign-in/as"
        seen = await kim.post(address, origin="https://elsewhere.example", identity=str(one.id))
        assert seen.status == 403
        assert "subsidia-officer" not in kim.kept


async def test_a_key_that_is_new_is_asked_for(government: Government, monkeypatch: pytest.MonkeyPatch) -> None:
    government.bound(Kind.PERSON, "lou", government.live.story.officer)
    async with browser() as lou:
        assert (await lou.signs_in(government, "lou")).status == 200
    await government.does("rotate")
    async with browser() as lou:
        await refused(lou, await lou.logs_in(government, "lou"), "cannot be verified")
    monkeypatch.setattr("services.identity.asking.AGAIN_AFTER", 0.0)
    async with browser() as lou:
        assert (await lou.signs_in(government, "lou")).status == 200


async def test_while_the_provider_is_away_tokens_are_taken(government: Government) -> None:
    live = government.live
    async with browser() as max:
        back = await max.logs_in(government, "max")
        government.closes()
        try:
            await refused(max, back, "The identity provider cannot be reached", 503)
            seen = await max.post(f"{live.url}/sign-in", token=live.officer, then="/give")
            assert (seen.status, seen.location) == (303, f"{live.url}/give")
        finally:
            government.opens()
