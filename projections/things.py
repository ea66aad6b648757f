"""What views across contexts ask of the row of any one thing, whatever its context, and where they find that row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from domain.contexts import CONTEXTS
from domain.kernel import Recorded, Words
from domain.replacing import quick
from projections.kernel import Look


@quick
@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits: what is to be done, by whom (None: somebody from outside), about which number, since when.

    `turn`: the name of the command that is waited for, as a word of the thing's context (what can be settled by several
    has a word of its own). Compare it by `==`: in a row that was read back from its table it is a plain text.
    """

    turn: str
    unit: UUID | None
    number: int
    since: date


@quick
@dataclass(frozen=True, slots=True)
class Owed:
    """A deadline that is not met: still running, or missed and not made good. Compare `kind` by `==`, as `turn`."""

    number: int
    kind: str
    unit: UUID | None
    starts_on: date
    due_on: date
    missed: bool = False


class Thing(Protocol):
    """The row of one thing in the view that its context names as its own: one row a stream, keyed by its id.

    `called`: its title in all its languages, so that rows about it are found in each. `matters`: everything that waits,
    and for whom. `owed`: the deadlines that are not met.
    """

    @property
    def called(self) -> Words: ...

    @property
    def matters(self) -> tuple[Matter, ...]: ...

    @property
    def owed(self) -> tuple[Owed, ...]: ...

    def heard(self, unit: UUID | None) -> date | None:
        """When that unit last said anything of this thing; None where it never did."""


THINGS: Mapping[str, str] = {
    "commitments": "commitments",
    "mandates": "mandates",
    "reviews": "reviews",
    "allocations": "allocations",
}
"""Context -> the view whose rows are its things. One line here puts a context into every view across contexts."""

CONTEXT_OF: Mapping[type, str] = {kind: context.name for context in CONTEXTS.values() for kind in context.events}
HAPPENINGS = tuple(kind for name in THINGS for kind in CONTEXTS[name].events)
"""Everything that can happen to a thing."""


def shortened(words: Words, at_most: int) -> Words:
    """A text that is shown as a name, in so many characters of each language."""
    if all(len(text) <= at_most for text in words.values()):
        return words
    return Words({tag: text.strip()[:at_most] for tag, text in words.items()})


def renamed(before: Thing, after: Thing) -> bool:
    """Whether it is called otherwise, in any language. Most records leave the very words there."""
    return before.called is not after.called and before.called != after.called


def context_of(record: Recorded) -> str:
    """The context that a record belongs to; empty for events that no context knows."""
    return CONTEXT_OF.get(type(record.event), "")


def thing(record: Recorded, look: Look) -> Thing | None:
    """The thing that a record belongs to, after it; None for records of contexts without things."""
    view = THINGS.get(CONTEXT_OF.get(type(record.event), ""))
    found: Thing | None = look.row(view, record.key) if view else None
    return found


def thing_both(record: Recorded, look: Look) -> tuple[Thing | None, Thing | None]:
    """The thing as it was before the record (None where the record begins it), and as it is after it."""
    view = THINGS.get(CONTEXT_OF.get(type(record.event), ""))
    return look.both(view, record.key) if view else (None, None)
