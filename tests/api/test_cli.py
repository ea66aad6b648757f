"""The command line: every verb says what it is, and what is wrong with what surrounds it."""

import io
import json
import logging
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from api.cli import cli
from api.cli.running import configured
from api.cli.verbs import VERBS
from services.config import Config
from services.logs import configure_logs
from tests.api.verbs import ROOT, Verbs, _logs_as_they_were, database, tell, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

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
    tell(
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
    tell(database, f'grant create on database "{name}" to {keeper}')
    for few in range(1, 5):  # whichever of its connections is the one too many
        tell(database, f"alter role {keeper} connection limit {few}")
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
