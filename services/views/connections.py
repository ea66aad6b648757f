"""The connections that views are read on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from projections.kernel import View
from services.store.connecting import Pool, close_pool, open_pool
from services.store.migrations import ROLE
from services.views.queries import Views

_SETTINGS = {
    "role": ROLE,
    "application_name": "subsidia-views",
    "jit": "off",
    "statement_timeout": "30s",
    # A rare value and a common one want different plans: each list is planned for the values it has.
    "plan_cache_mode": "force_custom_plan",
}


async def open_reading_pool(dsn: str, at_most: int = 8) -> Pool:
    """Connections for `Views`. Raises Unavailable."""
    return await open_pool(dsn, at_most, _SETTINGS)


@asynccontextmanager
async def opened_views(
    dsn: str, views: Sequence[View], readers: int = 8, *, listen: bool = True
) -> AsyncIterator[Views]:
    """Views with connections of their own; listening, unless told not to."""
    pool = await open_reading_pool(dsn, readers)
    try:
        async with Views(pool, views, dsn if listen else None) as found:
            yield found
    finally:
        await close_pool(pool)
