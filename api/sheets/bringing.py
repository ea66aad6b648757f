"""Sheets that officers bring, on a page or by a program: tried whole, then recorded, all within the same bounds.

The register keeps no file, not even for a moment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from api.sheets.files import FORMS
from api.sheets.planning import Tried, export_sheet, try_sheet
from api.sheets.sheets import Sheet
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
TOO_LONG = "To try this file takes too long. Part it into several, or ask the register's operator to import it."


@dataclass(frozen=True, slots=True)
class Brought:
    """What would become of a file and, where it was recorded, what became of it."""

    tried: Tried
    recorded: Summary | None = None


class Bringing:
    """Everybody who brings a file to one process waits at the same doors."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turns: WeakValueDictionary[UnitId, asyncio.Lock] = WeakValueDictionary()
        self._places, self._room = asyncio.Semaphore(IN_HAND), asyncio.Semaphore(AT_ONCE)

    def permit(self, sheet: Sheet, token: Token) -> None:
        """Raises Forbidden."""
        if token.role not in sheet.roles:
            raise Forbidden("With your role nothing of such a sheet is recorded.")

    @asynccontextmanager
    async def in_hand(self, token: Token) -> AsyncIterator[None]:
        """Inside, a file is read and brought."""
        async with self._turn(token.unit), self._places:
            yield

    async def brought(
        self, sheet: Sheet, file: File, token: Token, because: Note, counts: Callable[[Tried], bool]
    ) -> Brought:
        """Tries a file, and records what it came to where `counts` says that this is wanted. Raises WrongFile,
        Forbidden, and what the store raises; what was recorded until then stays, and the same file finishes it.
        """
        async with self._room:
            try:
                async with asyncio.timeout(SECONDS):
                    tried = await try_sheet(self._services, sheet, file, token.actor, because, ROWS)
            except TimeoutError:
                raise WrongFile(TOO_LONG) from None
            if not counts(tried) or not tried.plan.commands:
                return Brought(tried)
            # Whoever goes away meanwhile does not stop it half-way.
            return Brought(tried, await asyncio.shield(carry_out(self._services.office, tried.plan)))

    async def taken(self, sheet: Sheet, form: str, token: Token) -> bytes:
        """The file of what is there: of everything for a registrar, of the own unit's for anybody else."""
        own = None if token.role is Role.REGISTRAR else token.unit
        async with self._turn(token.unit), self._room:
            header, rows, _ = await export_sheet(self._services, sheet, own)
            return await asyncio.to_thread(FORMS[form], sheet, header, rows)

    def _turn(self, unit: UnitId) -> asyncio.Lock:
        """Who presses twice sees the second time that it is there already; nor do one unit's files fill all places."""
        return self._turns.setdefault(unit, asyncio.Lock())
