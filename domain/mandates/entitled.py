"""Nemo plus iuris: whether a giver holds what it gives, and whether the terms stay within what it holds."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeAlias

from domain import cofog
from domain.calendars import add_months
from domain.guards import FARTHEST, alive, fields_of, reachable
from domain.kernel import Holding, MandateFacts, PartialDate, Policy, Refused, Sphere, StreamId, UnitId
from domain.lands import at_times, throughout
from domain.mandates import commands as asked
from domain.mandates.state import Mandate
from domain.mandates.words import Instrument, Kind, Terms

Found: TypeAlias = asked.Drafting | asked.Standing
Days: TypeAlias = tuple[date, date]
"""The first and the last of the days on which the giver must hold what it gives, besides the rest of the term."""
OWN_POWER = Kind.DEVOLUTION.value
NO_POWER = Kind.TASKS.value
LONGEST = 900
"""Years; longer terms would leave the calendar."""


def to_give(terms: Terms, ends_on: date | None, found: Found, on: date, under: StreamId | None) -> int:
    """The depth of a mandate that begins later; Refused unless its giver may give it on that day: *nemo plus iuris*."""
    _dates(terms.starts_on, ends_on, found)
    _there(PartialDate(terms.starts_on), found, "giver", "recipient", "territory")
    _there(found.effective_on, found, "territory")
    return _given(terms, ends_on, found, (min(on, terms.starts_on), max(on, terms.starts_on)), under)


def to_keep(state: Mandate, ends_on: date | None, found: asked.Standing, on: date) -> None:
    """Refused unless the giver may give it on that day, as to what lies ahead of it only.

    Whoever succeeded to a party, and to its competence, need not have been there when the mandate began.
    """
    _dates(state.terms.starts_on, ends_on, found)
    _given(state.terms, ends_on, found, (on, on), state.under)


def _given(terms: Terms, ends_on: date | None, found: Found, held: Days, under: StreamId | None) -> int:
    _parties(terms, found)
    begins = max(terms.starts_on, held[0])
    lands = throughout(found.lands, begins, ends_on)
    if under is None:
        _by_law(terms, ends_on, found, lands, held)
        depth = 0
    else:
        depth = _by_mandate(terms, ends_on, found, lands, held[1])
    _nobody_else(terms, ends_on, found, begins)
    return depth


def _dates(starts_on: date, ends_on: date | None, found: Found) -> None:
    reachable(max(starts_on, ends_on or starts_on), *fields_of(found, "ends_on" if ends_on else "starts_on"))
    if ends_on is not None and ends_on < starts_on:
        raise Refused(
            "ends-before-start", "A mandate does not end before it begins.", fields=fields_of(found, "ends_on")
        )


def _parties(terms: Terms, found: Found) -> None:
    giver, recipient = found.giver_unit, found.recipient_unit
    if giver.id == recipient.id:
        raise Refused("self-mandate", "A unit cannot entrust anything to itself.", fields=fields_of(found, "recipient"))
    _there(found.effective_on, found, "giver", "recipient")
    for unit in (giver, recipient):
        if not unit.sphere.has_authority:
            reason = f"{unit.name} is of the {unit.sphere} sphere, which takes part without authority."
            raise Refused(
                "no-authority", reason, unit=unit.id, fields=fields_of(found, "giver" if unit is giver else "recipient")
            )
    if terms.kind is Kind.DECONCENTRATION and giver.sphere != recipient.sphere:
        raise Refused(
            "crosses-spheres",
            "Deconcentration stays within one legal person: it cannot cross spheres.",
            fields=fields_of(found, "kind", "recipient"),
        )
    if _barred(giver.sphere, recipient.sphere, found.policy):
        reason = f"Here a unit of the {giver.sphere} sphere may not entrust anything to one of the {recipient.sphere}."
        raise Refused(
            "spheres-barred", reason, policy=found.policy.grounds("barred"), fields=fields_of(found, "recipient")
        )


def _there(day: PartialDate, found: Found, *names: str) -> None:
    units = {"giver": found.giver_unit, "recipient": found.recipient_unit, "territory": found.lands[0]}
    for name in names:
        alive(units[name], day, *fields_of(found, name))


def _barred(giver: Sphere, recipient: Sphere, policy: Policy) -> bool:
    pairs = (pair.strip() for pair in policy.text("barred").split(","))
    return f"{giver.value}>{recipient.value}" in pairs


def _by_law(terms: Terms, ends_on: date | None, found: Found, lands: frozenset[UnitId], days: Days) -> None:
    """One law may follow another: what counts is that the giver holds it on every day, by whichever of them."""
    held = _over(terms, found.holdings, lands)
    first, last = days
    through = _through(held, first)
    if through is None or through < last:
        reason = f"Nobody can give more than they hold: the giver does not hold {terms.function} there at that time."
        raise Refused(
            "nemo-plus-iuris",
            reason,
            function=terms.function,
            territory=terms.territory,
            fields=fields_of(found, "function", "territory"),
        )
    end = ends_on or date.max
    if through < end:
        raise Refused(
            "beyond-time",
            "The giver itself holds it by law for a shorter time.",
            held_until=through,
            fields=fields_of(found, "ends_on"),
        )
    alone = _through([one for one in held if one.manner != "shared"], first)
    if terms.exclusive and (alone is None or alone < max(last, end)):
        raise Refused(
            "not-exclusive-to-give",
            "The giver shares this competence with others.",
            fields=fields_of(found, "exclusive"),
        )


def held_through(terms: Terms, holdings: Sequence[Holding], lands: frozenset[UnitId], on: date) -> date | None:
    """The last day up to which the giver holds it by law without a gap, from that day on; None if not on that day."""
    return _through(_over(terms, holdings, lands), on)


def _over(terms: Terms, holdings: Sequence[Holding], lands: frozenset[UnitId]) -> Sequence[Holding]:
    """What is held of the function, over the territory or something it lies in."""
    return [one for one in holdings if cofog.covers(one.function, terms.function) and one.territory in lands]


def _through(held: Sequence[Holding], on: date) -> date | None:
    reached: date | None = None
    day = on
    while then := [one for one in held if one.holds_on(day, day)]:
        reached = _last(then)
        if reached >= FARTHEST:
            return date.max
        day = reached + timedelta(days=1)
    return reached


def last_held(terms: Terms, holdings: Sequence[Holding], lands: frozenset[UnitId], before: date) -> date | None:
    """The last day before that one on which the giver held it by law; None if there was none."""
    held = _over(terms, holdings, lands)
    ends = [one.held_until for one in held if one.held_until is not None and one.held_until < before]
    return max(ends, default=None)


def _last(held: Sequence[Holding]) -> date:
    return max(one.held_until or date.max for one in held)


def _by_mandate(terms: Terms, ends_on: date | None, found: Found, lands: frozenset[UnitId], on: date) -> int:
    parent = found.parents[0] if found.parents else None
    if parent is None or not parent.exists:
        raise Refused(
            "no-such-mandate", "The mandate that it is to rest on was never drafted.", fields=fields_of(found, "under")
        )
    if parent.recipient != found.giver_unit.id or not parent.in_force or parent.kind == NO_POWER:
        reason = "Nobody can give more than they hold: the giver has no power in force by that mandate."
        raise Refused("nemo-plus-iuris", reason, under=parent.id, stage=parent.stage, fields=fields_of(found, "under"))
    if parent.activated_on is not None and on < parent.activated_on:
        reason = f"The mandate that it rests on is in force since {parent.activated_on}, and was not on that day."
        raise Refused(
            "nemo-plus-iuris",
            reason,
            under=parent.id,
            activated_on=parent.activated_on,
            fields=fields_of(found, "under"),
        )
    if parent.territory not in lands:
        raise _beyond(terms, ends_on, found, parent)
    _within(terms, ends_on, parent, found)
    named = {unit for one in found.parents for unit in (one.giver, one.recipient)}
    if found.recipient_unit.id in named:
        raise Refused(
            "mandate-cycle",
            "The recipient stands above the giver in this chain of mandates.",
            fields=fields_of(found, "recipient"),
        )
    if parent.kind == OWN_POWER:
        return 0
    if not parent.may_subdelegate:
        raise Refused(
            "subdelegation-not-allowed",
            "The mandate that it rests on does not allow it to be passed on.",
            fields=fields_of(found, "under"),
        )
    if parent.depth + 1 > found.policy.whole("max_subdelegation_depth"):
        grounds = found.policy.grounds("max_subdelegation_depth")
        raise Refused(
            "too-deep",
            "The power has been passed on as often as it may be.",
            policy=grounds,
            fields=fields_of(found, "under"),
        )
    return parent.depth + 1


def _beyond(terms: Terms, ends_on: date | None, found: Found, parent: MandateFacts) -> Refused:
    """Never beyond the parent's territory: it is that one, or lies in it for the whole term."""
    reason = "The mandate that it rests on is over another territory, in which this one does not lie"
    if parent.territory in at_times(found.lands, terms.starts_on, ends_on):
        reason += " for the whole term: it is a member there for a part of it"
    return Refused(
        "beyond-territory",
        f"{reason}.",
        under=parent.id,
        territory=parent.territory,
        fields=fields_of(found, "territory"),
    )


def _within(terms: Terms, ends_on: date | None, parent: MandateFacts, found: Found) -> None:
    """Never beyond the parent in scope, time, title or exclusiveness."""
    if not cofog.covers(parent.function, terms.function):
        raise Refused(
            "beyond-scope",
            f"The mandate that it rests on is over {parent.function}.",
            under=parent.id,
            fields=fields_of(found, "function"),
        )
    ends_late = parent.ends_on is not None and (ends_on is None or ends_on > parent.ends_on)
    if terms.starts_on < parent.starts_on or ends_late:
        span = f"from {parent.starts_on} to {parent.ends_on or 'an open end'}"
        raise Refused(
            "beyond-time",
            f"The mandate that it rests on runs {span}.",
            under=parent.id,
            fields=fields_of(found, "ends_on" if ends_late else "starts_on"),
        )
    if terms.kind is Kind.DEVOLUTION and parent.kind != OWN_POWER:
        raise Refused(
            "beyond-title",
            "Who exercises a power for another cannot give the power itself away.",
            fields=fields_of(found, "kind"),
        )
    if terms.exclusive and not parent.exclusive:
        raise Refused(
            "not-exclusive-to-give", "The giver does not hold it exclusively.", fields=fields_of(found, "exclusive")
        )


def _before(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day


def _nobody_else(terms: Terms, ends_on: date | None, found: Found, begins: date) -> None:
    """Refused `held-exclusively-by-another` where the law gives it, on any of these days, to somebody else alone."""
    entitled = {found.giver_unit.id, *(parent.giver for parent in found.parents)}
    gone = {land.id: _before(land.alive_until) for land in found.lands if land.alive_until is not None}
    for one in found.others:
        same = cofog.covers(one.function, terms.function) or cofog.covers(terms.function, one.function)
        if one.unit in entitled or one.manner != "exclusive" or not same:
            continue
        first = max(begins, one.held_from or begins)
        last = min(ends_on or date.max, one.held_until or date.max, gone.get(one.unit, date.max))
        # On the days of the law: who is a member of a body before or after them is not kept out by what it holds, nor
        # is anybody by what a unit held that is no more.
        if first <= last and one.territory in at_times(found.lands, first, last):
            reason = f"By law ({one.legal_basis}) another unit holds {one.function} there exclusively."
            raise Refused(
                "held-exclusively-by-another", reason, holder=one.unit, fields=fields_of(found, "function", "territory")
            )


# --- terms ---


def sound_terms(terms: Terms, ends_on: date | None, found: Found) -> None:
    """Conditions rest on law (Charter, art. 4(5)), and the term is as long as the law of the place allows."""
    for number, condition in enumerate(terms.conditions, start=1):
        if not (condition.legal_basis or "").strip():
            reason = f"Condition {number} cites no law, and the recipient's discretion is only narrowed by law."
            raise Refused(
                "condition-without-basis",
                reason,
                condition=number,
                fields=fields_of(found, f"conditions.{number - 1}.legal_basis"),
            )
    if terms.kind is Kind.DELEGATION:
        _delegation_term(terms, ends_on, found)
    for law in _agreements(terms, found):
        _term_needed(ends_on, law, found)
        exception = law.text("longer_term_by_rule") == "yes"
        _at_most(terms.starts_on, ends_on, law, "max_term_years", terms, found, exception=exception)


def _agreements(terms: Terms, found: Found) -> Sequence[Policy]:
    """The law on agreements, where one applies; it does not apply to tasks without power (Ley 40/2015, art. 48.9)."""
    return found.convenio if terms.instrument is Instrument.AGREEMENT and terms.kind is not Kind.TASKS else ()


def _delegation_term(terms: Terms, ends_on: date | None, found: Found) -> None:
    policy = found.policy
    least = policy.whole("delegation.min_years_to_local")
    local = found.recipient_unit.sphere is Sphere.LOCAL
    if least and local and ends_on is not None and ends_on < _end(terms.starts_on, least):
        grounds = policy.grounds("delegation.min_years_to_local")
        raise Refused(
            "term-too-short",
            f"A delegation to a local unit lasts at least {least} years.",
            policy=grounds,
            fields=fields_of(found, "ends_on"),
        )
    if found.giver_unit.sphere is Sphere.NATIONAL and policy.text("delegation.max_years_by_state") != "none":
        _at_most(terms.starts_on, ends_on, policy, "delegation.max_years_by_state", terms, found)


def _end(start: date, years: int) -> date:
    """The last day of a term of so many years; one that begins on 29 February ends on the 28th of a common year."""
    following = add_months(start, 12 * min(years, LONGEST))
    return following if following.day < start.day else following - timedelta(days=1)


def _term_needed(ends_on: date | None, law: Policy, found: Found) -> None:
    if ends_on is None:
        raise Refused(
            "term-needed",
            "An agreement has a last day.",
            policy=law.grounds("max_term_years"),
            fields=fields_of(found, "ends_on"),
        )


def _at_most(
    start: date, ends_on: date | None, law: Policy, parameter: str, terms: Terms, found: Found, exception: bool = False
) -> None:
    most = law.whole(parameter)
    too_long = ends_on is None or ends_on > _end(start, most)
    if too_long and not (exception and (terms.longer_term_rule or "").strip()):
        longer = ", unless another rule sets a longer one: cite it in `longer_term_rule`" if exception else ""
        raise Refused(
            "term-too-long",
            f"The term is at most {most} years{longer}.",
            policy=law.grounds(parameter),
            fields=fields_of(found, "ends_on"),
        )


def sound_renewal(state: Mandate, ends_on: date, found: asked.Standing) -> None:
    """All renewals together are no longer than the law on agreements allows, and none of them outlives the parent."""
    terms = state.terms
    for law in _agreements(terms, found):
        most = law.whole("max_extension_years")
        if terms.ends_on is not None and ends_on > _extended(terms.ends_on, most):
            grounds = law.grounds("max_extension_years")
            raise Refused(
                "renewed-too-long",
                f"All renewals together add at most {most} years.",
                policy=grounds,
                fields=fields_of(found, "ends_on"),
            )
    national = found.giver_unit.sphere is Sphere.NATIONAL and terms.kind is Kind.DELEGATION
    if national and found.policy.text("delegation.max_years_by_state") != "none" and state.ends_on is not None:
        begins = state.ends_on + timedelta(days=1)
        _at_most(begins, ends_on, found.policy, "delegation.max_years_by_state", terms, found)


def _extended(last: date, years: int) -> date:
    """The last day of so many years that follow a last day."""
    return _end(last + timedelta(days=1), years) if years else last
