from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import (
    Decider,
    EventName,
    Grounds,
    Money,
    PartialDate,
    Policy,
    PolicyValue,
    Refused,
    Sphere,
    UnitFacts,
    UnitId,
    Words,
    named_stream,
)

STREAM = UUID("0b5f3f0e-52a3-4f6e-9a2c-6a54f1a3b001")


def euros(amount: str, price_basis: str = "current") -> Money:
    return Money(Decimal(amount), "EUR", price_basis)


# --- dates as precise as they are known ---


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-11-24", date(2026, 11, 24), date(2026, 11, 24)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
        ("9999-11", date(9999, 11, 1), date(9999, 11, 30)),
        ("unknown", None, None),
    ],
)
def test_a_partial_date_means_all_of_its_days(text: str, earliest: date | None, latest: date | None) -> None:
    assert PartialDate(text).earliest() == earliest
    assert PartialDate(text).latest() == latest


def test_a_partial_date_is_made_from_a_day() -> None:
    assert PartialDate(date(2026, 11, 24)) == "2026-11-24"
    assert PartialDate("2026").known
    assert not PartialDate("unknown").known


@pytest.mark.parametrize(
    "text", ["", "26", "2026-13", "2026-00", "2026-02-30", "2026-1", "0000", "2026-11-24T00:00", "2026\n", "Unknown"]
)
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError):
        PartialDate(text)


@given(st.dates())
def test_the_month_and_the_year_of_a_day_hold_it(day: date) -> None:
    for text in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        partial = PartialDate(text)
        first, last = partial.earliest(), partial.latest()
        assert first is not None
        assert last is not None
        assert first <= day <= last
        assert last == date.max or (last + timedelta(days=1)).isoformat()[: len(text)] != text


# --- texts in languages ---


def test_a_text_is_read_in_the_first_language_that_is_there() -> None:
    name = Words({"fr": "Gand", "nl": "Gent", "en": "Ghent"})
    assert name.best("de", "nl") == "Gent"
    assert name.best("de") == "Ghent"
    assert Words({"nl": "Gent", "fr": "Gand"}).best() == "Gand"


def test_the_same_words_are_equal_in_any_order() -> None:
    one, other = Words({"fr": "Gand", "nl": "Gent"}), Words({"nl": "Gent", "fr": "Gand"})
    assert one == other
    assert hash(one) == hash(other)
    assert list(other) == ["fr", "nl"]
    assert len(one) == 2
    assert repr(one) == "Words({'fr': 'Gand', 'nl': 'Gent'})"


@pytest.mark.parametrize("words", [{}, {"fr": " "}, {"French": "Gand"}, {"": "Gand"}, {"f": "Gand"}, {"fr_BE": "Gand"}])
def test_a_text_has_a_language_and_is_not_blank(words: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"language|blank"):
        Words(words)


def test_a_language_may_be_told_more_precisely() -> None:
    assert Words({"sr-Latn-RS": "Beograd"})["sr-Latn-RS"] == "Beograd"


# --- amounts ---


def test_amounts_of_one_currency_and_basis_add_up() -> None:
    assert euros("1.10") + euros("2.20") == euros("3.30")


def test_amounts_of_two_currencies_do_not() -> None:
    with pytest.raises(Refused) as refused:
        euros("1") + Money(Decimal(1), "XOF")
    assert refused.value.code == "currency-mismatch"


def test_amounts_of_two_price_bases_do_not() -> None:
    with pytest.raises(Refused) as refused:
        euros("1") + euros("1", "2015")
    assert refused.value.code == "price-basis-mismatch"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e30", "0.0000001", "1234567890123456789"])
def test_an_amount_has_at_most_18_digits_and_6_decimals(amount: str) -> None:
    with pytest.raises(ValueError, match="18 digits"):
        euros(amount)


@pytest.mark.parametrize(("currency", "basis"), [("eur", "current"), ("EURO", "current"), ("EUR", "15"), ("EUR", "")])
def test_currency_and_price_basis_have_their_form(currency: str, basis: str) -> None:
    with pytest.raises(ValueError, match=r"currency|price basis"):
        Money(Decimal(1), currency, basis)


@given(st.decimals(min_value=-(10**17), max_value=10**17, places=6), st.decimals(-(10**6), 10**6, places=2))
def test_adding_is_exact(one: Decimal, other: Decimal) -> None:
    assert (Money(one, "EUR") + Money(other, "EUR")).amount - other == one


# --- names ---


def test_an_event_is_named_by_its_stream_and_version() -> None:
    name = EventName.at(STREAM, 12)
    assert name == f"{STREAM}/12"
    assert (name.stream, name.version) == (STREAM, 12)


@pytest.mark.parametrize("text", ["", f"{STREAM}", f"{STREAM}/0", f"{STREAM}/01", f"{STREAM}/1\n", "x/1"])
def test_other_texts_name_no_event(text: str) -> None:
    with pytest.raises(ValueError, match="<stream>/<version>"):
        EventName(text)


def test_a_thing_of_a_well_known_name_has_the_same_stream_in_every_ledger() -> None:
    assert named_stream("policy", "commitment:*") == named_stream("policy", "commitment:*")
    assert named_stream("policy", "commitment:*") != named_stream("policy", "commitment:FR")


# --- who and what ---


def test_only_three_spheres_have_authority() -> None:
    assert {sphere for sphere in Sphere if sphere.has_authority} == {Sphere.LOCAL, Sphere.REGIONAL, Sphere.NATIONAL}


def test_a_unit_lives_from_its_first_day_until_the_day_of_its_end() -> None:
    unit = UnitFacts(UnitId(STREAM), True, "Gent", Sphere.LOCAL, "BE", "UTC", date(1977, 1, 1), date(2025, 1, 1))
    assert not unit.alive_on(PartialDate("1976-12-31"))
    assert unit.alive_on(PartialDate("1977-01-01"))
    assert unit.alive_on(PartialDate("2024-12-31"))
    assert not unit.alive_on(PartialDate("2025-01-01"))
    assert unit.alive_on(PartialDate("unknown"))


def test_a_partial_date_is_given_the_benefit_of_the_doubt() -> None:
    unit = UnitFacts(UnitId(STREAM), True, "Gent", Sphere.LOCAL, "BE", "UTC", date(1977, 6, 1), date(2025, 6, 1))
    assert unit.alive_on(PartialDate("1977"))
    assert unit.alive_on(PartialDate("2025"))
    assert not unit.alive_on(PartialDate("1976"))
    assert not unit.alive_on(PartialDate("2026"))


def test_what_was_never_registered_is_never_alive() -> None:
    assert not UnitFacts(UnitId(STREAM), False, "", Sphere.LOCAL, "BE", "UTC").alive_on(PartialDate("unknown"))


def test_a_policy_tells_a_number_and_what_it_rests_on() -> None:
    values = (PolicyValue("late_days", "15", "default"), PolicyValue("county.share", "0.15", "law", "art. 203"))
    policy = Policy("finance", "KE", 2, values)
    assert policy.whole("late_days") == 15
    assert policy.number("county.share") == Decimal("0.15")
    assert policy.grounds("county.share") == Grounds("finance/KE@2", "county.share", "law", "art. 203")
    assert Policy("finance", "*", 1, values).ref == "finance@1"


def test_a_history_folds_from_the_beginning_or_from_where_one_left_off() -> None:
    adding: Decider[int, int, int] = Decider(
        initial=0, decide=lambda command, state: [command], evolve=lambda a, b: a + b
    )
    assert adding.fold([1, 2, 3]) == 6
    assert adding.fold([3], adding.fold([1, 2])) == 6
    assert adding.fold([], 6) == 6
