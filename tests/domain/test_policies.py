from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from domain.kernel import PolicyValue
from domain.policies import (
    AMENDED,
    KNOWN,
    POLICIES,
    SHIPPED,
    Absent,
    Adopted,
    AdoptPolicy,
    AmendPolicy,
    PolicyAdopted,
    PolicyAmended,
    fraction,
    in_force,
    items,
    numbered,
    policy_stream,
)
from domain.policies.shipped import MANDATE, values
from tests.domain.scenario import Given, scenario

SHIPPED_BY_NAME = {policy.name: policy for policy in reversed(SHIPPED)}
"""The first of each name: the one for everywhere, if there is one."""
adopted = SHIPPED_BY_NAME["commitment"]
adopt = AdoptPolicy(adopted.name, adopted.jurisdiction, adopted.in_force_from, adopted.values)


def given(*events: object) -> Given:
    return scenario(POLICIES).given(*events)


def changed(values: Sequence[PolicyValue], **said: str) -> tuple[PolicyValue, ...]:
    """The values with others in place of some; what is changed is our default."""
    by_name = {name.replace("__", "."): value for name, value in said.items()}
    return tuple(
        PolicyValue(value.parameter, by_name[value.parameter], "default") if value.parameter in by_name else value
        for value in values
    )


def with_basis(basis: str, citation: str) -> AdoptPolicy:
    first, *rest = adopt.values
    return replace(adopt, values=(replace(first, basis=basis, citation=citation), *rest))


stricter = changed(adopted.values, smart_mode="strict", report_months="6")
amend = AmendPolicy(in_force_from=date(2027, 1, 1), values=stricter)
amended = PolicyAmended("commitment", "*", date(2027, 1, 1), stricter)


def test_a_policy_is_adopted_whole() -> None:
    given().when(adopt).then(adopted)


def test_values_are_kept_in_the_order_of_the_table() -> None:
    given().when(replace(adopt, values=adopt.values[::-1])).then(adopted)


def test_adopting_the_same_twice_changes_nothing() -> None:
    given(adopted).when(adopt).then_nothing_happens()


def test_another_adoption_is_refused() -> None:
    given(adopted).when(replace(adopt, values=stricter)).then_refused("policy-exists")
    given(adopted, amended).when(adopt).then_refused("policy-exists")


def test_a_policy_is_amended_by_a_whole_new_document() -> None:
    given(adopted).when(amend).then(amended)


def test_amending_to_what_it_is_changes_nothing() -> None:
    given(adopted, amended).when(amend).then_nothing_happens()


def test_what_was_never_adopted_is_not_amended() -> None:
    given().when(amend).then_refused("policy-unknown")


def test_a_later_version_does_not_count_earlier() -> None:
    early = replace(amend, in_force_from=date(2026, 12, 31), values=adopted.values)
    given(adopted, amended).when(early).then_refused("version-out-of-order")


def test_a_version_of_the_same_day_takes_the_place_of_the_one_before() -> None:
    again = replace(amend, values=adopted.values)
    reached = given(adopted, amended).after(again)
    policy = in_force(reached.state, amend.in_force_from)
    assert policy is not None
    assert policy.version == 3
    assert policy.text("smart_mode") == "flag"


def test_an_unknown_policy_is_refused() -> None:
    given().when(replace(adopt, name="tea_breaks")).then_refused("policy-unknown")


def test_an_unknown_parameter_is_refused() -> None:
    extra = (*adopt.values, PolicyValue("colour", "red", "default"))
    given().when(replace(adopt, values=extra)).then_refused("parameter-unknown")


def test_a_missing_parameter_is_refused() -> None:
    refused = given().when(replace(adopt, values=adopt.values[1:])).then_refused("parameter-missing")
    assert adopt.values[0].parameter in refused.reason


def test_a_parameter_said_twice_is_refused() -> None:
    given().when(replace(adopt, values=(*adopt.values, adopt.values[0]))).then_refused("parameter-repeated")


@pytest.mark.parametrize(
    ("policy", "parameter", "value"),
    [
        ("commitment", "report_months", "0"),
        ("commitment", "report_months", "twelve"),
        ("commitment", "report_months", "-1"),
        ("commitment", "report_months", "1.5"),
        ("commitment", "report_months", "12\n"),
        ("commitment", "smart_mode", "maybe"),
        ("mandate", "connexity.materiality", "1.5"),
        ("mandate", "connexity.cover_ratio", "1e3"),
        ("mandate", "barred", "national>community"),
        ("mandate", "barred", "national>local, national>local"),
        ("mandate", "answer_days", "0"),
        ("scrutiny", "yellow.default", "1/0"),
        ("scrutiny", "yellow.default", "4/3"),
        ("scrutiny", "suspend", "august"),
        ("scrutiny", "suspend", "08-01..08-40"),
        ("scrutiny", "orange.procedures", "ordinary, ordinary"),
        ("scrutiny", "orange.procedures", "secret"),
        ("emergency", "majorities", "0.5, most"),
        ("emergency", "max_extension_days", "null"),
        ("ph_lgc", "prior_local_approval", "true"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(policy: str, parameter: str, value: str) -> None:
    shipped = SHIPPED_BY_NAME[policy]
    values = changed(shipped.values, **{parameter: value})
    command = AdoptPolicy(shipped.name, shipped.jurisdiction, shipped.in_force_from, values)
    refused = given().when(command).then_refused("value-of-wrong-kind")
    assert parameter in refused.reason


@pytest.mark.parametrize(
    ("policy", "parameter", "value"),
    [
        ("emergency", "max_extension_days", "none"),
        ("ke_igra", "first_meeting_days", "none"),
        ("scrutiny", "suspend", "none"),
        ("scrutiny", "orange.procedures", "ordinary, special"),
        ("scrutiny", "yellow.afsj_art76", "none"),
        ("scrutiny", "suspend", "12-01..01-31, 01-15..02-10"),
        ("mandate", "connexity.cover_ratio", "0"),
        ("mandate", "barred", "national>local, national>regional"),
        ("mandate", "delegation.max_years_by_state", "6"),
    ],
)
def test_other_values_of_the_right_kind_are_accepted(policy: str, parameter: str, value: str) -> None:
    shipped = SHIPPED_BY_NAME[policy]
    values = changed(shipped.values, **{parameter: value})
    command = AdoptPolicy(shipped.name, shipped.jurisdiction, shipped.in_force_from, values)
    given().when(command).then(replace(shipped, values=values))


def test_what_is_said_to_be_law_has_a_citation() -> None:
    given().when(with_basis("law", "  ")).then_refused("citation-required")


def test_a_value_rests_on_law_or_on_default() -> None:
    given().when(with_basis("custom", "")).then_refused("basis-unknown")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("commitment", {"report_months": "12", "red_months": "11"}),
        ("commitment", {"monitor_months": "24", "inventory_months": "12"}),
        ("scrutiny", {"yellow.default": "0.6"}),
        ("scrutiny", {"yellow.afsj_art76": "2/5"}),
        ("scrutiny", {"scrutiny_weeks": "0"}),
        ("scrutiny", {"scrutiny_days": "3595"}),
        ("scrutiny", {"standstill_days": "3651"}),
        ("scrutiny", {"suspend": "01-01..08-31"}),
        ("scrutiny", {"suspend": "12-01..01-31, 01-15..06-15"}),
        ("scrutiny", {"votes.unicameral": "0", "votes.chamber": "0"}),
        ("scrutiny", {"orange.fraction": "none"}),
        ("scrutiny", {"orange.procedures": "none"}),
        ("scrutiny", {"orange.fraction": "none", "orange.procedures": "none"}),
        ("es_convenio", {"publish_workdays": "4"}),
        ("mandate", {"delegation.needs_funding": "yes", "connexity.cover_ratio": "0"}),
        ("mandate", {"delegation.min_years_to_local": "5", "delegation.max_years_by_state": "4"}),
        ("finance", {"adequacy_alert": "1.1"}),
        ("emergency", {"majorities": "0.6, 0.5"}),
    ],
)
def test_values_that_contradict_one_another_are_refused(policy: str, said: dict[str, str]) -> None:
    shipped = SHIPPED_BY_NAME[policy]
    command = AdoptPolicy(shipped.name, shipped.jurisdiction, shipped.in_force_from, changed(shipped.values, **said))
    given().when(command).then_refused("values-contradict")


def test_the_version_of_a_day_is_the_one_in_force_then() -> None:
    state = given(adopted, amended).state
    before, after = in_force(state, date(2026, 12, 31)), in_force(state, date(2027, 1, 1))
    assert before is not None
    assert after is not None
    assert (before.version, before.whole("report_months"), before.ref) == (1, 12, "commitment@1")
    assert (after.version, after.whole("report_months"), after.ref) == (2, 6, "commitment@2")
    assert in_force(state, date(1989, 12, 31)) is None
    assert in_force(Absent(), date(2027, 1, 1)) is None


def test_a_version_in_between_stays_in_force_for_its_days() -> None:
    last = replace(amended, in_force_from=date(2028, 1, 1), values=adopted.values)
    state = given(adopted, amended, last).state
    found = [in_force(state, date(year, 6, 1)) for year in (2026, 2027, 2028)]
    assert [policy.version for policy in found if policy] == [1, 2, 3]


@pytest.mark.parametrize("policy", SHIPPED, ids=lambda policy: f"{policy.name}/{policy.jurisdiction}")
def test_what_is_shipped_keeps_the_rules(policy: PolicyAdopted) -> None:
    given().when(AdoptPolicy(policy.name, policy.jurisdiction, policy.in_force_from, policy.values)).then(policy)


def test_every_known_policy_is_shipped_and_once_for_a_jurisdiction() -> None:
    assert {policy.name for policy in SHIPPED} == set(KNOWN)
    assert len({(policy.name, policy.jurisdiction) for policy in SHIPPED}) == len(SHIPPED)


def test_shipped_amendments_keep_the_rules_one_after_the_other() -> None:
    told = {(first.name, first.jurisdiction): given(first) for first in SHIPPED}
    for change in AMENDED:
        at = told[change.name, change.jurisdiction]
        at.when(AmendPolicy(change.in_force_from, change.values)).then(change)
        told[change.name, change.jurisdiction] = at.given(change)


def test_unread_rules_are_defaults_and_defaults_of_ours_cite_nothing() -> None:
    for policy in SHIPPED:
        for value in policy.values:
            assert (value.basis == "law") == (value.citation != "" and not value.citation.startswith("unread: "))


def test_numbers_that_no_law_gives_are_labelled_as_ours() -> None:
    mandate = in_force(given(SHIPPED_BY_NAME["mandate"]).state, date(2026, 1, 1))
    assert mandate is not None
    grounds = mandate.grounds("connexity.materiality")
    assert (grounds.basis, grounds.citation, grounds.policy) == ("default", "", "mandate@1")
    assert mandate.number("connexity.materiality") == Decimal("0.0025")


def test_the_federation_of_germany_entrusts_nothing_to_municipalities() -> None:
    german = next(one for one in SHIPPED if (one.name, one.jurisdiction) == ("mandate", "DE"))
    found = in_force(given(german).state, date(2026, 1, 1))
    assert found is not None
    assert (found.text("barred"), found.grounds("barred").basis) == ("national>local", "law")
    assert in_force(given(german).state, date(2006, 8, 31)) is None


def test_the_turn_of_the_year_counts_until_2019() -> None:
    state = given(SHIPPED_BY_NAME["scrutiny"], *AMENDED).state
    old, new = in_force(state, date(2013, 8, 21)), in_force(state, date(2024, 1, 1))
    assert old is not None
    assert new is not None
    assert items(old.text("suspend")) == ("08-01..08-31",)
    assert items(new.text("suspend")) == ("08-01..08-31", "12-20..01-10")
    assert new.ref == "scrutiny/EU@4"


def test_votes_follow_the_membership_of_the_union() -> None:
    state = given(SHIPPED_BY_NAME["scrutiny"], *AMENDED).state
    days = (date(2012, 3, 21), date(2013, 7, 17), date(2020, 1, 31), date(2020, 2, 1))
    found = [in_force(state, day) for day in days]
    assert [policy.whole("votes.total") for policy in found if policy] == [54, 56, 56, 54]


def test_a_version_is_found_by_the_number_that_records_give_it() -> None:
    state = given(adopted, amended).state
    assert [numbered(state, number).ref for number in (1, 2)] == ["commitment@1", "commitment@2"]


def test_a_share_is_an_exact_number() -> None:
    assert fraction("1/3") * 54 == 18
    assert fraction("0.55") == Fraction(11, 20)


def test_each_policy_of_a_jurisdiction_has_a_stream_of_its_own() -> None:
    streams = {policy_stream(name, place) for name in KNOWN for place in ("*", "FR", "DE-BY")}
    assert len(streams) == len(KNOWN) * 3
    by = POLICIES.commands["adopt"]
    assert by.stream is not None
    assert by.stream(adopt) == policy_stream("commitment")


def test_an_amendment_needs_reasons() -> None:
    assert POLICIES.commands["amend"].reasons


@forall(st.lists(st.tuples(st.integers(2000, 2040), st.integers(1, 24)), max_size=6))
def test_what_was_accepted_replays_to_the_same_state(amendments: list[tuple[int, int]]) -> None:
    history: list[object] = [adopted]
    for year, months in amendments:
        values = changed(adopted.values, report_months=str(months))
        outcome = given(*history).when(AmendPolicy(date(year, 1, 1), values))
        history += outcome.events
    fold = POLICIES.decider.fold
    whole = fold(history)
    assert isinstance(whole, Adopted)
    assert [version.policy.version for version in whole.versions] == list(range(1, len(history) + 1))
    for cut in range(1, len(history)):
        assert fold(history[cut:], fold(history[:cut])) == whole


def test_a_value_under_a_name_that_the_policy_does_not_know_is_not_lost_silently() -> None:
    with pytest.raises(LookupError, match="mandate has no such parameter: consultation_days"):
        values("mandate", {**MANDATE, "consultation_days": ("28", "")})
