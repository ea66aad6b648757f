"""The handler on a real ledger: what is asked is recorded once, or refused with a reason and nothing recorded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.commitments.words import Part, Party
from domain.kernel import Actor, By, EventName, Given, PartialDate, Refused, Role, Sphere, StreamId, UnitId, Words
from domain.ledger.records import sealed_hash
from domain.units import Identifier, Kind
from services.bootstrap import Services, assemble
from services.config import Config
from services.deciding import Plan
from services.handle import Office
from services.opening import open_ledger
from services.orders import Answer, Forbidden, Note, Order, Stale, Unknown
from services.sealing import disclosed
from services.store.ports import CommandReused

SINCE = date(2020, 1, 1)


def config(dsn: str, var: Path) -> Config:
    return replace(Config.read(), database_url=dsn, var=var, origin="handle.example", signing_key=var / "key.pem")


@asynccontextmanager
async def process(dsn: str, var: Path) -> AsyncIterator[Services]:
    """One process of the register, as far as commands are concerned."""
    async with assemble(config(dsn, var), workers=False) as services:
        yield services


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with process(database_url, tmp_path) as found:
        yield found


async def give(
    services: Services, actor: Actor, command: str, stream: UUID | None = None, /, *, cmd: UUID | None = None,
    note: Note | None = None, expect: int | None = None, **fields: Any,
) -> Answer:  # fmt: skip
    context, _, name = command.partition(".")
    order = Order(
        context=context, command=name, fields=fields, cmd=cmd or uuid4(), actor=actor, caller=str(actor.accreditation),
        stream=None if stream is None else StreamId(stream), note=note or Note(), client_named=cmd is not None,
        expect=expect,
    )  # fmt: skip
    return await services.office.give(order)


async def unit(services: Services, name: str, sphere: Sphere = Sphere.LOCAL, code: str | None = None) -> UnitId:
    codes = () if code is None else (Identifier("insee", code),)
    answer = await give(
        services, services.registrar, "units.register", name=Words({"en": name}), sphere=sphere, kind=Kind.MUNICIPALITY,
        jurisdiction="FR", time_zone="Europe/Paris", alive_from=PartialDate("2000"), parent=None, identifiers=codes,
        source=None,
    )  # fmt: skip
    return UnitId(answer.stream)


async def person(
    services: Services, unit: UnitId, role: Role, *, by: Actor | None = None, until: date | None = None
) -> Actor:
    answer = await give(
        services, by or services.registrar, "units.accredit", unit, role=role, name="Ada Example", valid_from=SINCE,
        valid_until=until,
    )  # fmt: skip
    return Actor(unit=unit, role=role, accreditation=EventName.at(unit, answer.version))


async def propose(services: Services, actor: Actor, **said: Any) -> Answer:
    assert actor.unit is not None
    fields = {
        "owner": actor.unit, "title": Words({"en": "Trees"}), "description": Words({"en": "A tree a child."}),
        "ends_on": PartialDate("2030"), "starts_on": None, "sdg": (), "parties": (), "document": None,
    }  # fmt: skip
    cmd = said.pop("cmd", None)
    return await give(services, actor, "commitments.propose", cmd=cmd, **{**fields, **said})


async def size(services: Services) -> int:
    return (await services.store.head()).size


async def test_the_same_command_five_times_at_once_is_recorded_once(services: Services) -> None:
    officer = await person(services, await unit(services, "Lyon"), Role.LIAISON_OFFICER)
    before, cmd = await size(services), uuid4()
    answers = await asyncio.gather(*(propose(services, officer, cmd=cmd) for _ in range(5)))
    assert len({(answer.stream, answer.version, answer.receipt.first) for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    assert await size(services) == before + answers[0].receipt.count


async def test_a_command_repeated_after_the_thing_moved_on_gets_its_first_answer(services: Services) -> None:
    lyon, paris = await unit(services, "Lyon"), await unit(services, "Paris")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    cmd = uuid4()
    first = await propose(services, officer, cmd=cmd)
    await give(services, officer, "commitments.add-party", first.stream, unit=paris, part=Part.FUNDER, required=True)
    services.office.states.forget([first.stream])
    again = await propose(services, officer, cmd=cmd)
    assert again.repeated
    assert (again.stream, again.version, again.events) == (first.stream, first.version, first.events)
    assert again.receipt.leaves == first.receipt.leaves


async def test_a_command_id_serves_one_request_and_one_caller(services: Services) -> None:
    officer = await person(services, await unit(services, "Lyon"), Role.LIAISON_OFFICER)
    other = await person(services, await unit(services, "Paris"), Role.LIAISON_OFFICER)
    cmd = uuid4()
    await propose(services, officer, cmd=cmd)
    before = await size(services)
    with pytest.raises(CommandReused):
        await propose(services, officer, cmd=cmd, title=Words({"en": "Something else"}))
    with pytest.raises(CommandReused):
        await propose(services, other, cmd=cmd)
    assert await size(services) == before


async def test_what_is_not_there_is_unknown(services: Services) -> None:
    officer = await person(services, await unit(services, "Lyon"), Role.LIAISON_OFFICER)
    with pytest.raises(Unknown):
        await give(services, officer, "commitments.add-party", uuid4(), unit=uuid4(), part=Part.FUNDER, required=True)


async def test_a_version_that_has_passed_is_stale_and_says_what_changed(services: Services) -> None:
    lyon, paris = await unit(services, "Lyon"), await unit(services, "Paris")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    seen = await propose(services, officer)
    invite: dict[str, Any] = {"unit": paris, "part": Part.FUNDER, "required": True}
    await give(services, officer, "commitments.add-party", seen.stream, **invite)
    before = await size(services)
    with pytest.raises(Stale) as stale:
        await give(services, officer, "commitments.add-party", seen.stream, expect=seen.version, **invite)
    assert stale.value.expected == seen.version
    assert "party-invited.1" in stale.value.what_changed
    assert await size(services) == before


async def test_that_it_is_so_already_is_only_said_on_fresh_facts(database_url: str, tmp_path: Path) -> None:
    async with process(database_url, tmp_path) as here, process(database_url, tmp_path) as elsewhere:
        lyon = await unit(here, "Lyon")
        name, other = Words({"en": "Lyons"}), Words({"en": "Lugdunum"})
        renamed = await give(here, here.registrar, "units.rename", lyon, name=name)
        await give(elsewhere, elsewhere.registrar, "units.rename", lyon, name=other)
        again = await give(here, here.registrar, "units.rename", lyon, name=name)
        assert again.version == renamed.version + 2
        assert len(again.events) == 1
        size_then = await size(here)
        assert (await give(here, here.registrar, "units.rename", lyon, name=name)).events == ()
        assert await size(here) == size_then


async def test_a_version_that_was_never_reached_is_stale_too(services: Services) -> None:
    officer = await person(services, await unit(services, "Lyon"), Role.LIAISON_OFFICER)
    seen = await propose(services, officer)
    for never in (seen.version + 1, 6_149_895_432):  # the second is no version that the database could hold
        with pytest.raises(Stale) as stale:
            await give(
                services, officer, "commitments.add-party", seen.stream, expect=never, unit=officer.unit,
                part=Part.FUNDER, required=True,
            )  # fmt: skip
        assert (stale.value.found, stale.value.what_changed) == (seen.version, ())


async def test_nobody_acts_for_another_unit_and_the_answer_says_who_could(services: Services) -> None:
    lyon, paris = await unit(services, "Lyon"), await unit(services, "Paris")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    signs_for_lyon = await person(services, lyon, Role.AUTHORISED_SIGNATORY)
    made = await propose(services, officer, parties=(Party(paris, Part.FUNDER),))
    before = await size(services)
    with pytest.raises(Forbidden) as forbidden:
        await give(services, signs_for_lyon, "commitments.accept", made.stream)
    assert forbidden.value.who_could == ("an authorised signatory of Paris",)
    with pytest.raises(Forbidden):
        await give(services, officer, "commitments.accept", made.stream)
    assert await size(services) == before


async def test_an_accreditation_counts_only_in_its_days_and_its_role(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    over = await person(services, lyon, Role.LIAISON_OFFICER, until=SINCE + timedelta(days=1))
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    pretends = replace(officer, role=Role.AUTHORISED_SIGNATORY)
    for actor in (over, pretends, replace(officer, accreditation=EventName.at(lyon, 1))):
        with pytest.raises(Forbidden) as forbidden:
            await propose(services, actor)
        assert "not in force" in forbidden.value.reason


async def test_a_revoked_accreditation_ends_in_every_process(
    services: Services, database_url: str, tmp_path: Path
) -> None:
    lyon = await unit(services, "Lyon")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    async with process(database_url, tmp_path) as other:
        await propose(other, officer)  # its copy of the unit's state is warm now
        because = Note(because="The officer has left.")
        await give(
            services, services.registrar, "units.revoke-accreditation", lyon, accreditation=officer.accreditation,
            note=because,
        )  # fmt: skip
        with pytest.raises(Forbidden):
            await propose(other, officer)


async def test_reasons_are_demanded_where_the_rule_demands_them(services: Services) -> None:
    lyon, paris = await unit(services, "Lyon"), await unit(services, "Paris")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    signs_for_paris = await person(services, paris, Role.AUTHORISED_SIGNATORY)
    made = await propose(services, officer, parties=(Party(paris, Part.FUNDER),))
    with pytest.raises(Refused) as refused:
        await give(services, signs_for_paris, "commitments.decline", made.stream, note=Note(because="  "))
    assert refused.value.code == "reasons-required"


async def test_a_code_of_a_register_belongs_to_one_unit(services: Services) -> None:
    lyon = await unit(services, "Lyon", code="69123")
    before = await size(services)
    with pytest.raises(Refused) as refused:
        await unit(services, "Another Lyon", code="69123")
    assert refused.value.code == "already-claimed"
    assert refused.value.reason == "Another unit has the identifier insee:69123."
    assert refused.value.facts == {"claims": ("identifier:insee:69123",), "held_by": (lyon,)}
    assert await size(services) == before


async def test_two_processes_on_one_stream_lose_nothing(services: Services, database_url: str, tmp_path: Path) -> None:
    lyon = await unit(services, "Lyon")
    others = [await unit(services, f"Unit {number}") for number in range(12)]
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    made = await propose(services, officer)
    async with process(database_url, tmp_path) as second:

        async def invite(where: Services, unit: UnitId) -> None:
            await give(where, officer, "commitments.add-party", made.stream, unit=unit, part=Part.FUNDER, required=True)

        for pair in zip(others[::2], others[1::2], strict=True):
            await asyncio.gather(invite(services, pair[0]), invite(second, pair[1]))
        _, state = await Office(second.store, second.codec, second.contexts, second.office.keyring).states.state(
            "commitments", made.stream
        )
    assert {party.unit for party in state.parties} == {lyon, *others}
    found = (await services.store.streams([made.stream]))[made.stream]
    assert [record.version for record in found] == list(range(1, len(found) + 1))


async def test_a_name_is_sealed_before_anything_is_recorded(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    assert officer.accreditation is not None
    record = (await services.store.streams([StreamId(lyon)]))[StreamId(lyon)][-1]
    assert b"Ada Example" not in record.state
    [opening] = await services.store.openings_of([(lyon, officer.accreditation.version)])
    assert opening.audience == str(lyon)
    key = services.office.keyring.find(opening.subject)
    assert key is not None
    salt, value = disclosed(key, f"{officer.accreditation}/name", opening.cipher)
    assert value == b'"Ada Example"'
    event = services.codec.event(record)
    assert event.name == sealed_hash(salt, "Ada Example")


async def test_a_record_says_what_it_rested_on(services: Services) -> None:
    lyon, paris = await unit(services, "Lyon"), await unit(services, "Paris")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    made = await propose(services, officer, parties=(Party(paris, Part.FUNDER),))
    first = services.codec.decode((await services.store.streams([made.stream]))[made.stream][0])
    assert first.actor == replace(officer, sphere=Sphere.LOCAL)
    assert first.policies == ("commitment@1",)
    assert first.rules == services.office.contexts["commitments"].rules
    about_paris = await services.store.records(after=-1, limit=500)
    assert f'["{paris}",1]'.encode() in next(r.state for r in about_paris if r.position == first.position)


async def test_today_is_the_day_where_the_unit_is(services: Services) -> None:
    """23:30 in London on New Year's Eve is the new year in Paris."""
    officer = await person(services, await unit(services, "Lyon"), Role.LIAISON_OFFICER)
    services.office.clock = lambda: datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    made = await propose(services, officer)
    first = services.codec.decode((await services.store.streams([made.stream]))[made.stream][0])
    assert first.effective_on == "2027-01-01"


async def test_opening_twice_changes_nothing(services: Services) -> None:
    before = await size(services)
    data = services.codec.event((await services.store.records(limit=1))[0])
    fresh = Office(services.store, services.codec, services.contexts, services.office.keyring)
    assert await open_ledger(fresh, "handle.example", data.key) == services.registrar
    assert await size(services) == before


@pytest.mark.parametrize("recorded", range(1, 16))
async def test_an_opening_cut_off_anywhere_is_finished(database_url: str, tmp_path: Path, recorded: int) -> None:
    """The process dies after so many commands of the opening; the next start does the rest, and nothing twice."""

    class Dies(Exception):
        pass

    given, give = 0, Office.give

    async def dying(office: Office, order: Order) -> Answer:
        nonlocal given
        if given == recorded:
            raise Dies
        given += 1
        return await give(office, order)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Office, "give", dying)
        with pytest.raises(Dies):
            async with process(database_url, tmp_path):
                pass
    async with process(database_url, tmp_path) as services:
        types = [record.type for record in await services.store.records()]
        assert types[0] == "ledger-opened.1"
        assert types.count("ledger-opened.1") == types.count("unit-registered.1") == 1
        assert types.count("representative-accredited.1") == 1
        await unit(services, "Lyon")


async def test_a_stream_of_another_context_is_nothing_here(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    made = await propose(services, officer)
    before = await size(services)
    for warm in (True, False):
        if not warm:
            services.office.states.forget([lyon, made.stream])
        with pytest.raises(Unknown):
            await give(services, officer, "commitments.confirm-source", lyon)
        with pytest.raises(Unknown):
            await give(services, services.registrar, "units.rename", made.stream, name=Words({"en": "A promise"}))
        with pytest.raises(Refused) as refused:
            await propose(services, officer, parties=(Party(UnitId(made.stream), Part.FUNDER),))
        assert refused.value.code == "unit-unknown"
    assert await size(services) == before


@dataclass(frozen=True, slots=True, kw_only=True)
class Weigh:
    """Weigh a tree."""

    weight: Annotated[complex, Given("what it weighs")]


def test_a_fact_that_nobody_knows_how_to_find_is_told_before_anybody_asks() -> None:
    with pytest.raises(TypeError, match="complex"):
        Plan.of(By(Weigh))


async def test_by_an_id_of_something_else_nothing_begins(services: Services, tmp_path: Path) -> None:
    """Who names an id of their own, as importers do, may name that of a unit."""
    city = await unit(services, "Lyon")
    officer = await person(services, city, Role.AUTHORISED_SIGNATORY)
    title = {"title": Words({"en": "Shade"}), "description": Words({"en": "Trees."}), "ends_on": PartialDate("2031")}
    said: dict[str, Any] = {"owner": city, **title, "starts_on": None, "sdg": (), "parties": (), "document": None}
    before = (await services.store.head()).size
    with pytest.raises(Refused) as refused:
        await give(services, officer, "commitments.propose", city, **said)
    assert (refused.value.code, refused.value.fields) == ("id-taken", ("id",))
    assert services.config.database_url is not None
    async with process(services.config.database_url, tmp_path) as other:  # which has never seen the unit
        with pytest.raises(Refused):
            await give(other, officer, "commitments.propose", city, **said)
    assert (await services.store.head()).size == before
    assert (await give(services, officer, "commitments.propose", uuid4(), **said)).version == 1
