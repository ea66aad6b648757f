"""What every officers' page is: kept by nobody, framed by nobody, and a problem is told in words."""

from typing import Any

from aiohttp import web

from api.edge import Handler, officers
from api.paging import FORMED
from api.templates import Templates
from api.tongues import READER

HEADERS = FORMED | {
    # With `no-referrer` browsers send `Origin: null`, and we could not tell our own forms from those of others.
    "Referrer-Policy": "same-origin",
}
WITH_DRAFTS = HEADERS | {"Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; script-src 'self'"}
"""Of pages for whoever is signed in: they run the script that keeps what is typed, from its file and none within."""


class Pages:
    """Writes the officers' pages, or others with a form that is sent. `desk`: whether whoever reads them has one."""

    def __init__(self, templates: Templates, *, desk: bool = True) -> None:
        self._templates, self._desk = templates, desk

    async def page(self, name: str, status: int = 200, **said: Any) -> web.Response:
        always = WITH_DRAFTS if name.startswith("officers/") else HEADERS
        headers = always | {"Content-Language": READER.get().tongue.tag}
        return web.Response(status=status, body=await self._templates.written(name, **said), headers=headers)

    def served(self, handler: Handler) -> Handler:
        return self._templates.in_words(officers(handler, "page"), HEADERS, desk=self._desk)
