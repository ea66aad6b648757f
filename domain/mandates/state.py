"""What is known of one mandate after its history, and what other contexts may ask of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TypeAlias, assert_never
from uuid import UUID

from domain.correcting import with_right
from domain.deadlines import Standing
from domain.kernel import MandateFacts, Money, StreamId, UnitId
from domain.mandates import events as happened
from domain.mandates.events import Event, MandateDrafted
from domain.mandates.words import ENDED, STANDING, Due, Ground, Pause, Scope, Stage
from domain.replacing import quick, replace

NOBODY = UnitId(UUID(int=0))


@quick
@dataclass(frozen=True, slots=True)
class DeadlineState:
    kind: Due
    unit: UnitId | None
    starts_on: date
    due_on: date
    policy: str = ""
    calendar: str = ""
    standing: Standing = Standing.OPEN
    suspended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Consultation:
    consulted: tuple[UnitId, ...]
    opened_on: date
    closed_on: date


@dataclass(frozen=True, slots=True)
class Estimate:
    yearly: Money
    revenue: Money


@dataclass(frozen=True, slots=True)
class Line:
    """What is paid a year from one line of a budget, from the budget of the year `since` on."""

    name: str
    yearly: Money
    since: int


@dataclass(frozen=True, slots=True)
class Suspension:
    since: date
    ground: Pause
    until: date | None
    legal_basis: str | None = None
    prolonged: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of revocation; hearing and consent count for the notice that they follow."""

    ground: Ground
    given_on: date
    ends_on: date
    agreed: bool = False
    heard_on: date | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was drafted yet."""


def comparable(one: Money, other: Money) -> bool:
    """Amounts are compared and added within one currency and one price basis only."""
    return (one.currency, one.price_basis) == (other.currency, other.price_basis)


@quick
@dataclass(frozen=True, slots=True)
class Mandate:
    """`terms`: as drafted; `giver`, `recipient` and `ends_on` as they are now. Deadline n is the item at n - 1.

    `version` is the number of events so far. `lines`: what is said of each line of a budget, from which year on.
    `renewal`: the last day that was offered, until it is agreed. `reported_to`: the last day that a report covers.
    `over_on`: the first day on which it is in force no more. `emergencies`: suspensions on that ground that are over,
    each until the last day that was said of it. `exclusive`: what it holds exclusively, as recorded when
    it came into force.
    """

    version: int
    stage: Stage
    terms: MandateDrafted
    giver: UnitId
    recipient: UnitId
    ends_on: date | None
    consultations: tuple[Consultation, ...] = ()
    estimates: int = 0
    estimate: Estimate | None = None
    lines: tuple[Line, ...] = ()
    flagged: bool = False
    reservations: bool = False
    activated_on: date | None = None
    exclusive: Scope | None = None
    over_on: date | None = None
    superseded_by: StreamId | None = None
    suspension_offered: happened.SuspensionOffered | None = None
    suspension: Suspension | None = None
    emergencies: tuple[Suspension, ...] = ()
    notice: Notice | None = None
    renewal: date | None = None
    renewals: int = 0
    reports: int = 0
    reported_to: date | None = None
    children: tuple[StreamId, ...] = ()
    deadlines: tuple[DeadlineState, ...] = ()

    @property
    def territory(self) -> UnitId:
        return self.terms.territory

    @property
    def under(self) -> StreamId | None:
        return self.terms.under

    @property
    def freed(self) -> Scope | None:
        """What others may be entrusted with again when it ends; nothing if it was never in force."""
        return self.exclusive if self.stage in STANDING else None

    @property
    def clashing(self) -> tuple[StreamId, ...]:
        """The mandates beside which it stands, or stood when it ended."""
        beside = self.exclusive.beside if self.exclusive else None
        return tuple(dict.fromkeys(one.mandate for one in beside or ()))

    def emergencies_before(self, day: date) -> tuple[Suspension, ...]:
        """Those that are over once the suspension that stands, if any, is over on that day."""
        over = self.suspension
        if over is None or over.ground is not Pause.EMERGENCY:
            return self.emergencies
        return (*self.emergencies, replace(over, until=over.until or day - timedelta(days=1)))

    @property
    def funded(self) -> Fraction:
        """What is paid a year from all lines in the end, in the currency and at the prices of the estimate."""
        return self._paid(self.lines)

    @property
    def committed(self) -> tuple[Money, ...]:
        """What is paid a year from each line in the end, in whichever currency."""
        return tuple({line.name: line.yearly for line in self.lines}.values())

    def beside(self, name: str, since: int) -> tuple[Line, ...]:
        """What stays as it is where something new is said of a line from a year on."""
        return tuple(line for line in self.lines if line.name != name or line.since < since)

    def paid_from(self, year: int) -> Fraction:
        """The least that is paid in any year from that one on: money of a later budget covers nothing before it."""
        years = {year, *(line.since for line in self.lines if line.since > year)}
        return min(self._paid(line for line in self.lines if line.since <= one) for one in years)

    def _paid(self, lines: Iterable[Line]) -> Fraction:
        """Of one line the last word counts; one in another currency than the estimate by now pays nothing of it."""
        last = {line.name: line.yearly for line in lines}.values()
        like = self.estimate.yearly if self.estimate else None
        return sum((Fraction(one.amount) for one in last if like is None or comparable(one, like)), Fraction(0))


State: TypeAlias = Absent | Mandate


def facts(state: State, id: StreamId) -> MandateFacts:
    """What others may know of a mandate. `exists` is False for one that was never drafted."""
    if isinstance(state, Absent):
        return MandateFacts(
            id, exists=False, giver=NOBODY, recipient=NOBODY, kind="", stage="", function="", territory=NOBODY,
            starts_on=date.min,
        )  # fmt: skip
    terms = state.terms
    return MandateFacts(
        id,
        exists=True,
        giver=state.giver,
        recipient=state.recipient,
        kind=terms.kind.value,
        stage=state.stage.value,
        function=terms.function,
        territory=terms.territory,
        starts_on=terms.starts_on,
        ends_on=state.ends_on,
        in_force=state.stage is Stage.ACTIVE,
        ended=state.stage in ENDED,
        exclusive=terms.exclusive,
        may_subdelegate=terms.may_subdelegate,
        depth=terms.depth,
        under=terms.under,
        recipient_sphere=terms.recipient_sphere,
        activated_on=state.activated_on,
        superseded_by=state.superseded_by,
        beside=state.clashing,
    )


def evolve(state: State, event: Event) -> State:
    if isinstance(event, MandateDrafted):
        return Mandate(
            version=1,
            stage=Stage.DRAFTED,
            terms=event,
            giver=event.giver,
            recipient=event.recipient,
            ends_on=event.ends_on,
        )
    assert isinstance(state, Mandate), "the first event of a mandate is its draft"
    return replace(_changed(state, event), version=state.version + 1)


def _changed(state: Mandate, event: happened.Later) -> Mandate:
    if isinstance(event, happened.Clocks):
        return replace(state, deadlines=_clocked(state.deadlines, event))
    if isinstance(event, happened.Lived):
        return _lived(state, event)
    if isinstance(event, happened.Ended):
        return _ended(state, event)
    return _prepared(state, event)


def _prepared(state: Mandate, event: happened.Prepared) -> Mandate:
    match event:
        case happened.MandateConsultationRecorded():
            held = Consultation(event.consulted, event.opened_on, event.closed_on)
            stage = Stage.CONSULTED if state.stage is Stage.DRAFTED else state.stage
            return replace(state, stage=stage, consultations=(*state.consultations, held))
        case happened.ConsultationFellShort():
            return state
        case happened.CostEstimateAttached():
            return replace(state, estimates=event.number, estimate=Estimate(event.yearly, event.revenue))
        case happened.FundingCommitted():
            return replace(
                state,
                lines=(
                    *state.beside(event.budget_line, event.budget_year),
                    Line(event.budget_line, event.yearly, event.budget_year),
                ),
            )
        case happened.MandateFlaggedUnfunded():
            return replace(state, flagged=True)
        case happened.UnfundedFlagLifted():
            return replace(state, flagged=False)
        case happened.MandateCorrected():
            return replace(state, terms=with_right(state.terms, event))
        case happened.MandateOffered():
            return replace(state, stage=Stage.OFFERED)
        case happened.MandateAccepted():
            return replace(state, stage=Stage.ACCEPTED, reservations=False)
        case happened.MandateAcceptedWithReservations():
            return replace(state, stage=Stage.ACCEPTED, reservations=True)
        case happened.ReservationsAgreed():
            return replace(state, reservations=False)
        case happened.MandateDeclined():
            return replace(state, stage=Stage.DECLINED)
        case happened.MandateWithdrawn():
            return replace(state, stage=Stage.WITHDRAWN)
        case _:
            assert_never(event)


def _lived(state: Mandate, event: happened.Lived) -> Mandate:
    match event:
        case happened.MandateActivated():
            return replace(state, stage=Stage.ACTIVE, activated_on=event.activated_on, exclusive=event.exclusive)
        case happened.MandateSubDelegated():
            return replace(state, children=(*state.children, event.child))
        case happened.ExerciseReported():
            covered = max(state.reported_to or event.period_to, event.period_to)
            return replace(state, reports=event.number, reported_to=covered)
        case happened.SuspensionOffered():
            return replace(state, suspension_offered=event)
        case happened.MandateSuspended():
            pause = Suspension(event.suspended_on, event.ground, event.until, event.legal_basis)
            return replace(
                state,
                stage=Stage.SUSPENDED,
                suspension=pause,
                suspension_offered=None,
                emergencies=state.emergencies_before(event.suspended_on),
            )
        case happened.SuspensionProlonged():
            assert state.suspension is not None, "what is prolonged is suspended"
            pause = replace(state.suspension, until=event.until, prolonged=event.number)
            return replace(state, suspension=pause)
        case happened.MandateRestored():
            past = state.emergencies_before(event.restored_on)
            return replace(state, stage=Stage.ACTIVE, suspension=None, emergencies=past)
        case happened.RenewalOffered():
            return replace(state, renewal=event.ends_on)
        case happened.MandateRenewed():
            return replace(state, renewals=event.number, renewal=None, ends_on=event.ends_on)
        case happened.PartySucceeded():
            if event.former == state.giver:
                return replace(state, giver=event.successor)
            return replace(state, recipient=event.successor)
        case happened.MandateTerritoryMoved():
            return replace(state, exclusive=event.exclusive)
        case _:
            assert_never(event)


def _ended(state: Mandate, event: happened.Ended) -> Mandate:
    match event:
        case happened.RevocationNoticeGiven():
            return replace(state, notice=Notice(event.ground, event.given_on, event.ends_on))
        case happened.RevocationNoticeWithdrawn():
            return replace(state, notice=None)
        case happened.NoticePeriodEnded():
            return state
        case happened.HearingRecorded():
            return replace(state, notice=state.notice and replace(state.notice, heard_on=event.held_on))
        case happened.RevocationAgreed():
            return replace(state, notice=state.notice and replace(state.notice, agreed=True))
        case happened.MandateRevoked():
            return replace(state, stage=Stage.REVOKED, over_on=event.revoked_on)
        case happened.MandateReturned():
            return replace(state, stage=Stage.RETURNED, over_on=event.returned_on)
        case happened.MandateSuperseded():
            return replace(state, stage=Stage.SUPERSEDED, over_on=event.superseded_on, superseded_by=event.by)
        case happened.MandateExpired():
            return replace(state, stage=Stage.EXPIRED, over_on=event.last_day + timedelta(days=1))
        case _:
            assert_never(event)


def _clocked(found: tuple[DeadlineState, ...], event: happened.Clocks) -> tuple[DeadlineState, ...]:
    if isinstance(event, happened.DeadlineSet):
        return (
            *found,
            DeadlineState(event.kind, event.unit, event.starts_on, event.due_on, event.policy, event.calendar),
        )
    index = event.number - 1
    return (*found[:index], _moved(found[index], event), *found[index + 1 :])


def _moved(one: DeadlineState, event: happened.Moving) -> DeadlineState:
    match event:
        case happened.DeadlineMet():
            return replace(one, standing=Standing.MET)
        case happened.DeadlineMissed():
            return replace(one, standing=Standing.MISSED)
        case happened.DeadlineVoided():
            return replace(one, standing=Standing.VOID)
        case happened.DeadlineSuspended():
            return replace(one, standing=Standing.SUSPENDED, suspended_on=event.suspended_on)
        case happened.DeadlineMoved():
            return replace(one, standing=Standing.OPEN, due_on=event.due_on, suspended_on=None)
        case _:
            assert_never(event)
