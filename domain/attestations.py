"""Attestations: the register says in a record what a view came to at a position, so that anybody can redo it.

Nobody gives the command but the register itself. Whether the digest is the true one no rule can know: an auditor folds
the records again and compares.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from domain.kernel import By, Context, Decider, Refused, Says, StreamId, Text, Whole, named_stream
from domain.ledger.dumps import DIGEST

SYSTEM = "attestation"
"""Who attests, as records name it."""
NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"


@dataclass(frozen=True, slots=True)
class ViewAttested:
    """A view, in a version, had so many rows as of a position, and its dump this digest."""

    view: str
    version: int
    position: int
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class AttestView:
    """Say what a view comes to as of a position."""

    view: Annotated[str, Text(at_most=60, form=NAME), Says("The view.")]
    version: Annotated[int, Whole(1), Says("The version of its fold.")]
    position: Annotated[int, Whole(), Says("The last position whose record it holds.")]
    rows: Annotated[int, Whole(), Says("How many rows it has.")]
    digest: Annotated[str, Text(at_most=64, at_least=64, form=DIGEST), Says("The digest of its dump.")]
    size: Annotated[int, Whole(), Says("How many records the ledger had when that was found.")]


Attested = ViewAttested | None
"""The last one of a view."""


def decide(command: AttestView, state: Attested) -> Sequence[ViewAttested]:
    if not re.fullmatch(DIGEST, command.digest):
        raise Refused("digest-malformed", "A digest is 64 hexadecimal digits.")
    if not 0 <= command.position < command.size:
        raise Refused(
            "position-ahead", f"The ledger had {command.size} records: no view holds position {command.position}."
        )
    found = ViewAttested(command.view, command.version, command.position, command.rows, command.digest)
    if state is None:
        return [found]
    if command.view != state.view:
        raise Refused("another-view", f"This is where {state.view} is attested, and not {command.view}.")
    if command.position < state.position:
        raise Refused("position-passed", f"It was attested as of position {state.position} already.")
    if (state.version, state.rows, state.digest) == (command.version, command.rows, command.digest):
        return []
    return [found]


def evolve(state: Attested, event: ViewAttested) -> Attested:
    return event


def attestation_stream(view: str) -> StreamId:
    """Where a view is attested, version after version."""
    return named_stream("attestation", view)


ATTESTATIONS = Context(
    name="attestations",
    says="What the views came to at which position, said by the register itself, for whoever redoes them.",
    rules="attestations.1",
    decider=Decider(initial=None, decide=decide, evolve=evolve),
    commands={"attest": By(AttestView, starts=True, stream=lambda command: attestation_stream(command.view))},
    events=(ViewAttested,),
)
