"""Erasure of sealed values: what is gone, and under which law. One stream is one subject.

A subject is whom the sealed values of one command are about: the person whose accreditation it is. It is named by that
command's id, which says nothing about the person. Two accreditations of one person are two subjects: to link them in a
public record would tell more of somebody than was told before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NewType
from uuid import UUID

from domain.kernel import (
    By,
    Context,
    Decider,
    EventName,
    Given,
    Refused,
    Role,
    Says,
    StreamId,
    Text,
    named_stream,
)

SubjectId = NewType("SubjectId", UUID)


@dataclass(frozen=True, slots=True)
class SealedField:
    """Where a sealed value's hash stands: the record, and the path in it."""

    record: EventName
    path: str


@dataclass(frozen=True, slots=True)
class SubjectErased:
    """What was sealed of the subject is gone, key and values; the hashes stay in their records."""

    subject: SubjectId
    fields: tuple[SealedField, ...]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseSubject:
    """Erase for ever what is sealed of a subject; the records stay, and say that it was erased and under which law."""

    subject: Annotated[SubjectId, Says("The subject: the id of the command that brought the sealed values.")]
    basis: Annotated[
        str,
        Text(at_most=500),
        Says(
            "The law that demands it; public, and never the person's name.", "Regulation (EU) 2016/679, art. 17(1)(a)"
        ),
    ]
    fields: Annotated[tuple[SealedField, ...], Given("what was sealed with that command", of="subject")]


State = SubjectErased | None


def decide(command: EraseSubject, state: State) -> Sequence[SubjectErased]:
    if state is not None:
        return []
    if not command.fields:
        raise Refused("nothing-sealed", "Nothing was sealed with a command of this id.", fields=("subject",))
    if not command.basis.strip():
        raise Refused(
            "basis-required", "An erasure names the law that demands it: the field `basis` is empty.", fields=("basis",)
        )
    return [SubjectErased(command.subject, command.fields, command.basis)]


def evolve(state: State, event: SubjectErased) -> State:
    return event


def erasure_stream(subject: UUID) -> StreamId:
    """Where the erasure of a subject stands, if there is one."""
    return named_stream("erasure", str(subject))


ERASURES = Context(
    name="erasures",
    says="What was erased of sealed values, when, and under which law; never whose it was.",
    rules="erasures.1",
    decider=Decider(initial=None, decide=decide, evolve=evolve),
    commands={
        "erase": By(
            EraseSubject,
            roles=(Role.REGISTRAR,),
            starts=True,
            stream=lambda command: erasure_stream(command.subject),
            erases=lambda command: command.subject,
        )
    },
    events=(SubjectErased,),
)
