"""What is written to whoever follows by mail, in words: the same templates and names as the pages have."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from api.templates import Templates
from api.tongues import READER, Reader, tongue_of
from projections.kernel import own_stream
from projections.views import VIEWS
from services.config import Config
from services.mail.letters import Followed, Letter, Row
from services.mail.subscriptions import LASTS, Period
from services.outgoing.wanted import Wanted

HOURS = LASTS // timedelta(hours=1)
OF_ROWS = frozenset(view.name for view in VIEWS if view.keys is own_stream)
"""Views whose rows are things, with a page that has their history."""


class Letters:
    """See `services.mail.letters.Letters`. The first line of a template is its subject, the second one is empty."""

    def __init__(self, templates: Templates, config: Config) -> None:
        self._templates = templates
        self._around = {"origin": config.origin, "home": config.public_url}

    async def question(self, followed: Followed, period: Period, link: str, languages: Sequence[str]) -> Letter:
        """See there."""
        return await self._letter(
            "mail/question.txt", languages, followed=followed, period=period, link=_reader(languages).led(link),
            hours=HOURS,
        )  # fmt: skip

    async def digest(
        self, followed: Followed, wanted: Wanted, lines: Sequence[Row], leave: str, languages: Sequence[str], *,
        more: bool,
    ) -> Letter:  # fmt: skip
        """See there."""
        reader = _reader(languages)
        shown = [(row, self._page(row, reader)) for row in lines]
        everything = reader.led(f"{self._around['home']}/read/activity?{_asked(wanted)}") if more else ""
        leave = reader.led(leave)
        letter = await self._letter(
            "mail/digest.txt", languages, followed=followed, lines=shown, leave=leave, everything=everything
        )
        return letter._replace(leave=leave)

    async def _letter(self, name: str, wanted: Sequence[str], **said: Any) -> Letter:
        READER.set(Reader(tongue_of(wanted)))
        text = (await self._templates.written(name, wanted=wanted, **self._around, **said)).decode()
        subject, _, body = text.partition("\n")
        return Letter(subject, body.lstrip("\n"))

    def _page(self, row: Mapping[str, Any], reader: Reader) -> str:
        """Where a record stands among the others of its thing; else on its own."""
        home = self._around["home"]
        if row["context"] in OF_ROWS:
            thing = reader.led(f"{home}/read/{row['context']}/{row['stream']}")
            return f"{thing}#record-{row['version']}"
        return reader.led(f"{home}/read/activity/{row['key']}")


def _reader(languages: Sequence[str]) -> Reader:
    """Whoever reads a letter, and is led to pages in its language; if we speak none of theirs, in their own texts."""
    spoken = tongue_of(languages)
    return Reader(spoken, chosen=spoken.tag if spoken.tag in languages else next(iter(languages), ""))


def _asked(wanted: Wanted) -> str:
    """As the list of activity is asked. Of types without a version it knows nothing."""
    asked = [("stream", str(one)) for one in wanted.streams[:1]] + [("unit", str(one)) for one in wanted.units[:1]]
    asked += [("context", one) for one in wanted.contexts[:1]] + [("type", one) for one in wanted.types[:1]]
    return urlencode([*asked, ("sort", "-key")])
