"""What an auditor's program takes from a server that means it no good."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.auditing import AT_MOST, server
from services.audit.fetching import AskedWrongly, Unreachable

BLOCK = b"\0" * (1 << 20)
BLOCKS = 2 * AT_MOST // len(BLOCK)


class Boundless:
    """Answers with more than anybody wants to read, under the status that is asked for."""

    def __init__(self) -> None:
        self.sent = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(
            status=int(request.match_info["status"]), headers={"Content-Type": "text/plain; charset=hex"}
        )
        await answer.prepare(request)
        await answer.write(b"\x1b[2J\xff Ask me \xe2\x82")
        for _ in range(BLOCKS):
            await answer.write(BLOCK)
            self.sent += 1
        return answer


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("400", AskedWrongly, "Ask me"),
        ("403", Unreachable, "Ask me"),
        ("200", Unreachable, "more than 33,554,432 bytes"),
    ],
)
async def test_an_answer_without_an_end_is_read_no_further_than_it_is_needed(
    status: str, error: type[Unreachable], said: str
) -> None:
    theirs, app = Boundless(), web.Application()
    app.router.add_get("/{status}", theirs.answer)
    async with TestServer(app) as shown, server(str(shown.make_url("/"))) as get:
        with pytest.raises(error, match=said) as met:
            await get(status)
    assert len(str(met.value)) < 1000
    assert theirs.sent < BLOCKS
