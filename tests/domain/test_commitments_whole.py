"""The rules of commitments as a whole: every refusal is tested, every command is told in a story."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from functools import reduce
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest

from domain.commitments import COMMITMENTS, commands
from domain.commitments.words import Part
from domain.kernel import Given, Role, Says, UnitId
from tests.domain import commitment_stories
from tests.domain.commitment_stories import CITY, REGION, STATE, VILLAGE, adopted, ask, from_source, story

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "domain" / "commitments"
STORIES = sorted(HERE.glob("test_commitments_*.py"))


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def said(call: ast.Call, path: Path) -> str:
    first = call.args[0] if call.args else None
    assert isinstance(first, ast.Constant), f"{path.name}:{call.lineno}: a refusal's code stands there word for word"
    return str(first.value)


def refusals() -> frozenset[str]:
    """Every code with which the rules of commitments refuse."""
    shared = (RULES.parent / name for name in ("sdg.py", "guards.py", "deadlines.py"))
    sources = (*RULES.glob("*.py"), *shared)
    return frozenset(said(call, path) for path in sources for call in calls(path) if called(call) == "Refused")


def test_every_refusal_is_tested_and_every_tested_refusal_is_there() -> None:
    tested = frozenset(said(call, path) for path in STORIES for call in calls(path) if called(call) == "then_refused")
    assert refusals() - tested == frozenset(), "never shown by a scenario"
    assert tested - refusals() == frozenset(), "no rule refuses so"


def test_the_code_of_a_refusal_is_kebab_case() -> None:
    assert len(refusals()) > 50
    assert not [code for code in refusals() if not re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)*", code)]


def test_every_command_is_given_in_a_scenario() -> None:
    given = {kind for path in STORIES for kind in _given_in(path)}
    assert {by.command for by in COMMITMENTS.commands.values()} - given == set()


def _given_in(path: Path) -> Iterator[type]:
    """The commands whose scenarios stand in a file: the kinds that its `when(...)` are about."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    makers = {node.name: node.returns for node in tree.body if isinstance(node, ast.FunctionDef)}
    for call in calls(path):
        if called(call) == "when":
            yield from _kinds(call.args[0], names, makers)


def _kinds(node: ast.AST, names: dict[str, ast.expr], makers: dict[str, ast.expr | None]) -> Iterator[type]:
    match node:
        case ast.Attribute(value=ast.Name(id="asked"), attr=attribute):
            yield getattr(commands, attribute)
        case ast.Call(func=ast.Name(id="ask" | "replace"), args=[first, *_]):
            yield from _kinds(first, names, makers)
        case ast.Call(func=ast.Name(id=maker)) if makers.get(maker) is not None:
            yield from _kinds(makers[maker] or node, names, makers)
        case ast.Call(func=ast.Name(id=maker)) if hasattr(commitment_stories, maker):
            yield get_type_hints(getattr(commitment_stories, maker))["return"]
        case ast.Name(id=name) if name in names:
            yield from _kinds(names[name], names, makers)
        case ast.Name(id=name) if hasattr(commitment_stories, name):
            yield type(getattr(commitment_stories, name))


@pytest.mark.parametrize("event", COMMITMENTS.events, ids=lambda event: event.__name__)
def test_what_an_event_may_leave_out_is_none_when_it_is_read(event: type) -> None:
    """Records leave out what is None, so a field that may be None has None as its default."""
    for kind in _parts(event):
        hints = get_type_hints(kind)
        for field in fields(kind):
            if NoneType in get_args(hints[field.name]):
                assert field.default is None, f"{kind.__name__}.{field.name}"


def _parts(kind: Any) -> Iterator[Any]:
    """A dataclass and those that it holds, however deep."""
    yield kind
    for hint in get_type_hints(kind).values():
        for part in (hint, *get_args(hint)):
            if hasattr(part, "__dataclass_fields__"):
                yield from _parts(part)


def test_everything_said_in_a_command_is_explained() -> None:
    for name, by in COMMITMENTS.commands.items():
        assert (by.command.__doc__ or "").endswith("."), name
        for field, hint in get_type_hints(by.command, include_extras=True).items():
            notes = hint.__metadata__
            assert any(isinstance(note, (Given, Says)) for note in notes), f"{name}.{field}"


def test_a_reader_of_the_portal_changes_nothing() -> None:
    roles = reduce(frozenset.union, (frozenset(by.roles) for by in COMMITMENTS.commands.values()))
    assert roles.isdisjoint({Role.PORTAL, Role.AUDITOR})


def may_give(name: str, command: object, state: object) -> frozenset[UnitId]:
    acting_for = COMMITMENTS.commands[name].acting_for
    assert callable(acting_for)
    return acting_for(command, state)


def test_the_unit_that_owes_something_asks_for_more_time_and_completes_it() -> None:
    state = story(*adopted).state
    late = date(2029, 3, 5)
    may_ask = {
        number: may_give("request-extension", ask(commands.RequestExtension, until=late, deadline=number), state)
        for number in (1, 4, 6, 99, None)
    }
    assert may_ask == {
        1: {REGION},
        4: {CITY},
        6: {CITY, REGION, STATE},
        99: {CITY, REGION, STATE},
        None: {CITY, REGION},
    }
    complete = [ask(commands.CompleteMilestone, milestone=number) for number in (1, 2)]
    assert [may_give("complete-milestone", one, state) for one in complete] == [{CITY}, {CITY, REGION, STATE}]


def test_owners_and_co_owners_invite_and_only_the_owner_speaks_of_a_source() -> None:
    invite = ask(commands.AddParty, unit=VILLAGE, part=Part.FUNDER)
    assert may_give("add-party", invite, story(*adopted).state) == {CITY, REGION}
    for name in ("confirm-source", "contest-source"):
        assert may_give(name, ask(commands.ConfirmSource), story(from_source).state) == {CITY}


def test_a_party_that_left_acts_no_longer() -> None:
    left = story(*adopted, ask(commands.WithdrawFromCommitment, REGION)).state
    assert may_give("report-progress", ask(commands.AdoptCommitment), left) == {CITY, STATE}


def test_of_what_was_never_proposed_nobody_may_say_anything() -> None:
    nothing = COMMITMENTS.decider.initial
    for name, by in COMMITMENTS.commands.items():
        if callable(by.acting_for):
            assert may_give(name, ask(commands.RequestExtension, until=date(2029, 3, 5), deadline=1), nothing) == set()
