"""The sample story from its beginning to its end."""

from dataclasses import dataclass
from datetime import date

from domain.kernel import Actor, Role, StreamId, UnitId, Words
from services.handle import Office
from services.importing.directory import read_directory
from services.importing.iso3166 import unit_stream
from services.importing.zones import zone_of
from services.story.air import air, cycles
from services.story.cast import CAST, OFFICER, SIGNATORY
from services.story.climate import climate_contract
from services.story.grants import grants
from services.story.monti import monti_ii
from services.story.norms import school_buildings
from services.story.others import coal, heat_network, pledges_from_source, thirty
from services.story.school import school_transport
from services.story.teller import Teller
from services.story.transfer import rural_development

SINCE = date(2020, 1, 1)
"""From when on the sample people act for their units."""
FIRST_OF_OURS = "council"
"""Nobody but the story registers it under its code: where it is, the story began, and units may have joined since."""


@dataclass(frozen=True, slots=True)
class Story:
    """What a newcomer may start from: who acts for the city, and the ids of what they may look at first."""

    city: UnitId
    officer: Actor
    signatory: Actor
    climate: StreamId
    invitation: StreamId
    """A commitment that waits for the city's signature."""
    shuttles: StreamId
    """The city's mandate, passed on to it by whoever had it from the region, which has it by law."""
    monti: StreamId
    """The review that came to a yellow card."""


async def tell(office: Office, registrar: Actor) -> Story | None:
    """Tells the story, or what is left of it; None where the register holds other units and the story never began.

    To be asked only of a ledger opened as the demo. Takes about two seconds; told before, a little less.
    """
    if not await _may_begin(office, registrar):
        return None
    teller = Teller(office, registrar, await _opened_on(office))
    for member in CAST:
        await _enter(teller, member)
    climate = await climate_contract(teller)
    await thirty(teller)
    await coal(teller)
    await pledges_from_source(teller)
    invitation = await heat_network(teller)
    await rural_development(teller)
    await grants(teller)
    shuttles = await school_transport(teller, climate)
    await air(teller)
    await cycles(teller)
    monti = await monti_ii(teller)
    await school_buildings(teller)
    return Story(
        city=teller.units["city"],
        officer=teller.actor("city", OFFICER),
        signatory=teller.actor("city", SIGNATORY),
        climate=climate,
        invitation=invitation,
        shuttles=shuttles,
        monti=monti,
    )


async def _may_begin(office: Office, registrar: Actor) -> bool:
    there = set((await read_directory(office.store, office.codec)).units) - {registrar.unit}
    begun = UnitId(_stream(FIRST_OF_OURS)) in there
    return begun or there <= {UnitId(_stream(member)) for member in CAST}


def _stream(member: str) -> StreamId:
    code = CAST[member].codes[0]
    return unit_stream(code.scheme, code.value)


async def _opened_on(office: Office) -> date:
    """The day of the first record: the same however often the story is begun."""
    first = await office.store.records(limit=1)
    return office.codec.decode(first[0]).at.date()


async def _enter(teller: Teller, name: str) -> None:
    member, stream = CAST[name], _stream(name)
    teller.units[name] = UnitId(stream)
    part = next((code.value for code in member.codes if code.scheme == "iso3166-2"), member.country)
    fields = {
        "name": Words({"fr": member.names["en"], **member.names}),
        "sphere": member.sphere,
        "kind": member.kind,
        "jurisdiction": part,
        "time_zone": member.zone or zone_of(member.country),
        "alive_from": member.alive_from,
        "parent": teller.units.get(member.parent),
        "identifiers": member.codes,
        "source": member.source,
    }
    await teller.say(f"register:{name}", teller.registrar, "units.register", fields, stream=stream)
    by = teller.registrar
    for role in member.roles:
        await teller.accredit(name, role, by, SINCE)
        by = teller.actor(name, role) if role is Role.AUTHORISED_SIGNATORY else by
