"""Pledges of public actors from the Net Zero Tracker: one row, one commitment recorded from a published source.

A row whose end target reads `No target` promises nothing. A unit is never made up: a row whose unit cannot be told for
certain waits in the review queue until a person names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pycountry

from domain.commitments import COMMITMENTS
from domain.commitments.context import source_stream
from domain.commitments.state import Commitment
from domain.commitments.words import Instrument
from domain.kernel import Actor, Sphere, StreamId, UnitId
from domain.units import Kind
from services.codec import Codec
from services.importing.directory import Directory, Known
from services.importing.net_zero_terms import COLUMNS, STATUS, faults, terms
from services.importing.plan import (
    NOTHING_PROMISED,
    QUEUED,
    REFUSED,
    UNCHANGED,
    Asked,
    BadRow,
    Plan,
    Queued,
    command_id,
    order,
)
from services.importing.rows import Row, read_rows, repeated
from services.orders import Note
from services.store.ports import Store

PLACE = "net-zero-tracker"
SOURCE = "Net Zero Tracker"
PROPOSED, ADOPTED, UPDATED = "proposed", "adopted", "updated"
WORDS = (PROPOSED, ADOPTED, UPDATED, UNCHANGED, NOTHING_PROMISED, QUEUED, REFUSED)
NO_TARGET = "No target"
SPHERES: Mapping[str, frozenset[Sphere]] = {
    "Country": frozenset({Sphere.NATIONAL, Sphere.SUPRANATIONAL}),
    "Region": frozenset({Sphere.REGIONAL}),
    "City": frozenset({Sphere.LOCAL}),
}
MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger holds of a row: its unit, and the edition it was last recorded from."""

    owner: UnitId
    updated: str


@dataclass(slots=True)
class _Reading:
    """What the rows come to, as they are gone through."""

    directory: Directory
    recorded: Mapping[str, Recorded]
    matches: Mapping[str, UnitId]
    registrar: Actor
    retrieved_on: date
    asked: list[Asked] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    queued: list[Queued] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=lambda: {UNCHANGED: 0, NOTHING_PROMISED: 0})

    def read(self, row: Row) -> None:
        before = self.recorded.get(row["id_code"])
        if before is not None and row["last_updated"] <= before.updated:
            self.counted[UNCHANGED] += 1
        elif row["end_target"] == NO_TARGET:
            self._nothing(row, before)
        elif found := faults(row):
            self.bad.append(found[0])
        elif before is not None:
            self._ask(row, before.owner, "update-from-source", UPDATED, source_stream(SOURCE, row["id_code"]))
        else:
            self._new(row)

    def _nothing(self, row: Row, before: Recorded | None) -> None:
        if before is None:
            self.counted[NOTHING_PROMISED] += 1
        else:
            reason = "A pledge was recorded from this row, and its newer edition says that there is no target."
            self.queued.append(_queued(row, reason, [self.directory.units[before.owner]]))

    def _new(self, row: Row) -> None:
        found = self._unit(row)
        if isinstance(found, Queued):
            self.queued.append(found)
            return
        instrument = STATUS[row["end_target_status"]]
        self._ask(row, found, "record-from-source", PROPOSED if instrument is Instrument.PROPOSED else ADOPTED)

    def _unit(self, row: Row) -> UnitId | Queued:
        if row["id_code"] in self.matches:
            return self.matches[row["id_code"]]
        found = match(row, self.directory)
        return found.id if isinstance(found, Known) else found

    def _ask(self, row: Row, owner: UnitId, command: str, becomes: str, stream: StreamId | None = None) -> None:
        said, counts_on = terms(row, owner, SOURCE, self.retrieved_on)
        if stream is None:
            said["owner"] = owner
        cmd = command_id(PLACE, row["id_code"], row["last_updated"])
        given = order(
            self.registrar, "commitments", command, said, cmd, stream=stream, note=Note(effective_on=counts_on)
        )
        self.asked.append(Asked(row.line, row["id_code"], becomes, given))


def read_file(path: Path) -> tuple[list[Row], list[BadRow]]:
    """The rows of a snapshot, and those that are no row of one. Raises WrongFile."""
    rows, bad = read_rows(path, COLUMNS)
    bad += [row.bad("", "id_code", "The row has no code.") for row in rows if not row["id_code"]]
    bad += repeated([row for row in rows if row["id_code"]], "id_code")
    spoilt = {fault.line for fault in bad}
    return [row for row in rows if row.line not in spoilt], bad


def plan_net_zero(
    rows: Sequence[Row],
    bad: Sequence[BadRow],
    directory: Directory,
    recorded: Mapping[str, Recorded],
    registrar: Actor,
    *,
    retrieved_on: date,
    matches: Mapping[str, UnitId] | None = None,
) -> Plan:
    """What follows from a snapshot. `matches`: row key -> unit, as a person decided from the review queue."""
    reading = _Reading(directory, recorded, matches or {}, registrar, retrieved_on, bad=list(bad))
    for row in rows:
        reading.read(row)
    return Plan(
        PLACE, len(rows) + len(bad), WORDS, [reading.asked], reading.bad, reading.queued, reading.counted
    )  # fmt: skip


async def read_recorded(store: Store, codec: Codec, rows: Sequence[Row]) -> dict[str, Recorded]:
    """What the ledger already holds of these rows, by row key."""
    streams = {source_stream(SOURCE, row["id_code"]): row["id_code"] for row in rows}
    found: dict[str, Recorded] = {}
    for stream, records in (await store.streams(list(streams))).items():
        state = COMMITMENTS.decider.fold(codec.events(records))
        if isinstance(state, Commitment) and state.source is not None:
            found[streams[StreamId(stream)]] = Recorded(state.owner, state.source.updated)
    return found


def match(row: Row, directory: Directory) -> Known | Queued:
    """The one living unit that the row speaks of: by country code, else by name within country and sphere.

    A name counts as the same apart from accents, case and punctuation; failing that, of regions, apart from the words
    that say what they are. Several such units, or none: a person decides.
    """
    country = pycountry.countries.get(alpha_3=row["country"])
    if country is None:
        return _queued(row, f"ISO 3166-1 has no country {row['country']}.", [])
    if row["actor_type"] == "Country":
        state = directory.code("iso3166-1", country.alpha_2)
        return state or _queued(row, "The state is not in the directory.", [])
    same = _of_kind(row, directory.named(country.alpha_2, row["name"]))
    alike = directory.alike(country.alpha_2, row["name"])
    if not same and row["actor_type"] == "Region":
        same = _of_kind(row, alike)
    if len(same) == 1:
        return same[0]
    if same:
        return _queued(row, "Several units have this name.", same)
    reason = "No unit of its sphere has this name." if alike else "The directory has no unit of this name."
    return _queued(row, reason, alike)


def _of_kind(row: Row, found: Sequence[Known]) -> list[Known]:
    """Those of the sphere that the row speaks of. A province that is called after its city is not the city."""
    of_sphere = [unit for unit in found if unit.sphere in SPHERES[row["actor_type"]]]
    if row["actor_type"] == "City":
        return [unit for unit in of_sphere if unit.kind is Kind.MUNICIPALITY]
    return of_sphere


def _queued(row: Row, reason: str, candidates: Sequence[Known]) -> Queued:
    offered = tuple(unit.candidate for unit in candidates[:MOST_CANDIDATES])
    return Queued(row.line, row["id_code"], row["name"], row["country"], row["actor_type"], reason, offered)
