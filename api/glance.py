"""The register at a glance: what the page of the whole register, of a unit or of a territory counts.

The whole register has views that hold its figures; those of some units are counted when somebody asks, each with the
condition of the list to which it leads, up to as many rows as lists are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.figures import Counted, Figure, one, several
from api.tally import CONTESTED, DELAYED, FULFILLED, GOING_ON, Sentence
from domain.commitments.words import Due
from domain.deadlines import Standing
from domain.kernel import Level, Sphere
from projections.responses import measured
from projections.spheres import ALL, CLASSES, SILENT
from projections.spheres import CONTESTED as CONTESTED_CLASS
from services.views.ports import COUNTED, Filter, Op

SOON = timedelta(days=90)
SHOWN, ROWS = 10, 500
"""Deadlines that a page shows, and rows that it adds up at most."""
WIDTH = 1000
"""Of a bar, in its own measure."""
COMMITMENTS, OBLIGATIONS, RESPONSES, UNFUNDED = "commitments", "obligations", "response-times", "unfunded-mandates"
USED = (COMMITMENTS, OBLIGATIONS, RESPONSES, UNFUNDED, "activity", "scorecards", "spheres", "sphere-response-times")
"""The views that a page reads, all as of one position."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Commitments that somebody owes, by class. `of`: the sphere; empty where it is all of them."""

    of: str
    whole: Figure
    classes: Mapping[str, Figure]

    @property
    def bar(self) -> Sequence[tuple[str, int, int]]:
        """(class, from where, how wide), without what is empty."""
        found, passed = list[tuple[str, int, int]](), 0
        for name, figure in self.classes.items():
            begins, passed = WIDTH * passed // max(self.whole.number, 1), passed + figure.number
            if figure.number:
                found.append((name, begins, WIDTH * passed // max(self.whole.number, 1) - begins))
        return found


@dataclass(frozen=True, slots=True)
class Owing:
    """What is going on and what is delayed of it, from those who owe to others of each sphere."""

    of: str
    to: Mapping[Sphere, tuple[Figure, Figure]]


@dataclass(frozen=True, slots=True)
class Answers:
    """How long units took to answer invitations. `median`: None where nobody has answered."""

    of: str
    units: Figure
    owed: int
    answered: int
    median: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing a year where a unit bears mandates that nobody pays for, one sum a currency and price basis."""

    unit: str
    name: str
    mandates: Figure
    sums: Mapping[tuple[str, str], Decimal]
    unestimated: int


@dataclass(frozen=True, slots=True)
class Glance:
    """All figures of one page. `gaps`: None where there are too many rows to add up for a page."""

    sentence: Sentence
    stands: Sequence[Stand]
    owing: Sequence[Owing]
    due: Figure
    next_due: Sequence[Any]
    recorded: Figure
    unfunded: Figure
    gaps: Sequence[Gap] | None
    answers: Sequence[Answers]
    whole: Figure
    doubts: Mapping[str, Figure]

    def share(self, doubt: str) -> int | None:
        """Of how many in a hundred it is true, to the nearest; None of none, and where nobody counted to the end."""
        whole = self.whole.number
        return (200 * self.doubts[doubt].number + whole) // (2 * whole) if 0 < whole <= COUNTED else None


def _class(name: str) -> Sequence[Filter]:
    """Of which commitments a class is."""
    calm = one("contested", value=False)
    if name == CONTESTED_CLASS:
        return (CONTESTED,)
    if name == SILENT:
        return (one("inactive", value=True), calm)
    return (one("state", name), calm, one("inactive", value=False))


DOUBTS: Mapping[str, Filter] = {
    Level.SELF_REPORTED.value: one("level", Level.SELF_REPORTED.value),
    "without_evidence": one("evidence", 0),
    SILENT: one("inactive", value=True),
}
"""What weakens the data, and of which commitments it is true."""


async def of_register(counted: Counted, card: Mapping[str, Any], sentence: Sentence) -> Glance:
    """`card`: that of the whole register, with its sentence."""
    rows = await counted.rows("spheres", limit=ROWS)
    by_key = {row["key"]: row for row in rows}
    doubted = {
        Level.SELF_REPORTED.value: card["self_reported"],
        "without_evidence": card["commitments"] - card["with_evidence"],
        SILENT: card["inactive"],
    }
    responses = await counted.rows("sphere-response-times", one("kind", Due.ANSWER.value), limit=len(Sphere))
    stands = [_stand(counted, sphere, by_key[f"{sphere}/{ALL}"]) for sphere in Sphere]
    return Glance(
        sentence=sentence, stands=[*stands, _total(counted, stands)],
        owing=[_owing(counted, sphere, by_key) for sphere in Sphere],
        answers=[
            _answers(counted, row["sphere"], row, one("sphere", row["sphere"]))
            for row in sorted(responses, key=_of_sphere)
        ],
        whole=sentence.commitments,
        doubts={name: Figure(doubted[name], counted.leads(COMMITMENTS, where)) for name, where in DOUBTS.items()},
        **await _dated(counted),
    )  # fmt: skip


def _of_sphere(row: Mapping[str, Any]) -> int:
    """Spheres stand in one order on the whole page."""
    return list(Sphere).index(row["sphere"])


def _stand(counted: Counted, sphere: str, row: Mapping[str, Any]) -> Stand:
    def figure(name: str, *where: Filter) -> Figure:
        return Figure(row[name], counted.leads(COMMITMENTS, one("owner_sphere", sphere), *where))

    return Stand(sphere, figure("commitments"), {name: figure(name, *_class(name)) for name in CLASSES})


def _total(counted: Counted, stands: Sequence[Stand]) -> Stand:
    classes = {
        name: Figure(sum(one.classes[name].number for one in stands), counted.leads(COMMITMENTS, *_class(name)))
        for name in CLASSES
    }
    return Stand("", Figure(sum(one.whole.number for one in stands), counted.leads(COMMITMENTS)), classes)


def _owing(counted: Counted, sphere: str, by_key: Mapping[str, Mapping[str, Any]]) -> Owing:
    def figure(name: str, whom: str, *where: Filter) -> Figure:
        pair = (one("owner_sphere", sphere), several("counterparts", [whom], Op.ANY))
        return Figure(by_key[f"{sphere}/{whom}"][name], counted.leads(COMMITMENTS, *pair, *where))

    return Owing(
        sphere, {whom: (figure("going_on", whom, GOING_ON), figure("delayed", whom, *DELAYED)) for whom in Sphere}
    )


def _answers(counted: Counted, of: str, row: Mapping[str, Any], *where: Filter) -> Answers:
    led = counted.leads(RESPONSES, one("kind", Due.ANSWER.value), *where)
    return Answers(of, Figure(row["units"], led), row["owed"], row["answered"], row.get("median_days"))


async def of_units(counted: Counted, units: Sequence[UUID]) -> Glance:
    """Of what these units owe, each commitment by its owner."""
    owner, owes = _among("owner", units), _among("unit", units)

    async def figure(*where: Filter) -> Figure:
        return await counted.count(COMMITMENTS, owner, *where)

    whole = await figure()
    classes = {name: await figure(*_class(name)) for name in CLASSES}
    to = {sphere: several("counterparts", [sphere], Op.ANY) for sphere in Sphere}
    owing = {sphere: (await figure(whom, GOING_ON), await figure(whom, *DELAYED)) for sphere, whom in to.items()}
    rows = await counted.rows(RESPONSES, one("kind", Due.ANSWER.value), owes, limit=ROWS)
    return Glance(
        sentence=Sentence(whole, await figure(FULFILLED), await figure(*DELAYED), await figure(CONTESTED)),
        stands=[Stand("", whole, classes)], owing=[Owing("", owing)],
        answers=[_answers(counted, "", _added(rows), owes)] if rows else [],
        whole=whole, doubts={name: await figure(where) for name, where in DOUBTS.items()},
        **await _dated(counted, units),
    )  # fmt: skip


def _among(column: str, units: Sequence[UUID]) -> Filter:
    return one(column, units[0]) if len(units) == 1 else several(column, units)


def _added(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    spread: dict[int, int] = {}
    for took in (took for row in rows for took in row["spread"]):
        spread[took["days"]] = spread.get(took["days"], 0) + took["times"]
    sums = {name: sum(row[name] for row in rows) for name in ("owed", "answered")}
    return {"units": len(rows), **sums, **measured((), spread)}


async def _dated(counted: Counted, units: Sequence[UUID] = ()) -> dict[str, Any]:
    """What falls due, what was recorded lately, what is not paid for; of some units or of all."""
    day = counted.when.day
    soon = [one("state", Standing.OPEN.value), one("due_on", day, Op.GE), one("due_on", day + SOON, Op.LE)]
    soon += [_among("unit", units)] if units else []
    lately = [one("at", day - timedelta(days=30), Op.GE), *([_among("unit", units)] if units else [])]
    borne = [_among("recipient", units)] if units else []
    unfunded = await counted.rows(UNFUNDED, *borne, limit=ROWS + 1, sort="key")
    return {
        "due": await counted.count(OBLIGATIONS, *soon),
        "next_due": await counted.rows(OBLIGATIONS, *soon, limit=SHOWN, sort="due_on"),
        "recorded": await counted.count("activity", *lately),
        "unfunded": await counted.count(UNFUNDED, *borne),
        "gaps": None if len(unfunded) > ROWS else _gaps(counted, unfunded),
    }


def _gaps(counted: Counted, rows: Sequence[Mapping[str, Any]]) -> Sequence[Gap]:
    """By who bears them: the largest first, as far as sums of one currency can be compared."""
    by_unit: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_unit.setdefault(row["recipient"], []).append(row)
    found = [
        Gap(unit, of[0]["recipient_name"], Figure(len(of), counted.leads(UNFUNDED, one("recipient", unit))), _sums(of),
            sum("gap" not in row for row in of))
        for unit, of in by_unit.items()
    ]  # fmt: skip
    return sorted(found, key=lambda gap: (-max(gap.sums.values(), default=Decimal(0)), gap.name))


def _sums(rows: Sequence[Mapping[str, Any]]) -> Mapping[tuple[str, str], Decimal]:
    """Nothing is added across currencies and price bases."""
    sums: dict[tuple[str, str], Decimal] = {}
    for gap in (row["gap"] for row in rows if "gap" in row):
        kind = gap["currency"], gap["price_basis"]
        sums[kind] = sums.get(kind, Decimal(0)) + Decimal(gap["amount"])
    return sums
