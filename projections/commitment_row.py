"""The row of the view of commitments, and the parts it is made of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.commitments.words import (
    Answer,
    Breadth,
    Completion,
    EarlyResult,
    EarlyResultsScale,
    Instrument,
    Judged,
    Outcome,
    Part,
    Potential,
    ResourceKind,
    Stage,
    Target,
)
from domain.kernel import Indexed, Level, Money, PartialDate, Says, Searched, Sphere, Words
from domain.replacing import quick
from projections.things import Matter, Owed


class Turn(StrEnum):
    """What a commitment waits for."""

    CONFIRM_SOURCE = "confirm-source"
    ACCEPT = "accept"
    ADOPT = "adopt"
    ANSWER_AMENDMENT = "answer-amendment"
    GRANT_EXTENSION = "grant-extension"
    REPORT = "report"
    DELIVER = "deliver"
    COMPLETE_MILESTONE = "complete-milestone"
    ASSESS = "assess"
    REST_ON_MANDATE = "rest-on-mandate"
    SUCCEED = "succeed"


@dataclass(frozen=True, slots=True)
class FormerParty:
    """A unit that is no more, and the day from which another one stands in its place."""

    unit: UUID
    name: str
    until: date


@quick
@dataclass(frozen=True, slots=True)
class PartyRow:
    """`formerly`: in whose place it stands, oldest first. `orphaned_since`: it is no more, nobody took its place."""

    unit: UUID
    name: str
    sphere: Sphere
    part: Part
    required: bool
    answer: Answer
    since: PartialDate
    last_word_on: date | None = None
    formerly: tuple[FormerParty, ...] = ()
    orphaned_since: date | None = None


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target as it was first set and as it reads now: a moved goalpost keeps the first one visible."""

    number: int
    first: Target
    current: Target
    moves: int = 0


@dataclass(frozen=True, slots=True)
class ResourceRow:
    number: int
    unit: UUID
    kind: ResourceKind
    what: Words
    money: Money | None


@dataclass(frozen=True, slots=True)
class Account:
    """What another party says instead."""

    unit: UUID
    percent: int


@quick
@dataclass(frozen=True, slots=True)
class ReportRow:
    number: int
    unit: UUID
    milestone: int | None
    percent: int
    on: PartialDate
    corrected: bool = False
    confirmed_by: tuple[UUID, ...] = ()
    contested: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    unit: UUID
    completion: Completion | None


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """The latest assessment of one kind, of the whole or of a milestone."""

    number: int
    judged: Judged
    milestone: int | None
    assessor: UUID
    found: str
    on: PartialDate
    contested: tuple[Objection, ...] = ()


@dataclass(frozen=True, slots=True)
class DependencyRow:
    """What the whole, or one `milestone`, waits for: another commitment, or a milestone of it.

    `owner`: who answered for that one when it was declared.
    """

    number: int
    milestone: int | None
    commitment: Annotated[UUID, Says("The commitment that is waited for.")]
    commitment_milestone: int | None
    owner: UUID
    since: PartialDate


@quick
@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """One commitment: who promised what, how far it is, who says so, and whose turn it is."""

    title: Annotated[Words, Searched(), Says("What is promised, in a line.")]
    name: Annotated[str, Searched(), Says("The title, in English if there is an English one.")]
    description: Annotated[Words, Says("What is promised, and to whom.")]
    owner: Annotated[UUID, Indexed(), Says("The unit that answers for the whole.")]
    owner_name: Annotated[str, Searched(), Says("Its name.")]
    owner_sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    spheres: Annotated[tuple[Sphere, ...], Says("The spheres of all who take part.")]
    parties: Annotated[tuple[PartyRow, ...], Says("Who takes part, in which part, and what they answered.")]
    breadth: Annotated[Breadth, Indexed(), Says("Shared by two units of two spheres at least, or of a single sphere.")]
    state: Annotated[Stage, Indexed(), Says("Where it stands.")]
    ends_on: Annotated[PartialDate, Indexed(), Says("By when it is to be fulfilled.")]
    first_ends_on: Annotated[PartialDate, Says("By when it was first to be fulfilled.")]
    sdg: Annotated[tuple[str, ...], Says("Goals and targets of the 2030 Agenda it serves.")]
    proposed_on: Annotated[PartialDate, Says("Since when it has been proposed.")]
    level: Annotated[Level, Indexed(), Says("How far what is shown is to be believed.")]
    starts_on: Annotated[PartialDate | None, Says("When work begins.")] = None
    adopted_on: Annotated[PartialDate | None, Says("Since when it has been adopted.")] = None
    closed_on: Annotated[PartialDate | None, Says("Since when it has been closed or withdrawn.")] = None
    outcome: Annotated[Outcome | None, Says("With what result it was closed.")] = None
    closing_level: Annotated[Level | None, Says("How far its outcome was to be believed when it was closed.")] = None
    delayed: Annotated[bool, Indexed(), Says("Whether something was due and is not there.")] = False
    on_hold: Annotated[bool, Indexed(), Says("Whether it is suspended until something missed is delivered.")] = False
    inactive: Annotated[bool, Indexed(), Says("Whether nothing was heard of it for too long.")] = False
    progress: Annotated[int | None, Says("How far it is, in percent, as last reported.")] = None
    progress_low: Annotated[int | None, Says("The lowest figure any party gives.")] = None
    progress_high: Annotated[int | None, Says("The highest figure any party gives.")] = None
    contested: Annotated[bool, Indexed(), Says("Whether a party contests the source, the figure or an assessment.")] = (
        False
    )
    rests_on: Annotated[tuple[UUID, ...], Says("The mandates without which it could not be kept as promised.")] = ()
    mandate_lost: Annotated[bool, Indexed(), Says("Whether one of them ended, and nobody has said what follows.")] = (
        False
    )
    depends_on: Annotated[tuple[DependencyRow, ...], Says("Other commitments, and steps, that it waits for.")] = ()
    verifiable: Annotated[bool | None, Indexed(), Says("Whether anybody could check that it is kept.")] = None
    missing: Annotated[tuple[str, ...], Says("What an outsider would need to check it, and is not said.")] = ()
    completion: Annotated[Completion | None, Indexed(), Says("How far it is done, as last assessed.")] = None
    potential: Annotated[Potential | None, Says("Its potential for results, as last assessed.")] = None
    early_results_scale: Annotated[EarlyResultsScale | None, Says("The codelist of the early results.")] = None
    early_results: Annotated[EarlyResult | None, Says("What it has changed, as last assessed.")] = None
    targets: Annotated[tuple[TargetRow, ...], Says("What is to be reached: as first set, and now.")] = ()
    milestones: Annotated[int, Says("How many milestones there are.")] = 0
    milestones_completed: Annotated[int, Says("How many of them were completed.")] = 0
    resources: Annotated[tuple[ResourceRow, ...], Says("What was pledged, and by whom.")] = ()
    pledged: Annotated[tuple[Money, ...], Says("Money pledged, one sum for each currency and price basis.")] = ()
    evidence: Annotated[int, Says("How many pieces of evidence were attached.")] = 0
    reports: Annotated[tuple[ReportRow, ...], Says("Every report, with what other parties say to it.")] = ()
    assessments: Annotated[tuple[AssessmentRow, ...], Says("The latest assessment of each kind.")] = ()
    instrument: Annotated[Instrument | None, Indexed(), Says("How strongly a published pledge binds.")] = None
    source_name: Annotated[str | None, Indexed(), Says("The published source it was recorded from.")] = None
    source_url: Annotated[str | None, Says("Where that is published.")] = None
    source_row: Annotated[str | None, Indexed(), Says("The row in it.")] = None
    source_standing: Annotated[str | None, Says("Whether the unit confirmed or contested what was recorded.")] = None
    last_report_on: Annotated[PartialDate | None, Says("When progress was last reported.")] = None
    last_word_on: Annotated[date | None, Says("When a party last said anything.")] = None
    next_due_on: Annotated[date | None, Indexed(), Says("The next day on which something is due.")] = None
    waits_on: Annotated[UUID | None, Indexed(), Says("The unit whose turn it is.")] = None
    waits_for: Annotated[Turn | None, Indexed(), Says("What it waits for.")] = None
    waits_since: Annotated[date | None, Says("Since when.")] = None
    counterparts: Annotated[
        tuple[Sphere, ...], Says("The spheres of the others who take part, to whom its owner owes it.")
    ] = ()
    former_parties: Annotated[tuple[UUID, ...], Says("Units that are no more, in whose place a party stands.")] = ()
    orphaned_since: Annotated[
        date | None, Indexed(), Says("Since when a party has been no more, with nobody in its place.")
    ] = None
    matters: Annotated[tuple[Matter, ...], Says("Everything that waits, and for whom.")] = ()
    owed: Annotated[tuple[Owed, ...], Says("Deadlines that are not met.")] = ()

    def report(self, milestone: int | None) -> ReportRow | None:
        """The report that gives today's figure of a milestone, or of the whole."""
        return next((one for one in reversed(self.reports) if one.milestone == milestone), None)

    def assessment(self, judged: Judged, milestone: int | None = None) -> AssessmentRow | None:
        return next((one for one in self.assessments if one.judged is judged and one.milestone == milestone), None)

    @property
    def called(self) -> Words:
        """What it is called, in its languages."""
        return self.title

    def heard(self, unit: UUID | None) -> date | None:
        """When a party last said anything."""
        for party in self.parties:
            if party.unit is unit or party.unit == unit:
                return party.last_word_on
        return None

    def bound(self) -> tuple[PartyRow, ...]:
        """The owner, and those who accepted and did not withdraw."""
        return tuple(party for party in self.parties if party.answer is Answer.ACCEPTED)
