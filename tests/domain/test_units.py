from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from domain.kernel import (
    Actor,
    Claim,
    EventName,
    Membership,
    PartialDate,
    Refused,
    Role,
    Sealed,
    Sphere,
    StreamId,
    Today,
    UnitFacts,
    UnitId,
    Words,
)
from domain.units import (
    UNITS,
    Absent,
    Identifier,
    Kind,
    Manner,
    Stage,
    Unit,
    facts,
    holdings,
)
from domain.units.commands import (
    AbolishUnit,
    AccreditRepresentative,
    ActivateUnit,
    AnnulEntry,
    AssignSuccessor,
    AttachIdentifier,
    CorrectUnit,
    DetachIdentifier,
    EndMembership,
    RecordCompetence,
    RecordMembership,
    RecordMerger,
    RecordSplit,
    RegisterUnit,
    RenameUnit,
    RestoreUnit,
    RevokeAccreditation,
    SetParent,
    WithdrawCompetence,
)
from domain.units.events import (
    AccreditationRevoked,
    CompetenceAnnulled,
    CompetenceRecorded,
    CompetenceWithdrawn,
    MembershipAnnulled,
    MembershipEnded,
    MembershipRecorded,
    ParentSet,
    Particulars,
    RepresentativeAccredited,
    SuccessorAssigned,
    UnitAbolished,
    UnitActivated,
    UnitIdentifierAttached,
    UnitIdentifierDetached,
    UnitRegistered,
    UnitRenamed,
    UnitRestored,
    UnitsMerged,
    UnitSplit,
)
from domain.units.memberships import MOST_MEMBERSHIPS
from domain.units.rules import MOST_IDENTIFIERS
from tests.domain.scenario import Given, scenario


def unit_id(number: int) -> UnitId:
    return UnitId(UUID(int=number))


GENT, DRONGEN, FLANDERS, BELGIUM, NOBODY, REGISTER = (unit_id(number) for number in range(1, 7))
TODAY = Today(date(2026, 11, 24))
TODAY_IN_LAW = PartialDate(TODAY)
NIS = Identifier("be-nis", "44021")
LOCODE = Identifier("un-locode", "BEGNE")

gent = UnitFacts(GENT, True, "Gent", Sphere.LOCAL, "BE-VLG", "Europe/Brussels")
drongen = UnitFacts(DRONGEN, True, "Drongen", Sphere.LOCAL, "BE-VLG", "Europe/Brussels", alive_until=date(2027, 1, 1))
flanders = UnitFacts(FLANDERS, True, "Vlaanderen", Sphere.REGIONAL, "BE-VLG", "Europe/Brussels", parent=BELGIUM)
belgium = UnitFacts(BELGIUM, True, "België", Sphere.NATIONAL, "BE", "Europe/Brussels")
nobody = UnitFacts(NOBODY, False, "", Sphere.COMMUNITY, "", "UTC")

registrar = Actor(REGISTER, Role.REGISTRAR, Sphere.SUPRANATIONAL, EventName.at(REGISTER, 2))
signatory = Actor(GENT, Role.AUTHORISED_SIGNATORY, Sphere.LOCAL, EventName.at(GENT, 2))
opening = Actor(system="opening")

register = RegisterUnit(
    name=Words({"nl": "Gent", "en": "Ghent"}),
    sphere=Sphere.LOCAL,
    kind=Kind.MUNICIPALITY,
    jurisdiction="BE-VLG",
    time_zone="Europe/Brussels",
    alive_from=PartialDate("1977"),
    parent=FLANDERS,
    identifiers=(NIS,),
    above=(flanders, belgium),
    today=TODAY,
    unit=StreamId(GENT),
)
registered = UnitRegistered(
    unit=GENT,
    name=register.name,
    sphere=Sphere.LOCAL,
    kind=Kind.MUNICIPALITY,
    jurisdiction="BE-VLG",
    time_zone="Europe/Brussels",
    stage=Stage.ACTIVE,
    alive_from=PartialDate("1977"),
    parent=FLANDERS,
    identifiers=(NIS,),
)
proposed = replace(registered, stage=Stage.PROPOSED, alive_from=PartialDate("2027-01-01"))
rename = RenameUnit(name=Words({"nl": "Gent-Zeehaven"}))
renamed = UnitRenamed(rename.name)
attach = AttachIdentifier(identifier=LOCODE)
attached = UnitIdentifierAttached(LOCODE)
detach = DetachIdentifier(identifier=NIS)
detached = UnitIdentifierDetached(NIS)
set_parent = SetParent(parent=BELGIUM, above=(belgium,), effective_on=TODAY_IN_LAW)
merge_away = RecordMerger(
    merged=(GENT,), into=DRONGEN, merged_units=(gent,), into_unit=drongen, effective_on=TODAY_IN_LAW
)
merged_away = UnitsMerged((GENT,), DRONGEN)
take_in = RecordMerger(merged=(DRONGEN,), into=GENT, merged_units=(drongen,), into_unit=gent, effective_on=TODAY_IN_LAW)
taken_in = UnitsMerged((DRONGEN,), GENT)
split = RecordSplit(whole=GENT, parts=(DRONGEN,), continues=True, whole_unit=gent, part_units=(drongen,))
was_split = UnitSplit(GENT, (DRONGEN,), True)
abolish = AbolishUnit(effective_on=PartialDate("2025-01-01"))
abolished = UnitAbolished(PartialDate("2025-01-01"), (NIS,))
restore = RestoreUnit(effective_on=PartialDate("2026-01-01"))
restored = UnitRestored(PartialDate("2026-01-01"), (NIS,))
assign = AssignSuccessor(successor=DRONGEN, successor_unit=drongen, effective_on=TODAY_IN_LAW)
assigned = SuccessorAssigned(DRONGEN)
NAME = Sealed("a" * 64)
accredit_signatory = AccreditRepresentative(
    role=Role.AUTHORISED_SIGNATORY, name=NAME, valid_from=date(2026, 1, 1), actor=registrar, today=TODAY
)
signatory_accredited = RepresentativeAccredited(Role.AUTHORISED_SIGNATORY, NAME, date(2026, 1, 1))
accredit_officer = AccreditRepresentative(
    role=Role.LIAISON_OFFICER,
    name=NAME,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    actor=signatory,
    today=TODAY,
)
officer_accredited = RepresentativeAccredited(Role.LIAISON_OFFICER, NAME, date(2026, 1, 1), date(2026, 12, 31))
revoke = RevokeAccreditation(accreditation=EventName.at(GENT, 3), actor=signatory, today=TODAY)
revoked = AccreditationRevoked(EventName.at(GENT, 3), TODAY)
record_competence = RecordCompetence(
    function="07.3",
    territory=GENT,
    manner=Manner.OWN,
    legal_basis="Decreet lokaal bestuur, art. 2",
    held_from=PartialDate("2019"),
    territory_unit=gent,
)
competence = CompetenceRecorded("07.3", GENT, Manner.OWN, "Decreet lokaal bestuur, art. 2", PartialDate("2019"))
withdraw = WithdrawCompetence(function="07.3", territory=GENT, held_until=PartialDate("2026-12-31"))
withdrawn = CompetenceWithdrawn("07.3", GENT, PartialDate("2026-12-31"))


def given(*events: object) -> Given:
    return scenario(UNITS).given(*events)


def state_after(*events: object) -> Unit:
    state = given(*events).state
    assert isinstance(state, Unit)
    return state


# --- entering the directory ---


def test_a_unit_is_registered() -> None:
    given().when(register).then(registered)


def test_a_unit_of_a_day_to_come_is_proposed() -> None:
    given().when(replace(register, alive_from=PartialDate("2027-01-01"))).then(proposed)


def test_a_unit_is_active_when_its_day_may_have_come() -> None:
    for day in ("2026", "2026-11", "2026-11-24", "unknown"):
        [event] = given().when(replace(register, alive_from=PartialDate(day))).events
        assert event.stage is Stage.ACTIVE


def test_a_unit_taken_from_a_source_says_which() -> None:
    source = "INSEE, Code officiel géographique 2024, Licence Ouverte"
    given().when(replace(register, source=source)).then(replace(registered, source=source))


def test_a_unit_without_parent_is_registered() -> None:
    given().when(replace(register, parent=None, above=())).then(replace(registered, parent=None))


def test_a_unit_is_registered_once() -> None:
    given(registered).when(register).then_refused("unit-exists")


def test_a_code_is_named_once() -> None:
    given().when(replace(register, identifiers=(NIS, NIS))).then_refused("identifier-repeated")


def test_a_parent_is_registered_before_its_units() -> None:
    given().when(replace(register, parent=NOBODY, above=(nobody,))).then_refused("unit-unknown")


def test_a_parent_is_of_another_sphere() -> None:
    given().when(replace(register, parent=DRONGEN, above=(drongen,))).then_refused("parent-same-sphere")


def test_a_unit_does_not_lie_in_itself() -> None:
    itself = replace(flanders, id=GENT)
    given().when(replace(register, parent=GENT, above=(itself,))).then_refused("parent-cycle")


def test_a_parent_that_is_no_more_takes_no_units() -> None:
    gone = replace(flanders, alive_until=date(1976, 1, 1))
    given().when(replace(register, above=(gone, belgium))).then_refused("unit-not-alive")


def test_a_parent_may_be_younger_than_its_unit() -> None:
    younger = replace(flanders, alive_from=date(1980, 8, 8))
    given().when(replace(register, above=(younger, belgium))).then(registered)


def test_nothing_is_recorded_of_a_unit_that_was_never_registered() -> None:
    for command in (rename, attach, merge_away, abolish, restore, accredit_officer, revoke, withdraw):
        given().when(command).then_refused("unit-unknown")


# --- coming into being ---

activate = ActivateUnit(today=Today(date(2027, 1, 2)), effective_on=PartialDate("2027-01-01"))
activated = UnitActivated(PartialDate("2027-01-01"))


def test_a_proposed_unit_comes_into_being() -> None:
    given(proposed).when(activate).then(activated)
    assert state_after(proposed, activated).stage is Stage.ACTIVE


def test_it_does_so_on_the_day_and_not_before() -> None:
    given(proposed).when(replace(activate, today=Today(date(2027, 1, 1)))).then(activated)
    given(proposed).when(replace(activate, today=Today(date(2026, 12, 31)))).then_refused("day-not-come")


def test_an_active_unit_has_come_into_being() -> None:
    given(registered).when(activate).then_nothing_happens()
    given(registered, abolished, restored).when(activate).then_nothing_happens()


def test_a_unit_that_is_no_more_does_not_come_into_being() -> None:
    given(registered, abolished).when(activate).then_refused("unit-not-proposed")


# --- names and codes ---


def test_a_unit_is_renamed() -> None:
    given(registered).when(rename).then(renamed)
    assert facts(state_after(registered, renamed), GENT).name == "Gent-Zeehaven"


def test_the_name_that_it_has_is_no_new_name() -> None:
    given(registered, renamed).when(rename).then_nothing_happens()


def test_a_code_is_attached() -> None:
    given(registered).when(attach).then(attached)
    given(registered, attached).when(attach).then_nothing_happens()


def test_a_unit_has_a_bounded_number_of_codes() -> None:
    codes = tuple(Identifier("demo", str(number)) for number in range(MOST_IDENTIFIERS))
    given(replace(registered, identifiers=codes)).when(attach).then_refused("too-many-identifiers")


def test_a_code_is_detached() -> None:
    given(registered).when(detach).then(detached)
    given(registered, detached).when(detach).then_nothing_happens()
    assert state_after(registered, attached, detached).identifiers == (LOCODE,)


def test_what_is_no_more_is_neither_renamed_nor_coded_nor_moved() -> None:
    for command in (rename, attach, detach, set_parent, merge_away, split, accredit_signatory, record_competence):
        given(registered, abolished).when(command).then_refused("unit-abolished")


def test_a_code_is_claimed_while_the_unit_is_there() -> None:
    taken, freed = Claim("identifier:be-nis:44021"), Claim("identifier:be-nis:44021", taken=False)
    assert UNITS.claims(registered) == (taken,)
    assert UNITS.claims(abolished) == (freed,)
    assert UNITS.claims(restored) == (taken,)
    assert UNITS.claims(detached) == (freed,)
    assert UNITS.claims(attached) == (Claim("identifier:un-locode:BEGNE"),)
    assert UNITS.claims(renamed) == ()


# --- the hierarchy ---


def test_a_unit_is_put_under_another_parent() -> None:
    given(registered).when(set_parent).then(ParentSet(BELGIUM))
    assert state_after(registered, ParentSet(BELGIUM)).parent == BELGIUM


def test_a_unit_is_put_under_no_parent() -> None:
    none = replace(set_parent, parent=None, above=())
    given(registered).when(none).then(ParentSet(None))
    given(registered, ParentSet(None)).when(none).then_nothing_happens()


def test_the_parent_that_it_has_is_no_new_parent() -> None:
    given(registered).when(replace(set_parent, parent=FLANDERS, above=(flanders,))).then_nothing_happens()


def test_a_unit_does_not_lie_in_what_lies_in_it() -> None:
    above = (replace(belgium, parent=GENT), gent, flanders)
    given(registered).when(replace(set_parent, above=above)).then_refused("parent-cycle")


def test_a_new_parent_keeps_the_rules_of_parents() -> None:
    for parent, code in ((nobody, "unit-unknown"), (drongen, "parent-same-sphere")):
        given(registered).when(replace(set_parent, parent=parent.id, above=(parent,))).then_refused(code)
    gone = replace(belgium, alive_until=date(2026, 11, 24))
    given(registered).when(replace(set_parent, above=(gone,))).then_refused("unit-not-alive")


# --- mergers and splits ---


def test_a_unit_merges_into_another() -> None:
    given(registered).when(merge_away).then(merged_away)
    state = state_after(registered, merged_away)
    assert state.stage is Stage.MERGING
    assert state.successors == (DRONGEN,)


def test_the_same_merger_is_recorded_in_what_they_become() -> None:
    given(registered).when(take_in).then(taken_in)
    assert state_after(registered, taken_in).stage is Stage.ACTIVE


def test_a_merger_recorded_twice_changes_nothing() -> None:
    given(registered, merged_away).when(merge_away).then_nothing_happens()
    given(registered, merged_away, abolished).when(merge_away).then_nothing_happens()
    given(registered, taken_in).when(take_in).then_nothing_happens()


def test_a_unit_merges_into_one_unit_only() -> None:
    elsewhere = replace(merge_away, into=BELGIUM, into_unit=belgium)
    given(registered, merged_away).when(elsewhere).then_refused("unit-not-active")


def test_what_is_only_proposed_does_not_merge() -> None:
    given(proposed).when(merge_away).then_refused("unit-not-active")


def test_a_unit_does_not_merge_into_itself() -> None:
    both = replace(merge_away, merged=(GENT, DRONGEN), merged_units=(gent, drongen))
    given(registered).when(both).then_refused("unit-on-both-sides")


def test_a_unit_is_named_once_in_a_merger() -> None:
    twice = replace(merge_away, merged=(GENT, GENT), merged_units=(gent, gent))
    given(registered).when(twice).then_refused("unit-repeated")


def test_a_merger_is_recorded_where_it_happens() -> None:
    elsewhere = replace(merge_away, merged=(FLANDERS,), merged_units=(flanders,))
    given(registered).when(elsewhere).then_refused("not-a-party")


def test_a_merger_is_between_registered_units() -> None:
    unknown = replace(merge_away, into=NOBODY, into_unit=nobody)
    assert given(registered).when(unknown).then_refused("unit-unknown").facts["units"] == [NOBODY]
    more = replace(merge_away, merged=(GENT, NOBODY), merged_units=(gent, nobody))
    given(registered).when(more).then_refused("unit-unknown")


def test_a_unit_merges_into_one_that_is_there() -> None:
    gone = replace(drongen, alive_until=date(2026, 1, 1))
    given(registered).when(replace(merge_away, into_unit=gone)).then_refused("unit-not-alive")


def test_a_merging_unit_is_abolished() -> None:
    given(registered, merged_away).when(abolish).then(abolished)


def test_an_annulled_merger_restores_the_unit_with_the_codes_it_never_lost() -> None:
    annulled = UnitRestored(PartialDate("2026-01-01"), ())
    given(registered, merged_away).when(restore).then(annulled)
    state = state_after(registered, merged_away, annulled)
    assert (state.stage, state.identifiers, state.successors) == (Stage.RESTORED, (NIS,), ())
    assert state.alive_from == "1977"


def test_a_unit_is_split_and_goes_on() -> None:
    given(registered).when(split).then(was_split)
    state = state_after(registered, was_split)
    assert (state.stage, state.successors) == (Stage.ACTIVE, ())


def test_a_unit_is_split_and_its_parts_succeed_it() -> None:
    ended = replace(was_split, continues=False)
    given(registered).when(replace(split, continues=False)).then(ended)
    assert state_after(registered, ended).successors == (DRONGEN,)


def test_a_split_is_recorded_in_the_part_too() -> None:
    other_way = replace(split, whole=DRONGEN, parts=(GENT,), whole_unit=drongen, part_units=(gent,))
    given(registered).when(other_way).then(UnitSplit(DRONGEN, (GENT,), True))
    assert state_after(registered, UnitSplit(DRONGEN, (GENT,), False)).successors == ()


def test_a_split_recorded_twice_changes_nothing() -> None:
    given(registered, was_split).when(split).then_nothing_happens()


def test_splits_keep_the_rules_of_mergers() -> None:
    for command, code in (
        (replace(split, parts=(GENT, DRONGEN), part_units=(gent, drongen)), "unit-on-both-sides"),
        (replace(split, parts=(DRONGEN, DRONGEN), part_units=(drongen, drongen)), "unit-repeated"),
        (replace(split, whole=BELGIUM, whole_unit=belgium), "not-a-party"),
        (replace(split, parts=(NOBODY,), part_units=(nobody,)), "unit-unknown"),
    ):
        given(registered).when(command).then_refused(code)


# --- the end, and after it ---


def test_a_unit_is_abolished() -> None:
    given(registered).when(abolish).then(abolished)
    assert state_after(registered, abolished).stage is Stage.ABOLISHED


def test_a_unit_is_abolished_once() -> None:
    given(registered, abolished).when(abolish).then_nothing_happens()
    given(registered, abolished).when(AbolishUnit(effective_on=PartialDate("2024"))).then_refused("unit-abolished")


def test_the_year_of_an_end_is_known() -> None:
    given(registered).when(AbolishUnit(effective_on=PartialDate("unknown"))).then_refused("date-unknown")


def test_a_unit_does_not_end_before_it_begins() -> None:
    given(registered).when(AbolishUnit(effective_on=PartialDate("1976"))).then_refused("ends-before-it-begins")
    given(registered).when(AbolishUnit(effective_on=PartialDate("1977"))).then(
        UnitAbolished(PartialDate("1977"), (NIS,))
    )


def test_a_unit_may_end_on_its_first_day() -> None:
    first = PartialDate("1977-01-01")
    given(replace(registered, alive_from=first)).when(AbolishUnit(effective_on=first)).then(
        UnitAbolished(first, (NIS,))
    )


def test_what_was_only_proposed_is_given_up_before_its_day() -> None:
    given(proposed).when(abolish).then(abolished)


def test_an_abolished_unit_is_restored() -> None:
    given(registered, abolished).when(restore).then(restored)
    state = state_after(registered, abolished, restored)
    assert (state.stage, state.alive_from, state.alive_until) == (Stage.RESTORED, "2026-01-01", None)


def test_a_unit_is_restored_without_the_codes_that_it_lost() -> None:
    given(registered, abolished).when(replace(restore, without=(NIS,))).then(replace(restored, identifiers=()))
    assert state_after(registered, abolished, replace(restored, identifiers=())).identifiers == ()


def test_a_life_taken_up_on_the_day_of_its_end_has_no_gap() -> None:
    state = state_after(registered, abolished, UnitRestored(PartialDate("2025-01-01"), (NIS,)))
    assert (state.alive_from, state.alive_until) == ("1977", None)


def test_a_unit_is_restored_on_the_day_of_its_end() -> None:
    same_day = RestoreUnit(effective_on=PartialDate("2025-01-01"))
    given(registered, abolished).when(same_day).then(UnitRestored(PartialDate("2025-01-01"), (NIS,)))


def test_only_what_ended_is_restored() -> None:
    given(registered).when(restore).then_refused("unit-not-abolished")
    given(registered, abolished, restored).when(restore).then_refused("unit-not-abolished")


def test_a_unit_is_restored_on_a_known_day_after_its_end() -> None:
    given(registered, abolished).when(RestoreUnit(effective_on=PartialDate("unknown"))).then_refused("date-unknown")
    given(registered, abolished).when(RestoreUnit(effective_on=PartialDate("2024"))).then_refused("restored-too-early")


def test_restoring_needs_reasons_and_so_do_correction_revocation_and_withdrawal() -> None:
    needing = {name for name, by in UNITS.commands.items() if by.reasons}
    assert needing == {"annul-entry", "correct", "restore", "revoke-accreditation", "withdraw-competence"}


def test_a_successor_is_assigned() -> None:
    for history in ([registered], [registered, abolished]):
        given(*history).when(assign).then(assigned)
        given(*history, assigned).when(assign).then_nothing_happens()


def test_what_a_unit_merged_into_succeeds_it_already() -> None:
    given(registered, merged_away).when(assign).then_nothing_happens()


def test_a_unit_does_not_succeed_itself() -> None:
    given(registered).when(replace(assign, successor=GENT, successor_unit=gent)).then_refused("own-successor")


def test_a_successor_is_registered_and_there() -> None:
    given(registered).when(replace(assign, successor=NOBODY, successor_unit=nobody)).then_refused("unit-unknown")
    gone = replace(drongen, alive_until=date(2020, 1, 1))
    given(registered).when(replace(assign, successor_unit=gone)).then_refused("unit-not-alive")


# --- bodies that have members ---

METROPOLIS = unit_id(7)
metropolis = UnitFacts(METROPOLIS, True, "Gent metropolis", Sphere.LOCAL, "BE-VLG", "Europe/Brussels", parent=FLANDERS)
join = RecordMembership(
    body=METROPOLIS, legal_basis="Decree of 2018, art. 3", member_from=PartialDate("2019"),
    above=(metropolis, flanders, belgium),
)  # fmt: skip
joined = MembershipRecorded(METROPOLIS, join.legal_basis, PartialDate("2019"))
leave = EndMembership(body=METROPOLIS, member_until=PartialDate("2026-12-31"))
left = MembershipEnded(METROPOLIS, PartialDate("2026-12-31"))


def annul(version: int) -> AnnulEntry:
    return AnnulEntry(corrects=EventName.at(GENT, version))


def in_gent(until: date) -> UnitFacts:
    """The metropolis, as a member of Gent itself up to that day."""
    return replace(metropolis, memberships=(Membership(GENT, None, until),))


def test_a_unit_is_a_member_of_a_body_of_its_own_sphere() -> None:
    given(registered).when(join).then(joined)
    given(registered, joined).when(join).then_nothing_happens()
    assert facts(given(registered, joined).state, GENT).memberships == (
        Membership(METROPOLIS, date(2019, 1, 1), None),
    )  # fmt: skip


def test_and_of_several_at_a_time_beside_its_parent() -> None:
    other = replace(join, body=DRONGEN, above=(drongen,), member_from=PartialDate("2020"))
    given(registered, joined).when(other).then(replace(joined, body=DRONGEN, member_from=PartialDate("2020")))


def test_who_leaves_a_body_is_a_member_up_to_the_last_day() -> None:
    given(registered, joined).when(leave).then(left)
    given(registered, joined, left).when(leave).then_nothing_happens()
    found = facts(given(registered, joined, left).state, GENT).memberships
    assert found == (Membership(METROPOLIS, date(2019, 1, 1), date(2026, 12, 31)),)
    assert found[0].throughout(date(2019, 1, 1), date(2026, 12, 31))
    assert not found[0].throughout(date(2019, 1, 1), None)
    assert found[0].touches(date(2026, 12, 31), None)
    assert not found[0].touches(date(2027, 1, 1), None)
    assert not found[0].touches(date(2018, 1, 1), date(2018, 12, 31))


def test_who_left_may_join_again() -> None:
    again = replace(join, member_from=PartialDate("2027-01-01"))
    given(registered, joined, left).when(again).then(replace(joined, member_from=PartialDate("2027-01-01")))
    given(registered, joined, left).when(replace(again, member_from=PartialDate("2026-12-31"))).then_refused(
        "membership-recorded"
    )


def test_only_a_member_leaves_and_on_a_known_day() -> None:
    given(registered).when(leave).then_refused("not-a-member")
    given(registered, joined).when(replace(leave, member_until=PartialDate("2018-12-31"))).then_refused("not-a-member")
    given(registered, joined).when(replace(leave, member_until=PartialDate("unknown"))).then_refused("date-unknown")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"body": NOBODY, "above": (nobody,)}, "unit-unknown"),
        ({"above": (replace(metropolis, sphere=Sphere.COMMUNITY),)}, "no-authority"),
        ({"above": (replace(metropolis, alive_until=date(2019, 1, 1)),)}, "unit-not-alive"),
        ({"body": GENT, "above": (gent,)}, "membership-cycle"),
        ({"above": (replace(metropolis, parent=GENT), gent)}, "membership-cycle"),
        ({"above": (in_gent(date(2026, 12, 31)), gent)}, "membership-cycle"),
        ({"member_until": PartialDate("2018")}, "period-reversed"),
    ],
)
def test_a_membership_that_cannot_be_is_refused(change: dict[str, Any], code: str) -> None:
    given(registered).when(replace(join, **change)).then_refused(code)


def test_a_unit_does_not_lie_in_a_member_of_its_own() -> None:
    """`above` has the bodies of the parent, too."""
    lies = replace(belgium, memberships=(Membership(GENT),))
    given(registered).when(replace(set_parent, above=(lies, gent))).then_refused("parent-cycle")


def test_who_was_a_member_once_may_take_the_other_one_in_later() -> None:
    given(registered).when(replace(join, above=(in_gent(date(2018, 12, 31)), gent))).then(joined)
    was = replace(belgium, memberships=(Membership(GENT, None, TODAY - timedelta(days=1)),))
    given(registered).when(replace(set_parent, above=(was, gent))).then(ParentSet(BELGIUM))


def test_a_membership_that_never_was_is_taken_back_with_its_last_day() -> None:
    told = given(registered, renamed, joined)
    annulled = MembershipAnnulled(EventName.at(GENT, 3), joined)
    told.when(annul(3)).then(annulled)
    told.given(left).when(annul(3)).then(replace(annulled, membership=replace(joined, member_until=left.member_until)))
    for history in (told, told.given(left)):
        assert facts(history.after(annul(3)).state, GENT).memberships == ()
    right = replace(join, member_from=PartialDate("2021"))
    after = told.after(annul(3), right)
    assert facts(after.state, GENT).memberships == (Membership(METROPOLIS, date(2021, 1, 1), None),)
    after.when(annul(5)).then(MembershipAnnulled(EventName.at(GENT, 5), replace(joined, member_from=right.member_from)))


def test_a_competence_that_no_law_ever_gave_is_taken_back_alone() -> None:
    other = replace(competence, function="07")
    told = given(registered, competence, joined, other)
    told.when(annul(2)).then(CompetenceAnnulled(EventName.at(GENT, 2), competence))
    after = told.after(annul(2))
    assert [one.function for one in holdings(after.state)] == ["07"]
    assert facts(after.state, GENT).memberships
    assert isinstance(told.given(abolished).when(annul(2)).events[0], CompetenceAnnulled)


def test_only_an_entry_of_the_unit_itself_is_taken_back_and_once() -> None:
    told = given(registered, renamed, joined)
    refused = told.when(annul(2)).then_refused("nothing-to-annul")
    assert refused.facts["entered"] == [f"{GENT}/3"]
    told.after(annul(3)).when(annul(3)).then_refused("nothing-to-annul")
    told.when(AnnulEntry(corrects=EventName.at(DRONGEN, 3))).then_refused("nothing-to-annul")


def test_a_unit_has_a_bounded_number_of_memberships() -> None:
    many = [replace(joined, body=unit_id(100 + number)) for number in range(MOST_MEMBERSHIPS)]
    given(registered, *many).when(join).then_refused("too-many-memberships")
    assert given(registered, *many[1:]).when(join).refused is None


def test_what_is_no_more_joins_nothing_and_may_be_said_to_have_left() -> None:
    given(registered, abolished).when(join).then_refused("unit-abolished")
    given(registered, joined, abolished).when(leave).then(left)


# --- what others may know ---


def test_what_an_abolished_unit_held_is_still_known() -> None:
    assert holdings(Absent()) == ()
    (held,) = holdings(given(registered, competence, abolished).state)
    assert (held.function, held.held_until) == (competence.function, None)


def test_facts_of_a_unit() -> None:
    assert facts(state_after(registered, abolished), GENT) == UnitFacts(
        GENT,
        True,
        "Ghent",
        Sphere.LOCAL,
        "BE-VLG",
        "Europe/Brussels",
        alive_from=date(1977, 1, 1),
        alive_until=date(2025, 1, 1),
        parent=FLANDERS,
    )


def test_a_unit_whose_year_of_end_is_known_is_there_all_that_year() -> None:
    found = facts(state_after(registered, UnitAbolished(PartialDate("2025"), (NIS,))), GENT)
    assert found.alive_until == date(2026, 1, 1)


def test_an_unregistered_unit_does_not_exist() -> None:
    assert not facts(Absent(), NOBODY).exists


def test_a_units_own_place_and_time_apply() -> None:
    assert UNITS.home(rename, state_after(registered)) == GENT
    assert UNITS.home(register, Absent()) is None


def test_every_command_but_accreditations_is_the_registrars() -> None:
    of_signatories = {name for name, by in UNITS.commands.items() if Role.AUTHORISED_SIGNATORY in by.roles}
    assert of_signatories == {"accredit", "revoke-accreditation"}
    assert all(Role.REGISTRAR in by.roles for by in UNITS.commands.values())


# --- any history ---

DATES = st.sampled_from(["2019", "2020-06", "2024-12-31", "2025-01-01", "2026-07-01"]).map(PartialDate)
CODES = st.sampled_from([NIS, LOCODE, Identifier("wikidata", "Q1296")])
ACTORS = st.sampled_from([registrar, signatory, replace(signatory, unit=DRONGEN), opening])
COMMANDS: st.SearchStrategy[Any] = st.one_of(
    st.builds(RegisterUnit, **{name: st.just(getattr(register, name)) for name in register.__dataclass_fields__}),
    st.builds(ActivateUnit, today=st.just(TODAY), effective_on=DATES),
    st.builds(
        CorrectUnit,
        corrects=st.integers(1, 3).map(lambda version: EventName.at(GENT, version)),
        changes=st.builds(
            Particulars,
            sphere=st.none() | st.sampled_from(Sphere),
            kind=st.none() | st.sampled_from([Kind.MUNICIPALITY, Kind.COUNTY]),
            time_zone=st.none() | st.sampled_from(["Europe/Brussels", "Pacific/Auckland"]),
            alive_from=st.none() | DATES,
        ),
        above=st.sampled_from([(), (flanders, belgium)]),
        today=st.just(TODAY),
        there=st.sampled_from([TODAY, Today(date(2026, 11, 25))]),
    ),
    st.builds(RenameUnit, name=st.sampled_from([register.name, rename.name])),
    st.builds(AttachIdentifier, identifier=CODES),
    st.builds(DetachIdentifier, identifier=CODES),
    st.sampled_from([set_parent, replace(set_parent, parent=None, above=())]),
    st.sampled_from([merge_away, take_in, split, replace(split, continues=False), assign]),
    st.builds(AbolishUnit, effective_on=DATES),
    st.builds(RestoreUnit, effective_on=DATES, without=st.sampled_from([(), (NIS,)])),
    st.builds(
        AccreditRepresentative,
        role=st.sampled_from([Role.AUTHORISED_SIGNATORY, Role.LIAISON_OFFICER, Role.REGISTRAR]),
        name=st.just(NAME),
        valid_from=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
        valid_until=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        actor=ACTORS,
        today=st.just(TODAY),
    ),
    st.builds(
        RevokeAccreditation,
        accreditation=st.integers(1, 20).map(lambda version: EventName.at(GENT, version)),
        actor=ACTORS,
        today=st.just(TODAY),
    ),
    st.builds(
        RecordCompetence,
        function=st.sampled_from(["07", "07.3", "01.9"]),
        territory=st.just(GENT),
        manner=st.sampled_from(Manner),
        legal_basis=st.just("a law"),
        held_from=DATES,
        held_until=st.none() | DATES,
        territory_unit=st.just(gent),
    ),
    st.builds(
        RecordMembership,
        body=st.just(METROPOLIS),
        legal_basis=st.just("a law"),
        member_from=DATES,
        member_until=st.none() | DATES,
        above=st.sampled_from([(metropolis, flanders), (replace(metropolis, parent=GENT), gent)]),
    ),
    st.builds(AnnulEntry, corrects=st.integers(1, 20).map(lambda version: EventName.at(GENT, version))),
    st.builds(EndMembership, body=st.just(METROPOLIS), member_until=DATES),
    st.builds(WithdrawCompetence, function=st.sampled_from(["07", "07.3"]), territory=st.just(GENT), held_until=DATES),
)


@forall(st.lists(COMMANDS, max_size=40))
def test_what_was_accepted_replays_to_the_same_state(commands: list[Any]) -> None:
    decider, history, state = UNITS.decider, list[Any](), UNITS.decider.initial
    for command in [register, *commands]:
        try:
            events = decider.decide(command, state)
        except Refused:
            continue
        history += events
        state = decider.fold(events, state)
    assert decider.fold(history) == state
    half = len(history) // 2
    assert decider.fold(history[half:], decider.fold(history[:half])) == state
    assert isinstance(state, Unit)
    assert state.version == len(history)


@forall(st.lists(COMMANDS, max_size=40))
def test_the_codes_that_a_unit_claims_are_those_that_it_has(commands: list[Any]) -> None:
    """What is taken was free, what is freed was held, and nobody else can have it in between."""
    held: set[str] = set()
    reached = given()
    for command in [register, *commands]:
        outcome = reached.when(command)
        for claim in [claim for event in outcome.events for claim in UNITS.claims(event)]:
            assert claim.taken == (claim.word not in held)
            held = held | {claim.word} if claim.taken else held - {claim.word}
        reached = reached.given(*outcome.events)
        if reached.state.stage is not Stage.ABOLISHED:
            assert held == {code.word for code in reached.state.identifiers}
