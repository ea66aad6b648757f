"""What commitments wait for, on a real ledger: of two officers who close a circle at once, one hears of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from domain.kernel import Refused, StreamId
from services.bootstrap import Services
from services.orders import Answer, Forbidden, Note
from tests.services.acting import Party, party, promise, register, told
from tests.services.test_handle import give, process

DUE = date(2039, 1, 10)
ENOUGH = Note(because="It was built without.", lang="en")


@dataclass(frozen=True, slots=True)
class Promise:
    """A commitment with one milestone, and who signs for its owner."""

    owner: Party
    stream: StreamId

    async def waits_for(
        self, other: "Promise", services: Services, on: int | None = None, milestone: int | None = None
    ) -> Answer:
        said: dict[str, Any] = {"commitment_milestone": on, "milestone": milestone}
        signs = self.owner.signatory
        return await give(services, signs, "commitments.depend-on", self.stream, commitment=other.stream, **said)


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with register(database_url, tmp_path) as found:
        yield found


async def promises(services: Services, number: int) -> Sequence[Promise]:
    found = []
    for name in range(number):
        owner = await party(services, f"Town {name}")
        stream, _ = await promise(services, owner.unit, DUE, signatory=owner.signatory)
        found.append(Promise(owner, stream))
    return found


async def test_whoever_is_waited_for_is_among_those_that_the_record_speaks_of(services: Services) -> None:
    tram, permit = await promises(services, 2)
    await tram.waits_for(permit, services, on=1, milestone=1)
    record = (await told(services, tram.stream))[-1]
    assert (record.event.commitment, record.event.owner) == (permit.stream, permit.owner.unit)
    [stored] = (await services.store.streams([tram.stream], after=record.version - 1))[tram.stream]
    assert str(permit.owner.unit).encode() in stored.state


async def test_only_owners_say_it_and_take_it_back_with_reasons(services: Services) -> None:
    tram, permit = await promises(services, 2)
    await tram.waits_for(permit, services)
    withdraw, signs = "commitments.withdraw-dependency", tram.owner.signatory
    with pytest.raises(Forbidden):
        await give(services, permit.owner.signatory, withdraw, tram.stream, dependency=1, note=ENOUGH)
    with pytest.raises(Refused) as refused:
        await give(services, signs, withdraw, tram.stream, dependency=1)
    assert refused.value.code == "reasons-required"
    await give(services, signs, withdraw, tram.stream, dependency=1, note=ENOUGH)
    await permit.waits_for(tram, services)


async def test_a_process_that_knows_an_earlier_chain_looks_again(
    services: Services, database_url: str, tmp_path: Path
) -> None:
    """Everything that was followed is among what was read, and the append holds its versions."""
    tram, permit, survey = await promises(services, 3)
    async with process(database_url, tmp_path) as other:
        other.office.clock = services.office.clock
        for one in (tram, permit, survey):
            await other.office.states.state("commitments", one.stream)
        await tram.waits_for(permit, services)
        await permit.waits_for(survey, services)
        with pytest.raises(Refused) as refused:
            await survey.waits_for(tram, other)
    assert refused.value.code == "dependency-cycle"
    assert refused.value.facts["cycle"] == tuple(map(str, (survey.stream, tram.stream, permit.stream, survey.stream)))


async def test_of_a_ring_that_is_closed_at_once_in_two_processes_one_side_stays_open(
    services: Services, database_url: str, tmp_path: Path
) -> None:
    ring = await promises(services, 4)
    async with process(database_url, tmp_path) as other:
        other.office.clock = services.office.clock
        sides = zip(ring, (*ring[1:], ring[0]), (services, other) * 2, strict=True)
        work = [one.waits_for(after, where) for one, after, where in sides]
        answers = await asyncio.gather(*work, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["dependency-cycle"]
    assert sum(isinstance(one, Answer) for one in answers) == 3


@pytest.mark.parametrize("attempt", range(3))
async def test_of_two_that_close_a_circle_at_once_one_is_refused(
    services: Services, database_url: str, tmp_path: Path, attempt: int
) -> None:
    tram, permit = await promises(services, 2)
    async with process(database_url, tmp_path) as other:
        other.office.clock = services.office.clock
        answers = await asyncio.gather(
            tram.waits_for(permit, services, milestone=attempt % 2 or None), permit.waits_for(tram, other),
            return_exceptions=True,
        )  # fmt: skip
    assert sorted(type(one).__name__ for one in answers) == ["Answer", "Refused"]
