"""What must hold of records in their order, whatever they are about: versions, times, commands, references."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.kernel import EventName, PartialDate
from domain.ledger.findings import Finding

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(EventName.FORM)
_DATE = re.compile(PartialDate.FORM)
_HEADING = ("id", "at", "cmd", "actor", "effective_on", "rules", "reads", "policies", "because", "basis", "lang")
"""What all records of one command have in common."""


@dataclass(slots=True)
class History:
    """The records so far. `take` gives what is wrong with the next one; `end` what is wrong with the whole."""

    origin: str
    versions: dict[str, int] = field(default_factory=dict)
    """By stream, the newest."""
    _commands: set[str] = field(default_factory=set)
    _at: str = ""
    _open: dict[str, Any] | None = None
    _done: int = 0

    def take(self, position: int, leaf: Mapping[str, Any]) -> Iterator[Finding]:
        """What is wrong with the record at this position, which `check_leaf` approved of."""
        if fault := _malformed(leaf):
            yield Finding("record-malformed", f"The record's `{fault}` is missing or is no {fault}.", position, fault)
            return
        if leaf["ledger"] != self.origin:
            yield Finding("record-foreign", "The record is of another ledger.", position, self.origin, leaf["ledger"])
        yield from self._command(position, leaf)
        yield from self._backwards(position, leaf)
        stream, version = leaf["id"], leaf["ver"]
        expected = self.versions.get(stream, 0) + 1
        if version != expected:
            says = f"The versions of stream {stream} are not dense."
            yield Finding("version-gap", says, position, str(expected), str(version))
        self.versions[stream] = version
        if leaf["at"] < self._at:
            yield Finding("time-backwards", "The record is older than the one before it.", position, self._at,
                          leaf["at"])  # fmt: skip
        self._at = max(self._at, leaf["at"])

    def end(self, size: int) -> Iterator[Finding]:
        if self._open is not None:
            yield self._cut_short(size)

    def _command(self, position: int, leaf: Mapping[str, Any]) -> Iterator[Finding]:
        number, many = leaf["of"]
        begun = self._open
        if number == 1:
            if begun is not None:
                yield self._cut_short(position)
            if leaf["cmd"] in self._commands:
                says = f"The command {leaf['cmd']} was recorded before."
                yield Finding("command-repeated", says, position, "a command's records once", leaf["cmd"])
            self._commands.add(leaf["cmd"])
            if "command" not in leaf:
                yield Finding("command-missing", "The first record of a command does not say the command.", position)
        elif begun is None or (number, many) != (self._done + 1, begun["of"][1]):
            expected = "1" if begun is None else f"{self._done + 1} of {begun['of'][1]}"
            says = "The records of a command are not consecutive and complete."
            yield Finding("command-broken", says, position, expected, f"{number} of {many}")
        elif other := next((name for name in _HEADING if begun.get(name) != leaf.get(name)), None):
            says = f"The records of one command differ in `{other}`."
            yield Finding("command-broken", says, position, str(begun.get(other)), str(leaf.get(other)))
        self._open, self._done = (None, 0) if number == many else (dict(leaf), number)

    def _cut_short(self, position: int) -> Finding:
        assert self._open is not None
        many = self._open["of"][1]
        says = f"The command {self._open['cmd']} has not all of its records."
        return Finding("command-broken", says, position, f"{self._done + 1} of {many}", "another record, or none")

    def _backwards(self, position: int, leaf: Mapping[str, Any]) -> Iterator[Finding]:
        """Causes, corrections, accreditations and reads were there before; what was read was the newest."""
        named = [("cause", leaf.get("cause")), ("corrects", leaf.get("corrects"))]
        for what, name in (*named, ("accreditation", leaf["actor"].get("accreditation"))):
            if name is None:
                continue
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                yield Finding("record-malformed", f"`{what}` names no record.", position, "stream/version", str(name))
            elif int(name[37:]) > self.versions.get(name[:36], 0):
                yield Finding("reference-forward", f"`{what}` names a record that is not there yet.", position,
                              "an earlier record", name)  # fmt: skip
        if leaf["of"][0] == 1:
            for stream, version in leaf.get("reads", ()):
                if (newest := self.versions.get(stream, 0)) != version:
                    says = f"The decision read stream {stream} at another version than its newest."
                    yield Finding("read-stale", says, position, str(newest), str(version))


def _malformed(leaf: Mapping[str, Any]) -> str | None:
    """The first member that is not what it must be."""
    return next((name for name, holds in _MEMBERS.items() if name not in leaf or not holds(leaf[name])), None) or (
        None if _read(leaf.get("reads", [])) else "reads"
    )


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 1


def _of(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_whole, value)) and value[0] <= value[1]


def _read(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == 2 and _uuid(one[0]) and type(one[1]) is int for one in value
    )


_MEMBERS: Mapping[str, Callable[[Any], bool]] = {
    "v": lambda value: value == 1 and value is not True,
    "ledger": _text,
    "id": _uuid,
    "ver": _whole,
    "type": _text,
    "at": lambda value: isinstance(value, str) and _MOMENT.fullmatch(value) is not None,
    "effective_on": lambda value: isinstance(value, str) and _DATE.fullmatch(value) is not None,
    "cmd": _uuid,
    "of": _of,
    "actor": lambda value: isinstance(value, dict) and value != {},
    "rules": _text,
    "data": lambda value: isinstance(value, dict),
}
