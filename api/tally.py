"""What the list of all commitments says first: how many there are, who takes part, how they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from domain.commitments.words import ENDED, Stage
from domain.kernel import Sphere
from projections.scorecards import SCORECARDS, WHOLE, Scope
from services.views.ports import Filter, NotBuilt, Op, Query
from services.views.queries import Views

CARDS = SCORECARDS.name
GOING_ON = tuple(stage for stage in Stage if stage not in ENDED)
_KEYS = (WHOLE, *(f"{Scope.SPHERE}:{sphere}" for sphere in Sphere))


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of the register's card, each with the list that it counts the rows of.

    `position`: as of which they are. `on`: how an address asks for that; empty where it need not.
    """

    whole: Mapping[str, Any]
    spheres: Sequence[tuple[str, int]]
    position: int
    on: str

    def commitments(self, **where: str) -> str:
        return _address("commitments", [*where.items()], self.on)

    @property
    def delayed(self) -> str:
        """One that has ended is late no more, though it was."""
        return _address("commitments", [("delayed", "true"), ("state.in", ",".join(GOING_ON))], self.on)

    def units(self, sphere: str) -> str:
        where = [("scope", Scope.UNIT.value), ("sphere", sphere), ("with_commitments", "1")]
        return _address(CARDS, where, self.on)


async def position_of(views: Views, position: int) -> int | None:
    """As of which position figures can be told beside a list; None while they are made for the first time."""
    try:
        return min(position, await views.position(CARDS))
    except NotBuilt:
        return None


async def tally(views: Views, position: int, *, pinned: bool) -> Tally | None:
    """None in a register that is not opened yet, and while the figures of that position are made."""
    try:
        page = await views.page(CARDS, Query((Filter("key", Op.IN, _KEYS),), limit=len(_KEYS), as_of=position))
    except NotBuilt:
        return None
    cards = {card["key"]: card for card in map(msgspec.json.decode, page.items)}
    if WHOLE not in cards:
        return None
    there = [(card["of"], card["with_commitments"]) for key in _KEYS[1:] if (card := cards.get(key))]
    taking_part = [(sphere, units) for sphere, units in there if units]
    return Tally(cards[WHOLE], taking_part, position, str(position) if pinned else "")


def _address(view: str, where: Sequence[tuple[str, str]], on: str) -> str:
    asked = urlencode([*where, *([("as_of", on)] if on else [])], safe=",")
    return f"/read/{view}?{asked}" if asked else f"/read/{view}"
