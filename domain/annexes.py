"""Annexes under embargo: a text that exists, and is proved, before anybody may read it. One stream is one annex.

A party of a commitment seals it with the day of its release, at most ten years ahead. That it exists
is public, with its hash; on its day the clock records the text itself and its salt, by which anybody checks it against
the hash. Nothing is sealed for ever: without a day it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeAlias, assert_never, get_args

from domain import deadlines
from domain.calendars import add_months
from domain.deadlines import Standing
from domain.kernel import (
    By,
    CommitmentFacts,
    CommitmentId,
    Context,
    Decider,
    Given,
    OpenedText,
    Refused,
    Role,
    Says,
    Seal,
    Sealed,
    StreamId,
    Text,
    Today,
    UnitId,
    Whole,
    Words,
)
from domain.ledger.records import sealed_hash

MOST_YEARS = 10
THE_ONE = 1
"""The number of the only deadline that an annex has: the day before its release."""
LONGEST = 10_000


class Due(StrEnum):
    RELEASE = "release"


# --- what happens ---


@dataclass(frozen=True, slots=True)
class AnnexSealed:
    """A text is there, under embargo until the day of its release."""

    unit: UnitId
    commitment: StreamId
    title: Words
    text: Annotated[Sealed, Seal("unit", at_most=LONGEST)]
    language: str
    release_on: date


@dataclass(frozen=True, slots=True)
class AnnexReleased:
    """The text, and the salt (hexadecimal) that leads from it to the hash."""

    value: str
    salt: str


@dataclass(frozen=True, slots=True)
class AnnexLapsed:
    """Its day came, and its text had been erased; the record of the erasure says under which law."""


@dataclass(frozen=True, slots=True)
class AnnexDeadlineSet(deadlines.DeadlineSet):
    """The embargo holds until the end of this day; nobody owes anything."""

    kind: Due


@dataclass(frozen=True, slots=True)
class AnnexDeadlineMet(deadlines.DeadlineMet):
    """It was released. `late`: after its day, since the register did not run."""


@dataclass(frozen=True, slots=True)
class AnnexDeadlineVoided(deadlines.DeadlineVoided):
    """There is nothing to release."""


Event: TypeAlias = AnnexSealed | AnnexReleased | AnnexLapsed | AnnexDeadlineSet | AnnexDeadlineMet | AnnexDeadlineVoided


# --- what is asked ---


@dataclass(frozen=True, slots=True, kw_only=True)
class SealAnnex:
    """Put a text under embargo: its hash is recorded now, the text itself on the day of its release."""

    unit: Annotated[UnitId, Says("The party of the commitment whose text it is.")]
    commitment: Annotated[CommitmentId, Says("The commitment that it belongs to.")]
    title: Annotated[Words, Text(at_most=200), Says("What it is; public at once.")]
    text: Annotated[Sealed, Seal("unit", at_most=LONGEST), Says("The text; only the unit may read it before its day.")]
    language: Annotated[
        str, Text(at_most=40, at_least=2, form=Words.TAG), Says("The language of the text.", example="fr")
    ]
    release_on: Annotated[
        date | None, Says("The day on which it is released, at most ten years ahead; it can never be put off.")
    ] = None
    parties: Annotated[CommitmentFacts, Given("who is bound by the commitment", of="commitment")]
    today: Annotated[Today, Given("today where the unit is")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAnnex:
    """Release the text of an annex on its day."""

    deadline: Annotated[int, Whole(at_least=1), Says("The deadline's number.")]
    text: Annotated[OpenedText | None, Given("what was sealed; nothing if it was erased", of="1/text")]
    today: Annotated[Today, Given("today where the unit is")]


Command: TypeAlias = SealAnnex | ReleaseAnnex


# --- the rules ---


@dataclass(frozen=True, slots=True)
class Annex:
    """An annex: what was sealed of it, and where its only deadline stands."""

    unit: UnitId
    text: Sealed
    release_on: date
    standing: Standing = Standing.OPEN


State = Annex | None


def decide(command: Command, state: State) -> Sequence[Event]:
    match command:
        case SealAnnex():
            return _seal(command, state)
        case ReleaseAnnex():
            return _release(command, state)
        case _:
            assert_never(command)


def _seal(command: SealAnnex, state: State) -> Sequence[Event]:
    if state is not None:
        raise Refused("annex-sealed", "This annex has already been sealed.")
    if not command.parties.exists:
        raise Refused(
            "no-commitment",
            "No such commitment has been proposed.",
            commitment=command.commitment,
            fields=("commitment",),
        )
    if command.unit not in command.parties.bound:
        raise Refused(
            "not-a-party",
            "An annex is sealed by a party of the commitment, once it has accepted.",
            fields=("commitment",),
        )
    release_on = _day(command.release_on, command.today)
    sealed = AnnexSealed(
        command.unit, command.commitment, command.title, command.text, command.language, release_on
    )  # fmt: skip
    last = release_on - timedelta(days=1)
    return [sealed, AnnexDeadlineSet(THE_ONE, Due.RELEASE, command.today, last, "", "")]


def _day(release_on: date | None, today: date) -> date:
    if release_on is None:
        raise Refused(
            "release-day-missing",
            "Nothing is sealed for ever: name the day on which it is released.",
            fields=("release_on",),
        )
    if release_on <= today:
        raise Refused(
            "release-day-past",
            "An embargo ends on a day to come; what is public today is no annex.",
            fields=("release_on",),
        )
    farthest = add_months(today, 12 * MOST_YEARS)
    if release_on > farthest:
        raise Refused(
            "release-day-too-far",
            f"An embargo lasts {MOST_YEARS} years at most: until {farthest}.",
            fields=("release_on",),
        )
    return release_on


def _release(command: ReleaseAnnex, state: State) -> Sequence[Event]:
    if state is None:
        raise Refused("annex-unknown", "No such annex was sealed.")
    if command.deadline != THE_ONE:
        raise Refused("no-such-deadline", f"There is no deadline {command.deadline}.")
    if state.standing is not Standing.OPEN:
        return []
    if command.today < state.release_on:
        last = state.release_on - timedelta(days=1)
        raise Refused("not-due-yet", f"The embargo holds until the end of {last}.", due_on=last)
    if command.text is None:
        return [AnnexLapsed(), AnnexDeadlineVoided(THE_ONE)]
    if not fits(command.text.value, command.text.salt, state.text):
        raise Refused("opening-differs", "The text is not what was sealed.")
    late = command.today > state.release_on
    return [AnnexReleased(command.text.value, command.text.salt), AnnexDeadlineMet(THE_ONE, late)]


def fits(value: str, salt: str, sealed: str) -> bool:
    """Whether a text and its salt (hexadecimal) lead to a sealed hash."""
    try:
        return sealed_hash(bytes.fromhex(salt), value) == sealed
    except ValueError:
        return False


def evolve(state: State, event: Event) -> State:
    if isinstance(event, AnnexSealed):
        return Annex(event.unit, event.text, event.release_on)
    assert state is not None, "an annex's first event seals it"
    match event:
        case AnnexDeadlineMet():
            return Annex(state.unit, state.text, state.release_on, Standing.MET)
        case AnnexDeadlineVoided():
            return Annex(state.unit, state.text, state.release_on, Standing.VOID)
        case AnnexDeadlineSet() | AnnexReleased() | AnnexLapsed():
            return state
        case _:
            assert_never(event)


def home(command: Any, state: State) -> UnitId | None:
    """The unit's own place and time apply."""
    return state.unit if state is not None else getattr(command, "unit", None)


ANNEXES = Context(
    name="annexes",
    says="Texts under embargo: proved from the first day, public on the day that was fixed with them.",
    rules="annexes.1",
    decider=Decider(initial=None, decide=decide, evolve=evolve),
    commands={
        "seal": By(SealAnnex, (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY), acting_for="unit", starts=True),
        "release": By(ReleaseAnnex),
    },
    events=get_args(Event),
    home=home,
    clock="release",
)
