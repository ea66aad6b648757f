"""Imports of real files: how long they take, beside the time that is granted."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic

from services.bootstrap import Services, assemble
from services.config import Config
from services.importing import net_zero
from services.importing.directory import read_directory
from services.importing.iso3166 import plan_iso3166
from services.importing.running import carry_out
from tests.bench import Bench, Measured, bench
from tests.data import DATA

SNAPSHOT = DATA / "commitments/net_zero_tracker_public_actors_2022-12-20.csv"
GRANTED = 30.0
"""Seconds for the 2,088 rows of the snapshot, file and directory read included."""


@bench("importing")
async def measure(bench: Bench) -> Sequence[Measured]:
    """The snapshot into a register that knows every state and subdivision; nothing where the file is not at hand."""
    if not SNAPSHOT.exists():
        return []
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        async with bench.database() as dsn:
            config = replace(
                Config.read(), database_url=dsn, var=var, signing_key=var / "key.pem", origin="bench.example"
            )
            async with assemble(config, workers=False) as services:
                seconds = await _imported(services)
    return [Measured("import of 2,088 rows", seconds, GRANTED, "s", seconds / GRANTED, 1.0, at_least=False)]


async def _imported(services: Services) -> float:
    directory = await read_directory(services.store, services.office.codec)
    await carry_out(services.office, plan_iso3166([], directory, services.registrar))
    begun = monotonic()
    rows, bad = net_zero.read_file(SNAPSHOT)
    directory = await read_directory(services.store, services.office.codec)
    recorded = await net_zero.read_recorded(services.store, services.office.codec, rows)
    plan = net_zero.plan_net_zero(
        rows, bad, directory, recorded, services.registrar, retrieved_on=date(2022, 12, 20)
    )  # fmt: skip
    summary = await carry_out(services.office, plan)
    assert summary.counts["unchanged"] == 0, "the database was empty"
    return monotonic() - begun
