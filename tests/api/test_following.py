"""Records as they come: every one once and in order, whoever writes meanwhile and however often the line is lost."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from ipaddress import ip_network
from typing import Any

import pytest
import requests
from aiohttp import ClientError, ClientSession, web

from api import following
from api.edge import public
from api.following import LAST_SEEN, MEDIA, Following
from api.opened import Seals
from api.whence import Network
from services.store.ledger import LedgerStore
from services.store.ports import Filter, StoredRecord, Unavailable
from tests.api.client import get, proposed, send
from tests.api.conftest import Live
from tests.waiting import until

ASKED = {"Accept": MEDIA}


@contextmanager
def followed(live: Live, headers: dict[str, str] | None = None, **asked: Any) -> Iterator[Iterator[tuple[int, Any]]]:
    """Events as a browser hears them (WHATWG HTML, 9.2.6): (id, data)."""
    with requests.get(
        f"{live.url}/v1/records", params=asked, headers=ASKED | (headers or {}), stream=True, timeout=60
    ) as said:
        assert (said.status_code, said.headers["content-type"]) == (200, MEDIA), said.text
        yield _events(said)


def _events(said: requests.Response) -> Iterator[tuple[int, Any]]:
    seen, data = -1, ""
    for line in said.iter_lines(chunk_size=1):
        name, _, value = line.decode().partition(": ")
        if name == "id":
            seen = int(value)
        elif name == "data":
            data = value
        elif not line and data:
            yield seen, json.loads(data)
            data = ""


def test_what_was_recorded_comes_first_and_then_what_is_recorded(live: Live) -> None:
    with followed(live) as events:
        heard = [next(events) for _ in range(live.told + 1)]
        assert [position for position, _ in heard] == list(range(live.told + 1))
        listed = get(live, "/v1/records", limit=500).items
        assert [one for _, one in heard][: len(listed)] == listed[: live.told + 1]
        made = proposed(live)
        for position, one in events:
            assert position == one["position"]
            if position == made["position"]:
                break


def test_a_reader_goes_on_behind_the_last_one_that_they_had(live: Live) -> None:
    at = proposed(live)["position"]
    with followed(live, {LAST_SEEN.name: str(at - 1)}, after=0, limit=1) as events:
        assert [position for position, _ in events] == [at], "the header stands above the address, as browsers need it"
    with followed(live, after=at - 2, limit=2) as events:
        assert [position for position, _ in events] == [at - 1, at]


def test_nothing_is_missed_or_said_twice_while_many_write_and_the_line_is_lost_again_and_again(live: Live) -> None:
    begun = proposed(live)["position"]
    with ThreadPoolExecutor(8) as writers:
        given = [writers.submit(proposed, live) for _ in range(40)]
        heard: list[int] = []
        # Each line is lost after a few; a new one begins behind what was heard last.
        while not all(one.done() for one in given) or heard[-1:] != [max(one.result()["position"] for one in given)]:
            with followed(live, {LAST_SEEN.name: str(heard[-1] if heard else begun)}) as events:
                heard += [next(events)[0] for _ in range(1 if all(one.done() for one in given) else 3)]
            if all(one.done() for one in given) and heard[-1] > max(one.result()["position"] for one in given):
                break
    assert heard == list(range(begun + 1, begun + 1 + len(heard)))
    assert {one.result()["position"] for one in given} <= set(heard)


def test_records_of_one_type_and_unit_come_alone(live: Live) -> None:
    before = proposed(live)["position"]
    made = proposed(live)
    kind = made["events"][-1]
    with followed(live, after=before, type=kind, unit=str(live.story.city), limit=1) as events:
        ((_, one),) = list(events)
    assert (one["record"]["id"], one["record"]["type"]) == (made["stream"], kind)


def test_who_hears_nothing_for_a_while_hears_that_the_line_is_there_and_where_to_go_on(live: Live) -> None:
    services = live.services
    seals = Seals(services.openings, services.office, services.tokens)
    quiet = Following(services.store, services.views, seals, heartbeat=0.01)

    async def heard() -> list[bytes]:
        events = quiet.events(live.told - 1, None, Filter(types=("nothing-of-the-kind.1",)))
        found = [await anext(events) for _ in range(3)]
        await events.aclose()
        return found

    retry, *beats = live.run(heard())
    assert retry == following.RETRY
    for beat in beats:
        name, _, position = beat.partition(b": ")
        assert (name, beat[-2:]) == (b"id", b"\n\n"), "an id alone is no event"
        assert int(position) >= live.told, "what was looked through in vain is not looked through again"


class Counting:
    """The store, and how often records were asked of it."""

    def __init__(self, store: LedgerStore) -> None:
        self._store, self.asked = store, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def records(self, *asked: Any, **more: Any) -> list[StoredRecord]:
        self.asked += 1
        return await self._store.records(*asked, **more)


def test_those_who_wait_for_the_same_share_one_look(live: Live) -> None:
    services = live.services
    store: Any = Counting(services.store)
    endless = Following(store, services.views, Seals(services.openings, services.office, services.tokens))

    async def heard() -> list[set[bytes]]:
        readers = [endless.events(live.told - 3, 3, Filter()) for _ in range(20)]
        said = [await asyncio.gather(*map(anext, readers)) for _ in range(2)]
        return list(map(set, said))

    (retry,), (events,) = live.run(heard())
    assert (retry, events.count(b"data: "), store.asked) == (following.RETRY, 3, 1)


def test_a_reader_who_leaves_takes_nothing_from_the_others(live: Live) -> None:
    services = live.services
    endless = Following(services.store, services.views, Seals(services.openings, services.office, services.tokens))

    async def heard() -> bytes:
        readers = [endless.events(live.told - 3, 3, Filter()) for _ in range(2)]
        await asyncio.gather(*map(anext, readers))
        first, second = (asyncio.ensure_future(anext(one)) for one in readers)
        await asyncio.sleep(0)  # both wait, the second for the look of the first
        first.cancel()
        return await second

    assert live.run(heard()).count(b"data: ") == 3


class Gone:
    """A store whose database goes away while it is asked."""

    def __init__(self, asked: asyncio.Event, gone: asyncio.Event) -> None:
        self._asked, self._gone = asked, gone

    async def records(self, *asked: Any, **more: Any) -> list[StoredRecord]:
        self._asked.set()
        await self._gone.wait()
        raise Unavailable("The database is gone.")


def test_a_look_that_fails_once_all_have_left_is_told_to_nobody(live: Live) -> None:
    services = live.services

    async def told() -> list[Mapping[str, Any]]:
        complaints = list[Mapping[str, Any]]()
        asyncio.get_running_loop().set_exception_handler(lambda loop, about: complaints.append(about))
        asked, gone = asyncio.Event(), asyncio.Event()
        store: Any = Gone(asked, gone)
        endless = Following(store, services.views, Seals(services.openings, services.office, services.tokens))
        events = endless.events(live.told - 3, 3, Filter())
        await anext(events)
        reader = asyncio.ensure_future(anext(events))
        await asked.wait()
        reader.cancel()
        await asyncio.wait([reader])
        del reader, events  # they hold the look
        gone.set()
        await asyncio.sleep(0.01)
        gc.collect()
        asyncio.get_running_loop().set_exception_handler(None)
        return complaints

    assert live.run(told()) == []


@asynccontextmanager
async def alone(live: Live, proxies: Sequence[Network] = ()) -> AsyncIterator[tuple[str, web.AppRunner]]:
    """Served with nothing else, so that nobody else follows."""
    services = live.services
    seals = Seals(services.openings, services.office, services.tokens)
    endless = Following(services.store, services.views, seals, heartbeat=3600, proxies=proxies)

    async def follow(request: web.Request) -> web.StreamResponse:
        return await endless.follow(request, -1, None, Filter())

    app = web.Application()
    app.router.add_get("/", public(follow))
    app.on_shutdown.append(endless.end)
    runner = web.AppRunner(app, shutdown_timeout=3600)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", runner
    finally:
        await runner.cleanup()


def test_so_many_follow_and_no_more(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STREAMS", 1)

    async def asked() -> tuple[int, Any, str]:
        async with alone(live) as (address, _), ClientSession() as session, session.get(address) as first:
            await first.content.readuntil(b"\n\n")
            async with session.get(address) as second:
                return second.status, (await second.json())["code"], second.headers["Retry-After"]

    assert live.run(asked()) == (503, "busy", "5")


def test_no_address_holds_the_places_of_all(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "EACH", 1)

    async def asked() -> list[int]:
        async with alone(live, [ip_network("127.0.0.1")]) as (address, _), AsyncExitStack() as stack:
            session, found = await stack.enter_async_context(ClientSession()), []
            for reader in ("9.9.9.9", "9.9.9.9", "8.8.8.8", "9.9.9.9, 8.8.8.8"):
                headers = {"X-Forwarded-For": reader}
                said = await stack.enter_async_context(session.get(address, headers=headers))
                found.append(said.status)
            return found

    assert live.run(asked()) == [200, 503, 200, 503]


def test_nobody_is_taken_for_a_crowd_behind_a_proxy_that_we_were_not_told_of(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EACH", 1)

    async def asked() -> list[int]:
        async with (
            alone(live) as (address, _), ClientSession() as session,
            session.get(address) as first, session.get(address) as second,
        ):  # fmt: skip
            return [first.status, second.status]

    assert live.run(asked()) == [200, 200]


def test_who_has_left_makes_room_before_there_is_anything_to_say(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STREAMS", 1)

    async def asked() -> None:
        async with alone(live) as (address, _), ClientSession() as session:
            async with session.get(address) as first:
                await first.content.readuntil(b"\n\n")

            async def there_is_room() -> bool:
                async with session.get(address) as second:
                    return second.status == 200

            await until(there_is_room)

    live.run(asked())


def test_who_follows_does_not_hold_up_the_end(live: Live) -> None:
    async def ended() -> bytes:
        async with alone(live) as (address, runner), ClientSession() as session, session.get(address) as said:
            begun = await said.content.readuntil(b"\n\n")
            await runner.cleanup()
            with pytest.raises(ClientError):
                await said.content.read()
            return begun

    assert live.run(ended()) == following.RETRY


@pytest.mark.parametrize(
    ("asked", "headers", "faults"),
    [
        ({"as_of": 1}, {}, {"/as_of": "events"}),
        ({"limit": 0}, {}, {"/limit": "range"}),
        ({}, {LAST_SEEN.name: "yesterday"}, {"/Last-Event-ID": "type"}),
        ({}, {LAST_SEEN.name: "-1"}, {"/Last-Event-ID": "range"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_nobody_can_follow_is_refused(
    live: Live, asked: dict[str, Any], headers: dict[str, str], faults: dict[str, str]
) -> None:
    said = get(live, "/v1/records", ASKED | headers, **asked)
    assert (said.status, said.faults) == (400, faults)


def test_a_mirror_in_lines_says_as_of_which_position_it_is_and_stays(live: Live) -> None:
    said = get(live, "/v1/records", format="ndjson", after=3)
    last = json.loads(said.body.splitlines()[-1])["position"]
    assert int(said.headers["subsidia-position"]) == last
    proposed(live)
    address, rel = said.headers["link"][1:].split(">; ")
    assert (rel, send(live, "GET", address).body) == ('rel="canonical"', said.body)
