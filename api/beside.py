"""What pages take from the view of units: how those that they speak of are called."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from api.asking import LIMIT
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

UNITS = "units"


async def names_of(
    views: Views, ids: Iterable[str], *, as_of: int | None = None, day: date | None = None
) -> Mapping[str, str]:
    """What units are called, by their ids; of very many, the first."""
    wanted = tuple(sorted(set(ids))[:LIMIT])
    if not wanted:
        return {}
    where = (Filter("key", Op.IN, wanted),)
    page = await views.page(UNITS, Query(where, limit=LIMIT, as_of=as_of, day=day))
    return {unit["key"]: unit["title"] for unit in map(msgspec.json.decode, page.items)}
