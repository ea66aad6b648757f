"""What was recorded lately, fetched once for everybody in the process who follows the ledger."""

import asyncio
from collections.abc import Sequence
from time import monotonic

from services.store.ports import Head, StoredRecord
from services.working.following import Ledger

KEPT = 2000
"""Records that are kept in memory, at most: the newest that anybody asked for."""
KEPT_FOR = 1.0
"""Seconds without a fetch after which they are forgotten: a server that comes back may have lost some of them."""


class Recent:
    """A ledger that fetches what was recorded since it was asked last; what came before, it gives from memory."""

    def __init__(self, ledger: Ledger, at_most: int = KEPT) -> None:
        self._ledger, self._at_most = ledger, at_most
        self._kept: list[StoredRecord] = []
        self._fetched = 0.0
        self._fetching = asyncio.Lock()

    async def head(self) -> Head:
        return await self._ledger.head()

    async def records(self, after: int = -1, limit: int = 500) -> Sequence[StoredRecord]:
        """As the ledger gives them: where they are fewer than `limit`, there are no more."""
        async with self._fetching:  # all wake at the same notice, and the first one fetches what they all want
            known = self._known(after, limit)
            if len(known) == limit:
                return known
            found = await self._ledger.records(after + len(known), limit - len(known))
            self._fetched = monotonic()
            self._keep(found)
            return [*known, *found]

    def _known(self, after: int, limit: int) -> Sequence[StoredRecord]:
        """Positions are dense: where the first is kept, so are those that follow on it."""
        if monotonic() - self._fetched > KEPT_FOR:
            self._kept = []
        first = after + 1 - self._kept[0].position if self._kept else -1
        return self._kept[first : first + limit] if first >= 0 else []

    def _keep(self, found: Sequence[StoredRecord]) -> None:
        """What follows on what is kept continues it."""
        if not found:
            return
        if self._kept and found[0].position == self._kept[-1].position + 1:
            self._kept += found
        else:
            self._kept = list(found)
        del self._kept[: -self._at_most]
