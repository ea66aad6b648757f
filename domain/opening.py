"""How a ledger begins: who keeps it, under which origin and key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from domain.kernel import By, Context, Decider, Refused, Says, StreamId, Text, UnitId, Words, named_stream


@dataclass(frozen=True, slots=True)
class LedgerOpened:
    """The first record of every ledger, at position 0."""

    origin: str
    key: str
    registrar: UnitId
    registrar_name: Words


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """Open the ledger under its origin and verification key, with its first registrar."""

    origin: Annotated[str, Text(at_most=200), Says("The name that every checkpoint carries.")]
    key: Annotated[str, Text(at_most=300), Says("The verification key, as C2SP signed-note writes it.")]
    registrar: Annotated[UnitId, Says("The unit that keeps the directory.")]
    registrar_name: Annotated[Words, Text(at_most=200), Says("The registrar's name.")]


Opened = LedgerOpened | None


def decide(command: OpenLedger, state: Opened) -> Sequence[LedgerOpened]:
    if state is not None:
        raise Refused("ledger-open", "This ledger has already been opened.")
    return [LedgerOpened(command.origin, command.key, command.registrar, command.registrar_name)]


def evolve(state: Opened, event: LedgerOpened) -> Opened:
    return event


LEDGER_STREAM: StreamId = named_stream("ledger", "opening")

LEDGER = Context(
    name="ledger",
    says="The ledger itself: its origin, its key and its first registrar.",
    rules="ledger.1",
    decider=Decider(initial=None, decide=decide, evolve=evolve),
    commands={"open": By(OpenLedger, starts=True, stream=lambda command: LEDGER_STREAM)},
    events=(LedgerOpened,),
)
