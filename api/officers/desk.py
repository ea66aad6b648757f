"""The lines of an officer's desk, and by what they are narrowed down: the page and its counters derive from that."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from api import values
from api.asking import LIMIT
from api.beside import UNITS
from api.binding import Parameter
from api.codes import TURNS, codes
from api.figures import Counted, Figure, several
from api.paging import address
from api.people import called, ids_in
from domain.deadlines import Standing
from domain.kernel import Sphere
from projections.things import THINGS
from services.calendars import calendar_of
from services.views.ports import Op

READ = 1_000
"""Lines of each list among which is looked; the list to which its figure leads has all of them."""
SOON = 7
"""Days within which what is due is urgent."""
COUNTED_OUT = 31
"""Days ahead, and back, for which people count in working days."""
DAY = timedelta(days=1)


@dataclass(slots=True)
class Line:
    """One line of the desk. `asked`: what is to be done, by whoever's turn it is; `days`: how long it waits.

    `working`: the working days that are left, or that have gone by since, where a calendar counts them; `spheres`:
    of those who take part beside the unit.
    """

    view: str
    row: Mapping[str, Any]
    title: Any
    asked: str
    days: int = 0
    working: int | None = None
    spheres: frozenset[str] = frozenset()

    @property
    def thing(self) -> tuple[str, str]:
        """Its context and its id."""
        return (self.row["context"], self.row["stream"]) if "stream" in self.row else (self.view, self.row["key"])

    @property
    def stands(self) -> frozenset[str]:
        """How its clock does; nothing where there is none."""
        if "due_on" not in self.row:
            return frozenset()
        return frozenset({"standing_still" if self.row["state"] == Standing.SUSPENDED else "running"})

    @property
    def urgency(self) -> frozenset[str]:
        """How near its last day is; nothing where it has none, or none that comes nearer."""
        if (left := self.row.get("days_left")) is None:
            return frozenset()
        return frozenset({"overdue" if left < 0 else "within_7_days" if left <= SOON else "later"})


class Facet(NamedTuple):
    """What lines are told apart by: its choices, in their order, and which of them a line has."""

    name: str
    choices: tuple[str, ...]
    of: Callable[[Line], frozenset[str]]

    @property
    def parameter(self) -> Parameter:
        return Parameter(self.name, values.one_of(self.choices), "")


_ASKED = tuple(dict.fromkeys((*TURNS, *sorted(codes()["kind"]))))
FACETS = (
    Facet("urgency", ("overdue", "within_7_days", "later"), lambda line: line.urgency),
    Facet("what_is_asked", _ASKED, lambda line: frozenset({line.asked})),
    Facet("other_side", tuple(Sphere), lambda line: line.spheres),
    Facet("clock", ("running", "standing_still"), lambda line: line.stands),
)
ASKED = {one.name: one.parameter for one in FACETS}
"""What the desk's address may say."""


class Choice(NamedTuple):
    """One value of a facet: how many lines have it, under all other conditions, and where they are listed alone."""

    value: str
    number: int
    chosen: bool
    leads: str


class Part(NamedTuple):
    """One list of the desk: all of it as it can be filtered and sorted, and its lines here."""

    name: str
    whole: Figure
    lines: Sequence[Line]

    @property
    def all(self) -> bool:
        """Whether there are no more than were looked at."""
        return self.whole.number <= READ


@dataclass(frozen=True, slots=True)
class Desk:
    """All parts, narrowed down by what was chosen of each facet."""

    parts: Sequence[Part]
    chosen: Mapping[str, str]

    def narrowed(self, name: str) -> Sequence[Part]:
        """The parts of that name, each with those of its lines that answer to all that was chosen."""
        return [one._replace(lines=[*self._answering(one.lines)]) for one in self.parts if one.name == name]

    def number(self, *names: str) -> int:
        return sum(len(one.lines) for name in names for one in self.narrowed(name))

    @property
    def left(self) -> int:
        """How many lines there are."""
        return self._many()

    def _many(self, without: str = "") -> int:
        return sum(1 for _ in self._answering(self._lines, without))

    @property
    def facets(self) -> Sequence[tuple[str, Sequence[Choice]]]:
        """What may be chosen of each: of what no line has there is nothing to choose."""
        return [(one.name, found) for one in FACETS if (found := [*self._choices(one)])]

    @property
    def killing(self) -> Sequence[tuple[str, str, int, str]]:
        """Of each condition: how many lines there would be without it, and where."""
        return [(name, value, self._many(name), self.without(name)) for name, value in self.chosen.items()]

    def without(self, name: str) -> str:
        """Where the desk is without that condition."""
        return self._address(name, None)

    def _choices(self, facet: Facet) -> Iterator[Choice]:
        many = Counter(value for line in self._answering(self._lines, facet.name) for value in facet.of(line))
        for value in facet.choices:
            chosen = self.chosen.get(facet.name) == value
            if many[value] or chosen:
                yield Choice(value, many[value], chosen, self._address(facet.name, value))

    def _answering(self, lines: Iterable[Line], without: str = "") -> Iterator[Line]:
        asked = [(one.of, self.chosen[one.name]) for one in FACETS if one.name in self.chosen and one.name != without]
        return (line for line in lines if all(value in of(line) for of, value in asked))

    @property
    def _lines(self) -> Iterator[Line]:
        return (line for one in self.parts for line in one.lines)

    def _address(self, name: str, value: str | None) -> str:
        asked = address([*self.chosen.items()], **{name: value})
        return f"/give?{asked}" if asked else "/give"


def line(view: str, row: Mapping[str, Any], columns: Any, day: date) -> Line:
    """A row as a line of the desk."""
    if "due_on" in row:
        return Line(view, row, row["title"], row["kind"], row.get("days_left", 0), _working(row, day))
    if "turn" in row:
        return Line(view, row, row["title"], row["turn"], row["days_waiting"])
    waited = (day - date.fromisoformat(row["waits_since"])).days
    return Line(view, row, called(row, columns), row["waits_for"], waited)


def _working(row: Mapping[str, Any], day: date) -> int | None:
    """The working days between today and the last day, the later of them counted, by the calendar it was computed with.

    None where no calendar was, or where nobody would count them.
    """
    left = row.get("days_left")
    if left is None or not row["calendar"] or abs(left) > COUNTED_OUT:
        return None
    calendar, first = calendar_of(row["calendar"]), min(day, day + left * DAY)
    return sum(calendar.works_on(first + number * DAY) for number in range(1, abs(left) + 1))


async def tell_spheres(counted: Counted, lines: Sequence[Line], unit: str) -> None:
    """Says of each line of which spheres the others are who take part in its thing, or whom it names."""
    others = dict[tuple[str, str], set[str]]()
    for context, view in THINGS.items():
        for row in await _by_key(counted, view, {line.thing[1] for line in lines if line.thing[0] == context}):
            others[context, row["key"]] = ids_in(row.get("parties") or row) - {unit}
    named = set[str]().union(*others.values())
    sphere = {row["key"]: row["sphere"] for row in await _by_key(counted, UNITS, named)}
    for each in lines:
        each.spheres = frozenset(sphere[one] for one in others.get(each.thing, ()) if one in sphere)


async def _by_key(counted: Counted, view: str, keys: set[str]) -> Sequence[Mapping[str, Any]]:
    ordered, found = sorted(keys), list[Mapping[str, Any]]()
    for first in range(0, len(ordered), LIMIT):
        found += await counted.rows(view, several("key", ordered[first : first + LIMIT], Op.IN), limit=LIMIT)
    return found
