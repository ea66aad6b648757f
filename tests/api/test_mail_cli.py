"""`subsidia mail`: what the keeper of a register sees of followers, and ends for them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from services.keyring import FolderKeyring
from services.mail.subscriptions import Period, Subscriptions
from services.outgoing.wanted import Wanted
from services.store.connecting import close_pool, open_pool
from tests.api.verbs import Verbs, _logs_as_they_were, database, tell, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

T = TypeVar("T")
ADDRESS = "ada@example.org"


def among(verbs: Verbs, work: Callable[[Subscriptions], Awaitable[T]]) -> T:
    """What is done to the subscriptions of the register that these verbs keep."""

    async def done() -> T:
        pool = await open_pool(verbs.environment["DATABASE_URL"], 1)
        try:
            return await work(Subscriptions(pool, FolderKeyring(Path(verbs.var) / "subject-keys")))
        finally:
            await close_pool(pool)

    return asyncio.run(done())


def followed(verbs: Verbs, *, confirmed: bool) -> str:
    """Somebody follows mandates, or asked for it; gives the id."""

    async def follow(subscriptions: Subscriptions) -> str:
        await subscriptions.ask(ADDRESS, Wanted(contexts=("mandates",)), Period.AT_ONCE, ())
        (one,) = await subscriptions.all()
        if confirmed:
            await subscriptions.confirm(one)
        return str(one.id)

    return among(verbs, follow)


def test_the_list_says_what_is_followed_and_names_nobody_unless_it_is_asked(verbs: Verbs) -> None:
    assert verbs.well("mail", "list") == "Nobody follows by mail yet.\n"
    id = followed(verbs, confirmed=False)
    listed = verbs.well("mail", "list")
    assert re.fullmatch(rf"{id}\n  mandates; at once; asked [0-9: -]+ UTC, not confirmed\n", listed), listed
    assert f"{id}  {ADDRESS}\n" in verbs.well("mail", "list", "--addresses")


def test_what_stands_in_the_way_is_said_there_and_by_the_doctor_and_is_resumed(verbs: Verbs) -> None:
    verbs.well("mail", "list")
    id = followed(verbs, confirmed=True)
    assert "  mandates; at once; told up to position " in verbs.well("mail", "list")
    said = "SUBSIDIA_MAIL names no server"
    assert f"1 follow by mail, and {said}" in " ".join(verbs("doctor").output.split())
    tell(verbs.environment["DATABASE_URL"], "update workers.subscriptions set paused_at = now(), said = 'It ended.'")
    listed = verbs.well("mail", "list")
    assert re.search(rf"PAUSED since [0-9: -]+ UTC: `subsidia mail resume {id}`\n  It ended\.", listed)
    server = {"SUBSIDIA_MAIL": "smtp://127.0.0.1:9?from=a@b.example", "SUBSIDIA_PUBLIC_URL": "https://b.example"}
    told = verbs("doctor", **server).output
    assert re.search(r"mail.*1 of 1 paused or not taken", told)
    assert re.search(r"mail server.*127\.0\.0\.1:9 does not let us in", told)
    assert "The mail server cannot be reached." in told
    verbs.well("mail", "resume", id)
    assert "told up to position" in verbs.well("mail", "list")
    assert re.search(r"mail.*1, each taken", verbs("doctor", **server).output)


def test_who_asks_the_keeper_is_forgotten_by_address_or_by_id(verbs: Verbs) -> None:
    verbs.well("mail", "list")
    for by_address in (True, False):
        id = followed(verbs, confirmed=True)
        assert verbs.well("mail", "remove", ADDRESS.upper() if by_address else id) == "Removed: 1.\n"
        assert verbs.well("mail", "list") == "Nobody follows by mail yet.\n"
    for who, said in (
        (ADDRESS, "Nobody follows under this address."),
        ("7d7f0f2e-0000-4000-8000-000000000001", "There is no subscription of this id."),
        ("ada", "An id is asked for"),
    ):
        result = verbs("mail", "remove", who)
        assert (result.exit_code, said in result.output) == (1, True), result.output
    assert verbs("mail", "resume", "7d7f0f2e-0000-4000-8000-000000000001").exit_code == 1
