"""Who sees a sealed value: officers of its audience and auditors, while they are in office; and why one is not seen."""

from datetime import date
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain.kernel import Actor, Role, StreamId, UnitId
from domain.ledger.records import opened_hash
from services.bootstrap import Services
from services.erasing import erase
from services.openings import Examined, Marks
from services.orders import Forbidden, Note
from services.readers import check_reader
from services.sealing import enclosed
from services.states import _Loaded
from services.store.ports import StoredRecord
from tests.services.test_handle import SINCE, give, person, services, unit

__all__ = ["services"]

GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"


async def named(services: Services, lyon: UnitId, cmd: UUID | None = None) -> StoredRecord:
    """The record of a person's accreditation."""
    made = await give(
        services, services.registrar, "units.accredit", lyon, cmd=cmd or uuid4(), role=Role.LIAISON_OFFICER,
        name="Ada Example", valid_from=SINCE, valid_until=None,
    )  # fmt: skip
    return (await services.store.streams([StreamId(lyon)], after=made.version - 1))[StreamId(lyon)][0]


async def seen(services: Services, record: StoredRecord, reader: Actor) -> Marks:
    await check_reader(services.office.states, reader, services.office.clock())
    return (await services.openings.opened([record], reader))[record.position]


async def auditor(services: Services) -> Actor:
    return await person(services, await unit(services, "Court of audit"), Role.AUDITOR)


async def test_officers_of_the_unit_and_auditors_see_it_and_nobody_else(services: Services) -> None:
    lyon, paris = await unit(services, "Lyon"), await unit(services, "Paris")
    record = await named(services, lyon)
    digest = services.codec.event(record).name
    for reader in (await person(services, lyon, Role.LIAISON_OFFICER), await auditor(services)):
        marks = await seen(services, record, reader)
        assert marks.opened["/name"].value == b'"Ada Example"'
        assert opened_hash(marks.opened["/name"].salt, marks.opened["/name"].value) == digest
        assert not marks.erased
        assert not marks.missing
    for other in (await person(services, paris, Role.AUTHORISED_SIGNATORY), services.registrar):
        assert await seen(services, record, other) == Marks(), "not even that it is there or gone"
    assert await services.openings.public([record]) == {}


async def test_whoever_is_not_in_office_any_more_sees_nothing(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    record = await named(services, lyon)
    past = await person(services, lyon, Role.LIAISON_OFFICER, until=date(2026, 2, 1))
    with pytest.raises(Forbidden):
        await seen(services, record, past)
    revoked = await person(services, lyon, Role.LIAISON_OFFICER)
    await seen(services, record, revoked)
    # Another process revokes it: what this one has kept of the unit is old news.
    version, state = await services.office.states.state("units", StreamId(lyon))
    await give(
        services, services.registrar, "units.revoke-accreditation", lyon, accreditation=revoked.accreditation,
        note=Note(because="Left the city.", lang="en"),
    )  # fmt: skip
    services.office.states.forget([lyon])
    services.office.states._keep(StreamId(lyon), _Loaded("units", version, state))
    with pytest.raises(Forbidden):
        await seen(services, record, revoked)


async def test_what_was_erased_is_said_to_everybody_and_missing_to_nobody(services: Services) -> None:
    lyon, ada = await unit(services, "Lyon"), uuid4()
    record = await named(services, lyon, ada)
    reader = await person(services, lyon, Role.LIAISON_OFFICER)
    before = (await services.store.head()).size - 1
    await erase(services.office, services.registrar, ada, GDPR)
    for marks in (
        (await services.openings.public([record]))[record.position], await seen(services, record, reader),
        await seen(services, record, services.registrar),
    ):  # fmt: skip
        assert marks.erased["/name"].basis == GDPR
        assert not marks.opened
        assert not marks.missing
    assert await services.openings.public([record], before) == {}, "as of then nothing was erased"
    assert await services.openings.public([record], before + 1) != {}


async def test_a_value_that_is_gone_without_an_erasure_is_missed(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    reader = await auditor(services)
    no_key, no_row, altered, moved, one, other = [await named(services, lyon, UUID(int=n)) for n in range(101, 107)]
    services.office.keyring.delete(UUID(int=101))
    owner = await asyncpg.connect(services.config.database_url)
    await owner.execute("delete from ledger.openings where subject = $1", UUID(int=102))
    await owner.execute(
        "update ledger.openings set cipher = set_byte(cipher, 20, get_byte(cipher, 20) # 1) where subject = $1",
        UUID(int=103),
    )
    # Encrypted anew by somebody who has the key, but with another name than the one that was sealed.
    key = services.office.keyring.find(UUID(int=104))
    assert key is not None
    await owner.execute("update ledger.openings set cipher = $1 where subject = $2", _forged(key, moved), UUID(int=104))
    await owner.close()
    records = [no_key, no_row, altered, moved, one, other]
    marks = await services.openings.opened(records, reader)
    said = [dict(marks[record.position].missing) for record in records]
    assert said == [
        {"/name": "key-missing"}, {"/name": "opening-missing"}, {"/name": "opening-altered"},
        {"/name": "opening-differs"}, {}, {},
    ]  # fmt: skip


async def test_all_that_is_sealed_is_examined(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    for number in range(101, 105):
        await named(services, lyon, UUID(int=number))
    await erase(services.office, services.registrar, UUID(int=101), GDPR)
    assert await services.openings.examined() == Examined(4, 1, {}), "the first registrar's name is sealed as well"
    services.office.keyring.make(UUID(int=101))
    services.office.keyring.delete(UUID(int=102))
    owner = await asyncpg.connect(services.config.database_url)
    await owner.execute("delete from ledger.openings where subject = $1", UUID(int=103))
    await owner.close()
    faults = {"key-missing": 1, "key-of-erased": 1, "opening-missing": 1}
    assert await services.openings.examined() == Examined(2, 1, faults)


async def test_a_page_asks_each_table_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    lyon = await unit(services, "Lyon")
    records = [await named(services, lyon) for _ in range(12)]
    reader = await person(services, lyon, Role.LIAISON_OFFICER)
    asked, fetch = list[str](), type(services.store)._fetch

    async def counted(store: object, query: str, *values: object) -> object:
        asked.append(query)
        return await fetch(store, query, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(type(services.store), "_fetch", counted)
    assert len(await services.openings.opened(records, reader)) == 12
    assert len(asked) == 2
    asked.clear()
    await services.openings.public(records)
    assert len(asked) == 1
    asked.clear()
    plain = await services.store.records(limit=1)
    asked.clear()
    assert await services.openings.public(plain) == {}
    assert asked == [], "where nothing is sealed nothing is asked"


def _forged(key: bytes, record: StoredRecord) -> bytes:
    return enclosed(key, f"{record.stream}/{record.version}/name", b"s" * 32, b'"Eve Example"')
