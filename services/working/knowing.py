"""What workers look up beside a record: states that are at least as new as it, and where a stream is at home."""

from types import SimpleNamespace
from typing import Any

from domain import units
from domain.kernel import Context, StreamId, UnitId
from services.states import States

UTC_ZONE = "UTC"


async def known(states: States, context: str, stream: StreamId, version: int) -> Any:
    """The state of a stream at this version or a later one; what is kept may be older, if another process wrote."""
    reached, state = await states.state(context, stream)
    if reached < version:
        states.forget([stream])
        _, state = await states.state(context, stream)
    return state


def home_of(context: Context, state: Any) -> StreamId | None:
    """The unit at whose home a stream in this state is; None where no unit is concerned."""
    home = context.home(SimpleNamespace(), state)
    return None if home is None else StreamId(home)


async def zone_of(states: States, context: Context, state: Any) -> str:
    """The time zone of the unit at whose home a stream in this state is; UTC where no unit is concerned."""
    home = home_of(context, state)
    if home is None:
        return UTC_ZONE
    _, found = await states.state("units", home)
    facts = units.facts(found, UnitId(home))
    return facts.time_zone if facts.exists else UTC_ZONE
