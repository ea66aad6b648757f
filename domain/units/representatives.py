"""Who may let a person act for a unit, and who may end it.

A unit's own signatories accredit its people. While it has none in force, a registrar does. Roles that reach over the
whole register are given by a registrar only: otherwise any unit could make itself the keeper of the directory.
"""

from collections.abc import Sequence

from domain.kernel import Actor, EventName, Refused, Role, Today
from domain.units.commands import AccreditRepresentative, RevokeAccreditation
from domain.units.events import AccreditationRevoked, RepresentativeAccredited
from domain.units.state import Unit, signatory_in_force

OVER_THE_REGISTER = frozenset({Role.REGISTRAR, Role.POLICY_ADMIN, Role.AUDITOR})


def accredit(command: AccreditRepresentative, state: Unit) -> Sequence[RepresentativeAccredited]:
    _check_may_accredit(command.actor, command.role, state, command.today)
    if command.valid_until is not None and command.valid_until < command.valid_from:
        raise Refused("period-reversed", "The last day lies before the first one.", fields=("valid_until",))
    held = RepresentativeAccredited(
        command.role, command.name, command.valid_from, command.valid_until, command.contact
    )
    return [held]


def _check_may_accredit(actor: Actor, role: Role, state: Unit, today: Today) -> None:
    if actor.system is not None:
        return
    if actor.role is Role.REGISTRAR:
        if role not in OVER_THE_REGISTER and signatory_in_force(state, today):
            raise Refused("signatory-in-force", "The unit has an authorised signatory, who accredits its people.")
        return
    if actor.unit != state.id:
        raise Refused("other-unit", "A signatory accredits only for the own unit.")
    if role in OVER_THE_REGISTER:
        raise Refused(
            "registrar-only",
            f"The role {role} reaches over the whole register: a registrar gives it.",
            fields=("role",),
        )


def revoke(command: RevokeAccreditation, state: Unit) -> Sequence[AccreditationRevoked]:
    actor = command.actor
    if actor.system is None and actor.role is not Role.REGISTRAR and actor.unit != state.id:
        raise Refused("other-unit", "A signatory revokes only accreditations of the own unit.")
    if actor.role is Role.REGISTRAR and actor.accreditation == command.accreditation:
        raise Refused(
            "own-accreditation",
            "A registrar cannot step down alone: another one revokes it.",
            fields=("accreditation",),
        )
    if _ended(command.accreditation, state):
        return []
    return [AccreditationRevoked(command.accreditation, command.today)]


def _ended(accreditation: EventName, state: Unit) -> bool:
    """Whether it was revoked before. Refused if the unit never gave it."""
    for item in state.accreditations:
        if accreditation == EventName.at(state.id, item.version):
            return item.revoked
    raise Refused("accreditation-unknown", "The unit has no such accreditation.", fields=("accreditation",))
