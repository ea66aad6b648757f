"""Whether the register lives, and whether it can do its work."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from api.caching import ASK_FIRST
from api.edge import public
from services.projector import Health
from services.store.ports import Store


class Healthy(Protocol):
    """What keeps the views."""

    async def health(self) -> Sequence[Health]: ...


class Probes:
    """`/livez` and `/readyz`."""

    def __init__(self, store: Store, projector: Healthy | None, lag: int) -> None:
        """`lag`: seconds that a view may be behind. `projector` None: another process keeps the views."""
        self._store, self._projector, self._lag = store, projector, lag

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/livez", public(self.alive)), web.get("/readyz", public(self.ready))]

    async def alive(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n", headers={"Cache-Control": ASK_FIRST})

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """200 when the database answers, commands are taken, and every view is alive and within its lag; else 503.

        The database was migrated when this process started; it takes no other one.
        """
        head = await self._store.head()
        writer = bool(getattr(self._store, "alive", True))
        groups = [] if self._projector is None else [self._said(one) for one in await self._projector.health()]
        ready = writer and all(one["ready"] for one in groups)
        said = {"ready": ready, "head": head.size - 1, "writer": writer, "views": groups}
        headers = {"Cache-Control": ASK_FIRST, "Content-Type": "application/json"}
        return web.Response(body=msgspec.json.encode(said), status=200 if ready else 503, headers=headers)

    def _said(self, one: Health) -> dict[str, Any]:
        return {
            "views": list(one.views),
            "position": one.position,
            "lag_seconds": round(one.lag_seconds, 3),
            "alive": one.alive,
            "error": one.error,
            "ready": one.alive and one.lag_seconds <= self._lag,
        }
