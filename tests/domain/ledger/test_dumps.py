"""The digest of a view: told by every row, its order and the view's version, and redone with nothing but SHA-256."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.dumps import Dump, Dumped, header, line_hash

LINES = [b'{"key":"a","n":1}', b'{"key":"b","n":2}']


def dumped(lines: list[bytes], view: str = "trees", version: int = 3) -> Dumped:
    dump = Dump(view, version)
    dump.add(map(line_hash, lines))
    return dump.as_of(7)


def test_it_is_the_hash_of_the_header_and_of_each_line_s_hash() -> None:
    told = b'{"version":3,"view":"trees"}\n' + b"".join(sha256(line).digest() for line in LINES)
    assert header("trees", 3) + b"\n" == told[:29]
    assert dumped(LINES) == Dumped("trees", 3, 7, 2, sha256(told).hexdigest())


@given(st.lists(st.binary(max_size=20), max_size=12), st.integers(1, 5))
def test_it_does_not_depend_on_how_many_lines_come_at_a_time(lines: list[bytes], apart: int) -> None:
    dump = Dump("trees", 3)
    for at in range(0, len(lines), apart):
        dump.add(map(line_hash, lines[at : at + apart]))
    assert dump.as_of(7) == dumped(lines)


def test_whatever_is_altered_alters_it() -> None:
    others = [
        dumped(LINES[:1]), dumped(LINES[::-1]), dumped([*LINES, b""]), dumped([b"".join(LINES)]), dumped([]),
        dumped([LINES[0], LINES[1].replace(b"2", b"3")]), dumped(LINES, "bushes"), dumped(LINES, version=4),
    ]  # fmt: skip
    digests = {one.digest for one in (dumped(LINES), *others)}
    assert len(digests) == 1 + len(others)
