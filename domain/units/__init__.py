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
from domain.units.commands import (
    AbolishUnit,
    AccreditRepresentative,
    ActivateUnit,
    AssignSuccessor,
    AttachIdentifier,
    Command,
    DetachIdentifier,
    EndMembership,
    RecordCompetence,
    RecordMembership,
    RecordMerger,
    RecordSplit,
    RegisterUnit,
    RenameUnit,
    RestoreUnit,
    RevokeAccreditation,
    SetParent,
    WithdrawCompetence,
)
from domain.units.events import (
    AccreditationRevoked,
    CompetenceRecorded,
    CompetenceWithdrawn,
    Event,
    Identifier,
    Kind,
    Manner,
    MembershipEnded,
    MembershipRecorded,
    ParentSet,
    RepresentativeAccredited,
    Stage,
    SuccessorAssigned,
    UnitAbolished,
    UnitActivated,
    UnitIdentifierAttached,
    UnitIdentifierDetached,
    UnitRegistered,
    UnitRenamed,
    UnitRestored,
    UnitsMerged,
    UnitSplit,
)
from domain.units.representatives import OVER_THE_REGISTER
from domain.units.rules import decide
from domain.units.state import (
    Absent,
    Accredited,
    State,
    Unit,
    accreditation_in_force,
    competences_on,
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
        case UnitRegistered() | UnitRestored():
            return tuple(Claim(one.word, says=_held(one)) for one in event.identifiers)
        case UnitIdentifierAttached():
            return (Claim(event.identifier.word, says=_held(event.identifier)),)
        case UnitIdentifierDetached():
            return (Claim(event.identifier.word, taken=False),)
        case UnitAbolished():
            return tuple(Claim(identifier.word, taken=False) for identifier in event.identifiers)
        case _:
            return ()


def home(command: object, state: State) -> UnitId | None:
    """A unit's own place and time apply; at its registration, those of the registrar."""
    return None if isinstance(state, Absent) else state.id


DECIDER: Decider[Command, State, Event] = Decider(initial=Absent(), decide=decide, evolve=evolve)
BY_REGISTRAR = (Role.REGISTRAR,)
BY_SIGNATORY_OR_REGISTRAR = (Role.AUTHORISED_SIGNATORY, Role.REGISTRAR)

UNITS = Context(
    name="units",
    says="Units of government of every sphere: who they are, who may act for them, what they hold by law.",
    rules="units.1",
    decider=DECIDER,
    commands={
        "register": By(RegisterUnit, roles=BY_REGISTRAR, starts=True),
        "activate": By(ActivateUnit, roles=BY_REGISTRAR),
        "rename": By(RenameUnit, roles=BY_REGISTRAR),
        "attach-identifier": By(AttachIdentifier, roles=BY_REGISTRAR),
        "detach-identifier": By(DetachIdentifier, roles=BY_REGISTRAR),
        "set-parent": By(SetParent, roles=BY_REGISTRAR),
        "record-merger": By(RecordMerger, roles=BY_REGISTRAR),
        "record-split": By(RecordSplit, roles=BY_REGISTRAR),
        "abolish": By(AbolishUnit, roles=BY_REGISTRAR),
        "restore": By(RestoreUnit, roles=BY_REGISTRAR, reasons=True),
        "assign-successor": By(AssignSuccessor, roles=BY_REGISTRAR),
        "record-competence": By(RecordCompetence, roles=BY_REGISTRAR),
        "withdraw-competence": By(WithdrawCompetence, roles=BY_REGISTRAR, reasons=True),
        "record-membership": By(RecordMembership, roles=BY_REGISTRAR),
        "end-membership": By(EndMembership, roles=BY_REGISTRAR),
        # Which signatory, and when a registrar, depends on both actor and unit: the decision itself says so.
        "accredit": By(AccreditRepresentative, roles=BY_SIGNATORY_OR_REGISTRAR),
        "revoke-accreditation": By(RevokeAccreditation, roles=BY_SIGNATORY_OR_REGISTRAR, reasons=True),
    },
    events=get_args(Event),
    claims=claims,
    home=home,
)

__all__ = [
    "OVER_THE_REGISTER",
    "UNITS",
    "AbolishUnit",
    "Absent",
    "AccreditRepresentative",
    "AccreditationRevoked",
    "Accredited",
    "ActivateUnit",
    "AssignSuccessor",
    "AttachIdentifier",
    "Command",
    "CompetenceRecorded",
    "CompetenceWithdrawn",
    "DetachIdentifier",
    "EndMembership",
    "Event",
    "Identifier",
    "Kind",
    "Manner",
    "MembershipEnded",
    "MembershipRecorded",
    "ParentSet",
    "RecordCompetence",
    "RecordMembership",
    "RecordMerger",
    "RecordSplit",
    "RegisterUnit",
    "RenameUnit",
    "RepresentativeAccredited",
    "RestoreUnit",
    "RevokeAccreditation",
    "SetParent",
    "Stage",
    "State",
    "SuccessorAssigned",
    "Unit",
    "UnitAbolished",
    "UnitActivated",
    "UnitIdentifierAttached",
    "UnitIdentifierDetached",
    "UnitRegistered",
    "UnitRenamed",
    "UnitRestored",
    "UnitSplit",
    "UnitsMerged",
    "WithdrawCompetence",
    "accreditation_in_force",
    "competences_on",
    "decide",
    "evolve",
    "facts",
    "holdings",
    "signatory_in_force",
]
