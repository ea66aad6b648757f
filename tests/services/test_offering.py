"""Before anything is said of a command it is known whether a thing admits it: never a no to what may be recorded."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from domain.contexts import CONTEXTS
from domain.kernel import Role
from services.handle import Office
from services.offering import MAY, Prospect, prospect
from services.orders import Answer, Order
from tests.services.acting import promise, register, unit_of
from tests.services.every_context import story_told, told
from tests.services.test_handle import person


async def test_what_was_recorded_had_been_offered_just_before(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, denied, asked = Office.give, list[str](), Counter[str]()

    async def ask_first(office: Office, order: Order) -> Answer:
        context, named = CONTEXTS[order.context], f"{order.context}.{order.command}"
        by, found = context.commands[order.command], MAY
        if order.stream is not None and by.roles and not by.starts:
            found = await prospect(office, context, order.command, order.actor, order.stream)
            asked[named] += 1
        answer = await record(office, order)
        if answer.events and not found.may and not _of_the_past(order, office.clock().date()):
            denied.append(f"{named}: {found.why}")
        return answer

    async with register(database_url, tmp_path) as services:
        monkeypatch.setattr(Office, "give", ask_first)
        await story_told(services)
        await told(services)
    assert denied == []
    assert len(asked) > 40, "of most commands it says nothing"


def _of_the_past(order: Order, today: date) -> bool:
    """Whether it counts from an earlier day: what is told is what holds today."""
    said = order.note.effective_on
    day = None if said is None else said.latest()
    return day is not None and day < today


async def test_a_thing_tells_what_it_does_not_admit_and_why(database_url: str, tmp_path: Path) -> None:
    async with register(database_url, tmp_path) as services:
        unit = await unit_of(services, "Lyon")
        stream, signatory = await promise(services, unit, date(2027, 5, 1))

        async def says(command: str) -> Prospect:
            return await prospect(services.office, CONTEXTS["commitments"], command, signatory, stream)

        assert await says("report-progress") == MAY
        assert await says("deliver-report") == MAY, "the plan may be, and a monitoring report not yet"
        assert await says("complete-milestone") == MAY
        adopted = Prospect(may=False, why="The commitment has already been adopted.")
        assert await says("adopt") == adopted
        assert (await says("add-party")) == MAY, "the rule asks first whom"
        assert not (await says("confirm-source")).may
        other = await unit_of(services, "Paris")
        stranger = await person(services, other, Role.AUTHORISED_SIGNATORY)
        found = await prospect(services.office, CONTEXTS["commitments"], "adopt", stranger, stream)
        assert found == Prospect(may=False, why="This command is for officers of another unit.")
