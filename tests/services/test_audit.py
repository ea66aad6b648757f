"""An audit of a ledger that nobody harmed."""

from pathlib import Path

from domain.ledger.findings import Verdict
from services.audit.bundle import Bundle
from services.audit.verifying import verify
from tests.conftest import NewDatabase
from tests.services.audited import VKEY, Golden, fetched, served


async def test_an_untouched_ledger_verifies(new_database: NewDatabase, golden: Golden, tmp_path: Path) -> None:
    async with new_database(golden.template) as dsn, served(dsn) as url:
        await fetched(url, tmp_path / "bundle")
    report = verify(Bundle(tmp_path / "bundle"), VKEY)
    assert report.findings == []
    assert report.verdict is Verdict.VERIFIED
    assert report.verified == report.size == golden.size
