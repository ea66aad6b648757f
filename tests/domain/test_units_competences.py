"""What a unit holds by law: recorded, held on which days, withdrawn."""

import csv
from dataclasses import replace
from datetime import date

import pytest

from domain import cofog
from domain.kernel import (
    PartialDate,
    Sphere,
)
from domain.units import (
    Manner,
    holdings,
)
from tests.data import published
from tests.domain.unit_stories import (
    DRONGEN,
    NOBODY,
    competence,
    drongen,
    given,
    nobody,
    record_competence,
    registered,
    withdraw,
    withdrawn,
)


def test_a_competence_is_recorded() -> None:
    given(registered).when(record_competence).then(competence)
    given(registered, competence).when(record_competence).then_nothing_happens()


def test_the_function_is_a_code_of_cofog() -> None:
    given(registered).when(replace(record_competence, function="01.9")).then_refused("function-unknown")


@pytest.mark.parametrize("sphere", [Sphere.SUPRANATIONAL, Sphere.COMMUNITY])
def test_who_only_takes_part_holds_no_competence(sphere: Sphere) -> None:
    given(replace(registered, sphere=sphere)).when(record_competence).then_refused("no-authority")


def test_the_territory_is_a_registered_unit() -> None:
    command = replace(record_competence, territory=NOBODY, territory_unit=nobody)
    given(registered).when(command).then_refused("unit-unknown")


def test_a_competence_does_not_end_before_it_begins() -> None:
    given(registered).when(replace(record_competence, held_until=PartialDate("2018"))).then_refused("period-reversed")


def test_a_competence_is_held_once_at_a_time() -> None:
    for change in ({"manner": Manner.SHARED}, {"held_from": PartialDate("2024-05-01")}):
        given(registered, competence).when(replace(record_competence, **change)).then_refused("competence-recorded")


def test_a_competence_is_held_elsewhere_otherwise_or_later() -> None:
    later = replace(record_competence, held_from=PartialDate("2027-01-01"))
    [event] = given(registered, competence, withdrawn).when(later).events
    assert event.held_from == "2027-01-01"
    elsewhere = replace(record_competence, territory=DRONGEN, territory_unit=drongen)
    given(registered, competence).when(elsewhere).then(replace(competence, territory=DRONGEN))
    given(registered, competence).when(replace(record_competence, function="07.4")).then(
        replace(competence, function="07.4")
    )


def test_a_competence_may_be_held_for_one_day() -> None:
    day = PartialDate("2026-11-24")
    given(registered).when(replace(record_competence, held_from=day, held_until=day)).then(
        replace(competence, held_from=day, held_until=day)
    )


def test_first_and_last_day_belong_to_a_competence() -> None:
    bounded = replace(competence, held_from=PartialDate("2020-01-01"), held_until=PartialDate("2020-12-31"))
    for first, last in (("2020-12-31", "2021-12-31"), ("2019-01-01", "2020-01-01")):
        touching = replace(record_competence, held_from=PartialDate(first), held_until=PartialDate(last))
        given(registered, bounded).when(touching).then_refused("competence-recorded")
    for first, last in (("2021-01-01", "2021-12-31"), ("2019-01-01", "2019-12-31")):
        beside = replace(record_competence, held_from=PartialDate(first), held_until=PartialDate(last))
        assert len(given(registered, bounded).when(beside).events) == 1


def test_a_competence_is_withdrawn_on_its_first_day_but_not_for_longer_than_it_is_held() -> None:
    bounded = replace(competence, held_from=PartialDate("2020-01-01"), held_until=PartialDate("2020"))
    first = replace(withdraw, held_until=PartialDate("2020-01-01"))
    given(registered, bounded).when(first).then(replace(withdrawn, held_until=PartialDate("2020-01-01")))
    given(registered, bounded).when(replace(withdraw, held_until=PartialDate("2020-12-31"))).then_refused(
        "competence-not-held"
    )


def test_a_competence_is_withdrawn() -> None:
    given(registered, competence).when(withdraw).then(withdrawn)
    given(registered, competence, withdrawn).when(withdraw).then_nothing_happens()
    state = given(registered, competence, withdrawn).state
    (held,) = holdings(state)
    assert (held.held_from, held.held_until) == (date(2019, 1, 1), date(2026, 12, 31))


def test_only_what_is_held_is_withdrawn() -> None:
    given(registered).when(withdraw).then_refused("competence-not-held")
    early = replace(withdraw, held_until=PartialDate("2018-12-31"))
    given(registered, competence).when(early).then_refused("competence-not-held")
    given(registered, competence).when(replace(withdraw, function="07")).then_refused("competence-not-held")


def test_the_year_of_a_withdrawal_is_known() -> None:
    unknown = replace(withdraw, held_until=PartialDate("unknown"))
    given(registered, competence).when(unknown).then_refused("date-unknown")


def test_the_codes_are_those_that_were_published() -> None:
    with published("cofog/cofog.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert {code for code in codes if code.count(".") < 2} == cofog.DIVISIONS | cofog.GROUPS
    assert (len(cofog.DIVISIONS), len(cofog.GROUPS)) == (10, 69)


def test_a_division_covers_its_groups() -> None:
    assert cofog.covers("07", "07.3")
    assert cofog.covers("07.3", "07.3")
    assert not cofog.covers("07.3", "07")
    assert not cofog.covers("07", "08.1")
