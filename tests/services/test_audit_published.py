"""What somebody saved of a list, against the records, by a program that has the view in another version."""

import csv
import io
from pathlib import Path

import msgspec
import pytest

from projections.activity import ACTIVITY
from services.audit.bundle import Bundle
from services.audit.published import Row, published
from services.audit.replaying import Replay, Stood, group_of
from tests.services.audited import Golden


@pytest.fixture
def stood(bundled: Path, golden: Golden) -> Stood:
    replay = Replay(Bundle(bundled), group_of(ACTIVITY))
    replay.until(golden.size - 1)
    return replay.shown(ACTIVITY)


def rows_of(stood: Stood) -> list[Row]:
    return [msgspec.json.decode(row, type=Row) for row in stood.rows.values()]


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def lines(rows: list[Row]) -> bytes:
    return b"\n".join(map(msgspec.json.encode, rows))


def sheet(rows: list[Row]) -> bytes:
    out = io.StringIO(newline="")
    cells = csv.DictWriter(out, list(rows[0]))
    cells.writeheader()
    cells.writerows(rows)
    return out.getvalue().encode()


def codes(content: bytes, stood: Stood) -> list[str]:
    return [one.code for one in published(content).contradictions(stood, ACTIVITY)]


def test_columns_of_a_later_version_are_lacking_and_accuse_nobody(stood: Stood) -> None:
    added = ("time", "backdated", "jurisdiction", "time_zone", "command", "cause")
    earlier = [without(row, *added) for row in rows_of(stood)]
    assert published(lines(rows_of(stood))).lacks(stood, ACTIVITY) == frozenset()
    assert published(lines(earlier)).lacks(stood, ACTIVITY) == set(added)
    assert codes(lines(earlier), stood) == []
    assert codes(lines([*earlier[:-1], earlier[-1] | {"because": "It was not so."}]), stood) == ["view-differs"]
    cells = [{"key": row["key"], "type": row["type"]} for row in earlier]
    lacking = published(sheet(cells)).lacks(stood, ACTIVITY)
    assert lacking >= {*added, "because"}
    assert not lacking & stood.beside
    assert codes(sheet(cells), stood) == []
    assert codes(sheet([*cells[:-1], cells[-1] | {"type": "unit-registered.9"}]), stood) == ["view-differs"]


def test_what_one_row_lacks_and_others_have_is_a_difference(stood: Stood) -> None:
    *rows, last = rows_of(stood)
    assert codes(lines([*rows, without(last, "time")]), stood) == ["view-differs"]


def test_columns_that_nobody_knows_here_end_without_a_verdict_and_hide_nothing(stood: Stood) -> None:
    *rows, last = [row | {"mood": "good"} for row in rows_of(stood)]
    assert codes(lines([*rows, last]), stood) == ["view-newer"]
    assert codes(lines([*rows, last | {"time": "00:00"}]), stood) == ["view-newer", "view-differs"]
    cells = [{"key": row["key"], "mood": "good"} for row in rows]
    assert codes(sheet(cells), stood) == ["view-newer"]
    assert codes(sheet([cells[0] | {"key": "none"}]), stood) == ["view-newer", "view-differs"]


def test_what_says_its_version_has_all_of_its_columns(stood: Stood) -> None:
    as_of = {"position": stood.position, "view": f"activity@{ACTIVITY.version}"}
    answer = {"items": [without(row, "time") for row in rows_of(stood)[:3]], "as_of": as_of}
    assert codes(msgspec.json.encode(answer), stood) == ["view-differs"] * 3
