"""What may be named otherwise than by its id, as the fields of commands declare it."""

from collections.abc import Iterator
from typing import Any

from api.meant import view_of
from api.schemas import LeafField, ListField, ObjectField
from api.shapes import shape_of
from api.values import Leaf
from domain.contexts import CONTEXTS
from projections.views import VIEWS

NAMELESS = {"erasures.erase.subject"}
"""A person, whom the register knows by no name."""


def test_whatever_a_command_asks_the_id_of_is_found_in_a_view_by_what_it_is_called() -> None:
    views = {view.name for view in VIEWS}
    found = {
        place: view_of(leaf)
        for context in CONTEXTS.values()
        for verb, given in context.commands.items()
        for place, leaf in _leaves(shape_of(given.command).field(), f"{context.name}.{verb}")
        if leaf.document.get("format") == "uuid"
    }
    assert {place for place, view in found.items() if view not in views} == NAMELESS
    assert found["mandates.activate.beside"] == "mandates"
    assert found["mandates.draft.implements"] == "allocations"
    assert found["reviews.open.roll.unit"] == "units"


def _leaves(field: Any, place: str) -> Iterator[tuple[str, Leaf]]:
    if isinstance(field, ObjectField):
        for name, one in field.schema.fields.items():
            yield from _leaves(one, f"{place}.{name}")
    elif isinstance(field, ListField):
        yield from _leaves(field.inner, place)
    elif isinstance(field, LeafField):
        yield place, field.leaf
