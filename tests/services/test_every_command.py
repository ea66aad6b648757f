"""Every command of every context, given well and badly by everybody: recorded or refused, the ledger stays whole."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from domain.contexts import CONTEXTS
from domain.kernel import Actor, EventName, Refused, Role, StreamId, UnitId
from projections.views import VIEWS
from services.bootstrap import Services
from services.handle import Office
from services.keys import load_or_make
from services.orders import Answer, Forbidden, Order, Stale, Unknown
from services.projector import opened_projector
from services.replaying import canonical, replay
from services.store.checkpoints import Notary
from services.store.ports import TooLarge
from services.views.ports import Query
from tests.services.acting import register
from tests.services.asking import COMMANDS, SYSTEMS, Asking, Known, Wanted
from tests.services.every_context import story_told, told

ROUNDS, ORDERS = 4, 600
"""Before each round another country is told, since units end, officers leave, and time passes."""
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(slots=True)
class Register:
    """A register in use, and what came of the orders that it was given."""

    services: Services
    known: Known
    people: dict[tuple[UnitId, Role], Actor]
    given: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)

    async def give(self, wanted: Wanted, number: int) -> None:
        """Gives an order; whatever is neither an answer nor a no that is documented is a surprise."""
        office, name = self.services.office, f"{wanted.context}.{wanted.command}"
        actor = await self._actor(wanted)
        order = Order(
            context=wanted.context, command=wanted.command, fields=wanted.fields, cmd=UUID(int=number), actor=actor,
            caller=str(actor.accreditation), stream=wanted.stream, note=wanted.note, expect=wanted.expect,
        )  # fmt: skip
        self.given[name] += 1
        before = await self.services.store.head()
        try:
            answer = await office.give(order)
        except Refused as refused:
            told = CODE.fullmatch(refused.code) and refused.reason.endswith((".", "?")) and refused.policy
            fault = "" if told else repr(refused)
            recorded = 0
        except (Forbidden, Unknown, Stale, TooLarge):
            fault, recorded = "", 0
        except Exception as error:
            fault, recorded = f"{type(error).__name__}: {error}", 0
        else:
            fault, recorded = "", len(answer.events)
            self._accepted(name, order, answer)
        after = await self.services.store.head()
        if after.size != before.size + recorded:
            fault += f" {after.size - before.size} records instead of {recorded}"
        if fault:
            self.surprises.append(f"{name}: {fault} <- {order}")

    def _accepted(self, name: str, order: Order, answer: Answer) -> None:
        self.accepted[name] += bool(answer.events)
        self.known.hear(order, answer.stream, answer.version - len(answer.events), answer.version)

    async def _actor(self, wanted: Wanted) -> Actor:
        """Somebody who may give it, as far as anybody may; or anybody."""
        by = CONTEXTS[wanted.context].commands[wanted.command]
        if wanted.fitting and not by.roles:
            return Actor(system=SYSTEMS[wanted.who % len(SYSTEMS)])
        people = list(self.people.values())
        if wanted.fitting:
            allowed = await self._allowed(wanted)
            fitting = [one for one in people if one.role is wanted.role and (allowed is None or one.unit in allowed)]
            people = fitting or people
        return people[wanted.who % len(people)]

    async def _allowed(self, wanted: Wanted) -> frozenset[UnitId] | None:
        by = CONTEXTS[wanted.context].commands[wanted.command]
        if by.acting_for is None:
            return None
        if isinstance(by.acting_for, str):
            return frozenset({wanted.fields[by.acting_for]})
        state: Any = CONTEXTS[wanted.context].decider.initial
        if wanted.stream is not None:
            _, state = await self.services.office.states.state(wanted.context, wanted.stream)
        return by.acting_for(SimpleNamespace(**wanted.fields), state)

    async def listen(self, tell: Callable[[Services], Awaitable[None]]) -> None:
        """A history is told; what is said in it is the pattern for what is asked later."""
        give = Office.give

        async def listened(office: Office, order: Order) -> Answer:
            answer = await give(office, order)
            self.known.hear(order, answer.stream, answer.version - len(answer.events), answer.version)
            if order.command == "accredit":
                unit, role = UnitId(answer.stream), order.fields["role"]
                self.people[unit, role] = Actor(unit=unit, role=role, accreditation=EventName.at(unit, answer.version))
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Office, "give", listened)
            await tell(self.services)

    async def time_passes(self, days: int) -> None:
        """The clock and the reactions do what there is to do."""
        then = self.services.office.clock() + timedelta(days=days)
        self.services.office.clock = lambda: then
        await self.services.workers.catch_up()


def test_every_command_is_recorded_or_refused_and_never_half(database_url: str, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        opened = register(database_url, tmp_path)
        services = runner.run(opened.__aenter__())
        try:
            here = Register(services, Known(), {(registrar_of(services), Role.REGISTRAR): services.registrar})
            runner.run(here.listen(story_told))
            for number in range(ROUNDS):
                runner.run(here.listen(told))
                _drive(here, runner, number)
            assert here.surprises == []
            runner.run(here.time_passes(400))
            runner.run(_whole(here, database_url))
            assert len(+here.accepted) > 20, "most of it was refused: it says little"
        finally:
            runner.run(opened.__aexit__(None, None, None))


def registrar_of(services: Services) -> UnitId:
    assert services.registrar.unit is not None
    return services.registrar.unit


def _drive(here: Register, runner: asyncio.Runner, number: int) -> None:
    asking, numbers = Asking(here.known), iter(range(number * 10**6 + 1, 10**9))

    @seed(number)
    @settings(
        max_examples=ORDERS, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(COMMANDS).flatmap(asking.order), st.integers(0, 99))
    def give(wanted: Wanted, chance: int) -> None:
        runner.run(here.give(wanted, next(numbers)))
        if chance == 57:
            runner.run(here.time_passes(20))

    give()


async def _whole(here: Register, dsn: str) -> None:
    """Positions and versions dense, the tree as signed, every stream and every view folds, nothing was left undone."""
    services = here.services
    notary = Notary(services.config.origin, load_or_make(services.config.signing_key, may_make=False))
    replayed = await replay(services.store, services.codec, services.contexts, notary)
    assert replayed.faults == []
    assert replayed.folded == replayed.records
    fresh = Office(services.store, services.codec, services.contexts, services.office.keyring)
    for stream, (context, version, state) in replayed.states.items():
        for office in (services.office, fresh):
            assert await office.states.state(context, StreamId(stream)) == (version, state)
        assert canonical(state)
    async with opened_projector(dsn, VIEWS, services.codec) as projector:
        while any(one.alive and one.position < one.head for one in await projector.health()):
            await asyncio.sleep(0.05)
        assert [one.error for one in await projector.health() if one.error or not one.alive] == []
    for view in VIEWS:
        assert (await services.views.page(view.name, Query(limit=5))).items is not None
    assert not any(one.error for one in await services.workers.health())
    connection = await asyncpg.connect(dsn)
    try:
        undone = await connection.fetch("select context, said from workers.agenda where said <> ''")
        refused = await connection.fetch("select reaction, code, reason from workers.refused")
    finally:
        await connection.close()
    assert [tuple(row) for row in undone] == []
    assert [tuple(row) for row in refused] == []
