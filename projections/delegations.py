"""Delegations as chains: from the law, through every mandate, to whoever exercises a competence in the end."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, PartialDate, Recorded, Says, Searched, StreamId
from domain.mandates import events as happened
from domain.mandates.words import ENDED, Kind, Stage
from domain.replacing import replace
from projections.kernel import Look, Subject, View, own_stream
from projections.mandate_row import MandateRow
from projections.mandate_stages import REACHED, stage_after
from projections.mandates import fold as fold_mandate
from projections.mandates import named
from projections.units import unit_name

LONGEST = 20
"""Links of a chain that are shown; the rules allow far fewer."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One mandate of a chain, as it read when the last one of the chain was drafted."""

    mandate: UUID
    giver: UUID
    giver_name: str
    recipient: UUID
    recipient_name: str
    kind: Kind
    function: str
    territory: UUID
    legal_basis: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """One mandate with all that it rests on. `step` 1 rests on the law, step 2 on the mandate of step 1, and so on."""

    name: Annotated[str, Searched(), Says("What the recipient is to do, in English if that is said, shortened.")]
    root: Annotated[UUID, Indexed(), Says("The first mandate of the chain: its giver holds the competence by law.")]
    source: Annotated[UUID, Indexed(), Says("The unit that holds the competence by law.")]
    source_name: Annotated[str, Searched(), Says("Its name.")]
    source_basis: Annotated[str, Says("The law that the first mandate of the chain rests on.")]
    step: Annotated[int, Indexed(), Says("The place in the chain, from 1.")]
    depth: Annotated[int, Says("How often the power was passed on since somebody held it as their own.")]
    under: Annotated[UUID | None, Indexed(), Says("The mandate that it rests on; empty at the first step.")]
    giver: Annotated[UUID, Indexed(), Says("The unit that entrusts.")]
    giver_name: Annotated[str, Searched(), Says("Its name.")]
    recipient: Annotated[UUID, Indexed(), Says("The unit that exercises it.")]
    recipient_name: Annotated[str, Searched(), Says("Its name.")]
    kind: Annotated[Kind, Indexed(), Says("Devolution, delegation, deconcentration, or tasks without power.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    territory: Annotated[UUID, Indexed(), Says("The unit in whose territory it is exercised.")]
    territory_name: Annotated[str, Searched(), Says("Its name.")]
    state: Annotated[Stage, Indexed(), Says("Where the mandate stands.")]
    state_since: Annotated[PartialDate, Says("Since when in law.")]
    in_force: Annotated[bool, Indexed(), Says("Whether it is in force: active, and not suspended.")]
    starts_on: Annotated[date, Says("The first day of its term.")]
    ends_on: Annotated[date | None, Says("The last day of its term; open if empty.")]
    chain: Annotated[tuple[LinkRow, ...], Says("From the first mandate to this one.")]
    children: Annotated[tuple[UUID, ...], Says("Mandates that rest on this one and came into force.")] = ()


def fold(key: str, before: DelegationRow | None, record: Recorded, look: Look) -> DelegationRow | None:
    """The mandate's place in its chain never changes; how it stands does."""
    if isinstance(record.event, happened.MandateDrafted):
        drafted = fold_mandate(key, None, record, look)
        assert drafted is not None, "a draft is a mandate"
        return _drafted(record.stream, drafted, look)
    return None if before is None else _after(before, record, look)


def _drafted(stream: StreamId, row: MandateRow, look: Look) -> DelegationRow:
    chain = _chain(stream, row, look)
    first = chain[0]
    return DelegationRow(
        name=row.name,
        root=first.mandate,
        source=first.giver,
        source_name=first.giver_name,
        source_basis=first.legal_basis,
        step=len(chain),
        depth=row.depth,
        under=row.under,
        giver=row.giver,
        giver_name=row.giver_name,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        kind=row.kind,
        function=row.function,
        territory=row.territory,
        territory_name=row.territory_name,
        state=row.state,
        state_since=row.state_since,
        in_force=False,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        chain=chain,
    )


def _chain(stream: StreamId, row: MandateRow, look: Look) -> tuple[LinkRow, ...]:
    found = [_link(stream, row)]
    under = row.under
    while under is not None and len(found) < LONGEST:
        above: MandateRow | None = look.row("mandates", str(under))
        if above is None:
            break
        found.append(_link(under, above))
        under = above.under
    return tuple(reversed(found))


def _link(mandate: UUID, row: MandateRow) -> LinkRow:
    return LinkRow(
        mandate, row.giver, row.giver_name, row.recipient, row.recipient_name, row.kind, row.function, row.territory,
        row.legal_basis, row.starts_on, row.ends_on,
    )  # fmt: skip


def _after(row: DelegationRow, record: Recorded, look: Look) -> DelegationRow:
    event = record.event
    stage = stage_after(row.state, event)
    if stage is not row.state:
        row = replace(row, state=stage, state_since=record.effective_on, in_force=stage is Stage.ACTIVE)
    match event:
        case happened.MandateSubDelegated():
            return replace(row, children=(*row.children, event.child))
        case happened.MandateRenewed():
            return replace(row, ends_on=event.ends_on)
        case happened.MandateCorrected():
            return _corrected(row, event)
        case happened.PartySucceeded() if row.state not in ENDED:
            return _succeeded(row, event, look)
        case _:
            return row


def _corrected(row: DelegationRow, event: happened.MandateCorrected) -> DelegationRow:
    """A draft: no mandate rests on it yet."""
    said, *above = event.after, *row.chain[:-1]
    law = said.legal_basis or row.chain[-1].legal_basis
    chain = (*above, replace(row.chain[-1], legal_basis=law))
    name = named(said.purpose) if said.purpose else row.name
    return replace(row, name=name, chain=chain, source_basis=chain[0].legal_basis)


def _succeeded(row: DelegationRow, event: happened.PartySucceeded, look: Look) -> DelegationRow:
    name = unit_name(look, event.successor)
    if event.former == row.giver:
        row = replace(row, giver=event.successor, giver_name=name)
    if event.former == row.recipient:
        row = replace(row, recipient=event.successor, recipient_name=name)
    return row


DELEGATIONS = View(
    name="delegations",
    version=1,
    says="Chains of mandates, from the law to whoever exercises a competence in the end.",
    subject=Subject.POWERS,
    shows=(
        "state",
        "source_name",
        "giver_name",
        "recipient_name",
        "function",
        "territory_name",
        "step",
        "starts_on",
        "ends_on",
        "in_force",
    ),
    row=DelegationRow,
    key_says="The mandate's id.",
    touched_by=(
        happened.MandateDrafted,
        happened.MandateCorrected,
        *REACHED,
        happened.MandateSubDelegated,
        happened.MandateRenewed,
        happened.PartySucceeded,
    ),
    keys=own_stream,
    fold=fold,
    reads=("units", "mandates"),
    sort="step",
    valid_time=True,
)
