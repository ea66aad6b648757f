"""A wire between the store and the database that can be cut at a chosen moment."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit


class Cut(StrEnum):
    """When the wire breaks, around the one message that is looked for."""

    BEFORE = "before"
    """The message never arrives."""
    AFTER = "after"
    """It arrives and is done; what the database says to it is lost."""
    LATE = "late"
    """It arrives when the sender has long given up on the connection."""


class Wire:
    """Passes everything on, until the armed message comes by."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._armed: tuple[bytes, Cut] | None = None
        self._held_back: tuple[bytes, float] | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.down = False
        self.pools = False
        """Whether clients are told another session's number, as poolers do that give them one after the other."""
        self.cuts = 0

    def arm(self, message: bytes, cut: Cut) -> None:
        """The next time that a client sends these bytes."""
        self._armed = (message, cut)

    def hold_back(self, message: bytes, seconds: float) -> None:
        """The next time that a client sends these bytes, they arrive so much later; what others send does not."""
        self._held_back = (message, seconds)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.close()
            return
        back, forth = await asyncio.open_unix_connection(self._target)
        self._writers |= {writer, forth}
        mute = asyncio.Event()
        self._start(self._answers(back, writer, mute))
        await self._asks(reader, forth, writer, mute)

    async def _asks(
        self,
        reader: asyncio.StreamReader,
        forth: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        mute: asyncio.Event,
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(1 << 20):
                cut = self._cut(chunk)
                if cut is None:
                    if self._held_back is not None and self._held_back[0] in chunk:
                        (_, seconds), self._held_back = self._held_back, None
                        await asyncio.sleep(seconds)
                    forth.write(chunk)
                    continue
                mute.set()
                if cut is Cut.BEFORE:
                    forth.close()
                elif cut is Cut.AFTER:
                    forth.write(chunk)
                    await asyncio.sleep(0.1)  # the server is done, and says so to nobody
                    forth.close()
                else:
                    self._start(self._deliver_late(forth, chunk))
                writer.close()
                return
        forth.close()

    def _cut(self, chunk: bytes) -> Cut | None:
        if self._armed is None or self._armed[0] not in chunk:
            return None
        cut = self._armed[1]
        self._armed = None
        self.cuts += 1
        return cut

    async def _answers(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter, mute: asyncio.Event) -> None:
        with suppress(OSError):
            while chunk := await back.read(1 << 20):
                if not mute.is_set():
                    writer.write(_renumbered(chunk) if self.pools else chunk)
        writer.close()

    async def _deliver_late(self, forth: asyncio.StreamWriter, chunk: bytes) -> None:
        await asyncio.sleep(0.3)
        with suppress(OSError):
            forth.write(chunk)
            await asyncio.sleep(0.1)
        forth.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cut_all(self) -> None:
        for writer in self._writers:
            writer.close()

    async def close(self) -> None:
        while self._tasks:
            self.cut_all()
            await asyncio.wait(self._tasks, timeout=1)


def _renumbered(chunk: bytes) -> bytes:
    """BackendKeyData: a `K`, its length, the session's number, a secret (of 4 bytes in the protocol 3.0)."""
    begin, found, rest = chunk.partition(b"K\0\0\0\x0c")
    return begin + found + (b"\0\0\0\1" + rest[4:] if found else rest)


@asynccontextmanager
async def wired(dsn: str) -> AsyncIterator[tuple[str, Wire]]:
    """(the DSN that goes through the wire, the wire)."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    name = f".s.PGSQL.{query['port'][0]}"
    folder = Path(tempfile.mkdtemp(prefix="wire-"))
    wire = Wire(f"{query['host'][0]}/{name}")
    server = await asyncio.start_unix_server(wire.serve, folder / name)
    try:
        yield f"{dsn.partition('?')[0]}?host={quote(str(folder), safe='')}&port={query['port'][0]}", wire
    finally:
        server.close()
        await wire.close()
        shutil.rmtree(folder)
