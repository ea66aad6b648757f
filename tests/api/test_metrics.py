"""What an operator watches: true, complete on the page, cheap, and not on the public address."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from api.app import make_metrics_runner, make_runner
from api.following import MEDIA as EVENTS
from api.metrics import TOLD, Metrics
from api.probes import Here
from services.config import Config, Misconfigured
from services.store.connecting import lent
from tests.api.client import Said, get, proposed, send
from tests.api.conftest import Live

PAGE = (Path(__file__).parents[2] / "deploy/operations.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Watched:
    """The register on an address of its own, and its metrics on another."""

    public: Live
    metrics: Live

    def asked(self) -> dict[tuple[str, frozenset[str]], float]:
        """Name and values of labels -> number."""
        said = get(self.metrics, "/metrics")
        assert said.status == 200, said.body
        return {
            (one.name, frozenset(one.labels.values())): one.value
            for family in text_string_to_metric_families(said.body.decode())
            for one in family.samples
        }


@asynccontextmanager
async def _serving(live: Live) -> AsyncIterator[tuple[str, str]]:
    here = Here(live.services)
    metrics = Metrics(live.services, here)
    runners = (make_runner(live.services, here, metrics), make_metrics_runner(live.services, metrics, here))
    for runner in runners:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield tuple(f"http://127.0.0.1:{runner.addresses[0][1]}" for runner in runners)  # type: ignore[misc]
    for runner in runners:
        await runner.cleanup()


@contextmanager
def watching(live: Live) -> Iterator[Watched]:
    serving = _serving(live)
    public, metrics = live.run(serving.__aenter__())
    try:
        yield Watched(replace(live, url=public), replace(live, url=metrics))
    finally:
        live.run(serving.__aexit__(None, None, None))


def test_requests_are_counted_by_the_way_they_went_and_what_came_of_them(live: Live) -> None:
    with watching(live) as watched:
        before = watched.asked()
        for number in range(3):
            assert get(watched.public, f"/v1/records/{number}").status == 200
        assert get(watched.public, "/nowhere").status == 404
        assert get(watched.public, "/somewhere/else").status == 404
        assert send(watched.public, "PROPFIND", "/v1/units").status == 405
        assert send(watched.public, "BREW", "/v1/units").status == 400
        proposed(watched.public)
        after = watched.asked()
    counted = {labels: int(after[name, labels]) for name, labels in after if name == "subsidia_requests_total"}
    assert counted[frozenset({"GET", "/v1/records/{position}", "200"})] == 3
    assert counted[frozenset({"GET", "/{anything}", "404"})] == 2
    assert counted[frozenset({"other", "/{anything}", "405"})] == 1
    assert counted[frozenset({"other", "none", "400"})] == 1
    assert sum(counted.values()) == 8
    assert after["subsidia_request_seconds_count", frozenset({"command"})] == 1
    assert after["subsidia_request_seconds_count", frozenset({"read"})] == 7
    assert after["subsidia_ledger_records", frozenset()] > before["subsidia_ledger_records", frozenset()]
    grown = after["subsidia_commands_recorded_total", frozenset()]
    assert grown >= before["subsidia_commands_recorded_total", frozenset()] + 1
    assert grown >= after["subsidia_batches_recorded_total", frozenset()] > 0


def test_who_follows_for_hours_makes_no_answer_slow(live: Live) -> None:
    with watching(live) as watched:
        assert get(watched.public, "/v1/records", {"Accept": EVENTS}, limit=1).status == 200
        assert get(watched.public, "/v1/records", limit=1).status == 200
        found = watched.asked()
    assert found["subsidia_requests_total", frozenset({"GET", "/v1/records", "200"})] == 2
    assert found["subsidia_request_seconds_count", frozenset({"read"})] == 1


def test_every_view_and_worker_is_there_and_what_stands_in_the_way_is_seen(live: Live) -> None:
    with watching(live) as watched:
        found = watched.asked()
        views = {view.name for view in live.services.views_declared}
        assert {next(iter(labels)) for name, labels in found if name == "subsidia_view_alive"} == views
        for worker in ("clock", "reactions", "attestation"):
            assert found["subsidia_worker_alive", frozenset({worker})] == 1
        assert found["subsidia_pool_most", frozenset({"store"})] == live.services.config.readers
        assert found["subsidia_ledger_writable", frozenset()] == found["subsidia_database_up", frozenset()] == 1


def test_they_are_said_while_readers_have_all_connections(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.store.connecting.LENT_WITHIN", 0.05)
    pool = live.services.store.pool

    @asynccontextmanager
    async def read_by_others() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for _ in range(pool.get_max_size()):
                await stack.enter_async_context(lent(pool))
            yield

    with watching(live) as watched:
        others = read_by_others()
        live.run(others.__aenter__())
        try:
            found = watched.asked()
        finally:
            live.run(others.__aexit__(None, None, None))
    assert found["subsidia_database_up", frozenset()] == 0
    assert found["subsidia_pool_used", frozenset({"store"})] == found["subsidia_pool_most", frozenset({"store"})]


def test_they_are_not_on_the_public_address(live: Live) -> None:
    with watching(live) as watched:
        assert get(watched.public, "/metrics").status == 404
        assert get(watched.metrics, "/v1/units").status == 404
    assert get(live, "/metrics").status == 404


def test_every_number_is_on_the_page_and_the_page_names_no_other(live: Live) -> None:
    with watching(live) as watched:
        get(watched.public, "/livez")
        said: Said = get(watched.metrics, "/metrics")
    told = set(re.findall(r"^# TYPE (subsidia_\w+) ", said.body.decode(), re.M))
    assert len(told) == len(TOLD) + 2
    table = PAGE.partition("## Monitoring")[2].partition("\n## ")[0]
    assert set(re.findall(r"subsidia_\w+", table)) == told | {"subsidia_request_seconds_bucket"}


@pytest.mark.parametrize(
    ("said", "means"),
    [("", None), ("9464", ("127.0.0.1", 9464)), ("10.0.0.5:9464", ("10.0.0.5", 9464)), ("[::1]:9464", ("::1", 9464))],
)
def test_they_are_served_where_it_is_said_and_else_nowhere(
    monkeypatch: pytest.MonkeyPatch, said: str, means: tuple[str, int] | None
) -> None:
    monkeypatch.setenv("SUBSIDIA_METRICS", said)
    assert Config.read().metrics == means


@pytest.mark.parametrize("said", ["here", "1:2:", "70000", "-1", "127.0.0.1"])
def test_what_is_no_address_is_said(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SUBSIDIA_METRICS", said)
    with pytest.raises(Misconfigured, match="SUBSIDIA_METRICS"):
        Config.read()
