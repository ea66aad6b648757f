"""Five trees of the sample views, planted and read."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest_asyncio

from domain.kernel import Money
from services.views.connections import opened_views
from services.views.ports import Filter, Query
from services.views.queries import Views
from tests.services.projecting import folded as projected
from tests.services.views_sample import SAMPLE, Colour, Grove, Planted, stream

TREES_THERE = [
    ("Évry oak", Colour.RED, "2026-03-15", "12.50", date(2026, 5, 1)),
    ("Zelkova", Colour.RED, "2026", None, None),
    ("ash", Colour.GREEN, "2026-03", "7", date(2026, 4, 1)),
    ("Beech", Colour.GREEN, "unknown", "100", date(2026, 6, 1)),
    ("Elm Évreux", Colour.RED, "2025-12-31", None, date(2026, 5, 1)),
]


def planted() -> Grove:
    grove = Grove()
    for number, (name, colour, on, cost, due_on) in enumerate(TREES_THERE):
        by = stream(0) if number else None
        grove.add(number, Planted(name, colour, by, Money(Decimal(cost), "EUR") if cost else None, due_on), on)
    return grove


@pytest_asyncio.fixture
async def grove() -> Grove:
    return planted()


@pytest_asyncio.fixture
async def views(migrated_url: str, grove: Grove) -> AsyncIterator[Views]:
    await projected(migrated_url, grove)
    async with opened_views(migrated_url, SAMPLE) as views:
        yield views


def names(rows: Sequence[bytes]) -> list[str]:
    return [msgspec.json.decode(row)["name"] for row in rows]


async def listed(views: Views, *filters: Filter, **how: Any) -> list[str]:
    return names((await views.page("trees", Query(filters, **how))).items)
