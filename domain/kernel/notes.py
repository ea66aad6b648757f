"""Notes on fields: they ride in `Annotated`, and schemas, tables and documents are derived from them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """Length in characters of a text, and its form as a regular expression (whole match)."""

    at_most: int = 500
    at_least: int = 1
    form: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """Bounds of a whole number, both included."""

    at_least: int = 0
    at_most: int = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Known:
    """The text is a code of a published list: `time zone` (IANA) or `place` (ISO 3166).

    Who asks is held to it; what was recorded stays what it is, whatever becomes of the list.
    """

    of: str


@dataclass(frozen=True, slots=True)
class Says:
    """What a field means, for people; it becomes the help text of form, document and data dictionary.

    `called`: what people call it, where its name is another thing's elsewhere: a unit of measure is no government.
    """

    text: str
    example: Any = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Many:
    """How many items a tuple holds."""

    at_least: int = 0
    at_most: int = 100


@dataclass(frozen=True, slots=True)
class Given:
    """Looked up by the service and no part of the request.

    What is looked up follows from the field's type; `of` names the command's field (or the policy) it is about.
    """

    what: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """A `Sealed` field: the request brings a text, the record keeps its salted hash; `audience` may read it."""

    audience: str
    at_most: int = 500


@dataclass(frozen=True, slots=True)
class Indexed:
    """A column of a view that lists are filtered by."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A text of a view that `q` looks into."""
