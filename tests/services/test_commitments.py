"""Commitments on a real ledger: each clock runs by the policy of the day on which it starts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from domain.calendars import due
from domain.commitments.events import DeadlineSet, PartyInvited
from domain.commitments.words import Due, Instrument, Milestone, Part, Source
from domain.commitments.words import Party as Invited
from domain.kernel import PartialDate, Role, StreamId, Words
from domain.policies import SHIPPED, policy_stream
from services.bootstrap import Services
from services.calendars import calendar_of
from services.orders import Note
from tests.services.acting import BEGUN, Party, party, register, set_clock, told
from tests.services.test_handle import give, person

WORDS = Words({"en": "A bridge"})
CHANGED, THEN = date(2035, 4, 1), Note(effective_on=PartialDate("2035-03-10"))
"""The policy changes between the day that an act counts from and the day on which it is recorded."""
NOW = BEGUN + timedelta(days=58)
BEFORE, AFTER = "commitment@1", "commitment@2"


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with register(database_url, tmp_path) as found:
        (shipped,) = [one for one in SHIPPED if (one.name, one.jurisdiction) == ("commitment", "*")]
        longer = tuple(
            replace(one, value="90") if one.parameter in ("answer_days", "hold_notice_days") else one
            for one in shipped.values
        )
        admin = await person(found, found.registrar.unit, Role.POLICY_ADMIN)  # type: ignore[arg-type]
        stream, why = policy_stream("commitment", "*"), Note(because="More time to answer.", lang="en")
        await give(found, admin, "policies.amend", stream, note=why, values=longer, in_force_from=CHANGED)
        yield found


async def clocks(services: Services, stream: StreamId) -> dict[Due, DeadlineSet]:
    return {one.event.kind: one.event for one in await told(services, stream) if isinstance(one.event, DeadlineSet)}


async def proposed(services: Services, owner: Party, *others: Party) -> StreamId:
    answer = await give(
        services, owner.signatory, "commitments.propose", note=THEN, owner=owner.unit, title=WORDS, description=WORDS,
        ends_on=PartialDate("2040"), starts_on=None, sdg=(), document=None,
        parties=tuple(Invited(one.unit, Part.CO_OWNER) for one in others),
    )  # fmt: skip
    return answer.stream


async def test_an_invitation_runs_from_today_by_the_policy_of_today(services: Services) -> None:
    owner, other, third = [await party(services, name) for name in ("Ain", "Bourg", "Brou")]
    set_clock(services, NOW)
    stream = await proposed(services, owner, other)
    await give(
        services, owner.signatory, "commitments.add-party", stream, note=THEN, unit=third.unit, part=Part.FUNDER,
        required=False,
    )  # fmt: skip
    records = await told(services, stream)
    assert {one.effective_on for one in records if isinstance(one.event, PartyInvited)} == {"2035-03-10"}
    answers = [one.event for one in records if isinstance(one.event, DeadlineSet)]
    ends = due(NOW.date(), calendar_of("ZZ"), days=90)
    assert {(one.starts_on, one.policy, one.due_on) for one in answers} == {(NOW.date(), AFTER, ends)}


async def test_what_runs_from_the_day_the_act_counts_from_keeps_the_policy_of_that_day(services: Services) -> None:
    owner = await party(services, "Ain")
    set_clock(services, NOW)
    stream = await proposed(services, owner)
    step = Milestone(WORDS, date(2036, 5, 1), owner.unit)
    await give(services, owner.signatory, "commitments.add-milestone", stream, milestone=step)
    await give(services, owner.signatory, "commitments.adopt", stream, note=THEN)
    found = await clocks(services, stream)
    assert (found[Due.PROGRESS].starts_on, found[Due.PROGRESS].policy) == (date(2035, 3, 10), BEFORE)


async def test_who_confirms_what_a_source_says_owes_from_today_by_the_policy_of_today(services: Services) -> None:
    owner = await party(services, "Ain")
    source = Source("Net Zero Tracker", "https://zerotracker.net", date(2035, 1, 1), "CC-BY-4.0", "CIT-1")
    row: dict[str, Any] = {
        "owner": owner.unit, "title": WORDS, "description": WORDS, "ends_on": PartialDate("2050"), "source": source,
        "updated": "2035-01-01", "instrument": Instrument.IN_LAW, "status_on": PartialDate("2030"), "sdg": (),
        "targets": (),
    }  # fmt: skip
    recorded = await give(services, services.registrar, "commitments.record-from-source", **row)
    set_clock(services, NOW)
    await give(services, owner.signatory, "commitments.confirm-source", recorded.stream, note=THEN)
    found = await clocks(services, recorded.stream)
    assert (found[Due.PROGRESS].starts_on, found[Due.PROGRESS].policy) == (NOW.date(), AFTER)
