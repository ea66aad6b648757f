"""What is sealed opens with its own key, at its own place, and nowhere else."""

from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

import pytest

from domain.kernel import Seal, Sealed, StreamId, UnitId
from domain.ledger.records import opened_hash, sealed_hash
from services.sealing import Sealing, Unopenable, disclosed, enclosed, keyed, seals_of

KEY, OTHER = b"k" * 32, b"o" * 32
SALT = b"s" * 32


@dataclass(frozen=True, slots=True)
class Told:
    name: Annotated[Sealed, Seal("unit")]
    contact: Annotated[Sealed | None, Seal("unit")] = None


def test_an_opening_holds_neither_value_nor_salt_in_the_open() -> None:
    cipher = enclosed(KEY, "a/1/name", SALT, b'"Ada Example"')
    assert disclosed(KEY, "a/1/name", cipher) == (SALT, b'"Ada Example"')
    assert b"Ada" not in cipher
    assert SALT[:8] not in cipher
    assert enclosed(KEY, "a/1/name", SALT, b'"Ada Example"') != cipher, "twice the same text shows in no opening"


@pytest.mark.parametrize(
    ("key", "where", "alter"),
    [
        (OTHER, "a/1/name", lambda cipher: cipher),
        (KEY, "a/2/name", lambda cipher: cipher),
        (KEY, "a/1/name", lambda cipher: cipher[:-1] + bytes([cipher[-1] ^ 1])),
        (KEY, "a/1/name", lambda cipher: b""),
    ],
    ids=["another key", "moved to another record", "one bit altered", "cut off"],
)
def test_nothing_else_opens_it(key: bytes, where: str, alter: object) -> None:
    assert callable(alter)
    with pytest.raises(Unopenable):
        disclosed(key, where, alter(enclosed(KEY, "a/1/name", SALT, b'"Ada"')))


def test_every_hash_in_an_event_has_its_opening() -> None:
    cmd, stream, unit = uuid4(), StreamId(uuid4()), UnitId(uuid4())
    sealing = Sealing.of(seals_of(Told), {"name": "Ada", "contact": "Ada", "other": "x"}, cmd)
    event = Told(**sealing.hashes)
    assert event.name != event.contact, "the same text, but another salt"
    found = sealing.openings(stream, 4, [event], unit, KEY)
    assert [(one.version, one.path, one.subject, one.audience) for one in found] == [
        (5, "/name", cmd, str(unit)), (5, "/contact", cmd, str(unit)),
    ]  # fmt: skip
    for one, digest in zip(found, (event.name, event.contact), strict=True):
        assert opened_hash(*disclosed(KEY, f"{stream}/5{one.path}", one.cipher)) == digest
    assert sealed_hash(disclosed(KEY, f"{stream}/5/name", found[0].cipher)[0], "Ada") == event.name


def test_what_is_left_out_is_not_sealed() -> None:
    sealing = Sealing.of(seals_of(Told), {"name": "Ada", "contact": None}, uuid4())
    assert set(sealing.hashes) == {"name"}


def test_a_fingerprint_tells_nothing_without_its_key() -> None:
    assert keyed(KEY, b"one") == keyed(KEY, b"one") != keyed(KEY, b"two")
    assert keyed(KEY, b"one") != keyed(OTHER, b"one")


def test_an_audience_that_nobody_can_tell_is_refused_at_the_start() -> None:
    @dataclass(frozen=True)
    class Whispered:
        text: Annotated[Sealed, Seal("friends")]

    with pytest.raises(TypeError, match="friends"):
        seals_of(Whispered)
