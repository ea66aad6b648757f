"""What follows from a sheet of commitments: officers propose their unit's, the registrar records published ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.commitments import source_stream
from domain.commitments.state import Commitment
from domain.commitments.words import Changes, NewMilestone, NewTarget
from domain.kernel import Actor, Role, StreamId, Words, named_stream
from services.importing.held import Held, effective_on
from services.importing.plan import REFUSED, UNCHANGED, Asked, BadRow, Plan
from services.importing.sheets import CHANGED, SAY_WHY, STAYS, Orders, Said, differs, merged, short, sorted_out
from services.orders import Note

PROPOSED, RECORDED, UPDATED = "proposed", "recorded", "updated"
FOLLOWING = {"targets": ("set-target", "target"), "milestones": ("add-milestone", "milestone"),
             "resources": ("pledge-resource", "")}  # fmt: skip
"""Columns of which each item is a command of its own, and that command's one field, where it has only one."""
FIXED = ("owner", "starts_on", "sdg", "document", "effective_on")
NOT_YOURS = "It is a commitment of another unit than yours: its own officer proposes it."
NO_SOURCE = (
    "A registrar records what a published source says: name it in the columns of the source. What a unit promises"
    " here itself, its own officer imports."
)
NOT_OFFICERS = "What a published source says is recorded by the registrar; without these cells you propose it yourself."
SAME_EDITION = "The register has it otherwise: {held}. A newer edition of the row says another `updated`."


def stream_of_commitment(key: str, terms: Mapping[str, Any]) -> StreamId:
    """What a row speaks of: its source's row, else the id that the register gave it, else what its unit calls it.

    The same row leads to the same commitment in every run.
    """
    if source := terms.get("source"):
        return source_stream(source.name, source.row_key)
    try:
        return StreamId(UUID(key))
    except ValueError:
        return named_stream("commitment-in-sheet", f"{terms['owner']}:{key}")


def plan_commitments(
    rows: Sequence[Said], bad: Sequence[BadRow], held: Mapping[UUID, Held], actor: Actor, because: Note
) -> Plan:
    """What follows from a sheet of commitments. `because`: why what changes does."""
    good, spoilt, total = sorted_out(rows, bad)
    reading = _Commitments(held, actor, because, spoilt)
    asked = [one for row in good if (one := reading.asked(row)) is not None]
    words = (PROPOSED, RECORDED, UPDATED, CHANGED, UNCHANGED, REFUSED)
    return Plan("commitments", total, words, [asked], reading.bad, counted={UNCHANGED: reading.unchanged})


@dataclass(slots=True)
class _Commitments:
    held: Mapping[UUID, Held]
    actor: Actor
    because: Note
    bad: list[BadRow] = field(default_factory=list)
    unchanged: int = 0

    def asked(self, row: Said) -> Asked | None:
        before = self.held.get(row.stream)
        if "source" in row.terms:
            found = self._recorded(row) if before is None else self._edition(row, before)
        else:
            found = self._proposed(row) if before is None else self._changed(row, before)
        if isinstance(found, BadRow):
            self.bad.append(found)
            return None
        self.unchanged += found is None
        return found

    def _orders(self, row: Said, before: Held | None = None) -> Orders:
        return Orders(self.actor, "commitments", row.stream, before.version if before else 0)

    def _recorded(self, row: Said) -> Asked | BadRow:
        """A row of a published source that the register does not have yet."""
        if self.actor.role is not Role.REGISTRAR:
            return row.bad("source.name", NOT_OFFICERS)
        orders = self._orders(row)
        orders.add("record-from-source", _own(row), Note(effective_on=effective_on(row.terms)))
        return orders.asked(row, RECORDED)

    def _edition(self, row: Said, before: Held) -> Asked | BadRow | None:
        """A row of a published source that the register has in this edition, or in another one."""
        if self.actor.role is not Role.REGISTRAR:
            return row.bad("source.name", NOT_OFFICERS)
        said, known = row.terms, before.terms
        newer = said["updated"] > known["updated"]
        fixed = ("owner", "sdg") if newer else ("owner", "sdg", "title", "description", "ends_on", "targets")
        for name in fixed if said["updated"] >= known["updated"] else ():
            if differs(said[name], known[name]):
                return row.bad(name, (STAYS if newer else SAME_EDITION).format(held=short(known[name])))
        if not newer:
            return None
        orders = self._orders(row, before)
        fields = {name: value for name, value in _own(row).items() if name not in ("owner", "sdg")}
        orders.add("update-from-source", fields, Note(effective_on=effective_on(said)))
        return orders.asked(row, UPDATED)

    def _foreign(self, row: Said) -> BadRow | None:
        """Each acts for the own unit alone."""
        if self.actor.role is Role.REGISTRAR:
            return row.bad("source.name", NO_SOURCE)
        return row.bad("owner", NOT_YOURS) if row.terms["owner"] != self.actor.unit else None

    def _proposed(self, row: Said) -> Asked | BadRow:
        if (foreign := self._foreign(row)) is not None:
            return foreign
        orders, note = self._orders(row), Note(effective_on=effective_on(row.terms))
        orders.add("propose", _own(row), note)
        _add(orders, row, {}, note)
        return orders.asked(row, PROPOSED)

    def _changed(self, row: Said, before: Held) -> Asked | BadRow | None:
        """What the row says more than the register, and otherwise."""
        if (foreign := self._foreign(row)) is not None:
            return foreign
        said, known = row.terms, before.terms
        for name in FIXED:
            if differs(said[name], known[name]):
                return row.bad(name, STAYS.format(held=short(known[name])))
        orders = self._orders(row, before)
        for number, party in enumerate(said["parties"], start=1):
            there, names = before.state.party(party.unit), ("unit", "part", "required")
            if there is None:
                places = {name: f"parties.{number}.{name}" for name in names}
                orders.add("add-party", {name: getattr(party, name) for name in names}, Note(), places)
            elif (there.part, there.required) != (party.part, party.required):
                return row.bad(f"parties.{number}.part", STAYS.format(held=f"{party.unit} {there.part}"))
        if (wrong := self._amended(row, before, orders)) is not None:
            return wrong
        _add(orders, row, known, Note())
        return orders.asked(row, CHANGED) if orders.found else None

    def _amended(self, row: Said, before: Held, orders: Orders) -> BadRow | None:
        """Other terms are an amendment, which the other parties have to agree to."""
        said, known, state = row.terms, before.terms, before.state
        for mine, theirs in zip(said["resources"], known["resources"], strict=False):
            if mine != theirs:
                return row.bad("resources", STAYS.format(held=short(theirs["what"])))
        changes = _changes(said, state)
        if changes == Changes() or any(one.open and one.changes == changes for one in state.amendments):
            return None  # nothing, or it waits for the others' answer
        if not self.because.because:
            column = next(name for name in ("title", "description", "ends_on", "targets", "milestones")
                          if getattr(changes, name))  # fmt: skip
            return row.bad(column, SAY_WHY.format(held=short(known[column])))
        orders.add("propose-amendment", {"changes": changes}, self.because, _amended_places(changes))
        return None


def _own(row: Said) -> dict[str, Any]:
    """The fields of the command that begins the commitment."""
    apart = {"effective_on"} if "source" in row.terms else {"effective_on", *FOLLOWING}
    return {name: value for name, value in row.terms.items() if name not in apart}


def _add(orders: Orders, row: Said, known: Mapping[str, Any], note: Note) -> None:
    """What the row has more of than the register knows."""
    for column, (command, name) in FOLLOWING.items():
        there = len(known.get(column, ()))
        for number, one in enumerate(row.terms[column][there:], start=there + 1):
            at = f"{column}.{number}"
            places = {"": at, name: at} if name else {"": at} | {inner: f"{at}.{inner}" for inner in one}
            orders.add(command, {name: one} if name else one, note, places)


def _changes(said: Mapping[str, Any], state: Commitment) -> Changes:
    steps = [one.terms for one in state.milestones]
    return Changes(
        title=_moved_words(said["title"], state.title),
        description=_moved_words(said["description"], state.description),
        ends_on=said["ends_on"] if said["ends_on"] != state.ends_on else None,
        targets=tuple(NewTarget(n, new) for n, old, new in _moved(state.targets, said["targets"])),
        milestones=tuple(NewMilestone(n, new) for n, old, new in _moved(steps, said["milestones"])),
    )


def _amended_places(changes: Changes) -> dict[str, str]:
    places = {f"changes.{name}": name for name in ("title", "description", "ends_on")}
    for name in ("targets", "milestones"):
        moved = enumerate(getattr(changes, name))
        places |= {f"changes.{name}.{at}.terms": f"{name}.{one.number}" for at, one in moved}
    return places


def _moved_words(said: Words, known: Words) -> Words | None:
    return merged(said, known) if differs(said, known) else None


def _moved(known: Sequence[Any], said: Sequence[Any]) -> Iterator[tuple[int, Any, Any]]:
    both = zip(known, said, strict=False)
    return ((number, old, new) for number, (old, new) in enumerate(both, start=1) if old != new)
