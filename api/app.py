"""The register over HTTP: every route, derived from contexts and views."""

import logging
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from api import reference
from api.asking import Question
from api.between import Between
from api.binding import AT_MOST
from api.caching import LIVE
from api.changes import Changes
from api.commands import Giving, verbs
from api.edge import elsewhere, public
from api.following import Following
from api.ledger import Histories, Tiles
from api.me import Me
from api.metrics import Metrics
from api.moments import Moments
from api.officers import Officers
from api.openapi import SINGLES, document
from api.opened import Seals
from api.packages import Packages
from api.portal import FORMED, Portal
from api.probes import Probes, Working
from api.proofs import Proofs
from api.reads import Reading
from api.receipts import Receipts
from api.subscribing import Subscribing
from api.templates import Templates
from projections.attestations import ATTESTATIONS
from projections.kernel import own_stream
from services.bootstrap import Services

LINE_READ = 1 << 18
"""Bytes of a request's first line that are read at all: whoever sends more gets no more than a 400 of aiohttp."""


def make_app(services: Services, working: Working | None) -> web.Application:
    """The application over services that are open. TypeError where a declaration cannot be served.

    `working`: what goes on by itself, as `/readyz` asks it; None: in a process that nobody here knows of.
    """
    store, contexts = services.store, services.contexts
    origin, licence = services.config.origin, services.config.licence
    moments = Moments(store)
    asked = verbs(contexts)
    attested = {view.name for view in services.attesting.views if ATTESTATIONS in services.views_declared}
    questions = [
        Question(view, services.views.columns(view.name), attested=view.name in attested)
        for view in services.views_declared
    ]
    rows = frozenset(view.name for view in services.views_declared if view.keys is own_stream)
    seals = Seals(services.openings, services.office, services.tokens)
    following = Following(store, services.views, seals, proxies=services.config.proxies)
    histories = Histories(store, moments, services.office.codec, contexts, seals, following)
    proofs = Proofs(store, services.codec, origin, services.verifier)
    changes = Changes(services.views, moments, services.views_declared)
    described = document(asked, questions, histories, proofs, changes, contexts, services.config.public_url)
    between = Between(services.views, store, rows)
    giving = Giving(services.office, services.tokens, Receipts(store), between, rows)

    app = web.Application(client_max_size=AT_MOST)
    app.on_shutdown.append(following.end)
    # In the order in which an address is looked up. Histories come before views: a key may hold slashes, and would
    # swallow them. Commands come last: they are many, and an address that a key fits as well has another method.
    app.add_routes(histories.routes())
    for question in questions:
        app.add_routes(Reading(services.views, store, moments, question, services.config).routes())
    app.add_routes([giving.route(verb) for verb in asked])
    templates = Templates(mails=services.config.mail is not None)
    known = frozenset(question.view.name for question in questions)
    acted_on = frozenset(verb.context.name for verb in asked if not verb.by.starts) & rows
    for question in questions:
        app.add_routes(Portal(services.views, store, moments, question, templates, known, acted_on).routes())
    app.router.add_get("/read", public(_to_first))
    officers = Officers(services, giving, asked, templates, rows)
    app.add_routes(officers.routes())
    if services.config.mail is not None:
        app.add_routes(Subscribing(services, templates).routes())
    app.add_routes(Packages(questions, moments, origin, licence).routes())
    app.add_routes(Me(services.office, services.tokens, asked).routes())
    app.add_routes(proofs.routes())
    app.add_routes(changes.routes())
    app.add_routes([one.route(services.views, store, moments) for one in SINGLES])
    app.add_routes(Tiles(store).routes())
    app.add_routes(Probes(store, working, services.config.lag).routes())
    app.add_routes(reference.routes(described, asked, questions, contexts, origin, templates))
    for begun, said in (("/read", {}), ("/give", {"desk": True})):  # people come here: they are told in words
        app.router.add_route("*", f"{begun}{{anything:(?:/.*)?}}", templates.in_words(public(elsewhere), FORMED, **said))
    app.router.add_route("*", "/{anything:.*}", public(elsewhere))
    return app


async def _to_first(request: web.Request) -> web.StreamResponse:
    """All lists stand on the first page."""
    address = str(request.rel_url.with_path("/").with_query(request.rel_url.query))
    return web.Response(status=308, headers={"Location": address, "Cache-Control": LIVE})


def make_runner(
    services: Services, working: Working | None, metrics: Metrics | None = None, **options: Any
) -> web.AppRunner:
    """The application with the limits that it is served with. `options`: as `web.AppRunner` takes them."""
    if metrics is None:
        options["access_log"] = None
    else:
        options["access_log_class"] = metrics.observer()
    return web.AppRunner(make_app(services, working), max_line_size=LINE_READ, logger=_of_connections(), **options)


def make_metrics_runner(services: Services, metrics: Metrics, working: Working | None) -> web.AppRunner:
    """For another address than the public one. Who only works has no other: the probes are here, too."""
    app = web.Application()
    app.add_routes(metrics.routes())
    app.add_routes(Probes(services.store, working, services.config.lag).routes())
    return web.AppRunner(app, access_log=None, handle_signals=False)


def _of_connections() -> logging.Logger:
    """What aiohttp says of its connections; not that somebody sent what is no HTTP, which is no fault of ours."""
    logger = logging.getLogger("aiohttp.server")
    if _no_http not in logger.filters:
        logger.addFilter(_no_http)
    return logger


def _no_http(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
