"""Policies as a view: a row for each parameter of each version, with its days and what it rests on."""

from datetime import date

from domain.kernel import PolicyValue
from domain.policies import AMENDED, SHIPPED, PolicyAdopted, PolicyAmended, policy_stream
from projections.policies import POLICIES, Basis, PolicyRow
from tests.projections.telling import Told

ANSWER = PolicyValue("answer_days", "60", "law", "Code, art. 7")
NOTICE = PolicyValue("notice_days", "90", "default", "")
adopted = PolicyAdopted("mandate", "FR", date(1990, 1, 1), (ANSWER,))
amended = PolicyAmended("mandate", "FR", date(2027, 3, 1), (PolicyValue("answer_days", "30", "law", "Code, art. 9"),))
MANDATE = policy_stream("mandate", "FR")


def told(*events: PolicyAdopted | PolicyAmended) -> dict[str, PolicyRow]:
    return Told([POLICIES]).tell(MANDATE, *events).of("policies")


def test_an_adopted_policy_counts_from_its_first_day_on() -> None:
    row = told(adopted)["mandate/FR@1/answer_days"]
    assert (row.policy, row.parameter, row.value, row.citation) == ("mandate/FR@1", "answer_days", "60", "Code, art. 7")
    assert (row.basis, row.in_force_from, row.in_force_until) == (Basis.LAW, date(1990, 1, 1), None)
    assert row.stream == MANDATE


def test_a_later_version_ends_the_one_before_on_the_day_before_its_first() -> None:
    rows = told(adopted, amended)
    assert rows["mandate/FR@1/answer_days"].in_force_until == date(2027, 2, 28)
    assert rows["mandate/FR@1/answer_days"].value == "60"
    later = rows["mandate/FR@2/answer_days"]
    assert (later.value, later.version, later.in_force_from, later.in_force_until) == ("30", 2, date(2027, 3, 1), None)


def test_a_version_that_is_replaced_on_its_own_first_day_counted_on_none() -> None:
    at_once = PolicyAmended("mandate", "FR", adopted.in_force_from, amended.values)
    row = told(adopted, at_once)["mandate/FR@1/answer_days"]
    assert row.in_force_until is not None
    assert row.in_force_until < row.in_force_from


def test_a_parameter_that_is_new_in_a_version_is_in_none_before_it() -> None:
    more = PolicyAmended("mandate", "FR", date(2027, 3, 1), (ANSWER, NOTICE))
    rows = told(adopted, more)
    assert set(rows) == {"mandate/FR@1/answer_days", "mandate/FR@2/answer_days", "mandate/FR@2/notice_days"}


def test_a_default_is_told_from_a_law_that_nobody_has_read_yet() -> None:
    unread = PolicyValue("max_term_years", "4", "default", "unread: Code, art. 12")
    rows = told(PolicyAdopted("mandate", "FR", date(1990, 1, 1), (NOTICE, unread)))
    assert (rows["mandate/FR@1/notice_days"].basis, rows["mandate/FR@1/notice_days"].citation) == (Basis.DEFAULT, "")
    named = rows["mandate/FR@1/max_term_years"]
    assert (named.basis, named.citation) == (Basis.UNREAD, "Code, art. 12")


def test_every_policy_that_is_shipped_has_a_row_for_each_of_its_values() -> None:
    every: list[PolicyAdopted | PolicyAmended] = [*SHIPPED, *AMENDED]
    register = Told([POLICIES])
    for event in every:
        register.tell(policy_stream(event.name, event.jurisdiction), event)
    assert len(register.all("policies")) == sum(len(event.values) for event in every)
    open_ = [row for row in register.all("policies") if row.in_force_until is None]
    assert len({(row.name, row.jurisdiction, row.parameter) for row in open_}) == len(open_), "one value at a time"
