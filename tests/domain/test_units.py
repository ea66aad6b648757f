"""A unit in the directory: entered, come into being, named, coded, put under a parent, and what is known of it."""

from dataclasses import replace
from datetime import date

from domain.kernel import Claim, PartialDate, Role, Sphere, Today, UnitFacts
from domain.units import UNITS, Absent, Identifier, Stage, facts, holdings
from domain.units.events import ParentSet, UnitAbolished
from domain.units.rules import MOST_IDENTIFIERS
from tests.domain.unit_stories import (
    BELGIUM,
    DRONGEN,
    FLANDERS,
    GENT,
    LOCODE,
    NIS,
    NOBODY,
    abolish,
    abolished,
    accredit_officer,
    accredit_signatory,
    activate,
    activated,
    attach,
    attached,
    belgium,
    competence,
    detach,
    detached,
    drongen,
    flanders,
    gent,
    given,
    merge_away,
    nobody,
    proposed,
    record_competence,
    register,
    registered,
    rename,
    renamed,
    restore,
    restored,
    revoke,
    set_parent,
    split,
    state_after,
    withdraw,
)

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
    given().when(replace(register, parent=DRONGEN, above=(drongen,))).then_refused("parent-same-sphere", "parent")


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


def test_a_proposed_unit_comes_into_being() -> None:
    given(proposed).when(activate).then(activated)
    assert state_after(proposed, activated).stage is Stage.ACTIVE


def test_it_does_so_on_the_day_and_not_before() -> None:
    given(proposed).when(replace(activate, today=Today(date(2027, 1, 1)))).then(activated)
    given(proposed).when(replace(activate, today=Today(date(2026, 12, 31)))).then_refused(
        "day-not-come", "effective_on"
    )


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
