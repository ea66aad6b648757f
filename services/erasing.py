"""Erasing a subject; and what is left to do of erasures on record, where a key outlived the process that erased."""

import asyncio
from uuid import UUID, uuid4

import msgspec

from domain.kernel import Actor, EventName
from services.codec import Codec
from services.handle import Office
from services.identity.bound import Identities
from services.keyring import Keyring
from services.openings import erased_subjects
from services.orders import Answer, Note, Order
from services.store.ports import Store


async def finish_erasures(store: Store, codec: Codec, keyring: Keyring, identities: Identities) -> int:
    """Deletes what a crash or a restored backup left of erased subjects: keys, and bindings; how many there were.

    Of bindings also what is left of those that had ended otherwise.
    """
    there, bound = await asyncio.to_thread(keyring.subjects), await identities.people()
    if not there and not bound:
        return 0
    found = await identities.forget_keyless(there)
    async for subject in erased_subjects(store, codec):
        if subject in there:
            found += await asyncio.to_thread(keyring.delete, subject)
        if subject in bound:
            found += await identities.forget(subject)
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
