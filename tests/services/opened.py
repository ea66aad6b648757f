"""What the tests of sealed values share with those of audits: a ledger that goes on, with an auditor of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from aiohttp import web

from api.ledger import Histories, Tiles
from api.moments import Moments
from api.opened import Seals
from api.proofs import Proofs
from domain.contexts import CONTEXTS
from domain.kernel import Actor, EventName, Role, StreamId
from services.codec import Codec
from services.config import DEMO_ORIGIN
from services.handle import Office
from services.identity.bound import Identities
from services.keyring import MemoryKeyring
from services.names import NAMES
from services.opening import open_ledger
from services.openings import Openings
from services.orders import Order
from services.store.ledger import opened_store, utc_now
from services.store.tokens import Tokens
from tests.services.audited import NOTARY
from tests.services.store_ledgers import KEY


@dataclass(frozen=True, slots=True)
class Open:
    """A ledger that goes on, with its histories over HTTP. `token`: of an auditor of the register."""

    url: str
    token: str
    office: Office
    registrar: Actor


@asynccontextmanager
async def opened_to_auditors(
    dsn: str, keyring: MemoryKeyring, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Open]:
    async with opened_store(dsn, DEMO_ORIGIN, KEY, clock=clock) as store:
        codec = Codec(DEMO_ORIGIN, NAMES)
        office = Office(store, codec, CONTEXTS, keyring, clock)
        tokens = Tokens(store.pool, Identities(store.pool, keyring).binds)
        registrar = await open_ledger(office, DEMO_ORIGIN, NOTARY.verifier)
        assert registrar.unit is not None
        asked = {"role": Role.AUDITOR, "name": "An Auditor", "valid_from": date(2020, 1, 1), "valid_until": None}
        stream = StreamId(registrar.unit)
        made = await office.give(Order("units", "accredit", asked, uuid4(), registrar, "test", stream))
        auditor = Actor(unit=registrar.unit, role=Role.AUDITOR, accreditation=EventName.at(stream, made.version))
        token, _ = await tokens.issue(auditor, timedelta(days=1))
        seals = Seals(Openings(store, codec, keyring), office, tokens)
        app = web.Application()
        app.add_routes(Histories(store, Moments(store), codec, CONTEXTS, seals).routes())
        app.add_routes(Proofs(store, codec, DEMO_ORIGIN, NOTARY.verifier).routes())
        app.add_routes(Tiles(store).routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield Open(f"http://127.0.0.1:{runner.addresses[0][1]}", token, office, registrar)
        finally:
            await runner.cleanup()
