"""Who may ask for opened values at all."""

from datetime import datetime

from domain import units
from domain.kernel import Actor, StreamId
from services.facts import local_day
from services.orders import Forbidden
from services.states import States


async def check_reader(states: States, reader: Actor, now: datetime) -> None:
    """Raises Forbidden for somebody whose accreditation is not in force today: asked anew each time."""
    assert reader.unit is not None
    assert reader.accreditation is not None
    stream = StreamId(reader.unit)
    states.forget([stream])
    _, state = await states.state("units", stream)
    today = local_day(now, units.facts(state, reader.unit))
    held = units.accreditation_in_force(state, reader.accreditation, today)
    if held is None or held.role is not reader.role:
        raise Forbidden("Your accreditation is not in force today.")
