"""The sample story as the views show it: today, and on the days that it tells of."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.calendars import add_months
from services.story.school import AGREEMENTS, COST, FIRST, MORE, REVENUE
from services.story.transfer import POSTS, YEARLY
from tests.services.story_shown import Shown, records, shown

__all__ = ["shown"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_view_has_something_worth_looking_at(shown: Shown) -> None:
    rows = {view.name: await shown.rows(view.name) for view in shown.services.views_declared}
    empty = {name for name, found in rows.items() if not found}
    assert empty == {"attestations"}, "a day has not passed"
    assert [(one["state"], one.get("text")) for one in rows["annexes"]] == [("sealed", None)], "its day has not come"
    assert any(one["late"] for one in rows["obligations"]), "one report came late"
    assert any(one["state"] == "missed" for one in rows["obligations"])
    judged = [assessed for one in rows["commitments"] for assessed in one["assessments"]]
    assert any(assessed["contested"] for assessed in judged), "one assessment is contested"
    assert {one["level"] for one in rows["commitments"]} >= {"recorded_from_source", "self_reported", "verified"}
    assert {one["way"] for one in rows["moved-goalposts"]} >= {"amendment", "extension"}
    cards = [one for one in rows["scorecards"] if one["scope"] == "unit"]
    assert {one["commitments"] > 0 for one in cards} == {True, False}, "units with none are there as 0"
    assert rows["corrections"][0]["because"]
    assert {one["standing"] for one in rows["obligations"]} >= {"due_soon", "later", "missed", "silent", "met", "void"}
    assert {(one["context"], one["turn"]) for one in rows["turns"]} >= {
        ("mandates", "accept"), ("mandates", "commit-funding"), ("mandates", "report-exercise"),
        ("commitments", "accept"),
    }  # fmt: skip
    assert {one["state"] for one in rows["mandates"]} == {"active", "offered", "expired"}
    assert {one["clock"] for one in rows["reviews"]} == {"running", "ran_out"}
    assert {one["kind"] for one in rows["opinions"]} == {"opinion", "late", "contribution"}


async def test_the_register_itself_finds_nothing_left_to_do(shown: Shown) -> None:
    """What the clock and reactions would have recorded in those years has been told, and as they would have."""
    size = (await shown.services.store.head()).size
    await shown.services.workers.catch_up()
    assert (await shown.services.store.head()).size == size
    for one in await shown.services.workers.health():
        assert one.refused == 0, one


async def test_its_review_is_what_was_published(shown: Shown) -> None:
    [row] = await shown.rows("reviews", reference="COM(2012) 130")
    assert (row["total"], row["needed_yellow"], row["votes"], row["opinions"], row["late"]) == (54, 18, 19, 12, 1)
    assert (row["opened_on"], row["starts_on"], row["due_on"]) == ("2012-03-21", "2012-03-27", "2012-05-22")
    assert (row["card"], row["state"], row["decided_on"]) == ("yellow", "withdrawn", "2012-09-12")
    assert row["policy"] == "scrutiny/EU@1", "the law of 2012, with its 54 votes"
    said = await shown.rows("opinions", review=shown.story.monti)
    assert [(one["kind"], one["votes"]) for one in said if one["unit_name"].startswith("Camera Deput")] == [("late", 0)]
    assert [one["unit_name"] for one in said if one["brought"] == "yellow"] == ["House of Commons (United Kingdom)"]
    past = await shown.rows("reviews", valid_at=date(2012, 5, 21), reference="COM(2012) 130")
    assert [(one["votes"], one["card"], one["state"]) for one in past] == [(0, "none", "scrutiny")]


# --- mandates ---

TRANSPORT = "04.5"


async def test_a_delegated_competence_is_followed_from_the_law_to_the_sub_delegate_on_any_date(shown: Shown) -> None:
    """Held by law since September 2017, by the Metropolis for three years, by the city for two of them."""
    opened = (await records(shown.services))[0].at.date()
    holders = {
        date(2017, 8, 31): [],
        date(2017, 9, 1): ["Auvergne-Rhône-Alpes"],
        add_months(opened, -18) - timedelta(days=1): ["Auvergne-Rhône-Alpes"],
        add_months(opened, -18): ["Auvergne-Rhône-Alpes", "Metropolis of Lyon"],
        add_months(opened, -12): ["Auvergne-Rhône-Alpes", "Lyon", "Metropolis of Lyon"],
        add_months(opened, 12): ["Auvergne-Rhône-Alpes", "Lyon", "Metropolis of Lyon"],
        add_months(opened, 12) + timedelta(days=1): ["Auvergne-Rhône-Alpes", "Metropolis of Lyon"],
        add_months(opened, 18) + timedelta(days=1): ["Auvergne-Rhône-Alpes"],
    }
    for day, held in holders.items():
        found = await shown.rows("competences", valid_at=day, function=TRANSPORT)
        assert sorted(one["holder_name"] for one in found) == held, day
    [last] = await shown.rows("delegations", key=str(shown.story.shuttles))
    assert (last["step"], last["source_name"], last["source_basis"]) == (2, "Auvergne-Rhône-Alpes", AGREEMENTS)
    assert [(one["giver_name"], one["recipient_name"]) for one in last["chain"]] == [
        ("Auvergne-Rhône-Alpes", "Metropolis of Lyon"), ("Metropolis of Lyon", "Lyon"),
    ]  # fmt: skip
    then = await shown.rows("delegations", valid_at=add_months(opened, -13), key=str(shown.story.shuttles))
    assert [one["state"] for one in then] == ["accepted"]


async def test_a_unit_was_there_from_its_first_day_on_though_it_was_entered_later(shown: Shown) -> None:
    """Since 2015 the Metropolis; since when the Republic has been there, the directory does not say."""
    for day, there in ((date(2014, 12, 31), False), (date(2015, 1, 1), True)):
        names = {one["title"] for one in await shown.rows("units", valid_at=day)}
        assert ("Metropolis of Lyon" in names, "France" in names) == (there, True), day


async def test_the_gap_is_what_is_required_less_what_is_paid(shown: Shown) -> None:
    opened = (await records(shown.services))[0].at.date()
    [now] = await shown.rows("unfunded-mandates")
    required, funded, gap, threshold, estimate = (
        Decimal(now[name]["amount"]) for name in ("required", "funded", "gap", "threshold", "estimate")
    )
    assert threshold == Decimal("0.0025") * REVENUE.amount < estimate, "the cost is material"
    assert (required, funded) == (estimate, MORE.amount)
    assert gap == required - funded == Decimal(1_600_000)
    [first] = await shown.rows("unfunded-mandates", valid_at=add_months(opened, -9))
    assert Decimal(first["gap"]["amount"]) == COST.amount - FIRST.amount == Decimal(2_500_000)
    assert await shown.rows("unfunded-mandates", valid_at=add_months(opened, -19)) == []


async def test_a_function_moved_with_its_money_and_its_staff(shown: Shown) -> None:
    [row] = await shown.rows("mandates", function="04.2")
    assert (row["kind"], row["state"], row["state_since"]) == ("devolution", "active", "2023-01-01")
    assert row["staff"] == POSTS
    assert row["funded"] == {"amount": str(YEARLY.amount), "currency": "EUR", "price_basis": "current"}
    assert not row["unfunded"]
    assert "385" in row["purpose"]["fr"], "the facts are told with their source"
    assert "told for the demonstration" in row["purpose"]["en"]


async def test_the_climate_contract_rests_on_the_citys_mandate(shown: Shown) -> None:
    [row] = await shown.rows("commitments", key=str(shown.story.climate))
    assert row["rests_on"] == [str(shown.story.shuttles)]


# --- allocations ---


async def test_what_went_upward_rests_on_a_grid_and_is_looked_at_again(shown: Shown) -> None:
    [row] = await shown.rows("upward-shifts")
    assert (row["nearest"], row["sphere"], row["provisional"], row["grounds"]) == (
        "local",
        "regional",
        True,
        ["capacity"],
    )
    assert row["days_to_revisit"] in (20, 21), "or a day later than the ledger was opened"
    [whole] = await shown.rows("allocations", key=row["key"])
    grid = next(one for one in whole["grids"] if one["unit"] == row["rests_on"])
    assert (grid["necessity"], grid["added_value"], grid["indicators"] > 0) == (True, True, True)
    assert len(whole["mandates"]) == 1
    [awaited] = await shown.rows("decisions-awaiting-mandate")
    assert (awaited["sphere"], awaited["unresolved"]) == ("local", False)
