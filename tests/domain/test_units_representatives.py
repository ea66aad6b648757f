"""Who may act for a unit: accredited by whom, in force on which days, revoked."""

from dataclasses import replace
from datetime import date

import pytest

from domain.kernel import (
    EventName,
    PartialDate,
    Role,
)
from domain.units import (
    Absent,
    accreditation_in_force,
    signatory_in_force,
)
from domain.units.events import (
    UnitAbolished,
    UnitRestored,
)
from tests.domain.unit_stories import (
    DRONGEN,
    GENT,
    NIS,
    TODAY,
    abolished,
    accredit_officer,
    accredit_signatory,
    attached,
    given,
    officer_accredited,
    opening,
    registered,
    registrar,
    renamed,
    revoke,
    revoked,
    signatory,
    signatory_accredited,
    state_after,
)


def test_a_registrar_accredits_the_first_signatory() -> None:
    given(registered).when(accredit_signatory).then(signatory_accredited)


def test_then_the_signatory_accredits() -> None:
    given(registered, signatory_accredited).when(accredit_officer).then(officer_accredited)
    refused = given(registered, signatory_accredited).when(replace(accredit_officer, actor=registrar))
    refused.then_refused("signatory-in-force")


def test_a_registrar_steps_in_again_when_no_signatory_is_left() -> None:
    lapsed = replace(signatory_accredited, valid_until=date(2026, 6, 30))
    given(registered, lapsed).when(accredit_signatory).then(signatory_accredited)


def test_a_signatory_accredits_for_the_own_unit() -> None:
    stranger = replace(signatory, unit=DRONGEN)
    given(registered).when(replace(accredit_officer, actor=stranger)).then_refused("other-unit")


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.POLICY_ADMIN, Role.AUDITOR])
def test_no_unit_makes_itself_the_keeper_of_the_register(role: Role) -> None:
    given(registered, signatory_accredited).when(replace(accredit_officer, role=role)).then_refused("registrar-only")
    by_registrar = replace(accredit_officer, role=role, actor=registrar)
    given(registered, signatory_accredited).when(by_registrar).then(replace(officer_accredited, role=role))


def test_the_opening_accredits_the_first_registrar() -> None:
    command = replace(accredit_officer, role=Role.REGISTRAR, actor=opening)
    given(registered).when(command).then(replace(officer_accredited, role=Role.REGISTRAR))


def test_an_accreditation_does_not_end_before_it_begins() -> None:
    given(registered).when(replace(accredit_signatory, valid_until=date(2025, 12, 31))).then_refused("period-reversed")


def test_an_accreditation_may_be_for_one_day() -> None:
    day = accredit_signatory.valid_from
    given(registered).when(replace(accredit_signatory, valid_until=day)).then(
        replace(signatory_accredited, valid_until=day)
    )


ACCREDITED = (registered, signatory_accredited, officer_accredited)
OFFICER = EventName.at(GENT, 3)


def in_force_on(day: date, *more: object, name: EventName = OFFICER) -> bool:
    return accreditation_in_force(given(*ACCREDITED, *more).state, name, day) is not None


def test_an_accreditation_is_in_force_from_its_first_to_its_last_day() -> None:
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [in_force_on(day) for day in days] == [False, True, True, False]


def test_an_accreditation_is_named_by_its_record() -> None:
    found = accreditation_in_force(given(*ACCREDITED).state, EventName.at(GENT, 2), TODAY)
    assert found is not None
    assert found.role is Role.AUTHORISED_SIGNATORY
    assert not in_force_on(TODAY, name=EventName.at(GENT, 1))
    assert not in_force_on(TODAY, name=EventName.at(DRONGEN, 3))
    assert accreditation_in_force(Absent(), OFFICER, TODAY) is None


def test_its_version_counts_every_record_before_it() -> None:
    state = given(registered, renamed, attached, signatory_accredited).state
    assert accreditation_in_force(state, EventName.at(GENT, 4), TODAY) is not None


def test_an_accreditation_is_revoked() -> None:
    given(*ACCREDITED).when(revoke).then(revoked)
    assert in_force_on(date(2026, 11, 23), revoked)
    assert not in_force_on(TODAY, revoked)


def test_revoking_twice_changes_nothing() -> None:
    given(*ACCREDITED, revoked).when(revoke).then_nothing_happens()


def test_only_a_given_accreditation_is_revoked() -> None:
    for name in (EventName.at(GENT, 1), EventName.at(GENT, 4), EventName.at(DRONGEN, 3)):
        given(*ACCREDITED).when(replace(revoke, accreditation=name)).then_refused("accreditation-unknown")


def test_a_signatory_of_another_unit_revokes_nothing() -> None:
    given(*ACCREDITED).when(replace(revoke, actor=replace(signatory, unit=DRONGEN))).then_refused("other-unit")


def test_a_registrar_revokes_but_not_the_own_accreditation() -> None:
    given(*ACCREDITED).when(replace(revoke, actor=registrar)).then(revoked)
    own = replace(registrar, unit=GENT, accreditation=OFFICER)
    given(*ACCREDITED).when(replace(revoke, actor=own)).then_refused("own-accreditation")


def test_nobody_acts_for_a_unit_that_is_no_more_nor_when_it_is_restored() -> None:
    ended = UnitAbolished(PartialDate("2026-06"), (NIS,))
    again = UnitRestored(PartialDate("2026-07-01"), (NIS,))
    assert in_force_on(date(2026, 6, 30), ended)
    assert not in_force_on(date(2026, 7, 1), ended)
    assert not in_force_on(TODAY, ended, again)
    assert not signatory_in_force(state_after(*ACCREDITED, ended, again), TODAY)


def test_an_accreditation_of_an_abolished_unit_is_still_revoked_for_the_record() -> None:
    given(*ACCREDITED, abolished).when(revoke).then(revoked)
