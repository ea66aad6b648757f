"""Views attested: on demand and on time, by the register itself, and never for nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from domain.attestations import ATTESTATIONS, ViewAttested
from domain.kernel import Refused, Role
from projections.views import ATTESTED, VIEWS
from services.attesting import ATTESTER, Said, order
from services.bootstrap import Services, assemble
from services.orders import Forbidden
from services.views.dumping import dumped
from services.views.ports import NotBuilt, Query
from tests.services.acting import set_clock, told
from tests.services.test_handle import config, person, propose, unit

DAY = timedelta(hours=24)


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """Views are kept; whoever acts is told to."""
    async with assemble(config(database_url, tmp_path), acting=False) as found:
        await unit(found, "Lyon")
        await seen(found)
        yield found


async def seen(services: Services) -> int:
    """Waits until every view holds every record; gives the last position."""
    last = (await services.store.head()).size - 1
    for view in VIEWS:
        assert await services.views.reached(view.name, last, 30)
    return last


async def on_record(services: Services) -> list[Any]:
    return [one for one in await told(services) if isinstance(one.event, ViewAttested)]


async def attest(services: Services, *names: str) -> list[Said]:
    return await services.attesting.attest([view for view in ATTESTED if not names or view.name in names])


async def test_every_view_is_attested_as_it_is(services: Services) -> None:
    position = await seen(services)
    said = await attest(services)
    assert [one.found.view for one in said] == [view.name for view in ATTESTED]
    for view, one, record in zip(ATTESTED, said, await on_record(services), strict=True):
        assert one.found == await dumped(services.store.pool, view, position)
        assert record.name == one.record
        assert record.event == one.attested
        assert (record.actor, record.event.position) == (ATTESTER, position)
        assert record.event.digest == one.found.digest
    await seen(services)
    page = await services.views.page("attestations", Query(limit=100))
    assert len(page.items) == len(ATTESTED)


async def test_what_has_not_changed_is_not_attested_again(services: Services) -> None:
    first = await attest(services)
    await seen(services)
    again = await attest(services)
    changed = {one.found.view for before, one in zip(first, again, strict=True) if one.record != before.record}
    assert changed == {"activity"}, "the attestations themselves are activity"
    assert again[0].found.position > again[0].attested.position == first[0].found.position


async def test_a_view_alone_can_be_attested(services: Services) -> None:
    (said,) = await attest(services, "units")
    assert said.found.rows == 2
    assert [one.event.view for one in await on_record(services)] == ["units"]


async def test_a_view_that_is_not_there_is_not_attested(database_url: str, tmp_path: Path) -> None:
    async with assemble(config(database_url, tmp_path), workers=False) as services:
        with pytest.raises(NotBuilt):
            await attest(services)
        assert await on_record(services) == []


async def test_nobody_else_attests_a_view(services: Services) -> None:
    found = (await attest(services, "units"))[0].found
    asked = order(replace(found, digest="ab" * 32), found.position + 1)
    officer = await person(services, await unit(services, "Paris"), Role.AUTHORISED_SIGNATORY)
    with pytest.raises(Forbidden):
        await services.office.give(replace(asked, actor=officer, cmd=uuid4()))
    with pytest.raises(Refused) as refused:
        await services.office.give(order(replace(found, digest="ab" * 32), found.position))
    assert refused.value.code == "position-ahead"
    assert len(await on_record(services)) == 1


# --- on time ---


async def test_views_are_attested_once_a_day_while_there_is_news(services: Services) -> None:
    opened = (await told(services))[0].at
    set_clock(services, opened + DAY - timedelta(minutes=1))
    await services.workers.catch_up()
    assert await on_record(services) == [], "a day has not passed since the ledger was opened"

    set_clock(services, opened + DAY)
    await services.workers.catch_up()
    assert len(await on_record(services)) == len(ATTESTED)
    await seen(services)

    await services.workers.catch_up()
    set_clock(services, opened + 3 * DAY)
    await services.workers.catch_up()
    assert len(await on_record(services)) == len(ATTESTED), "nothing was recorded but attestations"

    await propose(services, await person(services, await unit(services, "Paris"), Role.LIAISON_OFFICER))
    await seen(services)
    set_clock(services, opened + 5 * DAY)
    await services.workers.catch_up()
    later = (await on_record(services))[len(ATTESTED) :]
    assert {"units", "commitments", "scorecards", "activity"} <= {one.event.view for one in later}
    assert "mandates" not in {one.event.view for one in later}


async def test_another_process_counts_from_the_last_attestation(database_url: str, tmp_path: Path) -> None:
    for hours, fresh in ((0, False), (23, False), (25, True)):
        async with assemble(config(database_url, tmp_path), acting=False) as services:
            if hours == 0:
                await seen(services)
                await attest(services)
            await unit(services, f"Village {hours}")
            await seen(services)
            before = await on_record(services)
            set_clock(services, before[-1].at + timedelta(hours=hours))
            await services.workers.catch_up()
            assert (len(await on_record(services)) > len(before)) is fresh


async def test_it_is_left_to_people_where_no_time_is_configured(database_url: str, tmp_path: Path) -> None:
    async with assemble(replace(config(database_url, tmp_path), attest=0), acting=False) as services:
        await unit(services, "Lyon")
        await seen(services)
        set_clock(services, services.office.clock() + 400 * DAY)
        await services.workers.catch_up()
        assert await on_record(services) == []
        assert len(await attest(services)) == len(ATTESTED)


def test_the_rules_say_that_only_the_register_attests() -> None:
    assert [by.roles for by in ATTESTATIONS.commands.values()] == [()]
