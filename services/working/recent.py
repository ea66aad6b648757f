"""What was recorded lately, fetched once for everybody in the process who follows the ledger."""

from collections.abc import Sequence

from services.store.ports import Head, StoredRecord
from services.working.following import Ledger

KEPT = 2000
"""Records that are kept in memory, at most: the newest that anybody asked for."""


class Recent:
    """A ledger that gives from memory what it was asked for before. Of records it may give fewer than there are."""

    def __init__(self, ledger: Ledger, at_most: int = KEPT) -> None:
        self._ledger, self._at_most = ledger, at_most
        self._kept: list[StoredRecord] = []

    async def head(self) -> Head:
        return await self._ledger.head()

    async def records(self, after: int = -1, limit: int = 500) -> Sequence[StoredRecord]:
        if self._holds(after + 1):
            first = after + 1 - self._kept[0].position
            return self._kept[first : first + limit]
        found = await self._ledger.records(after, limit)
        if limit > 1:  # who looks at one record is not on the way through the ledger
            self._keep(found)
        return found

    def _holds(self, position: int) -> bool:
        return bool(self._kept) and self._kept[0].position <= position <= self._kept[-1].position

    def _keep(self, found: Sequence[StoredRecord]) -> None:
        """The records of a ledger are dense: what follows on what is kept continues it."""
        if found:
            follows = self._kept and found[0].position == self._kept[-1].position + 1
            self._kept = [*(self._kept if follows else ()), *found][-self._at_most :]
