"""Whether a command may stand in the ledger as it does: under which rules, in which stream, in whose name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from domain import attestations, units
from domain.kernel import Actor, By, Context, Recorded
from domain.ledger.findings import Finding
from services.facts import local_day
from services.opening import GIVEN, is_of_registrar, is_shipped, well_known
from services.orders import Order

SYSTEMS = frozenset({"clock", "reaction", "opening", attestations.SYSTEM})
OPENING = "The opening of a ledger does not give this command."
OVERLAP = timedelta(days=1)
"""So long a process with the rules from before may go on beside one with newer ones."""


@dataclass(slots=True)
class Rules:
    """Under which rules the commands were decided, in their order. What a program lacks is said once by its name."""

    _newest: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """By context: the highest number so far, and when it first counted."""
    _said: set[str] = field(default_factory=set)

    def take(self, context: Context, first: Recorded) -> Iterator[Finding]:
        number, ours = _number(context.name, first.rules), _number(context.name, context.rules)
        newest, since = self._newest.get(context.name, (0, first.at))
        if number > newest:
            self._newest[context.name] = number, first.at
        if number == 0:
            yield Finding("rules-unknown", "There never were such rules.", first.position, context.rules, first.rules)
        elif number > ours and first.rules not in self._said:
            self._said.add(first.rules)
            says = "It was decided under rules that are newer than this program: audit with a newer one."
            yield Finding("rules-newer", says, first.position, context.rules, first.rules)
        elif number < newest and first.at - since > OVERLAP:
            says = f"It was decided under rules that others had replaced on {since.date()}."
            got = first.rules
            yield Finding("rules-backwards", says, first.position, f"{context.name}.{newest}", got)

    def unknown(self, type_: str, position: int) -> Iterator[Finding]:
        """Of a record whose type this program does not know."""
        if type_ not in self._said:
            self._said.add(type_)
            says = (
                "This program does not know such records, and cannot judge what rests on them: audit with a newer one."
            )
            yield Finding("type-unknown", says, position, "", type_)


@lru_cache(1_000)
def _number(context: str, rules: str) -> int:
    """Of `mandates.2` the 2; 0 for what names no rules of the context."""
    name, _, number = rules.rpartition(".")
    return int(number) if name == context and re.fullmatch(r"[1-9][0-9]{0,8}", number) else 0


def unaccredited(first: Recorded, state: Any, moments: Iterable[datetime]) -> Finding | None:
    """Whether an officer who acted under rules of the past was accredited, at one of the moments when it may have been.

    `state`: of the officer's unit.
    """
    actor = first.actor
    if actor.unit is None or actor.accreditation is None:
        return None
    home = units.facts(state, actor.unit)
    for today in {local_day(moment, home) for moment in moments}:
        held = units.accreditation_in_force(state, actor.accreditation, today)
        if held is not None and held.role is actor.role:
            return None
    says = "Nobody was accredited so on that day."
    return Finding("authority-unfounded", says, first.position, str(actor.role), str(actor.accreditation))


def misplaced(by: By, first: Recorded, order: Order) -> Finding | None:
    """What has one well-known stream is found by it; in another one nobody would look for it."""
    if by.stream is None or (place := by.stream(SimpleNamespace(**order.fields))) == first.stream:
        return None
    says = "What it is about has a stream of its own, which is another one."
    return Finding("stream-differs", says, first.position, str(place), str(first.stream))


def usurped(context: Context, name: str, first: Recorded, order: Order, state: Any, origin: str) -> Finding | None:
    """Whether the register itself cannot have given this command. `state`: of its stream, before it."""
    fault = _fault(context, name, first)
    if fault is None and first.actor.system == "opening":
        if context.name == "policies":
            return None if is_shipped(first.stream, order, state) else _unshipped(first)
        fault = None if is_of_registrar(first.stream, order, state, origin) else OPENING
    if fault is None:
        return None
    return Finding("authority-unfounded", fault, first.position, "somebody who may", str(first.actor.system))


def _unshipped(first: Recorded) -> Finding:
    says = (
        "It is said to be a policy that came with a program. This one does not bring it: audit with a newer one;"
        " if that does not bring it either, nobody had the authority."
    )
    return Finding("policy-unshipped", says, first.position, "a policy that this program brings")


def _fault(context: Context, name: str, first: Recorded) -> str | None:
    """By the names alone."""
    actor, by = first.actor, context.commands[name]
    if actor.system is None:
        return None if first.cause is None else "What an officer does has no record for its cause."
    if actor.system not in SYSTEMS or actor != Actor(system=actor.system):
        return "Nothing of this name acts for the register."
    if actor.system == "opening" and (
        (context.name, name) not in GIVEN or first.cmd != well_known(context.name, name, first.name)
    ):
        return OPENING
    if (actor.system == attestations.SYSTEM) != (context.name == attestations.ATTESTATIONS.name):
        return "Views are attested by the register itself, which does nothing else under that name."
    if actor.system in ("clock", "reaction") and by.roles:
        return "The clock and reactions do not give commands that are for officers."
    if (actor.system == "clock") != (name == context.clock):
        return "The clock says that deadlines have passed, and nothing else; nobody else says it."
    if actor.system == "reaction" and first.cause is None:
        return "A reaction names the record that it reacts to."
    return None
