"""Frozen values made, and changed, at the speed of open ones: folding a long history makes little else.

A frozen dataclass sets each field through `object.__setattr__`, and `dataclasses.replace` asks every field for its
rules before. Here a class gets functions of its own, once. They fill an open twin of it (the same slots, and no guard
on them) with plain assignments, and then let it be one of the frozen class.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")

if TYPE_CHECKING:
    # To a type checker it is that very function, whose arguments it holds against the fields of the class.
    from dataclasses import replace as replace
else:
    import dataclasses

    def replace(value, /, **changes):
        """The same as `dataclasses.replace`, faster. A class that checks its values in `__post_init__` still does."""
        changed = _changing(type(value))
        return dataclasses.replace(value, **changes) if changed is None else changed(value, changes)


def replace_nth(values: tuple[T, ...], number: int, **changes: object) -> tuple[T, ...]:
    """The same values, the one of this number (1, 2, 3 ...) with these changes."""
    after = replace(values[number - 1], **changes)  # type: ignore[type-var]
    return (*values[: number - 1], after, *values[number:])


def quick(kind: type[T]) -> type[T]:
    """A frozen dataclass with slots whose values are made fast: for those of which there are several a record.

    TypeError for a class that checks its values, or makes defaults anew for each.
    """
    if not quicken(kind):
        raise TypeError(f"{kind.__name__} cannot be made any faster.")
    return kind


def quicken(kind: type) -> bool:
    """As `quick`, of any class: whether its values are made fast from now on. Twice is as good as once."""
    if kind in _QUICKENED:
        return True
    if not is_dataclass(kind) or hasattr(kind, "__post_init__") or not all(map(_is_plain, own := fields(kind))):
        return False
    by_place, by_name = [one for one in own if not one.kw_only], [one for one in own if one.kw_only]
    twin = _twin(kind) if _asks_for(kind) == [one.name for one in (*by_place, *by_name)] else None
    if twin is None:
        return False
    given = ", ".join((*map(_given, by_place), *(by_name and "*"), *map(_given, by_name)))
    # No field's name begins with two underscores.
    lines = [f"def __init__(self, {given}):", "    __become(self, '__class__', __twin)"]
    lines += [f"    self.{one.name} = {one.name}" for one in own]
    lines += ["    self.__class__ = __kind"]
    known: dict[str, Any] = {"__become": object.__setattr__, "__twin": twin, "__kind": kind}
    made = _made("\n".join(lines), known | {f"__default_{one.name}": one.default for one in own})["__init__"]
    made.__qualname__, made.__annotations__ = f"{kind.__qualname__}.__init__", kind.__init__.__annotations__
    kind.__init__ = made  # type: ignore[method-assign]
    _QUICKENED.add(kind)
    return True


_QUICKENED = WeakSet[type]()


def _asks_for(kind: type) -> list[str] | None:
    """What the `__init__` that `dataclasses` wrote for this very class asks for; None where somebody else wrote it."""
    code = getattr(kind.__dict__.get("__init__"), "__code__", None)
    if code is None or code.co_filename != "<string>":
        return None
    return list(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def _is_plain(one: "Field[Any]") -> bool:
    return one.init and one.default_factory is MISSING


def _given(one: "Field[Any]") -> str:
    return one.name if one.default is MISSING else f"{one.name}=__default_{one.name}"


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
    return _made(lines, {"blank": object.__new__, "twin": twin, "kind": kind})["changed"]  # type: ignore[no-any-return]


_CHANGED = """\
    try:
        for name, value in changes.items():
            setattr(new, name, value)
    except AttributeError:
        raise TypeError(f"{kind.__name__} has no field {name!r}") from None
    new.__class__ = kind
    return new
"""


def _made(lines: str, known: dict[str, Any]) -> dict[str, Any]:
    """What these lines define. They are written here, as `dataclasses` writes an `__init__`."""
    exec(lines, known)
    return known


def _twin(kind: type) -> type | None:
    """A class whose values become those of `kind` by name alone: its layout, without its guard.

    One of its own kind that adds nothing: of two that stand apart, every slot would be compared at each change.
    """
    if "__slots__" not in kind.__dict__:
        return None
    own = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    twin = type(kind)(kind.__name__, (kind,), own)
    blank: Any = object.__new__(twin)
    try:
        blank.__class__ = kind
    except TypeError:  # they are laid out otherwise
        return None
    return twin
