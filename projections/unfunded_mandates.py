"""Unfunded mandates: what is missing a year, with its arithmetic, for as long as it is missing."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Money, PartialDate, Recorded, Says, Searched, Sphere
from domain.mandates import events as happened
from domain.mandates.words import Kind
from domain.replacing import replace
from projections.kernel import Look, Subject, View, own_stream
from projections.mandate_row import MandateRow
from projections.units import unit_name

POLICY = "mandate"


@dataclass(frozen=True, slots=True)
class UnfundedRow:
    """One mandate in force whose cost is material and not covered: gap = required - funded, all a year.

    Amounts are empty where nobody estimated the cost. `threshold`: below it a cost is not material.
    """

    name: Annotated[str, Searched(), Says("What the recipient is to do, in English if that is said, shortened.")]
    giver: Annotated[UUID, Indexed(), Says("The unit that entrusts, and should pay.")]
    giver_name: Annotated[str, Searched(), Says("Its name.")]
    giver_sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    recipient: Annotated[UUID, Indexed(), Says("The unit that exercises it, and pays instead.")]
    recipient_name: Annotated[str, Searched(), Says("Its name.")]
    recipient_sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    kind: Annotated[Kind, Indexed(), Says("Devolution, delegation, deconcentration, or tasks without power.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    unfunded_since: Annotated[PartialDate, Says("Since when in law it has been unfunded.")]
    figures_of: Annotated[date, Says("When the figures below were recorded.")]
    policies: Annotated[tuple[str, ...], Says("The policy that sets materiality and cover.")]
    estimate: Annotated[Money | None, Says("What exercising it costs the recipient.")] = None
    threshold: Annotated[Money | None, Says("Materiality x revenue of the recipient: a cost above it is material.")] = (
        None
    )
    required: Annotated[Money | None, Says("Cover ratio x cost: what the giver has to pay.")] = None
    funded: Annotated[Money | None, Says("What the giver pays.")] = None
    gap: Annotated[Money | None, Says("What is missing: required - funded.")] = None


OVER = (
    happened.UnfundedFlagLifted,
    happened.MandateRevoked,
    happened.MandateReturned,
    happened.MandateSuperseded,
    happened.MandateExpired,
)


def fold(key: str, before: UnfundedRow | None, record: Recorded, look: Look) -> UnfundedRow | None:
    match record.event:
        case happened.MandateFlaggedUnfunded() as event:
            begun = before or _begun(key, record, look)
            return begun and _figures(begun, event, record)
        case happened.PartySucceeded() as event if before is not None:
            return _succeeded(before, event, look)
        case event if isinstance(event, OVER):
            return None
        case _:
            return before


def _begun(key: str, record: Recorded, look: Look) -> UnfundedRow | None:
    """Nothing for figures that count from a day on which, as was recorded since, it was over."""
    row: MandateRow = look.row("mandates", key)
    day = record.effective_on.earliest() or record.at.date()
    if row.over_on is not None and row.over_on <= day:
        return None
    return UnfundedRow(
        name=row.name,
        giver=row.giver,
        giver_name=row.giver_name,
        giver_sphere=row.giver_sphere,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        recipient_sphere=row.recipient_sphere,
        kind=row.kind,
        function=row.function,
        unfunded_since=record.effective_on,
        figures_of=record.at.date(),
        policies=(),
    )


def _figures(row: UnfundedRow, event: happened.MandateFlaggedUnfunded, record: Recorded) -> UnfundedRow:
    return replace(
        row,
        figures_of=record.at.date(),
        policies=tuple(ref for ref in record.policies if ref.split("@")[0].split("/")[0] == POLICY),
        estimate=event.estimate,
        threshold=event.threshold,
        required=event.required,
        funded=event.funded,
        gap=event.gap,
    )


def _succeeded(row: UnfundedRow, event: happened.PartySucceeded, look: Look) -> UnfundedRow:
    name = unit_name(look, event.successor)
    if event.former == row.giver:
        row = replace(row, giver=event.successor, giver_name=name)
    if event.former == row.recipient:
        row = replace(row, recipient=event.successor, recipient_name=name)
    return row


UNFUNDED_MANDATES = View(
    name="unfunded-mandates",
    version=1,
    says="Mandates in force whose cost is material and not covered: what is missing a year, and how that was reckoned.",
    subject=Subject.POWERS,
    shows=("giver_name", "recipient_name", "function", "unfunded_since", "required", "funded", "gap"),
    row=UnfundedRow,
    key_says="The mandate's id.",
    touched_by=(happened.MandateFlaggedUnfunded, happened.PartySucceeded, *OVER),
    keys=own_stream,
    fold=fold,
    reads=("units", "mandates"),
    sort="name",
    valid_time=True,
)
