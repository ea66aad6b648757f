"""`/metrics` for Prometheus, on an address of its own: what an operator watches, declared once."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    exposition,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from api.following import MEDIA as EVENTS
from api.probes import Working
from services.bootstrap import Services
from services.health import Health
from services.store.connecting import Pool
from services.store.ports import Busy, Unavailable

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Until an answer is sent: of a row a millisecond, of a command some, of an export as long as its reader takes."""

PATIENCE = 5.0
"""Seconds that the database is waited for: who asks gives up after ten, and is to hear that none is free."""

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Others are counted as one: anybody may send any word."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stand when they are asked about. `size` None: the database does not answer in time."""

    services: Services
    size: int | None
    views: Sequence[Health]
    workers: Sequence[Health]

    def pools(self) -> Iterable[tuple[str, Pool]]:
        return ("store", self.services.store.pool), ("views", self.services.views.pool)


@dataclass(frozen=True, slots=True)
class Told:
    """One number, or one for each label. `counts`: it only grows while a process lives."""

    name: str
    says: str
    of: Callable[[Seen], Iterable[tuple[tuple[str, ...], float]]]
    labels: tuple[str, ...] = ()
    counts: bool = False

    def family(self, seen: Seen) -> CounterMetricFamily | GaugeMetricFamily:
        kind = CounterMetricFamily if self.counts else GaugeMetricFamily
        made = kind(self.name, self.says, labels=self.labels)
        for labels, value in self.of(seen):
            made.add_metric(labels, value)
        return made


def _one(value: float) -> Iterable[tuple[tuple[str, ...], float]]:
    return (((), value),)


def _each_view(value: Callable[[Health], float]) -> Callable[[Seen], Iterable[tuple[tuple[str, ...], float]]]:
    return lambda seen: (((name,), value(group)) for group in seen.views for name in group.names)


def _each_worker(
    value: Callable[[Health], float],
) -> Callable[[Seen], Iterable[tuple[tuple[str, ...], float]]]:
    return lambda seen: ((one.names, value(one)) for one in seen.workers)


TOLD: tuple[Told, ...] = (
    Told("subsidia_database_up", "Whether the database answers", lambda seen: _one(seen.size is not None)),
    Told(
        "subsidia_ledger_records", "Records in the ledger", lambda seen: () if seen.size is None else _one(seen.size)
    ),
    Told(
        "subsidia_ledger_writable", "Whether nothing stands in the way of commands",
        lambda seen: _one(seen.services.store.trouble is None),
    ),
    Told("subsidia_commands_waiting", "Commands in the queue", lambda seen: _one(seen.services.store.writer.waiting)),
    Told(
        "subsidia_commands_recorded", "Commands that this process recorded",
        lambda seen: _one(seen.services.store.writer.recorded), counts=True,
    ),
    Told(
        "subsidia_batches_recorded", "Transactions in which it did",
        lambda seen: _one(seen.services.store.writer.batches), counts=True,
    ),
    Told(
        "subsidia_view_lag_seconds", "Seconds for which the oldest record that a view lacks has waited",
        _each_view(lambda one: one.lag_seconds), ("view",),
    ),
    Told("subsidia_view_alive", "Whether a view goes on by itself", _each_view(lambda one: one.alive), ("view",)),
    Told(
        "subsidia_worker_lag_seconds", "Seconds for which the oldest record that a worker lacks has waited",
        _each_worker(lambda one: one.lag_seconds), ("worker",),
    ),
    Told(
        "subsidia_worker_alive", "Whether a worker goes on by itself",
        _each_worker(lambda one: one.alive), ("worker",),
    ),
    Told(
        "subsidia_worker_refused", "What rules refused to a worker, or receivers do not take, and waits for people",
        _each_worker(lambda one: one.refused), ("worker",),
    ),
    Told(
        "subsidia_pool_used", "Connections for reading that are in use",
        lambda seen: (((name,), pool.get_size() - pool.get_idle_size()) for name, pool in seen.pools()), ("pool",),
    ),
    Told(
        "subsidia_pool_most", "Connections for reading that there may be",
        lambda seen: (((name,), pool.get_max_size()) for name, pool in seen.pools()), ("pool",),
    ),
)  # fmt: skip
"""What is found when somebody asks. Requests are counted as they are answered, see `Metrics`."""


class _AsSeen(Collector):
    def __init__(self) -> None:
        self.seen: Seen | None = None

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        if self.seen is not None:
            yield from (one.family(self.seen) for one in TOLD)


class Metrics:
    """Of one server. What it counts costs a request some four microseconds; everything else is asked for."""

    def __init__(self, services: Services, working: Working | None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when each began, as a number more
        self._services, self._working = services, working
        self.registry, self._found = CollectorRegistry(), _AsSeen()
        self._answers = Counter(
            "subsidia_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "subsidia_request_seconds", "Seconds until they were", ("kind",), registry=self.registry, buckets=SECONDS
        )
        self._counting: dict[tuple[Any, str, int], tuple[Counter, Histogram]] = {}
        self.registry.register(self._found)
        ProcessCollector(registry=self.registry)

    def observer(self) -> type[AbstractAccessLogger]:
        """What aiohttp tells of each answer once it is sent."""
        told = self._answered

        class Observer(AbstractAccessLogger):
            def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
                told(request, response.status, time, endless=response.headers.get(hdrs.CONTENT_TYPE) == EVENTS)

        return Observer

    def _answered(self, request: web.BaseRequest, status: int, seconds: float, *, endless: bool) -> None:
        """`endless`: sent for as long as somebody follows, which says nothing of how quick we are."""
        # One that could not be read as HTTP has gone no way.
        match = getattr(request, "_match_info", None)
        method = request.method if request.method in METHODS else "other"
        asked = (match.route.resource if match is not None else None, method, status)
        counting = self._counting.get(asked)
        if counting is None:
            counting = self._counting[asked] = self._counted(*asked)
        counting[0].inc()
        if not endless:
            counting[1].observe(seconds)

    def _counted(self, resource: Any, method: str, status: int) -> tuple[Counter, Histogram]:
        route = "none" if resource is None else resource.canonical
        kind = "command" if method == "POST" else "read"
        return self._answers.labels(method, route, status), self._seconds.labels(kind)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.shown)]

    async def shown(self, request: web.Request) -> web.StreamResponse:
        self._found.seen = await self._seen()
        encode, media = exposition.choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self.registry), headers={"Content-Type": media})

    async def _seen(self) -> Seen:
        size, views, workers = None, list[Health](), list[Health]()
        with suppress(Unavailable, Busy, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                size = (await self._services.store.look()).size
                if self._working is not None:
                    views, workers = list(await self._working.views()), list(await self._working.workers())
        return Seen(self._services, size, views, workers)
