"""What is left to do of erasures that are recorded: a key may have outlived the process that was to delete it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from domain.erasures import SubjectErased
from services.codec import Codec
from services.keyring import Keyring
from services.store.ports import Filter, Store

PAGE = 500


async def erased_subjects(store: Store, codec: Codec) -> AsyncIterator[UUID]:
    """Every subject whose erasure is recorded, in the order of the ledger."""
    where, after = Filter(types=(codec.written_as[SubjectErased],)), -1
    while page := await store.records(after, PAGE, where=where):
        for record in page:
            yield codec.event(record).subject
        after = page[-1].position


async def finish_erasures(store: Store, codec: Codec, keyring: Keyring) -> int:
    """Deletes the keys of erased subjects, wherever a crash or a restored backup left one; how many there were."""
    if not await asyncio.to_thread(keyring.subjects):
        return 0
    found = 0
    async for subject in erased_subjects(store, codec):
        if keyring.has(subject):
            found += await asyncio.to_thread(keyring.delete, subject)
    return found
