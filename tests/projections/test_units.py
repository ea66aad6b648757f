import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import Actor, EventName, Level, PartialDate, Recorded, Role, Sealed, Sphere, StreamId, UnitId, Words
from domain.units import Identifier, Kind, Manner, Stage
from domain.units.events import (
    AccreditationRevoked,
    CompetenceAnnulled,
    CompetenceRecorded,
    CompetenceWithdrawn,
    MembershipAnnulled,
    MembershipRecorded,
    ParentSet,
    RepresentativeAccredited,
    SuccessorAssigned,
    UnitAbolished,
    UnitActivated,
    UnitIdentifierAttached,
    UnitIdentifierDetached,
    UnitRegistered,
    UnitRenamed,
    UnitRestored,
    UnitsMerged,
    UnitSplit,
)
from projections.kernel import View
from projections.units import REPRESENTATIVES, UNITS, RepresentativeRow, UnitRow, in_force

BELGIUM, FLANDERS, GENT, DRONGEN = (UnitId(UUID(int=number)) for number in range(1, 5))
NIS = Identifier("be-nis", "44021")

belgium = UnitRegistered(
    unit=BELGIUM,
    name=Words({"nl": "België", "fr": "Belgique"}),
    sphere=Sphere.NATIONAL,
    kind=Kind.STATE,
    jurisdiction="BE",
    time_zone="Europe/Brussels",
    stage=Stage.ACTIVE,
    alive_from=PartialDate("1830"),
)
flanders = replace(
    belgium,
    unit=FLANDERS,
    name=Words({"nl": "Vlaanderen"}),
    sphere=Sphere.REGIONAL,
    kind=Kind.REGION,
    jurisdiction="BE-VLG",
    parent=BELGIUM,
)
gent = replace(
    flanders,
    unit=GENT,
    name=Words({"nl": "Gent", "fr": "Gand", "en": "Ghent"}),
    sphere=Sphere.LOCAL,
    kind=Kind.MUNICIPALITY,
    parent=FLANDERS,
    identifiers=(NIS,),
)
competence = CompetenceRecorded("07.3", GENT, Manner.OWN, "a law", PartialDate("2019"))
accredited = RepresentativeAccredited(Role.LIAISON_OFFICER, Sealed("a" * 64), date(2026, 1, 1), date(2026, 12, 31))


@dataclass(slots=True)
class Register:
    """Records told one after the other, with the rows that both views make of them."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    position: int = -1

    def row(self, view: str, key: str) -> Any:
        return self.rows.get((view, key))

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        raise AssertionError("these views do not look back")

    def tell(self, unit: UUID, *events: Any, because: str = "") -> "Register":
        for event in events:
            self.position += 1
            self.versions[unit] = self.versions.get(unit, 0) + 1
            record = Recorded(
                position=self.position,
                stream=StreamId(unit),
                version=self.versions[unit],
                type=type(event).__name__,
                at=datetime(2026, 11, 24, tzinfo=UTC),
                effective_on=PartialDate("2026-11-24"),
                cmd=UUID(int=self.position),
                of=(1, 1),
                actor=Actor(system="opening"),
                rules="units.1",
                event=event,
                because=because,
            )
            self._apply(UNITS, record)
            self._apply(REPRESENTATIVES, record)
        return self

    def _apply(self, view: View, record: Recorded) -> None:
        if isinstance(record.event, view.touched_by):
            for key in view.keys(record, self):
                self.rows[view.name, key] = view.fold(key, self.row(view.name, key), record, self)

    def unit(self, unit: UUID) -> UnitRow:
        found = self.row("units", str(unit))
        assert isinstance(found, UnitRow)
        return found

    def representatives(self) -> Sequence[RepresentativeRow]:
        return [row for (view, _), row in self.rows.items() if view == "representatives"]


def register() -> Register:
    return Register().tell(BELGIUM, belgium).tell(FLANDERS, flanders).tell(GENT, gent)


def test_a_registered_unit_is_in_the_directory() -> None:
    assert register().unit(GENT) == UnitRow(
        title="Ghent",
        name=gent.name,
        also="Gand · Gent",
        sphere=Sphere.LOCAL,
        kind=Kind.MUNICIPALITY,
        state=Stage.ACTIVE,
        country="BE",
        jurisdiction="BE-VLG",
        time_zone="Europe/Brussels",
        alive_from=PartialDate("1830"),
        assertion=Level.CONFIRMED,
        parent=FLANDERS,
        ancestors=(FLANDERS, BELGIUM),
        identifiers=("be-nis:44021",),
    )


def test_a_unit_taken_from_a_source_is_shown_as_such() -> None:
    row = Register().tell(BELGIUM, replace(belgium, source="ISO 3166")).unit(BELGIUM)
    assert (row.assertion, row.source) == (Level.RECORDED_FROM_SOURCE, "ISO 3166")


def test_a_former_name_is_still_found() -> None:
    told = register().tell(GENT, UnitRenamed(Words({"nl": "Groot-Gent"})), UnitRenamed(Words({"nl": "Gent"})))
    assert told.unit(GENT).title == "Gent"
    assert told.unit(GENT).also == "Groot-Gent · Ghent · Gand"


def test_a_proposed_unit_becomes_active() -> None:
    told = Register().tell(GENT, replace(gent, stage=Stage.PROPOSED), UnitActivated(PartialDate("2027-01-01")))
    assert (told.unit(GENT).state, told.unit(GENT).alive_from) == (Stage.ACTIVE, "2027-01-01")


def test_codes_come_and_go() -> None:
    locode = Identifier("un-locode", "BEGNE")
    told = register().tell(GENT, UnitIdentifierAttached(locode), UnitIdentifierDetached(NIS))
    assert told.unit(GENT).identifiers == ("un-locode:BEGNE",)


def test_a_new_parent_brings_its_ancestors() -> None:
    told = register().tell(GENT, ParentSet(BELGIUM))
    assert (told.unit(GENT).parent, told.unit(GENT).ancestors) == (BELGIUM, (BELGIUM,))
    told.tell(GENT, ParentSet(None))
    assert (told.unit(GENT).parent, told.unit(GENT).ancestors) == (None, ())


def test_an_unknown_parent_is_shown_without_what_is_above_it() -> None:
    assert Register().tell(GENT, gent).unit(GENT).ancestors == (FLANDERS,)


def test_a_merger_is_seen_from_both_sides() -> None:
    merger = UnitsMerged((DRONGEN,), GENT)
    told = register().tell(DRONGEN, replace(gent, unit=DRONGEN, identifiers=()), merger).tell(GENT, merger)
    away, here = told.unit(DRONGEN), told.unit(GENT)
    assert (away.state, away.merged_into, away.successors) == (Stage.MERGING, GENT, (GENT,))
    assert (here.state, here.formed_from) == (Stage.ACTIVE, (DRONGEN,))


@pytest.mark.parametrize("continues", [True, False])
def test_a_split_is_seen_from_both_sides(continues: bool) -> None:
    split = UnitSplit(GENT, (DRONGEN,), continues)
    told = register().tell(GENT, split).tell(DRONGEN, replace(gent, unit=DRONGEN, identifiers=()), split)
    assert told.unit(GENT).split_into == (DRONGEN,)
    assert told.unit(GENT).successors == (() if continues else (DRONGEN,))
    assert told.unit(DRONGEN).formed_from == (GENT,)


def test_an_abolished_unit_stays_in_the_directory() -> None:
    told = register().tell(GENT, UnitAbolished(PartialDate("2025-01-01"), (NIS,)), SuccessorAssigned(DRONGEN))
    row = told.unit(GENT)
    assert (row.state, row.alive_until, row.successors) == (Stage.ABOLISHED, "2025-01-01", (DRONGEN,))


def test_a_restored_unit_has_the_codes_that_it_took_again() -> None:
    ended = UnitAbolished(PartialDate("2025-01-01"), (NIS,))
    row = register().tell(GENT, ended, UnitRestored(PartialDate("2026"), ())).unit(GENT)
    assert (row.state, row.alive_from, row.alive_until, row.identifiers) == (Stage.RESTORED, "2026", None, ())
    row = register().tell(GENT, ended, UnitRestored(PartialDate("2025-01-01"), (NIS,))).unit(GENT)
    assert (row.alive_from, row.identifiers) == ("1830", ("be-nis:44021",))


def test_an_annulled_merger_leaves_the_unit_as_it_was() -> None:
    told = register().tell(GENT, UnitsMerged((GENT,), DRONGEN), UnitRestored(PartialDate("2026"), ()))
    row = told.unit(GENT)
    assert (row.state, row.merged_into, row.successors) == (Stage.RESTORED, None, ())
    assert (row.alive_from, row.identifiers) == ("1830", ("be-nis:44021",))


def test_what_was_entered_by_mistake_is_shown_no_more() -> None:
    joined = MembershipRecorded(FLANDERS, "a law", PartialDate("2019"))
    other = replace(joined, member_from=PartialDate("2024"))
    told = register().tell(GENT, competence, replace(competence, function="07"), joined, other)
    told.tell(GENT, CompetenceAnnulled(EventName.at(GENT, 2), competence))
    told.tell(GENT, MembershipAnnulled(EventName.at(GENT, 4), replace(joined, member_until=PartialDate("2023"))))
    found = told.unit(GENT)
    assert (found.functions, found.memberships, found.bodies) == (("07",), (other,), (FLANDERS,))
    told.tell(GENT, MembershipAnnulled(EventName.at(GENT, 5), other))
    assert (told.unit(GENT).memberships, told.unit(GENT).bodies) == ((), ())


def test_competences_are_shown_with_their_days() -> None:
    told = register().tell(GENT, competence, replace(competence, function="07"))
    assert told.unit(GENT).functions == ("07", "07.3")
    told.tell(GENT, CompetenceWithdrawn("07.3", GENT, PartialDate("2026")))
    assert [held.held_until for held in told.unit(GENT).competences] == ["2026", None]


def test_what_precedes_a_registration_on_a_day_in_law_leaves_no_row() -> None:
    told = Register().tell(GENT, UnitRenamed(Words({"nl": "Gent"})))
    assert told.row("units", str(GENT)) is None


# --- who may act ---


def test_a_representative_is_shown_without_a_name() -> None:
    told = register().tell(GENT, accredited)
    [row] = told.representatives()
    assert row == RepresentativeRow(
        GENT, "Ghent", Sphere.LOCAL, Role.LIAISON_OFFICER, date(2026, 1, 1), date(2026, 12, 31)
    )
    assert told.unit(GENT).accreditations == (EventName.at(GENT, 2),)


def test_a_representative_is_in_force_from_the_first_to_the_last_day() -> None:
    [row] = register().tell(GENT, accredited).representatives()
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [in_force(row, day) for day in days] == [False, True, True, False]
    assert in_force(replace(row, valid_until=None), date(2100, 1, 1))


def test_a_revoked_representative_says_why() -> None:
    revoked = AccreditationRevoked(EventName.at(GENT, 2), date(2026, 6, 1))
    [row] = register().tell(GENT, accredited).tell(GENT, revoked, because="Left office.").representatives()
    assert (row.ended_on, row.because) == (date(2026, 6, 1), "Left office.")
    assert in_force(row, date(2026, 5, 31))
    assert not in_force(row, date(2026, 6, 1))


def test_one_revocation_ends_one_accreditation() -> None:
    told = register().tell(GENT, accredited, accredited)
    told.tell(GENT, AccreditationRevoked(EventName.at(GENT, 3), date(2026, 6, 1)))
    assert [row.ended_on for row in told.representatives()] == [None, date(2026, 6, 1)]


def test_the_end_of_a_unit_ends_what_it_gave_and_an_earlier_end_stays() -> None:
    revoked = AccreditationRevoked(EventName.at(GENT, 2), date(2026, 6, 1))
    told = register().tell(GENT, accredited, accredited).tell(GENT, revoked, because="Left office.")
    told.tell(GENT, UnitAbolished(PartialDate("2026-07"), ()))
    assert [(row.ended_on, row.because) for row in told.representatives()] == [
        (date(2026, 6, 1), "Left office."),
        (date(2026, 8, 1), "The unit is no more."),
    ]


def test_of_two_ends_on_one_day_the_first_that_was_told_stays() -> None:
    revoked = AccreditationRevoked(EventName.at(GENT, 2), date(2026, 8, 1))
    told = register().tell(GENT, accredited).tell(GENT, revoked, because="Left office.")
    told.tell(GENT, UnitAbolished(PartialDate("2026-08-01"), ()))
    assert [row.because for row in told.representatives()] == ["Left office."]


def in_force_by_sql(row: RepresentativeRow, day: date) -> bool:
    """What the database makes of the computed column; SQLite reads this expression as PostgreSQL does."""
    [computed] = REPRESENTATIVES.computed
    columns = "select ? as valid_from, ? as valid_until, ? as ended_on"
    ends = (end and end.isoformat() for end in (row.valid_until, row.ended_on))
    with closing(sqlite3.connect(":memory:")) as database:
        asked = computed.sql.replace("{day}", f"'{day.isoformat()}'")
        [answer] = database.execute(f"select {asked} from ({columns})", (row.valid_from.isoformat(), *ends)).fetchone()
    return bool(answer)


@pytest.mark.parametrize("valid_until", [None, date(2026, 6, 30)])
@pytest.mark.parametrize("ended_on", [None, date(2026, 6, 30), date(2026, 3, 1)])
def test_the_database_reckons_as_we_do(valid_until: date | None, ended_on: date | None) -> None:
    [given] = register().tell(GENT, accredited).representatives()
    row = replace(given, valid_until=valid_until, ended_on=ended_on)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1)]
    days += [date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)]
    assert [in_force_by_sql(row, day) for day in days] == [in_force(row, day) for day in days]


def test_a_renamed_unit_is_renamed_for_its_representatives() -> None:
    told = register().tell(GENT, accredited, UnitRenamed(Words({"nl": "Groot-Gent"})))
    assert [row.unit_name for row in told.representatives()] == ["Groot-Gent"]
