"""How far everybody has come who is sent something, and what becomes of those who do not take it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from math import ceil
from typing import NamedTuple
from uuid import UUID

from services.store.connecting import Connection, Pool, available

PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds until what was not taken is tried again; the last is repeated."""
GIVES_UP = timedelta(days=7)
"""Of what is refused at every try for so long it is paused, until somebody resumes it; nothing is lost meanwhile."""
STUCK = timedelta(minutes=10)
"""After so long people are told that something is not taken."""


class Tried(NamedTuple):
    """What became of a try that failed: how many there were by now, and whether it is paused."""

    tries: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Places:
    """The places in one `table`: a row for everybody who is sent something, with an id and a `position`.

    `tries`, `refused`, `failing_since`, `again_at`, `paused_at` and `said` are how the last try went. A place moves
    only from where the mover saw it: of two processes that both think they lead, one goes on. `counted`: which of them
    people are told of.
    """

    table: str
    counted: str = "true"

    async def came_to(self, pool: Pool, id: UUID, old: int, new: int, rests: timedelta | None = None) -> bool:
        """Everything up to a position is done with. False: it stands elsewhere by now, or is gone; do not go on.

        For so long as it `rests` it is sent nothing.
        """
        with available():
            done = await pool.execute(_CAME_TO.format(table=self.table), id, old, new, rests)
        return bool(done == "UPDATE 1")

    async def not_taken(
        self, pool: Pool, id: UUID, position: int, said: str, pauses: Sequence[float], gives_up: timedelta, *,
        gone: bool, refused: bool = True,
    ) -> Tried | None:  # fmt: skip
        """Notes a try that failed. None: it stands elsewhere by now.

        It is tried again after a pause; not any more where its receiver is `gone`, or has `refused` it as often as we
        try in the time after which one `gives_up`. Time alone says nothing: we may have been away ourselves.
        """
        with available():
            row = await pool.fetchrow(
                _NOT_TAKEN.format(table=self.table), id, position, said, list(pauses), tries_in(gives_up, pauses), gone,
                refused,
            )  # fmt: skip
        return None if row is None else Tried(row["tries"], row["paused"])

    async def resume(self, pool: Pool, id: UUID, after: int | None = None) -> bool:
        """It is tried at once, paused or not; behind another record, if one is named. Whether there is one."""
        return bool(await pool.execute(_RESUME.format(table=self.table), id, after) == "UPDATE 1")

    async def stuck(self, connection: Connection | Pool) -> int:
        """How many take nothing: paused, or failing for a while."""
        count: int = await connection.fetchval(_STUCK.format(table=self.table, counted=self.counted), STUCK)
        return count


def tries_in(time: timedelta, pauses: Sequence[float]) -> int:
    """How many tries one after the other take so long: the first one takes no time."""
    begins = list(accumulate(pauses, initial=0.0))
    beyond = time.total_seconds() - begins[-1]
    return bisect_left(begins, time.total_seconds()) + 1 if beyond <= 0 else len(begins) + ceil(beyond / pauses[-1])


# Nobody waits for the disk, in this one statement: what a power cut takes of a place is sent again, under the same id.
_STANDS_THERE = """
where id = $1 and position = $2 and paused_at is null and set_config('synchronous_commit', 'off', true) is not null"""
_CAME_TO = f"""
update {{table}} set position = $3, tries = 0, refused = 0, failing_since = null, said = '',
    again_at = clock_timestamp() + $4::interval
{_STANDS_THERE}"""
_NOT_TAKEN = """
update {table} set tries = tries + 1, refused = refused + $7::boolean::integer, said = $3,
    failing_since = coalesce(failing_since, clock_timestamp()),
    again_at = clock_timestamp()
        + make_interval(secs => ($4::float8[])[least(tries + 1, cardinality($4::float8[]))]),
    paused_at = case when $6 or ($7 and refused + 1 >= $5) then clock_timestamp() end
where id = $1 and position = $2 and paused_at is null
returning tries, paused_at is not null as paused"""
_RESUME = """
update {table} set paused_at = null, again_at = null, failing_since = null, tries = 0, refused = 0,
    said = '', position = coalesce($2, position) where id = $1"""
_STUCK = """
select count(*) from {table}
where {counted} and (paused_at is not null or failing_since < clock_timestamp() - $1::interval)"""
