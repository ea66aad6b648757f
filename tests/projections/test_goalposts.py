"""Moved goalposts: what was first promised stays to be seen, with who moved it, how and why."""

from dataclasses import replace
from datetime import timedelta

from domain.commitments import commands as asked
from domain.commitments.words import Milestone, NewMilestone, NewTarget, Quantity
from domain.kernel import PartialDate
from projections.goalposts import GoalpostRow, Post, Way
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    END,
    INSTITUTE,
    REGION,
    ROW,
    STATE,
    STEP,
    STREAM,
    adopted,
    adopted_alone,
    amend,
    ask,
    from_source,
    words,
)
from tests.projections.register import Register, directory

EASIER = replace(END, value=Quantity("40", "t CO2e"), due_on=PartialDate("2035"))


def posts(register: Register) -> dict[str, GoalpostRow]:
    return {key.removeprefix(f"{STREAM}/"): row for key, row in register.of("moved-goalposts").items()}


def test_a_later_end_shows_both_and_the_reason() -> None:
    register = directory().given(*adopted_alone)
    register.given(amend(ends_on=PartialDate("2032")), because="The bridge came first.")
    moved = posts(register)["end"]
    assert (moved.what, moved.first_on, moved.now_on, moved.moves) == (Post.END, "2030", "2032", 1)
    assert (moved.way, moved.moved_by, moved.because) == (Way.AMENDMENT, CITY, "The bridge came first.")


def test_what_was_first_promised_stays_however_often_it_is_moved() -> None:
    register = directory().given(*adopted_alone)
    for year in ("2032", "2035", "2031"):
        register.given(amend(ends_on=PartialDate(year)))
    moved = posts(register)["end"]
    assert (moved.first_on, moved.now_on, moved.moves) == ("2030", "2031", 3)


def test_an_easier_target_is_a_moved_goalpost() -> None:
    moved = posts(directory().given(*adopted_alone, amend(targets=(NewTarget(1, EASIER),))))["target/1"]
    assert (moved.first, moved.now) == (f"Emissions of the tram: {END.value}", f"Emissions of the tram: {EASIER.value}")
    assert (moved.first_on, moved.now_on) == ("2030", "2035")


def test_an_amendment_that_leaves_value_and_day_moves_nothing() -> None:
    renamed = Milestone(words("Rails laid"), STEP.due_on, CITY)
    other = NewTarget(1, replace(END, responsible=REGION))
    register = directory().given(*adopted)
    register.given(amend(title=words("Another tram"), milestones=(NewMilestone(1, renamed),), targets=(other,)))
    register.given(*(ask(asked.AgreeAmendment, unit, amendment=1) for unit in (REGION, STATE)))
    assert register.one("commitments", str(STREAM)).targets[0].current.responsible == REGION
    assert posts(register) == {}


def test_an_amendment_moves_nothing_until_all_have_agreed() -> None:
    register = directory().given(*adopted, amend(ends_on=PartialDate("2032")))
    register.given(ask(asked.AgreeAmendment, REGION, amendment=1))
    assert posts(register) == {}
    register.given(ask(asked.AgreeAmendment, STATE, amendment=1))
    assert posts(register)["end"].moved_by == STATE


def test_more_time_for_a_step_is_one_moved_goalpost_not_two() -> None:
    register = directory().given(*adopted)
    deadline = next(one for one in register.one("commitments", str(STREAM)).owed if one.kind == "milestone")
    until = STEP.due_on + timedelta(days=60)
    register.given(ask(asked.RequestExtension, until=until, deadline=deadline.number))
    register.given(ask(asked.GrantExtension, REGION, extension=1))
    ((key, moved),) = posts(register).items()
    assert (key, moved.way) == ("milestone/1", Way.EXTENSION)
    assert (moved.first_on, moved.now_on) == (STEP.due_on.isoformat(), until.isoformat())


def test_more_time_for_a_plan_moves_its_deadline() -> None:
    register = directory().given(*adopted)
    plan = next(one for one in register.one("commitments", str(STREAM)).owed if one.kind == "plan")
    until = plan.due_on + timedelta(days=30)
    register.given(ask(asked.RequestExtension, until=until, deadline=plan.number))
    register.given(ask(asked.GrantExtension, REGION, extension=1))
    moved = posts(register)[f"deadline/{plan.number}"]
    assert (moved.what, moved.first, moved.way) == (Post.DEADLINE, "plan", Way.EXTENSION)
    assert (moved.first_on, moved.now_on) == (plan.due_on.isoformat(), until.isoformat())


def test_a_source_that_changed_its_mind_moved_its_goalposts() -> None:
    register = directory().given(from_source)
    update = ask(
        asked.UpdateFromSource, INSTITUTE, title=from_source.title, description=from_source.description,
        ends_on=PartialDate("2060"), source=ROW, updated="2023-06-01", instrument=from_source.instrument,
        status_on=from_source.status_on, has_plan=True, reporting=from_source.reporting, targets=(EASIER,),
    )  # fmt: skip
    register.given(update, on=DAY)
    moved = posts(register)
    assert {key: row.way for key, row in moved.items()} == {"end": Way.SOURCE, "target/1": Way.SOURCE}
    assert (moved["end"].first_on, moved["end"].now_on) == ("2050", "2060")
