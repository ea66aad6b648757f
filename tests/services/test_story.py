"""The sample story: told once, continued when it was cut off, and worth telling."""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
import pytest_asyncio

from domain.commitments.context import source_stream
from domain.commitments.state import Commitment, SourceStanding
from domain.commitments.words import Answer, Stage
from domain.kernel import EventName, StreamId, Words
from domain.subsidiarity.reviews import events as reviews
from domain.subsidiarity.reviews.words import Card
from services.bootstrap import Services, assemble
from services.erasing import erase
from services.handle import Office
from services.importing.directory import read_directory
from services.importing.iso3166 import plan_iso3166
from services.importing.net_zero import SOURCE
from services.importing.running import carry_out
from services.story import tell, telling
from services.story.cast import CAST
from services.story.chambers import LATE, PARLIAMENTS, SPOKE, chamber_of
from services.story.teller import Teller
from tests.data import published
from tests.services.story_shown import demo, records


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with assemble(demo(database_url, tmp_path), workers=False) as found:
        yield found


async def test_a_story_told_again_changes_nothing(services: Services) -> None:
    first = await tell(services.office, services.registrar)
    size = (await services.store.head()).size
    assert first is not None
    assert await tell(_fresh(services.office), services.registrar) == first
    assert (await services.store.head()).size == size


async def test_a_story_of_which_a_name_was_erased_is_told_on(services: Services) -> None:
    """The demo starts again after it, though nobody can repeat what was sealed."""
    first = await tell(services.office, services.registrar)
    assert first is not None
    name = first.officer.accreditation
    assert name is not None
    (subject,) = [one.cmd for one in await records(services) if EventName.at(one.stream, one.version) == name]
    await erase(services.office, services.registrar, subject, "Regulation (EU) 2016/679, art. 17(1)(a)")
    size = (await services.store.head()).size
    assert await tell(_fresh(services.office), services.registrar) == first
    assert (await services.store.head()).size == size


def _fresh(office: Office) -> Office:
    """As after a restart: nothing is kept in memory."""
    return Office(office.store, office.codec, office.contexts, office.keyring, office.clock)


@pytest.mark.parametrize("steps", [1, 12, 47, 70, 130, 170, 200, 228])
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


async def test_a_story_that_grew_goes_on_though_others_were_registered_since(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a ledger that an earlier version told its shorter story to."""
    whole = dict(CAST)
    shorter = {name: member for name, member in whole.items() if member.country == "FR" and ":" not in name}
    monkeypatch.setattr(telling, "CAST", shorter)
    monkeypatch.setattr(telling, "monti_ii", _nothing)
    assert await tell(services.office, services.registrar) is not None
    directory = await read_directory(services.store, services.office.codec)
    await carry_out(services.office, plan_iso3166(["BE"], directory, services.registrar))
    monkeypatch.undo()
    story = await tell(services.office, services.registrar)
    assert story is not None
    _, review = await services.office.states.state("reviews", story.monti)
    assert review.card is Card.YELLOW


async def _nothing(teller: Teller) -> None:
    """An act that is not told yet."""


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


async def test_its_texts_are_told_in_english_and_in_french(services: Services) -> None:
    await tell(services.office, services.registrar)
    taken_over = {source_stream(SOURCE, code) for code in ("CIT-0105", "REG-0064")}
    told = [record for record in await records(services) if record.stream not in taken_over and not record.actor.system]
    said = [text for record in told for text in _texts(record.event)]
    assert len(said) > 100
    assert [text for text in said if not {"en", "fr"} <= text.keys()] == []


def _texts(value: Any) -> Iterator[Words]:
    if isinstance(value, Words):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))


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


@pytest.mark.parametrize("opened", [date(2027, 3, 31), date(2028, 2, 29)])
async def test_it_can_be_told_on_any_day(services: Services, monkeypatch: pytest.MonkeyPatch, opened: date) -> None:
    async def opened_on(office: Office) -> date:
        return opened

    monkeypatch.setattr(telling, "_opened_on", opened_on)
    services.office.clock = lambda: datetime.combine(opened, time(12), UTC)
    assert await tell(services.office, services.registrar) is not None


# --- Monti II ---


def test_the_roll_of_2012_has_54_votes_and_the_twelve_have_19() -> None:
    votes = {name: 2 // len(parliament.names) for parliament in PARLIAMENTS for name in parliament.names}
    assert (len(PARLIAMENTS), len(votes), sum(votes.values())) == (27, 40, 54)
    assert sum(votes[name] for name in SPOKE) == 19
    assert LATE not in SPOKE


def test_the_twelve_are_those_of_the_published_list() -> None:
    text = published("subsidiarity/yellow_card_opinions.csv").read_text(encoding="utf-8")
    listed = [chamber_of(row["country"], row["chamber"]) for row in csv.DictReader(text.splitlines())]
    assert [_ascii(name) for name in SPOKE] == listed


def _ascii(name: str) -> str:
    return normalize("NFKD", name).encode("ascii", "ignore").decode()


async def test_the_yellow_card_falls_at_exactly_the_opinion_that_brings_18(services: Services) -> None:
    story = await tell(services.office, services.registrar)
    assert story is not None
    votes, reached = 0, list[tuple[int, int, Any]]()
    for record in await records(services):
        match record.event:
            case reviews.ReasonedOpinionSubmitted() if record.stream == story.monti:
                votes += record.event.votes
            case reviews.ThresholdReached() if record.stream == story.monti:
                reached.append((votes, record.event.votes, record.event.card))
            case _:
                pass
    assert votes == 19
    assert reached == [(18, 18, Card.YELLOW)], "once, and not with the 17 before nor with the 19th"
