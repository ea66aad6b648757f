"""Sheets of a government's own on the officers' pages: tried on the first press, recorded on the second.

The file travels in the page from one press to the next: the register keeps none, not even for a moment, and what is
recorded is what was shown. The seal of a trial tells whether it still is.
"""

import asyncio
import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from aiohttp import web

from api import values
from api.edge import Handler
from api.errors import Problem, problem_of
from api.faults import Wrong
from api.formats import MEDIA
from api.languages import preferred
from api.officers.giving import DO, ENDED
from api.officers.pages import Pages
from api.officers.sent import CALLED, PACKED, unpacked
from api.officers.signing_in import Doors, to_sign_in
from api.schemas import TAG
from api.sheets.files import FORMS
from api.sheets.planning import Tried, export_sheet, try_sheet
from api.sheets.sheets import SHEETS, Sheet
from domain.kernel import Role, UnitId
from services.bootstrap import Services
from services.importing.plan import Summary, WrongFile
from services.importing.rows import File
from services.importing.running import carry_out
from services.orders import Forbidden, Note
from services.store.tokens import Token

BYTES = 4 << 20
ROWS = 2_000
SECONDS = 60
"""In which a file is tried; what was tried is then recorded however long it takes, which is about as long."""
AT_ONCE = 2
"""Files that one process tries; others wait."""
IN_HAND = 6
"""Files, packed and unpacked, that one process holds or is reading; of others nothing is read before."""
CELLS = 200
"""Bad cells and rows that a page names."""
FILE = "sheet"
SEAL = "_seal"
NO_FILE = "Choose a file first."
TOO_LARGE = f"The file has more than {BYTES >> 20} MB."
TOO_LONG = "To try this file takes too long. Part it into several, or ask the register's operator to import it."
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
        return File(self.name, unpacked(self.packed, BYTES), self.said.get("which", "").strip())

    @property
    def because(self) -> Note:
        """Raises Wrong."""
        text, lang = self.said.get("because", "").strip(), self.said.get("lang", "").strip()
        return Note(because=BECAUSE.read_text(text), lang=TAG.read_text(lang)) if text else Note()


class Sheets:
    """One page for each kind of sheet, with its template and what is there."""

    def __init__(self, services: Services, doors: Doors, pages: Pages) -> None:
        self._services, self._doors, self._pages = services, doors, pages
        self._turns: WeakValueDictionary[UnitId, asyncio.Lock] = WeakValueDictionary()
        self._places, self._room = asyncio.Semaphore(IN_HAND), asyncio.Semaphore(AT_ONCE)

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
            return _download("register", sheet, form, await self._there(sheet, form, token))

        return {f"template.{form}": template, f"register.{form}": there}

    async def _officer(self, request: web.Request, sheet: Sheet) -> Token | None:
        """Raises Forbidden."""
        token = await self._doors.officer(request)
        if token is not None and token.role not in sheet.roles:
            raise Forbidden("With your role nothing of such a sheet is recorded.")
        return token

    async def _sent(self, request: web.Request, sheet: Sheet) -> Shown:
        shown, token = Shown(sheet, {}), await self._officer(request, sheet)
        try:
            if token is None:  # of whom no file is taken
                shown.said = dict(await self._doors.posted(request, whole=BYTES))
                shown.problem = Problem(401, "not-signed-in", "Sign in again", (ENDED,))
            else:
                async with self._turn(token.unit), self._places:
                    shown.said = dict(await self._doors.posted(request, whole=BYTES))
                    if not shown.packed:
                        raise WrongFile(NO_FILE)
                    async with self._room:
                        await self._brought(shown, token)
        except (WrongFile, TimeoutError) as error:
            shown.wrong, shown.status = str(error) or TOO_LONG, 422
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
        async with asyncio.timeout(SECONDS):
            tried = await try_sheet(self._services, shown.sheet, shown.file, token.actor, shown.because, ROWS)
        does = shown.said.get(DO, "")
        shown.again = does in ("record", "valid") and tried.seal != shown.said.get(SEAL)
        if shown.again or does != ("valid" if tried.summary.bad else "record") or not tried.plan.commands:
            shown.tried = tried
            return
        # Whoever closes the page meanwhile does not stop it half-way.
        shown.recorded = await asyncio.shield(carry_out(self._services.office, tried.plan))

    def _turn(self, unit: UnitId) -> asyncio.Lock:
        """Who presses twice sees the second time that it is there already; nor do one unit's files fill all places."""
        return self._turns.setdefault(unit, asyncio.Lock())

    async def _there(self, sheet: Sheet, form: str, token: Token) -> bytes:
        own = None if token.role is Role.REGISTRAR else token.unit
        async with self._turn(token.unit), self._room:
            header, rows, _ = await export_sheet(self._services, sheet, own)
            return await asyncio.to_thread(FORMS[form], sheet, header, rows)

    async def _page(self, request: web.Request, shown: Shown) -> web.Response:
        names = shown.sheet.layout.sample()
        return await self._pages.page(
            "officers/sheet.html", shown.status, shown=shown, sheet=shown.sheet, wanted=preferred(request), seal=SEAL,
            columns=[(name, shown.sheet.column(name)) for name in names], at_most=CELLS, rows=ROWS, size=BYTES >> 20,
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
