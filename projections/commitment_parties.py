"""A party of a commitment that is no more: who stands in its place, and since when."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain.commitments import events as happened
from domain.commitments.succession import handed_over, joined
from domain.commitments.words import Answer, Part
from domain.kernel import Recorded, UnitId
from domain.replacing import replace
from projections.commitment_row import CommitmentRow, FormerParty, PartyRow, Turn
from projections.commitment_turns import ask, settle
from projections.things import Matter


def succeeded(row: CommitmentRow, event: happened.PartySucceeded, name: str) -> CommitmentRow:
    """The successor in the place of the former party: its turns, its open deadlines, its targets.

    What was said and pledged stays with whoever said it. Asked for a day in law, a party may not be there yet.
    """
    before = next((party for party in row.parties if party.unit == event.former), None)
    if before is None:
        return row
    new = _in_its_place(before, row.parties, event, name)
    both = (event.former, event.successor)
    parties = tuple(dict.fromkeys(new if party.unit in both else party for party in row.parties))
    owns = new.part is Part.OWNER
    handed = replace(
        row,
        parties=parties,
        owner=new.unit if owns else row.owner,
        owner_name=new.name if owns else row.owner_name,
        owner_sphere=new.sphere if owns else row.owner_sphere,
        former_parties=tuple(dict.fromkeys((*row.former_parties, event.former))),
        targets=tuple(replace(one, current=handed_over(one.current, *_units(event))) for one in row.targets),
        matters=_matters(row, event),
        owed=tuple(replace(one, unit=_now(one.unit, event)) for one in row.owed),
        orphaned_since=_first_orphaned(parties),
    )
    if new.answer is Answer.ACCEPTED:
        handed = settle(handed, {Turn.ACCEPT}, unit=new.unit)
    return _followed(handed)


def _in_its_place(before: PartyRow, parties: Iterable[PartyRow], event: happened.PartySucceeded, name: str) -> PartyRow:
    """One row for the successor, which may have had a part of its own."""
    was = FormerParty(before.unit, before.name, event.succeeded_on)
    new = replace(
        before, unit=event.successor, name=name, sphere=event.sphere, orphaned_since=None,
        formerly=(*before.formerly, was),
    )  # fmt: skip
    other = next((party for party in parties if party.unit == event.successor), None)
    if other is None:
        return new
    part, required, answer = joined((new.part, new.required, new.answer), (other.part, other.required, other.answer))
    words = [day for day in (new.last_word_on, other.last_word_on) if day is not None]
    return replace(
        other, part=part, required=required, answer=answer, since=other.since if answer is other.answer else new.since,
        last_word_on=max(words, default=None), formerly=(*other.formerly, *new.formerly),
    )  # fmt: skip


def _matters(row: CommitmentRow, event: happened.PartySucceeded) -> tuple[Matter, ...]:
    """What waited for either waits for the successor, once, since it first did."""
    found: dict[tuple[str, UUID | None, int], Matter] = {}
    for one in row.matters:
        unit = _now(one.unit, event)
        found.setdefault((one.turn, unit, one.number), replace(one, unit=unit))
    return tuple(found.values())


def _units(event: happened.PartySucceeded) -> tuple[UnitId, UnitId]:
    return event.former, event.successor


def _now(unit: UUID | None, event: happened.PartySucceeded) -> UUID | None:
    return event.successor if unit == event.former else unit


def orphaned(row: CommitmentRow, event: happened.PartyOrphaned, record: Recorded) -> CommitmentRow:
    """Somebody from outside names a successor; until then, it waits."""
    marked = _marked(row, event.unit, event.since)
    there = any(one.turn == Turn.SUCCEED for one in row.matters)
    return marked if there else ask(marked, Turn.SUCCEED, 0, (None,), record)


def restored(row: CommitmentRow, event: happened.PartyRestored) -> CommitmentRow:
    return _followed(_marked(row, event.unit, None))


def _marked(row: CommitmentRow, unit: UUID, since: date | None) -> CommitmentRow:
    parties = tuple(replace(one, orphaned_since=since) if one.unit == unit else one for one in row.parties)
    return replace(row, parties=parties, orphaned_since=_first_orphaned(parties))


def _first_orphaned(parties: Iterable[PartyRow]) -> date | None:
    return min((one.orphaned_since for one in parties if one.orphaned_since is not None), default=None)


def _followed(row: CommitmentRow) -> CommitmentRow:
    """Nobody is waited for once somebody stands in every place."""
    return row if row.orphaned_since is not None else settle(row, {Turn.SUCCEED})
