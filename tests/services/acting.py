"""A register whose clock a test sets: two parties, a commitment with its deadlines, and mandates between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.commitments.words import Milestone
from domain.deadlines import DeadlineMet, DeadlineMissed
from domain.kernel import Actor, PartialDate, Recorded, Role, Sphere, StreamId, UnitId, Words
from domain.mandates.words import Ground, Instrument, Kind
from domain.units import Kind as UnitKind
from domain.units import Manner
from services.bootstrap import Services, assemble
from services.clock import Clock
from services.orders import Note
from services.store.listener import Listener
from services.working.following import Follower
from tests.services.test_handle import config, give, person

PARIS, NEW_YORK, AUCKLAND = "Europe/Paris", "America/New_York", "Pacific/Auckland"
BEGUN = datetime(2035, 3, 5, 12, tzinfo=UTC)
"""A Monday; when tests begin, unless they say otherwise. A ledger cannot be opened after its first day of business."""


@dataclass(frozen=True, slots=True)
class Party:
    """A unit, and who signs for it."""

    unit: UnitId
    signatory: Actor


def local(zone: str, text: str) -> datetime:
    """A moment as clocks in a time zone show it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def set_clock(services: Services, moment: datetime) -> None:
    services.office.clock = lambda: moment


@asynccontextmanager
async def register(dsn: str, var: Path, moment: datetime = BEGUN) -> AsyncIterator[Services]:
    """A process in which nothing acts unless it is told to, at this moment until another one is set."""
    async with assemble(config(dsn, var), workers=False) as services:
        set_clock(services, moment)
        yield services


async def unit_of(
    services: Services, name: str, sphere: Sphere = Sphere.LOCAL, zone: str = PARIS, place: str = "ZZ",
    parent: UnitId | None = None,
) -> UnitId:  # fmt: skip
    answer = await give(
        services, services.registrar, "units.register", name=Words({"en": name}), sphere=sphere,
        kind=UnitKind.MUNICIPALITY, jurisdiction=place, time_zone=zone, alive_from=PartialDate("2000"), parent=parent,
        identifiers=(), source=None,
    )  # fmt: skip
    return UnitId(answer.stream)


async def promise(
    services: Services, owner: UnitId, *steps: date, ends_on: str = "2040", signatory: Actor | None = None
) -> tuple[StreamId, Actor]:
    """An adopted commitment of one unit with a milestone on each of these days; and its signatory."""
    acting = signatory or await person(services, owner, Role.AUTHORISED_SIGNATORY)
    title = Words({"en": "Trees"})
    proposed = await give(
        services, acting, "commitments.propose", owner=owner, title=title, description=title,
        ends_on=PartialDate(ends_on), starts_on=None, sdg=(), parties=(), document=None,
    )  # fmt: skip
    for day in steps:
        step = Milestone(title, day, owner)
        await give(services, acting, "commitments.add-milestone", proposed.stream, milestone=step)
    await give(services, acting, "commitments.adopt", proposed.stream)
    return proposed.stream, acting


async def told(services: Services, stream: UUID | None = None) -> list[Recorded]:
    """Every record of a stream, or of the whole ledger."""
    if stream is not None:
        stored = (await services.store.streams([stream]))[stream]
    else:
        stored = [record async for batch in services.store.scan() for record in batch]
    return [services.codec.decode(one) for one in stored]


async def by(services: Services, system: str, stream: UUID | None = None) -> list[Recorded]:
    """What the clock, or reactions, recorded."""
    return [record for record in await told(services, stream) if record.actor.system == system]


def passed(records: list[Recorded]) -> list[tuple[int, date]]:
    """(number, effective on) of the deadlines that ended in these records, voided ones left out."""
    ends = [one for one in records if isinstance(one.event, (DeadlineMet, DeadlineMissed))]
    return [(one.event.number, date.fromisoformat(one.effective_on)) for one in ends]


@asynccontextmanager
async def clock_of(services: Services, dsn: str) -> AsyncIterator[Follower]:
    """A clock of its own, which does what it is told: `catch_up`."""
    async with Listener(dsn) as listener:
        clock = Clock(services.office, services.codec, services.contexts)
        yield Follower(dsn, clock, services.store, listener.wait_for_records)


SINCE = PartialDate("2001-01-01")
FUNCTION = "04.5"
"""Transport."""


async def holder(services: Services, name: str, sphere: Sphere = Sphere.REGIONAL, zone: str = PARIS) -> Party:
    """A unit that holds transport by law in its own territory, and its signatory."""
    unit = await unit_of(services, name, sphere, zone)
    await give(
        services, services.registrar, "units.record-competence", unit, function=FUNCTION, territory=unit,
        manner=Manner.OWN, legal_basis="Transport Act, art. 1", held_from=SINCE, held_until=None,
    )  # fmt: skip
    return Party(unit, await person(services, unit, Role.AUTHORISED_SIGNATORY))


async def party(services: Services, name: str, sphere: Sphere = Sphere.LOCAL, zone: str = PARIS) -> Party:
    unit = await unit_of(services, name, sphere, zone)
    return Party(unit, await person(services, unit, Role.AUTHORISED_SIGNATORY))


async def entrusted(
    services: Services, giver: Party, recipient: Party, territory: UnitId, under: StreamId | None = None, **said: Any
) -> StreamId:
    """A delegation of transport, agreed and in force."""
    mandate = await agreed(services, giver, recipient, territory, under, **said)
    await give(services, giver.signatory, "mandates.activate", mandate)
    return mandate


async def agreed(
    services: Services, giver: Party, recipient: Party, territory: UnitId, under: StreamId | None = None, **said: Any
) -> StreamId:
    """A delegation of transport, agreed and not in force yet."""
    starts_on = services.office.clock().date()
    terms = {
        "giver": giver.unit, "recipient": recipient.unit, "kind": Kind.DELEGATION, "instrument": Instrument.AGREEMENT,
        "function": FUNCTION, "territory": territory, "purpose": Words({"en": "To run the buses."}),
        "legal_basis": "Transport Act, art. 4", "starts_on": starts_on, "may_subdelegate": True,
    }  # fmt: skip
    above = {} if under is None else {"under": under}
    verb = "draft" if under is None else "sub-delegate"
    drafted = await give(services, giver.signatory, f"mandates.{verb}", **{**terms, **said, **above})
    await give(services, giver.signatory, "mandates.offer", drafted.stream)
    await give(services, recipient.signatory, "mandates.accept", drafted.stream)
    return drafted.stream


async def revoked(services: Services, giver: Party, mandate: StreamId, after: timedelta) -> None:
    """By law, with notice given now and all that is to come before: some days from now, which is then now."""
    why, now = Note(because="The law says so.", lang="en"), services.office.clock()
    await give(
        services, giver.signatory, "mandates.give-notice", mandate, note=why, ground=Ground.LAW, legal_basis="Act 7"
    )
    set_clock(services, now + after)
    heard: dict[str, Any] = {"held_on": (now + after).date(), "account": Words({"en": "Heard."})}
    await give(services, giver.signatory, "mandates.record-hearing", mandate, **heard)
    await give(services, giver.signatory, "mandates.revoke", mandate, note=why)


async def tick(services: Services, moment: datetime | None = None) -> None:
    """The clock does what there is to do at a moment."""
    if moment is not None:
        set_clock(services, moment)
    await services.workers.catch_up()
