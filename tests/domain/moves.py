"""Histories that nobody thought of: commands of any kind, tried in any order, and the refused ones forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.kernel import Context, Refused, UnitId


@dataclass(frozen=True, slots=True)
class Move:
    """One command that was accepted: its name, who gave it (None: the register itself), when, and what it made."""

    name: str
    unit: UnitId | None
    day: date
    events: Sequence[Any]


class Tries:
    """Commands of one context on one stream. `state`: where it is; `moves`: what was accepted, in its order."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.state: Any = context.decider.initial
        self.moves: list[Move] = []

    def give(self, name: str, command: Any, unit: UnitId, day: date) -> None:
        try:
            events = self._context.decider.decide(command, self.state)
        except Refused:
            return
        giver = unit if self._context.commands[name].roles else None
        self.moves.append(Move(name, giver, day, tuple(events)))
        self.state = self._context.decider.fold(events, self.state)
