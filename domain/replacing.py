"""A frozen value with some of its fields changed: folding a long history makes little else.

`dataclasses.replace` asks every field for its rules; then `__init__` sets each one through `object.__setattr__`, since
the class is frozen. Here a class gets a function of its own, once, which fills an open twin of it (the same slots, and
no guard on them) with plain assignments, and then lets it be one of the frozen class: a tenth of the time.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # To a type checker it is that very function, whose arguments it holds against the fields of the class.
    from dataclasses import replace as replace
else:
    import dataclasses

    def replace(value, /, **changes):
        """The same as `dataclasses.replace`, faster. A class that checks its values in `__post_init__` still does."""
        changed = _changing(type(value))
        return dataclasses.replace(value, **changes) if changed is None else changed(value, changes)


@cache
def _changing(kind: type) -> Callable[[Any, Mapping[str, Any]], Any] | None:
    """How values of a class are changed, as one function; None where only `dataclasses` knows."""
    if not is_dataclass(kind) or hasattr(kind, "__post_init__") or not all(field.init for field in fields(kind)):
        return None
    twin = _twin(kind)
    if twin is None:
        return None
    copied = "".join(f"    new.{field.name} = old.{field.name}\n" for field in fields(kind))
    lines = f"def changed(old, changes):\n    new = blank(twin)\n{copied}{_CHANGED}"
    made: dict[str, Any] = {"blank": object.__new__, "twin": twin, "kind": kind}
    exec(lines, made)
    return made["changed"]  # type: ignore[no-any-return]


_CHANGED = """\
    try:
        for name, value in changes.items():
            setattr(new, name, value)
    except AttributeError:
        raise TypeError(f"{kind.__name__} has no field {name!r}") from None
    new.__class__ = kind
    return new
"""


def _twin(kind: type) -> type | None:
    """A class whose values become those of `kind` by name alone: its layout, without its guard."""
    own = {
        "__slots__": kind.__dict__.get("__slots__", ()),
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    twin = type(kind)(kind.__name__, kind.__bases__, own)
    blank: Any = object.__new__(twin)
    try:
        blank.__class__ = kind
    except TypeError:  # they are laid out otherwise
        return None
    return twin
