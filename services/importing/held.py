"""What the register holds today, in the terms in which commands would say it: as much as a sheet carries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.commitments import COMMITMENTS
from domain.commitments import events as happened
from domain.commitments.state import Commitment
from domain.commitments.words import ENDED, Answer, Part, Party
from domain.kernel import PartialDate, StreamId, UnitId
from domain.units import UNITS, Stage, Unit
from domain.units.events import UnitRegistered
from services.codec import Codec
from services.importing.directory import Directory
from services.importing.histories import folded
from services.store.ports import Store, StoredRecord

TERMS_OF_UNITS = (
    "name", "sphere", "kind", "jurisdiction", "time_zone", "alive_from", "parent", "identifiers",
)  # fmt: skip
IN_TOUCH = (Answer.INVITED, Answer.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Held:
    """A unit or a commitment. `terms`: by the names of the commands' fields. `left_out`: why no sheet has it."""

    stream: StreamId
    version: int
    terms: Mapping[str, Any]
    state: Any
    left_out: str = ""


async def held_units(
    store: Store, codec: Codec, registrar: UnitId, streams: Iterable[UUID] | None = None
) -> dict[UUID, Held]:
    """Every unit of the directory, in the order in which they were registered; or those of some ids."""
    sources: dict[UUID, str | None] = {}

    def heard(record: StoredRecord, event: object) -> None:
        if isinstance(event, UnitRegistered):
            sources[record.stream] = event.source

    states = await folded(store, codec, UNITS, heard, streams)
    return {stream: _unit(state, sources[stream], registrar) for stream, state in states.items()}


def _unit(state: Unit, source: str | None, registrar: UnitId) -> Held:
    terms = {name: getattr(state, name) for name in TERMS_OF_UNITS} | {"source": source}
    left_out = "the register's own office" if state.id == registrar else ""
    if state.stage is Stage.ABOLISHED:
        left_out = "units that are no more"
    return Held(StreamId(state.id), state.version, terms, state, left_out)


@dataclass(slots=True)
class _Beside:
    """What was said of a commitment, and no later decision needs."""

    terms: dict[str, Any] = field(default_factory=dict)
    resources: list[happened.ResourcePledged] = field(default_factory=list)


async def held_commitments(
    store: Store, codec: Codec, directory: Directory, streams: Iterable[UUID] | None = None
) -> dict[UUID, Held]:
    """Every commitment, in the order in which they were recorded; or those of some ids."""
    beside: dict[UUID, _Beside] = {}

    def heard(record: StoredRecord, event: object) -> None:
        said = beside.setdefault(record.stream, _Beside())
        match event:
            case happened.CommitmentProposed():
                effective_on = codec.decode(record).effective_on
                said.terms |= {"sdg": event.sdg, "document": event.document, "effective_on": effective_on}
            case happened.CommitmentRecordedFromSource() | happened.SourceUpdated():
                names = ("source", "updated", "instrument", "status_on", "has_plan", "reporting")
                said.terms |= {name: getattr(event, name) for name in names}
            case happened.ResourcePledged():
                said.resources.append(event)
            case _:
                pass

    states = await folded(store, codec, COMMITMENTS, heard, streams)
    return {stream: _commitment(stream, state, beside[stream], directory) for stream, state in states.items()}


def _commitment(stream: UUID, state: Commitment, beside: _Beside, directory: Directory) -> Held:
    names = ("owner", "title", "description", "starts_on", "ends_on", "targets")
    pledges = [one for one in beside.resources if one.unit == state.owner]
    terms = {name: getattr(state, name) for name in names} | {
        "parties": tuple(_others(state)),
        "milestones": tuple(one.terms for one in state.milestones),
        "resources": tuple({"kind": one.kind, "what": one.what, "money": one.money} for one in pledges),
        **beside.terms,
    }
    left_out = "commitments that are closed or withdrawn" if state.stage in ENDED else ""
    if not left_out and not directory.units[state.owner].alive:
        left_out = "commitments of units that are no more"
    return Held(StreamId(stream), state.version, terms, state, left_out)


def _others(state: Commitment) -> Iterator[Party]:
    """Who is in, or may still come in."""
    for one in state.parties:
        if one.part is not Part.OWNER and one.answer in IN_TOUCH and not one.orphaned:
            yield Party(one.unit, one.part, one.required)


def effective_on(terms: Mapping[str, Any]) -> PartialDate | None:
    """From when a row's promise counts in law, where it says so."""
    found = terms.get("effective_on")
    return found if isinstance(found, PartialDate) else None
