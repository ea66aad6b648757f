"""How a row differs from what it was, as pages tell it: column by column, of lists only what went and what came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.people import Text, texts_of
from services.views.ports import Column


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that says something else. `before`, `after`: what it says; None: nothing."""

    label: str
    before: Text | None
    after: Text | None

    @property
    def values(self) -> Sequence[Any]:
        return [one.value for one in (self.before, self.after) if one is not None]


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], columns: Sequence[Column], known: frozenset[str]
) -> Sequence[Difference]:
    """In the order of the columns. What depends on the day of reading is no change of the row."""
    stored = [one for one in columns if not one.computed]
    sides = [_parted(one, other) for one, other in ((before, after), (after, before))]
    was, now = ({one.label: one for one in texts_of(side, stored, known)} for side in sides)
    order = dict.fromkeys(one.path[0] if one.path else one.name for one in stored)
    return [Difference(label, was.get(label), now.get(label)) for label in order if label in was or label in now]


def _parted(row: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a row says and the other one does not; with the id or the name that stands beside it."""
    differing = {name for name in {**row, **other} if row.get(name) != other.get(name)}
    beside = {name.removesuffix("_name") for name in differing} | {f"{name}_name" for name in differing}
    return {name: _left(value, other.get(name)) for name, value in row.items() if name in differing | beside}


def _left(value: Any, other: Any) -> Any:
    """Of a list what the other one lacks, None where it lacks nothing; all of it where only the order is another."""
    if not isinstance(value, list) or not isinstance(other, list):
        return value
    left = [one for one in value if one not in other]
    return left or (None if any(one not in value for one in other) else value)
