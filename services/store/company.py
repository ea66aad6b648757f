"""Whether other processes write to the ledger as well, as far as one of them can tell."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

LEAST = 1.0
MOST = 16.0
"""Seconds that others are expected after they were met, at least and at most."""


@dataclass(slots=True)
class Company:
    """Others are expected for a while once they were met.

    It is twice as long each time that they are met again before we were alone for as long. So one whose reactions come
    between the commands of a busy server soon expects that server always, and the server those reactions hardly ever.
    """

    clock: Callable[[], float] = monotonic
    _period: float = LEAST / 2
    _until: float = 0.0
    _alone: bool = False

    @property
    def expected(self) -> bool:
        return self.clock() < self._until

    def met(self) -> None:
        """Somebody else wrote, where we hoped to be next."""
        now = self.clock()
        were_alone = self._alone and now - self._until > self._period
        self._period = LEAST if were_alone else min(2 * self._period, MOST)
        self._until, self._alone = now + self._period, False

    def found_nobody(self) -> None:
        """We hoped to be next, and were: in the time since, nobody came."""
        self._alone = True
