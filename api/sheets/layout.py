"""The columns of a sheet, derived from the fields of commands: cells to the JSON of a request, and values to cells.

A column is called by the path to its field: `owner`, `title.fr`, `targets.1.value.unit`; items are counted from 1, as
people count milestones. Of plain values a list stands in one cell, with semicolons between them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from marshmallow.fields import Field

from api.faults import Fault, Located, Wrong
from api.schemas import LeafField, ListField, ObjectField, WordsField
from api.shapes import Part
from api.values import Leaf
from domain.kernel import Words
from services.spreadsheets import marked, unmarked

Path: TypeAlias = tuple[str | int, ...]
Unit: TypeAlias = Callable[[str], UUID]
"""The unit that a cell names. Raises Wrong."""
TAG = re.compile(Words.TAG)
NUMBER = re.compile(r"[1-9][0-9]{0,3}")
BETWEEN = "; "
GAP = Fault("gap", "An item before it is empty: they are counted on from 1.")


@dataclass(frozen=True, slots=True)
class Column:
    """`many`: its cell holds a list. `says`, `example` and `required`: of the field that it leads to."""

    path: Path
    leaf: Leaf
    many: bool
    says: str
    example: Any
    required: bool

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))


class Layout:
    """The columns that the sheet of some fields may have."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = {part.name: part for part in parts}
        self._fields: dict[str, Field[Any]] = {part.name: part.shape.field() for part in parts}

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is such a one."""
        first, *rest = name.split(".")
        part = self.parts.get(first)
        if part is None:
            return None
        path: list[str | int] = [first]
        field, said, must = self._fields[first], (part.says, part.example), part.required
        for number, step in enumerate(rest, start=1):
            if isinstance(field, WordsField):
                fits = number == len(rest) and TAG.fullmatch(step) is not None
                return Column((*path, step), field.leaf, False, *said, must) if fits else None
            if isinstance(field, ListField) and not isinstance(field.inner, LeafField) and NUMBER.fullmatch(step):
                field, must = field.inner, False
                path.append(int(step))
                continue
            inner = field.schema.fields.get(step) if isinstance(field, ObjectField) else None
            if inner is None:
                return None
            field, must = inner, must and inner.required
            said = (inner.metadata.get("description", ""), inner.metadata.get("example"))
            path.append(step)
        many = isinstance(field, ListField)
        leaf = field.inner if isinstance(field, ListField) else field
        return Column(tuple(path), leaf.leaf, many, *said, must) if isinstance(leaf, LeafField) else None

    # --- from values to cells ---

    def cells(self, terms: Mapping[str, Any], name_of: Callable[[UUID], str]) -> dict[str, str]:
        """What is said, by column; `name_of`: how a unit is named."""
        return {
            column: text
            for name, field in self._fields.items()
            for column, text in _cells(field, terms.get(name), name, name_of)
        }

    def header(self, used: Iterable[str]) -> list[str]:
        """The names of columns in their order: those that always stand there, and those that are used."""
        plain = (name for name, field in self._fields.items() if not isinstance(field, (ListField, WordsField)))
        always = (name for name in plain if self.column(name) is not None)
        return sorted({*always, *used}, key=self._place)

    def sample(self) -> list[str]:
        """The names of columns as a sheet may begin: every field, in English, one item of each list."""
        return [name for part, field in self._fields.items() for name in _sample(field, part)]

    def _place(self, name: str) -> tuple[Any, ...]:
        """Where a column stands: in the order of fields, of numbers, of language tags."""
        first, *rest = name.split(".")
        field = self._fields[first]
        place: list[Any] = [list(self._fields).index(first)]
        for step in rest:
            if isinstance(field, ListField):
                place.append(int(step))
                field = field.inner
            elif isinstance(field, ObjectField):
                place.append(list(field.schema.fields).index(step))
                field = field.schema.fields[step]
            else:
                place.append(step)
        return tuple(place)

    # --- from cells to values ---

    def body(
        self, cells: Mapping[str, str], columns: Iterable[Column], unit: Unit
    ) -> tuple[dict[str, Any], list[tuple[str, Fault]]]:
        """The JSON of a row, and what is wrong with single cells, by column."""
        made: dict[str | int, Any] = {}
        wrong: list[tuple[str, Fault]] = []
        for column in columns:
            cell = cells[column.name]
            text = unmarked(cell) if column.leaf.free else cell.strip()
            if not text.strip():
                continue
            try:
                _put(made, column.path, _value(column, text, unit))
            except Wrong as found:
                wrong.append((column.name, found.fault))
        wrong += [(name, GAP) for name in _gaps(made, ())]
        return _settled(made), wrong

    def column_at(self, fault: Located) -> str:
        """The column that a fault of the body points to."""
        first, *steps = fault.pointer.removeprefix("/").split("/")
        field = self._fields.get(first)
        name = [first]
        for step in steps:
            if isinstance(field, ListField):
                if isinstance(field.inner, LeafField):
                    break
                name.append(str(int(step) + 1))
                field = field.inner
            else:
                name.append(step)
                field = field.schema.fields.get(step) if isinstance(field, ObjectField) else None
        return ".".join([*name, *(["en"] if isinstance(field, WordsField) else [])])


def _cells(field: Any, value: Any, name: str, name_of: Callable[[UUID], str]) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(field, WordsField):
        yield from ((f"{name}.{tag}", marked(text)) for tag, text in value.items())
    elif isinstance(field, ListField) and isinstance(field.inner, LeafField):
        if value:
            yield name, BETWEEN.join(_text(field.inner.leaf, one, name_of) for one in value)
    elif isinstance(field, ListField):
        for number, one in enumerate(value, start=1):
            yield from _cells(field.inner, one, f"{name}.{number}", name_of)
    elif isinstance(field, ObjectField):
        for step, inner in field.schema.fields.items():
            part = value.get(step) if isinstance(value, Mapping) else getattr(value, step)
            yield from _cells(inner, part, f"{name}.{step}", name_of)
    else:
        yield name, _text(field.leaf, value, name_of)


def _text(leaf: Leaf, value: Any, name_of: Callable[[UUID], str]) -> str:
    if leaf.of == "unit":
        return name_of(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    said = format(value, "f") if isinstance(value, Decimal) else str(value)
    return marked(said) if leaf.free else said


def _sample(field: Any, name: str) -> Iterator[str]:
    if isinstance(field, WordsField):
        yield f"{name}.en"
    elif isinstance(field, ListField) and not isinstance(field.inner, LeafField):
        yield from _sample(field.inner, f"{name}.1")
    elif isinstance(field, ObjectField):
        for step, inner in field.schema.fields.items():
            yield from _sample(inner, f"{name}.{step}")
    else:
        yield name


def _value(column: Column, text: str, unit: Unit) -> Any:
    """The JSON value of a cell. Raises Wrong."""

    def one(said: str) -> Any:
        return str(unit(said)) if column.leaf.of == "unit" else column.leaf.parse(said)

    return [one(part.strip()) for part in text.split(";") if part.strip()] if column.many else one(text)


def _put(made: dict[str | int, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        made = made.setdefault(step, {})
    made[path[-1]] = value


def _gaps(made: Any, path: Path) -> Iterator[str]:
    """Columns of items that stand behind an empty one."""
    if not isinstance(made, dict):
        return
    numbers = sorted(step for step in made if isinstance(step, int))
    for number, step in enumerate(numbers, start=1):
        if step != number:
            yield ".".join(map(str, (*path, step, next(iter(made[step])))))
            return
    for step, inner in made.items():
        yield from _gaps(inner, (*path, step))


def _settled(made: Any) -> Any:
    """Items in their order, where they stood by number."""
    if not isinstance(made, dict):
        return made
    if made and all(isinstance(step, int) for step in made):
        return [_settled(made[step]) for step in sorted(made)]
    return {step: _settled(inner) for step, inner in made.items()}
