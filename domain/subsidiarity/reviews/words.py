"""The words of ex-ante scrutiny: authors, seats, cards, stages, and the values they are made of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

from domain.kernel import Many, Says, Sphere, Text, UnitId, Whole, Words
from domain.subsidiarity.words import Citation, Document, Indicator, Prose, Title

Language: TypeAlias = Annotated[str, Text(at_most=20, form=Words.TAG), Says("A language.", "pt-BR")]


class AuthorKind(StrEnum):
    """Who drafts. Which of them a draft may come from is a value of the policy: in the Union the first six."""

    COMMISSION = "commission"
    MEMBER_STATES = "member_states"
    PARLIAMENT = "parliament"
    COURT = "court"
    CENTRAL_BANK = "central_bank"
    INVESTMENT_BANK = "investment_bank"
    GOVERNMENT = "government"
    LEGISLATURE = "legislature"
    COUNCIL = "council"


class Procedure(StrEnum):
    """How the draft becomes law."""

    ORDINARY = "ordinary"
    SPECIAL = "special"


class Area(StrEnum):
    """Where the draft belongs: police and judicial cooperation (art. 76 TFEU) has a lower threshold of its own."""

    GENERAL = "general"
    AFSJ_ART76 = "afsj_art76"


class Competence(StrEnum):
    """Which type of competence the draft relies on. Subsidiarity has no bearing on an exclusive one."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"
    SUPPORTING = "supporting"


class SeatKind(StrEnum):
    """What sort of body votes; how many votes each has is a value of the policy."""

    UNICAMERAL = "unicameral"
    CHAMBER = "chamber"
    REGIONAL = "regional"
    LOCAL = "local"
    ASSOCIATION = "association"


SPHERE_OF = {
    SeatKind.UNICAMERAL: Sphere.NATIONAL,
    SeatKind.CHAMBER: Sphere.NATIONAL,
    SeatKind.REGIONAL: Sphere.REGIONAL,
    SeatKind.LOCAL: Sphere.LOCAL,
}
"""In which sphere a seat is; an association (a conference, a league of cities) may be of any."""


class Ground(StrEnum):
    """On what an opinion rests. Only the first two are subsidiarity."""

    NECESSITY = "necessity"
    ADDED_VALUE = "added_value"
    PROPORTIONALITY = "proportionality"
    LEGAL_BASIS = "legal_basis"
    MERITS = "merits"


ON_SUBSIDIARITY = frozenset({Ground.NECESSITY, Ground.ADDED_VALUE})


class Card(StrEnum):
    """What the votes came to."""

    NONE = "none"
    YELLOW = "yellow"
    ORANGE = "orange"


class Stage(StrEnum):
    """Where a review stands. The draft was `ended` by a vote of those who would have adopted it."""

    OPENED = "opened"
    SCRUTINY = "scrutiny"
    CLOSED_NO_CARD = "closed_no_card"
    UNDER_REVIEW = "under_review"
    MAINTAINED = "maintained"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


BEFORE_CLOSING = frozenset({Stage.OPENED, Stage.SCRUTINY})
FALLEN = frozenset({Stage.WITHDRAWN, Stage.ENDED})


class Outcome(StrEnum):
    """What the author may do after a card (Protocol No 2, art. 7)."""

    MAINTAIN = "maintain"
    AMEND = "amend"
    WITHDRAW = "withdraw"


class Body(StrEnum):
    """Those who adopt, and whose vote can end a draft that was maintained after an orange card."""

    COUNCIL = "council"
    PARLIAMENT = "parliament"


class Claimant(StrEnum):
    """In which capacity somebody goes to court (Protocol No 2, art. 8)."""

    STATE = "state"
    CHAMBER_BY_STATE = "chamber_by_state"
    ADVISORY_BODY = "advisory_body"


class Due(StrEnum):
    """What falls due: the end of scrutiny; the end of a standstill that a card brings where the law says so."""

    SCRUTINY = "scrutiny"
    STANDSTILL = "standstill"


@dataclass(frozen=True, slots=True)
class Seat:
    """One body on the roll."""

    unit: Annotated[UnitId, Says("The chamber, council or association.")]
    kind: Annotated[SeatKind, Says("What sort of body it is.")]


@dataclass(frozen=True, slots=True)
class Voter:
    """One body on the roll, with its votes, as they were when the review was opened."""

    unit: UnitId
    kind: SeatKind
    votes: int


@dataclass(frozen=True, slots=True)
class Needed:
    """How many votes bring a card, by the fractions in force when the review was opened."""

    card: Card
    votes: int


@dataclass(frozen=True, slots=True)
class Legislator:
    """A body that is to adopt the draft."""

    unit: Annotated[UnitId, Says("The unit.")]
    body: Annotated[Body, Says("Whether it votes as the Council or as the Parliament does.")]


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft act: how it is cited, what it is called, and where it can be read."""

    reference: Annotated[str, Text(at_most=200), Says("How it is cited; best by its ELI address.", "COM(2012) 130")]
    title: Annotated[Title, Says("What it is called.")]
    document: Annotated[Document | None, Says("Where it can be read.")] = None


@dataclass(frozen=True, slots=True)
class DraftWording:
    """What of a draft can be put right."""

    reference: Annotated[str | None, Text(at_most=200), Says("How it is cited.", "COM(2012) 130")] = None
    title: Annotated[Title | None, Says("What it is called.")] = None
    document: Annotated[Document | None, Says("Where it can be read.")] = None


@dataclass(frozen=True, slots=True)
class Justification:
    """The detailed statement of art. 5: why the aim is better reached by the wider sphere, and at what burden.

    `consulted`: how regional and local dimensions were heard before (art. 2); it may only be left out of a draft that
    is exceptionally urgent.
    """

    statement: Annotated[Prose, Says("Why the aim cannot be reached as well closer to the citizen.")]
    indicators: Annotated[tuple[Indicator, ...], Many(1, 50), Says("Qualitative and, where possible, quantitative.")]
    financial_impact: Annotated[Prose, Says("What it costs, and whom.")]
    territorial_impact: Annotated[Prose, Says("What it means for regions and municipalities.")]
    burden: Annotated[Prose, Says("How the burden is kept small and in proportion to the aim.")]
    consulted: Annotated[Prose | None, Says("Who was consulted before, and how.")] = None


@dataclass(frozen=True, slots=True)
class Tally:
    """The vote by which a body adopted its opinion."""

    in_favour: Annotated[int, Whole(0, 100_000), Says("Votes for the opinion.")]
    cast: Annotated[int, Whole(1, 100_000), Says("Votes cast.")]


@dataclass(frozen=True, slots=True)
class OwnOpinion:
    """The reasoned opinion that an author gives who maintains a draft against a majority (art. 7(3))."""

    reasons: Annotated[Prose, Says("Why the draft complies with subsidiarity.")]
    document: Annotated[Document | None, Says("Where it can be read.")] = None


@dataclass(frozen=True, slots=True)
class Act:
    """The act that was adopted, and the case about it."""

    act: Annotated[Citation, Says("How the act is cited.")]
    case: Annotated[Citation, Says("How the court cites the case.", "T-1/20")]
