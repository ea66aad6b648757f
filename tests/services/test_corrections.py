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
from domain.units.events import Particulars
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
    fields: dict[str, Any] = {
        "because": "The clerk misread it.", "lang": "en", "basis": "Directory Act, art. 9", "effective_on": SINCE,
    }  # fmt: skip
    return Note(corrects=name, **{**fields, **said})


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
    ("said", "code", "fields"),
    [
        ({"because": ""}, "reasons-required", ("because",)),
        ({"because": "  \t"}, "reasons-required", ("because",)),
        ({"basis": ""}, "evidence-required", ("basis", "documents")),
        ({"basis": "", "documents": ()}, "evidence-required", ("basis", "documents")),
    ],
)
async def test_without_reason_or_evidence_nothing_is_corrected(
    services: Services, said: dict[str, Any], code: str, fields: tuple[str, ...]
) -> None:
    lyon, name = await registered(services)
    before = await size(services)
    with pytest.raises(Refused) as refused:
        await rename(services, lyon, correcting(name, **said))
    assert (refused.value.code, refused.value.fields) == (code, fields)
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
        assert (refused.value.code, refused.value.fields) == ("correction-unknown", ("corrects",))
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


async def test_nobody_corrects_what_others_recorded_from_a_history_of_their_own(services: Services) -> None:
    """It would stand in public under the other's thing for ever, and count from that one's day."""
    (lyon, _), (gent, _) = await registered(services), await registered(services)
    ours, theirs = [await person(services, unit, Role.LIAISON_OFFICER) for unit in (lyon, gent)]
    promise, before = await propose(services, theirs), await size(services)
    name = EventName.at(promise.stream, 1)
    with pytest.raises(Refused) as refused:
        await propose(services, ours, note=correcting(name))
    assert (refused.value.code, refused.value.facts["unit"]) == ("correction-of-others", gent)
    assert refused.value.fields == ("corrects",)
    assert await size(services) == before
    await propose(services, theirs, note=correcting(name))
    (row,) = await rows(services, "corrections")
    assert (row["stream"], row["unit"]) == (str(promise.stream), str(gent))


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


# --- `correct`: what was typed wrongly ---


async def put_right(
    services: Services, unit: UnitId, version: int = 1, *, on: str | None = None, **changes: Any
) -> int:
    """The position from which on the directory knows better."""
    note = Note(
        corrects=EventName.at(unit, version), because="A slip of the pen.", lang="en", documents=(GAZETTE,),
        effective_on=None if on is None else PartialDate(on),
    )  # fmt: skip
    answer = await give(services, services.registrar, "units.correct", unit, note=note, corrects=note.corrects,
                        changes=Particulars(**changes))  # fmt: skip
    assert await services.views.reached("units", answer.receipt.first, 20)
    return answer.receipt.first


async def held(services: Services, unit: UnitId, day: str, as_of: int | None = None) -> dict[str, Any] | None:
    """What the directory says of a day in law."""
    query = Query(as_of=as_of, valid_at=date.fromisoformat(day))
    items = [msgspec.json.decode(item) for item in (await services.views.page("units", query)).items]
    return next((item for item in items if item["key"] == str(unit)), None)


async def test_a_correction_counts_from_the_day_of_what_it_corrects(services: Services) -> None:
    lyon, name = await registered(services)
    note = correcting(name, effective_on=None)
    answer = await rename(services, lyon, note)
    record = services.codec.decode((await services.store.streams([lyon]))[lyon][-1])
    assert (record.corrects, record.effective_on) == (name, "2010-01-01")
    assert await services.views.reached("units", answer.receipt.first, 20)
    assert "Lyons" not in await named(services, lyon, None, date(2011, 1, 1))


async def test_of_a_record_of_nobody_knows_when_it_counts_from_the_day_it_was_made(services: Services) -> None:
    lyon, _ = await registered(services)
    unknown = Note(effective_on=PartialDate("unknown"))
    await give(services, services.registrar, "units.rename", lyon, note=unknown, name=Words({"en": "Lion"}))
    answer = await rename(services, lyon, correcting(EventName.at(lyon, 2), effective_on=None))
    *_, before, after = (await services.store.streams([lyon]))[lyon]
    assert services.codec.decode(after).effective_on == str(services.codec.decode(before).at.date())
    assert answer.version == 3


async def test_what_was_entered_wrongly_was_wrong_from_the_units_first_day_on(services: Services) -> None:
    lyon, _ = await registered(services)
    before = await size(services) - 1
    await put_right(services, lyon, kind=Kind.COUNTY, time_zone="Europe/Berlin")
    for day in ("2010-01-01", "2020-01-01"):
        now, then = await held(services, lyon, day), await held(services, lyon, day, before)
        assert now is not None
        assert then is not None
        assert (now["kind"], now["time_zone"]) == ("county", "Europe/Berlin")
        assert (then["kind"], then["time_zone"]) == ("municipality", "Europe/Paris")
    (row,) = await rows(services, "corrections")
    assert row["changed"] == [
        {"field": "kind", "before": "municipality", "after": "county"},
        {"field": "time_zone", "before": "Europe/Paris", "after": "Europe/Berlin"},
    ]


@pytest.mark.parametrize("on", [None, "2026-01-01"], ids=["by default", "from a day"])
async def test_a_first_day_that_was_too_late_is_an_earlier_one(services: Services, on: str | None) -> None:
    lyon, _ = await registered(services)
    before = await size(services) - 1
    await put_right(services, lyon, on=on, alive_from=PartialDate("1790"))
    assert await held(services, lyon, "1789-12-31") is None
    for day in ("1790-01-01", "2009-12-31", "2010-01-01"):
        row = await held(services, lyon, day)
        assert row is not None
        assert (row["alive_from"], row["name"]["en"]) == ("1790", "Lyons")
    assert await held(services, lyon, "1790-01-01", before) is None


@pytest.mark.parametrize("on", [None, "2026-01-01"], ids=["by default", "from a day"])
async def test_a_first_day_that_was_too_early_is_a_later_one_and_nothing_since_is_lost(
    services: Services, on: str | None
) -> None:
    lyon, _ = await registered(services)
    await give(
        services, services.registrar, "units.rename", lyon, note=Note(effective_on=PartialDate("2011-05-01")),
        name=Words({"en": "Lyon"}),
    )  # fmt: skip
    before = await size(services) - 1
    await put_right(services, lyon, on=on, alive_from=PartialDate("2012-03-01"))
    for day in ("2010-01-01", "2011-05-01", "2012-02-29"):
        assert await held(services, lyon, day) is None
        assert await held(services, lyon, day, before) is not None
    row = await held(services, lyon, "2012-03-01")
    assert row is not None
    assert (row["alive_from"], row["name"]["en"]) == ("2012-03-01", "Lyon")
    # And once more: what was put right last counts, of every day.
    await put_right(services, lyon, on=on, alive_from=PartialDate("2010-06-01"))
    early, then = await held(services, lyon, "2010-06-01"), await held(services, lyon, "2011-05-01")
    assert early is not None
    assert then is not None
    assert [early["name"]["en"], then["name"]["en"]] == ["Lyons", "Lyon"]
    assert await held(services, lyon, "2010-05-31") is None


async def test_what_is_told_of_it_later_counts_by_the_right_first_day(services: Services) -> None:
    lyon, _ = await registered(services)
    await put_right(services, lyon, alive_from=PartialDate("2012-03-01"))
    for day, name in (("2011-01-01", "Before"), ("2013-01-01", "After")):
        note = Note(effective_on=PartialDate(day))
        await give(services, services.registrar, "units.rename", lyon, note=note, name=Words({"en": name}))
    answer = await put_right(services, lyon, kind=Kind.COUNTY)
    assert answer
    assert await held(services, lyon, "2011-01-01") is None
    said = [await held(services, lyon, day) for day in ("2012-03-01", "2013-01-01")]
    assert [row and (row["name"]["en"], row["kind"]) for row in said] == [("Before", "county"), ("After", "county")]
