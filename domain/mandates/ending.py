"""A mandate ends: notice, hearing, revocation, return, replacement, and what the register finds by itself."""

from collections.abc import Sequence
from datetime import date

from domain import cofog
from domain.calendars import due
from domain.deadlines import numbers
from domain.guards import alive, counted, reachable
from domain.kernel import PartialDate, Refused, UnitFacts
from domain.lands import on_day
from domain.mandates import clocks
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import befell, in_force, in_term, settled, there
from domain.mandates.entitled import held_through, last_held
from domain.mandates.events import Event
from domain.mandates.exercising import follow_parent, hand_over
from domain.mandates.state import Mandate, Notice, State
from domain.mandates.words import ENDED, STANDING, Due, Ending, Ground, Kind, ReturnGround, Settlement, Stage

AGREED = frozenset({Stage.ACCEPTED, Stage.ACTIVE, Stage.SUSPENDED})
READY = {Kind.DEVOLUTION: AGREED | {Stage.CONSULTED}, Kind.DECONCENTRATION: AGREED | {Stage.DRAFTED, Stage.CONSULTED}}
"""How far a replacement has come: agreed, or consulted on, or drafted where nobody else is asked."""


def give_notice(command: asked.GiveRevocationNotice, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if found.notice is not None:
        raise Refused("notice-given", "Notice has been given already; take it back to give another one.")
    if found.terms.kind is Kind.DEVOLUTION and command.ground not in (Ground.LAW, Ground.MUTUAL):
        raise Refused(
            "ground-not-open", "Own power is only taken back by law or by mutual consent.", fields=("ground",)
        )
    if command.ground is Ground.LAW and not (command.legal_basis or "").strip():
        raise Refused("law-not-cited", "Which law ends it? Cite it by its article.", fields=("legal_basis",))
    day = in_term(found, counted(command.effective_on, command.today))
    ends_on = _notice_ends(command, found, day)
    notice = happened.RevocationNoticeGiven(command.ground, day, ends_on, command.legal_basis)
    return [notice, clocks.notice(day, ends_on, command.policy, command.calendar)]


def _notice_ends(command: asked.GiveRevocationNotice, state: Mandate, day: date) -> date:
    """At least as many days as policy and terms say, none in an emergency.

    They are counted from the day of the record where the notice is said to be older: the recipient learns of it then.
    """
    days = max(command.policy.whole("revocation_notice_days"), state.terms.notice_days or 0)
    seen = max(day, command.today)
    least = day if command.ground is Ground.EMERGENCY else due(seen, command.calendar, days=days)
    ends_on = command.ends_on or least
    if ends_on < least:
        grounds = command.policy.grounds("revocation_notice_days")
        counted_from = f", counted from {seen}, when it is recorded" if seen > day else ""
        reason = f"Notice runs at least until {least}{counted_from}."
        raise Refused("notice-too-short", reason, policy=grounds, earliest=least, fields=("ends_on",))
    reachable(ends_on, "ends_on")
    return ends_on


def withdraw_notice(command: asked.WithdrawNotice, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    if found.notice is None:
        return []
    return [happened.RevocationNoticeWithdrawn(found.giver), *clocks.void(found, Due.NOTICE)]


def _noticed(state: Mandate) -> Notice:
    if state.notice is None:
        raise Refused("no-notice", "No notice of revocation has been given.")
    return state.notice


def agree_revocation(command: asked.AgreeRevocation, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    return [] if _noticed(found).agreed else [happened.RevocationAgreed(found.recipient)]


def hear(command: asked.RecordHearing, state: State) -> Sequence[Event]:
    found = in_force(state)
    alive(command.acting, command.effective_on)
    notice = _noticed(found)
    if command.held_on > command.today:
        raise Refused("in-the-future", "A hearing is recorded when it was held.", fields=("held_on",))
    if command.held_on < notice.given_on:
        reason = "The recipient is heard on the notice, not before it."
        raise Refused("hearing-before-notice", reason, fields=("held_on",))
    return [happened.HearingRecorded(command.held_on, command.account, command.document)]


def revoke(command: asked.RevokeMandate, state: State) -> Sequence[Event]:
    found = there(state)
    if found.stage is Stage.REVOKED:
        return []
    found = in_force(found)
    alive(command.acting, command.effective_on)
    notice = _noticed(found)
    day = in_term(found, counted(command.effective_on, command.today))
    over = day >= notice.ends_on if notice.ground is Ground.EMERGENCY else day > notice.ends_on
    if not over:
        raise Refused("notice-running", f"Notice runs until the end of {notice.ends_on}.", ends_on=notice.ends_on)
    if notice.heard_on is None or notice.heard_on > day:
        raise Refused("not-heard", "The recipient has not been heard.")
    if notice.ground is Ground.MUTUAL and not notice.agreed:
        raise Refused("not-agreed", "The recipient has not agreed to the revocation.")
    settled(found, command.settlement)
    return _revoked(found, day, Ending(notice.ground.value), command.settlement)


def _revoked(state: Mandate, day: date, ground: Ending, settlement: Settlement | None = None) -> Sequence[Event]:
    return [happened.MandateRevoked(day, ground, settlement, state.freed), *clocks.void(state)]


def give_back(command: asked.ReturnMandate, state: State) -> Sequence[Event]:
    """What was delegated may be given back; what was devolved by law only a law takes back."""
    found = there(state)
    if found.stage is Stage.RETURNED:
        return []
    found = in_force(found)
    alive(command.acting, command.effective_on)
    if not found.terms.needs_acceptance and command.ground is not ReturnGround.LAW:
        raise Refused(
            "not-returnable",
            "What the recipient did not have to accept, only a law lets it return.",
            fields=("ground",),
        )
    if command.ground is ReturnGround.LAW and not (command.legal_basis or "").strip():
        raise Refused(
            "law-not-cited", "Which law lets it be returned? Cite it by its article.", fields=("legal_basis",)
        )
    mutual = found.notice is not None and found.notice.ground is Ground.MUTUAL
    if command.ground is ReturnGround.MUTUAL and not mutual:
        raise Refused(
            "not-agreed", "Where both agree, the giver gives notice on that ground first.", fields=("ground",)
        )
    if command.ground is ReturnGround.UNFUNDED and not found.flagged:
        raise Refused("not-unfunded", "The register does not show it as unfunded.", fields=("ground",))
    day = in_term(found, counted(command.effective_on, command.today))
    settled(found, command.settlement)
    return [happened.MandateReturned(day, command.ground, command.settlement, found.freed), *clocks.void(found)]


def supersede(command: asked.SupersedeMandate, state: State) -> Sequence[Event]:
    found = there(state)
    if found.stage is Stage.SUPERSEDED:
        return []
    found = in_force(found)
    alive(command.acting, command.effective_on)
    new = command.replacement
    if not new.exists:
        raise Refused("no-such-mandate", "The mandate that is to take its place was never drafted.", fields=("by",))
    same = (new.giver, new.recipient, new.kind) == (found.giver, found.recipient, found.terms.kind.value)
    related = cofog.covers(new.function, found.terms.function) or cofog.covers(found.terms.function, new.function)
    ready = AGREED if found.terms.needs_acceptance else READY[found.terms.kind]
    if new.stage not in ready or not same or not related or command.by == command.stream:
        reason = "In its place comes another mandate of the same parties and kind, agreed, over the same function."
        raise Refused("not-a-replacement", reason, by=command.by, fields=("by",))
    day = in_term(found, counted(command.effective_on, command.today))
    settled(found, command.settlement)
    return [happened.MandateSuperseded(day, command.by, found.freed), *clocks.void(found)]


# --- found by the register itself ---


def follow(command: asked.FollowParent, state: State) -> Sequence[Event]:
    """With the mandate above, this one ends, is suspended, or is in force again."""
    found = there(state)
    if found.stage in ENDED:
        return []
    parent = command.parents[0] if command.parents else None
    if parent is None or not parent.exists or not parent.ended:
        return follow_parent(command, found)
    return _over(found, befell(command.effective_on, command.today), Ending.PARENT_ENDED)


def lapse(command: asked.LapseMandate, state: State) -> Sequence[Event]:
    """Nobody entrusts what the law has taken back; what it will take back on a day to come ends after that day."""
    found = there(state)
    if found.stage in ENDED or found.under is not None:
        return []
    lands = frozenset(on_day(command.lands, command.today))
    through = held_through(found.terms, command.holdings, lands, command.today)
    if through is None:
        last = last_held(found.terms, command.holdings, lands, command.today)
        gone = command.today if last is None else last + clocks.RUNS_ON
        return _over(found, gone, Ending.COMPETENCE_LOST)
    known = [one for _, one in numbers(found, (Due.LAPSE,), clocks.RUNNING)]
    if any(one.due_on == through for one in known):
        return []
    return [*clocks.void(found, Due.LAPSE), *clocks.lapsing(found, through, command.today)]


def _day(state: Mandate, day: date) -> date:
    """Nothing ends before it came into force."""
    return max(day, state.activated_on or date.min)


def _ran_out(state: Mandate, day: date) -> bool:
    """Whether its own last day came before that one: then it expired, though the clock has not said so yet."""
    return state.stage in STANDING and state.ends_on is not None and day > state.ends_on


def _over(state: Mandate, day: date, ground: Ending) -> Sequence[Event]:
    if _ran_out(state, day):
        return clocks.expired(state)
    return _revoked(state, _day(state, day), ground)


def _can_follow(unit: UnitFacts, today: date) -> bool:
    """Whoever is there today, of a sphere with authority: others take part in public affairs, and exercise no power."""
    return unit.alive_on(PartialDate(today)) and unit.sphere.has_authority


def succeed(command: asked.SucceedParty, state: State) -> Sequence[Event]:
    """Whoever is there of those who took over stands in the place of the unit; where nobody is, the mandate ends."""
    found = there(state)
    if found.stage in ENDED or command.former not in (found.giver, found.recipient):
        return []
    gone = command.former_unit.alive_until
    if gone is None or gone > command.today:
        raise Refused("unit-alive", f"{command.former_unit.name} is still there.", unit=command.former)
    if _ran_out(found, gone):
        return clocks.expired(found)
    day = _day(found, gone)
    heir = next((one for one in command.line if _can_follow(one, command.today)), None)
    if heir is None:
        return _revoked(found, day, Ending.UNIT_ABOLISHED)
    if heir.id in (found.giver, found.recipient):
        return _revoked(found, day, Ending.PARTIES_MERGED)
    return hand_over(found, command.former, heir.id, day)
