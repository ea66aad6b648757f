"""What was entered of a unit by mistake is taken back: it was never so.

The law takes a competence back, and a unit leaves a body, on a day: until then it was so. What never was has no last
day. What is true is entered anew.
"""

from collections.abc import Sequence

from domain.kernel import EventName, Refused, StreamId
from domain.units.commands import AnnulEntry
from domain.units.events import CompetenceAnnulled, CompetenceRecorded, MembershipAnnulled
from domain.units.state import Unit, same_entry


def annul(command: AnnulEntry, state: Unit) -> Sequence[CompetenceAnnulled | MembershipAnnulled]:
    entries = {EventName.at(StreamId(state.id), one.version): one.entry for one in state.entries}
    entry = entries.get(command.corrects)
    if entry is None:
        reason = "That record enters no competence or membership of this unit, or was annulled before."
        raise Refused("nothing-to-annul", reason, entered=list(map(str, entries)))
    if isinstance(entry, CompetenceRecorded):
        stands = next(one for one in state.competences if same_entry(one, entry))
        return [CompetenceAnnulled(command.corrects, stands)]
    member = next(one for one in state.memberships if same_entry(one, entry))
    return [MembershipAnnulled(command.corrects, member)]
