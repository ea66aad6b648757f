"""What there is to tell followers; looked for once in a round for all who follow the same from the same place."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from domain.kernel import Context
from services.codec import Codec
from services.mail.letters import LINES
from services.mail.subscriptions import Subscription
from services.outgoing.wanted import Ahead, Strange, Stretch
from services.store.ports import Filter, StoredRecord

_Look: TypeAlias = tuple[int, Filter, int]
"""(behind which place, for what, up to where)"""


class Found(NamedTuple):
    """What one message tells: these records of those up to `end`, and that there are `more`. Without records: nothing.

    `strange`: behind `end` stands what this program does not know.
    """

    records: Sequence[StoredRecord]
    end: int
    more: bool = False
    strange: Strange | None = None


class News:
    """Looks for it, in rounds. Where nothing was, the next round does not look again, though nobody saved it."""

    def __init__(self, ahead: Ahead, codec: Codec, contexts: Mapping[str, Context]) -> None:
        self._ahead, self._codec, self._contexts = ahead, codec, contexts
        self._reached = -1
        self._before: dict[UUID, int] = {}
        self._seen: dict[UUID, int] = {}
        self._looks: dict[_Look, Stretch] = {}

    def begin(self, reached: int) -> None:
        """A round, in which what was recorded up to a position is told."""
        self._reached, self._before, self._seen, self._looks = reached, self._seen, {}, {}

    async def of(self, one: Subscription) -> Found:
        """What is to be told to one. Raises Unusable, and what the store raises."""
        where = one.wanted.filter(self._codec, self._contexts)
        # A message that was tried before is tried again as it was, however far the register has come since.
        under_way = one.upto > one.position
        until = one.upto if under_way else self._reached
        position = one.position if under_way else max(one.position, self._before.get(one.id, -1))
        stretch = Stretch((), position, None, whole=True)
        while position < until and not stretch.records and stretch.strange is None:
            stretch = await self._look((position, where, until))
            position = stretch.end
        if not stretch.records:
            self._seen[one.id] = stretch.end
        more = len(stretch.records) > LINES
        return Found(stretch.records[:LINES], until if more else stretch.end, more, stretch.strange)

    async def _look(self, look: _Look) -> Stretch:
        if look in self._looks:
            return self._looks[look]
        position, where, until = look
        found = await self._ahead.stretch(position, where, LINES + 1, until)
        if not found.records:  # who is told something waits for the mail server anyway
            self._looks[look] = found
        return found
