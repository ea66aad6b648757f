"""What the version of a view means: what its fold makes of fixed histories, told by digests.

A file in `histories/` holds records, and the one beside it what each version of each view comes to over them. Records
are never changed, nor are digests; those of new versions are added. `driven` was made when every command was driven on
a real ledger, without the members that no fold sees; `told`, and what may follow, from scenarios of the domain's tests.

`python -m tests.projections.folds` adds the digests of versions that are new. With the name of a new history and the
tests whose scenarios it is to be told from, it adds that, with every type of event that no history has so far:
`python -m tests.projections.folds waived tests/domain/test_mandates_ending.py`.
"""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from domain.kernel import Recorded
from projections.figures import RULES
from projections.kernel import View
from projections.scorecards import scorecards
from projections.views import VIEWS
from services.codec import Codec
from services.names import NAMES
from services.store.ports import StoredRecord
from services.views.memory import Folded
from tests.projections.retold import retold

FOLDER = Path(__file__).parent / "histories"
RECORDS = ".ndjson.gz"
HISTORIES = tuple(sorted(path.name.removesuffix(RECORDS) for path in FOLDER.glob(f"*{RECORDS}")))
EVERY = 150
"""Records between two dumps: what rows pass through counts, too."""


class _Envelope(msgspec.Struct):
    id: UUID
    ver: int
    type: str


RULED = tuple(scorecards(rule, f"scorecards-{rule.name}-{rule.version}") for rule in RULES.values())
"""What the rules mean by which an auditor may count."""


def history(name: str) -> Iterator[Recorded]:
    codec = Codec("fixed", NAMES)
    with gzip.open(FOLDER / f"{name}{RECORDS}", "rb") as lines:
        for position, line in enumerate(lines):
            said = msgspec.json.decode(line, type=_Envelope)
            yield codec.decode(StoredRecord(position, said.id, said.ver, said.type, line))


def happened() -> set[type]:
    """The types of events that some history has."""
    return {type(record.event) for name in HISTORIES for record in history(name)}


def meanings(name: str, views: Sequence[View] = (*VIEWS, *RULED), *, digests_only: bool = False) -> Mapping[str, str]:
    """`name@version` of each view -> what its fold comes to over that history."""
    folded, wholes = Folded(views, digests_only=digests_only), {view.name: sha256() for view in views}
    position, waiting = -1, list[Recorded]()
    for record in history(name):
        position = record.position
        waiting.append(record)
        if position % EVERY == 0:
            folded.apply(waiting)
            waiting.clear()
            _add(folded, views, wholes, position)
    folded.apply(waiting)
    _add(folded, views, wholes, position)
    return {ref(view): wholes[view.name].hexdigest() for view in views}


def _add(folded: Folded, views: Sequence[View], wholes: Mapping[str, Any], position: int) -> None:
    for view in views:
        wholes[view.name].update(bytes.fromhex(folded.dumped(view, position).digest))


def ref(view: View) -> str:
    return f"{view.name}@{view.version}"


def known(name: str) -> dict[str, str]:
    path = FOLDER / f"{name}.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def main(new: str = "", *tests: str) -> None:
    if new in HISTORIES:
        sys.exit(f"The history {new} is there, and stays as it is. Give the new one another name.")
    if new:
        lines = retold(new, set(NAMES.values()) - happened(), tests)
        (FOLDER / f"{new}{RECORDS}").write_bytes(gzip.compress(b"".join(lines), mtime=0))
        sys.stdout.write(f"The history {new} has {len(lines)} records.\n")
    for name in (*HISTORIES, *([new] if new else [])):
        before = known(name)
        now = {**meanings(name), **before}
        (FOLDER / f"{name}.json").write_text(json.dumps(now, indent=1, sort_keys=True) + "\n")
        sys.stdout.write(f"{len(now) - len(before)} versions of views were added to what {name} means.\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
