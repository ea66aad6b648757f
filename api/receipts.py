"""Receipts as they were first given: a repeated command is answered with the same bytes."""

from dataclasses import replace
from typing import Protocol

from services.store.ports import Receipt, Store


class Checkpoints(Store, Protocol):
    """A store that keeps every checkpoint it signed."""

    async def checkpoint(self, size: int | None = None) -> str | None: ...


class Receipts:
    """Finds the checkpoint under which a command was first recorded."""

    def __init__(self, store: Checkpoints) -> None:
        self._store = store

    async def first(self, receipt: Receipt) -> Receipt:
        """The receipt as it was given the first time. Raises Unavailable.

        A repeated one comes with proofs for the newest tree; the first had those of the tree that its own batch made,
        which is the last one stamped with the command's moment.
        """
        if not receipt.repeated:
            return receipt
        size = await self._store.position_at(receipt.at) + 1
        note = await self._store.checkpoint(size)
        if note is None or size < receipt.first + receipt.count:
            return receipt
        proofs = [await self._store.prove(receipt.first + number, size) for number in range(receipt.count)]
        return replace(receipt, size=size, checkpoint=note, proofs=tuple(proofs))
