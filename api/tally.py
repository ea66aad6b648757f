"""What is said first of all commitments: how many there are, who takes part, how they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from api.figures import Figure, leads, one, several
from domain.commitments.words import ENDED, Stage
from domain.kernel import Sphere
from projections.commitments import COMMITMENTS
from projections.scorecards import SCORECARDS, WHOLE, Scope
from services.views.ports import Filter, NotBuilt, Op, Query
from services.views.queries import Views

CARDS = SCORECARDS.name
GOING_ON = several("state", [stage.value for stage in Stage if stage not in ENDED])
DELAYED = (one("delayed", value=True), GOING_ON)
"""One that has ended is late no more, though it was."""
FULFILLED = one("state", Stage.COMPLETED.value)
CONTESTED = one("contested", value=True)
_KEYS = (WHOLE, *(f"{Scope.SPHERE}:{sphere}" for sphere in Sphere))


@dataclass(frozen=True, slots=True)
class Sentence:
    """How commitments stand, in a sentence."""

    commitments: Figure
    fulfilled: Figure
    delayed: Figure
    contested: Figure


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of the register's card, each with the list that it counts the rows of.

    `position`: as of which they are. `spheres`: the units that take part.
    """

    sentence: Sentence
    spheres: Sequence[tuple[str, Figure]]
    position: int
    whole: Mapping[str, int]


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
    on, there = str(position) if pinned else "", [card for key in _KEYS[1:] if (card := cards.get(key))]
    taking_part = [
        (card["of"], Figure(card["with_commitments"], _units(card["of"], on))) for card in there
        if card["with_commitments"]
    ]  # fmt: skip
    return Tally(_sentence(cards[WHOLE], on), taking_part, position, cards[WHOLE])


def _sentence(whole: Mapping[str, int], on: str) -> Sentence:
    def figure(name: str, *where: Filter) -> Figure:
        return Figure(whole[name], leads(COMMITMENTS.name, where, on))

    return Sentence(
        figure("commitments"), figure("completed", FULFILLED), figure("delayed", *DELAYED),
        figure("contested", CONTESTED),
    )  # fmt: skip


def _units(sphere: str, on: str) -> str:
    where = [one("scope", Scope.UNIT.value), one("sphere", sphere), one("with_commitments", 1)]
    return leads(CARDS, where, on)
