"""Mandates as they stand: what was entrusted to whom, with what money, in which state, and whose turn it is."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from domain.correcting import with_right
from domain.kernel import Money, Recorded, Words
from domain.mandates import MANDATES as CONTEXT
from domain.mandates import events as happened
from domain.mandates.events import Event
from domain.mandates.state import comparable
from domain.mandates.words import ENDED, Scope, Settlement, Stage
from domain.replacing import replace
from projections.kernel import Look, Subject, View, own_stream
from projections.mandate_row import NAME_KEPT, LineRow, MandateRow, PartyRow, Period, Prolongation, Side
from projections.mandate_stages import stage_after
from projections.mandate_turns import waiting
from projections.things import Owed
from projections.units import unit_name

MOST = Decimal(10**18 - 1)
"""The largest amount that a record holds."""
STILL_SAID = (happened.ExerciseReported, happened.MandateSubDelegated, happened.MandateCorrected)
"""What is still said of a mandate that is over."""


def fold(key: str, before: MandateRow | None, record: Recorded, look: Look) -> MandateRow | None:
    """The mandate after one of its records.

    Asked for a day in law, records come in the order of that time: what is over stays over, an answer is not taken
    back by an offer that counts from a later day, and what speaks of a number not there yet changes nothing.
    """
    event: Event = record.event
    if isinstance(event, happened.MandateDrafted):
        return waiting(_heard(_drafted(event, record, look), record), record.at.date())
    if before is None or (before.state in ENDED and not isinstance(event, STILL_SAID)):
        return before
    after = _after(before, event, look)
    stage = stage_after(before.state, event)
    if stage is not before.state:
        after = replace(after, state=stage, state_since=record.effective_on)
    return waiting(_heard(after, record), record.at.date())


def named(purpose: Words) -> str:
    """What a mandate is called."""
    return purpose.best()[:NAME_KEPT]


def _drafted(event: happened.MandateDrafted, record: Recorded, look: Look) -> MandateRow:
    giver, recipient = unit_name(look, event.giver), unit_name(look, event.recipient)
    return MandateRow(
        name=named(event.purpose),
        purpose=event.purpose,
        giver=event.giver,
        giver_name=giver,
        giver_sphere=event.giver_sphere,
        recipient=event.recipient,
        recipient_name=recipient,
        recipient_sphere=event.recipient_sphere,
        parties=(
            PartyRow(event.giver, giver, event.giver_sphere, Side.GIVER),
            PartyRow(event.recipient, recipient, event.recipient_sphere, Side.RECIPIENT),
        ),
        kind=event.kind,
        instrument=event.instrument,
        function=event.function,
        territory=event.territory,
        territory_name=unit_name(look, event.territory),
        legal_basis=event.legal_basis,
        state=Stage.DRAFTED,
        state_since=record.effective_on,
        starts_on=event.starts_on,
        first_ends_on=event.ends_on,
        ends_on=event.ends_on,
        depth=event.depth,
        exclusive=event.exclusive,
        may_subdelegate=event.may_subdelegate,
        under=event.under,
        conditions=event.conditions,
        staff=event.staff,
        assets=event.assets,
        document=event.document,
        reporting_months=event.reporting_months,
    )


def _after(row: MandateRow, event: Event, look: Look) -> MandateRow:
    if isinstance(event, happened.Clocks):
        return replace(row, owed=_owed(row.owed, event))
    match event:
        case happened.MandateDrafted():
            return row
        case happened.MandateConsultationRecorded():
            heard = row.recipient in event.consulted
            asked = replace(row, consultations=row.consultations + 1, heard_in_time=row.heard_in_time + heard)
            return replace(asked, consultation_too_short=None) if heard else asked
        case happened.ConsultationFellShort():
            lasted, heard_before = f"{event.days} of at least {event.least}", max(row.heard_in_time - 1, 0)
            return replace(row, heard_in_time=heard_before, consultation_too_short=None if heard_before else lasted)
        case happened.CostEstimateAttached():
            return _paid(replace(row, estimate=event.yearly, revenue=event.revenue))
        case happened.FundingCommitted():
            return _funded(row, event)
        case happened.MandateFlaggedUnfunded():
            return replace(row, unfunded=True, gap=event.gap)
        case happened.UnfundedFlagLifted():
            return replace(row, unfunded=False, gap=None)
        case happened.MandateCorrected():
            right = with_right(row, event)
            return replace(right, name=named(right.purpose))
        case happened.MandateOffered():
            return row
        case happened.MandateAcceptedWithReservations():
            return replace(row, reservations=event.reservations)
        case happened.MandateAccepted() | happened.ReservationsAgreed():
            return replace(row, reservations=None)
        case happened.MandateDeclined() | happened.MandateWithdrawn():
            return replace(row, owed=())
        case happened.MandateActivated():
            begun = replace(row, activated_on=event.activated_on, clashes_with=_beside(event.exclusive))
            return _begins(begun, event.activated_on)
        case happened.MandateSubDelegated():
            return replace(row, children=(*row.children, event.child))
        case happened.ExerciseReported():
            covered = max(row.reported_to or event.period_to, event.period_to)
            return replace(row, reports=row.reports + 1, reported_to=covered)
        case happened.SuspensionOffered():
            return replace(row, suspension_offered=True)
        case happened.MandateSuspended():
            paused = replace(
                row, suspension_offered=False, suspended_for=event.ground, suspended_until=event.until,
                suspended_by=event.legal_basis,
            )  # fmt: skip
            return _cut(paused, event.suspended_on)
        case happened.SuspensionProlonged():
            agreed = Prolongation(event.until, event.resolution, event.in_favour, event.members)
            return replace(row, suspended_until=event.until, prolongations=(*row.prolongations, agreed))
        case happened.MandateRestored():
            back = replace(row, suspended_for=None, suspended_until=None, suspended_by=None, prolongations=())
            return _begins(back, event.restored_on)
        case happened.RenewalOffered():
            return replace(row, renewal_offered=event.ends_on)
        case happened.MandateRenewed():
            return replace(row, renewals=row.renewals + 1, renewal_offered=None, ends_on=event.ends_on)
        case happened.PartySucceeded():
            return _succeeded(row, event, look)
        case happened.MandateTerritoryMoved():
            return replace(row, clashes_with=_beside(event.exclusive))
        case happened.RevocationNoticeGiven():
            return replace(row, notice_for=event.ground, notice_ends_on=event.ends_on)
        case happened.RevocationNoticeWithdrawn():
            return _no_notice(row)
        case happened.NoticePeriodEnded():
            return replace(row, notice_over=True)
        case happened.HearingRecorded():
            return replace(row, heard_on=event.held_on)
        case happened.RevocationAgreed():
            return replace(row, revocation_agreed=True)
        case happened.MandateRevoked():
            ended = _ended(row, event.revoked_on)
            return _settled(replace(ended, ended_by=event.ground.value), event.settlement)
        case happened.MandateReturned():
            ended = _ended(row, event.returned_on)
            return _settled(replace(ended, ended_by=event.ground.value), event.settlement)
        case happened.MandateSuperseded():
            return replace(_ended(row, event.superseded_on), superseded_by=event.by)
        case happened.MandateExpired():
            return _ended(row, event.last_day + timedelta(days=1))
        case _:
            assert_never(event)


def _beside(held: Scope | None) -> tuple[UUID, ...]:
    """The mandates beside which it stands."""
    others = held.beside if held else None
    return tuple(dict.fromkeys(one.mandate for one in others or ()))


def _ended(row: MandateRow, day: date) -> MandateRow:
    return replace(
        _no_notice(_cut(row, day)), over_on=day, owed=(), renewal_offered=None, suspension_offered=False,
        suspended_for=None, suspended_until=None, suspended_by=None, prolongations=(), unfunded=False, gap=None,
        clashes_with=(),
    )  # fmt: skip


def _no_notice(row: MandateRow) -> MandateRow:
    return replace(row, notice_for=None, notice_ends_on=None, notice_over=False, heard_on=None, revocation_agreed=False)


def _settled(row: MandateRow, settlement: Settlement | None) -> MandateRow:
    return row if settlement is None else replace(row, unspent=settlement.unspent)


# --- when it was in force ---


def _cut(row: MandateRow, day: date) -> MandateRow:
    """In force no more from that day on."""
    last = day - timedelta(days=1)
    kept = (one for one in row.periods if one.first < day)
    return replace(row, periods=tuple(replace(one, last=min(one.last or last, last)) for one in kept))


def _begins(row: MandateRow, day: date) -> MandateRow:
    """In force from that day on."""
    cut = _cut(row, day)
    return replace(cut, periods=(*cut.periods, Period(day, None, row.giver, row.recipient)))


def _succeeded(row: MandateRow, event: happened.PartySucceeded, look: Look) -> MandateRow:
    name = unit_name(look, event.successor)
    parties = tuple(
        PartyRow(event.successor, name, party.sphere, party.side) if party.unit == event.former else party
        for party in row.parties
    )
    handed = replace(row, parties=parties)
    since = event.succeeded_on
    if event.former == row.giver:
        handed = replace(handed, giver=event.successor, giver_name=name)
    if event.former == row.recipient:
        # What the former one was asked, the rules do not take for an answer of its successor.
        handed = replace(handed, recipient=event.successor, recipient_name=name)
        handed = replace(handed, heard_in_time=0, consultation_too_short=None)
    return replace(handed, periods=tuple(part for one in row.periods for part in _handed(one, since, handed)))


def _handed(one: Period, since: date, row: MandateRow) -> Iterator[Period]:
    """A period before and after a party was succeeded to."""
    if one.first < since:
        yield replace(one, last=min(one.last or since, since - timedelta(days=1)))
    if one.last is None or one.last >= since:
        yield Period(max(one.first, since), one.last, row.giver, row.recipient)


# --- money, deadlines, words ---


def _funded(row: MandateRow, event: happened.FundingCommitted) -> MandateRow:
    others = tuple(line for line in row.lines if line.budget_line != event.budget_line)
    lines = (*others, LineRow(event.budget_line, event.budget_year, event.yearly))
    return _paid(replace(row, lines=lines))


def _paid(row: MandateRow) -> MandateRow:
    """Sums never go across currencies or price bases: lines of another one than the estimate's are not added."""
    like = row.estimate or next((line.yearly for line in row.lines), None)
    if like is None or not row.lines:
        return row
    total = sum((line.yearly.amount for line in row.lines if comparable(line.yearly, like)), Decimal(0))
    return replace(row, funded=Money(min(total, MOST), like.currency, like.price_basis))


def _owed(owed: tuple[Owed, ...], event: happened.Clocks) -> tuple[Owed, ...]:
    """A clock that stands still keeps its last day until it is moved."""
    match event:
        case happened.DeadlineSet():
            return (*owed, Owed(event.number, event.kind, event.unit, event.starts_on, event.due_on))
        case happened.DeadlineMissed():
            return tuple(replace(one, missed=True) if one.number == event.number else one for one in owed)
        case happened.DeadlineMoved():
            return tuple(replace(one, due_on=event.due_on) if one.number == event.number else one for one in owed)
        case happened.DeadlineSuspended():
            return owed
        case happened.DeadlineMet() | happened.DeadlineVoided():
            return tuple(one for one in owed if one.number != event.number)
        case _:
            assert_never(event)


def _heard(row: MandateRow, record: Recorded) -> MandateRow:
    """Whichever party gave this record has said something today."""
    unit: UUID | None = record.actor.unit
    if unit is None or all(party.unit != unit for party in row.parties):
        return row
    day = record.at.date()
    parties = tuple(replace(party, last_word_on=day) if party.unit == unit else party for party in row.parties)
    return replace(row, parties=parties, last_word_on=day)


MANDATES = View(
    name="mandates",
    version=4,
    says="What was entrusted to whom, on which terms, with what money, and whose turn it is.",
    subject=Subject.POWERS,
    shows=(
        "state", "giver_name", "recipient_name", "function", "starts_on", "ends_on", "unfunded",
        "waits_on", "waits_for", "waits_since",
    ),
    row=MandateRow,
    key_says="The mandate's id.",
    touched_by=CONTEXT.events,
    keys=own_stream,
    fold=fold,
    reads=("units",),
    sort="name",
    valid_time=True,
)  # fmt: skip
