"""Whoever follows an audit sees the records as they stand in the ledger, decided again or read."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import pytest

from domain.contexts import CONTEXTS
from domain.kernel import Recorded
from domain.ledger.findings import Finding
from services.audit.deciding import Redecider
from services.audit.leaves import Leaf, read_all
from services.audit.structure import Commands, First
from services.codec import Codec
from services.names import NAMES
from services.store.ports import StoredRecord
from tests.services.audited import NOTARY
from tests.services.scribe import towns

CODEC = Codec(NOTARY.origin, NAMES)
AT = re.compile(rb'"at":"(....-..-..T..:..:..)\.\d{6}Z"')


@dataclass(slots=True)
class Follower:
    """Sees everything."""

    seen: list[Recorded] = field(default_factory=list)
    wants: bool = True

    def take(self, records: Sequence[Recorded]) -> Iterable[Finding]:
        self.seen.extend(records)
        return ()


def followed(states: Sequence[bytes]) -> tuple[list[Recorded], int]:
    """What a follower sees, and how many commands were decided again to the very same bytes."""
    follower, found = Follower(), First()
    commands = Commands(Redecider(CODEC, CONTEXTS, found, follower=follower).take)
    for position, leaf in enumerate(read_all(states, 0)):
        assert isinstance(leaf, Leaf)
        commands.take(position, states[position], leaf)
    commands.end()
    return follower.seen, len(found.ranked())


def read(states: Sequence[bytes]) -> list[Recorded]:
    heads = [msgspec.json.decode(state) for state in states]
    return [
        CODEC.decode(StoredRecord(position, UUID(head["id"]), head["ver"], head["type"], state))
        for position, (head, state) in enumerate(zip(heads, states, strict=True))
    ]


async def test_of_commands_that_come_out_the_same_every_record_is_seen_as_it_would_be_read() -> None:
    states = await towns(80)
    seen, faults = followed(states)
    assert faults == 0
    assert seen == read(states)
    assert [one.key for one in seen] == [str(one.stream) for one in seen]
    assert max(one.of[1] for one in seen) > 1, "or else nothing is taken from the first record of a command"


@pytest.mark.parametrize("moment", [b"000001", b"999999"])
async def test_a_record_that_says_another_moment_than_its_command_is_seen_with_its_own(moment: bytes) -> None:
    states = await towns(80)
    nth = next(one.position for one in read(states) if one.of[0] > 1)
    states[nth] = AT.sub(rb'"at":"\g<1>.' + moment + b'Z"', states[nth])
    seen, _ = followed(states)
    assert seen == read(states)
    assert seen[nth].at != seen[nth - 1].at


async def test_of_a_command_that_comes_out_otherwise_what_was_recorded_is_seen() -> None:
    states = await towns(80)
    nth = next(one.position for one in read(states) if one.of[0] > 1 and "deadline-set" in one.type)
    states[nth] = re.sub(rb'"due_on":"(....)', rb'"due_on":"2999', states[nth])
    seen, faults = followed(states)
    assert faults > 0
    assert seen == read(states)
