"""A mandate comes about: drafted, consulted on, offered, answered."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

from domain.guards import alive, all_alive, counted
from domain.kernel import PartialDate, Policy, Refused, StreamId
from domain.mandates import clocks
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import preparing, there
from domain.mandates.entitled import sound_terms, to_give
from domain.mandates.events import Event, MandateDrafted
from domain.mandates.state import Absent, Mandate, State
from domain.mandates.words import Stage, Terms

OPEN = (Stage.OFFERED, Stage.ACCEPTED)
"""Where the recipient's answer may still change; accepted with reservations, as long as the giver has not agreed."""


def draft(command: asked.DraftMandate | asked.SubDelegate, state: State) -> Sequence[Event]:
    if not isinstance(state, Absent):
        raise Refused("mandate-exists", "This mandate has already been drafted.")
    day = counted(command.effective_on, command.today)
    under: StreamId | None = command.under if isinstance(command, asked.SubDelegate) else None
    depth = to_give(command, command.ends_on, command, day, under)
    sound_terms(command, command.ends_on, command)
    terms = {field.name: getattr(command, field.name) for field in fields(Terms)}
    return [
        MandateDrafted(
            **terms,
            drafted_on=command.effective_on.earliest() or command.today,
            giver_sphere=command.giver_unit.sphere,
            recipient_sphere=command.recipient_unit.sphere,
            depth=depth,
            under=under,
        )
    ]


def consult(command: asked.RecordConsultation, state: State) -> Sequence[Event]:
    found = preparing(state)
    alive(command.acting, command.effective_on)
    if command.closed_on < command.opened_on:
        raise Refused("ends-before-start", "A consultation does not close before it opens.", fields=("closed_on",))
    if command.closed_on > command.today:
        raise Refused("in-the-future", "A consultation is recorded when it is over.", fields=("closed_on",))
    if len(set(command.consulted)) < len(command.consulted):
        raise Refused("unit-repeated", "A unit is named twice.", fields=("consulted",))
    all_alive(command.consulted_units, PartialDate(command.opened_on), "consulted.*")
    if found.giver in command.consulted:
        raise Refused("consults-itself", "The giver cannot be consulted by itself.", fields=("consulted",))
    number = len(found.consultations) + 1
    recorded = happened.MandateConsultationRecorded(
        number, command.consulted, command.opened_on, command.closed_on, command.outcome, command.document
    )
    return [recorded, *_too_short(command, found, number)]


def _too_short(command: asked.RecordConsultation, state: Mandate, number: int) -> Sequence[Event]:
    """Said with the record, so that nobody learns of it on the day on which it was to come into force."""
    least = command.policy.whole("min_consultation_days")
    days = (command.closed_on - command.opened_on).days + 1
    if not state.terms.needs_consultation or state.recipient not in command.consulted or days >= least:
        return []
    return [happened.ConsultationFellShort(number, days, least, command.policy.ref)]


def consulted_in_time(state: Mandate, day: date, policy: Policy) -> None:
    """A devolution by law needs its recipient consulted, long enough and before that day (Charter, art. 4(6))."""
    if not state.terms.needs_consultation:
        return
    days, grounds = policy.whole("min_consultation_days"), policy.grounds("min_consultation_days")
    heard = [one for one in state.consultations if state.recipient in one.consulted and one.closed_on <= day]
    if not heard:
        raise Refused("not-consulted", "A devolution by law needs its recipient to be consulted first.", policy=grounds)
    if not any((one.closed_on - one.opened_on).days + 1 >= days for one in heard):
        reason = f"The recipient has at least {days} days to answer a consultation: consult again, for that long."
        raise Refused("consultation-too-short", reason, policy=grounds)


def offer(command: asked.OfferMandate, state: State) -> Sequence[Event]:
    found = there(state)
    if found.stage is Stage.OFFERED:
        return []
    found = preparing(found, Stage.DRAFTED, Stage.CONSULTED)
    alive(command.acting, command.effective_on)
    if not found.terms.needs_acceptance:
        raise Refused("no-offer-needed", "What the law devolves, or what stays within one person, is not offered.")
    day = counted(command.effective_on, command.today)
    to_give(found.terms, found.ends_on, command, day, found.under)
    sound_terms(found.terms, found.ends_on, command)
    return [
        happened.MandateOffered(found.giver, found.recipient),
        clocks.answer(found.recipient, day, command.policy, command.calendar),
    ]


def accept(command: asked.AcceptMandate, state: State) -> Sequence[Event]:
    """As it was offered; who had reservations may drop them so."""
    found = there(state)
    if found.stage is Stage.ACCEPTED and not found.reservations:
        return []
    found = preparing(found, Stage.OFFERED, Stage.ACCEPTED)
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    return [happened.MandateAccepted(found.recipient), *clocks.answered(found, day)]


def accept_with_reservations(command: asked.AcceptWithReservations, state: State) -> Sequence[Event]:
    found = preparing(state, Stage.OFFERED)
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    accepted = happened.MandateAcceptedWithReservations(found.recipient, command.reservations)
    return [accepted, *clocks.answered(found, day)]


def agree_reservations(command: asked.AgreeReservations, state: State) -> Sequence[Event]:
    found = preparing(state, Stage.ACCEPTED)
    alive(command.acting, command.effective_on)
    return [happened.ReservationsAgreed(found.giver)] if found.reservations else []


def decline(command: asked.DeclineMandate, state: State) -> Sequence[Event]:
    """While nobody is bound: also after reservations to which the giver does not agree."""
    found = there(state)
    if found.stage is Stage.DECLINED:
        return []
    found = preparing(found, *(OPEN if found.reservations else OPEN[:1]))
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    return [happened.MandateDeclined(found.recipient), *clocks.answered(found, day)]


def withdraw(command: asked.WithdrawMandate, state: State) -> Sequence[Event]:
    found = there(state)
    if found.stage is Stage.WITHDRAWN:
        return []
    found = preparing(found)
    alive(command.acting, command.effective_on)
    return [happened.MandateWithdrawn(found.giver), *clocks.void(found)]
