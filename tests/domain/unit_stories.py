"""One city in the directory, and what may happen to it: the commands and events that tests of units vary."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from domain.kernel import Actor, EventName, PartialDate, Role, Sealed, Sphere, StreamId, Today, UnitFacts, UnitId, Words
from domain.units import UNITS, Identifier, Kind, Manner, Stage, Unit
from domain.units.commands import (
    AbolishUnit,
    AccreditRepresentative,
    ActivateUnit,
    AssignSuccessor,
    AttachIdentifier,
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
    CompetenceRecorded,
    CompetenceWithdrawn,
    MembershipEnded,
    MembershipRecorded,
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
activate = ActivateUnit(today=Today(date(2027, 1, 2)), effective_on=PartialDate("2027-01-01"))
activated = UnitActivated(PartialDate("2027-01-01"))
METROPOLIS = unit_id(7)
metropolis = UnitFacts(METROPOLIS, True, "Gent metropolis", Sphere.LOCAL, "BE-VLG", "Europe/Brussels", parent=FLANDERS)
join = RecordMembership(
    body=METROPOLIS, legal_basis="Decree of 2018, art. 3", member_from=PartialDate("2019"),
    above=(metropolis, flanders, belgium),
)  # fmt: skip
joined = MembershipRecorded(METROPOLIS, join.legal_basis, PartialDate("2019"))
leave = EndMembership(body=METROPOLIS, member_until=PartialDate("2026-12-31"))
left = MembershipEnded(METROPOLIS, PartialDate("2026-12-31"))


def given(*events: object) -> Given:
    return scenario(UNITS).given(*events)


def state_after(*events: object) -> Unit:
    state = given(*events).state
    assert isinstance(state, Unit)
    return state
