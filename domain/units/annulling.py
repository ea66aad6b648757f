"""What was entered of a unit by mistake is taken back: it was never so.

The law takes a competence back, and a unit leaves a body, on a day: until then it was so. What never was has no last
day. What is true is entered anew.
"""

from collections.abc import Sequence

from domain.kernel import Refused
from domain.units.commands import AnnulEntry
from domain.units.events import CompetenceAnnulled, CompetenceRecorded, MembershipAnnulled, MembershipRecorded
from domain.units.state import Unit, entered, entering


def annul(command: AnnulEntry, state: Unit) -> Sequence[CompetenceAnnulled | MembershipAnnulled]:
    match entered(state, command.corrects):
        case CompetenceRecorded() as competence:
            return [CompetenceAnnulled(command.corrects, competence)]
        case MembershipRecorded() as membership:
            return [MembershipAnnulled(command.corrects, membership)]
        case _:
            reason = "That record enters no competence or membership of this unit, or was annulled before."
            raise Refused("nothing-to-annul", reason, entered=list(map(str, entering(state))), fields=("corrects",))
