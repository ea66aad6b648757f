"""The directory of units as the ledger has it this moment: by code, and by name within a country.

It is folded from the records themselves, so that it never lags behind them as a view may.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain import units
from domain.kernel import Sphere, UnitId
from domain.units.events import UnitRegistered
from services.codec import Codec
from services.importing.histories import folded
from services.importing.names import exact, loose
from services.importing.plan import Candidate
from services.store.ports import Store, StoredRecord


@dataclass(frozen=True, slots=True)
class Known:
    """A unit of the directory."""

    id: UnitId
    names: tuple[str, ...]
    sphere: Sphere
    kind: units.Kind
    country: str
    identifiers: tuple[str, ...]
    alive: bool

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.id, self.names[0], self.sphere.value, self.identifiers)


@dataclass(frozen=True, slots=True)
class Directory:
    """`units`: every unit that was ever registered. Codes and names are those of living ones."""

    units: Mapping[UnitId, Known]
    by_code: Mapping[str, Known] = field(default_factory=dict)
    _exact: Mapping[tuple[str, str], Sequence[Known]] = field(default_factory=dict)
    _loose: Mapping[tuple[str, str], Sequence[Known]] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Iterable[Known]) -> "Directory":
        every = {unit.id: unit for unit in known}
        by_code: dict[str, Known] = {}
        exactly: dict[tuple[str, str], list[Known]] = defaultdict(list)
        loosely: dict[tuple[str, str], list[Known]] = defaultdict(list)
        for unit in every.values():
            if not unit.alive:
                continue
            by_code.update(dict.fromkeys(unit.identifiers, unit))
            for name in {exact(name) for name in unit.names}:
                exactly[unit.country, name].append(unit)
            for name in {loose(name) for name in unit.names} - {""}:
                loosely[unit.country, name].append(unit)
        return cls(every, by_code, exactly, loosely)

    def code(self, scheme: str, value: str) -> Known | None:
        """The living unit that has this code."""
        return self.by_code.get(f"{scheme}:{value}")

    def named(self, country: str, name: str) -> Sequence[Known]:
        """Living units of a country with this very name, accents and case apart."""
        return self._exact.get((country, exact(name)), ())

    def alike(self, country: str, name: str) -> Sequence[Known]:
        """Living units of a country with this name, apart from the words that say what they are."""
        return self._loose.get((country, loose(name)), ())


async def read_directory(store: Store, codec: Codec) -> Directory:
    """All units that the ledger knows of."""
    kinds: dict[UUID, units.Kind] = {}

    def heard(record: StoredRecord, event: object) -> None:
        if isinstance(event, UnitRegistered):
            kinds[record.stream] = event.kind

    states = await folded(store, codec, units.UNITS, heard)
    return Directory.of(_known(state, kinds[stream]) for stream, state in states.items())


def _known(state: units.State, kind: units.Kind) -> Known:
    assert isinstance(state, units.Unit), "a unit's first record is its registration"
    return Known(
        id=state.id,
        names=tuple(dict.fromkeys((state.name.best("en"), *state.name.values()))),
        sphere=state.sphere,
        kind=kind,
        country=state.jurisdiction[:2],
        identifiers=tuple(f"{code.scheme}:{code.value}" for code in state.identifiers),
        alive=state.stage is not units.Stage.ABOLISHED,
    )
