"""Membership of a body that has members: an inter-municipal body, a Zweckverband, a mancomunidad.

Its territory is that of its members. So a member lies in it for the days of its membership, beside the one parent that
it has: a body may be of its members' own sphere, and a unit may be a member of several.
"""

from collections.abc import Sequence

from domain.kernel import Refused
from domain.lands import at_times
from domain.units.commands import EndMembership, RecordMembership
from domain.units.events import MembershipEnded, MembershipRecorded
from domain.units.state import Unit, ends_membership, first_day, last_day

MOST_MEMBERSHIPS = 100


def record(command: RecordMembership, state: Unit) -> Sequence[MembershipRecorded]:
    recorded = MembershipRecorded(command.body, command.legal_basis, command.member_from, command.member_until)
    if recorded in state.memberships:
        return []
    _check_body(command, state)
    if first_day(recorded.member_from) > last_day(recorded.member_until):
        raise Refused("period-reversed", "The last day lies before the first one.", fields=("member_until",))
    if any(_overlap(recorded, one) for one in state.memberships):
        raise Refused(
            "membership-recorded", "The unit is already a member of that body at that time.", fields=("body",)
        )
    if len(state.memberships) >= MOST_MEMBERSHIPS:
        raise Refused("too-many-memberships", f"A unit has at most {MOST_MEMBERSHIPS} memberships.")
    return [recorded]


def _check_body(command: RecordMembership, state: Unit) -> None:
    body = command.above[0]
    if state.id in at_times(command.above, first_day(command.member_from), last_day(command.member_until)):
        raise Refused(
            "membership-cycle", "A unit is no member of itself, nor of a body that lies in it.", fields=("body",)
        )
    if not body.exists:
        raise Refused("unit-unknown", "The body was never registered.", unit=body.id, fields=("body",))
    if not body.sphere.has_authority:
        raise Refused(
            "no-authority", f"Units of the {body.sphere} sphere take part, and have no territory.", fields=("body",)
        )
    if body.alive_until is not None and body.alive_until <= first_day(command.member_from):
        raise Refused(
            "unit-not-alive", f"{body.name} is no more since {body.alive_until}.", unit=body.id, fields=("body",)
        )


def _overlap(one: MembershipRecorded, other: MembershipRecorded) -> bool:
    return (
        one.body == other.body
        and first_day(one.member_from) <= last_day(other.member_until)
        and first_day(other.member_from) <= last_day(one.member_until)
    )


def end(command: EndMembership, state: Unit) -> Sequence[MembershipEnded]:
    ended = MembershipEnded(command.body, command.member_until)
    same = [one for one in state.memberships if one.body == command.body]
    if any(one.member_until == command.member_until for one in same):
        return []
    if not command.member_until.known:
        raise Refused(
            "date-unknown", "Say at least in which year the membership came to its end.", fields=("member_until",)
        )
    if not any(ends_membership(one, ended) for one in same):
        raise Refused("not-a-member", "The unit is no member of that body on that day.", fields=("body",))
    return [ended]
