"""Units merge, split and end on a real ledger: what they promised is handed over, once, with its cause, or shows."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest_asyncio

from domain.commitments import events as commitments
from domain.commitments.state import Commitment
from domain.commitments.words import Milestone, Part
from domain.commitments.words import Party as Invited
from domain.contexts import CONTEXTS
from domain.kernel import EventName, PartialDate, Sphere, StreamId, UnitId, Words
from domain.ledger.records import canonical
from services.audit.deciding import Redecider
from services.audit.leaves import read
from services.audit.structure import Commands, First
from services.bootstrap import Services
from services.orders import Note
from services.store.migrations import FILES
from tests.services.acting import (
    AUCKLAND,
    BEGUN,
    PARIS,
    Party,
    by,
    entrusted,
    holder,
    local,
    party,
    promise,
    register,
    set_clock,
    told,
)
from tests.services.test_handle import give, process

DAY = "2035-03-25"
AFTER = BEGUN + timedelta(days=30)


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with register(database_url, tmp_path) as found:
        yield found


async def standing(services: Services, stream: StreamId) -> Commitment:
    _, state = await services.office.states.state("commitments", stream)
    assert isinstance(state, Commitment)
    return state


async def recorded(services: Services, unit: UnitId, command: str, day: str = DAY, **fields: Any) -> EventName:
    """The name of the record that the registrar makes of it."""
    note = Note(effective_on=PartialDate(day), because="The law says so.", lang="en")
    answer = await give(services, services.registrar, f"units.{command}", unit, note=note, **fields)
    return EventName.at(unit, answer.version)


async def shared(services: Services, owner: Party, other: Party) -> StreamId:
    """Adopted by both, with a step that each takes."""
    title, day = Words({"en": "A bridge"}), date(2036, 5, 1)
    proposed = await give(
        services, owner.signatory, "commitments.propose", owner=owner.unit, title=title, description=title,
        ends_on=PartialDate("2040"), starts_on=None, sdg=(), parties=(Invited(other.unit, Part.CO_OWNER),),
        document=None,
    )  # fmt: skip
    await give(services, other.signatory, "commitments.accept", proposed.stream)
    for one in (owner, other):
        step = Milestone(title, day, one.unit)
        await give(services, one.signatory, "commitments.add-milestone", proposed.stream, milestone=step)
    await give(services, owner.signatory, "commitments.adopt", proposed.stream)
    return proposed.stream


async def test_three_towns_merge_and_all_that_they_promised_is_the_new_towns(
    services: Services, database_url: str
) -> None:
    towns = [await party(services, name) for name in ("Ain", "Bourg", "Brou")]
    new, neighbour = await party(services, "Ainbourg"), await party(services, "Region", Sphere.REGIONAL)
    promised: list[StreamId] = []
    for town in towns:
        promised.append((await promise(services, town.unit, date(2036, 5, 1), signatory=town.signatory))[0])
        promised.append(await shared(services, town, neighbour))
    promised += [await shared(services, towns[0], towns[1]), await shared(services, neighbour, towns[2])]
    set_clock(services, AFTER)
    causes = set()
    for town in towns:
        await recorded(services, town.unit, "record-merger", merged=tuple(one.unit for one in towns), into=new.unit)
        causes.add(await recorded(services, town.unit, "abolish"))
    await services.workers.catch_up()
    gone = {town.unit for town in towns}
    for stream in promised:
        state = await standing(services, stream)
        assert new.unit in state.accepted()
        assert not gone & {one.unit for one in state.parties}
        assert not gone & {one.unit for one in state.deadlines if one.waits}
        records = await by(services, "reaction", stream)
        assert {one.type for one in records} == {"commitment-party-succeeded.1"}
        assert {one.cause for one in records} <= causes
        assert {one.effective_on for one in records} == {DAY}
    assert (await services.workers.health())[1].refused == 0
    # The new town's people act on it at once, in the place of those who no longer can.
    await give(services, new.signatory, "commitments.complete-milestone", promised[0], milestone=1)
    await _nothing_is_recorded_again(services, database_url)


async def _nothing_is_recorded_again(services: Services, database_url: str) -> None:
    size = (await services.store.head()).size
    connection = await asyncpg.connect(database_url)
    await connection.execute("delete from workers.positions; delete from workers.leans")
    await connection.close()
    await services.workers.catch_up()
    assert (await services.store.head()).size == size


async def test_a_split_hands_over_to_the_part_that_was_named_first(services: Services) -> None:
    whole, one, other = [await party(services, name) for name in ("Ain", "Bourg", "Brou")]
    stream, _ = await promise(services, whole.unit, date(2036, 5, 1), signatory=whole.signatory)
    set_clock(services, AFTER)
    parts = (one.unit, other.unit)
    await recorded(services, whole.unit, "record-split", whole=whole.unit, parts=parts, continues=False)
    await recorded(services, whole.unit, "abolish")
    await services.workers.catch_up()
    assert (await standing(services, stream)).owner == one.unit


async def test_days_are_over_where_the_new_owner_is_at_home(services: Services) -> None:
    town, far = await party(services, "Ain", zone=PARIS), await party(services, "Far", zone=AUCKLAND)
    stream, _ = await promise(services, town.unit, date(2035, 4, 30), signatory=town.signatory)
    await services.workers.catch_up()
    set_clock(services, AFTER)
    await recorded(services, town.unit, "assign-successor", successor=far.unit)
    await recorded(services, town.unit, "abolish")
    await services.workers.catch_up()
    set_clock(services, local(AUCKLAND, "2035-05-01T00:00"))
    await services.workers.catch_up()
    (missed,) = [one for one in await by(services, "clock", stream) if one.type == "milestone-missed.1"]
    assert missed.event.unit == far.unit


async def test_a_successor_that_is_no_more_by_then_hands_it_on(services: Services) -> None:
    """Both ended before anything followed from the first: nobody is overlooked."""
    town, larger, largest = [await party(services, name) for name in ("Ain", "Bourg", "Brou")]
    stream, _ = await promise(services, town.unit, date(2036, 5, 1), signatory=town.signatory)
    set_clock(services, AFTER)
    for one, heir in ((town, larger), (larger, largest)):
        await recorded(services, one.unit, "assign-successor", successor=heir.unit, day="2035-03-20")
        await recorded(services, one.unit, "abolish")
    await services.workers.catch_up()
    assert (await standing(services, stream)).owner == largest.unit
    (handed,) = await by(services, "reaction", stream)
    assert (handed.event.former, handed.event.successor) == (town.unit, largest.unit)
    assert (await services.workers.health())[1].refused == 0


async def test_what_is_promised_between_an_abolition_and_its_day_is_handed_over_as_well(services: Services) -> None:
    town, larger = await party(services, "Ain"), await party(services, "Bourg")
    await recorded(services, town.unit, "assign-successor", successor=larger.unit, day="2035-03-05")
    await recorded(services, town.unit, "abolish")
    await services.workers.catch_up()
    set_clock(services, BEGUN + timedelta(days=3))
    stream, _ = await promise(services, town.unit, date(2036, 5, 1), signatory=town.signatory)
    await services.workers.catch_up()
    set_clock(services, local(PARIS, f"{DAY}T00:00") - timedelta(seconds=1))
    await services.workers.catch_up()
    assert await by(services, "reaction", stream) == []
    set_clock(services, local(PARIS, f"{DAY}T00:00"))
    await services.workers.catch_up()
    (handed,) = await by(services, "reaction", stream)
    assert (handed.event.successor, handed.effective_on) == (larger.unit, DAY)


# --- nobody in its place ---


async def test_an_abolition_without_a_successor_is_recorded_and_shows_until_one_is_named(services: Services) -> None:
    town, larger = await party(services, "Ain"), await party(services, "Bourg")
    stream, _ = await promise(services, town.unit, date(2036, 5, 1), signatory=town.signatory)
    set_clock(services, AFTER)
    abolished = await recorded(services, town.unit, "abolish")
    await services.workers.catch_up()
    (orphaned,) = await by(services, "reaction", stream)
    assert (orphaned.event, orphaned.cause) == (commitments.PartyOrphaned(town.unit, date(2035, 3, 25)), abolished)
    named = await recorded(services, town.unit, "assign-successor", "2035-04-01", successor=larger.unit)
    await services.workers.catch_up()
    _, handed = await by(services, "reaction", stream)
    assert handed.event == commitments.PartySucceeded(town.unit, larger.unit, Sphere.LOCAL, date(2035, 4, 1))
    assert (handed.cause, handed.effective_on) == (named, "2035-04-01")


async def test_a_unit_that_is_restored_answers_for_its_part_again(services: Services) -> None:
    town = await party(services, "Ain")
    stream, _ = await promise(services, town.unit, date(2036, 5, 1), signatory=town.signatory)
    set_clock(services, AFTER)
    await recorded(services, town.unit, "abolish")
    await services.workers.catch_up()
    restored = await recorded(services, town.unit, "restore", without=())
    await services.workers.catch_up()
    back = (await told(services, stream))[-1]
    assert (back.event, back.cause) == (commitments.PartyRestored(town.unit), restored)
    assert not (await standing(services, stream)).parties[0].orphaned
    assert (await services.workers.health())[1].refused == 0


# --- ledgers from before, and auditors ---


async def test_a_ledger_from_before_is_caught_up_with_once_it_is_migrated(
    services: Services, database_url: str
) -> None:
    town, larger = await party(services, "Ain"), await party(services, "Bourg")
    stream, _ = await promise(services, town.unit, date(2036, 5, 1), signatory=town.signatory)
    await services.workers.catch_up()
    connection = await asyncpg.connect(database_url)
    await connection.execute("delete from workers.leans where stream = $1", stream)  # as programs before kept none
    set_clock(services, AFTER)
    await recorded(services, town.unit, "assign-successor", successor=larger.unit)
    await recorded(services, town.unit, "abolish")
    await services.workers.catch_up()
    assert await by(services, "reaction", stream) == []
    await connection.execute((FILES / "0006_leaning.sql").read_text())
    await connection.close()
    await services.workers.catch_up()
    (handed,) = await by(services, "reaction", stream)
    assert (handed.event.successor, handed.effective_on) == (larger.unit, DAY)


async def test_an_auditor_decides_the_same_again(database_url: str, tmp_path: Path) -> None:
    """Today, since an auditor believes the moment at which a record was made."""
    async with process(database_url, tmp_path) as services:
        day = (services.office.clock().date() - timedelta(days=2)).isoformat()
        town, larger, largest = [await party(services, name) for name in ("Ain", "Bourg", "Brou")]
        lone, region = await party(services, "Lone"), await holder(services, "Region")
        ahead = services.office.clock().date() + timedelta(days=400)
        for one in (town, lone):
            await promise(services, one.unit, ahead, signatory=one.signatory, ends_on="2090")
        await entrusted(services, region, town, region.unit)
        for one, heir in ((town, larger), (larger, largest)):
            await recorded(services, one.unit, "assign-successor", successor=heir.unit, day="2020")
            await recorded(services, one.unit, "abolish", day)
        await recorded(services, lone.unit, "abolish", day)
        await services.workers.catch_up()
        await recorded(services, lone.unit, "restore", day, without=())
        await services.workers.catch_up()
        made = {one.type for one in await by(services, "reaction")}
        assert made == {
            "commitment-party-succeeded.1", "commitment-party-orphaned.1", "commitment-party-restored.1",
            "mandate-party-succeeded.1",
        }  # fmt: skip
        found = First()
        redecider = Redecider(services.codec, CONTEXTS, found)
        commands = Commands(redecider.take)
        async for batch in services.store.scan():
            for record in batch:
                commands.take(record.position, record.state, read(record.state, record.position))
        commands.end()
        assert found.ranked() == []
        assert not redecider.unchecked
        assert await invented(services) == {"reaction-unfounded"}


async def invented(services: Services) -> set[str]:
    """What an audit says of each thing that reactions did, told as if for the sake of another record, or otherwise."""
    records = [record async for batch in services.store.scan() for record in batch]
    codes = set[str]()
    for place, record in enumerate(records):
        leaf = json.loads(record.state)
        if leaf["actor"].get("system") != "reaction" or leaf["of"][0] != 1:
            continue
        another = next(one for one in records if one.type == "unit-registered.1")
        for forged in (
            {"cause": f"{another.stream}/1"},  # to which nothing reacts
            {"effective_on": "2034-01-01"},
            {"command": leaf["command"] | {"fields": leaf["command"]["fields"] | {"former": str(another.stream)}}},
        ):
            states = [one.state for one in records[: place + leaf["of"][1]]]
            states[place] = canonical(leaf | forged)
            found = First()
            commands = Commands(Redecider(services.codec, CONTEXTS, found).take)
            for position, state in enumerate(states):
                commands.take(position, state, read(state, position))
            commands.end()
            (said,) = [one for _, _, one in found.ranked() if one.position == place]
            codes.add(said.code)
    return codes
