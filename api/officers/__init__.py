"""Pages on which officers give commands, without a script. Derived from the declarations that `/v1` is derived from."""

from collections.abc import Sequence

from aiohttp import web

from api.commands import Giving, Verb
from api.officers.giving import Forms
from api.officers.inbox import Inbox
from api.officers.pages import Pages
from api.officers.provided import Provided
from api.officers.several import Several, severable
from api.officers.sheets import Sheets
from api.officers.signing_in import Doors
from api.officers.units import Directory
from api.sheets.bringing import Bringing
from api.templates import Templates
from services.bootstrap import Services


class Officers:
    """All of them: signing in, what waits, and the form of every command."""

    def __init__(
        self, services: Services, giving: Giving, verbs: Sequence[Verb], templates: Templates, rows: frozenset[str],
        bringing: Bringing,
    ) -> None:  # fmt: skip
        pages, office = Pages(templates), services.office
        acts = frozenset(verb.context.name for verb in verbs if not verb.by.starts)
        directory = Directory(services.views, rows)
        self._verbs = verbs
        self._doors = Doors(services.tokens, pages, services.config.public_url, services.signing_in)
        ways = services.signing_in
        self._provided = None if ways is None else Provided(ways, self._doors, office, pages, services.config.proxies)
        self._forms = Forms(giving, office, self._doors, directory, pages, acts)
        self._several = Several(giving, office, services.views, self._doors, directory, pages)
        self._sheets = Sheets(self._doors, pages, bringing)
        self._inbox = Inbox(services.views, office, self._doors, self._forms, pages, verbs, directory)

    def routes(self) -> list[web.RouteDef]:
        """Those of commands come first: an id fits where a command that begins something has its name."""
        forms = [route for verb in self._verbs for route in self._forms.routes(verb)]
        several = [route for verb in self._verbs if severable(verb) for route in self._several.routes(verb)]
        provided = [] if self._provided is None else self._provided.routes()
        return [*self._doors.routes(), *provided, *forms, *several, *self._sheets.routes(), *self._inbox.routes()]
