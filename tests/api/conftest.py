"""What tests of the web's edge may ask for: the whole register, served from a thread of its own, story told."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web

from api.app import LONGEST_LINE, make_app
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
        async with assemble(self._config) as services:
            story = await tell(services.office, services.registrar)
            assert story is not None
            runner = web.AppRunner(make_app(services), access_log=None, max_line_size=LONGEST_LINE)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
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
        return Live(address, story, officer, signatory, registrar, services, asyncio.get_running_loop())

    def end(self) -> None:
        if self.live is not None:
            self.live.loop.call_soon_threadsafe(self._asked_to_end.set)
        self.join(30)


@pytest.fixture(scope="session")
def live(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One register for all tests that add to it and never take away."""
    asyncio.run(_create(server.dsn("postgres"), "http_live"))
    folder: Path = tmp_path_factory.mktemp("live")
    config = replace(
        Config.read(), database_url=server.dsn("http_live"), var=folder, signing_key=folder / "key.pem",
        origin=DEMO_ORIGIN,
    )  # fmt: skip
    serving = _Serving(config)
    serving.start()
    assert serving.ready.wait(60)
    if serving.error is not None:
        raise serving.error
    assert serving.live is not None
    yield serving.live
    serving.end()
    asyncio.run(_drop(server.dsn("postgres"), "http_live"))


async def _create(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'create database "{name}"')
    await connection.close()


async def _drop(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'drop database "{name}" with (force)')
    await connection.close()
