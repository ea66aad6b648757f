"""Mandates on a real ledger: drafted, accepted, in force, passed on, ended; and found again on any date."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from domain.kernel import Actor, Money, PartialDate, Refused, Role, Sphere, UnitId, Words
from domain.mandates.words import Condition, Instrument, Kind, ReturnGround, Settlement
from domain.units import Kind as UnitKind
from domain.units import Manner
from services.bootstrap import Services, assemble
from services.orders import Answer, Forbidden, Note
from services.views.ports import Filter, NoValidTime, Op, Query
from tests.services.test_handle import config, give, person, process

BECAUSE = "The council so decided."
CLOCK, REACTION = Actor(system="clock"), Actor(system="reaction")


@dataclass(slots=True)
class Country:
    """A State, a county and a town of Kenya, and people who act for them."""

    services: Services
    state: UnitId
    county: UnitId
    town: UnitId
    people: dict[tuple[UnitId, Role], Actor]

    async def say(self, who: Actor | UnitId, command: str, stream: UUID | None, on: str, /, **fields: Any) -> Answer:
        """A command of a unit's signatory, or of whoever is named, that counts from a day."""
        actor = who if isinstance(who, Actor) else self.people[who, Role.AUTHORISED_SIGNATORY]
        note = Note(effective_on=PartialDate(on), because=BECAUSE)
        return await give(self.services, actor, f"mandates.{command}", stream, note=note, **fields)

    async def seen(self, view: str, *filters: Filter, valid_at: date | None = None, **how: Any) -> list[dict[str, Any]]:
        """What a reader finds in a view, once it has caught up with the ledger."""
        views, head = self.services.views, await self.services.store.head()
        assert await views.reached(view, head.size - 1, 30)
        page = await views.page(view, Query(filters=filters, valid_at=valid_at, **how))
        return [msgspec.json.decode(row) for row in page.items]


async def registered(services: Services, name: str, sphere: Sphere, jurisdiction: str = "KE") -> UnitId:
    answer = await give(
        services, services.registrar, "units.register", name=Words({"en": name}), sphere=sphere, parent=None,
        kind=UnitKind.STATE, jurisdiction=jurisdiction, time_zone="UTC", alive_from=PartialDate("2000"),
        identifiers=(), source=None,
    )  # fmt: skip
    return UnitId(answer.stream)


async def by_law(services: Services, holder: UnitId, territory: UnitId) -> None:
    await give(
        services, services.registrar, "units.record-competence", holder, function="08", territory=territory,
        manner=Manner.OWN, legal_basis="Constitution of Kenya, Fourth Schedule", held_from=PartialDate("2010"),
    )  # fmt: skip


@pytest_asyncio.fixture
async def country(database_url: str, tmp_path: Path) -> AsyncIterator[Country]:
    async with assemble(config(database_url, tmp_path), acting=False) as services:
        state = await registered(services, "Kenya", Sphere.NATIONAL)
        county = await registered(services, "Nairobi County", Sphere.REGIONAL)
        town = await registered(services, "Westlands", Sphere.LOCAL)
        await by_law(services, state, county)
        people = {}
        for one in (state, county, town):
            signatory = await person(services, one, Role.AUTHORISED_SIGNATORY)
            people[one, Role.AUTHORISED_SIGNATORY] = signatory
            people[one, Role.FINANCE_OFFICER] = await person(services, one, Role.FINANCE_OFFICER, by=signatory)
        yield Country(services, state, county, town, people)


def terms(here: Country, **changed: Any) -> dict[str, Any]:
    found = {
        "giver": here.state, "recipient": here.county, "kind": Kind.DELEGATION, "instrument": Instrument.AGREEMENT,
        "function": "08.2", "territory": here.county, "purpose": Words({"en": "Run the public libraries."}),
        "legal_basis": "Constitution of Kenya, art. 187", "starts_on": date(2019, 4, 1), "ends_on": date(2024, 3, 31),
        "may_subdelegate": True, "staff": 42,
    }  # fmt: skip
    return {**found, **changed}


async def in_force(here: Country, start: str = "2019-04-01", /, **changed: Any) -> UUID:
    """A mandate, from draft to activation; the money is there."""
    stream = await agreed(here, **changed)
    await here.say(terms(here, **changed)["giver"], "activate", stream, start)
    return stream


async def agreed(here: Country, **changed: Any) -> UUID:
    """A mandate that waits for its activation."""
    said = terms(here, **changed)
    giver, recipient = said["giver"], said["recipient"]
    name = "sub-delegate" if "under" in said else "draft"
    stream = (await here.say(giver, name, None, "2019-03-01", **said)).stream
    money = here.people[giver, Role.FINANCE_OFFICER]
    cost, revenue = Money(Decimal("9000000"), "KES"), Money(Decimal("2000000000"), "KES")
    method = Words({"en": "Budget of 2018."})
    await here.say(
        money, "attach-estimate", stream, "2019-03-02", yearly=cost, revenue=revenue, method=method, document=None
    )
    await here.say(money, "commit-funding", stream, "2019-03-02", budget_line="R1084", budget_year=2019, yearly=cost)
    await here.say(giver, "offer", stream, "2019-03-03")
    await here.say(recipient, "accept", stream, "2019-03-20")
    return stream


async def passed_on(here: Country) -> tuple[UUID, UUID]:
    """The libraries of the county, and that of one town, which the county passes on."""
    top = await in_force(here)
    below = await in_force(
        here, "2020-01-01", giver=here.county, recipient=here.town, starts_on=date(2020, 1, 1), under=top
    )
    await here.say(REACTION, "record-sub-delegation", top, "2020-01-01", child=below)
    return top, below


async def test_a_competence_is_followed_from_law_to_sub_delegate_on_any_date(country: Country) -> None:
    top, below = await passed_on(country)
    for day, expected in {
        date(2019, 3, 31): [],
        date(2019, 4, 1): [(1, "Kenya", "Nairobi County")],
        date(2020, 1, 1): [(1, "Kenya", "Nairobi County"), (2, "Nairobi County", "Westlands")],
    }.items():
        chain = [Filter("root", Op.EQ, (top,)), Filter("in_force", Op.EQ, (True,))]
        rows = await country.seen("delegations", *chain, valid_at=day)
        assert [(row["step"], row["giver_name"], row["recipient_name"]) for row in rows] == expected
    [row] = await country.seen("delegations", Filter("key", Op.EQ, (str(below),)))
    assert [link["mandate"] for link in row["chain"]] == [str(top), str(below)]
    assert (row["source_name"], row["source_basis"]) == ("Kenya", "Constitution of Kenya, art. 187")


async def test_who_holds_what_where_on_a_date(country: Country) -> None:
    top, below = await passed_on(country)
    libraries = Filter("division", Op.EQ, ("08",))
    for day, expected in {
        date(2009, 12, 31): [],
        date(2019, 3, 31): ["Kenya"],
        date(2019, 4, 1): ["Kenya", "Nairobi County"],
        date(2020, 1, 1): ["Kenya", "Nairobi County", "Westlands"],
        date(2024, 4, 1): ["Kenya"],
    }.items():
        rows = await country.seen("competences", libraries, valid_at=day)
        assert [row["holder_name"] for row in rows] == expected
    one = country.services.views.one
    key = f"{below}/1"
    assert (await one("competences", key, valid_at=date(2020, 1, 1)))[0] is not None
    assert (await one("competences", key, valid_at=date(2019, 12, 31)))[0] is None
    assert (await one("competences", key))[0] is not None
    assert (await country.seen("mandates", Filter("key", Op.EQ, (str(top),))))[0]["children"] == [str(below)]
    with pytest.raises(NoValidTime):
        await country.seen("representatives", valid_at=date(2020, 1, 1))


async def test_what_the_clock_finds_late_is_dated_from_its_day_and_recorded_once(country: Country) -> None:
    top, below = await passed_on(country)
    expiry = {"deadline": 2}
    assert (await country.say(CLOCK, "pass-deadline", top, "2024-04-01", **expiry)).events == (
        "mandate-expired.1", "mandate-deadline-met.1",
    )  # fmt: skip
    assert (await country.say(CLOCK, "pass-deadline", top, "2024-04-01", **expiry)).events == ()
    followed = await country.say(REACTION, "follow-parent", below, "2024-04-01")
    assert followed.events == ("mandate-expired.1", "mandate-deadline-met.1"), "its own term ended that day, too"
    assert (await country.say(REACTION, "follow-parent", below, "2024-04-01")).events == ()
    rows = await country.seen("mandates", Filter("key", Op.IN, (str(top), str(below))), sort="recipient_name")
    assert [(row["state"], row["state_since"], row["over_on"]) for row in rows] == [
        ("expired", "2024-04-01", "2024-04-01"),
        ("expired", "2024-04-01", "2024-04-01"),
    ]
    standing = await country.seen("mandates", valid_at=date(2024, 3, 31))
    assert {row["state"] for row in standing} == {"active"}


async def test_what_is_given_exclusively_is_given_to_one_until_it_ends(country: Country) -> None:
    first = await in_force(country, exclusive=True)
    with pytest.raises(Refused) as refused:
        await in_force(country, recipient=country.town, exclusive=True)
    assert refused.value.code == "already-claimed"
    await given_back(country, country.county, first)
    await in_force(country, "2021-06-30", recipient=country.town, exclusive=True)


async def given_back(here: Country, recipient: UnitId, mandate: UUID) -> None:
    settled = Settlement(Money(Decimal(0), "KES"), "Treasury circular 7/2021")
    why: dict[str, Any] = {"ground": ReturnGround.INCAPACITY, "legal_basis": None, "settlement": settled}
    await here.say(recipient, "return", mandate, "2021-06-30", **why)


async def lies_in(here: Country, unit: UnitId, parent: UnitId | None) -> None:
    await give(here.services, here.services.registrar, "units.set-parent", unit, parent=parent)


async def claimed(here: Country) -> set[tuple[str, bool]]:
    """The words that are held, and whether they are shared, without what is the same in all of these tests."""
    rows = await here.services.store.pool.fetch("select word, shared from ledger.claims where word like 'exclusive%'")
    return {(row["word"].removeprefix("exclusive-mandate:law:08.2:"), row["shared"]) for row in rows}


async def test_what_is_given_exclusively_over_the_whole_and_over_a_part_excludes_one_another(country: Country) -> None:
    county, town = country.county, country.town
    await lies_in(country, county, country.state)
    await lies_in(country, town, county)
    part: dict[str, Any] = {"exclusive": True, "recipient": town, "territory": town}
    first = await in_force(country, exclusive=True)
    assert await claimed(country) == {(str(county), False), (str(country.state), True)}
    with pytest.raises(Refused) as refused:
        await in_force(country, **part)
    assert (refused.value.code, refused.value.facts["held_by"]) == ("already-claimed", (first,))
    where = "all of Nairobi County, where this territory lies."
    assert refused.value.reason == f"Somebody else is entrusted with 08.2 exclusively in {where}"
    await given_back(country, county, first)
    second = await in_force(country, "2021-06-30", **part)
    with pytest.raises(Refused) as refused:
        await in_force(country, "2021-07-01", exclusive=True)
    assert (refused.value.code, refused.value.facts["held_by"]) == ("already-claimed", (second,))
    assert refused.value.reason == (
        "Somebody else is entrusted with 08.2 exclusively in Nairobi County, or in a part of it."
    )
    await given_back(country, town, second)
    assert await claimed(country) == set()


async def test_towns_side_by_side_are_each_given_exclusively(country: Country) -> None:
    await lies_in(country, country.town, country.county)
    other = await registered(country.services, "Kibra", Sphere.LOCAL)
    await lies_in(country, other, country.county)
    for town in (country.town, other):
        await in_force(country, exclusive=True, recipient=country.town, territory=town)
    assert await claimed(country) == {
        (str(country.town), False), (str(other), False), (str(country.county), True),
    }  # fmt: skip


async def test_a_territory_that_moves_later_leaves_mandates_as_they_were_recorded(country: Country) -> None:
    """Until the register has them follow, and say that they clash: see test_territories. What begins meets both."""
    county, town = country.county, country.town
    await by_law(country.services, country.state, town)
    part: dict[str, Any] = {"exclusive": True, "recipient": town, "territory": town}
    first, second = await in_force(country, exclusive=True), await in_force(country, **part)
    await lies_in(country, town, county)
    rows = await country.seen("competences", Filter("exclusive", Op.EQ, (True,)), valid_at=date(2020, 1, 1))
    assert [(row["holder_name"], row["territory_name"], row["mandate"]) for row in rows] == [
        ("Nairobi County", "Nairobi County", str(first)), ("Westlands", "Westlands", str(second)),
    ]  # fmt: skip
    await given_back(country, town, second)
    assert await claimed(country) == {(str(county), False)}
    with pytest.raises(Refused) as refused:
        await in_force(country, "2021-06-30", **part)
    assert (refused.value.code, refused.value.facts["held_by"]) == ("already-claimed", (first,))


async def test_of_two_that_begin_at_once_in_two_processes_one_is_in_force(
    country: Country, database_url: str, tmp_path: Path
) -> None:
    await lies_in(country, country.town, country.county)
    async with process(database_url, tmp_path) as other:
        elsewhere = replace(country, services=other)
        whole = await agreed(country, exclusive=True)
        part = await agreed(elsewhere, exclusive=True, recipient=country.town, territory=country.town)
        answers = await asyncio.gather(
            country.say(country.state, "activate", whole, "2019-04-01"),
            elsewhere.say(country.state, "activate", part, "2019-04-01"),
            return_exceptions=True,
        )
    [refused] = [one for one in answers if isinstance(one, Refused)]
    [begun] = [one for one in answers if isinstance(one, Answer)]
    assert (refused.code, refused.facts["held_by"]) == ("already-claimed", (begun.stream,))


async def test_a_process_that_knows_an_earlier_hierarchy_looks_again(
    country: Country, database_url: str, tmp_path: Path
) -> None:
    """The units that a territory lies in are among what was read, and the append holds their versions."""
    county, town = country.county, country.town
    await by_law(country.services, country.state, town)
    first = await in_force(country, exclusive=True)
    async with process(database_url, tmp_path) as other:
        elsewhere = replace(country, services=other)
        part = await agreed(elsewhere, exclusive=True, recipient=town, territory=town)
        await lies_in(country, town, county)
        with pytest.raises(Refused) as refused:
            await elsewhere.say(country.state, "activate", part, "2019-04-01")
    assert (refused.value.code, refused.value.facts["held_by"]) == ("already-claimed", (first,))


async def test_an_unfunded_mandate_shows_its_gap_until_it_is_paid_for(country: Country) -> None:
    stream = await in_force(country)
    money = country.people[country.state, Role.FINANCE_OFFICER]
    cut = {"budget_line": "R1084", "budget_year": 2021, "yearly": Money(Decimal("2500000"), "KES")}
    await country.say(money, "commit-funding", stream, "2021-07-01", **cut)
    [row] = await country.seen("unfunded-mandates")
    assert (row["gap"], row["unfunded_since"], row["policies"]) == (
        {"amount": "6500000", "currency": "KES", "price_basis": "current"}, "2021-07-01", ["mandate@1"],
    )  # fmt: skip
    assert row["threshold"]["amount"] == "5000000"
    full = {**cut, "yearly": Money(Decimal("9000000"), "KES")}
    await country.say(money, "commit-funding", stream, "2022-07-01", **full)
    assert await country.seen("unfunded-mandates") == []
    assert len(await country.seen("unfunded-mandates", valid_at=date(2022, 6, 30))) == 1


async def test_what_may_not_be_given_is_refused_and_leaves_nothing(country: Country) -> None:
    before = (await country.services.store.head()).size
    for changed, code in (
        ({"function": "07.3"}, "nemo-plus-iuris"),
        ({"recipient": country.state}, "self-mandate"),
        ({"starts_on": date(1999, 1, 1)}, "unit-not-alive"),
        ({"kind": Kind.DECONCENTRATION}, "crosses-spheres"),
        ({"conditions": (Condition(Words({"en": "Paint it blue."})),)}, "condition-without-basis"),
    ):
        with pytest.raises(Refused) as refused:
            await country.say(country.state, "draft", None, "2019-03-01", **terms(country, **changed))
        assert refused.value.code == code
    with pytest.raises(Forbidden):
        await country.say(country.county, "draft", None, "2019-03-01", **terms(country))
    assert (await country.services.store.head()).size == before


async def test_a_germany_that_entrusts_a_municipality_is_refused_by_its_law(country: Country) -> None:
    services = country.services
    federation = await registered(services, "Bund", Sphere.NATIONAL, "DE")
    signatory = await person(services, federation, Role.AUTHORISED_SIGNATORY)
    fields = terms(country, giver=federation, recipient=country.town)
    with pytest.raises(Refused) as refused:
        await country.say(signatory, "draft", None, "2019-03-01", **fields)
    grounds = refused.value.policy
    assert grounds is not None
    assert (refused.value.code, grounds.policy, grounds.basis) == ("spheres-barred", "mandate/DE@1", "law")


async def test_a_competence_that_was_withdrawn_takes_its_mandates_with_it(country: Country) -> None:
    stream = await in_force(country)
    services = country.services
    note = Note(because="A law of 2022.")
    fields: dict[str, Any] = {"function": "08", "territory": country.county, "held_until": PartialDate("2022-06-30")}
    await give(services, services.registrar, "units.withdraw-competence", country.state, note=note, **fields)
    assert (await country.say(REACTION, "lapse", stream, "2022-06-30")).events[0] == "mandate-revoked.1"
    assert (await country.say(REACTION, "lapse", stream, "2022-06-30")).events == ()
    [row] = await country.seen("mandates")
    assert (row["over_on"], row["ended_by"]) == ("2022-07-01", "competence_lost")


async def test_an_act_of_a_day_before_all_policies_is_refused(country: Country) -> None:
    """Rules count as of the day of the act; in 1850 there were none."""
    with pytest.raises(Refused) as refused:
        await country.say(country.state, "draft", None, "1850-01-01", **terms(country))
    assert refused.value.code == "no-policy-then"
