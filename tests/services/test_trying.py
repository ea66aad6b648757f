"""Commands that are tried: what they would record is what they record, and nothing is written meanwhile."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from domain.contexts import CONTEXTS
from domain.kernel import Actor, PartialDate, Refused, Role, Sphere, StreamId, Words
from domain.units import Identifier, Kind
from services.bootstrap import Services
from services.deciding import Drafted
from services.handle import Office
from services.orders import Answer, Order
from services.sealing import seals_of
from services.store.ports import CommandReused
from tests.services.acting import register
from tests.services.every_context import story_told, told
from tests.services.test_handle import SINCE, process, services, size, unit

__all__ = ["services"]

T = TypeVar("T")


async def everything(connection: "asyncpg.Connection[asyncpg.Record]") -> Mapping[str, str]:
    """What every table of the register holds, as a digest."""
    tables = await connection.fetch(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    )
    digest = "select md5(coalesce(string_agg(one::text, ' ' order by one::text), '')) from {} one"
    return {name: await connection.fetchval(digest.format(name)) for (name,) in tables}


@dataclass(slots=True)
class Trying:
    """Tries every order before it is given."""

    services: Services
    connection: "asyncpg.Connection[asyncpg.Record]"
    tried: dict[str, int] = field(default_factory=dict)

    async def give(self, order: Order) -> Answer:
        name = f"{order.context}.{order.command}"
        new = name not in self.tried
        before = await self._held() if new else None
        drafted = await _heard(self.services.office.try_out(order))
        if isinstance(drafted, Refused):
            real = await _heard(_GIVE(self.services.office, order))
            assert isinstance(real, Refused)
            assert (real.code, real.reason, real.policy) == (drafted.code, drafted.reason, drafted.policy)
            raise drafted
        assert isinstance(drafted, Drafted)
        if new:
            assert await self._held() == before, name
        answer = await _GIVE(self.services.office, order)
        assert (answer.stream, answer.version) == (drafted.stream, drafted.version + len(drafted.events))
        stored = (await self.services.store.streams([answer.stream], after=drafted.version))[answer.stream]
        recorded = [msgspec.json.decode(one.state) for one in stored]
        assert [_but_salt_and_time(one) for one in drafted.records()] == [_but_salt_and_time(one) for one in recorded]
        self.tried[name] = self.tried.get(name, 0) + len(recorded)
        return answer

    async def _held(self) -> Any:
        return await everything(self.connection), self.services.office.keyring.subjects()


_GIVE = Office.give


async def _heard(said: Awaitable[T]) -> T | Refused:
    try:
        return await said
    except Refused as refused:
        return refused


def _but_salt_and_time(record: dict[str, Any]) -> dict[str, Any]:
    """Salt is drawn anew each time: of what is sealed the places are compared."""
    record.pop("at", None)
    if asked := record.get("command"):
        context, _, name = asked["name"].partition(".")
        for one in seals_of(CONTEXTS[context].commands[name].command):
            asked["fields"].pop(one, None)
    return {**record, "sealed": sorted(record.get("sealed", {}))}


def test_what_is_tried_and_then_given_comes_to_the_same(database_url: str, tmp_path: Path) -> None:
    """In every context, with stories that meet most of its commands."""
    with asyncio.Runner() as runner:
        opened = register(database_url, tmp_path)
        services = runner.run(opened.__aenter__())
        connection = runner.run(asyncpg.connect(database_url))
        try:
            trying = Trying(services, connection)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Office, "give", lambda _, order: trying.give(order))
                runner.run(story_told(services))
                runner.run(told(services))
        finally:
            runner.run(connection.close())
            runner.run(opened.__aexit__(None, None, None))
    assert {name.partition(".")[0] for name in trying.tried} == set(CONTEXTS) - {"ledger", "attestations"}
    assert len([name for name, records in trying.tried.items() if records]) > 60


def order(actor: Actor, command: str, stream: UUID | None = None, cmd: UUID | None = None, **fields: Any) -> Order:
    context, _, name = command.partition(".")
    return Order(
        context=context, command=name, fields=fields, cmd=cmd or uuid4(), actor=actor, caller=str(actor.accreditation),
        stream=None if stream is None else StreamId(stream), client_named=cmd is not None,
    )  # fmt: skip


PLACE: Mapping[str, Any] = {
    "sphere": Sphere.LOCAL, "kind": Kind.MUNICIPALITY, "jurisdiction": "FR", "time_zone": "Europe/Paris",
    "alive_from": PartialDate("2000"), "parent": None, "source": None,
}  # fmt: skip


def town(services: Services, name: str, code: str, cmd: UUID | None = None) -> Order:
    said = {**PLACE, "name": Words({"en": name}), "identifiers": (Identifier("insee", code),)}
    return order(services.registrar, "units.register", cmd=cmd, **said)


async def test_a_word_that_others_hold_is_refused_as_it_would_be(services: Services) -> None:
    lyon, before = await unit(services, "Lyon", code="69123"), await size(services)
    with pytest.raises(Refused) as refused:
        await services.office.try_out(town(services, "Lyons", "69123"))
    assert (refused.value.code, refused.value.facts["held_by"]) == ("already-claimed", (lyon,))
    assert isinstance(await services.office.try_out(town(services, "Lyons", "69124")), Drafted)
    assert await size(services) == before


async def test_a_try_is_made_on_what_others_have_recorded_meanwhile(database_url: str, tmp_path: Path) -> None:
    async with process(database_url, tmp_path) as here, process(database_url, tmp_path) as there:
        lyon = await unit(here, "Lyon")
        accredited: dict[str, Any] = {
            "role": Role.AUDITOR,
            "name": "Ada Example",
            "valid_from": SINCE,
            "valid_until": None,
        }
        accredit = order(here.registrar, "units.accredit", lyon, **accredited)
        first = await here.office.try_out(accredit)
        await there.office.give(accredit)
        second = await here.office.try_out(replace(accredit, cmd=uuid4()))
        assert isinstance(first, Drafted)
        assert isinstance(second, Drafted)
        assert (first.version, second.version) == (1, 2)


async def test_the_id_of_a_command_is_not_used_up(services: Services) -> None:
    cmd = uuid4()
    tried = await services.office.try_out(town(services, "Lyon", "69123", cmd))
    given = await services.office.give(town(services, "Paris", "75056", cmd))
    assert isinstance(tried, Drafted)
    assert tried.stream == given.stream
    with pytest.raises(CommandReused):
        await services.office.try_out(town(services, "Lyon", "69123", cmd))
    again = await services.office.try_out(town(services, "Paris", "75056", cmd))
    assert isinstance(again, Answer)
    assert (again.stream, again.version, again.repeated) == (given.stream, given.version, True)


async def test_a_secret_that_was_tried_is_kept_nowhere(services: Services) -> None:
    lyon, keyring, cmd = await unit(services, "Lyon"), services.office.keyring, uuid4()
    accredited: dict[str, Any] = {
        "role": Role.AUDITOR,
        "name": "Ada Example",
        "valid_from": SINCE,
        "valid_until": SINCE,
    }
    accredit = order(services.registrar, "units.accredit", lyon, cmd, **accredited)
    await services.office.try_out(accredit)
    assert not keyring.has(cmd)
    await services.office.give(accredit)
    forget = order(services.registrar, "erasures.erase", subject=cmd, basis="Act 9, art. 2")
    tried = await services.office.try_out(forget)
    assert isinstance(tried, Drafted)
    assert keyring.has(cmd)
    assert [one async for batch in services.store.openings() for one in batch if one.subject == cmd]
    await services.office.give(forget)
    assert not keyring.has(cmd)
    with pytest.raises(CommandReused):
        await services.office.try_out(accredit)
