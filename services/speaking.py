"""Which units a value speaks of, worked out once from its type."""

import types
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.kernel import UnitId

Names = Callable[[Any], Iterable[UUID]]


def nobody(event: Any) -> Iterable[UUID]:
    return ()


def _itself(unit: UUID) -> Iterable[UUID]:
    return (unit,)


def _unit_names(hint: Any) -> Names | None:
    """How the units that a value names are found: itself, items of a tuple, fields of a dataclass; None: never any."""
    bare = _bare(hint)
    if bare is UnitId:
        return _itself
    if get_origin(bare) is tuple:
        inner = _unit_names(get_args(bare)[0])
        return None if inner is None else lambda values: [unit for value in values for unit in inner(value)]
    if isinstance(bare, type) and is_dataclass(bare):
        return units_within(bare)
    return None


def units_within(kind: type) -> Names | None:
    hints = get_type_hints(kind, include_extras=True)
    parts = [(name, found) for name, hint in hints.items() if (found := _unit_names(hint)) is not None]
    if not parts:
        return None
    # One function with a line for each field, as `services.writing` makes them.
    lines = ["def named(value):", "    found = []"]
    for name, found in parts:
        add = "append(said)" if found is _itself else f"extend(of_{name}(said))"
        lines += [f"    if (said := value.{name}) is not None:", f"        found.{add}"]
    known: dict[str, Any] = {f"of_{name}": found for name, found in parts}
    exec("\n".join([*lines, "    return found"]), known)
    return known["named"]  # type: ignore[no-any-return]


def _bare(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(member for member in get_args(hint) if member is not type(None))
        return _bare(hint)
    return hint
