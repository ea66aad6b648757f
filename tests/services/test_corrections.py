"""A correction says what it corrects, why and on what evidence; both accounts stay, on both time axes."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from domain.commitments.words import Milestone
from domain.kernel import Attached, EventName, PartialDate, Refused, Role, Sphere, UnitId, Words
from domain.units import Kind
from services.bootstrap import Services, assemble
from services.orders import Answer, Note
from services.views.ports import Query
from tests.services.test_handle import config, give, person, propose, size

WRONG, RIGHT = Words({"en": "Lyons"}), Words({"en": "Lyon"})
GAZETTE = Attached("ab" * 32, 1024, "application/pdf", "Official gazette no. 7")
SINCE = PartialDate("2012-05-01")


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with assemble(config(database_url, tmp_path)) as found:
        yield found


def correcting(name: EventName, **said: Any) -> Note:
    fields: dict[str, Any] = {"because": "The clerk misread it.", "lang": "en", "basis": "Directory Act, art. 9"}
    return Note(corrects=name, effective_on=SINCE, **{**fields, **said})


async def rename(services: Services, lyon: UnitId, note: Note) -> Answer:
    return await give(services, services.registrar, "units.rename", lyon, note=note, name=RIGHT)


async def registered(services: Services) -> tuple[UnitId, EventName]:
    answer = await give(
        services, services.registrar, "units.register", note=Note(effective_on=PartialDate("2010-01-01")), name=WRONG,
        sphere=Sphere.LOCAL, kind=Kind.MUNICIPALITY, jurisdiction="FR", time_zone="Europe/Paris",
        alive_from=PartialDate("2010-01-01"), parent=None, identifiers=(), source=None,
    )  # fmt: skip
    return UnitId(answer.stream), EventName.at(answer.stream, 1)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"because": ""}, "reasons-required"),
        ({"because": "  \t"}, "reasons-required"),
        ({"basis": ""}, "evidence-required"),
        ({"basis": "", "documents": ()}, "evidence-required"),
    ],
)
async def test_without_reason_or_evidence_nothing_is_corrected(
    services: Services, said: dict[str, Any], code: str
) -> None:
    lyon, name = await registered(services)
    before = await size(services)
    with pytest.raises(Refused) as refused:
        await rename(services, lyon, correcting(name, **said))
    assert refused.value.code == code
    assert await size(services) == before


async def test_only_what_was_recorded_in_that_context_can_be_corrected(services: Services) -> None:
    lyon, _ = await registered(services)
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    promise = await propose(services, officer)
    before = await size(services)
    nowhere = EventName("00000000-0000-0000-0000-000000000001/1")
    for name in (EventName.at(lyon, 7), nowhere, EventName.at(promise.stream, 1)):
        with pytest.raises(Refused) as refused:
            await rename(services, lyon, correcting(name))
        assert refused.value.code == "correction-unknown"
    assert await size(services) == before


async def test_a_document_alone_is_evidence_and_the_record_names_it(services: Services) -> None:
    lyon, name = await registered(services)
    answer = await rename(services, lyon, correcting(name, basis="", documents=(GAZETTE,)))
    stored = (await services.store.streams([lyon]))[lyon][-1]
    record = services.codec.decode(stored)
    assert (record.version, record.corrects, record.documents) == (answer.version, name, (GAZETTE,))
    assert (record.because, record.effective_on) == ("The clerk misread it.", SINCE)
    assert msgspec.json.decode(stored.state)["corrects"] == name


async def test_a_record_of_another_stream_is_corrected_on_its_version_of_then(services: Services) -> None:
    """What is corrected is read: the record says which version of the other stream it rested on."""
    lyon, _ = await registered(services)
    other, name = await registered(services)
    await rename(services, lyon, correcting(name))
    state = msgspec.json.decode((await services.store.streams([lyon]))[lyon][-1].state)
    assert [str(other), 1] in state["reads"]


async def test_every_context_corrects_by_the_same_mechanism(services: Services) -> None:
    lyon, _ = await registered(services)
    officer = await person(services, lyon, Role.LIAISON_OFFICER)
    promise = await propose(services, officer)
    step: dict[str, Any] = {"milestone": Milestone(Words({"en": "A tree."}), date(2030, 1, 8), lyon)}
    name = EventName.at(promise.stream, 1)
    with pytest.raises(Refused) as refused:
        await give(
            services, officer, "commitments.add-milestone", promise.stream, note=correcting(name, basis=""), **step
        )
    assert refused.value.code == "evidence-required"
    await give(services, officer, "commitments.add-milestone", promise.stream, note=correcting(name), **step)
    (row,) = await rows(services, "corrections")
    assert (row["corrects"], row["context"], row["basis"]) == (name, "commitments", "Directory Act, art. 9")


async def rows(services: Services, view: str) -> list[dict[str, Any]]:
    head = await size(services) - 1
    assert await services.views.reached(view, head, 20)
    return [msgspec.json.decode(item) for item in (await services.views.page(view, Query())).items]


async def named(services: Services, lyon: UnitId, as_of: int | None, valid_at: date | None) -> str:
    query = Query(as_of=as_of, valid_at=valid_at)
    items = [msgspec.json.decode(item) for item in (await services.views.page("units", query)).items]
    (found,) = [item["name"] for item in items if item["key"] == str(lyon)]
    return str(found)


async def test_a_correction_shows_on_both_time_axes(services: Services) -> None:
    lyon, name = await registered(services)
    before = await size(services) - 1
    answer = await rename(services, lyon, correcting(name))
    assert await services.views.reached("units", answer.receipt.first, 20)
    # What the register said then, it still says it said then: of that day and of every other.
    assert "Lyons" in await named(services, lyon, before, None)
    assert "Lyons" in await named(services, lyon, before, date(2015, 1, 1))
    # What it says now of a day in the past is corrected, from the day on from which it counts.
    assert "Lyons" not in await named(services, lyon, None, date(2015, 1, 1))
    assert "Lyons" in await named(services, lyon, None, date(2011, 1, 1))
    assert "Lyons" not in await named(services, lyon, None, None)
    (row,) = await rows(services, "corrections")
    assert (row["corrects"], row["by"]) == (name, EventName.at(lyon, answer.version))
    assert row["effective_on"] == SINCE
