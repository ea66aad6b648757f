"""A mandate in force: brought into force, reported on, passed on, suspended, restored, renewed."""

from collections.abc import Sequence
from datetime import date

from domain.deadlines import numbers
from domain.guards import alive, counted, fields_of
from domain.kernel import Refused, UnitId
from domain.lands import on_day
from domain.mandates import clocks, funding
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import befell, exercised, in_force, in_term, not_ended, preparing, there
from domain.mandates.emergencies import ends_in_time, for_a_time
from domain.mandates.entitled import sound_renewal, sound_terms, to_keep
from domain.mandates.entrusting import consulted_in_time
from domain.mandates.events import Event
from domain.mandates.state import DeadlineState, Mandate, State
from domain.mandates.territory import beside
from domain.mandates.words import IN_PREPARATION, STANDING, Due, Kind, Pause, Scope, Stage

NEVER_IN_FORCE = IN_PREPARATION | {Stage.DECLINED, Stage.WITHDRAWN}


def activate(command: asked.ActivateMandate, state: State) -> Sequence[Event]:
    """Everything that must be there is there: power, consent or consultation, money, and the day."""
    if isinstance(state, Mandate) and state.stage in STANDING:
        return []
    found = preparing(state)
    alive(command.acting, command.effective_on)
    _agreed(found)
    day = counted(command.effective_on, command.today)
    if day < found.terms.starts_on:
        raise Refused(
            "day-not-come",
            f"It comes into force on its first day, {found.terms.starts_on}, or later.",
            fields=("effective_on",),
        )
    if found.ends_on is not None and day > found.ends_on:
        raise Refused(
            "term-over", f"Its last day, {found.ends_on}, has passed.", ends_on=found.ends_on, fields=("effective_on",)
        )
    alive(command.lands[0], command.effective_on)
    to_keep(found, found.ends_on, command, day)
    sound_terms(found.terms, found.ends_on, command)
    consulted_in_time(found, day, command.policy)
    _funded_by_law(found, command, day.year)
    flagged = funding.at_activation(found, command.policy, day.year)
    return [happened.MandateActivated(day, _exclusive(found, command)), *flagged, *_clocks(found, day, command)]


def _exclusive(state: Mandate, command: asked.ActivateMandate) -> Scope | None:
    """What nobody else is to be entrusted with in the territory, in a part of it, or in all of what it lies in."""
    terms = state.terms
    if not terms.exclusive:
        return None
    held = Scope(terms.function, terms.territory, terms.under, on_day(command.lands, command.today)[1:])
    return beside(command, held)


def _agreed(state: Mandate) -> None:
    if not state.terms.needs_acceptance:
        return
    if state.stage is not Stage.ACCEPTED:
        raise Refused("not-accepted", "It comes into force when the recipient has accepted it.", stage=state.stage)
    if state.reservations:
        raise Refused("reservations-open", "The giver has not agreed to the reservations of the recipient.")


def _funded_by_law(state: Mandate, command: asked.ActivateMandate, year: int) -> None:
    """Where the law voids a delegation to a local unit without matching funds, none does (LBRL, art. 27)."""
    local = command.recipient_unit.sphere == "local" and state.terms.kind is Kind.DELEGATION
    if not local or command.policy.text("delegation.needs_funding") != "yes":
        return
    cost = state.estimate.yearly.amount if state.estimate else None
    if cost is None or state.paid_from(year) < cost:
        grounds = command.policy.grounds("delegation.needs_funding")
        raise Refused(
            "funding-missing", "Here a delegation is void without matching funds in the budget.", policy=grounds
        )


def _clocks(state: Mandate, day: date, command: asked.ActivateMandate) -> Sequence[Event]:
    ends = [] if state.ends_on is None else [clocks.named(Due.EXPIRY, day, state.ends_on)]
    return [*clocks.void(state), *ends, *clocks.report(state, day, command.calendar)]


def report(command: asked.ReportExercise, state: State) -> Sequence[Event]:
    """Of any period in which it was in force; the last report may well come after the end."""
    found = exercised(state)
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    if command.period_to < command.period_from:
        raise Refused("ends-before-start", "A period does not end before it begins.", fields=("period_to",))
    if command.period_to > command.today:
        raise Refused("in-the-future", "What has not happened yet cannot be reported.", fields=("period_to",))
    in_term(found, command.period_from, "period_from")
    if found.over_on is not None and command.period_to >= found.over_on:
        raise Refused("after-the-end", f"The mandate is in force no more since {found.over_on}.", fields=("period_to",))
    if found.ends_on is not None and command.period_to > found.ends_on:
        raise Refused("after-the-end", f"The last day of the mandate is {found.ends_on}.", fields=("period_to",))
    if command.spent is not None and command.spent.amount < 0:
        raise Refused("negative-amount", "What was spent is not less than nothing.", fields=("spent.amount",))
    reported = happened.ExerciseReported(
        found.reports + 1, found.recipient, command.period_from, command.period_to, command.account, command.spent,
        command.document,
    )  # fmt: skip
    return [reported, *clocks.reported(found, command.period_to, day, command.calendar)]


def suspend(command: asked.SuspendMandate, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if command.ground is Pause.PARENT_SUSPENDED:
        raise Refused(
            "ground-not-open", "Only the register itself says that the mandate above is suspended.", fields=("ground",)
        )
    if (stands := found.suspension) is not None:
        said = command.ground, command.until, command.legal_basis
        voted = command.vote is None or stands.prolonged > 0
        if (stands.ground, stands.until, stands.legal_basis) == said and voted:
            return []
        raise Refused("already-suspended", f"It is suspended since {stands.since}.")
    _sound_ground(command, found)
    day = in_term(found, counted(command.effective_on, command.today))
    ends_in_time(found, day, command.until, "until")
    agreed = for_a_time(command, found, day)
    if command.ground is not Pause.MUTUAL:
        return [*_suspended(found, day, command.ground, command.until, command.legal_basis), *agreed]
    offered = happened.SuspensionOffered(command.until)
    return [] if found.suspension_offered == offered else [offered]


def _sound_ground(command: asked.SuspendMandate, state: Mandate) -> None:
    if state.terms.kind is Kind.DEVOLUTION and command.ground in (Pause.BREACH, Pause.MUTUAL):
        raise Refused(
            "ground-not-open", "Own power is only suspended by law, by a court or in an emergency.", fields=("ground",)
        )
    if command.ground in (Pause.LAW, Pause.COURT) and not (command.legal_basis or "").strip():
        reason = "Which law, or which decision of a court, suspends it? Cite it in `legal_basis`."
        raise Refused("law-not-cited", reason, fields=("legal_basis",))


def agree_suspension(command: asked.AgreeSuspension, state: State) -> Sequence[Event]:
    """Nobody agrees alone: the giver has offered it, and it counts from the day on which the recipient agrees."""
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if found.suspension is not None:
        if found.suspension.ground is Pause.MUTUAL:
            return []
        raise Refused("already-suspended", f"It is suspended since {found.suspension.since}.")
    if found.suspension_offered is None:
        raise Refused("no-suspension-offered", "The giver has offered no suspension.")
    until = found.suspension_offered.until
    day = in_term(found, counted(command.effective_on, command.today))
    ends_in_time(found, day, until)
    return _suspended(found, day, Pause.MUTUAL, until)


def _suspended(
    state: Mandate, day: date, ground: Pause, until: date | None, legal_basis: str | None = None
) -> Sequence[Event]:
    ends = [] if until is None else [clocks.named(Due.SUSPENSION, day, until)]
    return [happened.MandateSuspended(day, ground, until, legal_basis), *clocks.suspended(state, day), *ends]


def restore(command: asked.RestoreMandate, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if found.suspension is None:
        return []
    if found.suspension.ground is Pause.PARENT_SUSPENDED:
        raise Refused("parent-suspended", "It is in force again when the mandate above is.", under=found.under)
    day = counted(command.effective_on, command.today)
    to_keep(found, found.ends_on, command, day)
    return _restored(found, day, command)


def _restored(state: Mandate, day: date, command: asked.RestoreMandate | asked.FollowParent) -> Sequence[Event]:
    assert state.suspension is not None, "only what is suspended is restored"
    if day < state.suspension.since:
        raise Refused(
            "restored-too-early",
            f"It was suspended on {state.suspension.since}, after that day.",
            fields=("effective_on",),
        )
    void = clocks.void(state, Due.SUSPENSION)
    return [happened.MandateRestored(day), *void, *clocks.resumed(state, day, command.calendar)]


# --- renewal ---


def renew(command: asked.RenewMandate, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if command.ends_on in (found.ends_on, found.renewal):
        return []
    _renewable(found, command.ends_on, command)
    if found.terms.needs_acceptance:
        return [happened.RenewalOffered(found.renewals + 1, command.ends_on)]
    return _renewed(found, command.ends_on)


def accept_renewal(command: asked.AcceptRenewal, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if found.renewal is None:
        raise Refused("no-renewal-offered", "No renewal has been offered.")
    _renewable(found, found.renewal, command)
    return _renewed(found, found.renewal)


def _renewable(state: Mandate, ends_on: date, command: asked.RenewMandate | asked.AcceptRenewal) -> None:
    if state.ends_on is None or ends_on <= state.ends_on:
        raise Refused(
            "nothing-to-renew",
            "A renewal moves the last day of a mandate further away.",
            fields=fields_of(command, "ends_on"),
        )
    day = counted(command.effective_on, command.today)
    if max(day, command.today) > state.ends_on:
        raise Refused("renewed-too-late", f"It is renewed before its end, {state.ends_on}.", ends_on=state.ends_on)
    if state.notice is not None:
        raise Refused("notice-given", "Notice of revocation was given; take it back before renewing.")
    to_keep(state, ends_on, command, day)
    sound_renewal(state, ends_on, command)


def _renewed(state: Mandate, ends_on: date) -> Sequence[Event]:
    moved = [happened.DeadlineMoved(number, ends_on) for number, _ in numbers(state, (Due.EXPIRY,), clocks.RUNNING)]
    return [happened.MandateRenewed(state.renewals + 1, ends_on), *moved]


# --- given by the register itself ---


def record_sub_delegation(command: asked.RecordSubDelegation, state: State) -> Sequence[Event]:
    found, child = there(state), command.child_facts
    if command.child in found.children:
        return []
    if not child.exists or child.under != command.stream:
        raise Refused("not-its-child", "That mandate does not rest on this one.", child=command.child)
    if child.stage in NEVER_IN_FORCE:
        raise Refused(
            "not-in-force", f"That mandate has not come into force: it is {child.stage}.", child=command.child
        )
    return [happened.MandateSubDelegated(command.child, child.recipient)]


def hand_over(state: Mandate, former: UnitId, successor: UnitId, day: date) -> Sequence[Event]:
    """Whoever succeeds to a unit also owes what it owed."""
    succeeded = happened.PartySucceeded(former, successor, day)
    owed = [(number, one) for number, one in numbers(state, Due, clocks.RUNNING) if one.unit == former]
    return [succeeded, *_reowed(len(state.deadlines), owed, successor)]


def _reowed(known: int, owed: Sequence[tuple[int, DeadlineState]], unit: UnitId) -> Sequence[Event]:
    """The same last days, owed by another unit; a clock that stands still stands still for it too."""
    out: list[Event] = []
    for new, (number, one) in enumerate(owed, start=known + 1):
        out.append(happened.DeadlineVoided(number))
        out.append(happened.DeadlineSet(new, one.kind, one.starts_on, one.due_on, one.policy, one.calendar, unit))
        if one.suspended_on is not None:
            out.append(happened.DeadlineSuspended(new, one.suspended_on))
    return out


def follow_parent(command: asked.FollowParent, state: State) -> Sequence[Event]:
    """Suspended with the mandate above, in force again with it; when that has ended, see `ending.follow`."""
    found = not_ended(state)
    parent = command.parents[0] if command.parents else None
    if parent is None or found.stage not in STANDING:
        return []
    day = max(befell(command.effective_on, command.today), found.activated_on or date.min)
    if not parent.in_force and found.suspension is None:
        return _suspended(found, day, Pause.PARENT_SUSPENDED, None)
    if parent.in_force and found.suspension is not None and found.suspension.ground is Pause.PARENT_SUSPENDED:
        return _restored(found, max(day, found.suspension.since), command)
    return []
