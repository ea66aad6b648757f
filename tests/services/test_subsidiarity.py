"""Reviews and allocations on a real ledger: which law, which day and which calendar each of them finds."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.kernel import Actor, EventName, PartialDate, Refused, Role, Sphere, StreamId, UnitId, Words
from domain.subsidiarity.allocations.state import Allocation
from domain.subsidiarity.reviews.state import Review
from domain.subsidiarity.reviews.words import (
    AuthorKind,
    Card,
    Competence,
    Draft,
    Ground,
    Justification,
    Outcome,
    Seat,
    SeatKind,
    Stage,
)
from domain.subsidiarity.words import Indicator
from domain.units import Kind
from services.bootstrap import Services, assemble
from services.config import Config
from services.orders import Answer, Note, Order

EPPO = PartialDate("2013-08-21")
"""On which the proposal for a European Public Prosecutor's Office was sent; scrutiny ended on 28 October 2013."""
TEXT = Words({"en": "As told"})
STATEMENT = Justification(TEXT, (Indicator(TEXT),), TEXT, TEXT, TEXT, TEXT)
CLOCK, REACTION = Actor(system="clock"), Actor(system="reaction")


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    key = tmp_path / "key.pem"
    config = replace(
        Config.read(), database_url=database_url, var=tmp_path, origin="subsidiarity.example", signing_key=key
    )
    async with assemble(config, workers=False) as found:
        yield found


async def give(
    services: Services,
    actor: Actor,
    command: str,
    stream: UUID | None = None,
    on: PartialDate | None = None,
    **said: Any,
) -> Answer:
    context, _, name = command.partition(".")
    order = Order(
        context=context, command=name, fields=said, cmd=uuid4(), actor=actor, caller="test",
        stream=None if stream is None else StreamId(stream), note=Note(effective_on=on, because="As told"),
    )  # fmt: skip
    return await services.office.give(order)


async def unit(services: Services, name: str, sphere: Sphere, jurisdiction: str, kind: Kind = Kind.CHAMBER) -> UnitId:
    answer = await give(
        services, services.registrar, "units.register", name=Words({"en": name}), sphere=sphere, kind=kind,
        jurisdiction=jurisdiction, time_zone="Europe/Brussels", alive_from=PartialDate("1958"), parent=None,
        identifiers=(), source=None,
    )  # fmt: skip
    return UnitId(answer.stream)


async def person(services: Services, unit: UnitId, role: Role) -> Actor:
    answer = await give(
        services, services.registrar, "units.accredit", unit, role=role, name="Ada Example",
        valid_from=date(2020, 1, 1), valid_until=None,
    )  # fmt: skip
    return Actor(unit=unit, role=role, accreditation=EventName.at(unit, answer.version))


async def review(services: Services, stream: UUID) -> Review:
    _, state = await services.office.states.state("reviews", StreamId(stream))
    assert isinstance(state, Review)
    return state


async def draft(services: Services, parliaments: int) -> tuple[dict[str, Any], Actor, list[UnitId]]:
    """What the Commission says when it opens a review of that draft, with so many parliaments of one chamber."""
    union = await unit(services, "European Union", Sphere.SUPRANATIONAL, "EU", Kind.ORGANISATION)
    commission = await unit(services, "Commission", Sphere.SUPRANATIONAL, "EU", Kind.ORGANISATION)
    named = (unit(services, f"Parliament {n}", Sphere.NATIONAL, "NL") for n in range(parliaments))
    chambers = list(await asyncio.gather(*named))
    said = {
        "polity": union, "author": commission, "author_kind": AuthorKind.COMMISSION,
        "draft": Draft("COM(2013) 534", TEXT), "competence": Competence.SHARED, "languages": ("en", "mt"),
        "roll": tuple(Seat(chamber, SeatKind.UNICAMERAL) for chamber in chambers), "justification": STATEMENT,
    }  # fmt: skip
    return said, await person(services, commission, Role.AUTHORISED_SIGNATORY), chambers


async def test_a_draft_of_2013_is_scrutinised_under_the_law_of_2013(services: Services) -> None:
    """56 votes, August suspended, and the calendar of the Union's institutions, though it is recorded today."""
    said, author, chambers = await draft(services, 28)
    opened = await give(services, author, "reviews.open", on=EPPO, **said)
    await give(services, author, "reviews.complete-transmission", opened.stream, EPPO)
    found = await review(services, opened.stream)
    assert (found.policy, found.total) == ("scrutiny/EU@2", 56)
    assert found.deadlines[0].due_on == date(2013, 10, 28)
    _, record = [services.office.codec.decode(one) for one in (await services.store.streams([opened.stream]))[
        opened.stream]][-2:]  # fmt: skip
    assert (record.event.calendar, record.event.policy, record.policies) == ("EU", "scrutiny/EU@2", ("scrutiny/EU@2",))
    events = []
    for chamber in chambers[:10]:
        clerk = await person(services, chamber, Role.PARLIAMENT_CLERK)
        opinion = {"chamber": chamber, "grounds": (Ground.NECESSITY,), "reasons": TEXT}
        answer = await give(
            services, clerk, "reviews.submit-opinion", opened.stream, PartialDate("2013-10-25"), **opinion
        )
        events.append(answer.events)
    assert events == [("reasoned-opinion-submitted.1",)] * 9 + [("reasoned-opinion-submitted.1", "threshold-reached.1")]
    passed = await give(services, CLOCK, "reviews.pass-deadline", opened.stream, PartialDate("2013-10-29"), deadline=1)
    assert passed.events == ("clock-ran-out.1", "scrutiny-closed.1")
    again = await give(services, CLOCK, "reviews.pass-deadline", opened.stream, PartialDate("2013-10-29"), deadline=1)
    assert again.events == ()
    closed = await review(services, opened.stream)
    assert (closed.card, closed.votes, closed.stage) == (Card.YELLOW, 20, Stage.UNDER_REVIEW)


async def test_the_same_draft_today_has_54_votes(services: Services) -> None:
    said, author, _ = await draft(services, 28)
    with pytest.raises(Refused) as refused:
        await give(services, author, "reviews.open", **said)
    assert refused.value.code == "roll-incomplete"
    assert refused.value.policy is not None
    assert refused.value.policy.policy == "scrutiny/EU@4"
    opened = await give(services, author, "reviews.open", **{**said, "roll": said["roll"][:27]})
    assert (await review(services, opened.stream)).total == 54


async def test_where_no_policy_says_how_nothing_is_scrutinised(services: Services) -> None:
    said, author, _ = await draft(services, 1)
    nowhere = await unit(services, "Utopia", Sphere.NATIONAL, "XX", Kind.STATE)
    with pytest.raises(Refused) as refused:
        await give(services, author, "reviews.open", **{**said, "polity": nowhere})
    assert refused.value.code == "no-scrutiny-policy"


async def test_a_review_that_follows_a_widened_draft_finds_it(services: Services) -> None:
    said, author, _ = await draft(services, 1)
    league = await unit(services, "League of cities", Sphere.LOCAL, "FR", Kind.ASSOCIATION)
    state = await unit(services, "State", Sphere.NATIONAL, "FR", Kind.STATE)
    here = {
        **said, "polity": state, "author_kind": AuthorKind.GOVERNMENT, "roll": (Seat(league, SeatKind.ASSOCIATION),),
    }  # fmt: skip
    first = await give(services, author, "reviews.open", on=PartialDate("2024-01-08"), **here)
    assert (await review(services, first.stream)).policy == "scrutiny/FR@1"
    with pytest.raises(Refused) as refused:
        await give(services, author, "reviews.open", **{**here, "follows": first.stream})
    assert refused.value.code == "nothing-to-follow"
    day = PartialDate("2024-01-09")
    await give(services, author, "reviews.complete-transmission", first.stream, day)
    secretariat = await person(services, league, Role.FORUM_SECRETARIAT)
    opinion = {"chamber": league, "grounds": (Ground.ADDED_VALUE,), "reasons": TEXT}
    await give(services, secretariat, "reviews.submit-opinion", first.stream, day, **opinion)
    await give(services, CLOCK, "reviews.pass-deadline", first.stream, PartialDate("2024-02-21"), deadline=1)
    amended: dict[str, Any] = {"outcome": Outcome.AMEND, "summary": TEXT, "widens": True}
    await give(services, author, "reviews.decide", first.stream, **amended)
    second = await give(services, author, "reviews.open", **{**here, "follows": first.stream})
    await services.workers.catch_up()
    assert (await review(services, first.stream)).followed_by == second.stream
    again = await give(services, REACTION, "reviews.record-new-review", first.stream, review=second.stream)
    assert again.events == ()


async def test_an_allocation_runs_on_the_calendar_of_its_territory(services: Services) -> None:
    city = await unit(services, "City", Sphere.LOCAL, "FR", Kind.MUNICIPALITY)
    region = await unit(services, "Region", Sphere.REGIONAL, "FR", Kind.REGION)
    officer = await person(services, city, Role.LIAISON_OFFICER)
    asked = await give(
        services, officer, "allocations.request", on=PartialDate("2024-04-01"), requester=city, decider=region,
        matter=TEXT, description=TEXT, function="05.2", territory=region,
        candidates=(Sphere.LOCAL, Sphere.REGIONAL), affected=(city, region),
    )  # fmt: skip
    _, state = await services.office.states.state("allocations", asked.stream)
    assert isinstance(state, Allocation)
    assert {one.due_on for one in state.deadlines} == {date(2024, 5, 2)}, "1 May is a holiday in France"
    told = await give(services, CLOCK, "allocations.pass-deadline", asked.stream, PartialDate("2024-05-03"), deadline=1)
    assert told.events == ("allocation-deadline-missed.1",)
