"""What of a mandate can be put right, until when; and what a correction elsewhere does not take from it."""

from collections.abc import Sequence
from typing import TypeVar

from domain.correcting import not_relied_on, put_right, same_document
from domain.guards import alive, counted
from domain.kernel import PartialDate, Sphere, UnitFacts
from domain.mandates import commands as asked
from domain.mandates.checks import there
from domain.mandates.events import Event, MandateCorrected
from domain.mandates.state import Mandate, State
from domain.mandates.words import ENDED, STANDING, Stage
from domain.replacing import replace

SUBSTANCE = ("purpose", "legal_basis")
"""What was consulted on, and agreed to."""
Found = TypeVar("Found", bound=asked.Standing)


def correct(command: asked.CorrectMandate, state: State) -> Sequence[Event]:
    """A draft is its giver's own. What others were asked about, or agreed to, is not changed under their hands."""
    found = there(state)
    alive(command.acting, PartialDate(command.today))
    counted(command.effective_on, command.today)
    before, after = put_right(command.corrects, command.changes, found.terms, command.stream)
    if found.stage is not Stage.DRAFTED:
        not_relied_on(after, SUBSTANCE, _instead(found.stage))
        same_document(before.document, after.document, f"The mandate is {found.stage}, with the document it had then.")
    return [MandateCorrected(command.corrects, before, after)]


def _instead(stage: Stage) -> str:
    if stage in ENDED:
        return f"The mandate is {stage}: what it said stays as it was."
    if stage in STANDING:
        return (
            f"The mandate is {stage}, on these words. Draft another one that both agree on, "
            "and let it take this one's place (`supersede`)."
        )
    return f"The mandate is {stage}, and others were asked on these words: withdraw it, and draft it anew."


def as_drafted(command: Found, state: State) -> Found:
    """Its parties in the spheres in which it was drafted: a correction of the directory undoes nothing agreed before.

    A successor stands in its own.
    """
    if not isinstance(state, Mandate):
        return command
    terms, giver, recipient = state.terms, command.giver_unit, command.recipient_unit
    if giver.id == terms.giver and giver.sphere is not terms.giver_sphere:
        command = replace(command, giver_unit=_in(giver, terms.giver_sphere))
    if recipient.id == terms.recipient and recipient.sphere is not terms.recipient_sphere:
        command = replace(command, recipient_unit=_in(recipient, terms.recipient_sphere))
    return command


def _in(unit: UnitFacts, sphere: Sphere) -> UnitFacts:
    return replace(unit, sphere=sphere)
