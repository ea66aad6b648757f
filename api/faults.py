"""What can be wrong with a request, one fault at a time, each named by where it lies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FAULTS = 100
"""Faults of a request that are named: a body of a megabyte has room for ninety thousand, and to look for what each of
thousands of unknown names may mean takes seconds."""


class Fault(str):
    """A sentence for people with its stable code for machines; a string, so that marshmallow carries it."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, detail: str) -> "Fault":
        made = super().__new__(cls, detail)
        made.code = code
        return made


class Wrong(Exception):
    """A value that is not what was asked for."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(code, detail)


@dataclass(frozen=True, slots=True)
class Located:
    """A fault and its place: `where` is body, query, path or header, `pointer` a JSON pointer within it."""

    where: str
    pointer: str
    fault: Fault

    def said(self) -> dict[str, str]:
        return {"in": self.where, "pointer": self.pointer, "code": self.fault.code, "detail": str(self.fault)}


class Invalid(Exception):
    """Everything that is wrong with one request, in path, query, headers and body together.

    `malformed`: the body could not even be read as JSON.
    """

    def __init__(self, faults: Sequence[Located], *, malformed: bool = False) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)
        self.malformed = malformed

    @property
    def status(self) -> int:
        """422 where only the body's content is wrong, else 400."""
        return 422 if not self.malformed and all(one.where == "body" for one in self.faults) else 400


def pointer(*steps: object) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def flattened(messages: Any, at: str = "") -> Iterator[tuple[str, Fault]]:
    """marshmallow's nested messages as (pointer, fault) pairs."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from flattened(inner, at if key == "_schema" else at + pointer(key))
    else:
        for message in messages:
            yield at, message if isinstance(message, Fault) else Fault("invalid", str(message))
