"""Views as tables: what rows become, and when tables are made anew."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest

from domain.kernel import Money, PartialDate, Says, Searched, Words
from projections.views import VIEWS
from services.views import tables
from services.views.folding import words_of
from services.views.ports import Kind, Op
from services.views.rows import Form
from services.views.tables import Table
from tests.services.views_sample import TREES, Colour, Mark, TreeRow

ROW = TreeRow(
    name="Ash",
    title=Words({"fr": "Frêne", "en": "Ash"}),
    colour=Colour.RED,
    planted_on=PartialDate("2026-03"),
    changes=2,
    cost=Money(Decimal("1E+2"), "EUR", "2020"),
    names=("Ash",),
    marks=(Mark(None, Colour.RED),),
)


def test_a_row_comes_back_as_it_was() -> None:
    form = Form(TreeRow)
    assert form.decode(form.encode("k", ROW)) == ROW


def test_what_is_none_is_absent_and_money_is_plain() -> None:
    assert msgspec.json.decode(Form(TreeRow).encode("k", ROW)) == {
        "key": "k",
        "name": "Ash",
        "title": {"en": "Ash", "fr": "Frêne"},
        "colour": "red",
        "planted_on": "2026-03",
        "changes": 2,
        "cost": {"amount": "100", "currency": "EUR", "price_basis": "2020"},
        "names": ["Ash"],
        "marks": [{"colour": "red"}],
        "tall": False,
    }


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_of_ours_fits_in_a_table(view: Any) -> None:
    table = Table(view)
    named = [field.column.name for field in table.fields if not field.column.member]
    assert len(named) == len(set(named))
    assert all(column.says for column in (field.column for field in table.fields) if not column.member)


@dataclass(frozen=True, slots=True)
class FloatRow:
    size: float


@dataclass(frozen=True, slots=True)
class ClashRow:
    cost: Money
    cost_amount: Decimal


@dataclass(frozen=True, slots=True)
class SinceRow:
    since: date


@pytest.mark.parametrize("row", [FloatRow, ClashRow, SinceRow])
def test_a_row_that_no_table_holds_is_refused_at_start(row: type) -> None:
    with pytest.raises(TypeError):
        Table(replace(TREES, row=row, sort="key"))


def test_a_view_is_sorted_by_a_column_it_has() -> None:
    with pytest.raises(TypeError, match="cannot be sorted by size"):
        Table(replace(TREES, sort="size"))


def test_columns_say_what_may_be_asked() -> None:
    columns = {field.column.name: field.column for field in Table(TREES).fields}
    assert list(columns)[:4] == ["key", "name", "title", "colour"]
    assert columns["colour"].choices == ("red", "green")
    assert columns["cost_amount"].kind is Kind.DECIMAL
    assert columns["cost_amount"].path == ("cost", "amount")
    assert columns["cost_currency"].optional
    assert columns["title"].ops == ()
    assert columns["names"].ops == (Op.HAS, Op.ANY)
    assert columns["marks"].ops == ()
    assert [(columns[name].item, columns[name].member) for name in ("marks.by", "marks.colour")] == [
        (Kind.ID, True),
        (Kind.CODE, True),
    ]
    assert (columns["days_left"].computed, columns["days_left"].kind) == (True, Kind.WHOLE)


def test_tables_are_made_anew_when_other_texts_are_searched() -> None:
    @dataclass(frozen=True, slots=True)
    class FurtherRow(TreeRow):
        nickname: Annotated[Words | None, Says("What people call it.")] = None

    @dataclass(frozen=True, slots=True)
    class FurtherSearchedRow(TreeRow):
        nickname: Annotated[Words | None, Searched(), Says("What people call it.")] = None

    before, after = (Table(replace(TREES, row=row)) for row in (FurtherRow, FurtherSearchedRow))
    assert before.create("t") == after.create("t")
    assert before.digest != after.digest


def test_tables_are_made_anew_when_texts_are_folded_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before would be sorted and found as it was folded then, and asked for as it is folded now."""
    before = Table(TREES)
    monkeypatch.setattr(tables, "words_of", lambda texts: words_of(texts).replace("coeuvres", "couvres"))
    assert Table(TREES).create("t") == before.create("t")
    assert Table(TREES).digest != before.digest
