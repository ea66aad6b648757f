"""The first records of a ledger: its origin and key, the policies it begins with, and its first registrar."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain import policies, units
from domain.kernel import Actor, EventName, PartialDate, Role, Sphere, StreamId, UnitId, Words, named_stream
from domain.opening import LEDGER_STREAM
from services.facts import local_day
from services.handle import Office
from services.orders import Note, Order

OPENING = Actor(system="opening")
GIVEN = frozenset(
    {("ledger", "open"), ("policies", "adopt"), ("policies", "amend"), ("units", "register"), ("units", "accredit")}
)
"""The commands that open a ledger, or bring it the policies of a new version; no others are given so."""
NOWHERE = "ZZ"
"""Where nobody says otherwise: the code that ISO 3166 leaves to users."""
REGISTRAR_NAME = Words({"en": "Registrar", "es": "Oficina de registro", "fr": "Bureau du registre"})
FIRST = "The first registrar"


async def open_ledger(office: Office, origin: str, key: str) -> Actor:
    """Opens an empty ledger, or finishes what a crash left half done; returns its first registrar.

    Policies that this program ships and the ledger lacks are adopted, so that a newer program brings its own. Safe to
    repeat, and from several processes at once: each record has its well-known command.
    """
    registrar = registrar_of(origin)
    await _open(office, origin, key, registrar)
    await _adopt_policies(office)
    _, state = await office.states.state("units", StreamId(registrar))
    if not _accredited(state):
        await _introduce(office, registrar)
        _, state = await office.states.state("units", StreamId(registrar))
    return _acting(office, registrar, state)


async def _open(office: Office, origin: str, key: str, registrar: UnitId) -> None:
    version, _ = await office.states.state("ledger", LEDGER_STREAM)
    if version == 0:
        fields = {"origin": origin, "key": key, "registrar": registrar, "registrar_name": REGISTRAR_NAME}
        await _say(office, "ledger", "open", LEDGER_STREAM, fields)


async def _adopt_policies(office: Office) -> None:
    for one in policies.SHIPPED:
        stream = policies.policy_stream(one.name, one.jurisdiction)
        version, _ = await office.states.state("policies", stream)
        if version == 0:
            fields = {
                "name": one.name, "jurisdiction": one.jurisdiction, "in_force_from": one.in_force_from,
                "values": one.values,
            }  # fmt: skip
            await _say(office, "policies", "adopt", stream, fields)
    told = Counter[StreamId]()
    for later in policies.AMENDED:
        stream = policies.policy_stream(later.name, later.jurisdiction)
        told[stream] += 1
        version, _ = await office.states.state("policies", stream)
        if version == told[stream]:
            fields = {"in_force_from": later.in_force_from, "values": later.values}
            because = f"The version that counts from {later.in_force_from}."
            await _say(office, "policies", "amend", stream, fields, because=because)


def registrar_of(origin: str) -> UnitId:
    """The unit that keeps a ledger of this origin."""
    return UnitId(named_stream("registrar", origin))


def is_of_registrar(stream: StreamId, order: Order, state: Any, origin: str) -> bool:
    """Whether it is what the opening says of the registrar: who it is, that it is there, who acts for it first."""
    registrar = registrar_of(origin)
    if order.context == "ledger":
        return bool(order.fields["registrar"] == registrar)
    first = order.command != "accredit" or (order.fields["role"] is Role.REGISTRAR and not _accredited(state))
    return stream == registrar and first


def is_shipped(stream: StreamId, order: Order, state: Any) -> bool:
    """Whether it is a policy that this program brings, adopted or amended as `open_ledger` does."""
    said = order.fields
    if order.command == "adopt":
        names = ("name", "jurisdiction", "in_force_from", "values")
        return any(all(getattr(one, name) == said[name] for name in names) for one in policies.SHIPPED)
    later = [one for one in policies.AMENDED if policies.policy_stream(one.name, one.jurisdiction) == stream]
    told = len(state.versions) if isinstance(state, policies.Adopted) else 0
    expected = [(one.in_force_from, one.values) for one in later[told - 1 : told]] if told else []
    return (said["in_force_from"], said["values"]) in expected


def _accredited(state: units.State) -> bool:
    return isinstance(state, units.Unit) and any(one.role is Role.REGISTRAR for one in state.accreditations)


async def _introduce(office: Office, registrar: UnitId) -> None:
    fields = {
        "name": REGISTRAR_NAME, "sphere": Sphere.COMMUNITY, "kind": units.Kind.ORGANISATION, "jurisdiction": NOWHERE,
        "time_zone": "UTC", "alive_from": PartialDate("unknown"), "parent": None, "identifiers": (), "source": None,
    }  # fmt: skip
    stream = StreamId(registrar)
    await _say(office, "units", "register", stream, fields)
    # The day on which the ledger was opened: the same in every attempt, since a repeated command must be the same one.
    first = office.codec.decode((await office.store.records(limit=1))[0])
    held: Mapping[str, Any] = {
        "role": Role.REGISTRAR,
        "name": FIRST,
        "valid_from": first.at.date(),
        "valid_until": None,
    }
    await _say(office, "units", "accredit", stream, held)


def _acting(office: Office, registrar: UnitId, state: Any) -> Actor:
    """Who acts for the registrar: under an accreditation in force, where there is one."""
    today = local_day(office.clock(), units.facts(state, registrar))
    held = [one for one in state.accreditations if one.role is Role.REGISTRAR]
    chosen = next((one for one in held if one.in_force(today)), held[0])
    return Actor(
        unit=registrar, role=Role.REGISTRAR, sphere=Sphere.COMMUNITY,
        accreditation=EventName.at(registrar, chosen.version),
    )  # fmt: skip


def well_known(context: str, command: str, first: EventName) -> UUID:
    """The id of a command that opens a ledger, told by the first record that it makes."""
    return named_stream("opening", f"{context}.{command}:{first}")


async def _say(
    office: Office, context: str, command: str, stream: StreamId, fields: Mapping[str, Any], because: str = ""
) -> None:
    version, _ = await office.states.state(context, stream)
    cmd = well_known(context, command, EventName.at(stream, version + 1))
    order = Order(
        context=context, command=command, fields=fields, cmd=cmd, actor=OPENING, caller="opening", stream=stream,
        note=Note(because=because, lang="en" if because else ""), client_named=True,
    )  # fmt: skip
    await office.give(order)
