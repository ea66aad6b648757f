"""Signed notes against the published ones, and against those that are nearly right."""

import json
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.notes import (
    MAX_SIGNATURES,
    BadKey,
    BadNote,
    Note,
    Signature,
    Verifier,
    VerifierKey,
    named,
    parse,
    parse_key,
    signed,
    verified,
)
from services.keys import check_with
from tests.data import published

TEXT = "If all is well,\n\nnobody reads this: “ж”.\n"
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda text: f"{text}\n")
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(named)


@cache
def vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(published("tlog/c2sp/notes.json").read_text())
    return found


class Signer:
    def __init__(self, name: str, seed: int) -> None:
        private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.key = VerifierKey(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.verifier = Verifier(name, self.key.key_id, check_with(self.key.public))
        self.signs = (name, self.key.key_id, private.sign)


ONE, OTHER = Signer("example.org/one", 1), Signer("example.org/other", 2)


def known(texts: list[str]) -> list[Verifier]:
    keys = [parse_key(text) for text in texts]
    assert [str(key) for key in keys] == texts
    return [Verifier(key.name, key.key_id, check_with(key.public)) for key in keys]


def test_no_vector_is_missing() -> None:
    assert len(vectors()) == 11
    assert {one["valid"] for one in vectors()} == {True, False}


@pytest.mark.parametrize("number", range(11))
def test_the_published_notes(number: int) -> None:
    said = vectors()[number]
    verifiers = known(said["vkeys"])
    if not said["valid"]:
        with pytest.raises(BadNote):
            verified(parse(said["note"]), verifiers)
        return
    note = parse(said["note"].encode())
    assert str(note) == said["note"]
    assert [one.name for one in verified(note, verifiers)] == [one.name for one in verifiers]


@given(texts)
def test_a_signed_text_reads_back_and_its_signatures_hold(text: str) -> None:
    note = signed(text, [ONE.signs, OTHER.signs])
    assert parse(str(note)) == parse(str(note).encode()) == note
    assert [one.name for one in verified(note, [OTHER.verifier, ONE.verifier])] == [ONE.key.name, OTHER.key.name]
    assert verified(note, [OTHER.verifier]) == note.signatures[1:]


@given(st.data())
def test_a_note_with_one_bit_flipped_is_no_longer_signed(data: st.DataObject) -> None:
    whole = bytearray(str(signed(TEXT, [ONE.signs])).encode())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadNote):
        verified(parse(bytes(whole)), [ONE.verifier])


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    # They share a name with a known key, or an id, but not both.
    namesake = Signer(ONE.key.name, 3)
    borrowed = Signature("example.org/else", ONE.key.key_id, bytes(64))
    own = signed(TEXT, [ONE.signs])
    note = Note(TEXT, (*signed(TEXT, [namesake.signs]).signatures, borrowed, *own.signatures))
    assert verified(parse(str(note)), [ONE.verifier]) == own.signatures
    with pytest.raises(BadNote, match="not signed by any key"):
        verified(note, [OTHER.verifier])


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    wrong = Signature(OTHER.key.name, OTHER.key.key_id, bytes(64))
    note = Note(TEXT, (*signed(TEXT, [ONE.signs]).signatures, wrong))
    with pytest.raises(BadNote, match=r"by 'example\.org/other' is not"):
        verified(note, [ONE.verifier, OTHER.verifier])


def test_a_key_that_signed_twice_counts_once() -> None:
    note = signed(TEXT, [ONE.signs, ONE.signs])
    assert verified(note, [ONE.verifier]) == note.signatures[:1]


def test_two_known_keys_of_one_name_and_id_are_not_told_apart() -> None:
    double = Verifier(ONE.key.name, ONE.key.key_id, OTHER.verifier.check)
    with pytest.raises(BadNote, match="cannot be told"):
        verified(signed(TEXT, [ONE.signs]), [ONE.verifier, double])


def test_as_many_signatures_as_the_format_demands_and_no_more_than_we_check() -> None:
    (line,) = signed(TEXT, [ONE.signs]).signatures
    for count in (16, MAX_SIGNATURES):
        assert verified(parse(str(Note(TEXT, (line,) * count))), [ONE.verifier]) == (line,)
    with pytest.raises(BadNote, match="101"):
        parse(str(Note(TEXT, (line,) * (MAX_SIGNATURES + 1))))


LINE = str(signed(TEXT, [ONE.signs]).signatures[0])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        f"{TEXT}{LINE}\n",
        f"{TEXT}\n",
        f"{TEXT}\n\n",
        f"{TEXT}\n{LINE}",
        f"{TEXT}\n{LINE}\n\n",
        f"{TEXT}\n{LINE}\nmore\n",
        f"{TEXT}\n{LINE} \n",
        f"{TEXT}\n {LINE}\n",
        f"{TEXT}\n{LINE[1:]}\n",
        f"{TEXT}\n-{LINE[1:]}\n",
        f"{TEXT}\n{LINE.replace(' ', '  ', 1)}\n",
        f"{TEXT}\n{LINE.replace('/one', '+one')}\n",
        f"{TEXT}\n{LINE.replace('/one', chr(0x2003) + 'one')}\n",
        f"{TEXT}\n{LINE.replace(' example.org/one', ' ')}\n",
        f"{TEXT}\n{LINE[:-1]}\n",
        f"{TEXT}\n{LINE[:-2]}*=\n",
        f"{TEXT}\n— example.org/one AAAAAA==\n",
        f"{TEXT}\n— example.org/one AAAAAAB=\n",
        f"{TEXT}\n{LINE}\r\n",
        f"\t{TEXT}\n{LINE}\n",
        f"{TEXT}\n{LINE}\n".encode() + b"\xff",
        b"\xed\xa0\x80\n\n" + f"{LINE}\n".encode(),
        f"\ud800{TEXT}\n{LINE}\n",
    ],
)
def test_what_is_no_note(note: str | bytes) -> None:
    with pytest.raises(BadNote):
        parse(note)


@pytest.mark.parametrize("text", ["", "no end", "a\tb\n", "a\r\n", "a\x00\n"])
def test_texts_that_cannot_be_signed(text: str) -> None:
    with pytest.raises(BadNote):
        signed(text, [ONE.signs])


def test_nobody_signs_nothing() -> None:
    with pytest.raises(BadNote):
        signed(TEXT, [])


@given(names, st.binary(min_size=32, max_size=32))
def test_a_verifier_key_reads_back(name: str, public: bytes) -> None:
    assert parse_key(str(VerifierKey(name, public))) == VerifierKey(name, public)


KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        KEY.replace("PeterNeumann", ""),
        KEY.replace("PeterNeumann", "Peter Neumann"),
        KEY.replace("PeterNeumann", "PeterNeumanm"),
        KEY.replace("c74f20a3", "c74f20a4"),
        KEY.replace("c74f20a3", "0c74f20a3"),
        KEY.replace("c74f20a3", "C74F20A3"),
        KEY.replace("c74f20a3", " c74f20a"),
        KEY[:-1],
        f"{KEY}=",
        f"{KEY}\n",
        KEY.replace("+ARpc", "+AhpC"),
        KEY.replace("+ARpc", "+BBpc"),
        f"{KEY}AAAA",
    ],
)
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(BadKey):
        parse_key(text)
