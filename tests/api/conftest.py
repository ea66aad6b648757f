"""What tests of the web's edge may ask for: the whole register, served from a thread of its own, story told."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog
from aiohttp import web

from api.app import make_runner
from api.fetching import fetching
from api.probes import Here
from domain.kernel import Role
from services.bootstrap import Services, assemble
from services.config import DEMO_ORIGIN, Config
from services.postgres import Embedded
from services.story import Story, tell


@dataclass(slots=True)
class Live:
    """A served register. `url`: where; the tokens speak for people of the story."""

    url: str
    story: Story
    officer: str
    signatory: str
    registrar: str
    services: Services
    loop: asyncio.AbstractEventLoop
    told: int
    """The last position of the story."""

    def run(self, work: Any) -> Any:
        """What a coroutine of the services gives, run where they live."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)


class _Serving(threading.Thread):
    def __init__(self, config: Config) -> None:
        super().__init__(daemon=True)
        self._config = config
        self.ready, self._asked_to_end = threading.Event(), asyncio.Event()
        self.live: Live | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.error = error
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        # Told before anything acts by itself, as `subsidia serve` does.
        async with assemble(self._config, workers=False) as services:
            story = await tell(services.office, services.registrar)
        assert story is not None
        async with fetching() as fetch, assemble(self._config, fetch=fetch) as services:
            # Its log would stand among what verbs print that tests run in this process.
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
            runner = make_runner(services, Here(services))
            await runner.setup()
            try:
                # Where people are sent back to is an address that somebody knows before we are served.
                await web.TCPSite(runner, "127.0.0.1", urlsplit(self._config.public_url).port or 0).start()
                address = f"http://127.0.0.1:{runner.addresses[0][1]}"
                self.live = await self._introduced(address, services, story)
                await services.views.reached("activity", (await services.store.head()).size - 1, 30)
                self.ready.set()
                await self._asked_to_end.wait()
            finally:
                await runner.cleanup()

    async def _introduced(self, address: str, services: Services, story: Story) -> Live:
        day = timedelta(days=1)
        officer, _ = await services.tokens.issue(story.officer, day)
        signatory, _ = await services.tokens.issue(story.signatory, day)
        registrar, _ = await services.tokens.issue(services.registrar, day)
        assert services.registrar.role is Role.REGISTRAR
        told = (await services.store.head()).size - 1
        return Live(address, story, officer, signatory, registrar, services, asyncio.get_running_loop(), told)

    def end(self) -> None:
        if self.live is not None:
            self.live.loop.call_soon_threadsafe(self._asked_to_end.set)
        self.join(30)


@contextmanager
def served(server: Embedded, name: str, folder: Path, **changed: Any) -> Iterator[Live]:
    """A register of its own in a new database of that server, served while we are inside. `changed`: of its Config."""
    asyncio.run(_create(server.dsn("postgres"), name))
    config = replace(
        Config.read(), database_url=server.dsn(name), var=folder, signing_key=folder / "key.pem", origin=DEMO_ORIGIN,
        **changed,
    )  # fmt: skip
    serving = _Serving(config)
    serving.start()
    assert serving.ready.wait(60)
    if serving.error is not None:
        raise serving.error
    assert serving.live is not None
    try:
        yield serving.live
    finally:
        serving.end()
        asyncio.run(_drop(server.dsn("postgres"), name))


@pytest.fixture(scope="session")
def live(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One register for all tests that add to it and never take away."""
    with served(server, "http_live", tmp_path_factory.mktemp("live")) as found:
        yield found


async def _create(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'create database "{name}"')
    await connection.close()


async def _drop(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'drop database "{name}" with (force)')
    await connection.close()
