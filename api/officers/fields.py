"""A command's form: its schema as fields with names, what was typed as the JSON that the schema takes, and back.

A name is the path to a value, divided by dots: `title.0.text`, `parties.2.unit`. What is left empty is absent, and rows
of a list in which nothing was typed are no items of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import marshmallow
from msgspec import UNSET

from api.faults import Fault, Located, Wrong, pointer
from api.meant import view_of
from api.schemas import TAG, LeafField, ListField, ObjectField, WordsField
from api.values import LANGUAGES, Leaf

Typed = dict[str, Any]
"""What was typed: by the steps of its names, texts at the ends."""
LANG, TEXT = "lang", "text"
DEEP = 16
"""Steps that a name has at most; no command's has half as many."""


class Option(NamedTuple):
    """One of those among which somebody chooses. `lang`: the language it is said in, where that is not the page's."""

    key: str
    said: str
    lang: str = ""


@dataclass(slots=True)
class Node:
    """One field of a form, with what was typed into it and what is wrong with it.

    `sort`: leaf, words, line (one language of words), list or object. `rows`: what it is made of, in order. `says`,
    `required`: as the command declares it. `choices`: what was found for a text that may mean several things;
    `options`: all that may be meant at all.
    """

    sort: str
    name: str
    at: str
    label: str
    says: str = ""
    example: Any = None
    required: bool = False
    leaf: Leaf | None = None
    default: Any = None
    text: str = ""
    at_most: int = 0
    rows: list["Node"] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    choices: Sequence[tuple[str, str]] = ()
    options: Sequence[Option] = ()
    called: str = ""

    @property
    def id(self) -> str:
        return "f-" + self.name.replace(".", "-")

    @property
    def step(self) -> str:
        """What the field is called where it stands; an item of a list as the list is."""
        return next((one for one in reversed(self.name.split(".")) if not one.isdecimal()), "")

    @property
    def view(self) -> str:
        """The view in which people find what the field asks the id of; empty where it asks for none."""
        return view_of(self.leaf)

    @property
    def document(self) -> bool:
        """Whether it tells of a document by its hash."""
        return self.sort == "object" and any(one.label == "sha256" for one in self.rows)

    @property
    def empty(self) -> bool:
        """Nothing was typed into it. A language that was chosen for no text is nothing."""
        if self.sort == "leaf":
            return self.text == ""
        if self.sort == "line":
            return self.rows[1].empty
        return all(one.empty for one in self.rows)

    def walk(self) -> Iterator["Node"]:
        yield self
        for row in self.rows:
            yield from row.walk()


def form_of(schema: marshmallow.Schema, typed: Typed, *, kept: bool = False, languages: Sequence[str] = ()) -> Node:
    """A form with what was typed. `kept`: empty rows stay, since whoever asked for one more will fill it in."""
    making = _Making(kept, languages)
    root = Node("object", "", "", "")
    root.rows = [making.node(one, name, "", "", typed.get(name)) for name, one in schema.fields.items()]
    root.rows.sort(key=lambda one: not one.required)
    return root


@dataclass(frozen=True, slots=True)
class _Making:
    kept: bool
    languages: Sequence[str]

    def node(self, one: Any, step: str, name: str, at: str, typed: Any) -> Node:
        """The node of a schema's field, under a name and a pointer."""
        said = one.metadata
        default = None if one.load_default in (marshmallow.missing, None, ()) else one.load_default
        made = Node(
            "leaf", f"{name}.{step}" if name else step, at + pointer(step), said.get("title", step),
            said.get("description", ""), said.get("example"), one.required, default=default,
        )  # fmt: skip
        self._filled(made, one, typed if isinstance(typed, dict) else {}, typed if isinstance(typed, str) else "")
        return made

    def _filled(self, made: Node, one: Any, within: Typed, text: str) -> None:
        if isinstance(one, LeafField):
            made.leaf, made.text = one.leaf, text
        elif isinstance(one, WordsField):
            made.sort = "words"
            self._lines(made, one, within)
        elif isinstance(one, ListField):
            made.sort, made.at_most = "list", one.many.at_most
            self._items(made, one, within)
        else:
            assert isinstance(one, ObjectField)
            made.sort = "object"
            parts = one.schema.fields.items()
            made.rows = [self.node(inner, step, made.name, made.at, within.get(step)) for step, inner in parts]

    def _items(self, made: Node, one: ListField, within: Typed) -> None:
        typed = [within[step] for step in _numbers(within)]
        items = (self.node(one.inner, str(at), "", "", each) for at, each in enumerate(typed))
        there = [each for each, item in zip(typed, items, strict=True) if self.kept or not item.empty]
        # One too many is refused, and no form of ours sends more: a page of thousands takes seconds to write.
        for at, each in enumerate(there[: made.at_most + 1] or [None]):
            item = self.node(one.inner, str(at), made.name, made.at, each)
            item.label = f"{made.label} {at + 1}"
            made.rows.append(item)

    def _lines(self, made: Node, one: WordsField, within: Typed) -> None:
        typed = [within[step] for step in _numbers(within) if isinstance(within[step], dict)]
        there = [each for each in typed if self.kept or each.get(TEXT)]
        for at, each in enumerate(there[: LANGUAGES + 1] or [{}]):
            lang = each.get(LANG)
            if not isinstance(lang, str):
                lang = next(iter(self.languages), "en").partition("-")[0] if at == 0 else ""
            text = each.get(TEXT, "")
            made.rows.append(_line(made, one.leaf, at, lang, text if isinstance(text, str) else ""))


def _line(words: Node, leaf: Leaf, at: int, lang: str, text: str) -> Node:
    """A text in one language: the schema knows it by the language."""
    name, place = f"{words.name}.{at}", words.at + pointer(lang)
    return Node(
        "line", name, place, words.label,
        rows=[Node("leaf", f"{name}.{LANG}", "", "language", leaf=TAG, text=lang),
              Node("leaf", f"{name}.{TEXT}", place, words.label, leaf=leaf, text=text)],
    )  # fmt: skip


def _numbers(within: Typed) -> list[str]:
    return sorted((step for step in within if step.isdecimal() and step.isascii() and len(step) < 7), key=int)


def value_of(node: Node, gathered: list[Located]) -> Any:
    """The JSON that was typed; UNSET where nothing was. What JSON could not hold is gathered as a fault."""
    if node.sort == "leaf":
        return _leaf_of(node)
    if node.sort == "words":
        return _words_of(node, gathered)
    if node.sort == "list":
        items = [value_of(one, gathered) for one in node.rows if not one.empty]
        return items if items or node.required else UNSET
    if node.empty and not node.required and node.name:
        return UNSET
    found = {one.name.rpartition(".")[2]: value_of(one, gathered) for one in node.rows}
    return {name: value for name, value in found.items() if value is not UNSET}


def _leaf_of(node: Node) -> Any:
    assert node.leaf is not None
    document = node.leaf.document
    if node.text == "":
        return "" if node.required and document.get("minLength") == 0 else UNSET
    # Who copies an id or a number copies the blank beside it; in a text of their own it is theirs.
    free = document["type"] == "string" and "format" not in document and "enum" not in document
    try:
        return node.leaf.parse(node.text if free else node.text.strip())
    except Wrong:
        return node.text


def _words_of(node: Node, gathered: list[Located]) -> Any:
    found: dict[str, str] = {}
    for line in node.rows:
        lang, text = line.rows[0].text.strip(), line.rows[1].text
        if text == "":
            continue
        if lang in found:
            said = Fault("repeated-key", "There are two texts in this language. Choose another for one of them.")
            gathered.append(Located("body", line.at, said))
            line.rows[1].faults.append(str(said))
        found[lang] = text
    return found or UNSET


def names_of(value: Any, name: str = "", one: Any = None) -> Iterator[tuple[str, str]]:
    """What would be typed for a JSON value. `one`: the schema, or its field, that takes it."""
    if isinstance(one, (marshmallow.Schema, ObjectField)):
        parts = one.fields if isinstance(one, marshmallow.Schema) else one.schema.fields
        for step, inner in value.items():
            yield from names_of(inner, f"{name}.{step}" if name else step, parts[step])
    elif isinstance(one, WordsField):
        for at, (tag, text) in enumerate(value.items()):
            yield from ((f"{name}.{at}.{LANG}", tag), (f"{name}.{at}.{TEXT}", text))
    elif isinstance(one, ListField):
        for at, inner in enumerate(value):
            yield from names_of(inner, f"{name}.{at}", one.inner)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def typed_of(said: Iterable[tuple[str, str]]) -> Typed:
    """What was typed, by the steps of its names; one that is said twice counts as it was said last."""
    found: Typed = {}
    for name, text in said:
        steps, within = name.split(".", DEEP), found
        for step in steps[:-1]:
            inner = within.setdefault(step, {})
            within = inner if isinstance(inner, dict) else {}
        if not isinstance(within.get(steps[-1]), dict):
            within[steps[-1]] = text
    return found


def one_more(typed: Typed, name: str) -> None:
    """Another, empty row of a list, or another language of a text."""
    within = _within(typed, name)
    if within is not None:
        within[str(max(map(int, _numbers(within)), default=-1) + 1)] = {}


def taken_away(typed: Typed, name: str) -> None:
    """One row of a list less."""
    above, _, step = name.rpartition(".")
    within = _within(typed, above)
    if within is not None:
        within.pop(step, None)


def _within(typed: Typed, name: str) -> Typed | None:
    within: Any = typed
    for step in name.split(".", DEEP):
        within = within.setdefault(step, {}) if isinstance(within, dict) else None
    return within if isinstance(within, dict) else None


def place(root: Node, faults: Iterable[Located]) -> Sequence[tuple[Node | None, str]]:
    """Puts each fault at its field, or at the nearest around it; gives what a summary says, in order."""
    by_place: Mapping[str, Node] = {one.at: one for one in root.walk() if one.at}
    told: list[tuple[Node | None, str]] = []
    for one in faults:
        at = one.pointer
        while at and at not in by_place:
            at = at.rpartition("/")[0]
        node = by_place.get(at)
        if node is not None and str(one.fault) not in node.faults:
            node.faults.append(str(one.fault))
        told.append((node, str(one.fault)))
    return told
