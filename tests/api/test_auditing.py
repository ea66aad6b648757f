"""What an auditor's program takes from a server that means it no good."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.auditing import AT_MOST, server
from api.cli.stood import shown_by
from projections.units import UNITS
from services.audit.bundle import Unfit
from services.audit.fetching import AskedWrongly, Unreachable
from services.audit.replaying import Stood

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


def page(view: str = f"units@{UNITS.version}", position: int = 9, **said: object) -> dict[str, object]:
    return {"items": [{"key": "a"}] * 3, "as_of": {"position": position, "view": view}, "next": "more", **said}


@pytest.mark.parametrize(
    ("answer", "asked", "error"),
    [
        (page(), 4, None),
        (page(next=None), 1, None),
        (page(items=[]), 1, None),
        (page("units@99"), 1, Unfit),
        (page(position=8), 1, Unfit),
        ({"items": []}, 1, Unreachable),
        (["units"], 1, Unreachable),
    ],
)
async def test_a_list_without_an_end_is_asked_for_no_further_than_there_are_rows(
    answer: object, asked: int, error: type[Exception] | None
) -> None:
    stood, times, app = Stood(9, None, {str(number): b"{}" for number in range(10)}), list[str](), web.Application()

    async def listed(request: web.Request) -> web.Response:
        times.append(request.query.get("cursor", ""))
        return web.json_response(answer)

    app.router.add_get("/v1/units", listed)
    async with TestServer(app) as theirs, server(url := str(theirs.make_url("/"))) as get:
        if error is None:
            await shown_by(get, UNITS, stood, url)
        else:
            with pytest.raises(error):
                await shown_by(get, UNITS, stood, url)
    assert times == ["", *["more"] * (asked - 1)]
