"""Whether the register lives, and whether it can do its work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from aiohttp import web

from api.caching import ASK_FIRST
from api.edge import public
from services.bootstrap import Services
from services.health import Health
from services.store.ledger import LedgerStore


class Working(Protocol):
    """What goes on by itself: views are kept, the clock and reactions act. Raises Unavailable as the store does."""

    async def views(self) -> Sequence[Health]: ...

    async def workers(self) -> Sequence[Health]: ...


@dataclass(frozen=True, slots=True)
class Here:
    """In this process, all of it or a part. `keeping`: the views. `acting`: the clock, reactions and attestations."""

    services: Services
    keeping: bool = True
    acting: bool = True

    async def views(self) -> Sequence[Health]:
        return await self.services.projector.health() if self.keeping else ()

    async def workers(self) -> Sequence[Health]:
        return await self.services.workers.health() if self.acting else ()


class Probes:
    """`/livez`, `/startupz` and `/readyz`."""

    def __init__(self, store: LedgerStore, working: Working | None, lag: int) -> None:
        """`lag`: seconds that a view or worker may be behind. `working` None: somebody else's process, not asked."""
        self._store, self._working, self._lag = store, working, lag
        self._started = working is None

    def routes(self) -> list[web.RouteDef]:
        probes = {"/livez": self.alive, "/startupz": self.started, "/readyz": self.ready}
        return [web.get(address, public(probe)) for address, probe in probes.items()]

    async def alive(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n", headers={"Cache-Control": ASK_FIRST})

    async def started(self, request: web.Request) -> web.StreamResponse:
        """200 from when the views were kept for the first time, and for ever; before that 503.

        Nobody answers before the database is migrated and the ledger is open. A view that stopped is no start that
        goes on: a new start would find it so again, and `/readyz` says it.
        """
        if not self._started and self._working is not None:
            self._started = all(one.names and (one.alive or one.error) for one in await self._working.views())
        said, status = ("started", 200) if self._started else ("The views are not kept yet.", 503)
        return web.Response(text=f"{said}\n", status=status, headers={"Cache-Control": ASK_FIRST})

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """200 when the database answers, commands are taken, and views and workers are alive and in time; else 503.

        What rules refused to a worker is said, and for people to look at; everything else goes on meanwhile.

        The database was migrated when this process started; it takes no other one.
        """
        head = await self._store.look()
        trouble = self._store.trouble
        groups = [self._said(one) for one in await self._working.views()] if self._working else []
        workers = [self._acts(one) for one in await self._working.workers()] if self._working else []
        ready = trouble is None and all(one["ready"] for one in (*groups, *workers))
        said = {
            "ready": ready, "head": head.size - 1, "writer": trouble is None, "trouble": trouble,
            "views": groups, "workers": workers,
        }  # fmt: skip
        headers = {"Cache-Control": ASK_FIRST, "Content-Type": "application/json"}
        return web.Response(body=msgspec.json.encode(said), status=200 if ready else 503, headers=headers)

    def _said(self, one: Health) -> dict[str, Any]:
        return {
            "views": list(one.names),
            "position": one.position,
            "lag_seconds": round(one.lag_seconds, 3),
            "alive": one.alive,
            "error": one.kind,
            "ready": one.alive and one.lag_seconds <= self._lag,
        }

    def _acts(self, one: Health) -> dict[str, Any]:
        return {
            "worker": one.names[0],
            "position": one.position,
            "lag_seconds": round(one.lag_seconds, 3),
            "leads": one.leads,
            "alive": one.alive,
            "error": one.kind,
            "refused": one.refused,
            "ready": one.alive and one.lag_seconds <= self._lag,
        }
