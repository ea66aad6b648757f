"""Whom a token speaks for today, and who may ask for opened values at all."""

from dataclasses import dataclass
from datetime import date, datetime

from domain import units
from domain.kernel import Actor, StreamId, UnitFacts
from services.facts import local_day
from services.orders import Forbidden
from services.states import States


@dataclass(frozen=True, slots=True)
class Known:
    """The unit of somebody accredited, which day it is there, and whether the accreditation is in force on it."""

    unit: UnitFacts
    today: date
    in_force: bool


async def known(states: States, actor: Actor, now: datetime) -> Known:
    """How the register knows somebody: asked anew each time."""
    assert actor.unit is not None
    assert actor.accreditation is not None
    stream = StreamId(actor.unit)
    states.forget([stream])
    _, state = await states.state("units", stream)
    unit = units.facts(state, actor.unit)
    today = local_day(now, unit)
    held = units.accreditation_in_force(state, actor.accreditation, today)
    return Known(unit, today, held is not None and held.role is actor.role)


async def check_reader(states: States, reader: Actor, now: datetime) -> None:
    """Raises Forbidden for somebody whose accreditation is not in force today."""
    if not (await known(states, reader, now)).in_force:
        raise Forbidden("Your accreditation is not in force today.")
