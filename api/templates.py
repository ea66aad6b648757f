"""Pages from templates, in the reader's language. What nobody has translated stays English, and is marked so."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from jinja2.ext import InternationalizationExtension
from jinja2.runtime import Context
from markupsafe import Markup, escape

from api.classified import CODES, named
from api.codes import codes, every_code
from api.edge import Handler
from api.languages import best
from api.people import LONG, OfCodes, Ours, is_code, is_day, record_of, records_of, words_of
from api.problems import TOLD, Problem
from api.tongues import CATALOGS, ENGLISH, FSI, PDI, READER, Reader, Tongue, reader_of

PAGES = Path(__file__).parent / "pages"
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
AGAIN = web.RequestKey("again", str)
"""Where somebody begins anew whom a problem ended on their way."""
PARTS = 100
"""Pieces of a page that are written in one go: ten cells of a table or so."""


def environment() -> jinja2.Environment:
    """The templates of pages and letters with all that they use. They are written for a `reader`."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES), autoescape=_is_page, trim_blocks=True, lstrip_blocks=True,
        extensions=[InternationalizationExtension],
    )  # fmt: skip
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "best": best, "best_text": _best_text, "in_line": _in_line, "quoted": _quoted, "coded": coded, "codes": _codes,
        "number": _number, "amount": _amount, "told": _told, "detailed": _detailed, "text": _gettext, "spoken": _label,
        "command": _command, "choice": _choice, "isolated": _isolated, "classified": _classified,
        "percent": _percent, "record_of": record_of, "parts": lambda it: str(it).split("/"),
    }  # fmt: skip
    made.tests |= {
        "words": words_of, "code": is_code, "name": lambda it: it in every_code(),
        "records": records_of, "ours": lambda it: isinstance(it, Ours), "day": is_day,
        "of_codes": lambda it: isinstance(it, OfCodes), "long": lambda it: len(it) > LONG,
    }  # fmt: skip
    return made


class Templates:
    """The pages, and what tells an edition of them from another."""

    def __init__(self, **always: Any) -> None:
        """`always`: what every page may ask."""
        self._found = environment()
        self._found.globals |= always
        names = sorted(self._found.list_templates(extensions=("html", "css")))
        files = [*(PAGES / name for name in names), *sorted(CATALOGS.glob("*.po"))]
        said = [repr(always).encode(), *(file.read_bytes() for file in files)]
        self.edition = sha256(b"".join(said)).hexdigest()[:8]

    async def written(self, name: str, **said: Any) -> bytes:
        """The page. A long one takes a quarter of a second: others are answered in between."""
        parts, reader = list[str](), READER.get()
        for part in self._found.get_template(name).generate(said, reader=reader):
            parts.append(part)
            if len(parts) % PARTS == 0:
                await asyncio.sleep(0)
        return reader.kept("".join(parts)).encode()

    def at_start(self, name: str, reader: Reader, **said: Any) -> bytes:
        """A page that is the same for everybody who reads it in this language."""
        return reader.kept(self._found.get_template(name).render(said, reader=reader)).encode()

    def in_words(self, served: Handler, headers: Mapping[str, str], **said: Any) -> Handler:
        """For readers: in their language, which stays in addresses that name it. A problem is told in words, not JSON.

        `said`: what else the page of a problem says.
        """

        async def serve(request: web.Request) -> web.StreamResponse:
            reader = reader_of(request)
            READER.set(reader)
            answer = await served(request)
            spoken = READER.get()  # who comes back from elsewhere may have chosen their language before
            if isinstance(answer, web.Response) and (problem := answer.get(TOLD)) is not None:
                again = request.get(AGAIN, "")
                answer.body = await self.written("problem.html", problem=problem, again=again, **said)
                answer.headers.update(headers)
                if spoken.tongue != reader.tongue:
                    answer.headers["Content-Language"] = spoken.tongue.tag
            if answer.status in (303, 308) and answer.headers["Location"].startswith("/"):
                answer.headers["Location"] = spoken.led(answer.headers["Location"])
            return answer

        return serve


def _is_page(name: str | None) -> bool:
    """Letters are plain text, in which a sign is a sign."""
    return name is None or not name.endswith(".txt")


def coded(text: str) -> Markup:
    """A text of ours in which `...` marks code, as HTML; what is kept apart in it is an element."""
    marked = str(escape(text)).replace(FSI, "<bdi>").replace(PDI, "</bdi>")
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", marked))


@jinja2.pass_context
def _told(context: Context, text: str) -> Markup:
    """A sentence of ours, with its code; marked where it is in another language than the page."""
    found = context["reader"].tongue.sentence(text)
    return _marked(text) if found is None else coded(found)


def _marked(text: str) -> Markup:
    return Markup('<span lang="{}" dir="ltr">{}</span>').format(ENGLISH, coded(text))


@jinja2.pass_context
def _detailed(context: Context, problem: Problem) -> Markup:
    """What a problem is in detail."""
    spoken: Tongue = context["reader"].tongue
    found = [said for one in problem.sentences if (said := spoken.sentence(one)) is not None]
    whole = len(found) == len(problem.sentences)
    return coded(problem.told(found, spoken)) if whole else _marked(problem.detail)


@jinja2.pass_context
def _gettext(context: Context, text: str) -> str:
    """The same where there is no place for a mark."""
    found: str | None = context["reader"].tongue.sentence(text)
    return text if found is None else found


@jinja2.pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return str(context["reader"].tongue.plural.ngettext(one, many, count))


@jinja2.pass_context
def _label(context: Context, name: Any) -> str:
    return str(context["reader"].tongue.label(name))


@jinja2.pass_context
def _command(context: Context, name: str) -> str:
    return str(context["reader"].tongue.command(name))


@jinja2.pass_context
def _choice(context: Context, name: str) -> str:
    return str(context["reader"].tongue.choice(name))


@jinja2.pass_context
def _classified(context: Context, it: Any, field: str) -> Any:
    """A code of a classification, or several, with what it is called; anything else as it is."""
    if isinstance(it, list):
        return [_classified(context, one, field) for one in it]
    if not isinstance(it, str) or it not in CODES.get(field, ()):
        return it
    said, lang = named(CODES[field][it], context["reader"].tongue)
    marked = Markup('<span lang="{}">{}</span>').format(lang, said) if lang else said
    return Markup("{} {}").format(it, marked)


@jinja2.pass_context
def _number(context: Context, value: int) -> str:
    return str(context["reader"].tongue.number(value))


@jinja2.pass_context
def _percent(context: Context, value: int | str) -> str:
    """So many of a hundred, with the sign where the reader's language has it."""
    return str(context["reader"].tongue.percent(Decimal(value)))


@jinja2.pass_context
def _amount(context: Context, text: str) -> str:
    """A sum of money, as records write it."""
    return str(context["reader"].tongue.number(Decimal(text)))


@jinja2.pass_context
def _isolated(context: Context, text: Any) -> str:
    """In a letter, where no element keeps apart what is written the other way."""
    return str(context["reader"].tongue.isolated(str(text)))


def _in_line(text: Any) -> str:
    """In one line, whichever signs began others: who reads a letter tells what we say by its lines.

    Signs that turn the direction of what follows are left out: nothing of a letter would end what they began.
    """
    return " ".join(_TURNS.sub("", str(text)).split())


def _quoted(text: Any) -> str:
    """Several lines of somebody else's, each marked as such."""
    return "\n".join(f"  > {_in_line(line)}" for line in str(text).splitlines())


def _codes(name: str) -> frozenset[str]:
    return codes().get(name, frozenset())


@jinja2.pass_context
def _best_text(context: Context, called: Any, wanted: Sequence[str]) -> str:
    if isinstance(called, Ours):
        return _gettext(context, called)
    if isinstance(called, OfCodes):
        return _gettext(context, ", ").join(_choice(context, one) for one in called.split("/"))
    return str(called[best(called, wanted)] if words_of(called) else called)
