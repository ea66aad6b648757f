"""Commands that anybody might give, well or badly: every field as its type and notes allow it, orders to any stream."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from domain.contexts import CONTEXTS
from domain.kernel import (
    Attached,
    EventName,
    Given,
    Many,
    Money,
    PartialDate,
    Role,
    Seal,
    Sealed,
    StreamId,
    Text,
    UnitId,
    Whole,
    Words,
)
from services.orders import Note, Order
from services.writing import plain

COMMANDS = tuple((context.name, name) for context in CONTEXTS.values() for name in context.commands)
SYSTEMS = ("clock", "reaction", "opening", "attestation")
ANY_NUMBER = st.integers(0, 10**6)
DAYS = st.sampled_from(
    [date(1, 1, 1), date(1582, 10, 15), date(1958, 1, 1), date(2000, 2, 29), date(2019, 12, 20), date(2023, 1, 1),
     date(2025, 8, 31), date(2026, 1, 1), date(2027, 7, 1), date(2028, 2, 29), date(2033, 6, 30), date(2060, 12, 31),
     date(8999, 12, 31), date(9000, 1, 1), date(9999, 12, 31)]
)  # fmt: skip
PARTIAL = st.one_of(
    DAYS.map(PartialDate),
    st.sampled_from(["unknown", "0001", "1999", "2024-02", "2026", "2031", "8999", "9999", "9999-12"]).map(PartialDate),
)
FORMS = {
    Money.AMOUNT: st.sampled_from(["0", "-1", "1000", "9000000", "0.000001", "999999999999999999.999999"]),
}
LINES = st.sampled_from(["As told", "é", "\U0001f333 \u202e", "x' ; --", "a\nb", "z" * 40])


@dataclass(slots=True)
class Known:
    """What there is to speak of; it grows while commands are given. `heard`: orders that were accepted before."""

    units: list[UnitId] = field(default_factory=list)
    streams: dict[str, list[StreamId]] = field(default_factory=lambda: {name: [] for name in CONTEXTS})
    records: list[EventName] = field(default_factory=list)
    heard: dict[tuple[str, str], list[Order]] = field(default_factory=dict)

    def hear(self, order: Order, stream: StreamId, before: int, after: int) -> None:
        """Keeps an order that was accepted, and what it made."""
        if before == 0 and after and stream not in self.streams[order.context]:
            self.streams[order.context].append(stream)
            if order.context == "units":
                self.units.append(UnitId(stream))
        self.records.extend(EventName.at(stream, version) for version in range(before + 1, after + 1))
        self.heard.setdefault((order.context, order.command), []).append(order)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order before it is known who gives it. `fitting`: somebody who may, if anybody; else one by that number."""

    context: str
    command: str
    fields: Mapping[str, Any]
    stream: StreamId | None
    note: Note
    fitting: bool
    who: int
    role: Role
    expect: int | None


def chosen(pool: Callable[[], Sequence[Any]], otherwise: Any) -> st.SearchStrategy[Any]:
    """One of those that are there when it is drawn."""

    def one(number: int) -> Any:
        there = pool()
        return there[number % len(there)] if there else otherwise

    return ANY_NUMBER.map(one)


@dataclass(frozen=True, slots=True)
class _Field:
    """`absent`: what it is where the request leaves it out; MISSING if it must be there."""

    values: st.SearchStrategy[Any]
    absent: Any


class Asking:
    """Strategies for the fields of every command, over what is known."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._made: dict[Any, st.SearchStrategy[Any]] = {}
        nothing = StreamId(UUID(int=7))
        anything = chosen(lambda: [one for streams in known.streams.values() for one in streams[-40:]], nothing)
        self._unit = st.one_of(
            chosen(lambda: known.units[-8:], nothing), chosen(lambda: known.units, nothing), anything
        )
        self._stream = st.one_of(anything, anything, anything, st.just(nothing))
        self._record = st.one_of(
            chosen(lambda: known.records, EventName.at(nothing, 1)), st.just(EventName.at(nothing, 4_000_000_000))
        )
        self.fields = {
            (context, name): self._fields_of(CONTEXTS[context].commands[name].command) for context, name in COMMANDS
        }

    def _fields_of(self, command: type) -> dict[str, "_Field"]:
        """The request's own fields: what each may be, and what it is where it is left out."""
        found = {}
        hints = get_type_hints(command, include_extras=True)
        for one in fields(command):
            if not any(isinstance(note, Given) for note in plain(hints[one.name])[1]):
                absent = one.default if one.default is not MISSING or not plain(hints[one.name])[2] else None
                found[one.name] = _Field(self.of(hints[one.name]), absent)
        return found

    def of(self, hint: Any) -> st.SearchStrategy[Any]:
        """Values of a type within the bounds that its notes declare."""
        key = repr(hint)
        if key not in self._made:
            kind, notes, optional = plain(hint)
            found = self._bare(hint, kind, notes)
            self._made[key] = st.one_of(found, found, st.none()) if optional else found
        return self._made[key]

    def _bare(self, hint: Any, kind: Any, notes: tuple[Any, ...]) -> st.SearchStrategy[Any]:
        if get_origin(kind) is tuple:
            many = next((note for note in notes if isinstance(note, Many)), Many())
            most = min(many.at_most, many.at_least + 3)
            return st.lists(self.of(get_args(kind)[0]), min_size=many.at_least, max_size=most).map(tuple)
        if kind is UUID:
            return self._unit if "UnitId" in repr(hint) else self._stream
        if isinstance(kind, type) and is_dataclass(kind) and kind is not Money:
            hints = get_type_hints(kind, include_extras=True)
            return st.builds(kind, **{one.name: self.of(hints[one.name]) for one in fields(kind)})
        if issubclass(kind, StrEnum):
            return st.sampled_from(list(kind))
        return self._scalar(kind, notes)

    def _scalar(self, kind: type, notes: tuple[Any, ...]) -> st.SearchStrategy[Any]:
        text = next((note for note in notes if isinstance(note, Text)), Text())
        whole = next((note for note in notes if isinstance(note, Whole)), Whole())
        if kind is Money:
            amount = FORMS[Money.AMOUNT].map(Decimal)
            return st.builds(Money, amount, st.sampled_from(["EUR", "KES"]), st.sampled_from(["current", "2020"]))
        if kind is str:
            return _text(text)
        if kind is Decimal:
            return FORMS.get(text.form, st.from_regex(text.form, fullmatch=True, alphabet=_ASCII)).map(Decimal)
        if kind is int:
            small = st.integers(whole.at_least, min(whole.at_most, whole.at_least + 5))
            return st.one_of(small, small, st.sampled_from([whole.at_least, whole.at_most]))
        if kind is Sealed:
            seal = next(note for note in notes if isinstance(note, Seal))
            return LINES.map(lambda said: said[: seal.at_most])
        made: Mapping[type, st.SearchStrategy[Any]] = {
            bool: st.booleans(),
            date: DAYS,
            PartialDate: PARTIAL,
            EventName: self._record,
            Words: st.dictionaries(st.sampled_from(["en", "fr", "pt-BR"]), _text(text), min_size=1).map(Words),
        }
        return made[kind]

    @property
    def note(self) -> st.SearchStrategy[Note]:
        """What stands beside a command: mostly what people would say, sometimes anything."""
        usual = st.builds(
            Note, effective_on=st.one_of(st.none(), st.none(), PARTIAL), because=st.just("As told."), lang=st.just("en")
        )
        odd = st.builds(
            Note,
            effective_on=st.one_of(st.none(), PARTIAL),
            because=st.sampled_from(["", " ", "As told."]),
            basis=st.sampled_from(["", "Act 7, art. 2"]),
            corrects=st.one_of(st.none(), self._record),
            documents=st.lists(
                st.builds(Attached, st.just("0" * 64), st.just(9), st.just("a/b"), st.just("x")), max_size=1
            ).map(tuple),
        )
        return st.one_of(usual, usual, usual, odd)

    def order(self, command: tuple[str, str]) -> st.SearchStrategy[Wanted]:
        """One order: often like one that was accepted before, with some of it said otherwise.

        What is drawn does not depend on what is known, only what is made of it.
        """
        context, name = command
        by, known = CONTEXTS[context].commands[name], self._known
        own = chosen(lambda: known.streams[context][-30:], StreamId(UUID(int=7)))
        few = st.integers(0, 9)

        def made(
            like: Order | None, said: Mapping[str, tuple[Any, int]], others: int, streams: tuple[StreamId, ...],
            notes: tuple[Note, ...], who: int, which: int, expect: int, role: Role,
        ) -> Wanted:  # fmt: skip
            pattern = like if who % 10 != 7 else None
            asked = _mixed(pattern, said, others, self.fields[command])
            stream = streams[0] if which == 8 else streams[1]
            if pattern is not None and which in (3, 5):
                stream = pattern.stream or stream
            return Wanted(
                context, name, asked, None if by.starts else stream,
                pattern.note if pattern and which != 6 else notes[0],
                fitting=which != 9, who=who, role=role, expect=expect if who % 29 == 11 else None,
            )  # fmt: skip

        fields = {name: st.tuples(one.values, few) for name, one in self.fields[command].items()}
        return st.builds(
            made, chosen(lambda: known.heard.get(command, ())[-8:], None), st.fixed_dictionaries(fields),
            st.sampled_from([0, 0, 1, 4]), st.tuples(self._stream, own), st.tuples(self.note), ANY_NUMBER, few, few,
            st.sampled_from(by.roles or tuple(Role)),
        )  # fmt: skip


def _mixed(
    like: Order | None, said: Mapping[str, tuple[Any, int]], others: int, fields: Mapping[str, _Field]
) -> dict[str, Any]:
    """The pattern's fields, of ten about so many others said otherwise; or all of them anew, some left out."""
    asked: dict[str, Any] = {}
    for name, (value, number) in said.items():
        if like is not None and number >= others:
            asked[name] = like.fields.get(name, fields[name].absent)
        else:
            asked[name] = value if fields[name].absent is MISSING or number % 2 else fields[name].absent
    return asked


_ASCII = st.characters(min_codepoint=33, max_codepoint=126)


def _text(note: Text) -> st.SearchStrategy[str]:
    if note.form:
        bounded = st.from_regex(note.form, fullmatch=True, alphabet=_ASCII)
        return bounded.filter(lambda said: note.at_least <= len(said) <= note.at_most)
    line = LINES.map(lambda said: said[: note.at_most])
    return line if note.at_most < 1000 else st.one_of(line, line, line, st.just("w" * note.at_most))
