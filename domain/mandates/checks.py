"""Guards that many decisions share. Each refuses, or gives back what it found."""

from collections.abc import Sequence
from datetime import date

from domain import deadlines
from domain.kernel import PartialDate, Refused
from domain.mandates.events import Event
from domain.mandates.state import Absent, Mandate, State, comparable
from domain.mandates.words import ENDED, IN_PREPARATION, STANDING, Settlement, Stage

_NEXT = {
    Stage.DRAFTED: ": its giver has not offered it yet",
    Stage.CONSULTED: ": its giver has not offered it yet",
    Stage.OFFERED: ": its recipient has not answered yet",
    Stage.ACCEPTED: ": both have agreed, and its giver brings it into force",
    Stage.ACTIVE: " already",
    Stage.SUSPENDED: " for the time being",
}
"""What a mandate that has not ended waits for."""


def there(state: State) -> Mandate:
    """The mandate; Refused `no-such-mandate` if nothing was drafted."""
    if isinstance(state, Absent):
        raise Refused("no-such-mandate", "No such mandate has been drafted.")
    return state


def after_draft(state: State, day: PartialDate, today: date) -> None:
    """Refused `before-draft` if an act would count from a day before the mandate was drafted."""
    if isinstance(state, Absent):
        return
    if (day.earliest() or today) < state.terms.drafted_on:
        raise Refused(
            "before-draft", f"It was drafted on {state.terms.drafted_on}, after that day.", fields=("effective_on",)
        )


def befell(day: PartialDate, today: date) -> date:
    """The day of what the register itself found; never one to come, and never refused."""
    return min(day.latest() or today, today)


def not_ended(state: State) -> Mandate:
    """Refused `mandate-ended` if it is over, declined or withdrawn."""
    found = there(state)
    if found.stage in ENDED:
        raise Refused("mandate-ended", f"The mandate is {found.stage}.", stage=found.stage)
    return found


def preparing(state: State, *stages: Stage) -> Mandate:
    """The mandate while it is prepared, in one of these stages if any are named; Refused `wrong-stage` otherwise."""
    found = not_ended(state)
    if found.stage not in (stages or IN_PREPARATION):
        waits = _NEXT[found.stage] if found.terms.needs_acceptance else ""
        reason = f"That cannot be done with a mandate that is {found.stage}{waits}."
        raise Refused("wrong-stage", reason, stage=found.stage)
    return found


def in_force(state: State) -> Mandate:
    """The mandate, active or suspended; Refused `not-in-force` before it is."""
    found = not_ended(state)
    if found.stage not in STANDING:
        raise Refused("not-in-force", f"The mandate is not in force: it is {found.stage}.", stage=found.stage)
    return found


def exercised(state: State) -> Mandate:
    """The mandate, in force now or in the past; Refused `not-in-force` if it never was."""
    found = there(state)
    if found.activated_on is None:
        raise Refused("not-in-force", f"The mandate was never in force: it is {found.stage}.", stage=found.stage)
    return found


def in_term(state: Mandate, day: date, field: str = "effective_on") -> date:
    """Refused `before-activation` or `term-over` if the mandate was not in force yet, or no more, on that day.

    What is over is over on its last day, whether or not the clock has said so by then.
    """
    if state.activated_on is not None and day < state.activated_on:
        raise Refused(
            "before-activation",
            f"The mandate came into force on {state.activated_on}, after that day.",
            fields=(field,),
        )
    if state.ends_on is not None and day > state.ends_on:
        raise Refused(
            "term-over", f"Its last day, {state.ends_on}, has passed.", ends_on=state.ends_on, fields=(field,)
        )
    return day


def settled(state: Mandate, settlement: Settlement | None) -> None:
    """Refused `funds-unsettled` while nobody says what became of money that was committed."""
    if settlement is None:
        if any(one.amount for one in state.committed):
            raise Refused(
                "funds-unsettled",
                "Money was committed: say what became of the part that was not spent.",
                fields=("settlement",),
            )
        return
    if settlement.unspent.amount < 0:
        raise Refused(
            "negative-amount", "What was not spent cannot be less than nothing.", fields=("settlement.unspent.amount",)
        )
    committed = state.committed
    if committed and settlement.unspent.currency not in {one.currency for one in committed}:
        raise Refused(
            "currency-mismatch",
            f"The money was committed in {committed[-1].currency}.",
            fields=("settlement.unspent.currency",),
        )
    if committed and not any(comparable(settlement.unspent, one) for one in committed):
        reason = f"The money was committed in prices of another basis: {committed[-1].price_basis}."
        raise Refused("price-basis-mismatch", reason, fields=("settlement.unspent.price_basis",))


def numbered(state: State, events: Sequence[Event]) -> Sequence[Event]:
    """The events with their new deadlines numbered on from those there are."""
    return deadlines.numbered(0 if isinstance(state, Absent) else len(state.deadlines), events)
