"""Who holds which competence on a date; chains of mandates; what is not paid for."""

from dataclasses import replace
from datetime import date
from typing import Any

from domain.kernel import EventName, PartialDate
from domain.mandates import MANDATES
from domain.mandates import commands as asked
from domain.mandates.words import Instrument, Kind, Settlement, Stage
from domain.units import Manner
from domain.units.events import CompetenceAnnulled, CompetenceRecorded, CompetenceWithdrawn, UnitAbolished, UnitRestored
from projections.competences import Basis
from projections.delegations import DELEGATIONS
from projections.unfunded_mandates import UNFUNDED_MANDATES
from tests.domain.mandate_stories import (
    CHILD,
    CITY,
    DAY,
    END,
    PARENT,
    REGION,
    START,
    STATE,
    STREAM,
    VILLAGE,
    accept,
    accept_renewal,
    activate,
    active,
    ask,
    draft,
    drafted,
    estimate,
    euros,
    facts_after,
    fund,
    give_back,
    holding,
    mandate_facts,
    offer,
    passes,
    renew,
    restore,
    revoked,
    sub_delegate,
    suspend,
    unit,
)
from tests.domain.scenario import Given
from tests.projections.mandate_ledger import Ledger, ledger

health = CompetenceRecorded("07.3", REGION, Manner.OWN, "Act of 1990, s. 1", PartialDate("1990"))


def told(*commands: Any) -> Ledger:
    made = ledger()
    made.record(REGION, health, PartialDate("1990"))
    return made.tell(*commands)


# --- who holds what ---


def test_the_law_gives_a_competence_from_day_to_day() -> None:
    [row] = told().competences()
    assert (row.holder_name, row.by, row.manner, row.exclusive, row.division) == (
        "Region", Basis.LAW, "own", False, "07",
    )  # fmt: skip
    assert (row.held_from, row.held_until, row.mandate) == (date(1990, 1, 1), None, None)


def test_the_law_takes_it_back() -> None:
    made = told()
    made.record(REGION, CompetenceWithdrawn("07.3", REGION, PartialDate("2026-05-31")), PartialDate("2026-06-01"))
    made.record(REGION, replace(health, held_from=PartialDate("2027")), PartialDate("2027"))
    spans = [(row.held_from, row.held_until) for row in made.competences(REGION)]
    assert spans == [(date(1990, 1, 1), date(2026, 5, 31)), (date(2027, 1, 1), None)]
    days = (date(1989, 12, 31), date(1990, 1, 1), date(2026, 5, 31), date(2026, 6, 1), date(2027, 1, 1))
    assert [made.holders(day) for day in days] == [[], ["Region"], ["Region"], [], ["Region"]]


def test_what_no_law_ever_gave_is_held_on_no_day() -> None:
    made = told()
    made.record(REGION, replace(health, function="08"), PartialDate("1990"))
    made.record(REGION, CompetenceAnnulled(EventName.at(REGION, 2), health), PartialDate("1990"))
    [row] = made.competences(REGION)
    assert (row.function, made.holders(date(2000, 1, 1), "08")) == ("08", ["Region"])
    made.record(
        REGION, CompetenceAnnulled(EventName.at(REGION, 3), replace(health, function="08")), PartialDate("1990")
    )
    assert made.competences(REGION) == []


def test_with_the_unit_all_that_it_held_ends_and_comes_back_when_it_is_restored() -> None:
    made = told()
    made.record(REGION, UnitAbolished(PartialDate("2026-12-31"), ()), PartialDate("2026-12-31"))
    [row] = made.competences()
    assert row.held_until == date(2026, 12, 30)
    made.record(REGION, UnitRestored(PartialDate("2026-12-31"), ()), PartialDate("2026-12-31"))
    [row] = made.competences()
    assert row.held_until is None


def test_a_mandate_in_force_gives_its_recipient_the_competence_until_its_end() -> None:
    made = told(*active)
    [row] = made.competences(STREAM)
    assert (row.holder_name, row.by, row.manner, row.mandate, row.giver_name) == (
        "City", Basis.MANDATE, "delegation", STREAM, "Region",
    )  # fmt: skip
    assert (row.held_from, row.held_until) == (START, END)
    days = (date(2026, 3, 31), START, END, date(2030, 4, 1))
    assert [made.holders(day) for day in days] == [["Region"], ["City", "Region"], ["City", "Region"], ["Region"]]


def test_what_is_not_in_force_gives_nothing() -> None:
    assert told(*active[:-1]).competences(STREAM) == []


def test_a_suspension_is_a_gap() -> None:
    made = told(*active, suspend, restore)
    found = [made.holders(day) for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 2), date(2026, 8, 3))]
    assert found == [["City", "Region"], ["Region"], ["Region"], ["City", "Region"]]


def test_an_end_is_seen_at_once_and_an_early_one_takes_later_periods_away() -> None:
    assert told(*revoked).holders(date(2026, 12, 1)) == ["Region"]
    settled = Settlement(euros(0), "Account 12")
    back = replace(give_back, effective_on=PartialDate("2026-05-02"), settlement=settled)
    made = told(*active, suspend, restore, back)
    assert [row.held_until for row in made.competences(STREAM)] == [date(2026, 5, 1)]


def test_a_renewal_moves_the_last_day() -> None:
    [row] = told(*active, renew, accept_renewal).competences(STREAM)
    assert row.held_until == date(2032, 3, 31)


def succeed(former: Any = CITY) -> Any:
    return ask(
        asked.SucceedParty, date(2026, 9, 5), former=former, successor=VILLAGE,
        former_unit=unit(former, alive_until=date(2026, 9, 1)), line=(unit(VILLAGE),),
    )  # fmt: skip


def test_a_successor_holds_from_its_own_day_and_not_before() -> None:
    made = told(*active, succeed())
    found = [made.holders(day) for day in (date(2026, 8, 31), date(2026, 9, 1))]
    assert found == [["City", "Region"], ["Region", "Village"]]


def test_tasks_without_power_give_no_competence() -> None:
    tasks = (draft(kind=Kind.TASKS), estimate, fund, offer, accept, activate)
    assert told(*tasks).competences(STREAM) == []


# --- chains ---

roads = CompetenceRecorded("07", STATE, Manner.EXCLUSIVE, "Constitution, art. 5", PartialDate("1949"))
TERMS: dict[str, Any] = {
    "giver": STATE,
    "recipient": REGION,
    "kind": Kind.DELEGATION,
    "instrument": Instrument.ACT,
    "function": "07",
    "territory": REGION,
    "purpose": draft().purpose,
    "legal_basis": "Act of 2000, s. 2",
    "starts_on": DAY,
    "may_subdelegate": True,
}
devolving = ask(asked.DraftMandate, **TERMS, holdings=(holding(STATE, "07", STATE),))


def chained() -> Ledger:
    """State delegates to Region, and Region to City."""
    made = ledger()
    made.record(STATE, roads, PartialDate("1949"))
    above = {"giver_unit": unit(STATE), "recipient_unit": unit(REGION), "holdings": devolving.holdings}
    given = [ask(kind, DAY, acting=unit(who), lands=devolving.lands, **above) for kind, who in (
        (asked.OfferMandate, STATE), (asked.AcceptMandate, REGION), (asked.ActivateMandate, STATE),
    )]  # fmt: skip
    made.tell(devolving, *given, stream=PARENT)
    parent = facts_after(_at(made, PARENT), PARENT)
    below = {"parents": (parent,), "holdings": ()}
    made.tell(sub_delegate(parent), replace(offer, **below), accept, replace(activate, **below), stream=CHILD)
    record = ask(
        asked.RecordSubDelegation, child=CHILD, child_facts=facts_after(_at(made, CHILD), CHILD), stream=PARENT
    )
    return made.tell(record, stream=PARENT)


def _at(made: Ledger, stream: Any) -> Given:
    return Given(MANDATES, tuple(one.event for one in made.records if one.stream == stream))


def test_a_chain_leads_from_the_law_to_who_exercises_it() -> None:
    row = chained().delegation(CHILD)
    assert (row.root, row.source_name, row.source_basis, row.step, row.depth) == (
        PARENT, "State", "Act of 2000, s. 2", 2, 1,
    )  # fmt: skip
    assert [(link.mandate, link.giver_name, link.recipient_name) for link in row.chain] == [
        (PARENT, "State", "Region"), (CHILD, "Region", "City"),
    ]  # fmt: skip
    top = chained().delegation(PARENT)
    assert (top.root, top.step, top.under, top.children) == (PARENT, 1, None, (CHILD,))


def test_a_chain_can_be_followed_on_any_date() -> None:
    made = chained()
    settled = ask(asked.FollowParent, date(2026, 9, 1), parents=(mandate_facts(ended=True, in_force=False),))
    made.tell(settled, stream=CHILD)
    links = (PARENT, CHILD)
    in_force = {
        day: [bool(row and row.in_force) for row in (made.in_law(DELEGATIONS, day, link) for link in links)]
        for day in (date(2026, 3, 1), DAY, START, date(2026, 8, 31), date(2026, 9, 1))
    }
    assert list(in_force.values()) == [[False, False], [True, False], [True, True], [True, True], [True, False]]
    assert made.delegation(CHILD).state is Stage.REVOKED
    assert made.holders(START, "07") == ["Region", "State"]


def test_a_mandate_held_by_law_is_a_chain_of_one() -> None:
    row = told(*drafted).delegation()
    assert (row.root, row.source, row.step, len(row.chain), row.in_force) == (STREAM, REGION, 1, 1, False)


def test_a_chain_whose_top_is_not_there_begins_where_it_is_known() -> None:
    row = ledger().tell(sub_delegate()).delegation()
    assert (row.root, row.step, row.under) == (STREAM, 1, PARENT)


def test_a_chain_shows_who_succeeded_and_until_when_it_was_renewed() -> None:
    row = told(*active, renew, accept_renewal, replace(succeed(), today=date(2029, 5, 1))).delegation()
    assert (row.recipient_name, row.ends_on) == ("Village", date(2032, 3, 31))


# --- not paid for ---

unpaid = (*drafted, estimate, offer, accept, activate)


def test_a_gap_is_shown_with_its_arithmetic() -> None:
    row = told(*unpaid).unfunded()
    assert row is not None
    assert (row.estimate, row.threshold, row.required, row.funded, row.gap) == (
        euros(1000), euros(250), euros(1000), euros(0), euros(1000),
    )  # fmt: skip
    assert (row.giver_name, row.recipient_name, row.unfunded_since, row.policies) == (
        "Region", "City", PartialDate(START), ("mandate@1",),
    )  # fmt: skip


def test_new_figures_keep_the_day_since_when() -> None:
    some = ask(asked.CommitFunding, date(2026, 6, 1), budget_line="x", budget_year=2026, yearly=euros(400))
    row = told(*unpaid, some).unfunded()
    assert row is not None
    assert (row.gap, row.unfunded_since, row.figures_of) == (euros(600), PartialDate(START), date(2026, 6, 1))


def test_what_is_paid_for_or_over_is_shown_no_more() -> None:
    paid = ask(asked.CommitFunding, date(2026, 6, 1), budget_line="x", budget_year=2026, yearly=euros(1000))
    made = told(*unpaid, paid)
    assert made.unfunded() is None
    assert made.in_law(UNFUNDED_MANDATES, date(2026, 5, 31)) is not None
    assert made.in_law(UNFUNDED_MANDATES, date(2026, 6, 1)) is None
    assert told(*unpaid, passes(2, date(2030, 4, 1))).unfunded() is None
    assert told(*active).unfunded() is None


def test_without_an_estimate_there_are_no_figures() -> None:
    row = told(*drafted, offer, accept, activate).unfunded()
    assert row is not None
    assert (row.gap, row.estimate) == (None, None)


def test_figures_that_count_from_after_the_end_show_nothing() -> None:
    late = ask(asked.CommitFunding, date(2026, 8, 1), budget_line="x", budget_year=2026, yearly=euros(1))
    settled = Settlement(euros(0), "Account 12")
    back = replace(give_back, effective_on=PartialDate("2026-07-01"), settlement=settled)
    made = told(*unpaid, late, back)
    assert made.in_law(UNFUNDED_MANDATES, date(2026, 6, 30)) is not None
    assert made.in_law(UNFUNDED_MANDATES, date(2026, 8, 1)) is None


def test_the_unit_that_succeeds_pays_or_is_owed() -> None:
    row = told(*unpaid, succeed()).unfunded()
    assert row is not None
    assert row.recipient_name == "Village"
