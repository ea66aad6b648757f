"""`subsidia webhook`: what the keeper of a register does about webhooks, and is told of them."""

import asyncio
import re

import asyncpg

from tests.api.verbs import Verbs, _logs_as_they_were, database, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

ADDRESS = "http://127.0.0.1:9/hook"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def added(verbs: Verbs, *words: str) -> tuple[str, str]:
    """The id and the secret of a new one."""
    result = verbs("webhook", "add", ADDRESS, *words)
    assert result.exit_code == 0, result.output
    found = re.search(ID, result.stderr)
    assert found is not None
    return found[0], result.stdout.strip()


def test_a_secret_is_shown_once_and_never_again(verbs: Verbs) -> None:
    id, secret = added(verbs)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    another = verbs.well("webhook", "rotate", id).strip()
    assert another != secret
    listed = verbs.well("webhook", "list")
    assert id in listed
    assert "whsec_" not in listed


def test_the_list_says_which_records_go_where_and_what_stands_in_the_way(verbs: Verbs) -> None:
    assert verbs.well("webhook", "list") == "There is no webhook yet.\n"
    stream = "7d7f0f2e-0000-4000-8000-000000000001"
    id, _ = added(verbs, "--context", "mandates", "--type", "mandate-drafted", "--stream", stream, "--after", "-1")
    listed = verbs.well("webhook", "list")
    assert f"{id}  {ADDRESS}\n  mandate-drafted, mandates, stream {stream}; came to position -1 of " in listed
    tell(verbs, "update workers.webhooks set paused_at = now(), said = 'It answered 410'")
    listed = verbs.well("webhook", "list")
    assert re.search(rf"PAUSED since [0-9: -]+ UTC: `subsidia webhook resume {id}`\n  It answered 410", listed)
    doctor = verbs("doctor").output
    assert re.search(r"webhooks.*1 of 1 paused or not taken", doctor), doctor
    verbs.well("webhook", "resume", id, "--after", "3")
    assert "came to position 3 of " in verbs.well("webhook", "list")
    assert re.search(r"webhooks.*1, each taken", verbs("doctor").output)
    verbs.well("webhook", "remove", id)
    assert verbs.well("webhook", "list") == "There is no webhook yet.\n"


def test_what_cannot_be_is_said_in_a_sentence(verbs: Verbs) -> None:
    unknown = "7d7f0f2e-0000-4000-8000-000000000001"
    for words, said in (
        (("add", "portal.example"), "is no address to send to"),
        (("add", ADDRESS, "--type", "commitment"), "There is no type of record commitment."),
        (("add", ADDRESS, "--unit", "insee:69123"), "The directory has no unit insee:69123."),
        (("add", ADDRESS, "--after", "99999"), "The ledger has not reached position 99999 yet."),
        (("resume", unknown), "There is no webhook of this id."),
        (("remove", unknown), "There is no webhook of this id."),
        (("rotate", unknown), "There is no webhook of this id."),
    ):
        result = verbs("webhook", *words)
        assert result.exit_code == 1, result.output
        assert said in result.output
    assert verbs.well("webhook", "list") == "There is no webhook yet.\n"


def tell(verbs: Verbs, statement: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(verbs.environment["DATABASE_URL"])
        await connection.execute(statement)
        await connection.close()

    asyncio.run(work())
