"""Erasing a subject: whatever dies in between, in the end record, row and key agree; and nobody can try names."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain.erasures import SubjectErased
from domain.kernel import Actor, EventName, Refused, Role, StreamId, UnitId
from services.bootstrap import Services, assemble
from services.erasing import erase, finish_erasures, subject_named
from services.handle import fingerprint
from services.identity.bound import Kind
from services.keyring import FolderKeyring
from services.openings import erased_subjects
from services.orders import Answer, Forbidden, Order
from services.sealing import keyed
from services.store.ports import CommandReused, Filter, Unavailable
from tests.services.store_faults.proxy import Cut, Wire, wired
from tests.services.test_handle import SINCE, config, give, services, unit

__all__ = ["services"]

GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"


async def accredited(
    services: Services, lyon: UnitId, name: str = "Ada Example", *, cmd: UUID | None = None, until: date | None = None
) -> Answer:
    return await give(
        services, services.registrar, "units.accredit", lyon, cmd=cmd or uuid4(), role=Role.LIAISON_OFFICER, name=name,
        valid_from=SINCE, valid_until=until,
    )  # fmt: skip


async def erasures(services: Services) -> list[UUID]:
    return [subject async for subject in erased_subjects(services.store, services.codec)]


async def left(services: Services, subject: UUID) -> tuple[int, bool]:
    """How many rows, and whether a key."""
    return len(await services.store.openings_about(subject)), services.office.keyring.has(subject)


async def test_an_erasure_takes_rows_and_key_and_leaves_a_record(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    ada, ben = uuid4(), uuid4()
    made = await accredited(services, lyon, cmd=ada)
    await accredited(services, lyon, "Ben Example", cmd=ben)
    assert await left(services, ada) == await left(services, ben) == (1, True)
    assert await subject_named(services.store, f"{lyon}/{made.version}") == ada
    await erase(services.office, services.registrar, ada, GDPR)
    assert await left(services, ada) == (0, False)
    assert await left(services, ben) == (1, True)
    [record] = await services.store.records(where=Filter(types=("subject-erased.1",)))
    event = services.codec.event(record)
    assert isinstance(event, SubjectErased)
    assert [(one.record, one.path) for one in event.fields] == [(f"{lyon}/{made.version}", "/name")]
    assert event.basis == GDPR
    assert b"Ada" not in record.state


async def test_name_and_contact_go_together(services: Services) -> None:
    lyon, ada = await unit(services, "Lyon"), uuid4()
    made = await give(
        services, services.registrar, "units.accredit", lyon, cmd=ada, role=Role.LIAISON_OFFICER, name="Ada Example",
        valid_from=SINCE, valid_until=None, contact="ada@example.org",
    )  # fmt: skip
    assert {text for _, text in await services.openings.about(ada)} == {"Ada Example", "ada@example.org"}
    record = (await services.store.streams([StreamId(lyon)], after=made.version - 1))[StreamId(lyon)][0]
    assert b"ada@" not in record.state
    await erase(services.office, services.registrar, ada, GDPR)
    assert await left(services, ada) == (0, False)
    assert set((await services.openings.public([record]))[record.position].erased) == {"/contact", "/name"}


async def test_erasing_again_records_nothing(services: Services) -> None:
    ada = uuid4()
    await accredited(services, await unit(services, "Lyon"), cmd=ada)
    await erase(services.office, services.registrar, ada, GDPR)
    size = (await services.store.head()).size
    assert (await erase(services.office, services.registrar, ada, "Another law")).events == ()
    assert (await services.store.head()).size == size


async def test_what_was_never_sealed_is_not_erased(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    subject = await subject_named(services.store, f"{lyon}/1")
    assert subject is not None
    with pytest.raises(Refused) as refused:
        await erase(services.office, services.registrar, subject, GDPR)
    assert refused.value.code == "nothing-sealed"
    assert await subject_named(services.store, f"{lyon}/99") is None
    assert await subject_named(services.store, "Ada Example") is None


async def test_only_a_registrar_erases(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    ada = uuid4()
    made = await accredited(services, lyon, cmd=ada)
    officer = Actor(unit=lyon, role=Role.LIAISON_OFFICER, accreditation=_name(made))
    with pytest.raises(Forbidden):
        await erase(services.office, officer, ada, GDPR)
    assert await left(services, ada) == (1, True)


async def test_the_note_of_a_token_goes_with_the_name(services: Services) -> None:
    lyon = await unit(services, "Lyon")
    made, other = await accredited(services, lyon), await accredited(services, lyon)
    for answer in (made, other):
        officer = Actor(unit=lyon, role=Role.LIAISON_OFFICER, accreditation=_name(answer))
        await services.tokens.issue(officer, date.resolution, "for Ada Example")
    subject = await subject_named(services.store, str(_name(made)))
    assert subject is not None
    await erase(services.office, services.registrar, subject, GDPR)
    notes = {token.accreditation: token.note for token in await services.tokens.all()}
    assert notes == {_name(made): "", _name(other): "for Ada Example"}


async def bound(services: Services, person: UUID, made: Answer) -> UUID:
    officer = Actor(unit=UnitId(made.stream), role=Role.LIAISON_OFFICER, accreditation=_name(made))
    one = await services.identities.bind(
        "https://login.example", Kind.PERSON, str(person), officer, person, timedelta(days=1)
    )
    assert one is not None
    return one.id


async def test_whom_a_provider_knows_is_forgotten_however_the_erasure_came(services: Services) -> None:
    lyon, ada, ben = await unit(services, "Lyon"), uuid4(), uuid4()
    ids = [await bound(services, one, await accredited(services, lyon, cmd=one)) for one in (ada, ben)]
    # As the registrar gives it over HTTP or by a form: no verb is there to end the binding.
    await erase(services.office, services.registrar, ada, GDPR)
    assert [one.id for one in await services.identities.all()] == ids[1:]
    assert [services.office.keyring.has(id) for id in ids] == [False, True]
    # Whoever was bound once more, or comes back from a backup, goes at the next start.
    await erase(services.office, services.registrar, ben, GDPR)
    again = await bound(services, ben, await accredited(services, lyon))
    await finish_erasures(services.store, services.codec, services.office.keyring, services.identities)
    assert await services.identities.all() == []
    assert not services.office.keyring.has(again)


async def test_a_repeated_command_is_told_from_another_until_its_subject_is_erased(services: Services) -> None:
    lyon, ada = await unit(services, "Lyon"), uuid4()
    first = await accredited(services, lyon, cmd=ada)
    again = await accredited(services, lyon, cmd=ada)
    assert (again.version, again.repeated) == (first.version, True)
    with pytest.raises(CommandReused):
        await accredited(services, lyon, "Eve Example", cmd=ada)
    await erase(services.office, services.registrar, ada, GDPR)
    for name in ("Ada Example", "Eve Example"):
        with pytest.raises(CommandReused):
            await accredited(services, lyon, name, cmd=ada)
    assert await left(services, ada) == (0, False), "no key comes back"


async def test_what_is_kept_of_a_request_is_no_oracle(services: Services) -> None:
    """Somebody with the database and this code tries the right name, and sees nothing."""
    lyon, ada = await unit(services, "Lyon"), uuid4()
    await accredited(services, lyon, cmd=ada)
    kept = await services.store.pool.fetchval("select fingerprint from ledger.commands where cmd = $1", ada)
    fields = {"role": Role.LIAISON_OFFICER, "name": "Ada Example", "valid_from": SINCE, "valid_until": None}
    order = Order("units", "accredit", fields, ada, services.registrar, "", stream=StreamId(lyon))
    key = services.office.keyring.find(ada)
    assert key is not None
    assert fingerprint(order, None) != kept
    assert keyed(key, fingerprint(order, None)) == fingerprint(order, key) == kept


# --- whoever dies in between ---


@asynccontextmanager
async def register(dsn: str, var: Path) -> AsyncIterator[Services]:
    async with assemble(config(dsn, var), workers=False) as found:
        yield found


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER], ids=["did not persist", "did persist"])
async def test_a_database_gone_at_the_commit(database_url: str, tmp_path: Path, cut: Cut) -> None:
    ada = uuid4()
    async with wired(database_url) as (dsn, wire):
        async with register(dsn, tmp_path) as services:
            await accredited(services, await unit(services, "Lyon"), cmd=ada)
            services.store.writer._patience = 0.2
            _cut(wire, cut)
            with pytest.raises(Unavailable):
                await erase(services.office, services.registrar, ada, GDPR)
            assert services.office.keyring.has(ada), "no key goes before its record is known to be there"
            wire.down = False
            persisted = cut is Cut.AFTER
            assert await erasures(services) == ([ada] if persisted else [])
            assert await left(services, ada) == (0 if persisted else 1, True)
            again = await erase(services.office, services.registrar, ada, GDPR)
            assert bool(again.events) is not persisted
            assert await left(services, ada) == (0, False)
        assert await _counted(database_url) == 1


def _cut(wire: Wire, cut: Cut) -> None:
    wire.arm(b"subject-erased.1", cut)
    wire.down = True


async def _counted(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("select count(*) from ledger.records where type = 'subject-erased.1'"))
    finally:
        await connection.close()


@pytest.mark.parametrize("persists", [False, True], ids=["before the key is gone", "after the key is gone"])
async def test_a_process_that_dies_at_the_key(database_url: str, tmp_path: Path, persists: bool) -> None:
    ada = uuid4()
    delete = FolderKeyring.delete

    class Dies(BaseException):
        pass

    def dying(keyring: FolderKeyring, subject: UUID) -> bool:
        if persists:
            delete(keyring, subject)
        raise Dies

    async with register(database_url, tmp_path) as services:
        await accredited(services, await unit(services, "Lyon"), cmd=ada)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FolderKeyring, "delete", dying)
            with pytest.raises(Dies):
                await erase(services.office, services.registrar, ada, GDPR)
        assert services.office.keyring.has(ada) is not persists
    async with register(database_url, tmp_path) as services:
        assert await left(services, ada) == (0, False), "the start finished it"
        assert await erasures(services) == [ada]


async def test_a_key_that_cannot_be_deleted_is_said_and_deleted_by_the_next_try(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = uuid4()
    await accredited(services, await unit(services, "Lyon"), cmd=ada)

    def broken(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", broken)
        with pytest.raises(Unavailable, match=r"key is still there.*Read-only") as said:
            await erase(services.office, services.registrar, ada, GDPR)
    assert said.value.recorded is True
    assert await left(services, ada) == (0, True)
    assert (await erase(services.office, services.registrar, ada, GDPR)).events == ()
    assert await left(services, ada) == (0, False)


async def test_a_caller_who_gives_up_leaves_no_key(services: Services) -> None:
    """The record may come all the same; then the key is the next start's."""
    ada = uuid4()
    await accredited(services, await unit(services, "Lyon"), cmd=ada)
    giving = asyncio.ensure_future(erase(services.office, services.registrar, ada, GDPR))
    await asyncio.sleep(0.005)
    giving.cancel()
    await asyncio.wait([giving])
    await asyncio.sleep(0.2)
    recorded = await erasures(services) == [ada]
    await finish_erasures(services.store, services.codec, services.office.keyring, services.identities)
    assert await left(services, ada) == ((0, False) if recorded else (1, True))


async def test_an_erased_key_that_a_backup_brought_back_goes_at_the_next_start(
    database_url: str, tmp_path: Path
) -> None:
    ada = uuid4()
    async with register(database_url, tmp_path) as services:
        await accredited(services, await unit(services, "Lyon"), cmd=ada)
        key = services.config.keyring / f"{ada}.key"
        copy = key.read_bytes()
        await erase(services.office, services.registrar, ada, GDPR)
        assert not key.exists()
        key.write_bytes(copy)
    async with register(database_url, tmp_path):
        assert not key.exists()


def _name(answer: Answer) -> EventName:
    return EventName.at(answer.stream, answer.version)
