"""Which fields hold names of ours: `local` is a code where it is a sphere, and somebody's word in a title."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from api.people import is_code
from domain.commitments.state import SourceStanding
from domain.contexts import CONTEXTS
from projections import allocation_row, commitment_row, mandate_row, review_row
from projections.obligations import STANDS
from projections.views import VIEWS
from services.names import NAMES
from services.writing import plain

TURNS: Sequence[str] = (*allocation_row.Turn, *commitment_row.Turn, *mandate_row.Turn, *review_row.Turn)
"""What may be waited for, in every context."""

LACKED: Sequence[str] = (
    "plan", "reporting_mechanism", "measure", "baseline", "target_value", "target_date", "resource", "responsible_unit",
)  # fmt: skip
"""What a commitment may lack for others to check it."""


@lru_cache
def codes() -> Mapping[str, frozenset[str]]:
    """By the name of a field, every code that it may hold, in rows of views and in records."""
    found = {"context": {*CONTEXTS}, "type": {*NAMES}}
    for kind in (*(view.row for view in VIEWS), *NAMES.values()):
        for name, choices in _within(kind):
            found.setdefault(name, set()).update(choices)
    found["of"] = found["sphere"] | {"all"}
    found["missing"] = {*LACKED}
    found["source_standing"] = {*SourceStanding}
    found["found"] = found["potential"] | found["completion"] | found["result"] | {"yes", "no"}  # of any assessment
    found["manner"] |= found["kind"]  # of a competence that a mandate gives
    found["turn"] = {*TURNS}
    found.setdefault("standing", set()).update(STANDS)
    return {name: frozenset(choices) for name, choices in found.items()}


@lru_cache
def every_code() -> frozenset[str]:
    """All of those that are two words or more, and so nobody's own word: `co_owner`."""
    return frozenset(code for several in codes().values() for code in several if is_code(code))


def _within(kind: Any) -> Iterator[tuple[str, frozenset[str]]]:
    hints = get_type_hints(kind, include_extras=True)
    for one in fields(kind):
        held, _, _ = plain(hints[one.name])
        while get_origin(held) is tuple:
            held, _, _ = plain(get_args(held)[0])
        if isinstance(held, type) and issubclass(held, StrEnum):
            yield one.name, frozenset(held)
        elif isinstance(held, type) and is_dataclass(held):
            yield from _within(held)
