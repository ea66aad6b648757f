"""`subsidia shell`: PostgreSQL's own programs on the register's database, the embedded one too."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from api.cli.running import Failed, configured, run
from services.cluster import Cluster
from services.config import Config
from services.postgres import database


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def shell(command: Sequence[str]) -> None:
    """Run COMMAND, or a shell, with the register's database there and its whole configuration in the environment.

    DATABASE_URL, SUBSIDIA_VAR, SUBSIDIA_SIGNING_KEY and SUBSIDIA_SUBJECT_KEYS are set, also where they have their
    defaults. An embedded PostgreSQL runs until the command ends, and the programs of its own version are found first.

    \b
    Examples: subsidia shell sh backup.sh
              subsidia shell sh -c 'psql "$DATABASE_URL"'
    """
    config = configured("warning")
    raise SystemExit(run(_ran(config, command or (os.environ.get("SHELL") or "/bin/sh",))))


async def _ran(config: Config, command: Sequence[str]) -> int:
    """Its exit status, as a shell gives it."""
    async with database(config.database_url, config.var) as dsn:
        # Ctrl-C reaches it as well, and is its to answer: the database stays until it has ended.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
        environment = _environment(config, dsn)
        try:
            process = await asyncio.create_subprocess_exec(*command, env=environment)
        except OSError as error:
            raise Failed(f"{command[0]}: {error.strerror or error}.") from error
        status = await process.wait()
    return status if status >= 0 else 128 - status


def _environment(config: Config, dsn: str) -> Mapping[str, str]:
    said = {
        "DATABASE_URL": dsn, "SUBSIDIA_VAR": str(config.var),
        "SUBSIDIA_SIGNING_KEY": str(config.signing_key), "SUBSIDIA_SUBJECT_KEYS": str(config.keyring),
    }  # fmt: skip
    programs = [] if config.database_url is not None else [Cluster(config.var / "pg").programs()]
    found = (*programs, Path(sys.executable).parent)  # `subsidia` itself is there, too
    said["PATH"] = os.pathsep.join((*map(str, found), os.environ.get("PATH", os.defpath)))
    return {**os.environ, **said}
