"""`/v1/chains/<commitment>`: everything that a commitment waits for, and whose turn it is, now or as it was."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api import values
from api.asking import AS_OF
from api.binding import Parameter
from api.documents import Schema, object_schema
from api.singles import Made, Single
from api.standing import Standing
from projections.chains import ChainRow
from projections.commitments import COMMITMENTS
from services.chains import Chains
from services.views.queries import Views
from services.views.rows import Form

AFTER = Parameter(
    "after", values.whole(0), "Begin behind so many links: as many as were named before, where `links_left` says more.",
    example=0,
)  # fmt: skip


def _chains(views: Views) -> Made:
    chains, form = Chains(views), Form(ChainRow)

    async def chain(of: UUID, at: Standing, said: Mapping[str, Any]) -> bytes | None:
        row = await chains.row(of, at.position, at.day, said.get(AFTER.name, 0))
        return None if row is None else form.encode(str(of), row)

    return chain


def _made_again(of: UUID, at: Standing, said: Mapping[str, Any]) -> str:
    after = said.get(AFTER.name, 0)
    behind = f" --after {after}" if after else ""
    return f"subsidia audit chain BUNDLE --at {at.position} --key {of} --day {at.day}{behind}"


def _schema(into: dict[str, Schema]) -> Schema:
    found = object_schema(ChainRow, into)
    found["properties"] = {"key": {"type": "string", "description": "The commitment's id."}, **found["properties"]}
    found["required"] = ["key", *found["required"]]
    return found


CHAINS = Single(
    name="chains",
    of=Parameter("commitment", values.uuid(), "The commitment that waits.", required=True),
    says="What a commitment waits for, directly or not; whose turn it is in all of it, and what waits for it.",
    more=(
        "It is followed to its end: through other commitments, and through steps that have not been taken. Of all who"
        " can act there, it is the turn of who has been waited for longest; where nobody is late, of whose day comes"
        " next. Days are those on which anything waited for a unit in one of these commitments. An answer names 500"
        " links at most, and fewer where titles are very long; `links_left` says how many come behind them."
    ),
    view=COMMITMENTS,
    row="ChainRow",
    schema=_schema,
    made=_chains,
    reproduced=_made_again,
    asked=(AS_OF, AFTER),
)
