"""`/v1/territories/<unit>`: the commitments of a unit and of everything below it, as one card, now or as it was."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api import values
from api.asking import AS_OF, VALID_AT
from api.binding import Parameter
from api.documents import Schema, object_schema
from api.singles import Made, Single
from api.standing import Standing
from projections.commitments import COMMITMENTS
from projections.scorecards import ScorecardRow
from projections.territories import TerritoryRow
from services.cards import FIGURES, written
from services.territories import Moment, Territories
from services.views.queries import Views


def _cards(views: Views) -> Made:
    territories = Territories(views)

    async def card(unit: UUID, at: Standing, said: Mapping[str, Any]) -> bytes | None:
        found = await territories.card(unit, Moment(at.position, said.get("valid_at"), at.day))
        return None if found is None else written(found)

    return card


def _counted(unit: UUID, at: Standing, said: Mapping[str, Any]) -> str:
    return f"subsidia audit figure BUNDLE --at {at.position} --view territories --key {unit} --day {at.day}"


def _schema(into: dict[str, Schema]) -> Schema:
    """The JSON of a card: like a scorecard's, but for what it says of whom, and from what it was counted."""
    figures = object_schema(ScorecardRow, {})["properties"]
    found = object_schema(TerritoryRow, into)
    key = {"key": {"type": "string", "description": "The unit's id."}}
    found["properties"] = {**key, **found["properties"], **{name: figures[name] for name in FIGURES}}
    found["required"] = [name for name in found["properties"] if name != "kept"]
    return found


TERRITORIES = Single(
    name="territories",
    of=Parameter("unit", values.uuid(), "The unit whose territory it is.", required=True),
    says="The commitments of a unit and of everything below it, as one card, each counted once.",
    more=(
        "Below a unit lie the units whose parent it is, its members where it is a body that has members, and whatever"
        " lies below those: as was recorded by then, or as it held in law with `valid_at`. It is counted when it is"
        " asked for; figures are those of a scorecard."
    ),
    view=COMMITMENTS,
    row="TerritoryRow",
    schema=_schema,
    made=_cards,
    reproduced=_counted,
    asked=(AS_OF, VALID_AT),
)
