"""What strangers may do here costs something: so often they may, from one network address."""

from collections import OrderedDict
from math import ceil
from time import monotonic

REMEMBERED = 10_000
"""Network addresses that are remembered at most."""


class TooOften(Exception):
    """It was done too often from one network address. `seconds`: until it may be done again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Often:
    """Counts how often something is done from where: at most `many` times within so many seconds."""

    def __init__(self, many: int, within: float) -> None:
        self._many, self._within = many, within
        self._done: OrderedDict[str, list[float]] = OrderedDict()

    def count(self, whence: str | None) -> None:
        """One more. Of whom nobody can tell whence they ask, nobody can count it. Raises TooOften.

        What is refused counts for nothing: others behind the same address who try meanwhile make nobody wait longer.
        """
        if whence is None:
            return
        now = monotonic()
        times = self._done[whence] = [one for one in self._done.pop(whence, []) if one > now - self._within]
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        if len(times) >= self._many:
            raise TooOften(ceil(times[0] + self._within - now))
        times.append(now)

    def well(self, whence: str | None) -> None:
        """One that was counted came to a good end, and counts no more: many people may be behind one address."""
        if whence is not None and (times := self._done.get(whence)):
            times.pop()
