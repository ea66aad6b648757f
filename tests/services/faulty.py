"""A store that fails once, for tests in pairs: failed and did not persist; failed but did persist."""

from typing import Any

from services.store.ports import Change, Receipt, Unavailable


class Faulty:
    """A store of which one append fails: before it was written, or after."""

    def __init__(self, store: Any, after: bool) -> None:
        self._store, self._after, self.faults = store, after, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, change: Change) -> Receipt:
        if self.faults:
            receipt: Receipt = await self._store.append(change)
            return receipt
        self.faults += 1
        if self._after:
            await self._store.append(change)
        raise Unavailable("The database went away.", recorded=None if self._after else False)
