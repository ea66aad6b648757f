"""A unit that is no more: every view counts what it promised for its successor from then on, and says who it was."""

from datetime import date, timedelta

from domain.commitments import commands as asked
from domain.commitments.words import Due, Outcome
from domain.deadlines import Standing
from domain.kernel import Level, Sphere
from projections.commitment_row import CommitmentRow, FormerParty, Turn
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    REGION,
    STATE,
    STREAM,
    VILLAGE,
    adopted,
    adopted_alone,
    ask,
    commitment,
    facts,
    gone,
    miss,
    propose_shared,
    report,
    story,
)
from tests.projections.register import Register, directory

LATER = DAY + timedelta(days=400)
merged = gone(CITY, facts(VILLAGE), on=LATER)
vanished = gone(CITY, on=LATER)


def whole(register: Register) -> CommitmentRow:
    found = register.one("commitments", str(STREAM))
    assert isinstance(found, CommitmentRow)
    return found


def late(told: tuple[object, ...] = adopted_alone) -> Register:
    """A commitment whose first report was missed."""
    return directory().given(*told).given(miss(_first(told, Due.PROGRESS), LATER), on=LATER)


def _first(told: tuple[object, ...], kind: Due) -> int:
    return next(n for n, one in enumerate(commitment(story(*told)).deadlines, 1) if one.kind is kind)


def test_the_page_shows_the_successor_and_the_former_party_and_since_when() -> None:
    row = whole(directory().given(*adopted).given(merged, on=LATER))
    assert (row.owner, row.owner_name, row.owner_sphere) == (VILLAGE, "Village", Sphere.LOCAL)
    owner = row.parties[0]
    assert (owner.unit, owner.formerly) == (VILLAGE, (FormerParty(CITY, "City", LATER),))
    assert row.former_parties == (CITY,)


def test_two_places_of_one_unit_are_one_row_with_its_own_name_and_word() -> None:
    register = directory().given(*adopted, report(10)).given(gone(REGION, facts(CITY), on=LATER), on=LATER)
    row = whole(register)
    assert [(party.unit, party.part) for party in row.parties] == [(CITY, "owner"), (STATE, "funder")]
    assert row.parties[0].formerly == (FormerParty(REGION, "Region", LATER),)
    assert row.parties[0].last_word_on == DAY


def test_what_waited_for_the_former_unit_waits_for_the_successor() -> None:
    register = late().given(merged, on=LATER)
    (turn,) = [one for one in register.all("turns") if one.turn == Turn.REPORT]
    assert (turn.unit, turn.unit_name) == (VILLAGE, "Village")
    assert not [one for one in register.all("turns") if one.unit == CITY]


def test_what_it_owed_and_had_not_done_is_owed_by_the_successor_on_the_same_days() -> None:
    register = late()
    before = register.of("obligations")
    after = register.given(merged, on=LATER).of("obligations")
    assert {row.unit for row in before.values()} == {CITY, None}
    assert {row.unit for row in after.values()} == {VILLAGE, None}
    assert {key: row.due_on for key, row in before.items()} == {key: row.due_on for key, row in after.items()}


def test_what_it_had_done_stays_its_own() -> None:
    done = ask(asked.CompleteMilestone, milestone=1)
    register = directory().given(*adopted_alone, report(10), done).given(merged, on=LATER)
    met = [row for row in register.all("obligations") if row.state is Standing.MET]
    assert {row.unit for row in met} == {CITY}
    (step,) = register.all("milestones")
    assert step.responsible == CITY
    assert whole(register).reports[0].unit == CITY


def test_the_steps_ahead_are_the_successors() -> None:
    (step,) = directory().given(*adopted_alone).given(merged, on=LATER).all("milestones")
    assert (step.responsible, step.responsible_name) == (VILLAGE, "Village")


def test_cards_count_it_for_the_successor_and_no_longer_for_the_former_unit() -> None:
    register = directory().given(*adopted_alone)
    assert [register.one("scorecards", f"unit:{unit}").owned for unit in (CITY, VILLAGE)] == [1, 0]
    register.given(merged, on=LATER)
    assert [register.one("scorecards", f"unit:{unit}").owned for unit in (CITY, VILLAGE)] == [0, 1]
    assert [register.one("engagements", str(unit)).commitments for unit in (CITY, VILLAGE)] == [0, 1]
    assert register.one("scorecards", "sphere:local").commitments == 1


def test_an_invitation_waits_for_the_successor_and_not_if_it_has_accepted_already() -> None:
    asked_of = directory().given(propose_shared).given(gone(REGION, facts(VILLAGE), on=LATER), on=LATER)
    assert (Turn.ACCEPT, VILLAGE) in {(one.turn, one.unit) for one in asked_of.all("turns")}
    bound = directory().given(propose_shared).given(gone(REGION, facts(CITY), on=LATER), on=LATER)
    assert {one.unit for one in bound.all("turns") if one.turn == Turn.ACCEPT} == {STATE}


# --- nobody in its place ---


def test_without_a_successor_it_shows_since_when_and_waits_for_somebody_from_outside() -> None:
    register = directory().given(*adopted).given(vanished, on=LATER)
    row = whole(register)
    assert (row.owner, row.orphaned_since, row.parties[0].orphaned_since) == (CITY, LATER, LATER)
    (turn,) = [one for one in register.all("turns") if one.turn == Turn.SUCCEED]
    assert (turn.unit, turn.waits_since) == (None, LATER)


def test_with_two_orphans_the_first_day_shows_until_neither_is_left() -> None:
    register = directory().given(*adopted).given(vanished, on=LATER)
    other = date(LATER.year + 1, 1, 1)
    register.given(gone(REGION, on=other), on=other)
    assert whole(register).orphaned_since == LATER
    register.given(gone(CITY, facts(VILLAGE), on=other, since=LATER), on=other)
    assert whole(register).orphaned_since == other
    assert [one.turn for one in register.all("turns") if one.unit is None] == [Turn.SUCCEED]
    register.given(gone(REGION, facts(VILLAGE), on=other), on=other)
    assert (whole(register).orphaned_since, [one for one in register.all("turns") if one.unit is None]) == (None, [])
    assert [(one.unit, len(one.formerly)) for one in whole(register).parties] == [(VILLAGE, 2), (STATE, 0)]


def test_a_unit_that_is_there_again_is_orphaned_no_longer() -> None:
    back = asked.SucceedParty(
        former=CITY, line=(facts(CITY),), effective_on=merged.effective_on, today=merged.today
    )  # fmt: skip
    row = whole(directory().given(*adopted).given(vanished, back, on=LATER))
    assert (row.owner, row.orphaned_since, row.parties[0].orphaned_since) == (CITY, None, None)
    assert row.former_parties == ()


def test_what_has_ended_waits_for_no_successor() -> None:
    left = ask(asked.CloseCommitment, outcome=Outcome.NOT_MET, level=Level.SELF_REPORTED)
    register = directory().given(*adopted).given(gone(REGION, on=LATER), left, on=LATER)
    row = whole(register)
    assert (row.orphaned_since, [one.turn for one in row.matters]) == (None, [Turn.ASSESS])
