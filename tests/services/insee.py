"""The movements of French communes since 1943, as INSEE publishes them: as commands, and as a table asked by hand."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from uuid import UUID

from domain.kernel import PartialDate, Sphere, StreamId, UnitId, Words
from domain.units import Identifier, Kind, Unit
from services.orders import Note
from tests.services.scribe import Scribe

COMMUNE = "COM"
BEGINNING = "1943-01-01"
"""The first day of which INSEE's table speaks."""
RENAMED, CREATED, RESTORED, ABOLISHED = "10", "20", "21", "30"
MERGED = ("31", "32", "33", "34")
CODE_CHANGED = ("41", "50")
PARTS_ABOLISHED = "35"

# The table ends with the edition of 2024; the list of communes at hand is the next one. What lies between them, from
# the two editions (INSEE, Code officiel géographique, Licence Ouverte): the communes that were no more on 1 January
# 2025, and those that were there again or anew.
_GONE = """
01330 02311 08300 09287 12076 14011 14300 14623 16147 16226 16238 17334 19223 19230 22027 22043 22200 22309
23023 25297 25303 25347 25398 25533 25620 26371 28025 28276 30094 32067 32260 32413 33409 34093 39474 39548
42072 42109 42252 46217 49069 51205 59070 61017 61188 61192 61310 62461 62549 62743 63330 69159 70264 70530
70557 71131 72287 72298 76358 79060 79180 79205 79212 80830 85021 85233 88393 93059
"""
_NEW = "12218 14581 15031 15035 15047 15171 49126 69114"
GONE_IN_2025, NEW_IN_2025 = frozenset(_GONE.split()), frozenset(_NEW.split())


@dataclass(frozen=True, slots=True)
class Movement:
    """One row: what one commune was before an act, and what it, or what it became part of, was after it."""

    kind: str
    day: str
    type_before: str
    before: str
    name_before: str
    type_after: str
    after: str
    name_after: str

    @property
    def turn(self) -> int:
        """On one day codes change first; what is said of a commune's delegated parts is said by the code before."""
        return -1 if self.kind == PARTS_ABOLISHED else 0 if self.kind in CODE_CHANGED else 1


def read_movements(path: Path) -> list[Movement]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Movement(
                row["MOD"], row["DATE_EFF"], row["TYPECOM_AV"], row["COM_AV"], row["LIBELLE_AV"],
                row["TYPECOM_AP"], row["COM_AP"], row["LIBELLE_AP"],
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def read_2024(path: Path) -> frozenset[str]:
    """The codes of the edition of 2024, from the list of the next one."""
    with path.open(encoding="utf-8", newline="") as file:
        next_one = {row["code"] for row in csv.DictReader(file) if row["type"] == "commune-actuelle"}
    return frozenset(next_one - NEW_IN_2025 | GONE_IN_2025)


def read_regions_of(path: Path) -> Mapping[str, str]:
    """The region of each commune of the list at hand."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["region"] for row in csv.DictReader(file) if row["type"] == "commune-actuelle"}


class Table:
    """The table itself: what it says of one code on one day, looked up row by row, without following any history."""

    def __init__(self, movements: Sequence[Movement], codes_2024: Iterable[str]) -> None:
        self._rows = defaultdict[str, list[Movement]](list)
        for row in movements:
            for code in {row.before} if row.type_before == COMMUNE else set[str]():
                self._rows[code].append(row)
            if row.type_after == COMMUNE and (row.type_before != COMMUNE or row.after != row.before):
                self._rows[row.after].append(row)
        self.codes = frozenset({*self._rows, *codes_2024})

    def is_commune(self, code: str, day: str) -> bool:
        rows = self._rows.get(code)
        if not rows:
            return True
        past = [row for row in rows if row.day <= day]
        if not past:
            first = min((row.day, row.turn) for row in rows)
            return any(row.before == code for row in rows if (row.day, row.turn) == first)
        last = max((row.day, row.turn) for row in past)
        newest = [row for row in past if (row.day, row.turn) == last]
        if any(row.type_after == COMMUNE and row.after == code for row in newest):
            return True
        # Neither arrondissements that a city gets nor a part that is called otherwise end the whole.
        return all(row.kind == "71" or (row.kind == CREATED and row.type_after == "ARM") for row in newest)

    def alive(self, day: str) -> frozenset[str]:
        return frozenset(code for code in self.codes if self.is_commune(code, day))

    def name(self, code: str, day: str) -> str | None:
        """What a commune was called; None where no row says so."""
        rows = self._rows.get(code, [])
        named = [
            (row.day, row.turn, row.kind == RENAMED, row.name_after)
            for row in rows
            if (row.type_after, row.after) == (COMMUNE, code)
        ]
        past = [one for one in named if one[0] <= day]
        if past:
            return max(past, key=lambda one: one[:3])[3]
        before = [
            (row.day, row.turn, row.name_before) for row in rows if (row.type_before, row.before) == (COMMUNE, code)
        ]
        return min(before, key=lambda one: one[:2])[2] if before else None


@dataclass(slots=True)
class Chronicle:
    """Records the movements, an act after the other. `holders`: code -> unit, of the communes there are.

    `told`: day -> position of the last record of it.
    """

    scribe: Scribe
    regions: Mapping[str, UnitId]
    holders: dict[str, StreamId] = field(default_factory=dict)
    former: dict[str, StreamId] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)

    def begin(self, names: Mapping[str, str]) -> None:
        """The communes of the first day."""
        for code, name in names.items():
            self._register(code, name, BEGINNING, "unknown")
        self.told[BEGINNING] = len(self.scribe.records) - 1

    def tell(self, movements: Sequence[Movement]) -> Iterator[str]:
        """Each day, once it is recorded."""
        for day, rows in groupby(sorted(movements, key=lambda row: row.day), lambda row: row.day):
            self._day(day, list(rows))
            self.told[day] = len(self.scribe.records) - 1
            yield day

    def _day(self, day: str, rows: list[Movement]) -> None:
        on = Note(effective_on=PartialDate(day), because="INSEE says so.", lang="en")
        whole = [row for row in rows if row.type_after == COMMUNE]
        self._codes([row for row in whole if row.turn == 0 and row.type_before == COMMUNE], on)
        self._created([row for row in whole if row.kind == CREATED], on)
        self._restored([row for row in whole if row.kind == RESTORED], on)
        self._ended([row for row in whole if row.kind in (ABOLISHED, *MERGED) and row.type_before == COMMUNE], on)
        for row in sorted(whole, key=lambda row: row.kind == RENAMED):
            if row.after in self.holders:
                self._name(row.after, row.name_after, on)

    def _codes(self, rows: Sequence[Movement], on: Note) -> None:
        """A commune keeps its life when its code changes, and lies elsewhere if the department changed."""
        moving = {row.after: self.holders.pop(row.before) for row in rows}
        for row in rows:
            self._give("detach-identifier", moving[row.after], on, identifier=Identifier("insee", row.before))
        for row in rows:
            unit = self.holders[row.after] = moving[row.after]
            self._give("attach-identifier", unit, on, identifier=Identifier("insee", row.after))
            self._give("set-parent", unit, on, parent=self._region(row.after))

    def _created(self, rows: Sequence[Movement], on: Note) -> None:
        for row in rows:
            if row.after not in self.holders:
                self._born(row.after, row.name_after, on)
        self._parted(rows, on)

    def _restored(self, rows: Sequence[Movement], on: Note) -> None:
        """What was there before is there again; what ended before the table begins is there anew."""
        for row in rows:
            if row.after in self.holders:
                continue
            if (unit := self.former.pop(row.after, None)) is None:
                self._born(row.after, row.name_after, on)
            else:
                self._give("restore", unit, on, without=())
                self.holders[row.after] = unit
        self._parted(rows, on)

    def _parted(self, rows: Sequence[Movement], on: Note) -> None:
        """Said of the whole and of its new parts; the whole goes on."""
        parts = defaultdict[str, dict[StreamId, None]](dict)
        for row in rows:
            if row.type_before == COMMUNE and row.before != row.after and row.before in self.holders:
                parts[row.before][self.holders[row.after]] = None
        for whole, several in parts.items():
            self._split(self.holders[whole], list(several), on, continues=True)

    def _ended(self, rows: Sequence[Movement], on: Note) -> None:
        """Communes that become part of others: of one by a merger, of several by a split."""
        for row in rows:
            if row.after not in self.holders:
                self._born(row.after, row.name_after, on)
        stay = {row.after for row in rows}
        into = defaultdict[str, dict[str, None]](dict)
        for row in rows:
            if row.before not in stay and row.before in self.holders:
                into[row.before][row.after] = None
        mergers = defaultdict[str, list[str]](list)
        for code, targets in into.items():
            if len(targets) == 1:
                mergers[next(iter(targets))].append(code)
            else:
                self._split(self.holders[code], [self.holders[one] for one in targets], on, continues=False)
        for target, several in mergers.items():
            merged = tuple(self.holders[code] for code in several)
            for unit in (*merged, self.holders[target]):
                self._give("record-merger", unit, on, merged=merged, into=self.holders[target])
        for code in into:
            self._give("abolish", self.holders[code], on)
            self.former[code] = self.holders.pop(code)

    def _split(self, whole: StreamId, parts: Sequence[StreamId], on: Note, *, continues: bool) -> None:
        for unit in (whole, *parts):
            self._give("record-split", unit, on, whole=whole, parts=tuple(parts), continues=continues)

    def _born(self, code: str, name: str, on: Note) -> None:
        self.former.pop(code, None)
        self._register(code, name, str(on.effective_on), str(on.effective_on))

    def _register(self, code: str, name: str, effective_on: str, alive_from: str) -> None:
        self.holders[code] = self.scribe.give(
            "units.register", self.scribe.registrar, note=Note(effective_on=PartialDate(effective_on)),
            name=Words({"fr": name}), sphere=Sphere.LOCAL, kind=Kind.MUNICIPALITY, jurisdiction="FR",
            time_zone="Europe/Paris", alive_from=PartialDate(alive_from), parent=self._region(code),
            identifiers=(Identifier("insee", code),), source=None,
        )  # fmt: skip

    def _name(self, code: str, name: str, on: Note) -> None:
        _, state = self.scribe.states.now("units", self.holders[code])
        assert isinstance(state, Unit)
        if state.name.best() != name:
            self._give("rename", self.holders[code], on, name=Words({"fr": name}))

    def _region(self, code: str) -> UnitId | None:
        """Where a code's department lies; Corsica was one department once."""
        department = code[:3] if code.startswith("97") else code[:2]
        return self.regions.get("2A" if department == "20" else department)

    def _give(self, command: str, unit: UUID, on: Note, **fields: object) -> None:
        self.scribe.give(f"units.{command}", self.scribe.registrar, unit, note=on, **fields)


def read_regions(scribe: Scribe, regions: Path, departments: Path) -> Mapping[str, UnitId]:
    """Registers the regions; department -> the unit of its region."""
    with regions.open(encoding="utf-8", newline="") as file:
        names = {row["code"]: row["nom"] for row in csv.DictReader(file)}
    units = {
        code: scribe.give(
            "units.register", scribe.registrar, note=Note(effective_on=PartialDate(BEGINNING)),
            name=Words({"fr": name}), sphere=Sphere.REGIONAL, kind=Kind.REGION, jurisdiction="FR",
            time_zone="Europe/Paris", alive_from=PartialDate("unknown"), parent=None,
            identifiers=(Identifier("insee-region", code),), source=None,
        )
        for code, name in names.items()
    }  # fmt: skip
    with departments.open(encoding="utf-8", newline="") as file:
        return {row["code"]: UnitId(units[row["region"]]) for row in csv.DictReader(file) if row["region"] in units}
