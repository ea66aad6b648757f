"""A process that appends as fast as it can and says which commands were answered: `load.py DSN WRITERS SECONDS`."""

import asyncio
import os
import sys
from time import monotonic
from uuid import uuid4

from services.store.ledger import opened_store
from tests.services.store_ledgers import KEY, ORIGIN, change, draft


async def main(dsn: str, writers: int, seconds: float) -> None:
    end = monotonic() + seconds
    async with opened_store(dsn, ORIGIN, KEY) as store:

        async def write() -> None:
            while monotonic() < end:
                receipt = await store.append(change(draft(uuid4()), draft(uuid4())))
                # One write a line, unbuffered: what is said before a kill -9 was answered before it.
                os.write(1, f"{receipt.cmd} {receipt.first}\n".encode())

        await asyncio.gather(*(write() for _ in range(writers)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
