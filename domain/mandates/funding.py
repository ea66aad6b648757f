"""Connexity: who decides a task pays. What it costs, what is paid, and the gap, in exact arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from domain.guards import alive
from domain.kernel import Money, Policy, Refused
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import befell, not_ended
from domain.mandates.events import Event
from domain.mandates.state import Estimate, Line, Mandate, State, evolve
from domain.mandates.words import STANDING, Kind

MOST = 10**18 - 1
"""The largest amount that a record holds."""
SIX = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Cover:
    """The arithmetic of one year. `material`: the cost is above the threshold; `gap`: what is missing then."""

    threshold: Fraction
    required: Fraction
    funded: Fraction
    material: bool
    gap: Fraction


def cover(estimate: Estimate, funded: Fraction, policy: Policy) -> Cover:
    """What the policy asks for: of a cost above materiality x revenue, cover ratio x cost."""
    cost = Fraction(estimate.yearly.amount)
    threshold = _share(policy, "connexity.materiality") * Fraction(estimate.revenue.amount)
    required = _share(policy, "connexity.cover_ratio") * cost
    material = cost > threshold
    return Cover(
        threshold, required, funded, material, max(required - funded, Fraction(0)) if material else Fraction(0)
    )


def _share(policy: Policy, parameter: str) -> Fraction:
    return Fraction(policy.text(parameter).replace(" ", ""))


def money(amount: Fraction, like: Money) -> Money:
    """The amount in the same currency and price basis, to six decimals; never more than a record holds."""
    least = min(amount, Fraction(MOST))
    whole, rest = divmod(least, 1)
    cents = (Decimal(rest.numerator) / Decimal(rest.denominator)).quantize(SIX, ROUND_HALF_EVEN)
    return Money(Decimal(int(whole)) + cents.normalize() + 0, like.currency, like.price_basis)


def attach(command: asked.AttachCostEstimate, state: State) -> Sequence[Event]:
    """A later estimate replaces an earlier one; in force, it shows at once whether the cost is still covered.

    It may be in another currency or at other prices: lines of the budget count again when they are said anew in these.
    """
    found = not_ended(state)
    alive(command.acting, command.effective_on)
    _not_negative(yearly=command.yearly, revenue=command.revenue)
    _comparable("revenue", command.yearly, command.revenue)
    if found.estimate == Estimate(command.yearly, command.revenue):
        return []
    attached = happened.CostEstimateAttached(
        found.estimates + 1, command.yearly, command.revenue, command.method, command.document
    )
    return [attached, *reassessed(found, attached, command.policy, _year(command))]


def commit(command: asked.CommitFunding, state: State) -> Sequence[Event]:
    """Money a year from a line of the budget; below the cost it cannot fall where the policy refuses that."""
    found = not_ended(state)
    alive(command.acting, command.effective_on)
    _not_negative(yearly=command.yearly)
    beside = found.beside(command.budget_line, command.budget_year)
    others = (found.estimate.yearly,) if found.estimate else tuple(line.yearly for line in beside)
    _comparable("yearly", command.yearly, *others)
    year = _year(command)
    if {*beside, Line(command.budget_line, command.yearly, command.budget_year)} == set(found.lines):
        return _lifted(found, command.policy, year)  # its year may have come
    committed = happened.FundingCommitted(command.budget_line, command.budget_year, command.yearly)
    if evolved(found, committed).funded > MOST:
        raise Refused(
            "amount-too-large", "All lines together are more than the register can hold.", fields=("yearly.amount",)
        )
    after = reassessed(found, committed, command.policy, year)
    flagged = any(isinstance(event, happened.MandateFlaggedUnfunded) for event in after)
    falls = evolved(found, committed).paid_from(year) < found.paid_from(year)
    if flagged and falls and _refuses(command.policy):
        raise _unfunded(evolved(found, committed), command.policy, year)
    return [committed, *after]


def _year(command: asked.AttachCostEstimate | asked.CommitFunding) -> int:
    """The year whose budget is looked at: that of the day from which the act counts, and none to come."""
    return befell(command.effective_on, command.today).year


def at_activation(state: Mandate, policy: Policy, year: int) -> Sequence[Event]:
    """Refused `unfunded` or `estimate-missing`, or the public flag, as the policy says; nothing if the cost is covered.

    Within one legal person nobody assigns a cost to anybody else.
    """
    if state.terms.kind is Kind.DECONCENTRATION:
        return []
    if state.estimate is None:
        if _refuses(policy):
            reason = "Nobody has said what it costs: without an estimate it cannot come into force."
            raise Refused("estimate-missing", reason, policy=policy.grounds("connexity.mode"))
        return [happened.MandateFlaggedUnfunded()]
    if not _gap(state, policy, year):
        return []
    if _refuses(policy):
        raise _unfunded(state, policy, year)
    return [_flag(state, policy, year)]


def reassessed(state: Mandate, event: Event, policy: Policy, year: int) -> Sequence[Event]:
    """What a new figure makes of a mandate in force: a flag, a lifted one, or nothing."""
    after = evolved(state, event)
    if after.stage not in STANDING or after.terms.kind is Kind.DECONCENTRATION or after.estimate is None:
        return []
    if _gap(after, policy, year):
        return [_flag(after, policy, year)]
    return [happened.UnfundedFlagLifted()] if after.flagged else []


def _lifted(state: Mandate, policy: Policy, year: int) -> Sequence[Event]:
    shown = state.stage in STANDING and state.flagged and state.estimate is not None
    return [happened.UnfundedFlagLifted()] if shown and not _gap(state, policy, year) else []


def evolved(state: Mandate, event: Event) -> Mandate:
    after = evolve(state, event)
    assert isinstance(after, Mandate), "a mandate stays one"
    return after


def _gap(state: Mandate, policy: Policy, year: int) -> Fraction:
    assert state.estimate is not None, "a gap is measured against an estimate"
    return cover(state.estimate, state.paid_from(year), policy).gap


def _refuses(policy: Policy) -> bool:
    return policy.text("connexity.mode") == "refuse"


def _unfunded(state: Mandate, policy: Policy, year: int) -> Refused:
    flag = _flag(state, policy, year)
    assert flag.gap is not None, "the gap is in the flag"
    return Refused(
        "unfunded",
        f"Who decides a task pays: {flag.gap.amount} {flag.gap.currency} a year are not covered.",
        policy=policy.grounds("connexity.mode"),
        estimate=flag.estimate,
        required=flag.required,
        funded=flag.funded,
        gap=flag.gap,
    )


def _flag(state: Mandate, policy: Policy, year: int) -> happened.MandateFlaggedUnfunded:
    assert state.estimate is not None, "a gap is measured against an estimate"
    found, like = cover(state.estimate, state.paid_from(year), policy), state.estimate.yearly
    return happened.MandateFlaggedUnfunded(
        estimate=like,
        threshold=money(found.threshold, like),
        required=money(found.required, like),
        funded=money(found.funded, like),
        gap=money(found.gap, like),
    )


def _not_negative(**amounts: Money) -> None:
    for name, one in amounts.items():
        if one.amount < 0:
            raise Refused(
                "negative-amount",
                "A cost, a revenue or a payment is not less than nothing.",
                fields=(f"{name}.amount",),
            )


def _comparable(name: str, first: Money, *others: Money) -> None:
    """Amounts are compared within one currency and one price basis only. `name`: the field that is at fault if not."""
    for other in others:
        if other.currency != first.currency:
            reason = f"{first.currency} and {other.currency} cannot be compared: an estimate says which counts."
            raise Refused("currency-mismatch", reason, fields=(f"{name}.currency",))
        if other.price_basis != first.price_basis:
            raise Refused(
                "price-basis-mismatch",
                "Amounts of different price bases cannot be compared.",
                fields=(f"{name}.price_basis",),
            )
