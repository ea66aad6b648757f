from datetime import date

from services.calendars import WEEKENDS_ONLY, calendar_of


def test_a_country_has_its_holidays() -> None:
    france = calendar_of("FR")
    assert france.name == "FR"
    assert not france.works_on(date(2025, 7, 14))
    assert france.works_on(date(2025, 7, 15))
    assert not france.works_on(date(1990, 7, 14))
    assert not france.works_on(date(2060, 7, 14))


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    epiphany = date(2025, 1, 6)
    assert not calendar_of("DE-BY").works_on(epiphany)
    assert calendar_of("DE").works_on(epiphany)


def test_a_part_that_nobody_told_us_of_has_its_countrys_days_and_says_so() -> None:
    assert calendar_of("FR-IDF").name == "FR"
    assert calendar_of("FR-IDF").holidays == calendar_of("FR").holidays


def test_an_unknown_place_has_weekends_only_and_says_so() -> None:
    for place in ("", "XX", "*", "France"):
        assert calendar_of(place).name == WEEKENDS_ONLY
        assert calendar_of(place).holidays == frozenset()


def test_the_union_has_the_days_of_its_institutions() -> None:
    union = calendar_of("EU")
    assert union.name == "EU"
    closed = ["2013-03-28", "2016-05-09", "2024-05-10", "2025-06-09", "2025-12-31"]
    assert not [day for day in closed if union.works_on(date.fromisoformat(day))]
    assert union.works_on(date(2013, 10, 28))
    assert union.works_on(date(2016, 5, 10))


def test_weekends_differ() -> None:
    assert calendar_of("SA").weekend == {4, 5}


def test_work_that_is_made_up_at_a_weekend_is_work() -> None:
    assert calendar_of("CN").works_on(date(2024, 2, 4))


def test_a_calendar_is_made_once() -> None:
    assert calendar_of("ZA") is calendar_of("ZA")
