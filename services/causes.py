"""What caused a record and what it caused, as of a past moment: asked of the view of activity."""

from typing import Any

from projections.activity import ACTIVITY, ActivityRow
from projections.causes import LINES, CausesRow, Wanted, causes
from services.views.ports import Filter, NotBuilt, Op, Query
from services.views.queries import Views
from services.views.rows import Form

AT_ONCE = 500
"""Lines that one page of a question has."""


class Causes:
    """Asks the view of activity."""

    def __init__(self, views: Views) -> None:
        self._views, self._line = views, Form(ACTIVITY.row)

    async def row(self, position: int, as_of: int) -> CausesRow | None:
        """The tree of a record; None where there is none at this position. Raises what a page raises."""
        if (await self._views.freshness(ACTIVITY.name)).view != f"{ACTIVITY.name}@{ACTIVITY.version}":
            raise NotBuilt(f"{ACTIVITY.name} is being rebuilt: its lines do not say yet what caused them.")
        asking = causes(position)
        try:
            wanted = next(asking)
            while True:
                wanted = asking.send(await self._lines(wanted, as_of))
        except StopIteration as ended:
            found: CausesRow | None = ended.value
            return found

    async def _lines(self, wanted: Wanted, as_of: int) -> list[ActivityRow]:
        filters = tuple(Filter(column, Op.IN, tuple(map(_plain, values))) for column, values in wanted.items())
        found, after = list[ActivityRow](), None
        while len(found) < LINES:
            page = await self._views.page(
                ACTIVITY.name, Query(filters, sort="key", limit=AT_ONCE, after=after, as_of=as_of)
            )
            found += map(self._line.decode, page.items)
            if (after := page.last) is None:
                break
        return found[:LINES]


def _plain(value: Any) -> Any:
    """Names of records are kept as texts."""
    return str(value) if isinstance(value, str) else value
