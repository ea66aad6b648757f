"""A report that carries its own evidence: rows of views, the records that made them, and what proves both.

The page that shows it is checked against this evidence by whoever opens it, with no network (api/pages/report.js). What
it shows is therefore made of the evidence alone, by one rule that two programs can follow.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from domain.attestations import ViewAttested
from domain.ledger.checkpoints import Checkpoint
from domain.ledger.dumps import Dump, line_hash
from domain.ledger.findings import Finding
from domain.ledger.notes import VerifierKey
from domain.ledger.proofs import verify_inclusion
from domain.ledger.records import leaf_hash
from projections.kernel import View
from projections.views import VIEWS
from services.audit.bundle import UNREADABLE, Bundle, Unfit
from services.audit.proving import prove, sound
from services.audit.replaying import Progress, Replay, group_of, unreadable
from services.names import NAMES

AT_MOST = 5_000
"""Records in a report. Somebody is to open it."""
ROWS = 100_000
"""Rows of a view of which a report carries the hashes, 64 digits each; of a larger one it shows no attestation."""
ATTESTED = frozenset(name for name, event in NAMES.items() if event is ViewAttested)

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What a page would not show, or show by turning a line round; carriage returns, which it would lose."""


class Proved(msgspec.Struct, frozen=True):
    """A record as its bytes spell it, its place, and the hashes that lead from it to the signed root (hexadecimal)."""

    position: int
    record: str
    hashes: Sequence[str]


class Attested(msgspec.Struct, frozen=True):
    """Where the register said what a view came to, and the hashes of the lines before and after the row's own."""

    recorded: int
    before: str
    after: str


class Reported(msgspec.Struct, frozen=True):
    """A row as its line stands in the dump of its view, and the positions of the records that made it what it is."""

    view: str
    version: int
    key: str
    line: str
    made_by: Sequence[int]
    attested: Attested | None


class Evidence(msgspec.Struct, frozen=True):
    """All that a report says, as of a position, and all that proves it, but for the reader's own key."""

    key: str
    checkpoint: str
    position: int
    rows: Sequence[Reported]
    records: Sequence[Proved]


class _Said(msgspec.Struct):
    type: str
    data: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Attestation:
    recorded: int
    said: ViewAttested


def report(
    bundle: Bundle,
    key: VerifierKey,
    wanted: Sequence[tuple[View, str]],
    moment: int | datetime | None,
    progress: Progress = lambda done, total: None,
) -> Evidence:
    """What rows were as of a moment; absent: when the register last attested the first one's view. Raises Unfit."""
    head = sound(bundle, key)
    attestations = list(_attestations(bundle, head.size))
    if moment is None:
        of_first = [one.said.position for one in attestations if one.said.view == wanted[0][0].name]
        moment = of_first[-1] if of_first else head.size - 1
    names = {one.name for view, _ in wanted for one in group_of(view)}
    replay = Replay(bundle, [view for view in VIEWS if view.name in names])
    made = _made_by(replay, wanted, moment, progress)
    rows = [_reported(replay, view, of, made[view.name, of], attestations) for view, of in wanted]
    needed = {replay.position} | {place for row in rows for place in row.made_by}
    needed |= {row.attested.recorded for row in rows if row.attested is not None}
    if len(needed) > AT_MOST:
        says = "So many records lie behind these rows that nobody could open the report: name fewer rows."
        raise Unfit(Finding("report-too-large", says, None, f"at most {AT_MOST:,} records", f"{len(needed):,}"))
    records = [_proved(bundle, head, place) for place in sorted(needed)]
    return Evidence(str(key), bundle.note().decode(), replay.position, rows, records)


def _attestations(bundle: Bundle, size: int) -> Iterator[_Attestation]:
    for position, content in bundle.records(0, size):
        if any(name.encode() in content for name in ATTESTED):
            try:
                said = msgspec.json.decode(content, type=_Said)
                found = msgspec.json.decode(said.data, type=ViewAttested) if said.type in ATTESTED else None
            except UNREADABLE as error:
                raise unreadable(position, error) from error
            if found is not None:
                yield _Attestation(position, found)


def _made_by(
    replay: Replay, wanted: Sequence[tuple[View, str]], moment: int | datetime, progress: Progress
) -> dict[tuple[str, str], list[int]]:
    """By view and key: the positions of the records at which the row became another one."""
    found: dict[tuple[str, str], list[int]] = {(view.name, key): [] for view, key in wanted}
    rows: dict[tuple[str, str], Any] = dict.fromkeys(found)
    for position in replay.steps(moment, progress):
        for view, key in wanted:
            if (row := replay.row(view, key)) is not rows[view.name, key]:
                if row != rows[view.name, key]:
                    found[view.name, key].append(position)
                rows[view.name, key] = row
    return found


def _reported(
    replay: Replay, view: View, key: str, made_by: Sequence[int], attestations: Sequence[_Attestation]
) -> Reported:
    lines = list(replay.lines(view))
    nth = next((nth for nth, (of, _) in enumerate(lines) if of == key), None)
    if nth is None:
        says = f"There is no {view.name} of the key {key} as of position {replay.position}."
        raise Unfit(Finding("key-unknown", says, None, view.key_says, key))
    hashes = [line_hash(line) for _, line in lines]
    dump = Dump(view.name, view.version)
    dump.add(hashes)
    came_to = dump.as_of(replay.position)
    of_view = [one for one in attestations if (one.said.view, one.said.version) == (view.name, view.version)]
    same = [one for one in of_view if one.said.digest == came_to.digest]
    for one in of_view:
        if one not in same and one.said.position == replay.position:
            says = f"The {view.name} attested here, as of position {replay.position}, do not follow from the records."
            raise Unfit(Finding("view-digest-differs", says, one.recorded, one.said.digest, came_to.digest))
    attested = None
    if same and len(lines) <= ROWS:
        nearest = min(same, key=lambda one: abs(one.said.position - replay.position))
        before, after = b"".join(hashes[:nth]).hex(), b"".join(hashes[nth + 1 :]).hex()
        attested = Attested(nearest.recorded, before, after)
    return Reported(view.name, view.version, key, lines[nth][1].decode(), made_by, attested)


def _proved(bundle: Bundle, head: Checkpoint, position: int) -> Proved:
    record, hashes = bundle.record(position, head.size), prove(bundle, position).hashes
    if not verify_inclusion(position, head.size, leaf_hash(record), hashes, head.root):
        says = "The record does not lie at its position under the signed root: run `subsidia audit verify`."
        raise Unfit(Finding("inclusion-fails", says, position, head.root.hex(), leaf_hash(record).hex()))
    return Proved(position, record.decode(), [one.hex() for one in hashes])


# --- what a page says of it ---


class Section(msgspec.Struct, frozen=True):
    """A heading, and what stands under it: names and texts."""

    title: str
    pairs: Sequence[tuple[str, str]]


def heading(evidence: Evidence) -> Section:
    """Which ledger it is about, and as of when."""
    of = next(one for one in evidence.records if one.position == evidence.position)
    record = json.loads(of.record)
    return Section(seen(record["ledger"]), [("as of position", str(evidence.position)), ("recorded", record["at"])])


def rows(evidence: Evidence) -> list[Section]:
    """One section a row. What proves it speaks for a position of its own, which stands first."""
    records = {one.position: one.record for one in evidence.records}
    found = []
    for one in evidence.rows:
        shown = list(pairs(json.loads(one.line)))
        if one.attested is not None:
            of = json.loads(records[one.attested.recorded])["data"]["position"]
            shown.insert(0, ("attested as of position", str(of)))
        found.append(Section(seen(f"{one.view} {one.key}"), shown))
    return found


def records(evidence: Evidence) -> list[Section]:
    """One section a record."""
    found = []
    for one in evidence.records:
        whole = json.loads(one.record)
        title = f"Record {one.position}: {whole['at'][:10]} {whole['type']} {whole.get('because', '')}"
        found.append(Section(seen(title.rstrip(" ")), list(pairs(whole))))
    return found


def pairs(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """What a JSON value says, one name and text for each text, number or truth in it; places in lists count from 1."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from pairs(value[name], (*path, name))
    elif isinstance(value, list):
        for nth, one in enumerate(value, 1):
            yield from pairs(one, (*path, str(nth)))
    else:
        yield seen(" / ".join(path)), seen(value if isinstance(value, str) else json.dumps(value))


def seen(text: str) -> str:
    """A text in which what no page shows is written out."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
