"""Sheets of a government's own on the officers' pages: tried on the first press, recorded on the second.

The file travels in the page from one press to the next, and what is recorded is what was shown. The seal of a trial
tells whether it still is.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from api import values
from api.edge import Handler
from api.errors import problem_of
from api.faults import Wrong
from api.formats import MEDIA
from api.languages import preferred
from api.officers.giving import DO, ENDED
from api.officers.pages import Pages
from api.officers.sent import CALLED, PACKED, unpacked
from api.officers.signing_in import Doors, to_sign_in
from api.problems import Problem
from api.schemas import TAG
from api.sheets import bringing
from api.sheets.bringing import Bringing
from api.sheets.files import FORMS
from api.sheets.planning import Tried
from api.sheets.sheets import SHEETS, Sheet
from services.importing.plan import Summary, WrongFile
from services.importing.rows import File
from services.orders import Note
from services.store.tokens import Token

CELLS = 200
"""Bad cells and rows that a page names."""
FILE = "sheet"
SEAL = "_seal"
NO_FILE = "Choose a file first."
TOO_LARGE = f"The file has more than {bringing.BYTES >> 20} MB."
BECAUSE = values.text(2000, 1)


@dataclass(slots=True)
class Shown:
    """A page with a file on it, and what came of it. `again`: it was to be recorded, and is other than it was shown."""

    sheet: Sheet
    said: Mapping[str, str]
    tried: Tried | None = None
    recorded: Summary | None = None
    wrong: str = ""
    problem: Problem | None = None
    again: bool = False
    status: int = 200

    @property
    def packed(self) -> str:
        return self.said.get(f"{FILE}.{PACKED}", "")

    @property
    def name(self) -> str:
        return self.said.get(f"{FILE}.{CALLED}", "") or "sheet.csv"

    @property
    def file(self) -> File:
        return File(self.name, unpacked(self.packed, bringing.BYTES), self.said.get("which", "").strip())

    @property
    def because(self) -> Note:
        """Raises Wrong."""
        text, lang = self.said.get("because", "").strip(), self.said.get("lang", "").strip()
        return Note(because=BECAUSE.read_text(text), lang=TAG.read_text(lang)) if text else Note()


class Sheets:
    """One page for each kind of sheet, with its template and what is there."""

    def __init__(self, doors: Doors, pages: Pages, bringing: Bringing) -> None:
        self._doors, self._pages, self._bringing = doors, pages, bringing

    def routes(self) -> list[web.RouteDef]:
        return [route for sheet in SHEETS.values() for route in self._of(sheet)]

    def _of(self, sheet: Sheet) -> list[web.RouteDef]:
        async def first(request: web.Request) -> web.StreamResponse:
            token = await self._officer(request, sheet)
            return to_sign_in(request) if token is None else await self._page(request, Shown(sheet, {}))

        async def sent(request: web.Request) -> web.StreamResponse:
            return await self._page(request, await self._sent(request, sheet))

        at, served = f"/give/sheets/{sheet.name}", self._pages.served
        files = [self._files_of(sheet, form) for form in FORMS]
        return [
            web.get(at, served(first)), web.post(at, served(sent)),
            *(web.get(f"{at}/{name}", served(one)) for file in files for name, one in file.items()),
        ]  # fmt: skip

    def _files_of(self, sheet: Sheet, form: str) -> Mapping[str, Handler]:
        """What may be taken along, by the file's name."""

        async def template(request: web.Request) -> web.StreamResponse:
            if await self._officer(request, sheet) is None:
                return to_sign_in(request)
            return _download("template", sheet, form, FORMS[form](sheet, sheet.layout.sample(), []))

        async def there(request: web.Request) -> web.StreamResponse:
            token = await self._officer(request, sheet)
            if token is None:
                return to_sign_in(request)
            return _download("register", sheet, form, await self._bringing.taken(sheet, form, token))

        return {f"template.{form}": template, f"register.{form}": there}

    async def _officer(self, request: web.Request, sheet: Sheet) -> Token | None:
        """Raises Forbidden."""
        token = await self._doors.officer(request)
        if token is not None:
            self._bringing.permit(sheet, token)
        return token

    async def _sent(self, request: web.Request, sheet: Sheet) -> Shown:
        shown, token = Shown(sheet, {}), await self._officer(request, sheet)
        try:
            if token is None:  # of whom no file is taken
                shown.said = dict(await self._doors.posted(request, whole=bringing.BYTES))
                shown.problem = Problem(401, "not-signed-in", "Sign in again", (ENDED,))
            else:
                async with self._bringing.in_hand(token):
                    shown.said = dict(await self._doors.posted(request, whole=bringing.BYTES))
                    if not shown.packed:
                        raise WrongFile(NO_FILE)
                    await self._brought(shown, token)
        except WrongFile as error:
            shown.wrong, shown.status = str(error), 422
        except Wrong as wrong:
            shown.wrong, shown.status = str(wrong.fault), 422
        except web.HTTPRequestEntityTooLarge:
            shown.wrong, shown.status = TOO_LARGE, 413
        except Exception as error:
            shown.problem = problem_of(error)
            if shown.problem is None or not shown.packed:
                raise
        if shown.problem is not None:
            shown.status = shown.problem.status
        return shown

    async def _brought(self, shown: Shown, token: Token) -> None:
        does = shown.said.get(DO, "")

        def counts(tried: Tried) -> bool:
            shown.again = does in ("record", "valid") and tried.seal != shown.said.get(SEAL)
            return not shown.again and does == ("valid" if tried.summary.bad else "record")

        found = await self._bringing.brought(shown.sheet, shown.file, token, shown.because, counts)
        shown.recorded = found.recorded
        shown.tried = None if found.recorded else found.tried

    async def _page(self, request: web.Request, shown: Shown) -> web.Response:
        names = shown.sheet.layout.sample()
        return await self._pages.page(
            "officers/sheet.html", shown.status, shown=shown, sheet=shown.sheet, wanted=preferred(request), seal=SEAL,
            columns=[(name, shown.sheet.column(name)) for name in names], at_most=CELLS, rows=bringing.ROWS,
            size=bringing.BYTES >> 20,
            asked=_asked(shown.tried),
        )  # fmt: skip


def _asked(tried: Tried | None) -> list[Any]:
    """The rows that would be recorded, in the order of the file."""
    found = [one for wave in (tried.plan.waves if tried else ()) for one in wave]
    return sorted(found, key=lambda one: one.line)


def _download(name: str, sheet: Sheet, form: str, content: bytes) -> web.Response:
    said = {"Content-Disposition": f'attachment; filename="{sheet.name}-{name}.{form}"'}
    if form != "csv":
        return web.Response(body=content, content_type=MEDIA[form], headers=said)
    # Spreadsheet programs know by the mark that it is UTF-8.
    return web.Response(body=codecs.BOM_UTF8 + content, content_type=MEDIA[form], charset="utf-8", headers=said)
