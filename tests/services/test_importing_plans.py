"""From rows to commands: what each importer makes of its source, with nothing run."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commitments.words import Aim, Instrument, Quantity
from domain.kernel import Actor, EventName, PartialDate, Role, Sphere, StreamId, UnitId, Words
from domain.units import Kind
from services.importing import communes, net_zero
from services.importing.directory import Directory, Known
from services.importing.iso3166 import plan_iso3166, unit_stream
from services.importing.names import exact, loose
from services.importing.net_zero_terms import COLUMNS, terms
from services.importing.plan import NOTHING_PROMISED, UNCHANGED, Plan, Queued, WrongFile
from services.importing.rows import Row, read_rows
from services.importing.sheet_units import depths
from services.importing.zones import zone_of
from tests.data import published

REGISTRAR = Actor(UnitId(UUID(int=1)), Role.REGISTRAR, None, EventName.at(UUID(int=1), 2))
DAY = date(2022, 12, 20)
SNAPSHOT = "commitments/net_zero_tracker_public_actors_2022-12-20.csv"
NOTHING = Directory.of(())


def known(plan: Plan) -> Iterator[Known]:
    """The units as the directory would have them once the plan is carried out."""
    for asked in (asked for wave in plan.waves for asked in wave):
        fields = asked.order.fields
        name, codes = fields["name"], fields["identifiers"]
        assert isinstance(name, Words)
        yield Known(
            UnitId(asked.order.stream or UUID(int=0)), tuple(name.values()), fields["sphere"], fields["kind"],
            fields["jurisdiction"][:2], tuple(f"{code.scheme}:{code.value}" for code in codes), alive=True,
        )  # fmt: skip


@cache
def world() -> Directory:
    """Every country and its parts."""
    return Directory.of(known(plan_iso3166([], NOTHING, REGISTRAR)))


pledge = Row(
    7,
    dict.fromkeys(COLUMNS, "")
    | {
        "last_updated": "2022-06-01 14:11:39", "id_code": "REG-0001", "name": "Région Bretagne", "country": "FRA",
        "actor_type": "Region", "end_target": "Net zero", "end_target_year": "2050.0",
        "end_target_status": "In policy document", "status_date": "2020.0",
        "interim_target": "Emissions reduction target", "interim_target_percentage_reduction": "34.50",
        "interim_target_baseline_year": "2015.0", "interim_target_year": "2030.0", "end_target_text": "Neutral.",
        "source_url": "https://bretagne.example/plan", "has_plan": "Yes", "reporting_mechanism": "Annual reporting",
    },
)  # fmt: skip


def but(**cells: str) -> Row:
    return replace(pledge, cells={**pledge.cells, **cells})


def planned(
    *rows: Row, recorded: Mapping[str, net_zero.Recorded] | None = None, matches: Mapping[str, UnitId] | None = None
) -> Plan:
    return net_zero.plan_net_zero(rows, [], world(), recorded or {}, REGISTRAR, retrieved_on=DAY, matches=matches)


# --- names ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Castile and León", "castile AND leon"),
        ("Łódź", "Lodz"),
        ("Île-de-France", "ILE DE FRANCE"),
        ("Kōchi", "Kochi"),
    ],
)
def test_accents_case_and_punctuation_make_no_other_name(one: str, other: str) -> None:
    assert exact(one) == exact(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Region of Murcia", "Murcia, Región de"), ("Hyogo Prefecture", "Hyogo"), ("Hainan", "Hainan Sheng"),
     ("Free State of Bavaria", "Free Bavaria")],
)  # fmt: skip
def test_loosely_the_words_for_what_a_unit_is_do_not_count(one: str, other: str) -> None:
    assert loose(one) == loose(other)
    assert exact(one) != exact(other)


@given(st.text(max_size=60))
def test_a_name_is_exactly_itself_once_normalised(name: str) -> None:
    assert exact(exact(name)) == exact(name)


# --- ISO 3166 ---


def test_every_state_and_subdivision_is_planned_once() -> None:
    plan = plan_iso3166([], NOTHING, REGISTRAR)
    codes = [asked.key for wave in plan.waves for asked in wave]
    assert len(codes) == len(set(codes)) == plan.rows == plan.commands > 5_200


def test_parents_come_first_and_are_of_another_sphere() -> None:
    seen: dict[UnitId, Sphere] = {}
    below = 0
    for wave in plan_iso3166([], NOTHING, REGISTRAR).waves:
        entered = {}
        for asked in wave:
            parent = asked.order.fields.get("parent")
            if parent is not None:
                assert seen[parent] is not asked.order.fields["sphere"], asked.key
                below += 1
            assert asked.order.stream is not None
            entered[UnitId(asked.order.stream)] = asked.order.fields["sphere"]
        seen |= entered
    assert below > 3_000


def test_what_iso_nests_in_a_region_is_local() -> None:
    ain, region = world().code("iso3166-2", "FR-01"), world().code("iso3166-2", "FR-ARA")
    assert ain is not None
    assert region is not None
    assert (ain.sphere, ain.kind, region.sphere) == (Sphere.LOCAL, Kind.COUNTY, Sphere.REGIONAL)


def test_a_territory_that_iso_lists_twice_is_one_unit_with_both_codes() -> None:
    assert world().code("iso3166-1", "GP") is world().code("iso3166-2", "FR-971") is not None


def test_one_country_brings_only_its_own_parts() -> None:
    plan = plan_iso3166(["be", "BE"], NOTHING, REGISTRAR)
    assert {asked.order.fields["jurisdiction"][:2] for wave in plan.waves for asked in wave} == {"BE"}
    assert [len(wave) for wave in plan.waves] == [1, 3, 10]


def test_units_that_are_there_stay_as_they_are() -> None:
    plan = plan_iso3166([], world(), REGISTRAR)
    assert plan.commands == 0
    assert plan.counted[UNCHANGED] == plan.rows


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(WrongFile, match="no country XX"):
        plan_iso3166(["FR", "XX"], NOTHING, REGISTRAR)


def test_zones_are_those_of_the_seat() -> None:
    assert [zone_of("DE"), zone_of("RU"), zone_of("US", "US-CA"), zone_of("US"), zone_of("BV")] == [
        "Europe/Berlin", "Europe/Moscow", "America/Los_Angeles", "America/New_York", "UTC",
    ]  # fmt: skip


# --- files ---


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"code,nom\n1,x\n", "lacks the columns type, region: it is"),
        ("code,nom,type,region\n01001,Ambérieu,commune-actuelle,84\n".encode("latin-1"), "not UTF-8 .line 2."),
        (b"PK\x03\x04\x00\x00", "NUL bytes"),
        (b"code,nom,type,region,code\n", "same name: code"),
        (b'code,nom,type,region\n01001,"open,x,84\n', "not a CSV file"),
        (b"code,nom,type,region\n", "no row that can be read"),
        (b"code,nom,type,region\n01001,x\n", "no row that can be read below its header. Line 2: The row has 2 cells"),
        (b"code;nom;type;region\n01001;x;y;84\n", "separated by semicolons. Save it as CSV with commas"),
        (b"code\tnom\ttype\tregion\n01001\tx\ty\t84\n", "separated by tabs"),
    ],
)
def test_a_wrong_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    with pytest.raises(WrongFile, match=said):
        read_rows(file, communes.COLUMNS)


def test_of_many_columns_that_are_not_there_the_first_are_named_and_all_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(WrongFile) as refused:
        read_rows(file, [f"column_{number}" for number in range(24)])
    named = "column_0, column_1, column_2, column_3, column_4 and 19 more"
    assert str(refused.value) == f"{file} lacks the columns {named}: it is another file, or another edition."


def test_rows_know_the_line_on_which_they_begin(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text('a,b\n1,"two\nlines"\n3,4,5\n6,7\n', encoding="utf-8-sig")
    rows, bad = read_rows(file, ["a"])
    assert [(row.line, row["a"]) for row in rows] == [(2, "1"), (5, "6")]
    assert [(one.line, one.reason) for one in bad] == [(4, "The row has 3 cells, and the header 2.")]


# --- communes ---


def test_communes_need_their_state_first(tmp_path: Path) -> None:
    file = tmp_path / "communes.csv"
    file.write_text("code,nom,type,region\n01001,X,commune-actuelle,84\n")
    with pytest.raises(WrongFile, match="iso-3166 FR"):
        communes.plan_communes(file, NOTHING, REGISTRAR)


def test_each_bad_commune_is_named_by_line_and_column_while_good_ones_go_on(tmp_path: Path) -> None:
    file = tmp_path / "communes.csv"
    file.write_text(
        "code,nom,type,region,siren\n01001,Good,commune-actuelle,84,210100012\n0100,Short,commune-actuelle,84,\n"
        "01004,,commune-actuelle,84,\n01005,Old,commune-associee,84,\n01006,Nowhere,commune-actuelle,99,\n"
        "01007,Number,commune-actuelle,84,12\n01001,Twice,commune-actuelle,84,\n"
    )
    plan = communes.plan_communes(file, world(), REGISTRAR)
    assert {(bad.line, bad.column) for bad in plan.bad} == {
        (3, "code"), (4, "nom"), (5, "type"), (6, "region"), (7, "siren"), (8, "code"),
    }  # fmt: skip
    assert [asked.key for asked in plan.waves[0]] == ["01001"]
    assert plan.rows == 7


def test_every_commune_of_france_lies_in_its_region() -> None:
    plan = communes.plan_communes(published("units/fr_communes.csv"), world(), REGISTRAR)
    assert (plan.rows, plan.commands, len(plan.bad)) == (34_969, 34_969, 0)
    state = unit_stream("iso3166-1", "FR")
    assert all(asked.order.fields["parent"] != state for asked in plan.waves[0])


# --- Net Zero Tracker ---


def test_a_row_becomes_a_pledge_recorded_from_its_source() -> None:
    (asked,) = planned(pledge).waves[0]
    fields = asked.order.fields
    region = world().code("iso3166-2", "FR-BRE")
    assert region is not None
    assert (asked.order.command, fields["owner"], asked.becomes) == ("record-from-source", region.id, "adopted")
    assert (fields["ends_on"], fields["status_on"], fields["instrument"]) == ("2050", "2020", Instrument.IN_POLICY)
    assert asked.order.note.effective_on == PartialDate("2020")
    assert (fields["source"].row_key, fields["source"].licence) == ("REG-0001", "CC-BY-4.0")
    assert [(target.aim, target.value, target.due_on) for target in fields["targets"]] == [
        (Aim.END, Quantity("0", "t CO2e (net)"), "2050"), (Aim.INTERIM, Quantity("34.5", "% below 2015"), "2030"),
    ]  # fmt: skip
    assert fields["description"]["en"].endswith("Source named there: https://bretagne.example/plan")


def test_what_is_in_discussion_is_only_proposed() -> None:
    (asked,) = planned(but(end_target_status="Proposed / in discussion")).waves[0]
    assert asked.becomes == "proposed"


def test_no_target_is_nothing_promised_and_no_error() -> None:
    plan = planned(but(end_target="No target", end_target_status="", name="Nobody knows"))
    assert (plan.commands, plan.counted[NOTHING_PROMISED], plan.bad, plan.queued) == (0, 1, [], [])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("last_updated", "yesterday"), ("actor_type", "Company"), ("name", ""), ("end_target", ""),
        ("end_target", "Perpetual motion"), ("end_target_status", ""), ("end_target_status", "Sworn"),
        ("end_target_year", "soon"), ("interim_target_baseline_year", "1007.0"), ("status_date", "2025.0"),
        ("interim_target_percentage_reduction", "lots"), ("has_plan", "Perhaps"), ("reporting_mechanism", "Daily"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named(column: str, value: str) -> None:
    (bad,) = planned(but(**{column: value})).bad
    assert (bad.line, bad.key, bad.column, bad.value) == (7, "REG-0001", column, value)


def test_a_city_is_not_the_province_that_is_called_after_it() -> None:
    found = net_zero.match(but(actor_type="City", name="Barcelona", country="ESP"), world())
    assert isinstance(found, Queued)
    assert [candidate.identifiers for candidate in found.candidates] == [("iso3166-2:ES-B",)]


def test_a_region_is_matched_apart_from_what_says_what_it_is() -> None:
    found = net_zero.match(but(name="Region of Murcia", country="ESP"), world())
    assert isinstance(found, Known)
    assert "iso3166-2:ES-MC" in found.identifiers


def test_several_units_of_one_name_wait_for_a_person() -> None:
    one, other = (
        Known(UnitId(UUID(int=n)), ("Saint-Denis",), Sphere.LOCAL, Kind.MUNICIPALITY, "FR", (), alive=True)
        for n in (8, 9)
    )
    found = net_zero.match(but(actor_type="City", name="Saint Denis"), Directory.of([one, other]))
    assert isinstance(found, Queued)
    assert [candidate.unit for candidate in found.candidates] == [one.id, other.id]


def test_an_abolished_unit_is_nobody() -> None:
    gone = Known(UnitId(UUID(int=8)), ("Bretagne",), Sphere.REGIONAL, Kind.REGION, "FR", (), alive=False)
    assert isinstance(net_zero.match(pledge, Directory.of([gone])), Queued)


def test_a_persons_choice_comes_before_the_name() -> None:
    chosen = UnitId(UUID(int=77))
    (asked,) = planned(but(name="Elsewhere"), matches={"REG-0001": chosen}).waves[0]
    assert asked.order.fields["owner"] == chosen


def test_the_same_edition_changes_nothing_and_a_newer_one_is_an_update() -> None:
    region = world().code("iso3166-2", "FR-BRE")
    assert region is not None
    recorded = {"REG-0001": net_zero.Recorded(region.id, "2022-06-01 14:11:39")}
    assert planned(pledge, recorded=recorded).counted[UNCHANGED] == 1
    (asked,) = planned(but(last_updated="2023-01-01 00:00:00"), recorded=recorded).waves[0]
    assert (asked.order.command, asked.becomes, "owner" in asked.order.fields) == (
        "update-from-source",
        "updated",
        False,
    )


def test_a_pledge_that_its_newer_edition_drops_waits_for_a_person() -> None:
    region = world().code("iso3166-2", "FR-BRE")
    assert region is not None
    recorded = {"REG-0001": net_zero.Recorded(region.id, "2020-01-01 00:00:00")}
    (queued,) = planned(but(end_target="No target"), recorded=recorded).queued
    assert "no target" in queued.reason


def test_long_texts_are_cut_to_what_a_commitment_holds() -> None:
    fields, _ = terms(but(end_target_text="x" * 9000), UnitId(UUID(int=1)), "Net Zero Tracker", DAY)
    description = fields["description"]
    assert isinstance(description, Words)
    assert len(description["en"]) == 4000
    assert "…\n\nSource named there" in description["en"]


def test_every_row_of_the_snapshot_is_counted_once() -> None:
    rows, bad = net_zero.read_file(published(SNAPSHOT))
    plan = net_zero.plan_net_zero(rows, bad, world(), {}, REGISTRAR, retrieved_on=DAY)
    assert plan.rows == 2088
    assert plan.counted == {UNCHANGED: 0, NOTHING_PROMISED: 1258}
    assert plan.commands + len(plan.bad) + len(plan.queued) + 1258 == 2088
    became = Counter(asked.becomes for asked in plan.waves[0])
    assert became["adopted"] > 200
    assert became["proposed"] > 80
    assert len({(bad.line, bad.column) for bad in plan.bad}) == len(plan.bad)


class Counted(dict[StreamId, UnitId | None]):
    """Counts how often somebody asks in what a unit lies."""

    asked = 0

    def __getitem__(self, unit: StreamId) -> UnitId | None:
        self.asked += 1
        return super().__getitem__(unit)


def in_one_another(*parents: int | None) -> Counted:
    """Units by their numbers, each with the number of that in which it lies."""
    above = enumerate(None if one is None else UnitId(UUID(int=one)) for one in parents)
    return Counted((StreamId(UUID(int=number)), parent) for number, parent in above)


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ((None, 0, 1, 0), [0, 1, 2, 1]),
        ((1, 2, 3, 99), [3, 2, 1, 0]),
        ((1, 2, 0, 1, 3, None), [6, 6, 6, 6, 6, 0]),
        ((0,), [1]),
    ],
    ids=["from above", "from below", "a circle and who lies in it", "itself"],
)
def test_whoever_others_lie_in_comes_first(parents: tuple[int | None, ...], expected: list[int]) -> None:
    found = depths(in_one_another(*parents))
    assert [found[StreamId(UUID(int=number))] for number in range(len(parents))] == expected


def test_a_sheet_of_units_that_lie_in_one_another_is_gone_through_once() -> None:
    deep = in_one_another(*range(1, 5_000), None)
    assert max(depths(deep).values()) == 4_999
    assert deep.asked <= 5_000
