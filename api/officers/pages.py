"""What every officers' page is: kept by nobody, framed by nobody, and a problem is told in words."""

from typing import Any

import msgspec
from aiohttp import web

from api.edge import Handler, officers
from api.errors import JSON_PROBLEM
from api.portal import Templates
from api.reference import HTML, STRICT

FORM = "application/x-www-form-urlencoded"
HEADERS = STRICT | {
    "Content-Security-Policy": STRICT["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'"),
    # With `no-referrer` browsers send `Origin: null`, and we could not tell our own forms from those of others.
    "Referrer-Policy": "same-origin",
    "Content-Type": HTML,
}


class Pages:
    """Writes the officers' pages."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    async def page(self, name: str, status: int = 200, **said: Any) -> web.Response:
        return web.Response(status=status, body=await self._templates.written(name, **said), headers=HEADERS)

    def served(self, handler: Handler) -> Handler:
        within = officers(handler, "page")

        async def serve(request: web.Request) -> web.StreamResponse:
            answer = await within(request)
            if isinstance(answer, web.Response) and answer.content_type == JSON_PROBLEM:
                assert isinstance(answer.body, bytes)
                answer.body = await self._templates.written("problem.html", problem=msgspec.json.decode(answer.body))
                answer.headers.update(HEADERS)
            return answer

        return serve
