"""Attacks on sealed values, each with a superuser's rights on the database, and what an auditor of the register finds.

The ledger itself is untouched by them: `verify` passes, since values are no part of it. An auditor asks for them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from api.auditing import server
from domain.ledger.findings import Finding, Verdict, verdict_of
from services.audit import openings
from services.audit.bundle import Bundle
from services.audit.fetching import Unreachable
from services.audit.openings import Shown
from services.audit.verifying import verify
from services.erasing import erase, subject_named
from services.keyring import MemoryKeyring
from services.sealing import enclosed
from tests.conftest import NewDatabase
from tests.services.audited import VKEY, Golden, Harmed, copied, fetched
from tests.services.opened import Open, opened_to_auditors

GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"


@dataclass(slots=True)
class Case:
    """A copy of the golden ledger, open to an auditor. `target`: a sealed value, by record; `position`: where it is."""

    harmed: Harmed
    keyring: MemoryKeyring
    open: Open
    bundle: Bundle
    target: str
    subject: UUID
    position: int

    async def fetch(self) -> int:
        found = await fetched(self.open.url, self.bundle.folder)
        assert not found.findings
        return found.size

    async def ask(self, size: int) -> list[Shown]:
        async with server(self.open.url, self.open.token) as get:
            return await openings.ask(get, size)

    async def audit(self) -> list[Finding]:
        size = await self.fetch()
        assert verify(self.bundle, VKEY).verdict is Verdict.VERIFIED
        return list(openings.compare(openings.sealed_in(self.bundle, size), await self.ask(size)))


@pytest_asyncio.fixture
async def case(new_database: NewDatabase, golden: Golden, tmp_path: Path) -> AsyncIterator[Case]:
    keyring = deepcopy(golden.keyring)
    async with copied(new_database, golden) as harmed, opened_to_auditors(harmed.dsn, keyring) as open_:
        rows = await harmed.connection.fetch(
            "select o.stream || '/' || o.version as record, o.subject, r.position from ledger.openings o"
            " join ledger.records r using (stream, version) order by r.position"
        )
        row = rows[len(rows) // 2]
        yield Case(harmed, keyring, open_, Bundle(tmp_path / "bundle"), row["record"], row["subject"], row["position"])


Attack = Callable[[Case], Awaitable[None]]


async def remove_an_opening(case: Case) -> None:
    await case.harmed("delete from ledger.openings where subject = $1", case.subject)


async def alter_a_value(case: Case) -> None:
    await case.harmed(
        "update ledger.openings set cipher = set_byte(cipher, 60, get_byte(cipher, 60) # 1) where subject = $1",
        case.subject,
    )


async def alter_a_salt(case: Case) -> None:
    """The salt lies in the first bytes behind the nonce."""
    await case.harmed(
        "update ledger.openings set cipher = set_byte(cipher, 14, get_byte(cipher, 14) # 1) where subject = $1",
        case.subject,
    )


async def encrypt_another_name(case: Case) -> None:
    """What the operator can do, who has the keys as well."""
    key = case.keyring.find(case.subject)
    assert key is not None
    forged = enclosed(key, f"{case.target}/name", b"s" * 32, b'"Somebody Else"')
    await case.harmed("update ledger.openings set cipher = $1 where subject = $2", forged, case.subject)


async def take_another_one_s(case: Case) -> None:
    await case.harmed(
        "update ledger.openings set (cipher, subject) = (select cipher, subject from ledger.openings"
        " where subject <> $1 limit 1) where subject = $1",
        case.subject,
    )


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (remove_an_opening, "opening-missing"),
        (alter_a_value, "opening-altered"),
        (alter_a_salt, "opening-altered"),
        (encrypt_another_name, "opening-differs"),
        (take_another_one_s, "opening-altered"),
    ],
)
async def test_what_was_done_to_a_sealed_value_is_found(case: Case, attack: Attack, code: str) -> None:
    assert await case.audit() == []
    await attack(case)
    findings = await case.audit()
    assert [(one.code, one.position) for one in findings] == [(code, case.position)]
    assert case.target in findings[0].says
    assert verdict_of(findings) is Verdict.BROKEN


async def test_an_erasure_by_record_is_no_finding(case: Case) -> None:
    assert await subject_named(case.open.office.store, case.target) == case.subject
    await erase(case.open.office, case.open.registrar, case.subject, GDPR)
    assert await case.audit() == []


async def test_an_erasure_that_the_bundle_does_not_hold_is_no_verdict(case: Case) -> None:
    size = await case.fetch()
    await erase(case.open.office, case.open.registrar, case.subject, GDPR)
    findings = list(openings.compare(openings.sealed_in(case.bundle, size), await case.ask(size)))
    assert [one.code for one in findings] == ["erasure-unseen"]
    assert verdict_of(findings) is Verdict.INCOMPLETE


async def test_a_server_that_lies_is_found_by_the_signed_hashes(case: Case) -> None:
    size = await case.fetch()
    sealed, shown = openings.sealed_in(case.bundle, size), await case.ask(size)
    assert len(shown) == len(sealed.hashes) > 5
    honest = next(one for one in shown if one.record == case.target)
    lies = {
        "opening-differs": [Shown(honest.record, honest.path, "Somebody Else", honest.salt)],
        "opening-missing": [],
        "erasure-unseen": [Shown(honest.record, honest.path, erased=f"{UUID(int=1)}/1")],
    }
    for code, lie in lies.items():
        findings = openings.compare(sealed, [one for one in shown if one is not honest] + lie)
        assert [(one.code, one.position) for one in findings] == [(code, case.position)]
    foreign = Shown(f"{UUID(int=1)}/1", "/name", "Ada", "00" * 32)
    assert [one.code for one in openings.compare(sealed, [*shown, foreign])] == ["opening-foreign"]
    sealed.erased.add((honest.record, honest.path))
    assert [one.code for one in openings.compare(sealed, shown)] == ["opening-of-erased"]


async def test_whoever_is_no_auditor_learns_only_of_the_own_unit(case: Case) -> None:
    size = await case.fetch()
    async with server(case.open.url, "sub_wrong") as get:
        with pytest.raises(Unreachable, match="401"):
            await openings.ask(get, size)
