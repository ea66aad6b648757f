"""Rows of a government's own sheet, and the commands that follow from them against what the register holds.

A sheet adds and changes, it never takes away: what it does not say stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from domain.kernel import Actor, StreamId, Words
from services.handle import fingerprint
from services.importing.plan import Asked, BadRow, Plan, command_id, order
from services.orders import Note, Order

NOWHERE = UUID(int=0)
CHANGED = "changed"
SAY_WHY = "The register has it otherwise: {held}. Say why it changes (`because`), and the change is recorded."
STAYS = "The register has it otherwise, and a sheet does not change it: {held}."


@dataclass(frozen=True, slots=True)
class Said:
    """One row, typed. `key`: what names it. `terms`: by the names of the commands' fields; None is not said."""

    line: int
    key: str
    stream: StreamId
    terms: Mapping[str, Any]

    def bad(self, column: str, reason: str) -> BadRow:
        said = self.terms.get(column)
        return BadRow(self.line, self.key, column, "" if said is None else short(said), reason)


@dataclass(slots=True)
class Orders:
    """The commands of one row, each with an id that follows from what it says of which version of the thing.

    They count for that version alone: of two runs at once, or where others were quicker, nothing is said twice.
    """

    actor: Actor
    context: str
    stream: StreamId
    version: int
    found: list[Order] = field(default_factory=list)
    places: list[Mapping[str, str]] = field(default_factory=list)

    def add(
        self, command: str, fields: Mapping[str, object], note: Note, places: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`places`: see `Asked`."""
        asked = order(
            self.actor, self.context, command, fields, NOWHERE, stream=self.stream, note=note, expect=self.version
        )
        self.places.append(places)
        edition = f"{len(self.found)}:{fingerprint(asked, None).hex()}"
        cmd = command_id("sheet", f"{self.stream}/{self.version}", edition)
        self.found.append(replace(asked, cmd=cmd))

    def asked(self, row: Said, becomes: str) -> Asked:
        first, *then = self.found
        return Asked(row.line, row.key, becomes, first, tuple(then), self.places)


def merged(said: Words, known: Words) -> Words:
    """A text as it reads once the sheet has said it: languages that have no column there stay."""
    return Words({**known, **said})


def differs(said: object, known: object) -> bool:
    """Whether a sheet says otherwise than the register: not where it says nothing, or less."""
    if said is None:
        return False
    if isinstance(said, Words) and isinstance(known, Words):
        return merged(said, known) != known
    if isinstance(said, tuple) and isinstance(known, tuple):
        return known[: len(said)] != said
    return said != known


def short(value: object) -> str:
    """What stands in the register or in a cell, for a sentence."""
    said = value.best("en") if hasattr(value, "best") else str(value)
    return said if len(said) <= 100 else said[:99] + "…"


def twice(rows: Sequence[Said], column: str) -> list[BadRow]:
    """Every row that names what a row before it names."""
    seen: dict[UUID, int] = {}
    return [
        row.bad(column, f"Line {first} names the same.")
        for row in rows
        if (first := seen.setdefault(row.stream, row.line)) != row.line
    ]


def sorted_out(rows: Sequence[Said], bad: Sequence[BadRow]) -> tuple[list[Said], list[BadRow], int]:
    """The rows to go on with, those that are bad (a second row for the same among them), and how many rows there are.

    `bad`: what could not be read.
    """
    spoilt = [*bad, *twice(rows, "id")]
    lines = {one.line for one in spoilt}
    return [row for row in rows if row.line not in lines], spoilt, len({row.line for row in rows} | lines)


def without(plan: Plan, bad: Sequence[BadRow]) -> Plan:
    """The plan for all other rows than those that a rehearsal found bad."""
    lines = {one.line for one in bad}
    waves = [[asked for asked in wave if asked.line not in lines] for wave in plan.waves]
    return replace(plan, waves=waves, bad=bad)
