"""A real identity provider on loopback (npm's oidc-provider), a register that believes it, and one who browses."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest
from yarl import URL

from domain.kernel import Actor
from services.identity.bound import Identity, Kind
from services.identity.provider import Provider
from services.postgres import Embedded
from tests.api.conftest import Live, served

HERE = Path(__file__).resolve().parents[1] / "verifiers"
NODE_MODULES = Path(os.environ.get("SUBSIDIA_NODE_MODULES", HERE.parents[1] / ".ci" / "node_modules"))
SECRET = "s%cret:1"


@dataclass(slots=True)
class Government:
    """A register, and the identity provider of a government that it believes."""

    live: Live
    port: int
    folder: Path
    running: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def provider(self) -> Provider:
        return self.live.services.config.identity[0]

    def opens(self) -> None:
        node = shutil.which("node")
        assert node is not None
        words = [node, str(HERE / "provider.mjs"), str(NODE_MODULES), str(self.port), self.live.url]
        with (self.folder / "provider.log").open("ab") as log:
            self.running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log)
        assert self.running.stdout is not None
        assert self.running.stdout.readline(), (self.folder / "provider.log").read_text()

    def closes(self) -> None:
        assert self.running is not None
        assert self.running.stdout is not None
        self.running.kill()
        self.running.wait()
        self.running.stdout.close()

    def bound(self, kind: Kind, called: str, actor: Actor, issuer: str = "", **lasts: float) -> Identity:
        identities, days = self.live.services.identities, timedelta(**(lasts or {"days": 1}))
        made = self.live.run(identities.bind(issuer or self.issuer, kind, called, actor, None, days))
        assert isinstance(made, Identity)
        return made

    async def does(self, what: str, said: Any = None) -> str:
        async with aiohttp.ClientSession() as session, session.post(f"{self.issuer}/test/{what}", json=said) as answer:
            return await answer.text()

    async def program(self, resource: str = "") -> str:
        """The access token of a program; for `api://register` typed as Entra ID types them."""
        form = {"grant_type": "client_credentials"} | ({"resource": resource} if resource else {})
        headers = {"Authorization": aiohttp.encode_basic_auth("robot", "robot")}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.issuer}/token", data=form) as answer,
        ):
            return str((await answer.json())["access_token"])


@contextmanager
def believing(server: Embedded, folder: Path) -> Iterator[Government]:
    """Skips the test where there is no such provider."""
    if shutil.which("node") is None or not (NODE_MODULES / "oidc-provider").is_dir():
        pytest.skip(f"oidc-provider is absent: npm install --prefix {NODE_MODULES.parent} oidc-provider")
    ours, theirs = _free(), _free()
    spoken = Provider(f"http://127.0.0.1:{theirs}", "register", SECRET, "Ministry of Examples")
    # By another name of this machine: to a browser the provider is another site, as it is to people.
    home = f"http://localhost:{ours}"
    behind = (ip_network("127.0.0.1"),)  # who browses may say from where
    with served(server, "identity", folder, public_url=home, identity=(spoken,), proxies=behind) as live:
        government = Government(replace(live, url=home), theirs, folder)
        government.opens()
        try:
            yield government
        finally:
            government.closes()


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer, with where it led."""

    status: int
    url: str
    text: str
    location: str
    retry_after: str = ""


class Browser:
    """Keeps cookies and follows what it is told to follow; it says that its own pages sent its forms."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, address: str) -> Seen:
        async with self._session.get(address, allow_redirects=False) as answer:
            return await _seen(answer)

    async def post(self, address: str, origin: str = "", **fields: str) -> Seen:
        sent = {"Origin": origin or f"http://{urlsplit(address).netloc}"}
        async with self._session.post(address, data=fields, headers=sent, allow_redirects=False) as answer:
            return await _seen(answer)

    async def led(self, seen: Seen, until: str = "\0") -> Seen:
        """Follows, until an address begins so: that one is not asked any more."""
        while seen.location and not seen.location.startswith(until):
            seen = await self.get(seen.location)
        return seen

    async def logs_in(self, government: Government, who: str, then: str = "/give") -> str:
        """Up to the address at which the provider sends people back."""
        home = government.live.url
        seen = await self.get(f"{home}/sign-in/with/{government.provider.key}?then={then}")
        assert seen.status == 303, seen.text
        back = f"{home}/sign-in/from/"
        seen = await self.led(seen, back)
        while not seen.location:
            prompt = re.search(r'name="prompt" value="(\w+)"', seen.text)
            assert prompt is not None, seen.text
            seen = await self.led(await self.post(seen.url, prompt=prompt[1], login=who, password="any"), back)
        return seen.location

    async def signs_in(self, government: Government, who: str, then: str = "/give") -> Seen:
        """Up to the choice as whom to go on, or what is said instead."""
        return await self.led(await self.get(await self.logs_in(government, who, then)))

    @property
    def kept(self) -> dict[str, str]:
        """The register's own cookies."""
        return {one.key: one.value for one in self._session.cookie_jar if one.key.startswith("subsidia")}

    def keeps(self, name: str, value: str) -> None:
        self._session.cookie_jar.update_cookies({name: value}, URL("http://localhost/"))


@asynccontextmanager
async def browser(whence: str = "") -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)  # of addresses that are numbers, too
    headers = {"Accept-Language": "en"} | ({"X-Forwarded-For": whence} if whence else {})
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as session:
        yield Browser(session)


async def _seen(answer: aiohttp.ClientResponse) -> Seen:
    location = answer.headers.get("Location", "")
    led = urljoin(str(answer.url), location) if location else ""
    return Seen(answer.status, str(answer.url), await answer.text(), led, answer.headers.get("Retry-After", ""))
