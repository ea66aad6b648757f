"""The columns of sheets: which there are, and that what a cell says is what was written into it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.faults import Fault, Located, Wrong
from api.sheets.sheets import SHEETS
from services.spreadsheets import marked, unmarked

LAYOUT = SHEETS["commitments"].layout
LYON = UUID(int=69123)


def unit(text: str) -> UUID:
    if text != "insee:69123":
        raise Wrong("unknown-unit", "No unit has this code.")
    return LYON


def body(**cells: str) -> tuple[object, list[tuple[str, str]]]:
    said = {name.replace("__", "."): cell for name, cell in cells.items()}
    columns = [column for name in said if (column := LAYOUT.column(name)) is not None]
    assert len(columns) == len(said)
    found, wrong = LAYOUT.body(said, columns, unit)
    return found, [(name, fault.code) for name, fault in wrong]


@pytest.mark.parametrize(
    "name",
    ["id", "title.fr", "title.pt-BR", "sdg", "targets.12.value.unit", "targets.1.shares.2.unit", "document.title.en",
     "resources.1.money.amount", "source.row_key", "effective_on"],
)  # fmt: skip
def test_a_column_is_called_by_the_path_to_its_field(name: str) -> None:
    column = LAYOUT.column(name)
    assert column is not None
    assert column.name == name


@pytest.mark.parametrize(
    "name",
    ["", "titel.fr", "title", "title.French", "title.fr.x", "targets", "targets.0.aim", "targets.x.aim", "targets.1",
     "sdg.1", "owner.name", "source", "unit_facts"],
)  # fmt: skip
def test_what_leads_to_no_plain_value_is_no_column(name: str) -> None:
    assert LAYOUT.column(name) is None


def test_every_column_of_a_template_is_one_and_stands_in_its_order() -> None:
    for sheet in SHEETS.values():
        names = sheet.layout.sample()
        assert all(sheet.layout.column(name) for name in names)
        assert [name for name in sheet.layout.header(names) if name in names] == names


def test_a_column_that_a_unit_fills_in_itself_says_so() -> None:
    assert LAYOUT.parts["owner"].says == "The unit that answers for the whole."
    assert LAYOUT.parts["description"].says == "What is promised, and to whom."


def test_a_column_of_days_shows_one() -> None:
    column = LAYOUT.column("milestones.1.due_on")
    assert column is not None
    assert column.example == "2027-06-30"


def test_cells_become_the_body_of_a_request() -> None:
    found, wrong = body(
        title__fr=" De l'ombre ", owner="insee:69123", sdg="11.7;13.2 ;", targets__2__aim="end", targets__1__aim="",
        targets__1__shares__1__percent="40", parties__1__required="NO",
    )  # fmt: skip
    assert found == {
        "title": {"fr": "De l'ombre"}, "owner": str(LYON), "sdg": ["11.7", "13.2"],
        "targets": [{"shares": [{"percent": 40}]}, {"aim": "end"}], "parties": [{"required": False}],
    }  # fmt: skip
    assert wrong == []


def test_cells_that_cannot_be_read_are_all_named() -> None:
    _, wrong = body(owner="insee:1", targets__1__shares__1__percent="half", targets__3__aim="end")
    assert wrong == [
        ("owner", "unknown-unit"), ("targets.1.shares.1.percent", "type"), ("targets.3.aim", "gap"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "column"),
    [("/targets/0/value/unit", "targets.1.value.unit"), ("/sdg/3", "sdg"), ("/title", "title.en"),
     ("/title/fr", "title.fr"), ("/milestones/1/title", "milestones.2.title.en"), ("/unheard_of/x", "unheard_of.x")],
)  # fmt: skip
def test_a_fault_of_the_body_is_one_of_a_cell(pointer: str, column: str) -> None:
    assert LAYOUT.column_at(Located("body", pointer, Fault("invalid", "No."))) == column


@given(st.text(min_size=1).filter(lambda text: bool(text.strip())))
def test_a_text_comes_back_from_its_cell_and_no_spreadsheet_reckons_with_it(text: str) -> None:
    assert unmarked(marked(text)) == text
    assert not marked(text).startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(("cell", "text"), [("'s-Hertogenbosch", "'s-Hertogenbosch"), ("  Lyon ", "Lyon"),
                                            ("'=1+1", "=1+1"), ("''=1", "'=1")])  # fmt: skip
def test_what_people_type_is_read_as_they_mean_it(cell: str, text: str) -> None:
    assert unmarked(cell) == text
