"""Exclusive mandates that come to clash on a real ledger: each stands, and so does what takes its place."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.kernel import Refused, StreamId
from domain.mandates.words import Beside, ReturnGround
from tests.services.acting import FUNCTION, unit_of
from tests.services.test_handle import give
from tests.services.test_territories import BECAUSE, TODAY, Country, country

__all__ = ["country"]


async def test_two_that_were_each_in_order_are_said_to_clash_when_they_come_together(
    country: Country, tmp_path: Path
) -> None:
    town, body, region = country.town.unit, country.metropolis.unit, country.region.unit
    whole, part = await country.over(body), await country.over(town)
    await country.joins(TODAY - timedelta(days=9))
    await country.acts()
    [moved] = await country.moved(part)
    assert moved.exclusive.beside == (Beside(whole, FUNCTION, body),)
    assert await country.moved(whole) == []
    assert await country.services.store.pool.fetchval("select count(*) from workers.refused") == 0
    why: dict[str, Any] = {"ground": ReturnGround.INCAPACITY, "legal_basis": None, "settlement": None}
    await give(country.services, country.metropolis.signatory, "mandates.return", whole, note=BECAUSE, **why)
    await country.acts()
    [_, alone] = await country.moved(part)
    assert alone.exclusive.beside is None
    assert await country.claimed() == {(town, False), (body, True), (region, True)}
    await country.leaves(TODAY - timedelta(days=1))
    await country.acts()
    assert await country.claimed() == {(town, False), (region, True)}
    assert await country.audited(tmp_path / "bundle") == []


async def test_both_of_two_that_clash_are_superseded(country: Country, tmp_path: Path) -> None:
    """The parties renew what they agreed, and lose nothing of what they held, nor do the others."""
    services, region = country.services, country.region
    town, body = country.town.unit, country.metropolis.unit
    whole, part = await country.over(body), await country.over(town)
    await country.joins(TODAY - timedelta(days=9))
    await country.acts()
    anew = await country.agreed_over(body)
    superseded: dict[str, Any] = {"settlement": None, "note": BECAUSE}
    await give(services, region.signatory, "mandates.supersede", whole, by=anew, **superseded)
    await country.acts()
    assert (await country.moved(part))[-1].exclusive.beside == (Beside(anew, FUNCTION, body),)
    await give(services, region.signatory, "mandates.activate", anew)
    smaller = await country.agreed_over(town)
    await give(services, region.signatory, "mandates.supersede", part, by=smaller, **superseded)
    with pytest.raises(Refused) as refused:
        await give(services, region.signatory, "mandates.activate", smaller)
    assert refused.value.facts["held_by"] == (anew,)
    await give(services, region.signatory, "mandates.activate", smaller, replaces=part, beside=(anew,))
    assert await country.claimed() == {(town, False), (body, False), (region.unit, True)}
    last = await country.agreed_over(body)
    await give(services, region.signatory, "mandates.supersede", anew, by=last, **superseded)
    await country.acts()
    await give(services, region.signatory, "mandates.withdraw", last, note=BECAUSE)
    await country.acts()
    assert await country.claimed() == {(town, False), (body, True), (region.unit, True)}
    assert await country.audited(tmp_path / "bundle") == []


@pytest.mark.parametrize("body_first", [True, False])
async def test_both_are_superseded_before_anything_takes_their_place(
    country: Country, tmp_path: Path, body_first: bool
) -> None:
    """Whatever comes into force first: what takes the place of the member's stands beside the body's new one."""
    services, region = country.services, country.region
    town, body = country.town.unit, country.metropolis.unit
    whole, part = await country.over(body), await country.over(town)
    await country.joins(TODAY - timedelta(days=9))
    await country.acts()
    smaller, anew = await country.agreed_over(town), await country.agreed_over(body)
    superseded: dict[str, Any] = {"settlement": None, "note": BECAUSE}
    await give(services, region.signatory, "mandates.supersede", part, by=smaller, **superseded)
    await give(services, region.signatory, "mandates.supersede", whole, by=anew, **superseded)
    await country.acts()
    in_force = (anew,) if body_first else ()
    steps: list[tuple[StreamId, dict[str, Any]]] = [(anew, {}), (smaller, {"replaces": part, "beside": in_force})]
    for mandate, said in steps if body_first else steps[::-1]:
        await give(services, region.signatory, "mandates.activate", mandate, **said)
    await country.acts()
    assert await country.claimed() == {(town, False), (body, False), (region.unit, True)}
    assert await country.audited(tmp_path / "bundle") == []


async def test_what_takes_a_place_without_saying_so_leaves_the_other_its_own(country: Country, tmp_path: Path) -> None:
    """The town's new mandate named nobody, and would have kept out what is agreed in the place of the body's."""
    services, region = country.services, country.region
    town, body = country.town.unit, country.metropolis.unit
    whole, part = await country.over(body), await country.over(town)
    await country.joins(TODAY - timedelta(days=9))
    await country.acts()
    smaller, anew = await country.agreed_over(town), await country.agreed_over(body)
    superseded: dict[str, Any] = {"settlement": None, "note": BECAUSE}
    await give(services, region.signatory, "mandates.supersede", part, by=smaller, **superseded)
    await give(services, region.signatory, "mandates.supersede", whole, by=anew, **superseded)
    await country.acts()
    await give(services, region.signatory, "mandates.activate", smaller)
    await country.acts()
    assert (await country.moved(smaller))[-1].exclusive.beside == (Beside(anew, FUNCTION, body),)
    await give(services, region.signatory, "mandates.activate", anew)
    await country.acts()
    assert await country.claimed() == {(town, False), (body, False), (region.unit, True)}
    assert await country.services.store.pool.fetchval("select count(*) from workers.refused") == 0
    assert await country.audited(tmp_path / "bundle") == []


async def test_one_that_takes_the_place_of_several_stands_where_the_one_of_its_own_territory_stood(
    country: Country, tmp_path: Path
) -> None:
    """Whichever of them comes first: that of the other territory says nothing of where it stands."""
    services, region = country.services, country.region
    town, body = country.town.unit, country.metropolis.unit
    village = await unit_of(services, "Village", parent=region.unit)
    whole = await country.over(body)
    parts = {await country.over(one): one for one in (town, village)}
    for one in (town, village):
        await country.joins(TODAY - timedelta(days=9), member=one)
    await country.acts()
    last = max(parts)
    anew, both = await country.agreed_over(body), await country.agreed_over(parts[last])
    superseded: dict[str, Any] = {"settlement": None, "note": BECAUSE}
    for mandate, by_which in ((min(parts), both), (last, both), (whole, anew)):
        await give(services, region.signatory, "mandates.supersede", mandate, by=by_which, **superseded)
    await country.acts()
    await give(services, region.signatory, "mandates.activate", both)
    await country.acts()
    assert (await country.moved(both))[-1].exclusive.beside == (Beside(anew, FUNCTION, body),)
    assert await services.store.pool.fetchval("select count(*) from workers.refused") == 0
    assert await country.audited(tmp_path / "bundle") == []
