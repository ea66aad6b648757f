"""The one value that the context of reviews exports."""

from typing import Any, get_args

from domain.kernel import By, Context, Decider, Role, UnitId, officers_of
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.decide import decide
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.opening import authors
from domain.subsidiarity.reviews.state import Absent, Review, evolve

OFFICER = (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY)
SIGNATORY = (Role.AUTHORISED_SIGNATORY,)
CLERK = (Role.PARLIAMENT_CLERK, Role.FORUM_SECRETARIAT)
"""A chamber's clerk; of an association or a conference, its secretariat."""


def _home(command: Any, state: Any) -> UnitId | None:
    """The law, the calendar and the day of whoever scrutinises apply: the Union's, a State's, a region's."""
    return state.polity if isinstance(state, Review) else command.polity


@officers_of("a unit that drafted it")
def _author(command: Any, state: Any) -> frozenset[UnitId]:
    return authors(state)


@officers_of("a unit that drafted it, or of the one under whose law it is scrutinised")
def _keeper(command: Any, state: Any) -> frozenset[UnitId]:
    """The author, or the unit under whose law the draft is scrutinised."""
    return authors(state) | ({state.polity} if isinstance(state, Review) else set())


@officers_of("a body that is to adopt it")
def _legislators(command: Any, state: Any) -> frozenset[UnitId]:
    return frozenset(one.unit for one in state.legislators) if isinstance(state, Review) else frozenset()


REVIEWS = Context(
    name="reviews",
    says="Drafts under scrutiny: the roll, the clock, opinions and contributions, cards, and what the author decides.",
    rules="reviews.3",
    decider=Decider(initial=Absent(), decide=decide, evolve=evolve),
    commands={
        "open": By(asked.OpenReview, OFFICER, acting_for="author", starts=True),
        "attach-justification": By(asked.AttachJustification, OFFICER, acting_for=_author),
        "correct": By(asked.CorrectReview, OFFICER, acting_for=_author, reasons=True),
        "complete-transmission": By(asked.CompleteTransmission, OFFICER, acting_for=_author),
        "extend-for-translation": By(asked.ExtendForTranslation, OFFICER, acting_for=_author, reasons=True),
        "suspend-clock": By(asked.SuspendClock, OFFICER, acting_for=_keeper, reasons=True),
        "resume-clock": By(asked.ResumeClock, OFFICER, acting_for=_keeper, reasons=True),
        "submit-opinion": By(asked.SubmitReasonedOpinion, CLERK, acting_for="chamber"),
        "submit-contribution": By(asked.SubmitContribution, (*OFFICER, *CLERK), acting_for="unit"),
        "withdraw-opinion": By(asked.WithdrawOpinion, CLERK, acting_for="chamber", reasons=True),
        "decide": By(asked.DecideAfterReview, SIGNATORY, acting_for=_author, reasons=True),
        "record-override-vote": By(asked.RecordOverrideVote, CLERK, acting_for=_legislators),
        # In which capacity a unit goes to court follows from what it is: the decision itself says so.
        "record-court-action": By(asked.RecordCourtAction, SIGNATORY),
        "pass-deadline": By(asked.PassDeadline),
        "record-new-review": By(asked.RecordNewReview),
    },
    events=get_args(Event),
    home=_home,
    clock="pass-deadline",
)
