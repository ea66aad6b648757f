"""Tokens: what is revoked counts nowhere once it is heard, whoever was looking for it meanwhile."""

import asyncio
from datetime import timedelta

import pytest

from services.bootstrap import Services
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
