"""Trying again what failed: at once almost, then after longer and longer waits."""

from collections.abc import Sequence
from time import monotonic

WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Tries:
    """Says how long to wait before the next try. One that went well for `well` seconds begins the waits anew.

    `waits`: seconds, one for each failure in a row; the last is repeated.
    """

    def __init__(self, waits: Sequence[float] = WAITS, *, well: float = WAITS[-1]) -> None:
        self._waits, self._well = waits, well
        self._in_a_row = -1
        self._begun = monotonic()

    def begin(self) -> None:
        self._begun = monotonic()

    def failed(self) -> float:
        """Seconds until the next try."""
        self._in_a_row = self._in_a_row + 1 if monotonic() - self._begun < self._well else 0
        return self._waits[min(self._in_a_row, len(self._waits) - 1)]
