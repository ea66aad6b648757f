"""The fields of a command as options of the command line, and what is said by them as the body of a request.

What is wrong with a value, the server says: here it is only read, by the same declaration.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from marshmallow.fields import Field

from api.beside import UNITS
from api.faults import Wrong
from api.meant import view_of
from api.schemas import LeafField, ListField, ObjectField, WordsField
from api.shapes import Part, Request

FORMATS = {"uuid": "ID", "date": "YYYY-MM-DD"}
TYPES = {"integer": "NUMBER", "boolean": "true|false", "string": "TEXT"}


class FieldOption(click.Option):
    """Says one field of a command; several times, where it holds several or is said in several languages."""

    def __init__(self, part: Part) -> None:
        self.part, self.field = part, part.shape.field()
        super().__init__(
            [f"--{part.name.replace('_', '-')}", f"said_{part.name}"],
            multiple=isinstance(self.field, (ListField, WordsField)),
            type=_choice(self.field),
            metavar=_metavar(self.field),
            help=_help(part, self.field),
        )


def _leaf(field: Field[Any]) -> Field[Any]:
    return field.inner if isinstance(field, ListField) else field


def _choice(field: Field[Any]) -> "click.ParamType[Any]":
    leaf = _leaf(field)
    choices = leaf.leaf.document.get("enum") if isinstance(leaf, LeafField) else None
    return click.Choice(choices) if choices else click.STRING


def _metavar(field: Field[Any]) -> str | None:
    """None: the choices are shown."""
    leaf = _leaf(field)
    if isinstance(leaf, WordsField):
        return "LANG=TEXT"
    if not isinstance(leaf, LeafField):
        return "JSON"
    document = leaf.leaf.document
    if view := view_of(leaf.leaf):
        return "UNIT" if view == UNITS else "ID|TITLE"
    return None if "enum" in document else FORMATS.get(document.get("format", ""), TYPES[document["type"]])


def _help(part: Part, field: Field[Any]) -> str:
    said = ["Required." if part.required else "", part.says]
    if isinstance(leaf := _leaf(field), ObjectField):
        said.append(f"Of {', '.join(_within(leaf))}.")
    if part.example is not None:
        said.append(f"Example: {example_of(part, field)}")
    if isinstance(field, (ListField, WordsField)):
        said.append("(May be repeated.)")
    return " ".join(filter(None, said))


def example_of(part: Part, field: Field[Any]) -> str:
    """As the option takes it: of a list one item."""
    one = part.example[0] if isinstance(field, ListField) and isinstance(part.example, list) else part.example
    return one if isinstance(one, str) else json.dumps(one)


def _within(field: ObjectField) -> Iterator[str]:
    for name, one in field.schema.fields.items():
        choices = _choice(one)
        words = (
            f" ({'|'.join(choices.choices)})" if isinstance(choices, click.Choice) and len(choices.choices) < 20 else ""
        )
        yield f"{name}{words}{'' if one.required else ' (may be absent)'}"


def body_of(request: Request, begun: Mapping[str, Any], said: Mapping[str, Any], put: Sequence[str]) -> dict[str, Any]:
    """`begun`: what a file says; `said`: by field what its options say; `put`: path=value, counting last.

    Raises click.BadParameter.
    """
    body = dict(begun)
    for part in request.parts:
        texts = said.get(part.name)
        if texts not in (None, ()):
            hint = f"--{part.name.replace('_', '-')}"
            body[part.name] = _spoken(part.shape.field(), [texts] if isinstance(texts, str) else texts, hint)
    whole = ObjectField(request.schema)
    for one in put:
        path, equals, text = one.partition("=")
        if not equals:
            raise click.BadParameter(f"{one!r} is not path=value, like cost.amount=12.50.", param_hint="--set")
        body = _put(body, whole, path.split("."), text)
    return body


def _spoken(field: Field[Any], texts: Sequence[str], hint: str) -> Any:
    if isinstance(field, WordsField):
        return {tag: words for text in texts for tag, words in _words(text, hint)}
    if not isinstance(field, ListField):
        return _read(field, texts[0], hint)
    items: list[Any] = []
    for text in texts:
        item = _read(field.inner, text, hint)
        items += item if isinstance(item, list) else [item]
    return items


def _words(text: str, hint: str) -> Iterator[tuple[str, Any]]:
    if text.lstrip().startswith("{"):
        yield from _json(text, hint).items()
        return
    tag, equals, words = text.partition("=")
    if not equals:
        raise click.BadParameter(f'Say in which language: {hint} en="{text}".', param_hint=hint)
    yield tag.strip(), words


def _read(field: Field[Any], text: str, hint: str) -> Any:
    """The JSON value that a text says."""
    if not isinstance(field, LeafField):
        return _json(text, hint)
    try:
        return field.leaf.parse(text)
    except Wrong as wrong:
        raise click.BadParameter(str(wrong.fault), param_hint=hint) from None


def _json(text: str, hint: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"JSON is asked for: {error}.", param_hint=hint) from None


def _put(within: Any, field: Field[Any], steps: Sequence[str], text: str) -> Any:
    """What stood there, with one place in it said anew."""
    if not steps:
        return _read(field, text, "--set")
    step, rest = steps[0], steps[1:]
    if isinstance(field, ListField):
        items = list(within) if isinstance(within, list) else []
        if not (step.isascii() and step.isdecimal()) or int(step) > len(items):
            raise click.BadParameter(f"Items are counted from 0, the next one is {len(items)}: {step!r} is none.",
                                     param_hint="--set")  # fmt: skip
        at = int(step)
        return [*items[:at], _put(items[at] if at < len(items) else None, field.inner, rest, text), *items[at + 1 :]]
    made = dict(within) if isinstance(within, Mapping) else {}
    if isinstance(field, WordsField) and not rest:
        return {**made, step: text}
    inner = field.schema.fields.get(step) if isinstance(field, ObjectField) else None
    if inner is None:
        there = f" There are: {', '.join(field.schema.fields)}." if isinstance(field, ObjectField) else ""
        raise click.BadParameter(f"There is no field {step!r} in it.{there}", param_hint="--set")
    return {**made, step: _put(made.get(step), inner, rest, text)}
