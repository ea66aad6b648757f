"""Bodies and their members on a real ledger: what lies in what, who holds what alone, what an auditor makes of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from aiohttp import web

from api.ledger import Tiles
from api.proofs import Proofs
from domain.kernel import Actor, EventName, PartialDate, Refused, StreamId, UnitId
from domain.ledger import notes
from domain.ledger.findings import Finding
from domain.mandates import events as mandates
from domain.mandates.words import Beside, Ending, Kind, Stage
from domain.units import Manner
from domain.units.events import Particulars
from services.audit.bundle import Bundle
from services.audit.verifying import verify
from services.bootstrap import Services
from services.orders import Answer, Note
from tests.services.acting import (
    FUNCTION,
    Party,
    agreed,
    by,
    entrusted,
    holder,
    party,
    register,
    revoked,
    set_clock,
    unit_of,
)
from tests.services.audited import fetched
from tests.services.test_handle import give, process

NOW = datetime.now(UTC)
"""Auditors hold records against the moment at which they were made."""
TODAY = NOW.date()
BECAUSE = Note(because="So both agreed.", lang="en")
SOON = TODAY + timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Country:
    """A region that holds transport by law, a metropolis in it, and a town, which is a member or comes to be one."""

    services: Services
    region: Party
    metropolis: Party
    town: Party

    async def joins(self, member_from: date = TODAY, until: date | None = None, member: UnitId | None = None) -> Answer:
        last = None if until is None else PartialDate(until)
        return await give(
            self.services, self.services.registrar, "units.record-membership", member or self.town.unit,
            body=self.metropolis.unit, legal_basis="Decree 12", member_from=PartialDate(member_from),
            member_until=last,
        )  # fmt: skip

    async def leaves(self, last: date) -> None:
        await give(
            self.services, self.services.registrar, "units.end-membership", self.town.unit, body=self.metropolis.unit,
            member_until=PartialDate(last),
        )  # fmt: skip

    async def over(self, territory: UnitId, **said: Any) -> StreamId:
        """An exclusive mandate of the region over transport in a territory, in force."""
        return await entrusted(self.services, self.region, self.of(territory), territory, exclusive=True, **said)

    async def agreed_over(self, territory: UnitId) -> StreamId:
        """The same, not in force yet."""
        return await agreed(self.services, self.region, self.of(territory), territory, exclusive=True)

    def of(self, territory: UnitId) -> Party:
        return self.metropolis if territory == self.metropolis.unit else self.town

    async def moved(self, stream: UUID) -> list[mandates.MandateTerritoryMoved]:
        found = await by(self.services, "reaction", stream)
        return [one.event for one in found if isinstance(one.event, mandates.MandateTerritoryMoved)]

    async def claimed(self) -> set[tuple[UUID, bool]]:
        """Over which units transport is held, and whether it is shared."""
        rows = await self.services.store.pool.fetch("select word, shared from ledger.claims where word like '%04.5%'")
        return {(UUID(row["word"][-36:]), row["shared"]) for row in rows}

    async def acts(self, day: date | None = None) -> None:
        if day is not None:
            set_clock(self.services, datetime.combine(day, time(12), UTC))
        await self.services.workers.catch_up()

    async def audited(self, folder: Path) -> Sequence[Finding]:
        """What an auditor finds who fetches it whole."""
        services, app = self.services, web.Application()
        origin, key = services.config.origin, services.verifier
        app.add_routes(Proofs(services.store, services.codec, origin, key).routes())
        app.add_routes(Tiles(services.store).routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            found = await fetched(f"http://127.0.0.1:{runner.addresses[0][1]}", folder)
        finally:
            await runner.cleanup()
        assert found.findings == ()
        return verify(Bundle(folder), notes.parse_key(key)).findings


@pytest_asyncio.fixture
async def country(database_url: str, tmp_path: Path) -> AsyncIterator[Country]:
    async with register(database_url, tmp_path, NOW) as services:
        region, metropolis = await holder(services, "Rhône"), await party(services, "Metropolis")
        town = await party(services, "Lyon")
        for one in (metropolis, town):
            await give(services, services.registrar, "units.set-parent", one.unit, parent=region.unit)
        yield Country(services, region, metropolis, town)


async def test_a_body_passes_on_what_it_has_for_one_member(country: Country, tmp_path: Path) -> None:
    body = country.metropolis
    above = await entrusted(country.services, country.region, body, body.unit, kind=Kind.DEVOLUTION)
    with pytest.raises(Refused) as refused:
        await entrusted(country.services, body, country.town, country.town.unit, above)
    assert refused.value.code == "beyond-territory"
    await country.joins()
    await entrusted(country.services, body, country.town, country.town.unit, above)
    await country.acts()
    assert await country.audited(tmp_path / "bundle") == []


async def test_a_body_and_its_member_are_not_both_given_it_alone(country: Country) -> None:
    town, body = country.town.unit, country.metropolis.unit
    await country.joins()
    first = await country.over(body)
    with pytest.raises(Refused) as refused:
        await country.over(town)
    assert (refused.value.code, refused.value.facts["held_by"]) == ("already-claimed", (first,))
    assert "all of Metropolis, where this territory lies" in refused.value.reason
    await revoked(country.services, country.region, first, timedelta(days=100))
    second = await country.over(town)
    assert await country.claimed() == {(town, False), (body, True), (country.region.unit, True)}
    with pytest.raises(Refused) as refused:
        await country.over(body)
    assert refused.value.facts["held_by"] == (second,)


async def test_a_process_that_knows_no_membership_yet_looks_again(
    country: Country, database_url: str, tmp_path: Path
) -> None:
    """The member is among what was read, and the append holds its version."""
    first = await country.over(country.metropolis.unit)
    async with process(database_url, tmp_path) as other:
        elsewhere = Country(other, country.region, country.metropolis, country.town)
        await other.office.states.state("units", StreamId(country.town.unit))
        await country.joins()
        with pytest.raises(Refused) as refused:
            await elsewhere.over(country.town.unit)
    assert refused.value.facts["held_by"] == (first,)


async def test_who_joins_with_an_exclusive_mandate_brings_it_along(country: Country) -> None:
    town, body, region = country.town.unit, country.metropolis.unit, country.region.unit
    stream = await country.over(town)
    assert await country.claimed() == {(town, False), (region, True)}
    joined = await country.joins(SOON)
    await country.acts()
    assert await country.claimed() == {(town, False), (region, True)}, "that day has not come"
    await country.acts(SOON)
    [moved] = await country.moved(stream)
    assert moved.exclusive.within == (region, body)
    assert {one.cause and one.cause.stream for one in await by(country.services, "reaction", stream)} == {
        joined.stream,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        await country.over(body)
    assert refused.value.facts["held_by"] == (stream,)
    await country.leaves(SOON + timedelta(days=5))
    await country.acts(SOON + timedelta(days=5))
    assert len(await country.moved(stream)) == 1, "a member still on the last day"
    await country.acts(SOON + timedelta(days=6))
    assert await country.claimed() == {(town, False), (region, True)}
    await country.over(body)


async def test_a_unit_that_is_put_under_another_one_brings_what_stands_in_it_along(country: Country) -> None:
    services, town = country.services, country.town.unit
    quarter = await unit_of(services, "Quarter", parent=country.region.unit)
    county = await holder(services, "County")
    whole = await entrusted(services, county, country.metropolis, county.unit, exclusive=True)
    part = await entrusted(services, country.region, country.town, town, exclusive=True)
    other = await entrusted(services, country.region, country.town, quarter, exclusive=True)
    await give(services, services.registrar, "units.set-parent", town, parent=county.unit)
    await country.acts()
    [moved] = await country.moved(part)
    assert moved.exclusive.beside == (Beside(whole, FUNCTION, county.unit),)
    assert moved.exclusive.within == (county.unit,)
    assert await country.moved(other) == []


async def test_a_membership_that_never_was_keeps_nobody_out(country: Country, tmp_path: Path) -> None:
    services, town, body = country.services, country.town.unit, country.metropolis.unit
    part = await country.over(town)
    joined = await country.joins(TODAY - timedelta(days=9))
    await country.acts()
    assert await country.claimed() == {(town, False), (body, True), (country.region.unit, True)}
    wrong = EventName.at(joined.stream, joined.version)
    note = Note(corrects=wrong, because="It was another town.", lang="en", basis="Decree 12, annex")
    await give(services, services.registrar, "units.annul-entry", town, note=note, corrects=wrong)
    await country.acts()
    assert await country.claimed() == {(town, False), (country.region.unit, True)}
    assert (await country.moved(part))[-1].exclusive.within == (country.region.unit,)
    await country.over(body)
    assert await country.audited(tmp_path / "bundle") == []


async def test_what_rests_on_a_competence_that_never_was_ends(country: Country) -> None:
    services, region = country.services, country.region.unit
    stream = await country.over(country.town.unit)
    _, state = await services.office.states.state("units", StreamId(region))
    wrong = EventName.at(StreamId(region), next(one.version for one in state.entries))
    note = Note(corrects=wrong, because="Another Act.", lang="en", basis="Act 5")
    await give(services, services.registrar, "units.annul-entry", region, note=note, corrects=wrong)
    await country.acts()
    assert await by(services, "reaction", stream) == [], "what the law gave can still be entered today"
    day = TODAY + timedelta(days=2)
    await country.acts(day)
    ended = [one.event for one in await by(services, "reaction", stream)]
    assert isinstance(ended[0], mandates.MandateRevoked)
    assert (ended[0].ground, ended[0].revoked_on) == (Ending.COMPETENCE_LOST, day)


async def test_what_is_entered_anew_on_the_day_carries_what_rests_on_it(country: Country, tmp_path: Path) -> None:
    services, region, town = country.services, country.region.unit, country.town.unit
    stream = await country.over(town)
    _, state = await services.office.states.state("units", StreamId(region))
    [held] = state.competences
    note = Note(
        corrects=EventName.at(StreamId(region), state.entries[0].version),
        because="Since when?",
        lang="en",
        basis="Act 5",
    )
    await give(services, services.registrar, "units.annul-entry", region, note=note, corrects=note.corrects)
    await country.acts()
    since = PartialDate(TODAY - timedelta(days=9))
    await give(
        services, services.registrar, "units.record-competence", region, function=held.function, territory=region,
        manner=held.manner, legal_basis=held.legal_basis, held_from=since, held_until=None,
    )  # fmt: skip
    await country.acts(TODAY + timedelta(days=2))
    assert await by(services, "reaction", stream) == []
    _, mandate = await services.office.states.state("mandates", stream)
    assert mandate.stage is Stage.ACTIVE
    assert await country.audited(tmp_path / "bundle") == []


async def test_a_citation_that_is_put_right_ends_nothing(country: Country, tmp_path: Path) -> None:
    services, region, town = country.services, country.region.unit, country.town.unit
    stream, joined = await country.over(town), await country.joins()
    _, state = await services.office.states.state("units", StreamId(region))
    for unit, version in ((region, state.entries[0].version), (town, joined.version)):
        note = Note(corrects=EventName.at(StreamId(unit), version), because="A slip.", lang="en", basis="Act 5")
        changes = Particulars(legal_basis="Transport Act, art. 4")
        await give(
            services, services.registrar, "units.correct", unit, note=note, corrects=note.corrects, changes=changes
        )
    await country.acts(TODAY + timedelta(days=2))
    assert [one.event for one in await by(services, "reaction", stream)] == await country.moved(stream)
    assert await country.audited(tmp_path / "bundle") == []


async def test_what_was_entered_by_mistake_counts_for_others_until_it_is_annulled(
    country: Country, tmp_path: Path
) -> None:
    """Nobody who relied on it is said to have acted without power before, in views of past days either."""
    services, region, long_ago = country.services, country.region.unit, PartialDate(TODAY - timedelta(days=99))
    health: dict[str, Any] = {"function": "07", "territory": region, "manner": Manner.OWN, "held_until": None}
    entered = await give(
        services, services.registrar, "units.record-competence", region, note=Note(effective_on=long_ago),
        legal_basis="Health Act", held_from=long_ago, **health,
    )  # fmt: skip
    town = country.town.unit
    stream = await country.over(town, function="07")
    joined = await country.joins(TODAY - timedelta(days=9))
    await country.acts()
    for unit, wrong in ((town, joined), (region, entered)):
        note = Note(corrects=EventName.at(StreamId(unit), wrong.version), because="A slip.", lang="en", basis="Act 5")
        await give(services, services.registrar, "units.annul-entry", unit, note=note, corrects=note.corrects)
        await country.acts()
    assert await country.audited(tmp_path / "bundle") == []
    await country.acts(TODAY + timedelta(days=2))
    counts = {type(one.event): one.effective_on for one in await by(services, "reaction", stream)}
    assert min(counts[mandates.MandateTerritoryMoved], counts[mandates.MandateRevoked]) >= str(TODAY)


async def test_no_officer_moves_what_a_mandate_claims(country: Country) -> None:
    stream = await country.over(country.town.unit)
    signatory: Actor = country.region.signatory
    with pytest.raises(Exception, match="may not give this command"):
        await give(country.services, signatory, "mandates.follow-territory", stream, beside=())
