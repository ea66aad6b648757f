"""A chain of mandates, and whoever reacts to what is recorded of it."""

from datetime import datetime

from domain.kernel import Recorded, StreamId
from domain.mandates.words import Kind
from services.bootstrap import Services
from tests.services.acting import Party, entrusted, holder, party, set_clock


async def act(services: Services, moment: datetime | None = None) -> None:
    if moment is not None:
        set_clock(services, moment)
    await services.workers.catch_up()


async def chain(services: Services) -> tuple[tuple[Party, ...], tuple[StreamId, ...]]:
    """A region's own power passed on to a city, delegated to a district, and by it to a depot."""
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    district, depot = await party(services, "Brou"), await party(services, "Depot")
    first = await entrusted(services, region, city, region.unit, kind=Kind.DEVOLUTION)
    second = await entrusted(services, city, district, region.unit, first)
    third = await entrusted(services, district, depot, region.unit, second)
    return (region, city, district, depot), (first, second, third)


def of(records: list[Recorded], kind: type) -> list[Recorded]:
    return [one for one in records if isinstance(one.event, kind)]
