"""The connections that the writer appends on."""

from dataclasses import dataclass

from asyncpg.prepared_stmt import PreparedStatement

from services.store.connecting import Connection, connect_writer

PROBE = "select * from ledger.probe($1, $2), ledger.holders($3, $4)"


@dataclass(frozen=True, slots=True)
class Line:
    """A connection with its two statements."""

    connection: Connection
    probe: PreparedStatement
    append: PreparedStatement

    @classmethod
    async def open(cls, dsn: str) -> "Line":
        connection = await connect_writer(dsn)
        try:
            probe = await connection.prepare(PROBE)
            append = await connection.prepare(f"select * from ledger.append({_numbered(15)})")
        except BaseException:
            connection.terminate()
            raise
        return cls(connection, probe, append)


@dataclass(frozen=True, slots=True)
class Session:
    """Two lines: while the database works on one, the next batch waits for the lock on the other, and so on in turn."""

    here: Line
    there: Line

    @classmethod
    async def open(cls, dsn: str) -> "Session":
        here = await Line.open(dsn)
        try:
            return cls(here, await Line.open(dsn))
        except BaseException:
            here.connection.terminate()
            raise

    @property
    def is_closed(self) -> bool:
        return self.here.connection.is_closed() or self.there.connection.is_closed()

    def terminate(self) -> None:
        self.here.connection.terminate()
        self.there.connection.terminate()


def _numbered(count: int) -> str:
    return ", ".join(f"${number}" for number in range(1, count + 1))
