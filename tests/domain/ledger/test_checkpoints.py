"""The text of a checkpoint: one spelling, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import notes
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint, parse
from domain.ledger.merkle import empty_root
from tests.data import published

lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
checkpoints = st.builds(
    Checkpoint,
    lines,
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3).map(tuple),
)

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
TEXT = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"


@given(checkpoints)
def test_a_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    assert parse(str(checkpoint)) == checkpoint


def test_the_example_of_the_format() -> None:
    found = parse(TEXT)
    assert (found.origin, found.size, found.extensions) == ("example.com/behind-the-sofa", 20_852_163, ())
    assert str(found) == TEXT
    assert parse(f"{TEXT}more\nand more\n").extensions == ("more", "and more")


def test_a_checkpoint_of_a_public_log() -> None:
    said = next(one for one in json.loads(published("tlog/c2sp/notes.json").read_text()) if one["name"] == "sumdb-live")
    found = parse(notes.parse(said["note"]).text)
    assert (found.origin, found.size) == ("go.sum database tree", 35_225_469)


def test_the_checkpoint_of_no_records_has_their_root() -> None:
    assert parse(str(Checkpoint("example.org", 0, empty_root()))).size == 0
    with pytest.raises(BadCheckpoint):
        parse(str(Checkpoint("example.org", 0, bytes(32))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TEXT[:-1],
        f"{TEXT}\n",
        f"{TEXT}\nmore\n",
        f"\n{TEXT}",
        "example.com\n1\n",
        TEXT.replace("example.com/behind-the-sofa", ""),
        TEXT.replace("20852163", ""),
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "00"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "+1"),
        TEXT.replace("20852163", "1_000"),
        TEXT.replace("20852163", " 1"),
        TEXT.replace("20852163", "1 "),
        TEXT.replace("20852163", "1.0"),
        TEXT.replace("20852163", "٣"),
        TEXT.replace("20852163", str(2**63)),
        TEXT.replace("20852163", "9" * 5000),
        TEXT.replace(ROOT, ROOT[:-1]),
        TEXT.replace(ROOT, f"{ROOT[:-2]}J="),
        TEXT.replace(ROOT, ROOT.replace("/", "_")),
        TEXT.replace(ROOT, f"{ROOT[:-1]}A"),
        TEXT.replace(ROOT, "AAAA"),
        TEXT.replace(ROOT, f" {ROOT}"),
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(BadCheckpoint):
        parse(text)
