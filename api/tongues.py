"""The languages that the register itself speaks: its own words, by catalogs whose keys are the English ones.

English stands where it is said, in templates and declarations, and is looked up when it is written for a reader. So is
a sentence that holds values: `There is no target {number}.` is found again in "There is no target 7.", and said with 7
in another language. Who refuses something knows nothing of languages, and says it in one place.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from hashlib import sha256
from io import BytesIO
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from api.languages import LANG, preferred, said_in
from api.people import spoken

CATALOGS = Path(__file__).parent / "catalogs"
ENGLISH = "en"
COMMAND, CHOICE = "command", "choice"
"""What a catalog says of a name that is another word as a command's or as a choice: to open, and what is open; how a
thing stands, and a State."""
TONGUES = (ENGLISH, *sorted(path.stem for path in CATALOGS.glob("*.po")))
PLACE = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)\}")
"""Where a value stands in a sentence."""
FSI, PDI = "\u2068", "\u2069"
"""Between them a text has the direction of its own first letter, and none of what stands around it."""
LONG, SENTENCES = 1000, 4
"""Characters of a sentence that is looked for by its form, and sentences that a text is parted into: what somebody else
wrote stands in them, and whoever makes it long shall make nobody wait."""
_NAME = re.compile(r"[a-z]+(?:[_ ][a-z]+)*")
_NAMED = r"%\(\w+\)s"
_OTHERWISE = {
    "ltr": re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"),
    "rtl": re.compile("[A-Za-z\u00aa-\u02b8\u0370-\u0588\u0900-\u1fff\u2c00-\ufb17]|[0-9][^0-9]+[0-9]"),
}
"""What is written the other way than a language; days, times and amounts too, whose parts change places in Arabic."""
_WITHIN = re.compile(rf"{_NAMED}|{PLACE.pattern}|[`'\"</]*[A-Za-z0-9](?:[ -$&-z|~]*[A-Za-z0-9>`'\"])?")
"""In a text that runs from right to left: places for values, and names, codes and numbers in Latin letters."""
_FRENCH = re.compile(" (?=[:;!?»])|(?<=«) ")
"""Where French has a space at which no line ends."""
_OURS = re.compile(r'\b(href|action)="(/(?!v1/|checkpoint\b|[a-z]+\.css\b)[^"#]*)')
"""Addresses on a page under which there are pages of ours."""


@dataclass(frozen=True, eq=False)
class Tongue:
    """One language, and what the register says in it. `plural`: the same, for what is counted.

    `commands`, `choices`: names of those, where something else is called alike in English alone.
    """

    tag: str
    texts: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    plural: NullTranslations = field(default_factory=NullTranslations)

    @cached_property
    def name(self) -> str:
        """What it is called by those who speak it."""
        return str(self._locale.get_display_name(self.tag)).capitalize()

    @cached_property
    def direction(self) -> str:
        return str(self._locale.text_direction)

    def text(self, said: str) -> str | None:
        """The same in this language; None where nobody has translated it."""
        return said if self.tag == ENGLISH else self.texts.get(said)

    def sentence(self, said: str) -> str | None:
        """The same of a sentence that may hold values; None where nobody has translated it."""
        return self._said(said, SENTENCES)

    def _said(self, said: str, parts: int) -> str | None:
        """`parts`: so many sentences it is taken for at most."""
        found = self.text(said)
        if found is not None or len(said) > LONG:
            return found
        return next(self._filled(said), None) or (self._parted(said, parts) if parts > 1 else None)

    def label(self, name: object) -> str:
        """A name of ours as people say it; of one of several, with its number behind it."""
        said, _, number = str(name).rpartition(" ")
        if said and number.isdecimal():
            return f"{self.label(said)} {number}"
        return self.text(spoken(name)) or spoken(name)

    def command(self, name: str) -> str:
        """A command's name as people say what they do."""
        return self.commands.get(spoken(name)) or self.label(name)

    def choice(self, name: object) -> str:
        """A name of ours where it is what was chosen among several."""
        return self.choices.get(spoken(name)) or self.label(name)

    def said(self, text: str) -> str:
        """The same in this language, else as it is, where there is no place for a mark: signs between two things."""
        return self.text(text) or text

    def within(self, name: object) -> str:
        """A name of ours as it stands within a sentence."""
        label = self.label(name)
        return label[:1].lower() + label[1:]

    def number(self, value: int | Decimal) -> str:
        """With the digits of days, positions and codes, which are 0 to 9 in every language."""
        return str(format_decimal(value, locale=self._locale, numbering_system="latn"))

    def percent(self, value: Decimal) -> str:
        """Of a hundred, with the same digits."""
        locale, digits = self._locale, "latn"
        return str(format_percent(value / 100, locale=locale, decimal_quantization=False, numbering_system=digits))

    def isolated(self, value: str) -> str:
        """What stands in a text of this language. Written the other way, it is kept from changing places with it."""
        return f"{FSI}{value}{PDI}" if _OTHERWISE[self.direction].search(value) else value

    def laid_out(self, text: str) -> str:
        """A translation as shown: what is written the other way is kept apart, and no line begins with a colon."""
        if self.tag == "fr":
            return _FRENCH.sub("\u00a0", text)
        return text if self.direction == "ltr" else _WITHIN.sub(self._apart, text)

    def _apart(self, found: re.Match[str]) -> str:
        """Places of a sentence stay: what comes to stand there is looked at then."""
        return found[0] if found[0].isalnum() or PLACE.fullmatch(found[0]) else f"{FSI}{found[0]}{PDI}"

    def _filled(self, said: str) -> Iterator[str]:
        for form in self._forms:
            if form.begun in said and (found := form.pattern.fullmatch(said)):
                values = found.groupdict()
                yield PLACE.sub(lambda place, values=values: self._value(values[place[1]]), form.text)  # type: ignore[misc]

    def _value(self, said: str) -> str:
        """What stands in a place: as it is, unless it is a text or a name of ours."""
        named = self.text(spoken(said)) if _NAME.fullmatch(said) else None
        return self.text(said) or (self.isolated(said) if named is None else named[:1].lower() + named[1:])

    def _parted(self, said: str, parts: int) -> str | None:
        """Several sentences, each of which somebody has translated."""
        for end in islice(re.finditer(r"[.?!] ", said), SENTENCES):
            first = self.text(said[: end.end() - 1]) or next(self._filled(said[: end.end() - 1]), None)
            if first is not None and (rest := self._said(said[end.end() :], parts - 1)) is not None:
                return f"{first} {rest}"
        return None

    @cached_property
    def _forms(self) -> Sequence["_Form"]:
        """Those that say most of themselves come first: they leave the least to values."""
        forms = [_Form(said, text) for said, text in self.texts.items() if PLACE.search(said)]
        return sorted(forms, key=lambda one: -len(PLACE.sub("", one.said)))

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.tag)


@dataclass(frozen=True)
class _Form:
    """A sentence with places for values, in English and in a language."""

    said: str
    text: str

    @cached_property
    def begun(self) -> str:
        """The longest piece of it, without which it is another sentence."""
        return max(re.split(PLACE.pattern, self.said)[::2], key=len)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A value ends where what follows it first comes, and is never tried longer (`?>`): one pass is enough."""
        first, *parts = re.split(PLACE.pattern, self.said)
        seen, made = set[str](), re.escape(first)
        for name, behind in zip(parts[::2], parts[1::2], strict=True):
            value = f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
            seen.add(name)
            made += f"(?>{value}{re.escape(behind)})" if len(seen) < len(parts) // 2 else f"{value}{re.escape(behind)}"
        return re.compile(made, re.DOTALL)


@lru_cache
def edition() -> str:
    """What tells these catalogs from others, for answers that hold words of theirs."""
    return sha256(b"".join(file.read_bytes() for file in sorted(CATALOGS.glob("*.po")))).hexdigest()[:8]


@lru_cache
def tongue(tag: str) -> Tongue:
    """One of `TONGUES`, read once in the life of a process."""
    if tag == ENGLISH:
        return Tongue(tag)
    with (CATALOGS / f"{tag}.po").open("rb") as file:
        catalog = read_po(file, tag)
    for one in catalog:
        if one.id and one.string:
            laid_out = Tongue(tag).laid_out
            one.string = laid_out(one.string) if isinstance(one.string, str) else tuple(map(laid_out, one.string))
    packed = BytesIO()
    write_mo(packed, catalog)
    packed.seek(0)
    said = [one for one in catalog if one.id and one.string and not one.pluralizable]
    texts = {str(one.id): str(one.string) for one in said if not one.context}
    commands, choices = (
        {str(one.id): str(one.string) for one in said if one.context == context} for context in (COMMAND, CHOICE)
    )
    return Tongue(tag, texts, commands, choices, GNUTranslations(packed))


def tongue_of(wanted: Sequence[str]) -> Tongue:
    """The first of a reader's languages that we speak; else English."""
    return tongue(next((one for one in wanted if one in TONGUES), ENGLISH))


@dataclass(frozen=True)
class Reader:
    """For whom a page is written. `address`: where it is asked for; empty: nowhere that can be asked again.

    `chosen`: the language that the address names, which the addresses on the page name as well then.
    """

    tongue: Tongue
    address: str = ""
    query: Sequence[tuple[str, str]] = ()
    chosen: str = ""

    @property
    def tongues(self) -> Sequence[tuple[Tongue, str]]:
        """The same page in every language."""
        if not self.address:
            return ()
        rest = [one for one in self.query if one[0] != LANG]
        return [(tongue(tag), f"{self.address}?{urlencode([*rest, (LANG, tag)])}") for tag in TONGUES]

    def kept(self, page: str) -> str:
        """A page whose addresses lead on in the language that was chosen."""
        return page if not self.chosen else _OURS.sub(lambda found: f'{found[1]}="{self.led(found[2], "&amp;")}', page)

    def led(self, address: str, further: str = "&") -> str:
        """An address of ours, in the language that was chosen."""
        begun = address.replace("&amp;", "&").partition("?")[2]
        if not self.chosen or any(part.startswith(f"{LANG}=") for part in begun.split("&")):
            return address
        return f"{address}{further if begun else '' if address.endswith('?') else '?'}{LANG}={self.chosen}"


READER: ContextVar[Reader] = ContextVar("reader", default=Reader(tongue(ENGLISH)))  # noqa: B039  (it is frozen)
"""For whom the request that is being answered is answered: pages are written far from where requests are read."""


def reader_of(request: web.Request) -> Reader:
    said = said_in(request)
    address = request.rel_url.raw_path if request.method in ("GET", "HEAD") else ""
    return Reader(tongue_of(preferred(request)), address, tuple(request.rel_url.query.items()), said or "")
