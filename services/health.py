"""How those do who follow the ledger: groups of views, and workers."""

import re
from dataclasses import dataclass

_KIND = re.compile(r"((?:Record [0-9]+ cannot be applied: )?\w+): .*", re.DOTALL)
"""Up to the name of the error."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a group of views, or a worker, does.

    `names`: of the views, or of the worker alone. `position` of the last record it saw (-1: none), `head` of the
    ledger's, seconds behind. `leads`: this process does the work; otherwise another one does, or none yet. `error`:
    what stopped it, or what it waits for. Not `alive`: it will not go on by itself. `refused`: how much rules did not
    let a worker do.
    """

    names: tuple[str, ...]
    position: int
    head: int
    lag_seconds: float
    leads: bool
    alive: bool
    error: str | None
    refused: int = 0

    @property
    def kind(self) -> str | None:
        """Of `error`, what anybody may hear. Its words may hold what others wrote, or where the database is."""
        return None if self.error is None else _KIND.sub(r"\1, see the log", self.error)
