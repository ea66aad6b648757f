"""What is open once everything is assembled."""

from dataclasses import replace
from pathlib import Path

import asyncpg

from services.bootstrap import assemble
from tests.services.test_handle import config

_WRITING = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'subsidia-writer'"""


async def _lines_that_write(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval(_WRITING)
        return count
    finally:
        await connection.close()


async def test_who_reacts_to_records_need_not_connect_first(database_url: str, tmp_path: Path) -> None:
    asked = replace(config(database_url, tmp_path), attest=0)
    async with assemble(asked, workers=False):
        pass  # it opens the ledger; nothing is left to write
    async with assemble(asked):
        assert await _lines_that_write(database_url) == 2
