"""What follows from a sheet of units."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.kernel import Actor, StreamId, UnitId
from domain.units import Stage, Unit
from services.importing.directory import Directory
from services.importing.held import Held
from services.importing.iso3166 import REGISTERED, unit_stream
from services.importing.plan import REFUSED, UNCHANGED, Asked, BadRow, Plan
from services.importing.sheets import CHANGED, SAY_WHY, STAYS, Orders, Said, differs, merged, short, sorted_out
from services.orders import Note


@dataclass(slots=True)
class _Units:
    held: Mapping[UUID, Held]
    directory: Directory
    registrar: Actor
    because: Note
    bad: list[BadRow] = field(default_factory=list)
    unchanged: int = 0

    def asked(self, row: Said) -> Asked | None:
        before = self.held.get(row.stream)
        if before is None:
            return self._new(row)
        found = [*self._unmovable(row, before)] or [*self._taken(row, before.stream)]
        orders = Orders(self.registrar, "units", row.stream, before.version)
        for column, command, fields in changes_of_unit(row, before.state):
            if not self.because.because:
                held = short(before.terms[column.partition(".")[0]])
                found.append(row.bad(column, SAY_WHY.format(held=held)))
            orders.add(command, fields, self.because, {"identifier": column.removesuffix(".value")})
        self.bad += found[:1]
        if found:
            return None
        self.unchanged += not orders.found
        return orders.asked(row, CHANGED) if orders.found else None

    def _new(self, row: Said) -> Asked | None:
        if found := [*self._taken(row, row.stream)]:
            self.bad += found
            return None
        orders = Orders(self.registrar, "units", row.stream, 0)
        orders.add("register", row.terms, Note())
        return orders.asked(row, REGISTERED)

    def _taken(self, row: Said, stream: UUID) -> Iterator[BadRow]:
        """A rehearsal does not know which codes others hold already."""
        for number, code in enumerate(row.terms["identifiers"], start=1):
            holder = self.directory.code(code.scheme, code.value)
            if holder is not None and holder.id != stream:
                reason = f"{holder.names[0]} ({holder.id}) has {code.scheme}:{code.value}."
                yield row.bad(f"identifiers.{number}.value", reason)
                return

    def _unmovable(self, row: Said, before: Held) -> Iterator[BadRow]:
        if before.state.stage is Stage.ABOLISHED:
            yield row.bad("id", f"The unit is no more since {before.state.alive_until}.")
        for name in ("sphere", "kind", "jurisdiction", "time_zone", "alive_from", "source"):
            if differs(row.terms[name], before.terms[name]):
                yield row.bad(name, STAYS.format(held=short(before.terms[name])))


def changes_of_unit(row: Said, state: Unit) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """(column, command, its fields) of what a row says otherwise than the register."""
    said = row.terms
    if differs(said["name"], state.name):
        yield "name", "rename", {"name": merged(said["name"], state.name)}
    if differs(said["parent"], state.parent):
        yield "parent", "set-parent", {"parent": said["parent"]}
    for number, code in enumerate(said["identifiers"], start=1):
        if code not in state.identifiers:
            yield f"identifiers.{number}.value", "attach-identifier", {"identifier": code}


def stream_of_unit(key: str, identifiers: Sequence[tuple[str, str]], directory: Directory) -> StreamId | None:
    """Which unit a row speaks of: by its id, else by its codes, of which the first also names a new one."""
    if key:
        return StreamId(UUID(key))
    for scheme, value in identifiers:
        if (known := directory.code(scheme, value)) is not None:
            return StreamId(known.id)
    return unit_stream(*identifiers[0]) if identifiers else None


def plan_units(
    rows: Sequence[Said], bad: Sequence[BadRow], held: Mapping[UUID, Held], directory: Directory, registrar: Actor,
    because: Note,
) -> Plan:  # fmt: skip
    """What follows from a sheet of units; whoever others lie in comes first. `because`: why what changes does."""
    good, spoilt, total = sorted_out(rows, bad)
    reading = _Units(held, directory, registrar, because, spoilt)
    lies = depths({row.stream: row.terms["parent"] for row in rows})
    waves: dict[int, list[Asked]] = defaultdict(list)
    for row in good:
        if (asked := reading.asked(row)) is not None:
            waves[lies[row.stream]].append(asked)
    return Plan(
        "units", total, (REGISTERED, CHANGED, UNCHANGED, REFUSED), [waves[depth] for depth in sorted(waves)],
        reading.bad, counted={UNCHANGED: reading.unchanged},
    )  # fmt: skip


def depths(parents: Mapping[StreamId, UnitId | None]) -> Mapping[StreamId, int]:
    """In how many of the sheet's units each lies; in a circle, which the rules refuse, in as many as there are.

    Each is looked at once, however deep they lie in one another.
    """
    found: dict[StreamId, int] = {}
    for first in parents:
        way: dict[StreamId, None] = {}
        at: StreamId | None = first
        while at is not None and at in parents and at not in found and at not in way:
            way[at] = None
            above = parents[at]
            at = None if above is None else StreamId(above)
        depth = len(parents) if at in way else -1 if at is None else found.get(at, -1)
        for one in reversed(way):
            depth = min(depth + 1, len(parents))
            found[one] = depth
    return found
