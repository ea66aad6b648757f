"""Who signs out at the provider is out here as well (Back-Channel Logout), and nobody else is, whoever says so."""

import re
from collections.abc import Iterator
from time import time
from typing import Any

import aiohttp
import pytest

from api.fetching import fetching
from services.doctor import _identity_provider
from services.identity.asking import Asked
from services.identity.bound import Identity, Kind
from services.identity.signing_in import LASTS
from services.identity.signing_out import EVENT
from services.postgres import Embedded
from tests.api.client import get
from tests.api.providing import Browser, Government, Seen, believing, browser


@pytest.fixture(scope="module")
def government(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    with believing(server, tmp_path_factory.mktemp("leaving")) as found:
        yield found


async def entered(someone: Browser, government: Government, who: str) -> str:
    """Signs in as the first that is offered; the token."""
    await goes_on(someone, government, await someone.signs_in(government, who))
    return someone.kept["subsidia-officer"]


async def goes_on(someone: Browser, government: Government, seen: Seen) -> Seen:
    offered = re.search(r'name="identity" value="([^"]+)"', seen.text)
    assert offered is not None, seen.text
    return await someone.post(f"{government.live.url}/sign-in/as", identity=offered[1])


async def leaves(someone: Browser, government: Government) -> None:
    """Signs out with the provider alone."""
    asked = await someone.get(f"{government.issuer}/session/end")
    secret = re.search(r'name="xsrf" value="([^"]+)"', asked.text)
    assert secret is not None, asked.text
    await someone.led(await someone.post(f"{government.issuer}/session/end/confirm", xsrf=secret[1], logout="yes"))


def is_in(government: Government, token: str) -> bool:
    government.live.services.tokens.forget_kept()
    return get(government.live, "/v1/me", {"Authorization": f"Bearer {token}"}).status == 200


async def says(government: Government, header: Any = None, **said: Any) -> int:
    """What the register answers to a logout token of the provider's; None leaves a claim out."""
    now = int(time())
    claims = {
        "iss": government.issuer, "aud": "register", "iat": now, "exp": now + 120, "jti": "x", "events": {EVENT: {}},
    } | said  # fmt: skip
    asked = {
        "header": {"typ": "logout+jwt"} | (header or {}),
        "claims": {name: value for name, value in claims.items() if value is not None},
    }
    return await sends(government, await government.does("sign", asked))


async def sends(government: Government, text: str) -> int:
    address = government.provider.leaves_by(government.live.url)
    async with aiohttp.ClientSession() as session, session.post(address, data={"logout_token": text}) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status


async def test_who_signs_out_there_is_out_here_and_their_other_browser_is_not(government: Government) -> None:
    government.bound(Kind.PERSON, "ada", government.live.story.officer)
    async with browser() as here, browser() as there:
        tokens = [await entered(one, government, "ada") for one in (here, there)]
        assert all(is_in(government, one) for one in tokens)
        await leaves(there, government)
        assert [is_in(government, one) for one in tokens] == [True, False]
        assert (await there.get(f"{government.live.url}/give")).status == 303
        assert is_in(government, await entered(there, government, "ada")), "signed in anew they are in"


async def test_who_signs_out_there_before_they_go_on_here_goes_no_further(government: Government) -> None:
    government.bound(Kind.PERSON, "bea", government.live.story.officer)
    async with browser() as bea:
        seen = await bea.signs_in(government, "bea")
        await leaves(bea, government)
        seen = await goes_on(bea, government, seen)
        assert (seen.status, "You have signed out at the identity provider" in seen.text) == (400, True)
        assert "subsidia-officer" not in bea.kept


async def test_a_provider_says_a_person_a_session_or_both(government: Government) -> None:
    live = government.live
    one, other = (government.bound(Kind.PERSON, who, live.story.officer) for who in ("cleo", "dora"))
    mark = live.services.identities.found_by

    async def ended(**said: Any) -> list[str]:
        """Whose sign-ins end: two of Cleo's, one in a session without a name, and one of Dora's."""
        tokens = {
            name: live.run(
                issued(government, whose, live.run(mark(government.issuer, "session", sid)) if sid else None)
            )
            for name, whose, sid in (("1", one, "1"), ("2", one, "2"), ("?", one, ""), ("dora", other, "3"))
        }
        assert await says(government, **said) == 200
        out = [name for name, token in tokens.items() if not is_in(government, token)]
        live.run(live.services.tokens.end_sign_ins())
        return out

    assert await ended(sub="cleo") == ["1", "2", "?"]
    assert await ended(sid="2") == ["2"]
    assert await ended(sub="cleo", sid="1") == ["1", "?"]
    assert await ended(sub="dora", sid="1") == []
    assert await ended(sub="nobody") == []
    assert await ended(sub="cleo", header={"typ": "JWT"}) == ["1", "2", "?"]
    assert await ended(sub="cleo", iat=int(time()) - 100) == [], "what began later goes on"


async def issued(government: Government, one: Identity, session: bytes | None) -> str:
    return (await government.live.services.tokens.issue(one.actor, LASTS, identity=one.id, session=session))[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": None},
        {"events": {"http://schemas.openid.net/secevent/other": {}}},
        {"events": {EVENT: "x"}},
        {"events": [EVENT]},
        {"nonce": "x"},
        {"sub": None},
        {"sub": None, "sid": ""},
        {"sid": 7},
        {"aud": "another client"},
        {"iss": "https://login.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 99999999999},
        {"header": {"typ": "at+jwt"}},
        {"header": {"kid": "unknown"}},
    ],
)
async def test_nobody_is_put_out_by_anything_else(government: Government, wrong: dict[str, Any]) -> None:
    live = government.live
    [one] = live.run(live.services.identities.of(government.issuer, Kind.PERSON, "eve")) or [
        government.bound(Kind.PERSON, "eve", live.story.officer)
    ]
    token = live.run(issued(government, one, None))
    assert await says(government, **({"sub": "eve"} | wrong)) == 400
    assert is_in(government, token)


async def test_the_doctor_says_where_a_provider_may_say_it(government: Government) -> None:
    async with fetching() as fetch:
        found = await _identity_provider(Asked(government.provider, fetch), "https://register.example")
    key = government.provider.key
    assert f"back to https://register.example/sign-in/from/{key}, and may post to" in found.said
    assert f"https://register.example/sign-out/from/{key} that they left" in found.said


async def test_what_is_no_logout_token_is_said_so(government: Government) -> None:
    assert [await sends(government, text) for text in ("", "x", "a.b.c")] == [400, 400, 400]
    strange = f"{government.live.url}/sign-out/from/login.example"
    async with aiohttp.ClientSession() as session, session.post(strange, data={"logout_token": "x"}) as answer:
        assert answer.status == 404
