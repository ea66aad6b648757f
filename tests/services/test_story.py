"""The sample story: told once, continued when it was cut off, and worth looking at."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from domain.commitments.state import Commitment, SourceStanding
from domain.commitments.words import Answer, Stage
from domain.kernel import Recorded, StreamId
from services.bootstrap import Services, assemble
from services.config import DEMO_ORIGIN, Config
from services.handle import Office
from services.importing.directory import read_directory
from services.importing.iso3166 import plan_iso3166
from services.importing.running import carry_out
from services.story import tell
from services.story.cast import CAST
from services.story.teller import Teller
from services.views.ports import Query


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    config = replace(
        Config.read(), database_url=database_url, var=tmp_path, origin=DEMO_ORIGIN, signing_key=tmp_path / "key.pem"
    )
    async with assemble(config, workers=False) as found:
        yield found


async def records(services: Services) -> list[Recorded]:
    return [services.office.codec.decode(one) async for batch in services.store.scan() for one in batch]


async def test_a_story_told_again_changes_nothing(services: Services) -> None:
    first = await tell(services.office, services.registrar)
    size = (await services.store.head()).size
    assert first is not None
    assert await tell(_fresh(services.office), services.registrar) == first
    assert (await services.store.head()).size == size


def _fresh(office: Office) -> Office:
    """As after a restart: nothing is kept in memory."""
    return Office(office.store, office.codec, office.contexts, office.clock)


@pytest.mark.parametrize("steps", [1, 12, 33, 47, 70])
async def test_a_story_that_was_cut_off_continues(
    services: Services, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    said, left = Teller.say, steps

    async def say(*args: object, **kwargs: object) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise ConnectionResetError
        return await said(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Teller, "say", say)
    with pytest.raises(ConnectionResetError):
        await tell(services.office, services.registrar)
    monkeypatch.setattr(Teller, "say", said)
    assert await tell(services.office, services.registrar) is not None
    steps_told = Counter(record.cmd for record in await records(services) if record.of[0] == 1)
    assert set(steps_told.values()) == {1}
    assert len((await read_directory(services.store, services.office.codec)).units) == len(CAST) + 1


async def test_it_is_never_told_into_a_register_in_use(services: Services) -> None:
    directory = await read_directory(services.store, services.office.codec)
    await carry_out(services.office, plan_iso3166(["BE"], directory, services.registrar))
    size = (await services.store.head()).size
    assert await tell(services.office, services.registrar) is None
    assert (await services.store.head()).size == size


async def test_an_import_finds_the_storys_units_in_place(services: Services) -> None:
    await tell(services.office, services.registrar)
    directory = await read_directory(services.store, services.office.codec)
    summary = await carry_out(services.office, plan_iso3166(["FR"], directory, services.registrar))
    assert (summary.counts["unchanged"], summary.counts["refused"]) == (4, 0)
    assert await tell(services.office, services.registrar) is not None


async def test_the_story_has_everything_worth_looking_at(services: Services) -> None:
    story = await tell(services.office, services.registrar)
    assert story is not None
    told = Counter(type(record.event).__name__ for record in await records(services))
    assert told.keys() >= {
        "ParticipationAccepted", "ParticipationDeclined", "ExtensionGranted", "AssessmentContested", "MilestoneMissed",
        "DeadlineMissed", "CommitmentAmended", "CommitmentClosed", "CommitmentRecordedFromSource", "SourceConfirmed",
        "CompletionAssessed", "EvidenceAttached", "ReportConfirmed",
    }  # fmt: skip
    late = [record for record in await records(services) if getattr(record.event, "late", False)]
    assert [record.stream for record in late if record.actor.unit == story.city] == [story.climate]
    states = [await _commitment(services, one) for one in await _commitments(services)]
    assert {Stage.COMPLETED, Stage.IN_PROGRESS, Stage.PROPOSED} <= {state.stage for state in states}
    assert {state.source.standing for state in states if state.source} == {
        SourceStanding.CONFIRMED, SourceStanding.RECORDED,
    }  # fmt: skip
    owners = {party.unit for state in states for party in state.parties}
    directory = await read_directory(services.store, services.office.codec)
    villeurbanne = directory.code("insee", "69266")
    assert villeurbanne is not None
    assert villeurbanne.id not in owners


async def test_the_city_can_sign_what_waits_for_it(services: Services) -> None:
    story = await tell(services.office, services.registrar)
    assert story is not None
    teller = Teller(services.office, services.registrar, (await records(services))[0].at.date())
    await teller.say("test:accept", story.signatory, "commitments.accept", {}, stream=story.invitation)
    party = (await _commitment(services, story.invitation)).party(story.city)
    assert party is not None
    assert party.answer is Answer.ACCEPTED


async def test_everybody_in_it_is_accredited_and_says_so(services: Services) -> None:
    await tell(services.office, services.registrar)
    for record in await records(services):
        assert record.actor.system or record.actor.accreditation, record


async def test_it_takes_less_than_the_start_allows(services: Services) -> None:
    begun = monotonic()
    await tell(services.office, services.registrar)
    assert monotonic() - begun < 10  # about one second; this only catches a story that waits for something


async def _commitments(services: Services) -> list[StreamId]:
    found = [record.stream for record in await records(services) if record.type.startswith("commitment-proposed")]
    return list(dict.fromkeys(found))


async def _commitment(services: Services, stream: StreamId) -> Commitment:
    _, state = await services.office.states.state("commitments", stream)
    assert isinstance(state, Commitment)
    return state


def test_the_cast_is_registered_parents_first() -> None:
    seen: list[str] = []
    for name, member in CAST.items():
        assert member.parent == "" or member.parent in seen
        seen.append(name)


async def test_every_view_has_something_worth_looking_at(database_url: str, tmp_path: Path) -> None:
    config = replace(
        Config.read(), database_url=database_url, var=tmp_path, origin=DEMO_ORIGIN, signing_key=tmp_path / "key.pem"
    )
    async with assemble(config, acting=False) as services:
        assert await tell(services.office, services.registrar) is not None
        head = (await services.store.head()).size - 1
        rows = dict[str, list[Any]]()
        for view in services.views_declared:
            assert await services.views.reached(view.name, head, 30)
            batches = services.views.rows(view.name, Query())
            rows[view.name] = [msgspec.json.decode(row) async for batch in batches for row in batch]
    assert [name for name, found in rows.items() if not found] == []
    assert any(one["late"] for one in rows["obligations"]), "one report came late"
    assert any(one["state"] == "missed" for one in rows["obligations"])
    judged = [assessed for one in rows["commitments"] for assessed in one["assessments"]]
    assert any(assessed["contested"] for assessed in judged), "one assessment is contested"
    assert {one["level"] for one in rows["commitments"]} >= {"recorded_from_source", "self_reported", "verified"}
    assert {one["way"] for one in rows["moved-goalposts"]} >= {"amendment", "extension"}
    cards = [one for one in rows["scorecards"] if one["scope"] == "unit"]
    assert {one["commitments"] > 0 for one in cards} == {True, False}, "units with none are there as 0"
    assert rows["corrections"][0]["because"]
