"""The application as a whole."""

from pathlib import Path

from aiohttp import ClientSession, web

from api.app import make_runner
from services.bootstrap import assemble
from tests.bench.serving import GROWING, growing
from tests.bench.views import GROWTH


async def test_a_register_of_one_view_is_served(database_url: str, tmp_path: Path) -> None:
    """As the bench serves it, to programs."""
    settings = growing(database_url, tmp_path)
    async with assemble(settings, acting=False, views=(GROWTH,), names=GROWING) as services:
        runner = make_runner(services, None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with ClientSession(url) as session, session.get("/v1/ledger") as answer:
                assert answer.status == 200
        finally:
            await runner.cleanup()
