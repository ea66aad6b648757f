"""The table of things: what a line in it needs, and what it brings."""

import pytest

from domain.contexts import CONTEXTS
from domain.kernel import Words
from projections.activity import ACTIVITY
from projections.kernel import own_stream
from projections.obligations import OBLIGATIONS
from projections.things import HAPPENINGS, THINGS, shortened
from projections.turns import TURNS
from projections.views import VIEWS

PLACE = {view.name: number for number, view in enumerate(VIEWS)}


@pytest.mark.parametrize("context", THINGS)
def test_the_view_of_a_contexts_things_has_a_row_a_stream_that_says_what_is_asked(context: str) -> None:
    view = VIEWS[PLACE[THINGS[context]]]
    assert view.keys is own_stream
    assert set(view.touched_by) == set(CONTEXTS[context].events), "nothing happens to a thing that its row does not see"
    for name in ("called", "matters", "owed", "heard"):
        assert hasattr(view.row, name)


@pytest.mark.parametrize("view", [OBLIGATIONS, TURNS, ACTIVITY], ids=lambda view: view.name)
def test_views_across_contexts_come_after_the_views_of_things_and_read_each(view: object) -> None:
    assert isinstance(view, type(TURNS))
    assert set(THINGS.values()) <= set(view.reads)
    assert all(PLACE[name] < PLACE[view.name] for name in THINGS.values())
    assert view.touched_by in ((), HAPPENINGS)


NOBODY_OWES = {"annexes"}
"""The register itself releases an annex on its day: nobody owes anything of it, and it is nobody's turn."""


def test_every_context_in_which_somebody_owes_something_has_its_line() -> None:
    assert {name for name, context in CONTEXTS.items() if context.clock} - NOBODY_OWES == THINGS.keys()


def test_a_text_that_is_long_is_a_name_shortened_in_each_of_its_languages() -> None:
    short = Words({"en": "Run the clinic", "fr": "Tenir la clinique"})
    assert shortened(short, 20) is short
    assert shortened(short, 5) == {"en": "Run t", "fr": "Tenir"}
    assert shortened(Words({"en": " " * 9 + "Run it"}), 5) == {"en": "Run i"}, "never blank"
