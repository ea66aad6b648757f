"""Reactions on a real ledger: what a record means for others is recorded with its cause."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain import units
from domain.commitments import events as commitments
from domain.contexts import CONTEXTS
from domain.kernel import PartialDate, Refused, Sphere, StreamId, UnitId, Words
from domain.mandates import events as mandates
from domain.mandates.words import Due, Ending, Pause
from domain.subsidiarity.allocations import events as allocations
from domain.subsidiarity.allocations.words import Mode
from services.bootstrap import Services
from services.orders import Note
from services.reactions import REACTIONS
from tests.services.acting import (
    BEGUN,
    FUNCTION,
    NEW_YORK,
    PARIS,
    Party,
    by,
    entrusted,
    holder,
    local,
    party,
    promise,
    register,
    revoked,
    told,
)
from tests.services.chained import act, chain, of
from tests.services.test_handle import give

WHY = Note(because="So the law says.", lang="en")


# --- mandates that rest on mandates ---


async def test_who_passes_a_mandate_on_is_shown_on_it(services: Services) -> None:
    _, (first, second, third) = await chain(services)
    await act(services)
    (record,) = await by(services, "reaction", first)
    (activated,) = of(await told(services, second), mandates.MandateActivated)
    assert isinstance(record.event, mandates.MandateSubDelegated)
    assert (record.event.child, record.cause) == (second, activated.name)
    assert [one.event.child for one in await by(services, "reaction", second)] == [third]


async def test_a_revoked_mandate_takes_all_that_rest_on_it_with_it(services: Services) -> None:
    (region, *_), (first, second, third) = await chain(services)
    await act(services)
    await revoked(services, region, first, timedelta(days=100))
    (above,) = of(await told(services, first), mandates.MandateRevoked)
    await act(services)
    for stream in (second, third):
        (follows,) = of(await by(services, "reaction", stream), mandates.MandateRevoked)
        assert follows.event.ground is Ending.PARENT_ENDED
        assert follows.effective_on == above.effective_on
        assert follows.cause == above.name
        above = follows
    size = (await services.store.head()).size
    await act(services)
    assert (await services.store.head()).size == size


async def test_a_suspension_of_nine_days_is_followed_and_moves_the_reports_day(services: Services) -> None:
    region, city, district = (
        await holder(services, "Ain"),
        await party(services, "Bourg"),
        await party(services, "Brou"),
    )
    parent = await entrusted(services, region, city, region.unit)
    child = await entrusted(services, city, district, region.unit, parent, reporting_months=6)
    clocks = of(await told(services, child), mandates.DeadlineSet)
    (owed,) = [one for one in clocks if one.event.kind is Due.REPORT]
    await act(services, BEGUN + timedelta(days=10))
    await give(services, region.signatory, "mandates.suspend", parent, note=WHY, ground=Pause.BREACH)
    await act(services)
    (paused,) = of(await by(services, "reaction", child), mandates.MandateSuspended)
    assert paused.event.ground is Pause.PARENT_SUSPENDED
    await act(services, BEGUN + timedelta(days=19))
    await give(services, region.signatory, "mandates.restore", parent)
    await act(services)
    assert len(of(await by(services, "reaction", child), mandates.MandateRestored)) == 1
    (moved,) = of(await by(services, "reaction", child), mandates.DeadlineMoved)
    nine = owed.event.due_on + timedelta(days=9)
    assert nine <= moved.event.due_on <= nine + timedelta(days=3)  # a day that is no working day gives way
    await act(services, local(PARIS, f"{moved.event.due_on}T23:59"))
    assert of(await by(services, "clock", child), mandates.DeadlineMissed) == []
    await act(services, local(PARIS, f"{moved.event.due_on + timedelta(days=1)}T00:00"))
    (missed,) = of(await by(services, "clock", child), mandates.DeadlineMissed)
    assert missed.cause == moved.name


async def test_when_the_clock_ends_a_mandate_those_that_rest_on_it_end_as_well(services: Services) -> None:
    region, city, district = (
        await holder(services, "Ain"),
        await party(services, "Bourg"),
        await party(services, "Brou"),
    )
    last = date(2036, 2, 29)
    parent = await entrusted(services, region, city, region.unit, ends_on=last)
    child = await entrusted(services, city, district, region.unit, parent, ends_on=last)
    await act(services, local(PARIS, "2036-03-05T12:00"))
    (expired,) = of(await by(services, "clock", parent), mandates.MandateExpired)
    assert (expired.effective_on, expired.event.last_day) == ("2036-03-01", last)
    ends = [one for one in await told(services, child) if isinstance(one.event, mandates.MandateExpired)]
    ends += of(await told(services, child), mandates.MandateRevoked)
    assert [one.effective_on for one in ends] == ["2036-03-01"]


# --- competences and units ---


async def test_a_competence_that_the_law_took_back_is_entrusted_no_longer(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    mandate = await entrusted(services, region, city, region.unit)
    await act(services, BEGUN + timedelta(days=30))
    await give(
        services, services.registrar, "units.withdraw-competence", region.unit, note=WHY, function=FUNCTION,
        territory=region.unit, held_until=PartialDate("2035-03-20"),
    )  # fmt: skip
    await act(services)
    (lapsed,) = of(await by(services, "reaction", mandate), mandates.MandateRevoked)
    assert (lapsed.event.ground, lapsed.event.revoked_on) == (Ending.COMPETENCE_LOST, date(2035, 3, 21))


async def test_a_competence_that_it_will_take_back_ends_the_mandate_by_the_clock(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    mandate = await entrusted(services, region, city, region.unit)
    await give(
        services, services.registrar, "units.withdraw-competence", region.unit, note=WHY, function=FUNCTION,
        territory=region.unit, held_until=PartialDate("2035-06-30"),
    )  # fmt: skip
    await act(services, local(PARIS, "2035-06-30T23:59"))
    assert of(await told(services, mandate), mandates.MandateRevoked) == []
    await act(services, local(PARIS, "2035-07-01T00:00"))
    (lapsed,) = of(await by(services, "clock", mandate), mandates.MandateRevoked)
    assert lapsed.event.revoked_on == date(2035, 7, 1)


async def _abolish(services: Services, unit: UnitId, day: str) -> None:
    await give(services, services.registrar, "units.abolish", unit, note=Note(effective_on=PartialDate(day)))


async def test_a_successor_stands_in_the_place_of_a_unit_that_is_no_more(services: Services) -> None:
    region, city, larger = await holder(services, "Ain"), await party(services, "Bourg"), await party(services, "Brou")
    mandate = await entrusted(services, region, city, region.unit)
    await act(services, BEGUN + timedelta(days=30))
    await give(services, services.registrar, "units.assign-successor", city.unit, successor=larger.unit)
    await _abolish(services, city.unit, "2035-03-25")
    await act(services)
    (record,) = of(await by(services, "reaction", mandate), mandates.PartySucceeded)
    (abolished,) = [one for one in await told(services, city.unit) if one.type == "unit-abolished.1"]
    assert (record.event.former, record.event.successor) == (city.unit, larger.unit)
    assert record.cause == abolished.name


async def test_who_leaves_no_successor_leaves_no_mandate(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    mandate = await entrusted(services, region, city, region.unit)
    await act(services, BEGUN + timedelta(days=30))
    await _abolish(services, city.unit, "2035-03-25")
    await act(services)
    (record,) = of(await by(services, "reaction", mandate), mandates.MandateRevoked)
    assert record.event.ground is Ending.UNIT_ABOLISHED


async def test_an_abolition_on_a_day_to_come_waits_for_that_day(database_url: str, tmp_path: Path) -> None:
    async with register(database_url, tmp_path) as services:
        region, city = await holder(services, "York", zone=NEW_YORK), await party(services, "Bourg", zone=NEW_YORK)
        larger = await party(services, "Brou", zone=NEW_YORK)
        mandate = await entrusted(services, region, city, region.unit)
        await give(services, services.registrar, "units.assign-successor", city.unit, successor=larger.unit)
        await _abolish(services, city.unit, "2035-12-31")
        await act(services)
        assert await by(services, "reaction", mandate) == []
        gone = await _gone(services, city.unit)
        await act(services, local(NEW_YORK, f"{gone}T00:00") - timedelta(seconds=1))
        assert await by(services, "reaction", mandate) == []
    async with register(database_url, tmp_path, local(NEW_YORK, f"{gone}T00:00")) as services:
        await act(services)
        (record,) = of(await by(services, "reaction", mandate), mandates.PartySucceeded)
        assert record.effective_on == str(gone)
        reactions = (await services.workers.health())[1]
        assert reactions.refused == 0


async def _gone(services: Services, unit: UnitId) -> date:
    _, state = await services.office.states.state("units", StreamId(unit))
    found = units.facts(state, unit).alive_until
    assert found is not None
    return found


async def test_an_abolition_that_was_annulled_in_time_means_nothing(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    mandate = await entrusted(services, region, city, region.unit)
    await _abolish(services, city.unit, "2035-12-31")
    await act(services)
    restored = Note(effective_on=PartialDate("2035-12-31"), because="The law was struck down.", lang="en")
    await give(services, services.registrar, "units.restore", city.unit, note=restored)
    await act(services, datetime(2036, 2, 1, tzinfo=UTC))
    assert await by(services, "reaction", mandate) == []
    assert (await services.workers.health())[1].refused == 0


# --- commitments that lean on mandates ---


async def test_a_commitment_hears_of_the_end_of_a_mandate_it_rests_on(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    mandate = await entrusted(services, region, city, region.unit, ends_on=date(2035, 9, 30))
    stream, _ = await promise(services, city.unit, date(2039, 1, 10), signatory=city.signatory)
    await give(services, city.signatory, "commitments.rest-on-mandate", stream, mandate=mandate)
    await act(services, local(PARIS, "2035-10-01T00:00"))
    (lost,) = of(await by(services, "reaction", stream), commitments.MandateLost)
    (expired,) = of(await by(services, "clock", mandate), mandates.MandateExpired)
    assert (lost.event.mandate, lost.cause, lost.effective_on) == (mandate, expired.name, "2035-10-01")
    with pytest.raises(Refused, match="nothing can rest on it"):
        await give(services, city.signatory, "commitments.rest-on-mandate", stream, mandate=mandate)


# --- the table ---


def test_reactions_give_only_what_nobody_else_may_give() -> None:
    assert len({reaction.name for reaction in REACTIONS}) == len(REACTIONS)
    given = {
        "mandates": ["record-sub-delegation", "follow-parent", "lapse", "succeed"],
        "commitments": ["lose-mandate", "succeed"],
    }
    for context, names in given.items():
        for name in names:
            assert CONTEXTS[context].commands[name].roles == ()


# --- decisions on allocations ---


async def proposed(services: Services, region: Party, city: Party) -> tuple[StreamId, dict[str, Any]]:
    """Asked by a city, and proposed by it; and what it proposes."""
    matter = Words({"en": "Who runs the night buses"})
    asked = await give(
        services, city.signatory, "allocations.request", requester=city.unit, decider=region.unit, matter=matter,
        description=matter, function=FUNCTION, territory=region.unit, candidates=(Sphere.LOCAL, Sphere.REGIONAL),
        affected=(city.unit, region.unit),
    )  # fmt: skip
    choice: dict[str, Any] = {"sphere": Sphere.LOCAL, "mode": Mode.OWN}
    await give(services, city.signatory, "allocations.propose", asked.stream, why=matter, **choice)
    return asked.stream, choice


async def decided(services: Services, region: Party, city: Party) -> StreamId:
    """Proposed, and decided by the region once everybody's time to be heard was over."""
    question, choice = await proposed(services, region, city)
    await act(services, BEGUN + timedelta(days=60))
    await give(services, region.signatory, "allocations.decide", question, note=WHY, **choice)
    return question


async def test_a_mandate_that_began_before_its_decision_resolves_it(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    question, choice = await proposed(services, region, city)
    mandate = await entrusted(services, region, city, region.unit, implements=question)
    await act(services, BEGUN + timedelta(days=60))
    await give(services, region.signatory, "allocations.decide", question, note=WHY, **choice)
    followed = of(await told(services, question), allocations.MandateFollowed)
    assert [one.event.mandate for one in followed] == [mandate, mandate]
    await act(services, BEGUN + timedelta(days=400))
    assert of(await told(services, question), allocations.NoMandateFollowed) == []
    assert all(one.refused == 0 for one in await services.workers.health())


async def test_one_that_was_suspended_when_it_was_decided_resolves_it_once_it_is_restored(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    question, choice = await proposed(services, region, city)
    mandate = await entrusted(services, region, city, region.unit, implements=question)
    await act(services, BEGUN + timedelta(days=50))
    await give(services, region.signatory, "mandates.suspend", mandate, note=WHY, ground=Pause.BREACH)
    await act(services, BEGUN + timedelta(days=60))
    await give(services, region.signatory, "allocations.decide", question, note=WHY, **choice)
    state = (await services.office.states.state("allocations", question))[1]
    assert state.mandates == ()
    await act(services, BEGUN + timedelta(days=70))
    await give(services, region.signatory, "mandates.restore", mandate)
    await act(services)
    followed = of(await by(services, "reaction", question), allocations.MandateFollowed)
    assert [one.event.mandate for one in followed] == [mandate, mandate], "before the decision, and again"
    (restored,) = of(await told(services, mandate), mandates.MandateRestored)
    assert followed[-1].cause == restored.name
    await act(services, BEGUN + timedelta(days=400))
    assert of(await told(services, question), allocations.NoMandateFollowed) == []


async def test_a_mandate_in_force_that_names_a_decision_is_told_to_it(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    decision = await decided(services, region, city)
    mandate = await entrusted(services, region, city, region.unit, implements=decision)
    await act(services)
    (followed,) = of(await by(services, "reaction", decision), allocations.MandateFollowed)
    assert followed.event.mandate == mandate
    (activated,) = of(await told(services, mandate), mandates.MandateActivated)
    assert followed.cause == activated.name
    await act(services, BEGUN + timedelta(days=400))
    assert of(await told(services, decision), allocations.NoMandateFollowed) == []


async def test_a_decision_that_no_mandate_follows_in_its_time_says_so_once(services: Services) -> None:
    region, city = await holder(services, "Ain"), await party(services, "Bourg")
    decision = await decided(services, region, city)
    for days in (300, 400):
        await act(services, BEGUN + timedelta(days=days))
    (unresolved,) = of(await by(services, "clock", decision), allocations.NoMandateFollowed)
    missed = of(await told(services, decision), allocations.AllocationDeadlineMissed)[-1]
    assert unresolved.effective_on == (missed.event.due_on + timedelta(days=1)).isoformat()
