"""What the register says to people, gathered from where it is said: of this the catalogs hold translations.

`python -m tests.api.catalogs` brings `api/catalogs/*.po` up to date: what is new stands there without a translation
then, and what is said no more is gone. It lists what is not translated. Whoever writes English in a template or a
declaration needs to know no more. `python -m tests.api.catalogs pt` begins another language: its file is all it takes.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import nodes

import api
import domain
import services
from api.codes import LACKED, TURNS
from api.commands import says_of, verbs
from api.errors import PROBLEMS
from api.officers.desk import FACETS
from api.officers.fields import form_of
from api.people import spoken
from api.templates import PAGES, environment
from api.tongues import CATALOGS, CHOICE, COMMAND, ENGLISH, TONGUES
from domain import cofog, sdg
from domain.contexts import CONTEXTS
from domain.kernel import Sphere
from projections.kernel import Subject
from projections.obligations import STANDS
from projections.scorecards import Scope, title_of
from projections.views import VIEWS
from services.mail.subscriptions import Period
from services.names import NAMES
from services.views.tables import Table
from services.writing import plain

SINCE = datetime(2026, 11, 27, tzinfo=UTC)
"""What a catalog's head says of its age: it is the same whoever writes it, whenever."""
HEADER = "# What the register says, in another language. See tests/api/catalogs.py."
Said: TypeAlias = str | tuple[str, str]
"""A text, or the two forms of one that counts something."""

TRANSLATED = tuple(tag for tag in TONGUES if tag != ENGLISH)
TOLD: Mapping[str, int] = {
    "Fault": 1, "Wrong": 1, "Refused": 1, "Forbidden": 0, "NoSuchThing": 0, "NotSignedIn": 0, "NotLetIn": 0,
    "BadQuery": 1, "_problem": 1, "Problem": 2, "Says": 0, "_malformed": 0, "ValueError": 0, "text": 4, "WrongFile": 0,
    "bad": 1,
    "BadRow": 4,
}  # fmt: skip
"""What is called with a sentence for people, and where that stands among the arguments."""
KEPT = frozenset({"says", "said", "detail", "reason", "MISSED", "HOW_TO_SIGN_IN", "ENDED", "_REPEATED",
                  "UNSOURCED", "NAMELESS", "NAMELESS_UNIT", "NO_ID", "OTHER_ID", "NO_UNIT", "NO_UNIT_OF_ID", "GAP",
                  "SAY_WHY", "STAYS", "NOT_YOURS", "NO_SOURCE", "NOT_OFFICERS", "SAME_EDITION", "MOVED_ON", "NO_VALUE",
                  "ERROR", "NO_FILE", "TOO_LARGE", "TOO_LONG"})  # fmt: skip
"""Names under which such a sentence is kept until then."""
GIVEN = frozenset({"__str__", "_length", "unsettled", "_like", "_why_not"})
"""Functions that give one."""
ROOT = Path(api.__path__[0]).parent
ELSEWHERE = frozenset(
    ROOT / one
    for one in (
        "api/cli", "api/answers.py", "api/documents.py", "api/openapi.py", "api/operations.py",
        "domain/ledger", "services/audit", "services/story",
        *(f"services/importing/{one}.py" for one in (
            "communes", "directory", "iso3166", "names", "net_zero", "net_zero_terms", "plan", "rehearsal", "review",
            "zones",
        )),
    )
)  # fmt: skip
"""Folders and modules that say nothing on pages, nor in problems: the command line and `/docs` speak English."""


@lru_cache
def required() -> Mapping[Said, None]:
    """What every catalog has: the pages' words, names, helps, titles of problems, faults of requests."""
    titles = (title for _, title in PROBLEMS.values())
    labels = (spoken(name) for name in names() if "." not in re.sub(r"\.[0-9]+$", "", name))
    return dict.fromkeys(one for one in (*of_pages(), *labels, *cards(), *helps(), *titles, *sentences(api)) if one)


@lru_cache
def possible() -> Mapping[Said, None]:
    """What a catalog may have besides: refusals by rules, and functions of government, where that language has official
    names for them. One that it has not is told in English, marked so."""
    there = required()
    return dict.fromkeys(one for one in (*cofog.NAMES.values(), *sentences(domain, services)) if one not in there)


def of_pages() -> Iterator[Said]:
    """The pages' own words. Those of the report come from the command line, and the reference is for programmers."""
    pages = environment()
    for name in sorted(pages.list_templates(extensions=("html", "txt"))):
        source = (PAGES / name).read_text()
        for _, _, said in pages.extract_translations(source):  # type: ignore[attr-defined]
            one, many = (said, None) if isinstance(said, str) else said[:2]
            yield one if many is None else (one, many)
        for found in pages.parse(source).find_all(nodes.Filter):
            if found.name == "told" and isinstance(found.node, nodes.Const):
                yield found.node.value


def names() -> Iterator[str]:
    """Names of ours, as declared: views, columns, fields, choices, records."""
    yield from (*Period, *TURNS, *STANDS, *LACKED)
    for view in VIEWS:
        yield view.name
        for field in Table(view).fields:
            yield from (field.column.name, *field.column.path, *field.column.choices)
        yield from _within(view.row)
    for context in CONTEXTS.values():
        yield context.name
    for verb in verbs(CONTEXTS):
        yield verb.name
        for node in form_of(verb.request.schema(), {}).walk():
            yield re.sub(r" [0-9]+$", "", node.label)
            yield from () if node.leaf is None or node.label == "currency" else node.leaf.document.get("enum", ())
    for name, kind in NAMES.items():
        yield name
        yield from _within(kind)
    for facet in FACETS:
        yield from (facet.name, *facet.choices)


def cards() -> Iterator[str]:
    """What we call scorecards to which nobody else has given a name."""
    of: Mapping[Scope, Iterable[str]] = {Scope.SPHERE: Sphere, Scope.SDG: sdg.GOALS, Scope.REGISTER: ("all",)}
    yield from (title_of(scope, one) for scope, several in of.items() for one in several)


def apart() -> Mapping[str, Mapping[str, None]]:
    """What commands and choices are called. A catalog may say one of them otherwise than what else has the name."""
    chosen = (choice for view in VIEWS for one in Table(view).fields for choice in one.column.choices)
    return {
        COMMAND: dict.fromkeys(spoken(verb.name) for verb in verbs(CONTEXTS)),
        CHOICE: dict.fromkeys(spoken(one) for one in (*chosen, *STANDS)),
    }


def _within(kind: Any) -> Iterator[str]:
    """The names of a dataclass, and of all that it holds."""
    for one in fields(kind):
        yield one.name
        yield from _of_hint(get_type_hints(kind, include_extras=True)[one.name])


def _of_hint(hint: Any) -> Iterator[str]:
    kind, _, _ = plain(hint)
    if get_origin(kind) is tuple:
        yield from _of_hint(get_args(kind)[0])
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        yield from (member.value for member in kind)
    elif isinstance(kind, type) and is_dataclass(kind):
        yield from _within(kind)


def helps() -> Iterator[str]:
    """What views, columns, commands and fields say of themselves."""
    yield from Subject
    for view in VIEWS:
        yield from (one.says for one in view.narrowings)
        yield from (view.says, *(field.column.says for field in Table(view).fields if not field.column.member))
    for verb in verbs(CONTEXTS):
        yield says_of(verb.by, verb.name)
        yield from (node.says for node in form_of(verb.request.schema(), {}).walk())


def sentences(*packages: Any) -> Iterator[str]:
    """Sentences of faults and refusals, with a place for each value: `There is no such day or time: {text}.`"""
    for package in packages:
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            if ELSEWHERE.isdisjoint((path, *path.parents)):
                for node in ast.walk(ast.parse(path.read_text())):
                    yield from _told(node)


def _told(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=given):
            told = args[TOLD[name] :] if name in TOLD else []
            told += [one.value for one in given if one.arg in ("says", "like", "title")]
            yield from (said for one in told for said in _sentences(one))
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in KEPT:
            yield from _sentences(value)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in GIVEN:
            returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
            yield from (said for one in returned if one is not None for said in _sentences(one))
        case _:
            pass


def _sentences(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if re.search(r"^[A-Za-z].* .*[.:?]$", text):
            yield text
        case ast.JoinedStr(values=parts):
            text = _with_places(parts)
            # Those that begin small go on with what somebody else says, in a log or on a terminal.
            yield from [text] if re.search(r"^[A-Z`{].*[a-z]{2,} .*[.:?}]$", re.sub(r"\{.*?\}", "{}", text)) else []
        case ast.Call(func=ast.Attribute(value=said, attr="rstrip")):
            yield from _sentences(said)
        case ast.BoolOp(values=several):
            yield from (said for one in several for said in _sentences(one))
        case ast.IfExp(body=body, orelse=other):
            yield from (*_sentences(body), *_sentences(other))
        case ast.Tuple(elts=several):
            yield from (said for one in several for said in _sentences(one))
        case _:
            pass


def _with_places(parts: Sequence[ast.expr]) -> str:
    """Each value has its place; two that come from different expressions have two, though they be called alike."""
    found, text = dict[str, str](), ""
    for number, part in enumerate(parts):
        match part:
            case ast.Constant(value=said):
                text += str(said)
            case ast.FormattedValue(value=ast.Name(id=name) | ast.Attribute(attr=name)):
                name = name.lower().strip("_")
                name = name if found.setdefault(name, ast.dump(part)) == ast.dump(part) else f"{name}_{number}"
                text += "{" + name + "}"
            case _:
                text += "{" + f"at_{number}" + "}"
    return text


def catalog(tag: str) -> Catalog:
    """The catalog of a language as it is kept."""
    with (CATALOGS / f"{tag}.po").open("rb") as file:
        return read_po(file, tag)


def up_to_date(tag: str, before: Catalog) -> Catalog:
    """The same with all that is said today, and nothing else."""
    made = Catalog(
        tag, project="Subsidia", charset="utf-8", fuzzy=False, header_comment=HEADER, creation_date=SINCE,
        revision_date=SINCE, last_translator="", language_team="", msgid_bugs_address="", version="1",
    )  # fmt: skip
    for said in (*required(), *possible()):
        first = said if isinstance(said, str) else said[0]
        found = before.get(first)
        made.add(said, found.string if found is not None else None)
    for context, called in apart().items():
        for name in called:
            if (context, name) in told_apart():
                found = before.get(name, context)
                made.add(name, found.string if found is not None else None, context=context)
    return made


@lru_cache
def told_apart() -> frozenset[tuple[str, str]]:
    """What any language calls otherwise as a command or as a choice; another one is asked whether it does."""
    return frozenset((str(one.context), str(one.id)) for tag in TRANSLATED for one in catalog(tag) if one.context)


def missing(kept: Catalog) -> Sequence[Said]:
    """What a catalog ought to have and has not."""
    found = ((said, kept.get(said if isinstance(said, str) else said[0])) for said in required())
    return [said for said, one in found if one is None or not one.string or not all(one.string)]


def main(begun: Sequence[str]) -> None:
    for tag in dict.fromkeys((*TRANSLATED, *begun)):
        made = up_to_date(tag, catalog(tag) if tag in TRANSLATED else Catalog(tag))
        with (CATALOGS / f"{tag}.po").open("wb") as file:
            write_po(file, made, width=120, no_location=True, omit_header=False)
        sys.stdout.write(f"{tag}: {len(missing(made))} of {len(required())} are missing\n")
        sys.stdout.writelines(f"  {said if isinstance(said, str) else said[0]}\n" for said in missing(made))


if __name__ == "__main__":
    main(sys.argv[1:])
