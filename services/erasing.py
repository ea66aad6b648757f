"""Erasing a subject; and what is left to do of erasures on record, where a key outlived the process that erased."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol
from uuid import UUID, uuid4

import msgspec

from domain.erasures import SubjectErased
from domain.kernel import Actor, EventName
from services.codec import Codec
from services.handle import Answer, Note, Office, Order
from services.keyring import Keyring
from services.store.ports import Filter, Store, StoredRecord

PAGE = 500


class Records(Protocol):
    """Whatever records can be read of."""

    async def records(
        self, after: int = -1, limit: int = 500, *, until: int | None = None, where: Filter | None = None
    ) -> list[StoredRecord]:
        """See `ports.Store`."""


async def erased_subjects(store: Records, codec: Codec) -> AsyncIterator[UUID]:
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


async def subject_named(store: Store, text: str) -> UUID | None:
    """The subject that is meant: by its id, or by a record (<stream>/<version>) that holds something sealed of it."""
    try:
        name = EventName(text)
    except ValueError:
        return _uuid(text)
    records = (await store.streams([name.stream], after=name.version - 1))[name.stream]
    found = next((record for record in records if record.version == name.version), None)
    return None if found is None else msgspec.json.decode(found.state, type=_OfCommand).cmd


async def erase(office: Office, actor: Actor, subject: UUID, basis: str) -> Answer:
    """Records the erasure, and does it. Safe to repeat: what a crash or a broken disk left undone is done then.

    Raises what `Office.give` raises.
    """
    order = Order(
        context="erasures", command="erase", fields={"subject": subject, "basis": basis}, cmd=uuid4(), actor=actor,
        caller=str(actor.accreditation), note=Note(basis=basis),
    )  # fmt: skip
    return await office.give(order)


class _OfCommand(msgspec.Struct):
    cmd: UUID


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
