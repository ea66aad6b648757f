"""Units of government: the directory, who may act for a unit, and what it holds by law.

One stream is one unit, and its id is the unit's. A merger or a split is one sentence about several units, recorded
alike in the stream of each: `record-merger` in every unit that ends (which is `merging` from then on, until `abolish`)
and in the one they become; `record-split` in the whole and in each part. So every command touches one stream only.

An abolition frees the unit's codes, ends its accreditations, and neither waits for nor looks at other contexts; its
mandates and commitments pass to the successor by a reaction.
"""

from collections.abc import Sequence
from typing import get_args

from domain.kernel import By, Claim, Context, Decider, Role, UnitId
from domain.units import commands as asked
from domain.units import events as happened
from domain.units.events import Event, Identifier, Kind, Manner, Stage
from domain.units.representatives import OVER_THE_REGISTER
from domain.units.rules import decide
from domain.units.state import (
    Absent,
    Accredited,
    State,
    Unit,
    accreditation_in_force,
    evolve,
    facts,
    holdings,
    signatory_in_force,
)


def _held(code: Identifier) -> str:
    return f"Another unit has the identifier {code.scheme}:{code.value}."


def claims(event: Event) -> Sequence[Claim]:
    """A code in its scheme belongs to one unit at a time; abolition frees it, and it may be used again."""
    match event:
        case happened.UnitRegistered() | happened.UnitRestored():
            return tuple(Claim(one.word, says=_held(one)) for one in event.identifiers)
        case happened.UnitIdentifierAttached():
            return (Claim(event.identifier.word, says=_held(event.identifier)),)
        case happened.UnitIdentifierDetached():
            return (Claim(event.identifier.word, taken=False),)
        case happened.UnitAbolished():
            return tuple(Claim(identifier.word, taken=False) for identifier in event.identifiers)
        case _:
            return ()


def home(command: object, state: State) -> UnitId | None:
    """A unit's own place and time apply; at its registration, those of the registrar."""
    return None if isinstance(state, Absent) else state.id


DECIDER: Decider[asked.Command, State, Event] = Decider(initial=Absent(), decide=decide, evolve=evolve)
BY_REGISTRAR = (Role.REGISTRAR,)
BY_SIGNATORY_OR_REGISTRAR = (Role.AUTHORISED_SIGNATORY, Role.REGISTRAR)

UNITS = Context(
    name="units",
    says="Units of government of every sphere: who they are, who may act for them, what they hold by law.",
    rules="units.2",
    decider=DECIDER,
    commands={
        "register": By(asked.RegisterUnit, roles=BY_REGISTRAR, starts=True),
        "correct": By(asked.CorrectUnit, roles=BY_REGISTRAR, reasons=True),
        "activate": By(asked.ActivateUnit, roles=BY_REGISTRAR),
        "rename": By(asked.RenameUnit, roles=BY_REGISTRAR),
        "attach-identifier": By(asked.AttachIdentifier, roles=BY_REGISTRAR),
        "detach-identifier": By(asked.DetachIdentifier, roles=BY_REGISTRAR),
        "set-parent": By(asked.SetParent, roles=BY_REGISTRAR),
        "record-merger": By(asked.RecordMerger, roles=BY_REGISTRAR),
        "record-split": By(asked.RecordSplit, roles=BY_REGISTRAR),
        "abolish": By(asked.AbolishUnit, roles=BY_REGISTRAR),
        "restore": By(asked.RestoreUnit, roles=BY_REGISTRAR, reasons=True),
        "assign-successor": By(asked.AssignSuccessor, roles=BY_REGISTRAR),
        "record-competence": By(asked.RecordCompetence, roles=BY_REGISTRAR),
        "withdraw-competence": By(asked.WithdrawCompetence, roles=BY_REGISTRAR, reasons=True),
        "record-membership": By(asked.RecordMembership, roles=BY_REGISTRAR),
        "end-membership": By(asked.EndMembership, roles=BY_REGISTRAR),
        "annul-entry": By(asked.AnnulEntry, roles=BY_REGISTRAR, reasons=True),
        # Which signatory, and when a registrar, depends on both actor and unit: the decision itself says so.
        "accredit": By(asked.AccreditRepresentative, roles=BY_SIGNATORY_OR_REGISTRAR),
        "revoke-accreditation": By(asked.RevokeAccreditation, roles=BY_SIGNATORY_OR_REGISTRAR, reasons=True),
    },
    events=get_args(Event),
    claims=claims,
    home=home,
)

__all__ = [
    "OVER_THE_REGISTER",
    "UNITS",
    "Absent",
    "Accredited",
    "Identifier",
    "Kind",
    "Manner",
    "Stage",
    "State",
    "Unit",
    "accreditation_in_force",
    "facts",
    "holdings",
    "signatory_in_force",
]
