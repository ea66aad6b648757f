"""What was entered wrongly of a unit is put right, without taking from anybody what they still had."""

from collections.abc import Sequence
from datetime import date

from domain.correcting import put_right
from domain.kernel import PartialDate, Refused, Sphere, StreamId, UnitFacts, UnitId
from domain.lands import at_times
from domain.units.commands import CorrectUnit
from domain.units.events import (
    CompetenceCorrected,
    CompetenceRecorded,
    MembershipCorrected,
    MembershipRecorded,
    Particulars,
    Stage,
    UnitCorrected,
)
from domain.units.state import Unit, entered, entering, first_day, last_day


def correct(command: CorrectUnit, state: Unit) -> Sequence[UnitCorrected | CompetenceCorrected | MembershipCorrected]:
    """Of the unit's entry, or of the law that was cited for what it holds or is a member of."""
    entry = entered(state, command.corrects)
    if entry is None and command.changes.legal_basis is not None:
        reason = "A law is cited for a competence or a membership: name the record that entered it."
        raise Refused(
            "never-said",
            reason,
            field="legal_basis",
            entered=list(map(str, entering(state))),
            fields=("changes.legal_basis",),
        )
    cited = None if entry is None else entry.legal_basis
    stands = Particulars(state.sphere, state.kind, state.time_zone, state.alive_from, cited)
    said = {"alive_from": state.begun_by, "legal_basis": command.corrects.version}
    before, after = put_right(command.corrects, command.changes, stands, StreamId(state.id), said)
    match entry:
        case CompetenceRecorded():
            return [CompetenceCorrected(command.corrects, before, after, entry)]
        case MembershipRecorded():
            return [MembershipCorrected(command.corrects, before, after, entry)]
        case None:
            return [_of_the_unit(before, after, command, state)]


def _of_the_unit(before: Particulars, after: Particulars, command: CorrectUnit, state: Unit) -> UnitCorrected:
    if after.sphere is not None:
        _sphere(after.sphere, command, state)
    if after.time_zone is not None and command.there > command.today:
        reason = (
            f"By that time zone it is {command.there} already, and here still {command.today}: whoever has until the "
            "end of the day would lose what is left of it. Correct it at an hour when both have the same day."
        )
        raise Refused("day-cut-short", reason, fields=("changes.time_zone",))
    if after.alive_from is not None:
        _first_day(after.alive_from, command.today, state)
    since = (after.alive_from or state.entered_from) if command.corrects.version == 1 else None
    return UnitCorrected(command.corrects, before, after, since)


def check_parent(unit: UnitId, sphere: Sphere, above: Sequence[UnitFacts], on: PartialDate) -> None:
    """`above`: the parent first, then all that it ever lies in, up to the top."""
    parent = above[0]
    if unit in at_times(above, first_day(on), None):
        raise Refused("parent-cycle", "A unit cannot lie in itself, nor in a unit that lies in it.", fields=("parent",))
    if not parent.exists:
        raise Refused("unit-unknown", "The parent was never registered.", unit=parent.id, fields=("parent",))
    if parent.sphere == sphere:
        raise Refused(
            "parent-same-sphere",
            f"{parent.name} is of the same sphere; a parent is of another one.",
            fields=("parent",),
        )
    # A parent may be younger than its unit: regions are redrawn around old cities.
    if parent.alive_until is not None and parent.alive_until <= first_day(on):
        raise Refused(
            "unit-not-alive",
            f"{parent.name} is no more since {parent.alive_until}.",
            unit=parent.id,
            fields=("parent",),
        )


def _sphere(sphere: Sphere, command: CorrectUnit, state: Unit) -> None:
    """What is under way keeps the sphere in which it began; what the unit holds by law is looked at first."""
    if command.above and command.above[0].sphere is sphere:
        name = command.above[0].name
        reason = f"It lies in {name}, which is of that sphere; set its parent first (`set-parent`)."
        raise Refused("parent-same-sphere", reason, unit=command.above[0].id, fields=("changes.sphere",))
    held = [one.function for one in state.competences if last_day(one.held_until) >= command.today]
    if held and not sphere.has_authority:
        reason = (
            f"It holds {', '.join(sorted(set(held)))} by law, and units of the {sphere} sphere have no authority: "
            "record first that it does not (`withdraw-competence`)."
        )
        raise Refused("authority-in-use", reason, fields=("changes.sphere",))


def _first_day(day: PartialDate, today: date, state: Unit) -> None:
    """A unit that is there stays there, and so does what it did and held before."""
    if state.stage is Stage.PROPOSED:
        if not day.known:
            raise Refused(
                "date-unknown",
                "Say at least in which year the unit is to come into being.",
                fields=("changes.alive_from",),
            )
        return
    if first_day(day) > today:
        raise Refused(
            "day-not-come", f"The unit is there already: its first day is not {day}.", fields=("changes.alive_from",)
        )
    if state.alive_until is not None and first_day(day) > last_day(state.alive_until):
        raise Refused(
            "ends-before-it-begins",
            f"The unit was no more on {state.alive_until}, before that day.",
            fields=("changes.alive_from",),
        )
    if state.gone_from is not None and last_day(day) < first_day(state.gone_from):
        raise Refused(
            "restored-too-early", f"The unit was there until {state.gone_from} anyway.", fields=("changes.alive_from",)
        )
    since = min(_done_since(state), default=None)
    if first_day(day) > first_day(state.alive_from) and since is not None and since < first_day(day):
        reason = f"Somebody acts for it, or it holds something by law, since {since}: it was there by then."
        raise Refused("there-before", reason, since=since, fields=("changes.alive_from",))


def _done_since(state: Unit) -> list[date]:
    """What was over before its present life says nothing of when this one began."""
    began = first_day(state.alive_from)
    acted = [one.valid_from for one in state.accreditations if one.ends_on is None or one.ends_on > began]
    held = [one.held_from.earliest() for one in state.competences if last_day(one.held_until) >= began]
    return [*acted, *(day for day in held if day is not None)]
