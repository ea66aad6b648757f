"""What an importer means to do, and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from domain.kernel import NAMES, Actor, StreamId
from services.orders import Note, Order

CALLER = "import"
"""Whose commands repeat one another: every run of every importer."""

UNCHANGED = "unchanged"
QUEUED = "queued"
REFUSED = "refused"
NOTHING_PROMISED = "nothing promised"


class WrongFile(Exception):
    """The file is not what the importer reads. Nothing was written; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be recorded: the line it begins on (the header is line 1), the cell, and why.

    `code`: of the rule that refused it; empty where it could not be read, or does not fit what is there.
    """

    line: int
    key: str
    column: str
    value: str
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that a person may choose for a row in the review queue."""

    unit: UUID
    name: str
    sphere: str
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queued:
    """A row for which a person has to name the unit."""

    line: int
    key: str
    name: str
    country: str
    kind: str
    reason: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What follows from one row: a command, and `then` others on the same stream, one after the other.

    `becomes`: what the row counts as once one of them is recorded. `places`: for each command, in which columns its
    fields stand that are called otherwise there; under the empty name the columns that are about all of it.
    """

    line: int
    key: str
    becomes: str
    order: Order
    then: tuple[Order, ...] = ()
    places: Sequence[Mapping[str, str]] = ()

    def column(self, number: int, field: str) -> str:
        """Where a field of one of the commands stands; items count from 1 there."""
        places = self.places[number] if number < len(self.places) else {}
        steps, behind = field.split("."), list[str]()
        while len(steps) > 1 and ".".join(steps) not in places:
            behind.insert(0, steps.pop())
        begun = ".".join(steps)
        return ".".join([places.get(begun, begun), *(str(int(one) + 1) if one.isdecimal() else one for one in behind)])


def _as_it_is(bad: BadRow) -> BadRow:
    return bad


@dataclass(frozen=True, slots=True)
class Plan:
    """All that follows from a source. Waves are given one after the other; inside one, order does not matter.

    `counted`: rows that need no command, by what they count as. `words`: how the summary calls what it counts, in
    order. `place`: the folder name of its review queue. `found`: a bad row with the cell as the file has it.
    """

    place: str
    rows: int
    words: tuple[str, ...]
    waves: Sequence[Sequence[Asked]] = ()
    bad: Sequence[BadRow] = ()
    queued: Sequence[Queued] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    found: Callable[[BadRow], BadRow] = _as_it_is

    @property
    def commands(self) -> int:
        return sum(len(wave) for wave in self.waves)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row of which something was recorded: what it counts as, the thing it speaks of, and the last record's place."""

    line: int
    key: str
    becomes: str
    stream: StreamId
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of each row; the counts sum to `rows`. `seconds`: how long the commands took.

    `recorded`: in the order of the file; of a rehearsal nothing has a place.
    """

    rows: int
    counts: Mapping[str, int]
    bad: Sequence[BadRow]
    queued: Sequence[Queued]
    seconds: float
    written: bool
    recorded: Sequence[Recorded] = ()

    @property
    def changed(self) -> int:
        """How many rows were recorded now."""
        idle = (UNCHANGED, QUEUED, REFUSED, NOTHING_PROMISED)
        return sum(number for word, number in self.counts.items() if word not in idle)


def command_id(source: str, key: str, updated: str) -> UUID:
    """The id of the command that follows from one edition of one row: the same in every run."""
    return uuid5(NAMES, f"import:{source}:{key}:{updated}")


def order(
    actor: Actor, context: str, command: str, fields: Mapping[str, object], cmd: UUID, *,
    stream: StreamId | None = None, note: Note | None = None, expect: int | None = None,
) -> Order:  # fmt: skip
    """A command that may be repeated by a later run."""
    return Order(
        context=context, command=command, fields=fields, cmd=cmd, actor=actor, caller=CALLER, stream=stream,
        note=note or Note(), client_named=True, expect=expect,
    )  # fmt: skip
