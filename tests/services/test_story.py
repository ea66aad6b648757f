"""The sample story: told once, continued when it was cut off, and worth looking at."""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import normalize

import msgspec
import pytest
import pytest_asyncio

from domain.calendars import add_months
from domain.commitments.context import source_stream
from domain.commitments.state import Commitment, SourceStanding
from domain.commitments.words import Answer, Stage
from domain.kernel import EventName, Recorded, StreamId, Words
from domain.subsidiarity.reviews import events as reviews
from domain.subsidiarity.reviews.words import Card
from services.bootstrap import Services, assemble
from services.config import DEMO_ORIGIN, Config
from services.erasing import erase
from services.handle import Office
from services.importing.directory import read_directory
from services.importing.iso3166 import plan_iso3166
from services.importing.net_zero import SOURCE
from services.importing.running import carry_out
from services.story import Story, tell, telling
from services.story.cast import CAST
from services.story.chambers import LATE, PARLIAMENTS, SPOKE, chamber_of
from services.story.school import AGREEMENTS, COST, FIRST, MORE, REVENUE
from services.story.teller import Teller
from services.story.transfer import POSTS, YEARLY
from services.views.ports import Filter, Op, Query
from tests.data import published


def demo(database_url: str, folder: Path) -> Config:
    return replace(
        Config.read(), database_url=database_url, var=folder, origin=DEMO_ORIGIN, signing_key=folder / "key.pem"
    )


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with assemble(demo(database_url, tmp_path), workers=False) as found:
        yield found


@dataclass(frozen=True, slots=True)
class Shown:
    """The story told, and its views."""

    services: Services
    story: Story

    async def rows(self, view: str, valid_at: date | None = None, **equal: Any) -> list[Any]:
        """The rows of a view whose columns have these values, once it has caught up with the ledger."""
        views, head = self.services.views, (await self.services.store.head()).size - 1
        assert await views.reached(view, head, 30)
        filters = tuple(Filter(column, Op.EQ, (value,)) for column, value in equal.items())
        batches = views.rows(view, Query(filters=filters, valid_at=valid_at))
        return [msgspec.json.decode(row) async for batch in batches for row in batch]


@pytest_asyncio.fixture
async def shown(database_url: str, tmp_path: Path) -> AsyncIterator[Shown]:
    async with assemble(demo(database_url, tmp_path), acting=False) as services:
        story = await tell(services.office, services.registrar)
        assert story is not None
        yield Shown(services, story)


async def records(services: Services) -> list[Recorded]:
    return [services.office.codec.decode(one) async for batch in services.store.scan() for one in batch]


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


async def test_every_view_has_something_worth_looking_at(shown: Shown) -> None:
    rows = {view.name: await shown.rows(view.name) for view in shown.services.views_declared}
    empty = {name for name, found in rows.items() if not found}
    assert empty == {"attestations"}, "a day has not passed"
    assert [(one["state"], one.get("text")) for one in rows["annexes"]] == [("sealed", None)], "its day has not come"
    assert any(one["late"] for one in rows["obligations"]), "one report came late"
    assert any(one["state"] == "missed" for one in rows["obligations"])
    judged = [assessed for one in rows["commitments"] for assessed in one["assessments"]]
    assert any(assessed["contested"] for assessed in judged), "one assessment is contested"
    assert {one["level"] for one in rows["commitments"]} >= {"recorded_from_source", "self_reported", "verified"}
    assert {one["way"] for one in rows["moved-goalposts"]} >= {"amendment", "extension"}
    cards = [one for one in rows["scorecards"] if one["scope"] == "unit"]
    assert {one["commitments"] > 0 for one in cards} == {True, False}, "units with none are there as 0"
    assert rows["corrections"][0]["because"]
    assert {one["standing"] for one in rows["obligations"]} >= {"due_soon", "later", "missed", "silent", "met", "void"}
    assert {(one["context"], one["turn"]) for one in rows["turns"]} >= {
        ("mandates", "accept"), ("mandates", "commit-funding"), ("mandates", "report-exercise"),
        ("commitments", "accept"),
    }  # fmt: skip
    assert {one["state"] for one in rows["mandates"]} == {"active", "offered", "expired"}
    assert {one["clock"] for one in rows["reviews"]} == {"running", "ran_out"}
    assert {one["kind"] for one in rows["opinions"]} == {"opinion", "late", "contribution"}


async def test_the_register_itself_finds_nothing_left_to_do(shown: Shown) -> None:
    """What the clock and reactions would have recorded in those years has been told, and as they would have."""
    size = (await shown.services.store.head()).size
    await shown.services.workers.catch_up()
    assert (await shown.services.store.head()).size == size
    for one in await shown.services.workers.health():
        assert one.refused == 0, one


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


async def test_its_review_is_what_was_published(shown: Shown) -> None:
    [row] = await shown.rows("reviews", reference="COM(2012) 130")
    assert (row["total"], row["needed_yellow"], row["votes"], row["opinions"], row["late"]) == (54, 18, 19, 12, 1)
    assert (row["opened_on"], row["starts_on"], row["due_on"]) == ("2012-03-21", "2012-03-27", "2012-05-22")
    assert (row["card"], row["state"], row["decided_on"]) == ("yellow", "withdrawn", "2012-09-12")
    assert row["policy"] == "scrutiny/EU@1", "the law of 2012, with its 54 votes"
    said = await shown.rows("opinions", review=shown.story.monti)
    assert [(one["kind"], one["votes"]) for one in said if one["unit_name"].startswith("Camera Deput")] == [("late", 0)]
    assert [one["unit_name"] for one in said if one["brought"] == "yellow"] == ["House of Commons (United Kingdom)"]
    past = await shown.rows("reviews", valid_at=date(2012, 5, 21), reference="COM(2012) 130")
    assert [(one["votes"], one["card"], one["state"]) for one in past] == [(0, "none", "scrutiny")]


# --- mandates ---

TRANSPORT = "04.5"


async def test_a_delegated_competence_is_followed_from_the_law_to_the_sub_delegate_on_any_date(shown: Shown) -> None:
    """Held by law since September 2017, by the Metropolis for three years, by the city for two of them."""
    opened = (await records(shown.services))[0].at.date()
    holders = {
        date(2017, 8, 31): [],
        date(2017, 9, 1): ["Auvergne-Rhône-Alpes"],
        add_months(opened, -18) - timedelta(days=1): ["Auvergne-Rhône-Alpes"],
        add_months(opened, -18): ["Auvergne-Rhône-Alpes", "Metropolis of Lyon"],
        add_months(opened, -12): ["Auvergne-Rhône-Alpes", "Lyon", "Metropolis of Lyon"],
        add_months(opened, 12): ["Auvergne-Rhône-Alpes", "Lyon", "Metropolis of Lyon"],
        add_months(opened, 12) + timedelta(days=1): ["Auvergne-Rhône-Alpes", "Metropolis of Lyon"],
        add_months(opened, 18) + timedelta(days=1): ["Auvergne-Rhône-Alpes"],
    }
    for day, held in holders.items():
        found = await shown.rows("competences", valid_at=day, function=TRANSPORT)
        assert sorted(one["holder_name"] for one in found) == held, day
    [last] = await shown.rows("delegations", key=str(shown.story.shuttles))
    assert (last["step"], last["source_name"], last["source_basis"]) == (2, "Auvergne-Rhône-Alpes", AGREEMENTS)
    assert [(one["giver_name"], one["recipient_name"]) for one in last["chain"]] == [
        ("Auvergne-Rhône-Alpes", "Metropolis of Lyon"), ("Metropolis of Lyon", "Lyon"),
    ]  # fmt: skip
    then = await shown.rows("delegations", valid_at=add_months(opened, -13), key=str(shown.story.shuttles))
    assert [one["state"] for one in then] == ["accepted"]


async def test_a_unit_was_there_from_its_first_day_on_though_it_was_entered_later(shown: Shown) -> None:
    """Since 2015 the Metropolis; since when the Republic has been there, the directory does not say."""
    for day, there in ((date(2014, 12, 31), False), (date(2015, 1, 1), True)):
        names = {one["title"] for one in await shown.rows("units", valid_at=day)}
        assert ("Metropolis of Lyon" in names, "France" in names) == (there, True), day


async def test_the_gap_is_what_is_required_less_what_is_paid(shown: Shown) -> None:
    opened = (await records(shown.services))[0].at.date()
    [now] = await shown.rows("unfunded-mandates")
    required, funded, gap, threshold, estimate = (
        Decimal(now[name]["amount"]) for name in ("required", "funded", "gap", "threshold", "estimate")
    )
    assert threshold == Decimal("0.0025") * REVENUE.amount < estimate, "the cost is material"
    assert (required, funded) == (estimate, MORE.amount)
    assert gap == required - funded == Decimal(1_600_000)
    [first] = await shown.rows("unfunded-mandates", valid_at=add_months(opened, -9))
    assert Decimal(first["gap"]["amount"]) == COST.amount - FIRST.amount == Decimal(2_500_000)
    assert await shown.rows("unfunded-mandates", valid_at=add_months(opened, -19)) == []


async def test_a_function_moved_with_its_money_and_its_staff(shown: Shown) -> None:
    [row] = await shown.rows("mandates", function="04.2")
    assert (row["kind"], row["state"], row["state_since"]) == ("devolution", "active", "2023-01-01")
    assert row["staff"] == POSTS
    assert row["funded"] == {"amount": str(YEARLY.amount), "currency": "EUR", "price_basis": "current"}
    assert not row["unfunded"]
    assert "385" in row["purpose"]["fr"], "the facts are told with their source"
    assert "told for the demonstration" in row["purpose"]["en"]


async def test_the_climate_contract_rests_on_the_citys_mandate(shown: Shown) -> None:
    [row] = await shown.rows("commitments", key=str(shown.story.climate))
    assert row["rests_on"] == [str(shown.story.shuttles)]


# --- allocations ---


async def test_what_went_upward_rests_on_a_grid_and_is_looked_at_again(shown: Shown) -> None:
    [row] = await shown.rows("upward-shifts")
    assert (row["nearest"], row["sphere"], row["provisional"], row["grounds"]) == (
        "local",
        "regional",
        True,
        ["capacity"],
    )
    assert row["days_to_revisit"] in (20, 21), "or a day later than the ledger was opened"
    [whole] = await shown.rows("allocations", key=row["key"])
    grid = next(one for one in whole["grids"] if one["unit"] == row["rests_on"])
    assert (grid["necessity"], grid["added_value"], grid["indicators"] > 0) == (True, True, True)
    assert len(whole["mandates"]) == 1
    [awaited] = await shown.rows("decisions-awaiting-mandate")
    assert (awaited["sphere"], awaited["unresolved"]) == ("local", False)
