"""The words of commitments: parts, kinds, states, and the values they are made of."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeAlias

from domain.kernel import Many, PartialDate, Refused, Says, Text, UnitId, Whole, Words
from domain.sdg import FORM as SDG_FORM

DECIMAL = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?"

Number: TypeAlias = Annotated[int, Whole(1, 10_000)]
Percent: TypeAlias = Annotated[int, Whole(0, 100)]
Title: TypeAlias = Annotated[Words, Text(at_most=300)]
Prose: TypeAlias = Annotated[Words, Text(at_most=4000)]
SdgCode: TypeAlias = Annotated[
    str, Text(at_most=5, form=SDG_FORM), Says("A goal or a target of the 2030 Agenda.", "11.7")
]


class Part(StrEnum):
    """Which part a unit has in a commitment."""

    OWNER = "owner"
    CO_OWNER = "co_owner"
    FUNDER = "funder"
    BENEFICIARY = "beneficiary"
    SUPPORTER = "supporter"


class Answer(StrEnum):
    """What an invited unit said; the owner accepts by proposing."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Stage(StrEnum):
    """Where a commitment stands."""

    PROPOSED = "proposed"
    NEGOTIATED = "negotiated"
    ADOPTED = "adopted"
    ADOPTED_NOT_VERIFIABLE = "adopted_not_verifiable"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    NOT_MET = "not_met"
    WITHDRAWN = "withdrawn"


AGREEING = frozenset({Stage.PROPOSED, Stage.NEGOTIATED})
RUNNING = frozenset({Stage.ADOPTED, Stage.ADOPTED_NOT_VERIFIABLE, Stage.IN_PROGRESS})
ENDED = frozenset(Stage) - AGREEING - RUNNING


class Outcome(StrEnum):
    """With what result a commitment is closed."""

    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    NOT_MET = "not_met"


class Breadth(StrEnum):
    """Shared: at least two units of at least two spheres."""

    SHARED = "shared"
    SINGLE_SPHERE = "single_sphere"


class Aim(StrEnum):
    """Whether a target is for the end or on the way."""

    END = "end"
    INTERIM = "interim"


class ResourceKind(StrEnum):
    MONEY = "money"
    STAFF = "staff"
    IN_KIND = "in_kind"
    ASSET = "asset"


class Due(StrEnum):
    """What a deadline is for.

    `silence`: the day from which a commitment without word counts as inactive. `hold_notice`: the last day to deliver
    after written notice. `results_review`: the day from which results are assessed; no party owes it.
    """

    ANSWER = "answer"
    PROGRESS = "progress"
    SILENCE = "silence"
    PLAN = "plan"
    MONITORING = "monitoring"
    INVENTORY = "inventory"
    HOLD_NOTICE = "hold_notice"
    MILESTONE = "milestone"
    RESULTS_REVIEW = "results_review"


class Pause(StrEnum):
    """What a commitment resumes from."""

    HOLD = "hold"
    INACTIVITY = "inactivity"


class Delivery(StrEnum):
    """What is handed in on a deadline, besides reports on progress."""

    PLAN = "plan"
    MONITORING = "monitoring"
    INVENTORY = "inventory"


class Instrument(StrEnum):
    """How strongly a published pledge binds its maker (the Net Zero Tracker's scale)."""

    PROPOSED = "proposed"
    DECLARATION = "declaration"
    IN_POLICY = "in_policy"
    IN_LAW = "in_law"
    ACHIEVED_SELF_DECLARED = "achieved_self_declared"
    ACHIEVED_VALIDATED = "achieved_validated"


class Reporting(StrEnum):
    """How often the maker of a published pledge reports on it."""

    ANNUAL = "annual"
    LESS_THAN_ANNUAL = "less_than_annual"
    NONE = "none"
    UNKNOWN = "unknown"


class Potential(StrEnum):
    """Potential for results (Open Government Partnership, since 2020)."""

    UNCLEAR = "unclear"
    MODEST = "modest"
    SUBSTANTIAL = "substantial"


class Completion(StrEnum):
    """Level of completion (Open Government Partnership)."""

    NO_EVIDENCE = "no_evidence_available"
    NOT_STARTED = "not_started"
    LIMITED = "limited"
    SUBSTANTIAL = "substantial"
    COMPLETE = "complete"


class EarlyResultsScale(StrEnum):
    """Which of the two codelists of the Open Government Partnership an early result is of (its glossary has both)."""

    DID_IT_OPEN_GOVERNMENT = "did_it_open_government"
    EARLY_RESULTS = "early_results"


class EarlyResult(StrEnum):
    WORSENED = "worsened"
    DID_NOT_CHANGE = "did_not_change"
    MARGINAL = "marginal"
    MAJOR = "major"
    OUTSTANDING = "outstanding"
    NO_NOTABLE = "no_notable_results"
    MODERATE = "moderate_results"
    SIGNIFICANT = "significant_results"


SCALES = {
    EarlyResultsScale.DID_IT_OPEN_GOVERNMENT: frozenset(list(EarlyResult)[:5]),
    EarlyResultsScale.EARLY_RESULTS: frozenset(list(EarlyResult)[5:]),
}


VERIFIES = {
    Outcome.COMPLETED: frozenset({Completion.COMPLETE}),
    Outcome.PARTIALLY_COMPLETED: frozenset({Completion.LIMITED, Completion.SUBSTANTIAL}),
    Outcome.NOT_MET: frozenset({Completion.NO_EVIDENCE, Completion.NOT_STARTED}),
}
"""Which independent assessments bear an outcome out; with any other, the outcome is not verified."""


CONFIRMS = {
    Outcome.COMPLETED: range(100, 101),
    Outcome.PARTIALLY_COMPLETED: range(1, 100),
    Outcome.NOT_MET: range(100),
}
"""Which percentages, confirmed by another party, bear an outcome out."""


class Judged(StrEnum):
    """What an assessment judged."""

    VERIFIABILITY = "verifiability"
    POTENTIAL = "potential"
    COMPLETION = "completion"
    EARLY_RESULTS = "early_results"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured amount: a decimal number as text, and its unit of measure (`t CO2e`, `%`, `homes`)."""

    value: Annotated[str, Text(at_most=30, form=DECIMAL), Says("A decimal number.", "55")]
    unit: Annotated[str, Text(at_most=60), Says("The unit of measure.", "% of 1990", "unit of measure")]

    def __post_init__(self) -> None:
        if not re.fullmatch(DECIMAL, self.value):
            raise ValueError("A quantity is a decimal number of at most 18 digits and 9 decimals.")

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"


@dataclass(frozen=True, slots=True)
class Party:
    """A unit, its part, and whether the commitment needs its word to be adopted."""

    unit: Annotated[UnitId, Says("The unit.")]
    part: Annotated[Part, Says("Its part in the commitment.")]
    required: Annotated[bool, Says("Whether the commitment waits for its acceptance.")] = True


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a group's target one unit takes on."""

    unit: Annotated[UnitId, Says("The unit.")]
    percent: Annotated[int, Whole(1, 100), Says("Its share; all shares together are 100.")]


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: measure, baseline, value, date, and the unit answerable.

    Without `shares` the parties answer for it together. What is missing makes the commitment not verifiable (SMART).
    """

    aim: Annotated[Aim, Says("For the end, or on the way.")]
    measure: Annotated[Words, Text(at_most=500), Says("What is measured, for people.")]
    baseline: Annotated[Quantity | None, Says("Where it starts from.")] = None
    baseline_on: Annotated[PartialDate | None, Says("When that was measured.", "1990")] = None
    value: Annotated[Quantity | None, Says("What is to be reached.")] = None
    due_on: Annotated[PartialDate | None, Says("By when.", "2030")] = None
    responsible: Annotated[UnitId | None, Says("The unit that answers for it.")] = None
    shares: Annotated[tuple[Share, ...], Many(0, 100), Says("Each unit's share of a group's target.")] = ()

    @property
    def lacks(self) -> frozenset[str]:
        """What an outsider would need to check it, and is not said."""
        said = {
            "baseline": self.baseline,
            "target_value": self.value,
            "target_date": self.due_on if self.due_on and self.due_on.known else None,
            "responsible_unit": self.responsible or self.shares or None,
        }
        return frozenset(name for name, value in said.items() if value is None)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step on the way, with its day and the unit that takes it."""

    title: Annotated[Words, Text(at_most=300), Says("What is done when the step is taken.")]
    due_on: Annotated[date, Says("By when.", "2027-06-30")]
    responsible: Annotated[UnitId, Says("The unit that takes the step.")]


@dataclass(frozen=True, slots=True)
class NewTarget:
    """Terms that replace those of a target."""

    number: Annotated[int, Whole(1, 10_000), Says("The target's number.")]
    terms: Annotated[Target, Says("The target as it is to read from now on.")]


@dataclass(frozen=True, slots=True)
class NewMilestone:
    """Terms that replace those of a milestone."""

    number: Annotated[int, Whole(1, 10_000), Says("The milestone's number.")]
    terms: Annotated[Milestone, Says("The milestone as it is to read from now on.")]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an amendment changes; what it does not name stays as it is."""

    title: Annotated[Words | None, Text(at_most=300), Says("A new title.")] = None
    description: Annotated[Words | None, Text(at_most=4000), Says("A new description.")] = None
    ends_on: Annotated[PartialDate | None, Says("A new end.")] = None
    targets: Annotated[tuple[NewTarget, ...], Many(0, 50), Says("Targets with new terms.")] = ()
    milestones: Annotated[tuple[NewMilestone, ...], Many(0, 50), Says("Milestones with new terms.")] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is kept elsewhere, and the hash that tells whether it is still the same."""

    title: Annotated[Words, Text(at_most=300), Says("What the document is called.")]
    url: Annotated[
        str, Text(at_most=1000, form=r"https?://\S+"), Says("Where it can be read.", "https://example.org/plan.pdf")
    ]
    sha256: Annotated[str | None, Text(at_most=64, form=r"[0-9a-f]{64}"), Says("SHA-256 of its bytes, in hex.")] = None


@dataclass(frozen=True, slots=True)
class Source:
    """The published source from which the registrar records, and the row in it."""

    name: Annotated[str, Text(at_most=200), Says("What the source is called.", "Net Zero Tracker")]
    url: Annotated[
        str, Text(at_most=1000, form=r"https?://\S+"), Says("Where it is published.", "https://example.org/pledges")
    ]
    retrieved_on: Annotated[date, Says("When it was retrieved.")]
    licence: Annotated[str, Text(at_most=100), Says("The licence it is published under.", "CC-BY-4.0")]
    row_key: Annotated[str, Text(at_most=200), Says("What names the row in it, and stays the same.", "CIT-0012")]


def check_target(target: Target, *shares: str) -> None:
    """Refused `shares-not-100` if a group's shares do not sum to 100, or name a unit twice. `shares`: the field."""
    if not target.shares:
        return
    if sum(share.percent for share in target.shares) != 100:
        raise Refused("shares-not-100", "The shares of a group's target sum to 100, or none are given.", fields=shares)
    if len({share.unit for share in target.shares}) != len(target.shares):
        raise Refused("share-twice", "A unit has one share of a target.", fields=shares)
