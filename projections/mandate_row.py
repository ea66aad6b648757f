"""The row of the view of mandates, and the parts it is made of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Money, PartialDate, Says, Searched, Sphere, Words
from domain.mandates.words import Condition, Document, Due, Ground, Instrument, Kind, Pause, Stage
from domain.replacing import quick
from projections.things import Matter, Owed, shortened

NAME_KEPT = 200
"""Characters of what the recipient is to do that serve as a name."""


class Turn(StrEnum):
    """What a mandate waits for: a command, or that of two that clash one is revoked, returned or superseded."""

    RECORD_CONSULTATION = "record-consultation"
    OFFER = "offer"
    ACCEPT = "accept"
    AGREE_RESERVATIONS = "agree-reservations"
    ACTIVATE = "activate"
    COMMIT_FUNDING = "commit-funding"
    REPORT = "report-exercise"
    AGREE_SUSPENSION = "agree-suspension"
    RESTORE = "restore"
    ACCEPT_RENEWAL = "accept-renewal"
    RECORD_HEARING = "record-hearing"
    AGREE_REVOCATION = "agree-revocation"
    SETTLE_CLASH = "settle-clash"
    REVOKE = "revoke"


class Side(StrEnum):
    GIVER = "giver"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class PartyRow:
    unit: UUID
    name: str
    sphere: Sphere
    side: Side
    last_word_on: date | None = None


@dataclass(frozen=True, slots=True)
class LineRow:
    budget_line: str
    budget_year: int
    yearly: Money


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which it was in force, both included; `last` None: still. Who held it from whom meanwhile."""

    first: date
    last: date | None
    giver: UUID
    recipient: UUID


@dataclass(frozen=True, slots=True)
class Prolongation:
    """The legislature or council of the giver agreed that an emergency goes on."""

    until: Annotated[date, Says("The last day of the suspension from then on.")]
    resolution: Annotated[str, Says("The resolution by which it agreed.")]
    in_favour: Annotated[int, Says("How many of its members voted for it.")]
    members: Annotated[int, Says("How many members it has.")]


@quick
@dataclass(frozen=True, slots=True)
class MandateRow:
    """One mandate: what was entrusted to whom, on which terms, with what money, and how it stands."""

    name: Annotated[str, Searched(), Says("What the recipient is to do, in English if that is said, shortened.")]
    purpose: Annotated[Words, Searched(), Says("What the recipient is to do, for people.")]
    giver: Annotated[UUID, Indexed(), Says("The unit that entrusts.")]
    giver_name: Annotated[str, Searched(), Says("Its name.")]
    giver_sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    recipient: Annotated[UUID, Indexed(), Says("The unit that exercises it.")]
    recipient_name: Annotated[str, Searched(), Says("Its name.")]
    recipient_sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    parties: Annotated[tuple[PartyRow, ...], Says("Both of them, and when each last said anything.")]
    kind: Annotated[Kind, Indexed(), Says("Devolution, delegation, deconcentration, or tasks without power.")]
    instrument: Annotated[Instrument, Indexed(), Says("Whether by law, by agreement, or by an act of the giver.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    territory: Annotated[UUID, Indexed(), Says("The unit in whose territory it is exercised.")]
    territory_name: Annotated[str, Searched(), Says("Its name.")]
    legal_basis: Annotated[str, Says("The law it rests on.")]
    state: Annotated[Stage, Indexed(), Says("Where it stands.")]
    state_since: Annotated[PartialDate, Says("Since when in law.")]
    starts_on: Annotated[date, Indexed(), Says("The first day of its term.")]
    first_ends_on: Annotated[date | None, Says("The last day of its term as it was drafted; open if empty.")]
    ends_on: Annotated[date | None, Indexed(), Says("The last day of its term as it is now; open if empty.")]
    depth: Annotated[int, Indexed(), Says("How often the power was passed on since somebody held it as their own.")]
    exclusive: Annotated[bool, Indexed(), Says("Whether nobody else may exercise it there meanwhile.")] = False
    may_subdelegate: Annotated[bool, Says("Whether the recipient may entrust it further.")] = False
    under: Annotated[UUID | None, Indexed(), Says("The mandate that it rests on; empty if held by law.")] = None
    clashes_with: Annotated[
        tuple[UUID, ...],
        Says("Mandates that hold the same exclusively where this one's territory came to lie: one has to give way."),
    ] = ()
    children: Annotated[tuple[UUID, ...], Says("Mandates that rest on it and came into force.")] = ()
    conditions: Annotated[tuple[Condition, ...], Says("Conditions and standards, each with its law.")] = ()
    staff: Annotated[int | None, Says("How many posts move with it.")] = None
    assets: Annotated[Words | None, Says("Which buildings, equipment and files move with it.")] = None
    document: Annotated[Document | None, Says("The law, agreement or act.")] = None
    reporting_months: Annotated[int | None, Says("Every how many months the recipient reports.")] = None
    reservations: Annotated[Words | None, Says("What the recipient accepted only in another way, until agreed to.")] = (
        None
    )
    activated_on: Annotated[date | None, Says("From when on it is in force.")] = None
    over_on: Annotated[date | None, Says("From when on it is in force no more.")] = None
    ended_by: Annotated[str | None, Indexed(), Says("On what ground it was revoked or returned.")] = None
    superseded_by: Annotated[UUID | None, Says("The mandate that took its place.")] = None
    periods: Annotated[tuple[Period, ...], Says("When it was in force, suspensions left out.")] = ()
    suspension_offered: Annotated[bool, Says("Whether the giver would suspend it, and the recipient has to agree.")] = (
        False
    )
    suspended_for: Annotated[Pause | None, Indexed(), Says("On what ground it is suspended.")] = None
    suspended_until: Annotated[date | None, Says("The last day of the suspension, where it is known.")] = None
    suspended_by: Annotated[str | None, Says("The law or the court's decision that suspends it, if one does.")] = None
    prolongations: Annotated[tuple[Prolongation, ...], Says("How the emergency that suspends it was prolonged.")] = ()
    notice_for: Annotated[Ground | None, Says("On what ground notice of revocation was given.")] = None
    notice_ends_on: Annotated[date | None, Says("The last day of the notice.")] = None
    notice_over: Annotated[bool, Says("Whether the notice has run out.")] = False
    heard_on: Annotated[date | None, Says("When the recipient was heard on the revocation.")] = None
    revocation_agreed: Annotated[bool, Says("Whether the recipient agreed to the revocation.")] = False
    consultations: Annotated[int, Says("How many consultations were recorded.")] = 0
    heard_in_time: Annotated[int, Says("In how many of them the recipient had all the time that it needs.")] = 0
    consultation_too_short: Annotated[
        str | None, Says("How many days the last one lasted that did not suffice: consult again, for that long.")
    ] = None
    estimate: Annotated[Money | None, Says("What exercising it costs a year.")] = None
    revenue: Annotated[Money | None, Says("The recipient's current revenue of a year.")] = None
    lines: Annotated[tuple[LineRow, ...], Says("What is paid a year from which line of the giver's budget.")] = ()
    funded: Annotated[Money | None, Says("What is paid a year from all lines.")] = None
    unfunded: Annotated[bool, Indexed(), Says("Whether it shows as unfunded: material, and not covered.")] = False
    gap: Annotated[Money | None, Says("What is missing a year; empty where nobody estimated the cost.")] = None
    unspent: Annotated[Money | None, Says("What had not been spent when it ended.")] = None
    renewals: Annotated[int, Says("How often it was renewed.")] = 0
    renewal_offered: Annotated[date | None, Says("The last day of the renewal that was offered.")] = None
    reports: Annotated[int, Says("How many reports there are.")] = 0
    reported_to: Annotated[date | None, Says("The last day that a report covers.")] = None
    last_word_on: Annotated[date | None, Says("When a party last said anything.")] = None
    next_due_on: Annotated[date | None, Indexed(), Says("The next day on which something is due.")] = None
    waits_on: Annotated[UUID | None, Indexed(), Says("The unit whose turn it is.")] = None
    waits_for: Annotated[Turn | None, Indexed(), Says("What it waits for.")] = None
    waits_since: Annotated[date | None, Says("Since when.")] = None
    matters: Annotated[tuple[Matter, ...], Says("Everything that waits, and for whom.")] = ()
    owed: Annotated[tuple[Owed, ...], Says("Deadlines that are not met.")] = ()

    @property
    def called(self) -> Words:
        """What it is called, in its languages, shortened."""
        return shortened(self.purpose, NAME_KEPT)

    def heard(self, unit: UUID | None) -> date | None:
        """When a party last said anything."""
        for party in self.parties:
            if party.unit is unit or party.unit == unit:
                return party.last_word_on
        return None

    def missed(self, kind: Due) -> tuple[Owed, ...]:
        """Deadlines of that kind that were missed and not made good."""
        return tuple(one for one in self.owed if one.missed and one.kind == kind)
