"""A value with some fields changed is what `dataclasses.replace` makes of it, whatever its class is like."""

import dataclasses
import inspect
from dataclasses import FrozenInstanceError, InitVar, dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from domain.calendars import Span
from domain.contexts import CONTEXTS
from domain.deadlines import DeadlineSet
from domain.kernel import Money
from domain.replacing import quick, quicken, replace, replace_nth


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    height: int = 1
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Oak(Tree):
    acorns: int = 0


@dataclass(frozen=True, slots=True)
class Acorn:
    """No fields at all."""


@dataclass(frozen=True)
class Loose:
    name: str
    height: int = 1


@dataclass(slots=True)
class Growing:
    height: int
    rings: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counted:
    name: str
    length: int = field(init=False, default=0)


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (Tree("lime", 3, ("a",)), {"height": 4}),
        (Tree("lime", 3, ("a",)), {"name": "elm", "leaves": ()}),
        (Tree("lime"), {}),
        (Oak("oak", 9, (), 4), {"height": 10, "acorns": 5}),
        (Acorn(), {}),
        (Loose("lime"), {"height": 2}),
        (Growing(3, [1]), {"height": 4}),
        (Counted("lime"), {"name": "elm"}),
        (DeadlineSet(1, "report", date(2026, 1, 1), date(2027, 1, 1), "p@1", "FR"), {"number": 2}),
    ],
)
def test_it_is_what_dataclasses_make_of_it(value: object, changes: dict[str, object]) -> None:
    before = dataclasses.astuple(value)  # type: ignore[call-overload]
    changed = replace(value, **changes)  # type: ignore[type-var]
    assert changed == dataclasses.replace(value, **changes)  # type: ignore[type-var]
    assert type(changed) is type(value)
    assert (repr(changed), changed is not value) == (repr(dataclasses.replace(value, **changes)), True)  # type: ignore[type-var]
    assert dataclasses.astuple(value) == before, "the value itself stays as it was"  # type: ignore[call-overload]


def test_it_is_as_frozen_as_before() -> None:
    changed = replace(Tree("lime"), height=2)
    with pytest.raises(FrozenInstanceError):
        changed.height = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del changed.name
    assert hash(changed) == hash(Tree("lime", 2))


def test_a_class_that_checks_itself_still_does() -> None:
    with pytest.raises(ValueError, match="does not end before it begins"):
        replace(Span(date(2026, 1, 1), date(2026, 2, 1)), last=date(2025, 1, 1))
    with pytest.raises(ValueError, match="three capital letters"):
        replace(Money(Decimal(1), "EUR"), currency="euro")


@quick
@dataclass(frozen=True, slots=True)
class Beech:
    name: str
    kind: int = 1
    twin: tuple[str, ...] = ()
    self_sown: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Copper(Beech):
    colour: str = "red"


def test_what_is_made_fast_is_the_same_and_as_frozen() -> None:
    beech = Beech("beech", twin=("a",))
    assert dataclasses.astuple(beech) == ("beech", 1, ("a",), False)
    assert beech == replace(Beech(name="other", kind=1, twin=("a",)), name="beech")
    assert (type(beech), repr(Copper("b", 2))) == (
        Beech,
        "Copper(name='b', kind=2, twin=(), self_sown=False, colour='red')",
    )
    with pytest.raises(FrozenInstanceError):
        beech.kind = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="name"):
        Beech()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="height"):
        Beech("beech", height=3)  # type: ignore[call-arg]
    assert inspect.signature(Beech) == inspect.signature(dataclass(frozen=True, slots=True)(Plain))


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Maple(Beech):
    height: int
    sweet: bool = True


def test_what_is_given_by_name_alone_is_asked_for_by_name() -> None:
    maple = Maple("maple", 2, height=30)
    assert dataclasses.astuple(maple) == ("maple", 2, (), False, 30, True)
    assert replace(maple, sweet=False) == Maple(name="maple", kind=2, height=30, sweet=False)
    with pytest.raises(TypeError, match="height"):
        Maple("maple")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Maple("maple", 1, (), False, 30)  # type: ignore[call-arg]


@dataclass(frozen=True, slots=True)
class Grafted:
    name: str
    onto: InitVar[str] = ""


@dataclass(frozen=True, slots=True)
class Pruned:
    name: str
    height: int

    def __init__(self, name: str, height: int) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "height", min(height, 3))


class Wild(Beech):
    """Another class with the same fields."""

    __slots__ = ()


def test_a_class_that_is_made_in_its_own_way_goes_on_being_made_so() -> None:
    assert [quicken(kind) for kind in (Grafted, Pruned, Wild, Growing, Counted)] == [False] * 5
    assert (Grafted("lime", "elm").name, Pruned("box", 9).height) == ("lime", 3)
    with pytest.raises(TypeError, match="Wild"):
        quick(Wild)


def test_what_has_no_fields_is_made_fast_as_well() -> None:
    assert quicken(Acorn)
    assert Acorn() == Acorn()


def test_what_contexts_decide_on_and_record_is_made_fast() -> None:
    kinds = [
        kind
        for context in CONTEXTS.values()
        for kind in (*context.events, *(by.command for by in context.commands.values()))
    ]
    assert [kind for kind in kinds if not quicken(kind)] == []


class Plain:
    name: str
    kind: int = 1
    twin: tuple[str, ...] = ()
    self_sown: bool = False


@pytest.mark.parametrize("kind", [Span, Loose, Counted, Growing])
def test_a_class_that_cannot_be_made_faster_is_refused_where_it_is_declared(kind: type) -> None:
    with pytest.raises(TypeError, match="any faster"):
        quick(kind)


def test_a_field_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="acorns"):
        replace(Tree("lime"), acorns=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        replace(3)  # type: ignore[type-var]


def test_one_of_several_is_changed_by_its_number_and_the_others_stay() -> None:
    first, second, third = Tree("ash"), Tree("oak"), Tree("elm")
    assert replace_nth((first, second, third), 1, height=2) == (Tree("ash", 2), second, third)
    assert replace_nth((first, second, third), 3, name="fir", height=9) == (first, second, Tree("fir", 9))
    with pytest.raises(IndexError):
        replace_nth((first,), 2, height=2)
