"""The review queue: rows for which a person has to name the unit, kept between runs; and reports of a run."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.kernel import UnitId
from services.disk import replace_whole
from services.importing.directory import Directory
from services.importing.plan import QUEUED, REFUSED, BadRow, Queued, Summary, WrongFile
from services.importing.rows import Row, read_rows, repeated
from services.spreadsheets import neutral
from services.workbooks import workbook

COLUMNS = ("outcome", "line", "row_key", "column", "value", "name", "country", "kind", "reason", "candidates")
MATCHED = ("row_key", "unit")


def queue_file(var: Path, place: str) -> Path:
    """Where the review queue of an importer lies."""
    return var / "review" / f"{place}.json"


def keep_queue(var: Path, place: str, queued: Sequence[Queued]) -> Path:
    """Replaces the queue by that of the last run."""
    path = queue_file(var, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(path, json.dumps([asdict(one) for one in queued], default=str, ensure_ascii=False, indent=1).encode())
    return path


def read_queue(var: Path, place: str) -> list[Mapping[str, Any]] | None:
    """The queue as the last run left it; None where nothing was imported yet. Raises WrongFile if it was spoilt."""
    path = queue_file(var, place)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise WrongFile(f"{path} is spoilt ({error}). The next import writes it anew.") from error
    assert isinstance(found, list), "a queue is a list"
    return found


def read_matches(path: Path, directory: Directory, keys: Iterable[str]) -> dict[str, UnitId]:
    """Row key -> unit, as a person decided: a CSV with `row_key` and `unit` (an id, or a code as scheme:value).

    Rows without a unit are not decided yet. Raises WrongFile, naming every line that does not fit.
    """
    rows, bad = read_rows(path, MATCHED)
    bad += repeated(rows, "row_key")
    known = frozenset(keys)
    bad += [
        row.bad(row["row_key"], "row_key", "The file has no such row.") for row in rows if row["row_key"] not in known
    ]
    found = {row["row_key"]: _unit(row, directory, bad) for row in rows if row["unit"]}
    if bad:
        said = "; ".join(f"line {one.line}: {one.column} {one.value!r}: {one.reason}" for one in bad[:20])
        raise WrongFile(f"{path} cannot be used. {said}")
    return {key: unit for key, unit in found.items() if unit is not None}


def _unit(row: Row, directory: Directory, bad: list[BadRow]) -> UnitId | None:
    found = directory.by_code.get(row["unit"])
    if found is None:
        try:
            found = directory.units.get(UnitId(UUID(row["unit"])))
        except ValueError:
            found = None
    if found is None or not found.alive:
        bad.append(row.bad(row["row_key"], "unit", "The directory has no living unit of this id or code."))
        return None
    return found.id


def write_report(path: Path, summary: Summary) -> None:
    """The review queue and the bad rows: JSON or a workbook where the name ends so, else CSV. Raises OSError."""
    rows = [*map(_bad_line, summary.bad), *map(_queued_line, summary.queued)]
    rows.sort(key=lambda row: int(row["line"]))
    if path.suffix == ".json":
        said = {"rows": summary.rows, "counts": dict(summary.counts), "written": summary.written, "report": rows}
        path.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return
    if path.suffix == ".xlsx":
        path.write_bytes(workbook("report", COLUMNS, [[row[name] for name in COLUMNS] for row in rows]))
        return
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows({name: neutral(str(value)) for name, value in row.items()} for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def _bad_line(bad: BadRow) -> dict[str, str | int]:
    return {
        **dict.fromkeys(COLUMNS, ""),
        "outcome": REFUSED, "line": bad.line, "row_key": bad.key, "column": bad.column, "value": bad.value,
        "reason": bad.reason,
    }  # fmt: skip


def _queued_line(one: Queued) -> dict[str, str | int]:
    offered = "; ".join(f"{unit.name} ({', '.join(unit.identifiers) or unit.unit})" for unit in one.candidates)
    return {
        **dict.fromkeys(COLUMNS, ""),
        "outcome": QUEUED, "line": one.line, "row_key": one.key, "name": one.name, "country": one.country,
        "kind": one.kind, "reason": one.reason, "candidates": offered,
    }  # fmt: skip
