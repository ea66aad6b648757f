"""What was typed wrongly is put right: one mechanism for every context that has the command `correct`.

Such a correction (erratum, Berichtigung, rectification d'erreur matérielle) says what a record should have said from
the beginning, and so counts from the day of that record. The record stays, with both readings. What somebody else has
relied on by then is not put right but changed, by the commands that a context has for that; which is which, the
context says (deploy/decisions/0014).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Annotated, Any, Protocol, TypeAlias, TypeVar

from domain.kernel import EventName, Refused, Says, StreamId
from domain.replacing import replace

Corrects: TypeAlias = Annotated[
    EventName,
    Says("The record that said it wrongly: <stream>/<version>; the first one that said it, not a correction."),
]
CHANGES = Says("What it should have said, a text in all its languages; what is left out is right as it stands.")
T = TypeVar("T")
Wording = TypeVar("Wording")
NOTHING_LATER: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Corrected:
    """What stood until now, and what should have stood there; fields that were right are in neither.

    A context declares its own event as a subclass, with the class of what can be put right there.
    """

    corrects: EventName
    before: Any
    after: Any


class Kept(Protocol):
    """A document that is kept elsewhere."""

    @property
    def url(self) -> str: ...

    @property
    def sha256(self) -> str | None: ...


def put_right(
    corrects: EventName, changes: Wording, stands: object, stream: StreamId, said: Mapping[str, int] = NOTHING_LATER
) -> tuple[Wording, Wording]:
    """What stands, and what should stand, as far as the two differ.

    `stands` has a field for each of `changes`. `said`: the versions of the records that said a field, where that was
    not the first one. Refused `nothing-to-correct`, `never-said`, `not-said-there`.
    """
    wrong = [name for name, value in said_of(changes).items() if value != getattr(stands, name)]
    if not wrong:
        raise Refused(
            "nothing-to-correct",
            "That is what it says already: name what it should have said instead.",
            fields=("changes",),
        )
    for name in wrong:
        if getattr(stands, name) is None:
            reason = f"Nothing was said of `{name}` that could be corrected; what is new stands beside a later record."
            raise Refused("never-said", reason, field=name, fields=(f"changes.{name}",))
        there = EventName.at(stream, said.get(name, 1))
        if corrects != there:
            raise Refused(
                "not-said-there",
                f"`{name}` was said in {there}: name that record.",
                field=name,
                said=there,
                fields=("corrects",),
            )
    kind = type(changes)
    before = kind(**{name: getattr(stands, name) for name in wrong})
    return before, kind(**{name: getattr(changes, name) for name in wrong})


def said_of(wording: object) -> Mapping[str, Any]:
    """The fields that are there."""
    named = {one.name: getattr(wording, one.name) for one in fields(wording)}  # type: ignore[arg-type]
    return {name: value for name, value in named.items() if value is not None}


def with_right(stood: T, event: Corrected) -> T:
    """What stood, as it should have stood."""
    return replace(stood, **said_of(event.after))  # type: ignore[type-var]


def not_relied_on(after: object, names: Collection[str], reason: str) -> None:
    """Refused `relied-on` if one of these fields is to be put right; `reason` says why, and what to do instead."""
    if wrong := [name for name in said_of(after) if name in names]:
        raise Refused("relied-on", reason, fields=[f"changes.{name}" for name in wrong])


def same_document(before: Kept | None, after: Kept | None, reason: str) -> None:
    """Refused `other-document` unless it is the same by its hash, or else its address, only told or found otherwise."""
    if before is None or after is None:
        return
    if before.sha256 != after.sha256:
        raise Refused(
            "other-document",
            f"{reason} Its `sha256` stays; title and address can be corrected.",
            fields=("changes.document.sha256",),
        )
    if before.sha256 is None and before.url != after.url:
        told = "It has no `sha256`, so that only its address tells which one it is; its title can be corrected."
        raise Refused("other-document", f"{reason} {told}", fields=("changes.document.url",))
