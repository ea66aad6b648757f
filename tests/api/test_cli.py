"""The command line: every verb on a real database, alone and beside a running server."""

import asyncio
import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import pytest
import structlog
from click.testing import CliRunner, Result

from api.cli import cli
from api.cli.running import configured
from api.cli.verbs import VERBS
from services.config import Config
from services.keys import load_or_make
from services.logs import configure_logs
from services.store import locks
from services.store.checkpoints import Notary
from tests.waiting import until_shown

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-c", "from api.cli import main; main()")
SNAPSHOT = (
    "last_updated,id_code,name,country,actor_type,end_target,end_target_percentage_reduction,end_target_baseline_year,"
    "end_target_intensity_unit,end_target_other,end_target_year,end_target_status,status_date,interim_target,"
    "interim_target_percentage_reduction,interim_target_baseline_year,interim_target_intensity_unit,"
    "interim_target_other,interim_target_year,end_target_text,interim_target_text,target_notes,source_url,has_plan,"
    "reporting_mechanism\n"
    "2022-04-24 09:32:00,COU-0040,France,FRA,Country,Net zero,,,,,2050.0,In law,2020.0,,,,,,,,,,,Yes,Annual reporting\n"
    "2022-04-24 09:32:00,CIT-0105,Paris,FRA,City,Net zero,,,,,2050.0,In law,2020.0,,,,,,,,,,,Yes,Annual reporting\n"
    "2022-04-24 09:32:00,CIT-0001,Lyon,FRA,City,No target,,,,,,,,,,,,,,,,,,,\n"
    "2022-04-24 09:32:00,CIT-0002,Nice,FRA,City,Net zero,,,,,later,In law,2020.0,,,,,,,,,,,,\n"
)


class Verbs:
    """Gives verbs in this process, as one ledger's keeper would."""

    def __init__(self, dsn: str, var: Path) -> None:
        self.var = var
        self.environment = {
            "DATABASE_URL": dsn, "SUBSIDIA_VAR": str(var), "SUBSIDIA_ORIGIN": "cli.example/ledger", "PORT": "0",
        }  # fmt: skip

    def __call__(self, *words: str, **environment: str) -> Result:
        return CliRunner().invoke(cli, words, env={**self.environment, **environment})

    def well(self, *words: str) -> str:
        """What a verb says that must succeed."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A verb sends logs to its own stderr, which is closed when the verb ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def verbs(database: str, tmp_path: Path) -> Verbs:
    return Verbs(database, tmp_path)


@pytest.fixture
def database(server: object, public_folder: Path) -> Iterator[str]:
    """An empty database of this test's own, for verbs that run their own event loop."""
    name = f"cli_{time.monotonic_ns()}"
    _tell(server.dsn("postgres"), f'CREATE DATABASE "{name}"')  # type: ignore[attr-defined]
    yield server.dsn(name)  # type: ignore[attr-defined]
    _tell(server.dsn("postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[attr-defined]


def _tell(dsn: str, *statements: str) -> None:
    async def tell() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(tell())


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    file = tmp_path / "snapshot_2022-12-20.csv"
    file.write_text(SNAPSHOT)
    return file


def counted(said: str) -> Mapping[str, int]:
    """The closing summary's counts."""
    return {
        word.strip(): int(number.replace(",", "")) for word, number in re.findall(r"^  (\D+?) +([\d,]+)$", said, re.M)
    }


# --- every verb says what it is ---


def test_help_names_every_verb() -> None:
    said = CliRunner().invoke(cli, ["--help"]).output
    for verb in ("serve", "migrate", "import", "token", "rebuild", "replay", "doctor", "erase", "version"):
        assert re.search(rf"^  {verb} ", said, re.M), verb


@pytest.mark.parametrize("verb", sorted({*VERBS, *cli.commands}))
def test_each_verb_explains_itself(verb: str) -> None:
    result = CliRunner().invoke(cli, [verb, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


@pytest.mark.parametrize("words", [["version"], ["--help"]])
def test_what_needs_no_verb_imports_none(words: list[str]) -> None:
    asked = f"from api.cli import cli; import sys; cli({words}, standalone_mode=False); print(*sys.modules, sep='\\n')"
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = re.compile(r"(domain|projections|services|api\.cli\.(?!verbs$))")
    assert [name for name in said.splitlines() if ours.match(name)] == []


def test_version() -> None:
    assert re.fullmatch(r"subsidia \d+\.\d+\.\d+\n", CliRunner().invoke(cli, ["version"]).output)


def test_an_environment_that_cannot_be_used_is_said_at_once_without_a_traceback() -> None:
    result = CliRunner().invoke(cli, ["migrate"], env={"PORT": "many", "SUBSIDIA_QUEUE": "0"})
    assert result.exit_code == 1
    assert "PORT" in result.output
    assert "SUBSIDIA_QUEUE" in result.output
    assert "Traceback" not in result.output


def test_what_is_set_and_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUBSIDIA_VAR", "HOST", "SUBSIDIA_SIGNING_KEY", "SUBSIDIA_SUBJECT_KEYS", "DATABASE_URL", "LOG_LEVEL"):
        monkeypatch.setenv(name, "")
    found = Config.read()
    var = Path.cwd() / "var"
    assert (found.var, found.host, found.database_url, found.log_level) == (var, "127.0.0.1", None, None)
    assert (found.signing_key, found.keyring) == (var / "signing-key.pem", var / "subject-keys")


def test_a_configuration_that_is_shown_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://subsidia:secret@here/subsidia")
    assert "secret" not in repr(Config.read())


@pytest.mark.parametrize(("said", "shown"), [({}, False), ({"LOG_LEVEL": "info"}, True)])
def test_a_verb_logs_from_warnings_on_unless_told_otherwise(
    said: dict[str, str], shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    configured("warning")
    assert structlog.get_logger().is_enabled_for(logging.INFO) is shown


@pytest.mark.parametrize("host", ["a..b", "no-such-host.invalid", "::1::"])
def test_a_host_that_is_none_is_said_in_one_sentence(host: str) -> None:
    result = CliRunner().invoke(cli, ["serve", "--host", host, "--port", "0"])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: Cannot listen on {host}:0: ")


def test_a_database_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    for verb in (["migrate"], ["token", "list"], ["import", "iso-3166", "FR"], ["replay"]):
        result = Verbs("postgresql://nobody@127.0.0.1:1/none", tmp_path)(*verb)
        assert result.exit_code == 1, (verb, result.output)
        assert result.stderr.startswith("Error: The database cannot be reached: "), (verb, result.output)


def test_a_server_that_does_not_let_us_in_is_said_with_what_it_said(verbs: Verbs, database: str) -> None:
    for wrong in (database.replace("cli_", "nowhere_"), "mysql://x"):
        result = verbs("replay", DATABASE_URL=wrong)
        assert (result.exit_code, "Traceback" in result.output) == (1, False), result.output
        assert result.stderr.startswith("Error: "), result.output


@pytest.mark.parametrize("address", ["postgresql://me:pass@[::1:5432/x", "postgresql://me:pass@host:port/x"])
def test_an_address_that_is_none_is_said_without_its_password(tmp_path: Path, address: str) -> None:
    result = Verbs(address, tmp_path)("migrate")
    assert result.stderr.startswith("Error: The database cannot be reached: its address cannot be read."), result.output
    assert "pass@" not in result.output


def test_a_database_without_a_free_connection_is_said_with_what_it_said(verbs: Verbs, database: str) -> None:
    verbs.well("migrate")
    keeper = f"keeper_{time.monotonic_ns()}"
    _tell(
        database,
        f"create role {keeper} login",
        f"grant subsidia_app to {keeper}",
        f"grant all on all tables in schema ledger to {keeper}",
        f"grant usage, create on schema ledger to {keeper}",
    )
    as_keeper = database.replace("//subsidia@", f"//{keeper}@")
    refused = verbs("migrate", DATABASE_URL=as_keeper)
    assert refused.stderr.startswith("Error: The connecting role may not migrate this database: permission denied")
    name = database.partition("@/")[2].partition("?")[0]
    _tell(database, f'grant create on database "{name}" to {keeper}')
    for few in range(1, 5):  # whichever of its connections is the one too many
        _tell(database, f"alter role {keeper} connection limit {few}")
        result = verbs("token", "list", DATABASE_URL=as_keeper)
        assert result.exit_code == 1, result.output
        assert "too many connections" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("Error: The database cannot be reached")


def test_a_folder_that_cannot_be_used_is_named(verbs: Verbs, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    result = verbs("migrate", DATABASE_URL="", SUBSIDIA_VAR=str(in_the_way))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {in_the_way}")
    assert "SUBSIDIA_VAR" in result.stderr
    assert re.search(rf"^bad +folder +{in_the_way}", verbs("doctor", SUBSIDIA_VAR=str(in_the_way)).stdout, re.M)


def test_a_key_that_is_none_is_said_in_one_sentence(verbs: Verbs, tmp_path: Path) -> None:
    verbs.well("migrate")
    (tmp_path / "signing-key.pem").write_text("no key")
    result = verbs("token", "--registrar")
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'signing-key.pem'} cannot be read as an Ed25519 private key in PEM.\n"


# --- migrate, key ---


def test_the_key_by_which_others_check_is_said_once_there_is_a_ledger(verbs: Verbs) -> None:
    early = verbs("key")
    assert (early.exit_code, early.stdout) == (1, "")
    assert "not opened yet" in early.stderr
    verbs.well("import", "iso-3166", "BE")
    said = verbs.well("key").splitlines()
    assert said == [Notary("cli.example/ledger", load_or_make(verbs.var / "signing-key.pem", may_make=False)).verifier]
    other = verbs("key", SUBSIDIA_ORIGIN="another.example/ledger")  # whoever forgets to name it publishes no wrong one
    assert (other.exit_code, other.stdout) == (1, "")


def test_a_file_with_a_key_that_is_not_there_is_named(verbs: Verbs, tmp_path: Path) -> None:
    said = verbs("audit", "verify", str(tmp_path), "--key", "register.key")
    assert said.exit_code == 2
    assert "'register.key' is no key (name+id+key), and there is no such file." in said.stderr


def test_migrate_checks_applies_and_finds_nothing_left(verbs: Verbs) -> None:
    assert verbs("migrate", "--check").exit_code == 3
    assert "applied: 0001_ledger.sql" in verbs.well("migrate")
    assert "up to date" in verbs.well("migrate", "--check")


# --- import ---


def test_importing_a_snapshot_from_dry_run_to_second_run(verbs: Verbs, snapshot: Path, tmp_path: Path) -> None:
    verbs.well("import", "iso-3166", "FR")
    report = tmp_path / "report.csv"
    rehearsed = verbs("import", "net-zero-tracker", str(snapshot), "--dry-run", "--report", str(report))
    assert rehearsed.exit_code == 0
    assert "line 5, row CIT-0002, end_target_year 'later'" in rehearsed.stderr
    assert "Nothing was written." in rehearsed.stdout
    assert "CIT-0105" in report.read_text()
    done = verbs.well("import", "net-zero-tracker", str(snapshot))
    assert counted(done) == counted(rehearsed.stdout)
    assert counted(done)["adopted"] == counted(done)["queued"] == counted(done)["refused"] == 1
    again = verbs.well("import", "net-zero-tracker", str(snapshot))
    assert counted(again)["unchanged"] == 1
    assert "Nothing changed" in again
    waiting = verbs.well("import", "net-zero-tracker", "--review")
    assert "FR-75C" in waiting
    snapshot.write_text(snapshot.read_text().splitlines()[0] + "\n")
    assert "has no row" in verbs("import", "net-zero-tracker", str(snapshot)).stderr
    assert verbs.well("import", "net-zero-tracker", "--review") == waiting


@pytest.mark.parametrize(("name", "said"), [("no/such/report.csv", "no folder"), ("report.pdf", "neither in .csv nor")])
def test_a_report_that_cannot_be_written_is_said_before_anything_is(
    verbs: Verbs, tmp_path: Path, name: str, said: str
) -> None:
    result = verbs("import", "iso-3166", "FR", "--report", str(tmp_path / name))
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert counted(verbs.well("import", "iso-3166", "FR", "--dry-run"))["unchanged"] == 0


def test_a_chosen_unit_is_taken(verbs: Verbs, snapshot: Path, tmp_path: Path) -> None:
    verbs.well("import", "iso-3166", "FR")
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("row_key,unit\nCIT-0105,iso3166-2:FR-75C\n")
    assert counted(verbs.well("import", "net-zero-tracker", str(snapshot), "--match", str(chosen)))["adopted"] == 2


def test_strict_ends_with_its_own_status(verbs: Verbs, snapshot: Path) -> None:
    result = verbs("import", "net-zero-tracker", str(snapshot), "--strict")
    assert result.exit_code == 3
    assert "--strict was asked for" in result.stdout


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", b"\x00\x01"])
def test_a_wrong_file_is_refused_before_anything_is_written(verbs: Verbs, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(content)
    result = verbs("import", "net-zero-tracker", str(file))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {file}")


def test_review_without_an_import_says_so(verbs: Verbs) -> None:
    assert verbs("import", "net-zero-tracker", "--review").exit_code == 1
    assert verbs("import", "net-zero-tracker").exit_code == 2


# --- token ---


def test_the_registrars_token_is_shown_once_listed_and_revoked(verbs: Verbs) -> None:
    token = verbs.well("token", "--registrar", "--days", "1", "--note", "for the tests").strip()
    assert len(token) > 40
    listed = verbs.well("token", "list")
    assert "valid" in listed
    assert "for the tests" in listed
    assert token not in listed
    id = listed.split()[0]
    assert "Revoked" in verbs.well("token", "revoke", id)
    assert "revoked" in verbs.well("token", "list")
    assert verbs("token", "revoke", id).exit_code == 1


def test_a_note_commands_no_terminal(verbs: Verbs) -> None:
    verbs.well("token", "--registrar", "--note", "\x1b[2Jcleared\x9b31m")
    assert r"(\x1b[2Jcleared\x9b31m)" in verbs.well("token", "list")
    refused = verbs("token", "--unit", "\x1b[2J")
    assert refused.exit_code == 1
    assert r"no unit \x1b[2J." in refused.output


def test_nobody_gets_a_token_without_an_accreditation(verbs: Verbs) -> None:
    verbs.well("import", "iso-3166", "BE")
    result = verbs("token", "--unit", "iso3166-1:BE", "--role", "liaison_officer")
    assert result.exit_code == 1
    assert "No liaison officer is accredited for Belgium today" in result.stderr
    assert "no unit" in verbs("token", "--unit", "XX", "--role", "registrar").stderr


def test_one_asks_for_a_unit_or_for_the_registrar(verbs: Verbs) -> None:
    assert verbs("token").exit_code == 2
    assert verbs("token", "--registrar", "--unit", "x").exit_code == 2


# --- replay, rebuild, doctor ---


def test_a_replay_gives_the_same_digest_every_time(verbs: Verbs) -> None:
    verbs.well("import", "iso-3166", "BE")
    digest = re.compile(r"^digest +(\w{64})$", re.M)
    one, other = verbs.well("replay"), verbs.well("replay")
    assert digest.findall(one) == digest.findall(other)
    assert "The ledger is whole" in one
    early = verbs.well("replay", "--at", "3", "--context", "policies")
    assert re.search(r"^streams +\d policies$", early, re.M)
    assert digest.findall(early) != digest.findall(one)
    assert re.search(r"^streams +none$", verbs.well("replay", "--at", "2020-01-01"), re.M)


def test_a_replay_shows_the_state_of_one_stream(verbs: Verbs) -> None:
    verbs.well("import", "iso-3166", "BE")
    unit = verbs("token", "--unit", "iso3166-1:BE").stderr
    found = re.search(r"/v1/units/([0-9a-f-]{36})/", unit)
    assert found
    assert '"en": "Belgium"' in verbs.well("replay", "--stream", found[1])
    assert verbs("replay", "--stream", "00000000-0000-4000-8000-000000000000").exit_code == 1


_REGISTRAR = "(select stream from ledger.records where type = 'unit-registered.1' order by position limit 1)"
_OF_REGISTRAR = "(select min(position) from ledger.records where type = 'unit-registered.1')"
"""The registrar's own: the ledger opens by it."""


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("delete from ledger.records where position = 30", "Record 31 where position 30 should be"),
        (
            "update ledger.records set state = set_byte(state, length(state) - 3, 65) where position = 30",
            "another root",
        ),
        ("delete from ledger.records where position = (select max(position) from ledger.records)", "another root"),
        ("delete from ledger.records where position = 0", "Record 1 where position 0 should be"),
        (f"delete from ledger.records where position = {_OF_REGISTRAR}", "a unit is its registration"),
        (f"delete from ledger.records where stream = {_REGISTRAR}", "another root"),
        (f"update ledger.records set state = '' where position = {_OF_REGISTRAR}", "cannot be folded"),
    ],
)
def test_a_replay_finds_a_ledger_that_was_tampered_with(verbs: Verbs, database: str, tampering: str, said: str) -> None:
    verbs.well("import", "iso-3166", "BE")
    _tell(database, "alter table ledger.records disable trigger all", tampering)
    result = verbs("replay")
    assert result.exit_code == 3
    assert said in result.stderr
    assert "The ledger is whole" not in result.output


def test_a_replay_holds_the_records_against_a_checkpoint_that_was_kept(verbs: Verbs, tmp_path: Path) -> None:
    verbs.well("import", "iso-3166", "BE")
    notary = Notary("cli.example/ledger", load_or_make(tmp_path / "signing-key.pem", may_make=False))
    kept = tmp_path / "kept.txt"
    kept.write_text(notary.sign(5, bytes(32)))
    other = verbs("replay", "--kept", str(kept))
    assert other.exit_code == 3
    assert "The first 5 records are not those that the kept checkpoint signs" in other.stderr
    kept.write_text(notary.sign(1_000_000, bytes(32)))
    assert "records are missing: 1,000,000 were signed" in verbs("replay", "--kept", str(kept)).stderr
    kept.write_text("something else\n")
    assert verbs("replay", "--kept", str(kept)).exit_code == 2


def test_a_rebuilt_view_is_said_and_an_unknown_one_refused(verbs: Verbs) -> None:
    verbs.well("import", "iso-3166", "BE")
    assert "units is built anew" in verbs.well("rebuild", "units")
    assert verbs("rebuild", "nothing").exit_code == 2


def test_the_help_of_rebuild_names_the_views_and_stands_straight() -> None:
    said = CliRunner().invoke(cli, ["rebuild", "--help"]).output
    assert "\n  Example: subsidia rebuild commitments\n" in said
    assert "Views: units, " in said


def test_a_view_that_is_being_rebuilt_is_not_rebuilt_beside_that(verbs: Verbs, database: str) -> None:
    verbs.well("import", "iso-3166", "BE")

    async def meanwhile() -> Result:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute("select pg_advisory_lock($1, hashtext('units'))", locks.BUILDS)
            return await asyncio.to_thread(verbs, "rebuild", "units")
        finally:
            await connection.close()

    result = asyncio.run(meanwhile())
    assert (result.exit_code, result.stderr) == (1, "Error: units is being rebuilt already.\n")


def test_the_doctor_finds_a_fresh_set_up_well_and_says_what_to_do_otherwise(verbs: Verbs, tmp_path: Path) -> None:
    verbs.well("import", "iso-3166", "BE")
    said = verbs("doctor").stdout
    assert re.search(r"^ok +ledger +cli.example/ledger", said, re.M)
    assert re.search(r"^ok +privileges", said, re.M)
    used = re.search(r"^(?:ok|note) +connections +([0-9]+) of", said, re.M)
    assert used is not None
    assert int(used[1]) > 0
    (tmp_path / "signing-key.pem").rename(tmp_path / "elsewhere.pem")
    lost = verbs("doctor")
    assert lost.exit_code == 3
    assert "Restore the key file" in lost.stdout
    (tmp_path / "elsewhere.pem").rename(tmp_path / "signing-key.pem")
    assert re.search(r"^ok +sealed +1 values open, 0 erased", said, re.M)
    [key] = (tmp_path / "subject-keys").iterdir()
    key.unlink()
    forgotten = verbs("doctor")
    assert forgotten.exit_code == 3
    assert "1 key-missing" in forgotten.stdout
    gone = verbs("doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert gone.exit_code == 3
    assert "DATABASE_URL" in gone.stdout


def test_the_doctor_says_of_a_folder_that_cannot_be_made_what_to_do(verbs: Verbs) -> None:
    # Not even the superuser makes folders there, whatever its mode says.
    said = verbs("doctor", SUBSIDIA_VAR="/proc/subsidia/var").stdout
    assert re.search(r"^bad +folder +/proc/subsidia/var\n +Let this account write in /proc,", said, re.M)


def test_the_doctor_names_migrations_that_are_missing(verbs: Verbs) -> None:
    result = verbs("doctor")
    assert result.exit_code == 3
    assert "Run `subsidia migrate`." in result.stdout


def test_the_doctor_sees_that_a_clock_was_ahead(verbs: Verbs, database: str) -> None:
    subject(verbs)  # opens the ledger
    assert re.search(r"^ok +clock ", verbs("doctor").stdout, re.M)
    ahead = "update ledger.checkpoints set at = now() + interval '400 days'"
    _tell(database, "set session_replication_role = replica", ahead)
    result = verbs("doctor")
    assert result.exit_code == 3
    assert re.search(r"^bad +clock +the newest record is stamped (399|400) days", result.stdout, re.M)


# --- erase ---


def subject(verbs: Verbs) -> tuple[str, str]:
    """The one subject of a fresh register, its first registrar: the id, and the record."""
    found = re.fullmatch(r"(\S+)  (\S+) /name  The first registrar\n", verbs.well("erase", "--find", "FIRST regi"))
    assert found is not None
    return found[1], found[2]


def test_an_erasure_is_asked_about_once_more(verbs: Verbs) -> None:
    id, record = subject(verbs)
    asked = CliRunner().invoke(cli, ["erase", record, "--basis", "A law"], input="n\n", env=verbs.environment)
    assert asked.exit_code == 1
    assert f"{record} /name  The first registrar" in asked.stdout
    assert subject(verbs) == (id, record), "it is still there"
    assert "recorded at position" in verbs.well("erase", id, "--basis", "A law", "--yes")
    assert verbs("erase", "--find", "first").exit_code == 1
    assert "was erased before" in verbs.well("erase", record, "--basis", "A law", "--yes")
    assert re.search(r"^ok +sealed +0 values open, 1 erased", verbs("doctor").stdout, re.M)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("--basis", "A law"), 2, "whom to erase"),
        (("00000000-0000-0000-0000-000000000007",), 2, "under which law"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "  "), 2, "under which law"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "x" * 501), 2, "500 are the most"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "A law", "--find", "x"), 2, "only lists"),
        (("Ada Example", "--basis", "A law", "--yes"), 1, "no such record or id: Ada Example"),
        (("00000000-0000-0000-0000-000000000007", "--basis", "A law", "--yes"), 1, "Nothing was sealed"),
    ],
)
def test_an_erasure_that_is_not_said_rightly_erases_nothing(
    verbs: Verbs, words: tuple[str, ...], status: int, says: str
) -> None:
    before = subject(verbs)
    result = verbs("erase", *words)
    assert (result.exit_code, says in result.stderr) == (status, True), result.output
    assert subject(verbs) == before


# --- logs ---


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_logs_are_json_for_programs_and_lines_for_people() -> None:
    program, person = io.StringIO(), Terminal()
    for out in (program, person):
        configure_logs("info", out)
        structlog.get_logger().info("view-rebuilt", view="units")
        structlog.get_logger().debug("unheard")
        logging.getLogger("somebody").warning("else's words")
    first, second = map(json.loads, program.getvalue().splitlines())
    assert (first["event"], first["view"], first["level"]) == ("view-rebuilt", "units", "info")
    assert (second["event"], second["logger"]) == ("else's words", "somebody")
    assert "view-rebuilt" in person.getvalue()
    assert not person.getvalue().startswith("{")


# --- serve ---


class Served:
    """A server in a process of its own, on an embedded PostgreSQL under `var`."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.environment = {**os.environ, "SUBSIDIA_VAR": str(var), "PORT": "0", "HOST": "127.0.0.1", **environment}
        self.environment.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [*PROGRAM, "serve"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said = ""

    def until_ready(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ready in"):
                return self.said
        raise AssertionError(self.process.communicate())

    @property
    def home(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        assert found
        return found[0]

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        try:
            self.process.communicate(timeout=30)
        finally:
            self.process.kill()
        return self.process.returncode


@pytest.fixture
def var(public_folder: Path) -> Path:
    """A folder that PostgreSQL's own account may reach too."""
    folder = public_folder / f"var{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    return folder


def test_a_server_tells_its_story_works_beside_other_verbs_and_stops_with_its_database(var: Path) -> None:
    served = Served(var)
    said = served.until_ready()
    assert said.startswith("The first start makes a database and tells the sample story")  # nobody thinks it hangs
    token = re.search(r"liaison officer of its city +(\S+)", said)
    assert token
    until_shown(served.home, "units")
    with urllib.request.urlopen(f"{served.home}/v1/units?limit=50") as answer:
        assert b"Lyon" in answer.read()
    beside = subprocess.run(
        [*PROGRAM, "token", "--unit", "69123", "--role", "liaison_officer"],
        cwd=ROOT, env=served.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert beside.returncode == 0, beside.stderr
    assert served.stop(signal.SIGTERM) == 0
    assert not (var / "pg" / "postmaster.pid").exists()


def test_a_shell_has_the_embedded_database_and_the_programs_of_its_version(var: Path) -> None:
    """As the operations page backs up and restores: nothing of it is in the environment."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    def shell(*words: str) -> "subprocess.CompletedProcess[str]":
        own = {**environment, "SUBSIDIA_VAR": str(var)}
        return subprocess.run([*PROGRAM, "shell", *words], cwd=ROOT, env=own, capture_output=True, text=True)

    made = shell("sh", "-c", 'psql -XAt "$DATABASE_URL" -c "create table t as select 1" && pg_dump "$DATABASE_URL"')
    assert "CREATE TABLE public.t" in made.stdout, made.stderr
    assert not (var / "pg" / "postmaster.pid").exists()
    said = shell("sh", "-c", 'echo "$SUBSIDIA_SIGNING_KEY" "$SUBSIDIA_SUBJECT_KEYS"; exit 7')
    assert (said.returncode, said.stdout) == (7, f"{var}/signing-key.pem {var}/subject-keys\n")
    missing = shell("no-such-program", "--version")
    assert (missing.returncode, missing.stderr) == (1, "Error: no-such-program: No such file or directory.\n")
    assert not (var / "pg" / "postmaster.pid").exists()


def test_the_story_is_never_told_into_another_ledger(var: Path) -> None:
    served = Served(var, SUBSIDIA_ORIGIN="register.example.org/ledger")
    said = served.until_ready()
    assert "sample story" not in said
    until_shown(served.home, "units")
    with urllib.request.urlopen(f"{served.home}/v1/units") as answer:
        assert b"Lyon" not in answer.read()
    assert served.stop(signal.SIGINT) == 0


def test_a_taken_port_is_said_before_anything_starts(var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = Served(var, PORT=str(taken.getsockname()[1]))
        out, err = served.process.communicate(timeout=30)
    assert served.process.returncode == 1
    assert err.startswith("Error: Cannot listen on 127.0.0.1:")
    assert list(var.iterdir()) == []
    assert out == ""
