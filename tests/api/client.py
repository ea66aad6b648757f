"""A client that says exactly what a test tells it to, byte for byte where that matters."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import asyncpg

from services.store import locks
from tests.api.conftest import Live
from tests.waiting import PATIENCE

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. Headers by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def items(self) -> list[Any]:
        assert self.status == 200, self.body
        return list(self.json["items"])

    @property
    def faults(self) -> dict[str, str]:
        """Where each fault lies, and its code."""
        return {one["pointer"]: one["code"] for one in self.json["errors"]}


def send(
    live: Live, method: str, address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Said:
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    try:
        connection.request(method, address, body, dict(headers or {}))
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Said(answer.status, found, answer.read())
    finally:
        connection.close()


def get(live: Live, address: str, headers: Mapping[str, str] | None = None, /, **asked: Any) -> Said:
    """`__` in a name stands for the dot before an operator: ends_on__lt."""
    query = urlencode({name.replace("__", "."): value for name, value in asked.items()})
    return send(live, "GET", f"{address}?{query}" if query else address, headers=headers)


def give(
    live: Live, address: str, said: Any = None, *, token: str | None = None, raw: bytes | None = None,
    **headers: str,
) -> Said:  # fmt: skip
    """A command of the story's officer, or of whose token it is ("" none). `_` in a header's name stands for `-`."""
    token = live.officer if token is None else token
    sent = {"Content-Type": JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = raw if raw is not None else json.dumps({} if said is None else said).encode()
    return send(live, "POST", f"/v1/{address}", body, sent)


@contextmanager
def locked(live: Live) -> Iterator[Callable[[int], None]]:
    """Nobody can append while we are inside. What is given waits until so many commands wait at the database's door."""
    stood: asyncpg.Connection = live.run(asyncpg.connect(live.services.config.database_url))
    live.run(stood.execute(f"select pg_advisory_lock({locks.RECORDS})"))

    def waits(many: int) -> None:
        ends = monotonic() + PATIENCE
        while live.run(stood.fetchval(_WAITING)) < many:
            assert monotonic() < ends, "nobody came"

    try:
        yield waits
    finally:
        live.run(stood.close())


@contextmanager
def standing_still(live: Live, view: str) -> Iterator[None]:
    """Nobody can say of the view that it has come further while we are inside."""
    holding: asyncpg.Connection = live.run(asyncpg.connect(live.services.config.database_url))
    transaction = holding.transaction()
    live.run(transaction.start())
    live.run(holding.execute("select 1 from views.registry where name = $1 for update", view))
    try:
        yield
    finally:
        live.run(holding.close())


_WAITING = """
select count(*) from pg_locks l join pg_database d on d.oid = l.database
where l.locktype = 'advisory' and not l.granted and d.datname = current_database()"""


def proposal(live: Live, title: str = "", **changed: Any) -> dict[str, Any]:
    return {
        "owner": str(live.story.city), "title": {"en": title or f"A promise {uuid4()}"},
        "description": {"en": "Told by a test."}, "ends_on": "2031", "sdg": ["11.2"], **changed,
    }  # fmt: skip


def proposed(live: Live, title: str = "", **changed: Any) -> Any:
    """The receipt of a new commitment of the story's city."""
    said = give(live, "commitments/propose", proposal(live, title, **changed))
    assert said.status == 201, said.body
    return said.json


def seen(live: Live, view: str, position: int, **asked: Any) -> Said:
    """A list that holds what was recorded up to a position."""
    return get(live, f"/v1/{view}", wait_for=position, **asked)


def head(live: Live) -> int:
    """How many records the ledger has."""
    return int(live.run(live.services.store.head()).size)


def refused(said: Said, status: int, code: str) -> Any:
    """The problem that an answer is."""
    assert (said.status, said.json["code"]) == (status, code), said.body
    assert said.headers["content-type"].startswith("application/problem+json")
    assert said.json["status"] == status
    assert said.json["request_id"] == said.headers["x-request-id"]
    assert said.json["detail"].strip().endswith((".", "?"))
    return said.json
