"""What is said of a draft is put right by its author."""

from collections.abc import Sequence

from domain.correcting import not_relied_on, put_right, same_document
from domain.guards import alive, counted
from domain.kernel import PartialDate
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.checks import there
from domain.subsidiarity.reviews.events import Event, ReviewCorrected
from domain.subsidiarity.reviews.state import Review, State
from domain.subsidiarity.reviews.words import BEFORE_CLOSING, Stage


def correct(command: asked.CorrectReview, state: State) -> Sequence[Event]:
    """Opinions cite a draft by its reference, and are about the text that was sent."""
    found = there(state)
    alive(command.acting, PartialDate(command.today))
    counted(command.effective_on, command.today)
    before, after = put_right(command.corrects, command.changes, found.draft, command.stream)
    if _spoken_on(found):
        reason = (
            f"It is known by {found.draft.reference}: opinions were given on it, or scrutiny is closed. "
            "Say it in the reasons of the decision, or withdraw the draft and open it anew."
        )
        not_relied_on(after, ("reference",), reason)
    if found.stage is not Stage.OPENED:
        same_document(before.document, after.document, "The draft was sent as it was.")
    return [ReviewCorrected(command.corrects, before, after)]


def _spoken_on(state: Review) -> bool:
    return bool(state.opinions or state.contributions) or state.stage not in BEFORE_CLOSING
