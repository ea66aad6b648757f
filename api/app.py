"""The register over HTTP: every route, derived from contexts and views."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from api import reference
from api.asking import Question
from api.between import Between
from api.binding import AT_MOST
from api.caching import LIVE
from api.changes import Changes
from api.commands import Giving, Verb, verbs
from api.compared import Compared
from api.dashboard import Dashboard
from api.edge import Handler, elsewhere, public
from api.following import Following
from api.ledger import Histories, Tiles
from api.me import Me
from api.metrics import Metrics
from api.moments import Moments
from api.officers import Officers
from api.openapi import SINGLES, document
from api.opened import Seals
from api.packages import Packages
from api.paging import FORMED
from api.portal import Portal
from api.probes import Probes, Working
from api.proofs import Proofs
from api.reads import Reading
from api.receipts import Receipts
from api.sheets.bringing import Bringing
from api.sheets.programs import Programs
from api.subscribing import Subscribing
from api.templates import Templates
from projections.attestations import ATTESTATIONS
from projections.kernel import own_stream
from services.bootstrap import Services

ANYTHING = "{anything:(?s:.*)}"
"""Whatever an address says, a line break (`%0A`) too."""
LINE_READ = 1 << 18
"""Bytes of a request's first line that are read at all: whoever sends more gets no more than a 400 of aiohttp."""


@dataclass(frozen=True, slots=True)
class _Declared:
    """What routes are derived from. `rows`: the views whose keys are streams of the context of the same name."""

    services: Services
    moments: Moments
    verbs: Sequence[Verb]
    questions: Sequence[Question]
    rows: frozenset[str]
    giving: Giving
    bringing: Bringing


def make_app(services: Services, working: Working | None) -> web.Application:
    """The application over services that are open. TypeError where a declaration cannot be served.

    `working`: what goes on by itself, as `/readyz` asks it; None: in a process that nobody here knows of.
    """
    declared = _declared(services)
    app = web.Application(client_max_size=AT_MOST)
    described = _add_data(app, declared)
    app.add_routes(Probes(services.store, working, services.config.lag).routes())
    _add_pages(app, declared, described)
    return app


def _declared(services: Services) -> _Declared:
    asked = verbs(services.contexts)
    attested = {view.name for view in services.attesting.views if ATTESTATIONS in services.views_declared}
    questions = [
        Question(view, services.views.columns(view.name), attested=view.name in attested)
        for view in services.views_declared
    ]
    rows = frozenset(view.name for view in services.views_declared if view.keys is own_stream)
    between = Between(services.views, services.store, rows)
    giving = Giving(services.office, services.tokens, Receipts(services.store), between, rows)
    return _Declared(services, Moments(services.store), asked, questions, rows, giving, Bringing(services))


def _add_data(app: web.Application, declared: _Declared) -> Mapping[str, Any]:
    """Routes for programs; their document."""
    services, moments, questions = declared.services, declared.moments, declared.questions
    store, config = services.store, services.config
    seals = Seals(services.openings, services.office, services.tokens)
    following = Following(store, services.views, seals, proxies=config.proxies)
    app.on_shutdown.append(following.end)
    histories = Histories(store, moments, services.office.codec, services.contexts, seals, following)
    proofs = Proofs(store, services.codec, config.origin, services.verifier, config.public_url)
    changes = Changes(services.views, moments, services.views_declared)
    # In the order in which an address is looked up. Histories come before views: a key may hold slashes, and would
    # swallow them. Commands come last: they are many, and an address that a key fits as well has another method.
    app.add_routes(histories.routes())
    for question in questions:
        app.add_routes(Reading(services.views, store, moments, question, config).routes())
    for one in (Packages(questions, moments, config.origin, config.licence), proofs, changes, Tiles(store)):
        app.add_routes(one.routes())
    app.add_routes(Me(services.office, services.tokens, declared.verbs).routes())
    app.add_routes([one.route(services.views, store, moments) for one in SINGLES])
    app.add_routes(Programs(services.tokens, declared.bringing).routes())
    app.add_routes([declared.giving.route(verb) for verb in declared.verbs])
    return document(declared.verbs, questions, histories, proofs, changes, services.contexts, config.public_url)


def _add_pages(app: web.Application, declared: _Declared, described: Mapping[str, Any]) -> None:
    """Routes for people."""
    services, asked, questions = declared.services, declared.verbs, declared.questions
    config, store = services.config, services.store
    templates = Templates(mails=config.mail is not None)
    known = frozenset(question.view.name for question in questions)
    acted_on = frozenset(verb.context.name for verb in asked if not verb.by.starts) & declared.rows
    # Before views: no view is called so, and a key swallows what it can.
    app.add_routes([Compared(services.views, declared.moments, questions, templates, known).route()])
    views = services.views_declared
    app.add_routes(Dashboard(services.views, store, declared.moments, templates, views, config.origin).routes())
    for one in questions:
        app.add_routes(Portal(services.views, store, declared.moments, one, templates, known, acted_on).routes())
    app.router.add_get("/read", public(_to_first))
    officers = Officers(services, declared.giving, asked, templates, declared.rows, declared.bringing)
    app.add_routes(officers.routes())
    if config.mail is not None:
        app.add_routes(Subscribing(services, templates).routes())
    app.add_routes(reference.routes(described, asked, questions, services.contexts, templates))
    for begun, said in (("/read", {}), ("/give", {"desk": True})):  # people come here: they are told in words
        in_words = templates.in_words(public(elsewhere), FORMED, **said)
        app.add_routes([web.route("*", address, in_words) for address in (begun, f"{begun}/{ANYTHING}")])
    app.router.add_route("*", f"/{ANYTHING}", _nothing(templates))


def _nothing(templates: Templates) -> Handler:
    """For whatever no route serves. Who comes with a browser is told in words, but of what programs alone ask for."""
    told, in_words = public(elsewhere), templates.in_words(public(elsewhere), FORMED)

    async def serve(request: web.Request) -> web.StreamResponse:
        reads = "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/v1")
        return await (in_words if reads else told)(request)

    return serve


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
