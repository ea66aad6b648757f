"""Activity: every record is a line, with who acted, on what, and why."""

from datetime import timedelta

import pytest

from domain.kernel import EventName, Role, Sphere
from domain.units.events import Particulars, UnitCorrected
from projections.activity import ActivityRow, key_of
from projections.views import VIEWS
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    REGION,
    STREAM,
    accept,
    adopted,
    adopted_alone,
    amend,
    miss,
    words,
)
from tests.projections.register import LEDGER, Register, directory, opened


def lines(register: Register) -> list[ActivityRow]:
    return [row for _, row in sorted(register.of("activity").items())]


def test_every_record_of_every_context_is_one_line_in_the_order_of_the_ledger() -> None:
    register = directory().given(*adopted)
    found = lines(register)
    assert [one.position for one in found] == list(range(register.position + 1))
    assert [one.type for one in found] == [type(record.event).__name__ for record in register.told]


def test_a_line_says_who_acted_in_which_role_on_what_and_when() -> None:
    line = next(one for one in lines(directory().given(*adopted)) if one.type == "ParticipationAccepted")
    assert accept.acting.id == line.unit == REGION
    assert (line.unit_name, line.sphere, line.role) == ("Region", Sphere.REGIONAL, Role.LIAISON_OFFICER)
    assert (line.context, line.stream, line.title) == ("commitments", STREAM, words("A tram by 2030"))
    assert (line.at, line.effective_on) == (DAY, DAY.isoformat())


def test_what_the_clock_says_is_said_by_no_unit() -> None:
    register = directory().given(*adopted_alone)
    deadline = register.one("commitments", str(STREAM)).owed[0]
    day = deadline.due_on + timedelta(days=1)
    line = lines(register.given(miss(deadline.number, day), on=day))[-1]
    assert (line.unit, line.unit_name, line.role, line.sphere) == (None, "", None, None)


def test_the_first_record_has_a_line_though_no_thing_is_there_yet() -> None:
    (line,) = lines(Register(VIEWS).tell(LEDGER, opened))
    assert (line.position, line.type, line.title) == (0, "LedgerOpened", None)


def test_a_line_keeps_the_title_of_its_time() -> None:
    register = directory().given(*adopted_alone)
    before = register.position
    register.given(amend(title=words("A longer tram")), because="More quarters.")
    found = lines(register)
    assert found[before].title == words("A tram by 2030")
    assert (found[-1].title, found[-1].because) == (words("A longer tram"), "More quarters.")


def test_a_correction_names_the_record_that_it_corrects() -> None:
    register = directory().given(*adopted_alone)
    wrong = EventName.at(STREAM, 1)
    register.tell(STREAM, register.told[-1].event, by=CITY, corrects=wrong)
    assert lines(register)[-1].corrects == wrong


@pytest.mark.parametrize(
    ("counts", "days"),
    [("unknown", 0), ("9999", 0), (DAY + timedelta(days=3), 0), (DAY, 0), (DAY - timedelta(days=40), 40),
     (DAY.year - 1, DAY.timetuple().tm_yday)],
)  # fmt: skip
def test_a_line_says_how_long_before_its_day_it_counts_by_the_last_day_that_its_date_may_mean(
    counts: object, days: int
) -> None:
    register = directory().given(*adopted_alone)
    register.tell(STREAM, register.told[-1].event, by=CITY, counts=str(counts))
    assert lines(register)[-1].backdated == days


def test_a_line_says_the_minute_and_where_the_unit_was_then() -> None:
    register = directory().given(*adopted_alone)
    line = lines(register)[-1]
    assert (line.unit, line.time, line.jurisdiction, line.time_zone) == (CITY, "12:00", "XX", "UTC")
    said = UnitCorrected(EventName.at(CITY, 1), Particulars(time_zone="UTC"), Particulars(time_zone="Europe/Paris"))
    register.tell(CITY, said).tell(STREAM, register.told[-1].event, by=CITY)
    assert [one.time_zone for one in lines(register)[-3:]] == ["UTC", "", "Europe/Paris"]


def test_keys_sort_as_positions_do() -> None:
    assert sorted([key_of(10), key_of(9), key_of(2**53 - 1)]) == [key_of(9), key_of(10), key_of(2**53 - 1)]
