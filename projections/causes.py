"""What caused a record, up to where it began, and what it caused: reactions of the register, corrections by people.

What follows from what is a graph across things, so this is a question to the lines of activity, asked step by step:
whoever has them, a server in a table or an auditor in memory, answers the same questions to the same end.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from domain.kernel import EventName, Says, Words
from projections.activity import ActivityRow

FOLLOWED = 200
"""Acts of a tree that are shown, those nearest to its root first: one mandate may carry thousands. Beside them,
those on the way to the record that is asked about."""
DEEPEST = 40
"""Generations that are followed, upward and downward."""

LINES = 2_000
"""Lines with which one question is answered at most."""

Wanted: TypeAlias = Mapping[str, Sequence[Any]]
"""Lines that are asked for: for each of these columns, one of the values."""
Asking: TypeAlias = Generator[Wanted, Sequence[ActivityRow], "CausesRow | None"]
"""Asks for lines, is sent those that there are, in the order of the ledger; comes to a tree (None: no such record)."""


class How(StrEnum):
    """How an act follows from the one above it."""

    REACTION = "reaction"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Made:
    """One record of an act."""

    position: Annotated[int, Says("The record's position in the ledger.")]
    type: Annotated[str, Says("What happened, by its stored name.")]
    stream: Annotated[UUID, Says("The thing it happened to.")]
    version: Annotated[int, Says("Its number in the history of that thing.")]


@dataclass(frozen=True, slots=True)
class Act:
    """One command with its records: what somebody, or the register itself, did at once."""

    number: Annotated[int, Says("Its number in the tree: 1, 2, 3, each behind the one that it follows from.")]
    under: Annotated[int | None, Says("The number of the act that it follows from; absent: here it began.")]
    how: Annotated[How | None, Says("How it follows from that one.")]
    context: Annotated[str, Says("The subject it belongs to.")]
    title: Annotated[Words | None, Says("What the thing is called, in its languages.")]
    unit: Annotated[UUID | None, Says("The unit that acted; absent for the register itself.")]
    unit_name: Annotated[str, Says("Its name.")]
    at: Annotated[date, Says("The day on which it was recorded (UTC).")]
    because: Annotated[str, Says("The reasons recorded with it.")]
    records: Annotated[tuple[Made, ...], Says("Its records, in the order of the ledger.")]


@dataclass(frozen=True, slots=True)
class CausesRow:
    """Where something began, and all that followed from it."""

    position: Annotated[int, Says("The record that is asked about.")]
    acts: Annotated[
        tuple[Act, ...], Says("The act with which it began, and behind each act those that follow from it.")
    ]
    whole: Annotated[bool, Says("Whether these are all of them; otherwise those nearest to the beginning.")]


@dataclass(slots=True)
class _Node:
    lines: Sequence[ActivityRow]
    how: How | None
    below: list["_Node"] = field(default_factory=list)

    @property
    def first(self) -> ActivityRow:
        return self.lines[0]


def causes(position: int) -> Asking:
    """The tree in which a record stands."""
    found = yield {"position": (position,)}
    if not found:
        return None
    line, way = found[0], list[ActivityRow]()
    while (above := line.cause or line.corrects) is not None and len(way) < DEEPEST:
        found = yield {"stream": (above.stream,), "version": (above.version,)}
        if not found:
            break
        way.append(line)
        line = found[0]
    root = _Node((yield {"command": (line.command,)}), None)
    whole = (yield from _followed(root, way)) and len(way) < DEEPEST
    return CausesRow(position, tuple(_numbered(root)), whole)


def _followed(root: _Node, way: Sequence[ActivityRow]) -> Generator[Wanted, Sequence[ActivityRow], bool]:
    """Hangs on everything that follows, generation by generation; whether that is all.

    `way`: the lines between the root and what is asked about. They are shown, however many others there are.
    """
    known, row, whole = {root.first.command}, [root], True
    for _ in range(DEEPEST):
        by_name = {EventName.at(line.stream, line.version): node for node in row for line in node.lines}
        caused = (yield {"cause": tuple(by_name)}) if whole else ()
        correcting = (yield {"corrects": tuple(by_name)}) if whole else ()
        on_the_way = [line for line in way if line.cause in by_name or line.corrects in by_name]
        coming = {line.command: line for line in (*correcting, *caused, *on_the_way) if line.command not in known}
        if not coming:
            return whole
        first = {line.command for line in on_the_way if line.command in coming}
        room = sorted(coming, key=lambda command: (command not in first, command))
        made = _by_command((yield {"command": tuple(sorted(room[: max(FOLLOWED - len(known), len(first))]))}))
        row = [_hung(coming[command], lines, by_name) for command, lines in made.items()]
        known.update(made)
        # Where there is no room for all, only the way is followed further.
        whole = whole and len(made) == len(coming) and LINES not in (len(caused), len(correcting))
    return False


def _hung(line: ActivityRow, lines: Sequence[ActivityRow], by_name: Mapping[EventName, _Node]) -> _Node:
    """An act, below the one that it follows from. The register may correct: then it reacted."""
    reacted = line.cause is not None and line.cause in by_name
    above = line.cause if reacted else line.corrects
    assert above is not None, "it was asked for by what it follows from"
    node = _Node(lines, How.REACTION if reacted else How.CORRECTION)
    by_name[above].below.append(node)
    return node


def _by_command(lines: Sequence[ActivityRow]) -> Mapping[int, list[ActivityRow]]:
    found: dict[int, list[ActivityRow]] = {}
    for line in lines:
        found.setdefault(line.command, []).append(line)
    return found


def _numbered(root: _Node) -> Sequence[Act]:
    """Each act, and behind it those that follow from it."""
    found = list[Act]()
    waiting: list[tuple[_Node, int | None]] = [(root, None)]
    while waiting:
        node, under = waiting.pop()
        first, number = node.first, len(found) + 1
        records = tuple(Made(one.position, one.type, one.stream, one.version) for one in node.lines)
        found.append(
            Act(
                number, under, node.how, first.context, first.title, first.unit, first.unit_name, first.at,
                first.because, records,
            )
        )  # fmt: skip
        waiting += [(one, number) for one in reversed(node.below)]
    return found
