"""What stands in the way of whoever is sent something, as verbs show it."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Sent(Protocol):
    """Somebody with a place in the ledger; see `services.outgoing.places`."""

    @property
    def id(self) -> UUID: ...

    @property
    def tries(self) -> int: ...

    @property
    def failing_since(self) -> datetime | None: ...

    @property
    def again_at(self) -> datetime | None: ...

    @property
    def paused_at(self) -> datetime | None: ...


def in_the_way_of(one: Sent, verb: str) -> str:
    """Empty: nothing."""
    if one.paused_at is not None:
        return f"PAUSED since {minute(one.paused_at)}: `subsidia {verb} resume {one.id}`"
    if one.failing_since is not None and one.again_at is not None:
        return f"not taken since {minute(one.failing_since)}, {one.tries} tries, next {minute(one.again_at)}"
    return ""


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
