"""Pages that begin with figures: the first page, and the register, a unit or a territory at a glance."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from aiohttp import web

from api import values
from api.asking import AS_OF, LANG
from api.beside import UNITS
from api.binding import Gathered, Parameter, read_path, read_query
from api.caching import LIVE, not_modified, unchanged
from api.compared import MONTH, days_before
from api.edge import public
from api.errors import NoSuchThing
from api.figures import Counted, When
from api.glance import USED, of_register, of_units
from api.languages import preferred
from api.moments import Moments, stamp
from api.paging import FORMED, address, filled_in, paged, see
from api.reference import VARY
from api.standing import Standing, Standings
from api.tally import CARDS, position_of, tally
from api.templates import Templates
from projections.commitments import COMMITMENTS
from projections.kernel import Subject, View
from services.store.ports import Store
from services.territories import Moment, Territories
from services.views.ports import COUNTED
from services.views.queries import Views

UNITS_AT_MOST = 150
"""Units of a territory that one page counts together: their ids stand in the address of each list."""
ADDRESS = "/read/dashboard"
CHANGED = ("commitments", "mandates", "obligations", "turns", "unfunded-mandates")
"""The views of which a page leads to what changed lately."""


class Dashboard:
    """`/`, `/read/dashboard` and `/read/dashboard/<unit>`."""

    def __init__(
        self, views: Views, store: Store, moments: Moments, templates: Templates, declared: Sequence[View], origin: str
    ) -> None:
        self._views, self._moments, self._templates, self._declared = views, moments, templates, declared
        self._origin = origin
        self._standings = Standings(views, store, moments, COMMITMENTS)
        self._territories = Territories(views)
        cards = [view for view in declared if view.name == CARDS]
        self._says = {one.name: one.says for view in cards for one in views.columns(view.name)}
        unit = Parameter("unit", values.uuid(), "The unit.", required=True)
        within = Parameter("territory", values.yes_no(), "With everything that lies in it.")
        self._unit, self._taken = unit, {AS_OF.name: AS_OF, LANG.name: LANG}
        self._of_unit = {**self._taken, within.name: within}

    def routes(self) -> list[web.RouteDef]:
        served = {"/": self.first, ADDRESS: self.register, ADDRESS + "/{unit}": self.unit}
        return [web.get(path, self._templates.in_words(public(page), FORMED)) for path, page in served.items()]

    async def first(self, request: web.Request) -> web.StreamResponse:
        counted = await position_of(self._views, values.LARGEST)
        etag = f'W/"first.{counted}.{self._templates.edition}.{"+".join(preferred(request))}"'
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        said = None if counted is None else await tally(self._views, counted, pinned=False)
        body = await self._templates.written(
            "landing.html", origin=self._origin, subjects=_by_subject(self._declared), tally=said, counted=COUNTED
        )
        return paged(request, body, etag)

    async def register(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, self._taken, None)

    async def unit(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        unit = read_path(request, self._unit, gathered)
        gathered.raise_any()
        return await self._page(request, self._of_unit, unit)

    async def _page(
        self, request: web.Request, taken: Mapping[str, Parameter], unit: UUID | None
    ) -> web.StreamResponse:
        if (filled := filled_in(request)) is not None:
            return see(request.path, filled)
        gathered = Gathered()
        said = read_query(request, taken, gathered)
        gathered.raise_any()
        standing, wanted = await self._standings.of(said.get("as_of")), preferred(request)
        position = min([standing.position, *[await self._views.position(name) for name in (*USED, UNITS)]])
        edition = f"{position}.{self._templates.edition}.{'+'.join(wanted)}"
        etag = f'{standing.etag[:-1]}.dashboard.{edition}"'
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        past = said.get("as_of") is not None
        # Before the first record there is no position to name.
        named = str(standing.day) if past and position < 0 else str(position)
        when = When(position, standing.day, named if past or 0 <= position < standing.position else "")
        body = await self._written(request, standing, when, unit, past=past, within=bool(said.get("territory")))
        return paged(request, body, etag)

    async def _written(
        self, request: web.Request, standing: Standing, when: When, unit: UUID | None, *, past: bool, within: bool
    ) -> bytes:
        counted = Counted(self._views, when)
        called, units = ("", None) if unit is None else await self._named(unit, when, within=within)
        told = None if unit is None else units and await of_units(counted, units)
        said = await tally(self._views, when.position, pinned=when.on != "") if unit is None else None
        if said is not None:
            told = await of_register(counted, said.whole, said.sentence)
        card = None
        if unit is not None and units is None:
            card = await self._territories.card(unit, Moment(when.position, None, when.day))
        return await self._templates.written(
            "dashboard.html", unit=unit, called=called, units=units, within=within, tally=said, it=told,
            figures=card and card.figures, says=self._says,
            most=UNITS_AT_MOST, counted=COUNTED, past=past, wanted=preferred(request), standing=standing, when=when,
            at=stamp(await self._moments.at(when.position)), on=f"?as_of={when.on}" if when.on else "",
            here=request.rel_url.raw_path, a_month_ago=days_before(when.day, MONTH), views=CHANGED,
            cited=address([("as_of", when.on or str(when.position)), *([("territory", "true")] if within else [])]),
        )  # fmt: skip

    async def _named(self, unit: UUID, when: When, *, within: bool) -> tuple[str, Sequence[UUID] | None]:
        """What it is called, and the units to count; None where there are too many for one page."""
        name = UNITS
        row, _ = await self._views.one(name, str(unit), as_of=when.position, day=when.day)
        if row is None:
            raise NoSuchThing(f"The view {name} has no row of this key as of position {when.position}.")
        called = str(msgspec.json.decode(row)["title"])
        if not within:
            return called, [unit]
        below = await self._territories.below(unit, Moment(when.position, None, when.day), UNITS_AT_MOST)
        return called, None if len(below) > UNITS_AT_MOST else sorted(below)


def _by_subject(views: Sequence[View]) -> Sequence[tuple[Subject, Sequence[View]]]:
    return [(subject, [view for view in views if view.subject is subject]) for subject in Subject]
