"""Records as bytes: canonical, lossless, and complete for every event there is."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.contexts import CONTEXTS
from domain.kernel import (
    Actor,
    EventName,
    Money,
    PartialDate,
    Role,
    Seal,
    Sealed,
    Sphere,
    StreamId,
    UnitId,
    Words,
)
from domain.ledger.records import check_leaf
from services.codec import Codec, Heading, UnknownType
from services.names import NAMES
from services.store.ports import Draft, StoredRecord
from services.writing import writer

AT = b'"at":"2026-11-24T03:14:45.123456Z"'
GENT = UnitId(UUID("11111111-1111-4111-8111-111111111111"))


@dataclass(frozen=True, slots=True)
class Part:
    unit: UnitId
    share: int


@dataclass(frozen=True, slots=True)
class Everything:
    title: Words
    sphere: Sphere
    on: date
    since: PartialDate
    cost: Money
    parts: tuple[Part, ...]
    contact: Annotated[Sealed, Seal("parties")]
    corrects: EventName | None = None
    open: bool = True


CODEC = Codec("example.org/ledger", {"everything.1": Everything})
HEADING = Heading(
    cmd=uuid4(),
    actor=Actor(GENT, Role.LIAISON_OFFICER, Sphere.LOCAL, EventName.at(GENT, 2)),
    effective_on=PartialDate("2026-11"),
    rules="everything.1",
    reads=[(GENT, 7)],
    policies=["commitment@3"],
    because="Zur Klarheit \u2028 «ж» \U0001f600",
    lang="de",
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1).filter(str.strip)
events = st.builds(
    Everything,
    title=st.dictionaries(st.sampled_from(["en", "fr", "es", "pt-BR"]), texts, min_size=1).map(Words),
    sphere=st.sampled_from(Sphere),
    on=st.dates(),
    since=st.sampled_from(["unknown", "2020", "2020-02", "2020-02-29"]).map(PartialDate),
    cost=st.decimals(0, 10**9, places=2).map(lambda amount: Money(amount, "EUR")),
    parts=st.lists(st.builds(Part, st.uuids().map(UnitId), st.integers(0, 2**53 - 1))).map(tuple),
    contact=st.just(Sealed("ab" * 32)),
    corrects=st.none() | st.just(EventName.at(GENT, 3)),
    open=st.booleans(),
)


def stored(draft: Draft) -> StoredRecord:
    assert draft.tail is not None
    return StoredRecord(0, draft.stream, draft.version, draft.type, draft.head + AT + draft.tail)


def draft_of(event: Any) -> Draft:
    command = {"name": "everything.do", "contact": "ab" * 32}
    (draft,) = CODEC.drafts(StreamId(GENT), 1, [event], HEADING, command)  # type: ignore[arg-type]
    return draft


@given(events)
def test_what_is_written_is_canonical_and_reads_back_the_same(event: Everything) -> None:
    record = stored(draft_of(event))
    leaf = check_leaf(record.state)
    assert rfc8785.dumps(leaf) == record.state
    assert CODEC.event(record) == event
    decoded = CODEC.decode(record)
    assert decoded.event == event
    assert (decoded.actor, decoded.effective_on, decoded.because) == (
        HEADING.actor,
        HEADING.effective_on,
        HEADING.because,
    )


@given(events)
def test_a_sealed_value_never_stands_among_the_data(event: Everything) -> None:
    leaf: Any = check_leaf(stored(draft_of(event)).state)
    assert leaf["sealed"] == {"/contact": "ab" * 32}
    assert "contact" not in leaf["data"]


@pytest.mark.parametrize("hint", [float, bytes, dict[str, str], list[int], Any, int | str, tuple[int, str]])
def test_a_type_that_records_must_not_hold_is_refused_at_start(hint: Any) -> None:
    with pytest.raises(TypeError):
        writer(hint)


def test_absent_rather_than_null() -> None:
    assert writer(Money)(Money(Decimal("1.50"), "EUR")) == {
        "amount": "1.50",
        "currency": "EUR",
        "price_basis": "current",
    }


def test_a_record_of_a_newer_program_is_named_as_one() -> None:
    later = StoredRecord(0, uuid4(), 1, "mandate-danced.7", b"{}")
    for read in (CODEC.decode, CODEC.event):
        with pytest.raises(UnknownType) as unknown:
            read(later)
        assert str(unknown.value).startswith("This program does not know records of the type mandate-danced.7")


def test_every_event_of_every_context_has_a_stored_name() -> None:
    declared = {event for context in CONTEXTS.values() for event in context.events}
    assert declared == set(NAMES.values())
    assert Codec("example.org/ledger", NAMES).written_as.keys() == declared
