"""Any history that the rules allow replays to the same state; and Monti II, from its twelve real opinions."""

import csv
from datetime import date
from fractions import Fraction
from itertools import chain
from math import ceil
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel import Sphere, UnitFacts, UnitId
from domain.subsidiarity import REVIEWS
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.state import Review
from domain.subsidiarity.reviews.words import BEFORE_CLOSING, Card, Outcome, Seat, SeatKind
from services.calendars import calendar_of
from tests.data import published
from tests.domain.moves import Move
from tests.domain.review_stories import (
    COMMISSION,
    DAY,
    OPENING,
    ask,
    histories,
    opine,
    passes,
    review,
    story,
)

decider = REVIEWS.decider


@given(histories(), st.integers(0, 60))
@settings(max_examples=200)
def test_any_accepted_sequence_replays_to_the_same_state(moves: list[Move], cut: int) -> None:
    events = tuple(chain.from_iterable(move.events for move in moves))
    assert decider.fold(events[cut:], decider.fold(events[:cut])) == decider.fold(events)


@given(histories())
@settings(max_examples=200)
def test_votes_and_cards_always_agree(moves: list[Move]) -> None:
    """Four parliaments of one chamber and two chambers have 10 votes; the card is the one that they bring."""
    state = decider.initial
    for move in moves:
        state = decider.fold(move.events, state)
        assert isinstance(state, Review)
        if state.stage in BEFORE_CLOSING:
            card = (
                Card.ORANGE if state.votes > 5 else Card.YELLOW if state.votes >= ceil(Fraction(10, 3)) else Card.NONE
            )
            assert state.card is card
        chambers = [one.chamber for one in state.opinions]
        assert len(set(chambers)) == len(chambers)


@given(histories())
@settings(max_examples=100)
def test_scrutiny_closes_once_and_deadlines_are_dense(moves: list[Move]) -> None:
    events = tuple(chain.from_iterable(move.events for move in moves))
    numbers = [event.number for event in events if isinstance(event, happened.ScrutinyDeadlineSet)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(isinstance(event, happened.ScrutinyClosed) for event in events) <= 1


# --- Monti II ---


def _facts(unit: UnitId) -> UnitFacts:
    return UnitFacts(unit, True, f"Chamber {unit.int}", Sphere.NATIONAL, "EU", "UTC")


def _rows(name: str = "yellow_card_opinions") -> list[dict[str, str]]:
    text = published(f"subsidiarity/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _roll(rows: list[dict[str, str]]) -> tuple[dict[str, UnitId], tuple[Seat, ...]]:
    """The twelve who spoke, and as many others as there were votes besides, up to 54."""
    kinds = {1: SeatKind.CHAMBER, 2: SeatKind.UNICAMERAL}
    units = {row["chamber"]: UnitId(UUID(int=5000 + n)) for n, row in enumerate(rows)}
    seats = [Seat(units[row["chamber"]], kinds[int(row["votes"])]) for row in rows]
    left = 54 - sum(int(row["votes"]) for row in rows)
    others = [Seat(UnitId(UUID(int=6000 + n)), SeatKind.CHAMBER) for n in range(left)]
    return units, (*seats, *others)


def test_monti_ii_the_card_falls_with_the_opinion_that_brings_18_of_54() -> None:
    rows = _rows()
    units, roll = _roll(rows)
    known = tuple(_facts(seat.unit) for seat in roll)
    eu = calendar_of("EU")
    told = story(
        ask(asked.OpenReview, COMMISSION, DAY, **{**OPENING, "roll": roll}, voters=known),
        ask(asked.CompleteTransmission, COMMISSION, DAY, calendar=eu),
    )
    assert review(told).deadlines[0].due_on == date(2012, 5, 16)
    reached, votes = list[happened.ThresholdReached](), 0
    for row in rows:
        votes += int(row["votes"])
        unit = units[row["chamber"]]
        outcome = told.when(opine(unit, date(2012, 5, 14), acting=_facts(unit)))
        cards = [event for event in outcome.events if isinstance(event, happened.ThresholdReached)]
        assert [card.votes for card in cards] == ([votes] if votes >= 18 and not reached else [])
        reached += cards
        told = told.given(*outcome.events)
    assert votes == review(told).votes == 19
    assert reached == [happened.ThresholdReached(Card.YELLOW, 18, 54, 18)]


def test_monti_ii_a_late_opinion_is_kept_and_not_counted_and_the_draft_is_withdrawn() -> None:
    rows = _rows()
    units, roll = _roll(rows)
    known = tuple(_facts(seat.unit) for seat in roll)
    commands = [opine(units[row["chamber"]], acting=_facts(units[row["chamber"]])) for row in rows]
    other = roll[-1].unit
    late = opine(other, date(2012, 5, 17), acting=_facts(other))
    told = story(
        ask(asked.OpenReview, COMMISSION, DAY, **{**OPENING, "roll": roll}, voters=known),
        ask(asked.CompleteTransmission, COMMISSION, DAY, calendar=calendar_of("EU")),
        *commands,
        late,
        passes(1, date(2012, 5, 17)),
    )
    found = review(told)
    assert (found.votes, found.card, len(found.opinions)) == (19, Card.YELLOW, 13)
    case = _rows("yellow_cards")[0]
    assert (int(case["votes"]), int(case["total_votes"]), case["outcome"]) == (19, found.total, found.card.value)
    decided = date.fromisoformat(case["review_decided_on"])
    assert Outcome.WITHDRAW.value in case["review_decision"]
    told.when(ask(asked.DecideAfterReview, COMMISSION, decided, outcome=Outcome.WITHDRAW)).then(
        happened.DraftWithdrawn(Card.YELLOW)
    )
