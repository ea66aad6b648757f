"""`proof=1`: what the register attested nearest to the position of an answer, and the command that reproduces it."""

import shlex
from datetime import date
from typing import Any

import msgspec

from api import values
from api.binding import Parameter
from api.faults import Fault, Invalid, Located
from projections.attestations import ATTESTATIONS
from projections.kernel import View
from services.audit.figuring import COUNTED
from services.views.ports import Filter, NotBuilt, Op, Query
from services.views.queries import Views

PROOF = Parameter(
    "proof",
    values.one_of(("1",)),
    "Name the attestation nearest to that position, and the command that reproduces the answer. Goes with `as_of`.",
)


def refuse(said: Any, form: str = "json") -> None:
    """Raises Invalid where what is asked for cannot be proved. `said`: what else was asked."""
    if said.get("as_of") is None:
        raise _no("Only what is pinned can be reproduced: say as of which position, day or time with `as_of`.")
    if said.get("valid_at") is not None:
        raise _no("What is attested is what was recorded, not what held in law on a day: leave out `valid_at`.")
    if form != "json":
        raise _no("Only an answer in JSON has a place for it.")


def _no(detail: str) -> Invalid:
    return Invalid([Located("query", "/proof", Fault("proof", detail))])


class Attested:
    """Finds attestations in the view that holds them."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def proof(self, view: View, position: int, day: date, key: str | None = None) -> tuple[str, bytes]:
        """(what tells this proof from another of the same answer, the member as JSON).

        Without an attestation where there is none of this version. Raises Invalid before the first record.
        """
        if position < 0:
            raise _no("Nothing had been recorded by then.")
        member: dict[str, Any] = {"reproduce": command(view, position, day, key)}
        nearest = await self._nearest(view, position)
        if nearest is not None:
            member["attestation"] = nearest
        told = nearest["record"].rpartition("/")[2] if nearest else "0"
        return told, msgspec.json.encode(member)

    async def _nearest(self, view: View, position: int) -> dict[str, Any] | None:
        """Of those of one version; of two that are as far away, the earlier."""
        found = [*await self._one(view, position, Op.LE), *await self._one(view, position, Op.GT)]
        row = min(found, key=lambda one: abs(one["position"] - position), default=None)
        return None if row is None else {"record": row.pop("key"), **row}

    async def _one(self, view: View, position: int, op: Op) -> list[dict[str, Any]]:
        filters = (
            Filter("view", Op.EQ, (view.name,)),
            Filter("version", Op.EQ, (view.version,)),
            Filter("position", op, (position,)),
        )
        query = Query(filters, sort="position", descending=op is Op.LE, limit=1)
        try:
            page = await self._views.page(ATTESTATIONS.name, query)
        except NotBuilt:  # an older program's tables, for as long as ours are made
            return []
        return [msgspec.json.decode(row, type=dict[str, Any]) for row in page.items]


def command(view: View, position: int, day: date, key: str | None = None) -> str:
    """The command that makes a view as it then stood from a bundle alone; or one row, where it holds figures."""
    if view.name in COUNTED and key is not None:
        return f"subsidia audit figure BUNDLE --at {position} --view {view.name} --key {shlex.quote(key)}"
    on = f" --day {day}" if view.computed else ""
    return f"subsidia audit replay BUNDLE --at {position} --view {view.name}{on}"
