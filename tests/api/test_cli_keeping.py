"""What the keeper of a register does with it: migrate, key, replay, rebuild, doctor."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from api.cli import cli
from services.keys import load_or_make
from services.store import locks
from services.store.checkpoints import Notary
from tests.api.verbs import Verbs, _logs_as_they_were, database, subject, tell, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

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


def test_whoever_asks_for_the_key_changes_nothing_of_the_database(verbs: Verbs) -> None:
    verbs("key")
    assert "0001_ledger.sql" in verbs("migrate", "--check").stdout
    assert not (verbs.var / "signing-key.pem").exists()
    verbs.well("import", "iso-3166", "BE")
    # As a database that an earlier version left.
    tell(verbs.environment["DATABASE_URL"], "delete from ledger.migrations where name > '0002'")
    before = verbs("migrate", "--check").stdout
    assert before
    assert verbs.well("key").startswith("cli.example/ledger+")
    assert verbs("migrate", "--check").stdout == before


def test_a_file_with_a_key_that_is_not_there_is_named(verbs: Verbs, tmp_path: Path) -> None:
    said = verbs("audit", "verify", str(tmp_path), "--key", "register.key")
    assert said.exit_code == 2
    assert "'register.key' is no key (name+id+key), and there is no such file." in said.stderr


def test_migrate_checks_applies_and_finds_nothing_left(verbs: Verbs) -> None:
    assert verbs("migrate", "--check").exit_code == 3
    assert "applied: 0001_ledger.sql" in verbs.well("migrate")
    assert "up to date" in verbs.well("migrate", "--check")


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
    tell(database, "alter table ledger.records disable trigger all", tampering)
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
    tell(database, "set session_replication_role = replica", ahead)
    result = verbs("doctor")
    assert result.exit_code == 3
    assert re.search(r"^bad +clock +the newest record is stamped (399|400) days", result.stdout, re.M)
