"""What the pages for people name is there: verbs and options of the command line, commands, addresses, files."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.cli.verbs import VERBS, imported
from domain.contexts import CONTEXTS
from projections.views import ATTESTED, VIEWS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted({ROOT / "README.md", *(ROOT / "deploy").rglob("*.md")})
ADDRESS = re.compile(r"/v1/([a-z][a-z-]*)")
DUMPED = re.compile(r"alone\.py dump ([a-z-]+) (\d+)")
GIVEN = [name for name in CONTEXTS if name != "ledger"]  # which is a schema of the database as well

of_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_verbs_and_options_are_named_at_all() -> None:
    assert sum(len(list(said(page))) for page in PAGES) > 20


@of_each_page
def test_every_verb_has_the_options_that_are_named(page: Path) -> None:
    for words, options in said(page):
        command = meant(words)
        known = {"--help", *(option for one in command.params for option in one.opts)}
        assert options <= known, " ".join(words)


@of_each_page
def test_every_command_of_a_context_that_is_named_is_there(page: Path) -> None:
    named = re.findall(rf"`({'|'.join(GIVEN)})\.([a-z-]+)`", page.read_text(encoding="utf-8"))
    assert [f"{context}.{name}" for context, name in named if name not in CONTEXTS[context].commands] == []


@of_each_page
def test_every_address_that_is_named_is_there(page: Path) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "api").rglob("*.py"))
    served = {*(view.name for view in VIEWS), *CONTEXTS, *ADDRESS.findall(sources)}
    named = ADDRESS.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if name not in served] == []


@of_each_page
def test_every_file_of_ours_that_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    linked = [page.parent / target for target in re.findall(r"\]\(([\w./-]+)\)", text)]
    named = [ROOT / path for path in re.findall(r"`((?:domain|projections|services|api|tests)/[\w/.-]+)`", text)]
    assert [str(path) for path in (*linked, *named) if not path.exists()] == []


def test_the_audit_that_is_printed_is_of_the_views_that_there_are() -> None:
    text = (ROOT / "deploy" / "auditors.md").read_text(encoding="utf-8")
    told, attested = map(int, re.findall(r"has (\d+) records; the (\d+) attestations", text)[0])
    assert attested == len(ATTESTED)
    assert f"{told + attested} records are in bundle" in text
    assert f"{attested} attestations of views" in text
    versions = {view.name: str(view.version) for view in VIEWS}
    assert [(name, versions[name]) for name, _ in DUMPED.findall(text)] == DUMPED.findall(text) != []


def said(page: Path) -> Iterator[tuple[list[str], set[str]]]:
    """What `subsidia` is told on a page: the words of each verb, and the options behind them."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for words, rest in re.findall(r"\bsubsidia((?: [a-z][a-z0-9-]*)+)([^`\n|;&]*)", text):
        if words.split()[0] in VERBS:
            yield words.split(), set(re.findall(r"--[a-z][a-z-]*", rest))


def meant(words: list[str]) -> click.Command:
    """The verb, and the one within it where it has several."""
    command = imported(words[0])
    for word in words[1:]:
        if not isinstance(command, click.Group):
            break
        _, found, _ = command.resolve_command(click.Context(command), [word])
        assert found is not None, " ".join(words)
        command = found
    return command
