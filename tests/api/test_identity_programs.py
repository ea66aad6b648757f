"""Programs act by what their provider signed; providers are asked within bounds; and officers by keyboard alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from api.fetching import fetching
from services.identity.asking import AGAIN_AFTER, KEPT_FOR, Asked, ProviderAway, Providers
from services.identity.bearers import Bearers
from services.identity.bound import Kind
from services.identity.provider import Provider
from services.identity.signatures import Untrue
from services.postgres import Embedded
from tests.api.client import get, give, proposal, refused
from tests.api.providing import Government, believing
from tests.api.test_officers_keyboard import Keys
from tests.browser import tab
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def government(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    with believing(server, tmp_path_factory.mktemp("programs")) as found:
        yield found


def me(government: Government, token: str) -> int:
    government.live.services.tokens.forget_kept()
    return get(government.live, "/v1/me", {"Authorization": f"Bearer {token}"}).status


async def test_a_program_acts_while_it_is_bound(government: Government) -> None:
    live, token = government.live, await government.program()
    refused(give(live, "commitments/propose", proposal(live), token=token), 401, "not-signed-in")
    one = government.bound(Kind.PROGRAM, "robot", live.story.officer)
    assert me(government, token) == 200
    given = give(live, "commitments/propose", proposal(live), token=token)
    assert given.status == 201, given.body
    government.bound(Kind.PROGRAM, "robot", live.story.signatory)
    assert me(government, token) == 401, "it cannot say as which of two"
    assert live.run(live.services.identities.unbind(one.id))
    assert me(government, token) == 200
    others = live.run(live.services.identities.of(government.issuer, Kind.PROGRAM, "robot"))
    assert [live.run(live.services.identities.unbind(other.id)) for other in others] == [True]
    assert me(government, token) == 401


async def test_no_other_token_of_the_provider_is_a_programs(government: Government) -> None:
    live, now = government.live, int(time())
    government.bound(Kind.PROGRAM, "machine", live.story.officer)
    government.bound(Kind.PERSON, "nina", live.story.officer)
    government.bound(Kind.PROGRAM, "elsewhere", live.story.officer, issuer="https://login.example")
    good = {"iss": government.issuer, "aud": live.url, "sub": "machine", "iat": now, "exp": now + 60}

    async def status(header: Any = None, **said: Any) -> int:
        asked = {"header": {"typ": "at+jwt"} | (header or {}), "claims": good | said}
        return me(government, await government.does("sign", asked))

    assert await status() == 200
    assert await status({"typ": "JWT"}) == 401, "an ID token gives nobody leave"
    assert await status(aud="register") == 401
    assert await status(aud=f"{live.url}/v1") == 401
    assert await status(exp=now - 600) == 401
    assert await status(sub="nina") == 401, "a person signs in"
    assert await status(sub="elsewhere") == 401, "another provider's"
    assert await status(iss="https://login.example", sub="elsewhere") == 401


async def test_a_provider_that_types_its_tokens_otherwise_says_for_whom_they_are(government: Government) -> None:
    live, now, api = government.live, int(time()), "api://register"
    assert live.services.signing_in is not None
    spoken = replace(government.provider, jwt_audience=api)
    there = Providers([spoken], live.services.signing_in.providers.fetch)
    bearers = Bearers(there, live.services.identities, live.url)
    robot = government.bound(Kind.PROGRAM, "robot", live.story.officer)
    government.bound(Kind.PERSON, "rita", live.story.officer)
    good = {"iss": government.issuer, "aud": api, "sub": "robot", "azp": "robot", "iat": now, "exp": now + 60}

    async def believed(typ: str = "JWT", **said: Any) -> bool:
        claims = {name: value for name, value in (good | said).items() if value is not None}
        token = await government.does("sign", {"header": {"typ": typ}, "claims": claims})
        return live.run(bearers.speaks_for(token)) is not None

    minted = await government.program(api)
    found = live.run(bearers.speaks_for(minted))
    assert found is not None
    assert found.identity == robot.id
    assert me(government, minted) == 401, "unless its provider's address says for whom, none is taken"
    assert await believed()
    assert await believed(azp=None, appid="robot")
    assert await believed("at+jwt", aud=live.url)
    assert not await believed("at+jwt"), "the other audience is for the other type"
    assert not await believed(aud=live.url)
    assert not await believed("")
    assert not await believed("logout+jwt")
    assert not await believed(aud="register"), "an ID token"
    assert not await believed(aud=["register", api]), "an ID token for others, too"
    assert not await believed(aud=[api, live.url])
    assert not await believed(azp=None)
    assert not await believed(azp=api), "an ID token, if the audience were a client"
    assert not await believed(appid=api)
    assert not await believed(azp=["robot"])
    for claim in ("nonce", "at_hash", "c_hash", "s_hash", "events"):
        assert not await believed(**{claim: "x"})
    assert not await believed(sub="rita"), "a person signs in"
    assert not await believed(exp=now - 600)
    live.run(live.services.identities.unbind(robot.id))
    assert not await believed()


async def test_a_token_ends_with_its_binding(government: Government) -> None:
    live = government.live
    one = government.bound(Kind.PROGRAM, "brief", live.story.officer, minutes=10)
    now = int(time())
    said = {"iss": government.issuer, "aud": live.url, "sub": "brief", "iat": now, "exp": now + 7200}
    token = await government.does("sign", {"header": {"typ": "at+jwt"}, "claims": said})
    found = live.run(live.services.tokens.find(token))
    assert found is not None
    assert found.expires_at == one.expires_at


def test_erasing_a_person_ends_what_they_are_bound_to(government: Government) -> None:
    live = government.live
    identities, person = live.services.identities, uuid4()
    made = live.run(
        identities.bind(government.issuer, Kind.PERSON, "olga", live.story.officer, person, timedelta(days=1))
    )
    assert live.run(identities.called(made)) == "olga"
    assert live.run(identities.forget(person)) == 1
    assert live.run(identities.called(made)) is None
    assert live.run(identities.of(government.issuer, Kind.PERSON, "olga")) == []


def test_what_a_backup_brings_back_binds_nobody(government: Government) -> None:
    live = government.live
    made = government.bound(Kind.PERSON, "paul", live.story.officer)
    (live.services.config.keyring / f"{made.id}.key").unlink()
    assert live.run(live.services.identities.of(government.issuer, Kind.PERSON, "paul")) == []
    again = government.bound(Kind.PERSON, "paul", live.story.officer)
    found = live.run(live.services.identities.of(government.issuer, Kind.PERSON, "paul"))
    assert [one.id for one in found] == [again.id], "what has ended is in nobody's way"
    (live.services.config.keyring / f"{again.id}.key").unlink()
    third = government.bound(Kind.EMAIL, "paul@city.example", live.story.officer)
    live.run(live.services.identities.settle(government.issuer, "paul@city.example", "paul"))
    found = live.run(live.services.identities.of(government.issuer, Kind.PERSON, "paul"))
    assert [one.id for one in found] == [third.id]


async def test_by_keyboard_an_officer_signs_in_and_out_without_a_script(government: Government, tmp_path: Path) -> None:
    live = government.live
    government.bound(Kind.PERSON, "queenie", live.story.officer)
    async with tab(tmp_path) as shown:
        keys = Keys(shown)
        await shown.visited(f"{live.url}/give/commitments/propose")
        await keys.comes("Sign in with")
        await keys.until("document.activeElement.innerText.includes('Ministry of Examples')")
        await keys.entered("Sign-in")
        await keys.filled("login", "queenie")
        await keys.filled("password", "any")
        await keys.entered("Authorize")
        await keys.until("document.activeElement.type === 'submit'")
        await keys.entered("As whom do you go on?")
        await keys.to("identity")
        # The cookie of an officer is kept from what comes from elsewhere: here nobody does any more.
        await keys.entered("Commitments: propose")
        await keys.until("document.activeElement.innerText === 'Sign out'")
        await keys.entered("You are signed out here")
        assert await shown.said("location.pathname") == "/sign-in"


async def test_a_key_that_is_withdrawn_signs_for_nobody_any_more(
    government: Government, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, now = government.live, int(time())
    for name in ("bearers.KEPT_FOR", "asking.KEPT_FOR", "asking.AGAIN_AFTER"):
        monkeypatch.setattr(f"services.identity.{name}", 0.0)
    assert live.services.signing_in is not None
    there = Providers(live.services.config.identity, live.services.signing_in.providers.fetch)
    bearers = Bearers(there, live.services.identities, live.url)
    one = government.bound(Kind.PROGRAM, "long", live.story.officer)
    said = {"iss": government.issuer, "aud": live.url, "sub": "long", "iat": now, "exp": now + 86400}
    token = await government.does("sign", {"header": {"typ": "at+jwt"}, "claims": said})
    for _ in range(2):
        found = live.run(bearers.speaks_for(token))
        assert found is not None
        assert found.identity == one.id
    await government.does("rotate")
    assert live.run(bearers.speaks_for(token)) is None


KEY = RSAKey.generate_key(2048, {"kid": "one"})


@asynccontextmanager
async def speaking(**said: Any) -> AsyncIterator[tuple[Provider, list[str]]]:
    """What is said at these addresses, and which were asked for. `self`: where it is."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        home = f"http://{request.host}"
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": home, "authorization_endpoint": home, "token_endpoint": home, "jwks_uri": f"{home}/keys",
            } | said,
            "/keys": {"keys": [KEY.as_dict(private=False)]},
        }  # fmt: skip
        if request.path == "/slow":
            await asyncio.sleep(30)
        if request.path == "/much":
            return web.Response(body=b"x" * (1 << 19))
        if request.path == "/away":
            raise web.HTTPFound("/keys")
        return web.json_response(documents[request.path])

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Provider(f"http://127.0.0.1:{runner.addresses[0][1]}", "us", "", "X"), asked
    finally:
        await runner.cleanup()


async def test_questions_are_bounded() -> None:
    async with speaking() as (provider, _), fetching() as fetch, fetching(0.2) as in_haste:
        assert (await fetch(f"{provider.issuer}/keys"))[0] == 200
        assert (await fetch(f"{provider.issuer}/away"))[0] == 302
        with pytest.raises(ProviderAway, match="more than anybody needs"):
            await fetch(f"{provider.issuer}/much")
        with pytest.raises(ProviderAway, match="within"):
            await in_haste(f"{provider.issuer}/slow")
    with pytest.raises(ProviderAway, match="ClientConnectorError"):
        async with fetching() as fetch:
            await fetch(provider.issuer)


async def test_tokens_of_unknown_keys_make_nobody_ask_and_ask() -> None:
    async with speaking() as (provider, asked), fetching() as fetch:
        one, now = Asked(provider, fetch), int(time())
        said = {"iss": provider.issuer, "aud": "us", "sub": "x", "iat": now, "exp": now + 60}

        async def claims(kid: str) -> Any:
            text = jwt.encode({"alg": "RS256", "kid": kid}, said, KEY)
            return await one.claims(text, "us", frozenset({"jwt"}))

        found = await asyncio.gather(*(claims(f"unknown-{number}") for number in range(20)), return_exceptions=True)
        assert {type(one).__mro__[1] for one in found} == {Untrue}
        assert (await claims("one"))["sub"] == "x"
        assert asked == ["/.well-known/openid-configuration", "/keys"]


async def test_whoever_waits_for_a_provider_that_lets_wait_waits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with speaking(issuer="https://login.example") as (provider, asked), fetching() as fetch:
        now = 0.0

        async def slowly(
            url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
        ) -> tuple[int, bytes]:
            nonlocal now
            now += 2 * AGAIN_AFTER
            return await fetch(url, form, headers)

        monkeypatch.setattr("services.identity.asking.monotonic", lambda: now)
        one = Asked(provider, slowly)
        found = await asyncio.gather(*(one.metadata() for _ in range(20)), return_exceptions=True)
        assert [str(each) for each in found] == ["It calls itself otherwise than SUBSIDIA_IDENTITY does."] * 20
        assert len(asked) == 1


async def test_what_is_known_of_a_provider_counts_while_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with speaking() as (provider, _), fetching() as fetch:
        now, begun, answers = 0.0, asyncio.Event(), asyncio.Event()

        async def held(
            url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
        ) -> tuple[int, bytes]:
            if now:
                begun.set()
                await answers.wait()
            return await fetch(url, form, headers)

        monkeypatch.setattr("services.identity.asking.monotonic", lambda: now)
        one = Asked(provider, held)
        known = await one.metadata()
        now = 2 * KEPT_FOR
        first = asyncio.ensure_future(one.metadata())
        await begun.wait()
        assert await asyncio.wait_for(one.metadata(), PATIENCE) is known
        assert not first.done()
        answers.set()
        assert await first == known


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://login.example"},
        {"token_endpoint": "http://login.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": ["https://login.example"]},
    ],
)
async def test_a_provider_that_does_not_say_rightly_who_it_is_is_not_used(said: dict[str, Any]) -> None:
    async with speaking(**said) as (provider, asked), fetching() as fetch:
        one = Asked(provider, fetch)
        for _ in range(3):
            with pytest.raises(ProviderAway):
                await one.metadata()
        assert len(asked) == 1, "it is left alone for a while"
        with pytest.raises(ProviderAway):
            await Asked(replace(provider, issuer=f"{provider.issuer}/"), fetch).metadata()
