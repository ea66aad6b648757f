"""Who leans on what, found without a search: kept by the worker that reacts, as of the record it reacts to."""

from collections.abc import Sequence
from uuid import UUID

from domain.kernel import StreamId
from services.store.connecting import Connection
from services.working.leaning import Lean, Manner


async def keep(connection: Connection, found: Sequence[Lean]) -> None:
    if found:
        await connection.execute(
            "insert into workers.leans (thing, manner, stream) select * from unnest($1::uuid[], $2::text[], $3::uuid[])"
            " on conflict do nothing",
            *map(list, zip(*found, strict=True)),
        )  # fmt: skip


async def leaning_on(connection: Connection, thing: UUID, manner: Manner, found: Sequence[Lean] = ()) -> list[StreamId]:
    """The streams that ever leant on it in that manner, in the order of their ids. `found`: leans not kept yet."""
    query = "select stream from workers.leans where thing = $1 and manner = $2"
    kept = [row[0] for row in await connection.fetch(query, thing, manner.value)]
    late = [stream for other, how, stream in found if other == thing and how == manner]
    return [StreamId(stream) for stream in sorted({*kept, *late})]
