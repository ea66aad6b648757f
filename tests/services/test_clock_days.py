"""When a day is over for the clock: at home, over zones and daylight saving, on holidays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.commitments import events as commitments
from domain.commitments.words import Due
from domain.kernel import EventName, Refused
from domain.units.events import Particulars
from services.bootstrap import Services
from services.orders import Note
from services.working.agenda import ends_at
from tests.services.acting import (
    AUCKLAND,
    NEW_YORK,
    PARIS,
    by,
    local,
    passed,
    promise,
    set_clock,
    tick,
    told,
    unit_of,
)
from tests.services.test_handle import give

STEP = date(2035, 4, 10)


@pytest.mark.parametrize(
    ("due_on", "zone", "over"),
    [
        (date(2035, 1, 31), "UTC", "2035-02-01T00:00+00:00"),
        (date(2035, 4, 10), NEW_YORK, "2035-04-11T04:00+00:00"),
        (date(2035, 4, 10), AUCKLAND, "2035-04-10T12:00+00:00"),
        # The last Sunday of March has 23 hours in Paris, that of October 25.
        (date(2035, 3, 24), PARIS, "2035-03-24T23:00+00:00"),
        (date(2035, 3, 25), PARIS, "2035-03-25T22:00+00:00"),
        (date(2035, 10, 28), PARIS, "2035-10-28T23:00+00:00"),
        # Clocks go from 00:00 to 01:00 in Havana: that day begins at 01:00.
        (date(2035, 3, 10), "America/Havana", "2035-03-11T05:00+00:00"),
        # And back from 01:00 to 00:00: it begins at the first 00:00.
        (date(2035, 11, 3), "America/Havana", "2035-11-04T04:00+00:00"),
        # Samoa had no 30 December 2011.
        (date(2011, 12, 29), "Pacific/Apia", "2011-12-30T10:00+00:00"),
        (date(2036, 2, 28), PARIS, "2036-02-28T23:00+00:00"),
        (date(2036, 2, 29), PARIS, "2036-02-29T23:00+00:00"),
        (date(2035, 4, 10), "Nowhere/At_All", "2035-04-11T00:00+00:00"),
        (date(2035, 4, 10), "Europe", "2035-04-11T00:00+00:00"),
        (date.max, "UTC", "9990-01-02T00:00+00:00"),
    ],
)
def test_a_day_is_over_where_the_stream_is_at_home(due_on: date, zone: str, over: str) -> None:
    assert ends_at(due_on, zone) == datetime.fromisoformat(over)


async def test_nothing_at_23_59_and_the_record_at_00_00_local(services: Services) -> None:
    stream, _ = await promise(services, await unit_of(services, "Albany", zone=NEW_YORK), STEP)
    await tick(services, local(NEW_YORK, "2035-04-10T23:59:59"))
    assert await by(services, "clock") == []
    await tick(services, local(NEW_YORK, "2035-04-11T00:00"))
    missed, step = await by(services, "clock", stream)
    (was_set,) = [
        one for one in await told(services, stream)
        if isinstance(one.event, commitments.DeadlineSet) and one.event.kind is Due.MILESTONE
    ]  # fmt: skip
    assert isinstance(missed.event, commitments.DeadlineMissed)
    assert isinstance(step.event, commitments.MilestoneMissed)
    assert (missed.effective_on, missed.cause, missed.event.due_on) == ("2035-04-11", was_set.name, STEP)
    assert missed.at.tzinfo is not None


async def test_the_same_day_ends_earlier_in_the_east(services: Services) -> None:
    west, _ = await promise(services, await unit_of(services, "Albany", zone=NEW_YORK), STEP)
    east, _ = await promise(services, await unit_of(services, "Napier", zone=AUCKLAND), STEP)
    await tick(services, local(AUCKLAND, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {east}
    await tick(services, local(NEW_YORK, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {east, west}


@pytest.mark.parametrize("others", [False, True])
async def test_a_time_zone_that_is_put_right_moves_what_is_at_home_there(services: Services, others: bool) -> None:
    """Also what was set before, and is touched by nothing else; whoever is at home elsewhere stays there."""
    albany = await unit_of(services, "Albany", zone=AUCKLAND)
    stream, _ = await promise(services, albany, STEP)
    napier, _ = await promise(services, await unit_of(services, "Napier", zone=AUCKLAND), STEP)
    if others:
        await tick(services)
    first = EventName.at(albany, 1)
    note = Note(corrects=first, because="A slip of the pen.", lang="en", basis="Act 3, art. 9")
    await give(
        services, services.registrar, "units.correct", albany, note=note, corrects=first,
        changes=Particulars(time_zone=NEW_YORK),
    )  # fmt: skip
    await tick(services, local(AUCKLAND, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {napier}
    await tick(services, local(NEW_YORK, "2035-04-10T23:59:59"))
    assert {one.stream for one in await by(services, "clock")} == {napier}
    assert not any(one.error for one in await services.workers.health())
    await tick(services, local(NEW_YORK, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {napier, stream}


async def test_a_time_zone_is_not_put_right_at_an_hour_that_would_cut_the_day_short(services: Services) -> None:
    albany = await unit_of(services, "Albany", zone=NEW_YORK)
    first = EventName.at(albany, 1)
    note = Note(corrects=first, because="A slip of the pen.", lang="en", basis="Act 3, art. 9")
    said: dict[str, Any] = {"note": note, "corrects": first, "changes": Particulars(time_zone=AUCKLAND)}
    set_clock(services, local(NEW_YORK, "2035-04-10T12:00"))
    with pytest.raises(Refused) as refused:
        await give(services, services.registrar, "units.correct", albany, **said)
    assert refused.value.code == "day-cut-short"
    set_clock(services, local(NEW_YORK, "2035-04-11T06:00"))
    assert (await give(services, services.registrar, "units.correct", albany, **said)).events == ("unit-corrected.1",)


async def test_the_hour_that_daylight_saving_takes_is_no_hour_of_the_deadline(services: Services) -> None:
    stream, _ = await promise(services, await unit_of(services, "Lyon"), date(2035, 3, 25))
    await tick(services, datetime(2035, 3, 25, 21, 59, 59, tzinfo=UTC))
    assert await by(services, "clock") == []
    await tick(services, datetime(2035, 3, 25, 22, tzinfo=UTC))
    assert passed(await by(services, "clock", stream))[0][1] == date(2035, 3, 26)


async def test_a_day_that_is_a_holiday_at_home_was_moved_when_it_was_set(services: Services) -> None:
    begun = local(PARIS, "2035-05-01T12:00")
    set_clock(services, begun)
    await promise(services, await unit_of(services, "Lyon", place="FR"), date(2039, 1, 10))
    await tick(services, local(PARIS, "2036-05-02T23:59"))
    assert await by(services, "clock") == []
    await tick(services, local(PARIS, "2036-05-03T00:00"))
    (missed,) = [one for one in await by(services, "clock") if isinstance(one.event, commitments.DeadlineMissed)]
    assert (missed.event.kind, missed.event.due_on) == (Due.PROGRESS, date(2036, 5, 2))


async def test_a_year_from_29_february_and_the_end_of_august(services: Services) -> None:
    set_clock(services, local(PARIS, "2036-02-29T12:00"))
    await promise(services, await unit_of(services, "Lyon", place="FR"), date(2036, 8, 31))
    await tick(services, local(PARIS, "2036-08-31T23:59"))
    assert await by(services, "clock") == []
    await tick(services, local(PARIS, "2036-09-01T00:00"))
    assert passed(await by(services, "clock"))[0][1] == date(2036, 9, 1)
    # 28 February 2037 is a Saturday.
    await tick(services, local(PARIS, "2037-03-02T23:59"))
    assert len(passed(await by(services, "clock"))) == 1
    await tick(services, local(PARIS, "2037-03-03T00:00"))
    assert passed(await by(services, "clock"))[1][1] == date(2037, 3, 3)
