"""Plain values at the web's edge: one declaration each serves the check, the fast decoder and the document."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta

from api.faults import Wrong
from api.known import CURRENCIES
from domain.kernel import EventName, PartialDate, day_of
from services.store.ids import read_id

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps as it is."""
LANGUAGES = 40
DAY = r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}"
ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ID = re.compile(ID)
_CLEAN = r"[^\x00\ud800-\udfff]*"
_UNCLEAN = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One sort of plain value.

    `document`: its JSON Schema. `wire`: what msgspec checks. `check`: raises Wrong for a JSON value of another sort.
    `make`: the typed value of a checked one; a ValueError says why there is none. `parse`: a query string's text as
    the JSON value, leniently. `of`: what it is the id of (`unit`, `mandate`), where people may say it otherwise.
    `sealed`: it is not public, and kept nowhere but sealed.
    """

    document: Mapping[str, Any]
    wire: Any
    check: Callable[[Any], None]
    make: Callable[[Any], Any]
    parse: Callable[[str], Any] = str
    of: str = ""
    sealed: bool = False

    @property
    def free(self) -> bool:
        """Whether people may write whatever they like."""
        return self.document.get("pattern") in (_NOT_BLANK, _NO_NUL)

    def read(self, value: Any) -> Any:
        """The typed value. Raises Wrong."""
        self.check(value)
        try:
            return self.make(value)
        except ValueError as error:
            raise Wrong("invalid", str(error)) from None

    def read_text(self, text: str) -> Any:
        """The typed value of a text from path, query or header. Raises Wrong."""
        return self.read(self.parse(text))


def same(value: Any) -> Any:
    return value


def text(
    at_most: int, at_least: int = 1, form: str = "", make: Callable[[str], Any] = same, says: str = "", like: str = "",
    **document: Any,
) -> Leaf:  # fmt: skip
    """A text: its length in characters and its form; without a form it is not blank (unless `at_least` is 0).

    `says`: the sentence on whatever is wrong with it. `like`: that on its form, for those who read no pattern.
    """
    # A form that admits any visible character does not mean to admit NUL.
    form = form.replace(r"\S", r"[^\s\x00]")
    whole = re.compile(form) if form else None

    def check(value: Any) -> None:
        if not isinstance(value, str):
            raise Wrong("type", says or "A text is asked for.")
        if not at_least <= len(value) <= at_most:
            raise Wrong("length", says or f"{_length(at_least, at_most, len(value))} {like}".rstrip())
        if _UNCLEAN.search(value):
            raise Wrong("characters", "A text holds neither the character NUL nor half of a surrogate pair.")
        if whole and not whole.fullmatch(value):
            raise Wrong("form", says or like or f"It must have the form {form}")
        if not whole and at_least and not value.strip():
            raise Wrong("blank", "A text is not blank.")

    shown = f"^(?:{form})$" if form else _NOT_BLANK if at_least else _NO_NUL
    # `\Z`, since `$` would let a closing line break pass; the look-ahead keeps the search linear.
    strict = rf"\A(?={_CLEAN}\Z)" + (rf"(?:{form})\Z" if form else r"\s*\S" if at_least else "")
    schema = {"type": "string", "minLength": at_least, "maxLength": at_most, "pattern": shown, **document}
    wire = Annotated[str, Meta(min_length=at_least, max_length=at_most, pattern=strict)]
    return Leaf(schema, wire, check, make)


_NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
_NO_NUL = r"^[^\u0000]*$"


def _length(at_least: int, at_most: int, found: int) -> str:
    return f"Between {at_least} and {at_most} characters are asked for, and these are {found}."


def whole(at_least: int = 0, at_most: int = LARGEST) -> Leaf:
    """A whole number within bounds, both included; `5.0` is none."""

    def check(value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong("type", "A whole number is asked for.")
        if not at_least <= value <= at_most:
            raise Wrong("range", f"A number from {at_least} to {at_most} is asked for.")

    def parse(said: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,20}", said):
            raise Wrong("type", "A whole number is asked for.")
        return int(said)

    schema = {"type": "integer", "minimum": at_least, "maximum": at_most}
    return Leaf(schema, Annotated[int, Meta(ge=at_least, le=at_most)], check, same, parse)


_SAID = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def yes_no() -> Leaf:
    """true or false; in a query string also 1, 0, yes and no."""

    def check(value: Any) -> None:
        if not isinstance(value, bool):
            raise Wrong("type", "true or false is asked for.")

    def parse(said: str) -> Any:
        return _SAID.get(said.lower(), said)

    return Leaf({"type": "boolean"}, bool, check, same, parse)


def one_of(values: Sequence[str], make: Callable[[str], Any] = same, wire: Any = None) -> Leaf:
    """One of a list of words."""
    known = frozenset(values)

    def check(value: Any) -> None:
        if not isinstance(value, str):
            raise Wrong("type", "A text is asked for.")
        if value not in known:
            raise Wrong("choice", f"It is one of {', '.join(values)}.")

    return Leaf({"type": "string", "enum": list(values)}, wire, check, make)


def enumerated(kind: type[StrEnum]) -> Leaf:
    return one_of([member.value for member in kind], kind, kind)


def day() -> Leaf:
    says = "A day is asked for: YYYY-MM-DD."
    return text(10, 10, DAY, day_of, says, format="date")


def partial_date() -> Leaf:
    says = "A year, a month, a day or the word unknown is asked for: 2030, 2030-06, 2030-06-30."
    return text(10, 4, PartialDate.FORM, PartialDate, says)


def uuid(kind: Callable[[str], Any] = read_id) -> Leaf:
    return text(36, 36, ID, kind, "A UUID is asked for, with its hyphens.", format="uuid")


def as_written(key: str) -> str:
    """A key with the ids in it as the register writes them: RFC 9562 has capital letters read as well."""
    return _ID.sub(lambda found: found[0].lower(), key)


def event_name() -> Leaf:
    return text(47, 38, EventName.FORM, EventName, "The name of a record is asked for: <stream>/<version>.")


class Currency(str):
    """The type of a field that holds the code of a currency."""

    __slots__ = ()


def currency() -> Leaf:
    known = frozenset(CURRENCIES)

    def check(value: Any) -> None:
        if not isinstance(value, str) or value not in known:
            raise Wrong("choice", "The code of a currency is asked for (ISO 4217), in capital letters: EUR.")

    return Leaf({"type": "string", "enum": CURRENCIES}, Literal[tuple(CURRENCIES)], check, same)


def decimal(form: str, at_most: int = 40) -> Leaf:
    return text(at_most, 1, form, Decimal, 'A decimal number is asked for, as a text: "12.50".')
