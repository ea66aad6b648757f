"""An embargo in a running register: nobody reads the text before its day, everybody after it, and auditors check it."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from domain.annexes import AnnexDeadlineMet, AnnexLapsed, AnnexReleased, AnnexSealed, fits
from domain.contexts import CONTEXTS
from domain.kernel import Actor, EventName, PartialDate, Refused, Role, StreamId, UnitId, Words
from domain.ledger.findings import Verdict
from domain.ledger.records import canonical
from services.audit.verifying import verify
from services.bootstrap import Services
from services.clock import order
from services.erasing import erase
from services.keyring import MemoryKeyring
from services.orders import Answer, Order
from services.views.ports import Query
from services.working.agenda import Due
from tests.conftest import NewDatabase
from tests.services.acting import PARIS, local, promise, set_clock, told, unit_of
from tests.services.audited import VKEY, Golden, audited, copied, village, written
from tests.services.opened import Open, opened_to_auditors
from tests.services.test_handle import give

TEXT = "Was das Kabinett beschließen wird: „nichts“."
DAY = date(2035, 6, 1)
GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"


async def sealed(services: Services, cmd: UUID | None = None, day: date | None = DAY) -> tuple[Answer, UnitId, Actor]:
    city = await unit_of(services, "City", zone=PARIS)
    contract, signatory = await promise(services, city, date(2039, 1, 1))
    made = await give(
        services, signatory, "annexes.seal", cmd=cmd or uuid4(), unit=city, commitment=contract,
        title=Words({"de": "Nebenabrede"}), text=TEXT, language="de", release_on=day,
    )  # fmt: skip
    return made, city, signatory


async def tick(services: Services, moment: datetime) -> None:
    set_clock(services, moment)
    await services.workers.catch_up()


async def events(services: Services, stream: StreamId) -> list[Any]:
    return [one.event for one in await told(services, stream)]


async def found(services: Services, words: str) -> list[bytes]:
    """The annexes that a reader finds by these words."""
    await services.projector.rebuild("annexes")
    await services.views.reached("annexes", (await services.store.head()).size - 1, 5)
    return [*(await services.views.page("annexes", Query(q=words))).items]


async def test_the_clock_releases_it_at_midnight_of_its_day_where_the_unit_is(services: Services) -> None:
    made, _, _ = await sealed(services)
    await tick(services, local(PARIS, "2035-05-31T23:59:59"))
    stored = [state async for batch in services.store.scan() for state in batch]
    assert all(b"Kabinett" not in record.state for record in stored)
    assert len(await events(services, made.stream)) == 2
    await tick(services, local(PARIS, "2035-06-01T00:00"))
    first, _, released, met = await events(services, made.stream)
    assert isinstance(first, AnnexSealed)
    assert isinstance(released, AnnexReleased)
    assert released.value == TEXT
    assert fits(released.value, released.salt, first.text)
    assert met == AnnexDeadlineMet(1, late=False)
    record = (await told(services, made.stream))[2]
    assert (record.actor.system, record.effective_on, record.cause) == (
        "clock", "2035-06-01", EventName.at(made.stream, 2),
    )  # fmt: skip
    await tick(services, local(PARIS, "2035-06-02T00:00"))
    assert len(await events(services, made.stream)) == 4


async def test_readers_find_it_by_its_words_once_it_is_released(services: Services) -> None:
    made, _, _ = await sealed(services)
    assert await found(services, "kabinett") == []
    [before] = await found(services, "nebenabrede")
    assert "text" not in json.loads(before)
    await tick(services, local(PARIS, "2035-06-01T00:00"))
    [row] = await found(services, "kabinett beschliessen")
    assert json.loads(row)["key"] == str(made.stream)
    assert json.loads(row)["text"] == TEXT


async def test_a_register_that_did_not_run_releases_it_late(services: Services) -> None:
    made, _, _ = await sealed(services)
    await tick(services, local(PARIS, "2035-08-01T10:00"))
    assert (await events(services, made.stream))[-1] == AnnexDeadlineMet(1, late=True)


async def test_without_a_day_nothing_is_sealed(services: Services) -> None:
    with pytest.raises(Refused) as refused:
        await sealed(services, cmd := uuid4(), day=None)
    assert refused.value.code == "release-day-missing"
    assert await services.store.openings_about(cmd) == []
    assert not services.office.keyring.has(cmd)


async def test_the_unit_reads_it_before_its_day(services: Services) -> None:
    made, city, signatory = await sealed(services)
    [record] = (await services.store.streams([made.stream]))[made.stream][:1]
    marks = (await services.openings.opened([record], signatory))[record.position]
    assert json.loads(marks.opened["/text"].value) == TEXT
    assert signatory.unit == city


async def test_what_was_erased_before_its_day_lapses(services: Services) -> None:
    made, _, _ = await sealed(services, cmd := uuid4())
    await erase(services.office, services.registrar, cmd, GDPR)
    await tick(services, local(PARIS, "2035-06-01T00:00"))
    assert [type(one) for one in await events(services, made.stream)][2] is AnnexLapsed


async def test_a_text_that_is_lost_waits_and_is_released_when_it_is_restored(services: Services) -> None:
    made, _, _ = await sealed(services, cmd := uuid4())
    key = services.config.keyring / f"{cmd}.key"
    kept = key.read_bytes()
    key.unlink()
    await tick(services, local(PARIS, "2035-06-01T00:00"))
    assert len(await events(services, made.stream)) == 2
    connection = await asyncpg.connect(services.config.database_url)
    assert "key-missing" in await connection.fetchval("select said from workers.agenda where said <> ''")
    await connection.close()
    key.write_bytes(kept)
    await tick(services, local(PARIS, "2035-06-01T03:00"))
    assert isinstance((await events(services, made.stream))[2], AnnexReleased)


# --- what an auditor makes of it ---


async def a_promise(open_: Open) -> tuple[Actor, Order]:
    """A commitment of the village's, and the order that seals an annex to it until tomorrow, as it is in Paris."""
    office, registrar = open_.office, open_.registrar
    made = await office.give(replace(village(9_999, registrar), cmd=uuid4()))
    unit = UnitId(made.stream)
    since = date(2020, 1, 1)
    held = {"role": Role.AUTHORISED_SIGNATORY, "name": "Sig Natory", "valid_from": since, "valid_until": None}
    accredited = await office.give(Order("units", "accredit", held, uuid4(), registrar, "test", made.stream))
    accreditation = EventName.at(made.stream, accredited.version)
    signatory = Actor(unit=unit, role=Role.AUTHORISED_SIGNATORY, accreditation=accreditation)
    text = Words({"en": "Trees"})
    asked = {
        "owner": unit, "title": text, "description": text, "ends_on": PartialDate("2040"), "starts_on": None,
        "sdg": (), "parties": (), "document": None,
    }  # fmt: skip
    contract = await office.give(Order("commitments", "propose", asked, uuid4(), signatory, "test"))
    annex = {
        "unit": unit, "commitment": contract.stream, "title": text, "text": TEXT, "language": "de",
        "release_on": office.clock().astimezone(ZoneInfo(PARIS)).date() + timedelta(days=1),
    }  # fmt: skip
    return signatory, Order("annexes", "seal", annex, uuid4(), signatory, "test")


async def test_an_auditor_checks_what_was_released_against_what_was_sealed(
    new_database: NewDatabase, golden: Golden, tmp_path: Path
) -> None:
    keyring: MemoryKeyring = deepcopy(golden.keyring)
    async with copied(new_database, golden) as harmed:
        async with opened_to_auditors(harmed.dsn, keyring) as before:
            _, asked = await a_promise(before)
            made = await before.office.give(asked)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        async with opened_to_auditors(harmed.dsn, keyring, lambda: tomorrow) as after:
            due = Due(made.stream, 1, "annexes", asked.fields["release_on"] - timedelta(days=1), 2, 0)
            released = await after.office.give(order(CONTEXTS["annexes"], due))
        assert released.events == ("annex-released.1", "annex-deadline-met.1")
        assert (await audited(harmed.dsn, tmp_path / "bundle")).verdict is Verdict.VERIFIED
        states = await harmed.states()
    position = released.receipt.first
    for name, forged in (("value", "Alles."), ("salt", "00" * 32)):
        said = json.loads(states[position])
        said["data"][name] = forged
        folder = tmp_path / name
        report = verify(written(folder, [*states[:position], canonical(said), *states[position + 1 :]]), VKEY)
        assert report.verdict is Verdict.BROKEN
        found = [(one.code, one.position) for one in report.findings]
        assert ("opening-differs", position) in found, found
