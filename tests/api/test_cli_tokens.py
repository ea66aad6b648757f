"""`subsidia token`: shown once, listed, revoked, and for whom there is none."""

from tests.api.verbs import Verbs, _logs_as_they_were, database, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]


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
