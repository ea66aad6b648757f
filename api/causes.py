"""`/v1/causes/<position>`: what caused a record, up to where it began, and all that followed from there."""

from collections.abc import Mapping
from typing import Any

from api import values
from api.asking import AS_OF
from api.binding import Parameter
from api.documents import Schema, object_schema
from api.singles import Made, Single
from api.standing import Standing
from projections.activity import ACTIVITY, key_of
from projections.causes import CausesRow
from services.causes import Causes
from services.views.queries import Views
from services.views.rows import Form


def _causes(views: Views) -> Made:
    asked, form = Causes(views), Form(CausesRow)

    async def tree(of: Any, at: Standing, said: Mapping[str, Any]) -> bytes | None:
        row = await asked.row(of, at.position)
        return None if row is None else form.encode(key_of(of), row)

    return tree


def _made_again(of: Any, at: Standing, said: Mapping[str, Any]) -> str:
    return f"subsidia audit causes BUNDLE --position {of} --at {at.position}"


def _schema(into: dict[str, Schema]) -> Schema:
    found = object_schema(CausesRow, into)
    found["properties"] = {"key": {"type": "string", "description": ACTIVITY.key_says}, **found["properties"]}
    found["required"] = ["key", *found["required"]]
    return found


CAUSES = Single(
    name="causes",
    of=Parameter("position", values.whole(), "The record's position in the ledger.", required=True, example=0),
    says="What caused a record, up to where it began, and all that followed: reactions of the register, corrections.",
    more=(
        "An act is one command with its records. It follows from the record to which the register reacted by it, or"
        " else from the one that it corrects. `under` says from which act each follows; each stands behind that one."
    ),
    view=ACTIVITY,
    row="CausesRow",
    schema=_schema,
    made=_causes,
    reproduced=_made_again,
    asked=(AS_OF,),
)
