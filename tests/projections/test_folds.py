"""The version of a view is the meaning of its fold: who changes the one raises the other."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from weakref import ref

import pytest

from domain.kernel import Recorded
from projections.activity import key_of
from projections.commitments import COMMITMENTS
from projections.corrections import CORRECTIONS
from projections.kernel import Look, View, own_stream
from projections.units import UNITS
from projections.views import VIEWS
from services.names import NAMES
from services.views.memory import Folded
from services.views.pace import undisturbed
from services.views.rows import Form
from tests.projections.folds import HISTORIES, happened, history, known, meanings
from tests.projections.folds import ref as named

EACH = pytest.mark.parametrize("name", HISTORIES)


@EACH
def test_no_fold_means_anything_else_than_when_its_version_was_given(name: str) -> None:
    told, now = known(name), meanings(name)
    new = sorted(now.keys() - told.keys())
    assert not new, f"`python -m tests.projections.folds` writes down what these versions mean: {', '.join(new)}"
    changed = sorted(view for view, meaning in now.items() if told[view] != meaning)
    assert not changed, f"these come to other rows than before, under the same version; raise it: {', '.join(changed)}"


def test_every_type_of_event_is_folded_by_some_history() -> None:
    seen = happened()
    missing = sorted(name for name, kind in NAMES.items() if kind not in seen)
    assert not missing, f"`python -m tests.projections.folds NAME TEST...` adds a history that has {', '.join(missing)}"


def test_every_view_has_rows() -> None:
    empty = [view.name for view in VIEWS]
    for name in HISTORIES:
        folded = Folded(VIEWS)
        folded.apply(history(name))
        empty = [view.name for view in VIEWS if view.name in empty and not any(folded.rows(view))]
    assert empty == []


def test_a_fold_that_means_something_else_is_noticed() -> None:
    """A view that looks at it is noticed, too: what it shows has changed as well."""

    def louder(key: str, before: object, record: Recorded, look: Look) -> object:
        row = UNITS.fold(key, before, record, look)
        return row and replace(row, title=row.title.upper())

    changed = [replace(UNITS, fold=louder) if view is UNITS else view for view in VIEWS]
    now, told = meanings("driven", changed), known("driven")
    other = {view.name for view in VIEWS if now[named(view)] != told[named(view)]}
    assert {"units", "commitments", "activity"} <= other
    assert "moved-goalposts" not in other


@EACH
def test_a_row_that_was_read_back_from_its_table_goes_on_as_the_one_in_memory(name: str) -> None:
    """A server has most rows from their tables, an auditor has all from memory: both must come to the same."""
    told = known(name)
    assert meanings(name, [read_back(view) for view in VIEWS]) == {named(view): told[named(view)] for view in VIEWS}


@EACH
def test_who_lets_go_of_rows_comes_to_the_same_digests(name: str) -> None:
    told = known(name)
    assert meanings(name, VIEWS, digests_only=True) == {named(view): told[named(view)] for view in VIEWS}


def test_for_digests_alone_the_rows_that_are_made_once_are_let_go() -> None:
    folded = Folded(VIEWS, digests_only=True)
    folded.apply(history("driven"))
    kept = {view.name for view in VIEWS if any(folded.rows(view))}
    assert "commitments" in kept
    assert kept.isdisjoint(view.name for view in VIEWS if view.once)


def test_a_row_that_was_let_go_is_never_taken_for_one_that_never_was() -> None:
    def first(key: str, before: object, record: Recorded, look: Look) -> object:
        return look.row("activity", key_of(0))

    late = replace(CORRECTIONS, touched_by=(), keys=own_stream, fold=first, once=False)
    folded = Folded([view for view in VIEWS if view.name != "corrections"] + [late], digests_only=True)
    begun, *others = history("driven")
    folded.apply([begun])
    with pytest.raises(LookupError, match="asks for a row of activity that another record made"):
        folded.apply(others[:1])


def read_back(view: View) -> View:
    form = Form(view.row)

    def fold(key: str, before: object, record: Recorded, look: Look) -> object:
        row = view.fold(key, before, record, look)
        return row if row is None or row is before else form.decode(form.encode(key, row))

    return replace(view, fold=fold)


def test_how_a_fold_is_written_does_not_matter() -> None:
    again = replace(COMMITMENTS, fold=lambda *said: COMMITMENTS.fold(*said), says="Otherwise.")
    assert meanings("driven", [UNITS, again])[named(again)] == known("driven")[named(COMMITMENTS)]


def test_a_record_that_a_later_view_cannot_fold_changes_no_earlier_view() -> None:
    def cannot(key: str, before: object, record: Recorded, look: Look) -> object:
        raise ArithmeticError

    views = (UNITS, replace(COMMITMENTS, name="never", touched_by=UNITS.touched_by, fold=cannot))
    *earlier, last = (record for record in history("driven") if type(record.event) in UNITS.touched_by)
    folded, alone = Folded(views), Folded([UNITS])
    for record in (*earlier[:20], last):
        with pytest.raises(ArithmeticError):
            folded.apply([record])
        alone.apply([record])
    assert [*folded.rows(UNITS)] == []
    assert [*alone.rows(UNITS)] != []


def test_of_records_taken_together_one_that_cannot_be_folded_takes_all_of_them_back() -> None:
    *earlier, last = (record for record in history("driven") if type(record.event) in UNITS.touched_by)

    def cannot(key: str, before: object, record: Recorded, look: Look) -> object:
        if record is last:
            raise ArithmeticError
        return before

    views = (UNITS, replace(COMMITMENTS, name="never", touched_by=UNITS.touched_by, fold=cannot))
    folded, alone = Folded(views), Folded([UNITS])
    folded.apply(earlier[:10])
    before = [*folded.rows(UNITS)]
    with pytest.raises(ArithmeticError):
        folded.apply([*earlier[10:20], last])
    assert [*folded.rows(UNITS)] == before != []
    folded.apply(earlier[10:20])
    alone.apply(earlier[:20])
    assert [*folded.rows(UNITS)] == [*alone.rows(UNITS)]
    assert folded.dumped(UNITS, 0) == alone.dumped(UNITS, 0)


def test_rows_go_with_whoever_folded_them() -> None:
    """No collector is needed: none is running while a long history is folded, and one behind it would take long."""

    class Row:
        """One that can be watched."""

    made = list[ref[Row]]()

    def watched(key: str, before: object, record: Recorded, look: Look) -> Row:
        row = Row()
        made.append(ref(row))
        return row

    folded = Folded([UNITS, replace(COMMITMENTS, touched_by=UNITS.touched_by, fold=watched)])
    with undisturbed():
        folded.apply(history("driven"))
        kept = [one for one in made if one() is not None]
        assert kept
        del folded
        assert [one for one in kept if one() is not None] == []


def test_where_the_records_break_off_none_of_them_is_left_behind() -> None:
    records = list(islice(history("driven"), 10))

    def broken_off() -> Iterator[Recorded]:
        yield from records[:5]
        raise ArithmeticError

    folded, alone = Folded(VIEWS), Folded(VIEWS)
    with pytest.raises(ArithmeticError):
        folded.apply(broken_off())
    for one in (folded, alone):
        one.apply(records)
    for view in VIEWS:
        assert [*folded.rows(view)] == [*alone.rows(view)]
