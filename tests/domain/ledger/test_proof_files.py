"""Proofs as files: what is written is read again, and nothing else is."""

import base64

import pytest

from domain.ledger.proof_files import BadProof, InclusionProof, extension, parse

HASHES = (b"\x01" * 32, b"\x02" * 32)
NOTE = "example.org/log\n3\nAAAA\n\n— example.org/log AAAA\n"


@pytest.mark.parametrize("extra", [b"", b"\x00anything"])
@pytest.mark.parametrize("hashes", [(), HASHES])
def test_a_proof_is_read_as_it_was_written(extra: bytes, hashes: tuple[bytes, ...]) -> None:
    proof = InclusionProof(4242, hashes, NOTE, extra)
    assert parse(str(proof)) == proof


def test_the_form_is_the_published_one() -> None:
    one, two = (base64.b64encode(one).decode() for one in HASHES)
    written = f"c2sp.org/tlog-proof@v1\nindex 7\n{one}\n{two}\n\n{NOTE}"
    assert str(InclusionProof(7, HASHES, NOTE)) == written


def test_an_extension_has_the_form_that_witnesses_take() -> None:
    one, two = (base64.b64encode(one).decode() for one in HASHES)
    assert extension(2, HASHES, NOTE) == f"old 2\n{one}\n{two}\n\n{NOTE}"


GOOD = str(InclusionProof(7, HASHES, NOTE, b"more"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        GOOD.partition("\n\n")[0],
        GOOD.partition("\n\n")[0] + "\n\n",
        GOOD.replace("@v1", "@v2"),
        GOOD.replace("index 7", "index 07"),
        GOOD.replace("index 7", "index -7"),
        GOOD.replace("index 7\n", ""),
        GOOD.replace("extra bW9yZQ==", "extra bW9yZR=="),
        GOOD.replace("AQEB", "AQE", 1),
        GOOD.replace("index 7\n", "index 7\n" + f"{base64.b64encode(HASHES[0]).decode()}\n" * 62),
    ],
)
def test_the_slightest_departure_is_refused(text: str) -> None:
    with pytest.raises(BadProof):
        parse(text)
