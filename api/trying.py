"""A command that is tried: what it would record, said as the answer to one that counts would say it."""

from collections.abc import Mapping
from typing import Any

from api import values
from api.binding import Parameter
from api.documents import COUNT, ID, Schema, closed
from domain.deadlines import DeadlineMoved, DeadlineSet
from domain.kernel import EventName, PartialDate
from services.deciding import Drafted
from services.orders import Answer

TRY = Parameter(
    "try", values.yes_no(),
    "`true`: the command is only tried. It is checked and decided as any other, nothing is recorded, and the answer"
    " says what would be.",
)  # fmt: skip
TOLD = ("number", "kind", "unit", "about", "starts_on", "due_on", "policy", "calendar")
"""What a deadline says of itself."""


def tried(outcome: Drafted | Answer, *, begins: bool, named: bool) -> dict[str, Any]:
    """`begins`: the command begins a stream; `named`: the caller chose its id, from which a new stream's id follows."""
    if isinstance(outcome, Answer):
        return _recorded(outcome)
    records, heading = outcome.records(), outcome.heading
    version = outcome.version + len(records)
    told = {
        "tried": True,
        "version": version,
        "events": [one["type"] for one in records],
        "records": [_record(one) for one in records],
        "deadlines": _deadlines(outcome, records),
        "effective_on": str(heading.effective_on),
        "rules": heading.rules,
        "policies": list(heading.policies),
        "reads": [{"stream": str(stream), "version": read} for stream, read in heading.reads],
    }
    # Given under no id of the caller's, the real one begins another stream than this one would have.
    return told if begins and not named else {**told, "stream": str(outcome.stream)}


def _recorded(answer: Answer) -> dict[str, Any]:
    """Given before under the same id: the real one would record nothing, and be answered as it was then."""
    first = answer.version - len(answer.events) + 1
    return {
        "tried": True,
        "stream": str(answer.stream),
        "version": answer.version,
        "events": [],
        "records": [],
        "deadlines": [],
        "recorded_before": [f"{answer.stream}/{first + number}" for number in range(len(answer.events))],
    }


def _record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is sealed the place alone: the real one draws another salt, and has another hash."""
    return {
        "type": record["type"],
        "ver": record["ver"],
        "data": record["data"],
        "sealed": sorted(record.get("sealed", ())),
    }


def _deadlines(outcome: Drafted, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that begin or come to have another last day."""
    return [
        {name: record["data"][name] for name in TOLD if name in record["data"]}
        for event, record in zip(outcome.events, records, strict=True)
        if isinstance(event, (DeadlineSet, DeadlineMoved))
    ]


_DAY: Schema = {"type": "string", "format": "date"}
_TEXT: Schema = {"type": "string"}
TRIED = closed(
    {
        "tried": {"type": "boolean", "const": True},
        "stream": ID
        | {
            "description": "Absent where the command begins a stream and no Idempotency-Key is said, from which the new"
            " id follows. Where `data` names it, too, the real one names another.",
        },
        "version": COUNT | {"description": "The stream's, once this were recorded."},
        "events": {"type": "array", "items": _TEXT, "description": "The types that would be recorded, in order."},
        "records": {
            "type": "array",
            "items": closed(
                {
                    "type": _TEXT,
                    "ver": {"type": "integer", "minimum": 1},
                    "data": {"type": "object", "description": "As the record would have them."},
                    "sealed": {
                        "type": "array", "items": _TEXT,
                        "description": "Paths of what the record would hold as salted hashes alone.",
                    },
                }
            ),
        },
        "deadlines": {
            "type": "array",
            "items": closed(
                {
                    "number": {"type": "integer", "minimum": 1}, "kind": _TEXT, "unit": ID,
                    "about": {"type": "integer"}, "starts_on": _DAY, "due_on": _DAY, "policy": _TEXT, "calendar": _TEXT,
                },
                *(name for name in TOLD if name not in ("number", "due_on")),
            ),
            "description": "The deadlines that would begin, or have another last day.",
        },
        "effective_on": {"type": "string", "pattern": f"^(?:{PartialDate.FORM})$"},
        "rules": {"type": "string", "description": "The version of the rules that decided."},
        "policies": {"type": "array", "items": _TEXT, "description": "The policies consulted, with their versions."},
        "reads": {
            "type": "array",
            "items": closed({"stream": ID, "version": COUNT}),
            "description": "What else was read, and at which version.",
        },
        "recorded_before": {
            "type": "array",
            "items": {"type": "string", "pattern": f"^{EventName.FORM}$"},
            "description": "Under this Idempotency-Key it was recorded already: as these records. Nothing would be.",
        },
    },
    "stream", "effective_on", "rules", "policies", "reads", "recorded_before",
    description="What a command would record if it were given now. Nobody is bound by it: others may be quicker, the"
    " day may end, and what the register does of itself afterwards (deadlines that pass, other things that follow) is"
    " not foretold.",
)  # fmt: skip
