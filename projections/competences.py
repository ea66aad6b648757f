"""Who holds which competence where and when: by law, and by the mandates that entrust it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Recorded, Says, Searched, Sphere
from domain.mandates import events as entrusted
from domain.mandates.words import Kind
from domain.units.events import (
    CompetenceAnnulled,
    CompetenceCorrected,
    CompetenceRecorded,
    CompetenceWithdrawn,
    UnitAbolished,
    UnitCorrected,
    UnitRestored,
)
from domain.units.state import first_day_after
from projections.kernel import Look, Subject, View
from projections.mandate_row import MandateRow
from projections.units import UnitRow, unit_name


class Basis(StrEnum):
    """By what a unit holds a competence."""

    LAW = "law"
    MANDATE = "mandate"


@dataclass(frozen=True, slots=True)
class CompetenceRow:
    """A competence that one unit holds without a gap, from a first day to a last one, both included."""

    holder: Annotated[UUID, Indexed(), Says("The unit that holds it.")]
    holder_name: Annotated[str, Searched(), Says("Its name.")]
    holder_sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    division: Annotated[str, Indexed(), Says("The division of COFOG to which that belongs.")]
    territory: Annotated[UUID, Indexed(), Says("The unit in whose territory it is held.")]
    territory_name: Annotated[str, Searched(), Says("Its name.")]
    by: Annotated[Basis, Indexed(), Says("Whether it is held by law or by a mandate.")]
    manner: Annotated[str, Indexed(), Says("Own, shared or exclusive; of a mandate, its kind.")]
    exclusive: Annotated[bool, Indexed(), Says("Whether nobody else holds it there.")]
    legal_basis: Annotated[str, Says("The law it rests on.")]
    held_from: Annotated[date | None, Indexed(), Says("The first day; open if empty.")]
    held_until: Annotated[date | None, Indexed(), Says("The last day; open if empty.")]
    mandate: Annotated[UUID | None, Indexed(), Says("The mandate by which it is held.")] = None
    giver: Annotated[UUID | None, Indexed(), Says("The unit that entrusted it.")] = None
    giver_name: Annotated[str | None, Says("Its name.")] = None
    under: Annotated[UUID | None, Says("The mandate on which that one rests; empty if its giver holds it by law.")] = (
        None
    )


BY_LAW = (
    UnitCorrected,
    CompetenceRecorded,
    CompetenceWithdrawn,
    CompetenceCorrected,
    CompetenceAnnulled,
    UnitAbolished,
    UnitRestored,
)
BY_MANDATE = (
    entrusted.MandateActivated,
    entrusted.MandateSuspended,
    entrusted.MandateRestored,
    entrusted.MandateRenewed,
    entrusted.PartySucceeded,
    entrusted.MandateRevoked,
    entrusted.MandateReturned,
    entrusted.MandateSuperseded,
    entrusted.MandateExpired,
)


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """All that the unit or the mandate gives: what befalls it moves first or last days, or takes periods away."""
    stream = record.key
    if isinstance(record.event, BY_LAW):
        law: tuple[UnitRow | None, ...] = look.both("units", stream)
        many = max(len(row.competences) if row else 0 for row in law)
    else:
        both: tuple[MandateRow | None, ...] = look.both("mandates", stream)
        many = max(len(row.periods) if row else 0 for row in both)
    return [f"{stream}/{number}" for number in range(1, many + 1)]


def fold(key: str, before: CompetenceRow | None, record: Recorded, look: Look) -> CompetenceRow | None:
    number = int(key.rpartition("/")[2])
    if isinstance(record.event, BY_LAW):
        return _by_law(record.stream, number, look)
    row: MandateRow = look.row("mandates", record.key)
    return _by_mandate(record.stream, row, number, look) if number <= len(row.periods) else None


def _by_law(unit: UUID, number: int, look: Look) -> CompetenceRow | None:
    """As many as stand; one that was annulled leaves its number to the next."""
    row: UnitRow = look.row("units", str(unit))
    if number > len(row.competences):
        return None
    held = row.competences[number - 1]
    until = None if held.held_until is None else held.held_until.latest()
    if row.alive_until is not None:
        last = first_day_after(row.alive_until) - timedelta(days=1)
        until = min(until or last, last)
    return CompetenceRow(
        holder=unit,
        holder_name=row.title,
        holder_sphere=row.sphere,
        function=held.function,
        division=held.function[:2],
        territory=held.territory,
        territory_name=unit_name(look, held.territory),
        by=Basis.LAW,
        manner=held.manner.value,
        exclusive=held.manner.value == "exclusive",
        legal_basis=held.legal_basis,
        held_from=held.held_from.earliest(),
        held_until=until,
    )


def _by_mandate(mandate: UUID, row: MandateRow, number: int, look: Look) -> CompetenceRow | None:
    """Tasks without power give no competence (encomienda de gestión)."""
    if row.kind is Kind.TASKS:
        return None
    period = row.periods[number - 1]
    return CompetenceRow(
        holder=period.recipient,
        holder_name=unit_name(look, period.recipient),
        holder_sphere=row.recipient_sphere,
        function=row.function,
        division=row.function[:2],
        territory=row.territory,
        territory_name=row.territory_name,
        by=Basis.MANDATE,
        manner=row.kind.value,
        exclusive=row.exclusive,
        legal_basis=row.legal_basis,
        held_from=period.first,
        held_until=period.last or row.ends_on,
        mandate=mandate,
        giver=period.giver,
        giver_name=unit_name(look, period.giver),
        under=row.under,
    )


COMPETENCES = View(
    name="competences",
    version=1,
    says="Who holds which competence, where and when: by law, or by a mandate in force.",
    subject=Subject.POWERS,
    shows=(
        "function",
        "territory_name",
        "by",
        "manner",
        "exclusive",
        "legal_basis",
        "held_from",
        "held_until",
        "giver_name",
    ),
    row=CompetenceRow,
    key_says="The unit or the mandate that it comes from, and its number there: <stream>/<number>.",
    touched_by=(*BY_LAW, *BY_MANDATE),
    keys=keys,
    fold=fold,
    reads=("units", "mandates"),
    sort="holder_name",
    span=("held_from", "held_until"),
)
