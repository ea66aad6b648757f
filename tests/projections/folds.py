"""What the version of a view means: what its fold makes of one fixed history, told by a digest.

`history.ndjson.gz` holds records as they were made when every command was driven on a real ledger, some 120 types of
events, without the members that no fold sees. `folds.json` says what each version of each view comes to over it; lines
are added, never changed. `python -m tests.projections.folds` adds those of versions that are new.
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

HERE = Path(__file__).parent
FOLDS = HERE / "folds.json"
EVERY = 150
"""Records between two dumps: what rows pass through counts, too."""


class _Envelope(msgspec.Struct):
    id: UUID
    ver: int
    type: str


RULED = tuple(scorecards(rule, f"scorecards-{rule.name}-{rule.version}") for rule in RULES.values())
"""What the rules mean by which an auditor may count."""


def history() -> Iterator[Recorded]:
    codec = Codec("fixed", NAMES)
    with gzip.open(HERE / "history.ndjson.gz", "rb") as lines:
        for position, line in enumerate(lines):
            said = msgspec.json.decode(line, type=_Envelope)
            yield codec.decode(StoredRecord(position, said.id, said.ver, said.type, line))


def meanings(views: Sequence[View] = (*VIEWS, *RULED)) -> Mapping[str, str]:
    """`name@version` of each view -> what its fold comes to."""
    folded, wholes = Folded(views), {view.name: sha256() for view in views}
    position = -1
    for record in history():
        folded.apply(record)
        position = record.position
        if position % EVERY == 0:
            _add(folded, views, wholes, position)
    _add(folded, views, wholes, position)
    return {ref(view): wholes[view.name].hexdigest() for view in views}


def _add(folded: Folded, views: Sequence[View], wholes: Mapping[str, Any], position: int) -> None:
    for view in views:
        wholes[view.name].update(bytes.fromhex(folded.dumped(view, position).digest))


def ref(view: View) -> str:
    return f"{view.name}@{view.version}"


def known() -> dict[str, str]:
    found: dict[str, str] = json.loads(FOLDS.read_text())
    return found


def main() -> None:
    before = known() if FOLDS.exists() else {}
    FOLDS.write_text(json.dumps({**meanings(), **before}, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{len(known()) - len(before)} versions were added to {FOLDS}.\n")


if __name__ == "__main__":
    main()
