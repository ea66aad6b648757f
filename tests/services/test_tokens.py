"""Tokens: what is revoked counts nowhere once it is heard, nor does what a backup brings back of a sign-in."""

import asyncio
from datetime import timedelta

import pytest

from services.bootstrap import Services
from services.identity.bound import Identity, Kind
from services.store.tokens import Token, Tokens


async def test_what_is_revoked_while_somebody_looks_for_it_is_not_kept(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, found, revoked = services.tokens, asyncio.Event(), asyncio.Event()
    text, token = await tokens.issue(services.registrar, timedelta(hours=1))
    reads = Tokens._found

    async def held(self: Tokens, text: str, digest: bytes) -> Token | None:
        read = await reads(self, text, digest)
        found.set()
        await revoked.wait()
        return read

    with monkeypatch.context() as patched:
        patched.setattr(Tokens, "_found", held)
        looking = asyncio.ensure_future(tokens.find(text))
        await found.wait()
        assert await tokens.revoke(token.id)
        revoked.set()
        assert await looking is not None, "it was asked for before it was revoked"
    assert await tokens.find(text) is None


async def signed_in(services: Services) -> tuple[Identity, str]:
    day = timedelta(days=1)
    one = await services.identities.bind("https://login.example", Kind.PERSON, "ada", services.registrar, None, day)
    assert one is not None
    return one, (await services.tokens.issue(one.actor, timedelta(hours=8), identity=one.id))[0]


async def test_of_who_was_unbound_a_restored_database_brings_back_no_sign_in(services: Services) -> None:
    one, text = await signed_in(services)
    assert await services.tokens.find(text) is not None
    kept = {
        table: await services.store.pool.fetch(f"select * from access.{table} where {column} = $1", one.id)
        for table, column in (("identities", "id"), ("tokens", "identity"))
    }
    assert await services.identities.unbind(one.id)
    for table, rows in kept.items():
        for row in rows:
            places = ", ".join(f"${number + 1}" for number in range(len(row)))
            await services.store.pool.execute(f"insert into access.{table} values ({places})", *row.values())
    services.tokens.forget_kept()
    assert len(kept["tokens"]) == 1
    assert [each.id for each in await services.identities.all()] == [one.id]
    assert await services.tokens.find(text) is None


async def test_all_sign_ins_end_and_tokens_that_were_made_by_hand_go_on(services: Services) -> None:
    _, text = await signed_in(services)
    by_hand, _ = await services.tokens.issue(services.registrar, timedelta(hours=1))
    assert None not in (await services.tokens.find(text), await services.tokens.find(by_hand))
    assert await services.tokens.end_sign_ins() == 1
    assert await services.tokens.find(text) is None
    assert await services.tokens.find(by_hand) is not None
    assert await services.tokens.end_sign_ins() == 0
