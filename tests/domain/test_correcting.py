"""What was typed wrongly is put right alike in every context: what is refused, and what a correction leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import pytest

from domain.contexts import CONTEXTS
from domain.correcting import Corrected, said_of
from domain.kernel import EventName, PartialDate, Role, StreamId, Today
from domain.mandates.commands import CorrectMandate
from domain.mandates.words import Document as Deed
from domain.mandates.words import MandateWording
from domain.subsidiarity.allocations.commands import CorrectRequest
from domain.subsidiarity.allocations.words import QuestionWording
from domain.subsidiarity.reviews.commands import CorrectReview
from domain.subsidiarity.reviews.words import DraftWording
from domain.subsidiarity.words import Document
from domain.units import Kind
from domain.units.commands import CorrectUnit
from domain.units.events import Particulars
from tests.domain import allocation_stories as allocations
from tests.domain import mandate_stories as mandates
from tests.domain import review_stories as reviews
from tests.domain import unit_stories as units
from tests.domain.scenario import Given

WORDS = mandates.words("Run the clinics")
URL = "https://example.org/paper.pdf"
CORRECTING = tuple(context for context in CONTEXTS.values() if "correct" in context.commands)


@dataclass(frozen=True, slots=True)
class Case:
    """A thing that was just entered, how its `correct` is asked for, and something that it says."""

    begun: Given
    stream: StreamId
    ask: Callable[..., Any]
    changes: Any
    same: Any
    never: Any

    def correct(self, changes: Any, version: int = 1, stream: StreamId | None = None) -> Any:
        return self.ask(corrects=EventName.at(stream or self.stream, version), changes=changes)


def unit(corrects: EventName, changes: Particulars, **said: Any) -> CorrectUnit:
    today = said.pop("today", units.TODAY)
    said = {"above": (units.flanders, units.belgium), "there": today, **said}
    return CorrectUnit(corrects=corrects, changes=changes, today=today, **said)


CASES = {
    "mandates": Case(
        mandates.story(*mandates.drafted), mandates.STREAM, lambda **said: mandates.ask(CorrectMandate, **said),
        MandateWording(purpose=WORDS), MandateWording(legal_basis="Health Act, s. 12"),
        MandateWording(document=Deed(WORDS, URL)),
    ),
    "reviews": Case(
        reviews.story(reviews.open_review), reviews.STREAM, lambda **said: reviews.ask(CorrectReview, **said),
        DraftWording(reference="COM(2012) 131"), DraftWording(reference=reviews.DRAFT.reference),
        DraftWording(document=Document(WORDS, URL)),
    ),
    "allocations": Case(
        allocations.story(allocations.request), mandates.OTHER,
        lambda **said: allocations.ask(CorrectRequest, stream=mandates.OTHER, **said),
        QuestionWording(matter=WORDS), QuestionWording(matter=allocations.request.matter),
        QuestionWording(document=Document(WORDS, URL)),
    ),
    "units": Case(
        units.given(units.registered), StreamId(units.GENT), unit,
        Particulars(kind=Kind.COUNTY), Particulars(kind=Kind.MUNICIPALITY), None,
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def test_every_context_that_corrects_is_looked_at_here() -> None:
    assert {context.name for context in CORRECTING} == set(CASES)


@EACH
def test_what_was_typed_wrongly_is_put_right(case: Case) -> None:
    [event] = case.begun.when(case.correct(case.changes)).events
    assert isinstance(event, Corrected)
    assert (event.corrects, event.after) == (EventName.at(case.stream, 1), case.changes)
    assert said_of(event.before).keys() == said_of(case.changes).keys()
    assert event.before != event.after


@EACH
def test_what_is_right_stays_out_of_it(case: Case) -> None:
    both = type(case.changes)(**{**said_of(case.same), **said_of(case.changes)})
    [event] = case.begun.when(case.correct(both)).events
    wrong = {name for name, value in said_of(case.changes).items() if said_of(case.same).get(name) != value}
    assert said_of(event.after).keys() == wrong


@EACH
def test_a_correction_that_was_wrong_is_put_right_again(case: Case) -> None:
    [first] = case.begun.when(case.correct(case.changes)).events
    then = case.begun.given(first)
    then.when(case.correct(case.changes)).then_refused("nothing-to-correct")
    back = case.correct(first.before)
    [second] = then.when(back).events
    assert (second.before, second.after) == (first.after, first.before)


@EACH
def test_there_must_be_something_wrong(case: Case) -> None:
    case.begun.when(case.correct(case.same)).then_refused("nothing-to-correct")
    case.begun.when(case.correct(type(case.changes)())).then_refused("nothing-to-correct")


@EACH
def test_the_record_that_said_it_is_named(case: Case) -> None:
    refused = case.begun.when(case.correct(case.changes, version=2)).then_refused("not-said-there")
    assert refused.facts["said"] == EventName.at(case.stream, 1)
    case.begun.when(case.correct(case.changes, stream=mandates.PARENT)).then_refused("not-said-there")


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case.never], ids=[n for n in CASES if CASES[n].never]
)
def test_what_was_never_said_is_not_corrected(case: Case) -> None:
    assert case.begun.when(case.correct(case.never)).then_refused("never-said").facts["field"] == "document"


@pytest.mark.parametrize("context", CORRECTING, ids=lambda context: context.name)
def test_whoever_corrects_says_why(context: Any) -> None:
    """One name, one shape, and always reasons."""
    by = context.commands["correct"]
    assert by.reasons
    assert not by.starts
    assert {"corrects", "changes"} <= {one.name for one in fields(by.command)}
    officers = {Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY}
    assert set(by.roles) == ({Role.REGISTRAR} if context.name == "units" else officers)


@pytest.mark.parametrize("name", ["mandates", "reviews", "allocations"])
def test_nothing_is_corrected_that_is_not_there(name: str) -> None:
    case = CASES[name]
    no_such = {"mandates": "no-such-mandate", "reviews": "no-such-review", "allocations": "no-such-allocation"}[name]
    Given(case.begun.context).when(case.correct(case.changes)).then_refused(no_such)


@pytest.mark.parametrize("name", ["mandates", "reviews", "allocations"])
def test_it_counts_from_no_day_to_come_and_is_given_by_a_unit_that_is_there(name: str) -> None:
    case = CASES[name]
    corrects, day = EventName.at(case.stream, 1), Today(date(2026, 3, 2))
    said: dict[str, Any] = {"corrects": corrects, "changes": case.changes, "today": day}
    late = case.ask(**said, effective_on=PartialDate("2999-01-01"))
    case.begun.when(late).then_refused("in-the-future")
    gone = case.ask(**said, acting=replace(mandates.unit(mandates.REGION), alive_until=date(2000, 1, 1)))
    case.begun.when(gone).then_refused("unit-not-alive")
