"""What must hold of records in their order, whatever they are about: versions, times, commands, references."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from domain.kernel import EventName, PartialDate
from domain.ledger.findings import Finding

MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
UUID_FORM = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MOMENT, _UUID, _NAME, _DATE = map(re.compile, (MOMENT, UUID_FORM, EventName.FORM, PartialDate.FORM))
VERSION = 1
"""Of the form in which records are written; the only one so far."""
_HEADING = ("id", "at", "cmd", "actor", "effective_on", "rules", "reads", "policies", "because", "basis", "lang")
"""What all records of one command have in common."""
# An expression that names them all: to take all of them out of both records before any is compared takes twice as long.
_alike = eval("lambda one, other: " + " and ".join(f"one.{name} == other.{name}" for name in _HEADING))


class Entry(Protocol):
    """What the rules of order ask of one record that has its members; what it may lack is None then."""

    @property
    def ledger(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def ver(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def cmd(self) -> str: ...
    @property
    def of(self) -> tuple[int, int]: ...
    @property
    def actor(self) -> Mapping[str, Any]: ...
    @property
    def reads(self) -> Sequence[tuple[str, int]] | None: ...
    @property
    def cause(self) -> Any: ...
    @property
    def corrects(self) -> Any: ...
    @property
    def command(self) -> Any: ...


@dataclass(slots=True)
class Members:
    """A record's members as an `Entry`, from JSON that `check_leaf` approved of and that `malformed` finds whole."""

    ledger: str
    id: str
    ver: int
    at: str
    cmd: str
    of: tuple[int, int]
    actor: Mapping[str, Any]
    effective_on: str
    rules: str
    type: str
    data: Mapping[str, Any]
    reads: Sequence[tuple[str, int]] | None
    policies: Any
    because: Any
    basis: Any
    lang: Any
    cause: Any
    corrects: Any
    command: Any
    sealed: Any

    @classmethod
    def of_leaf(cls, leaf: Mapping[str, Any]) -> "Members":
        found = {name: leaf.get(name) for name in cls.__dataclass_fields__}
        reads = leaf.get("reads")
        pairs = None if reads is None else [(stream, version) for stream, version in reads]
        return cls(**(found | {"of": tuple(leaf["of"]), "reads": pairs}))


@dataclass(slots=True)
class Supposed:
    """What a run of records took for granted about those before it: streams' newest versions, and when it begins."""

    exactly: dict[str, int] = field(default_factory=dict)
    at_least: dict[str, int] = field(default_factory=dict)
    begun: str = ""


@dataclass(slots=True)
class History:
    """The records so far. `take` gives what is wrong with the next one; `end` what is wrong with the whole.

    With `supposed` it is a run from the middle of a ledger, of whole commands: what it cannot know it supposes to be
    well, and notes it for `join`.
    """

    origin: str
    versions: dict[str, int] = field(default_factory=dict)
    """By stream, the newest."""
    supposed: Supposed | None = None
    _commands: set[str] = field(default_factory=set)
    _at: str = ""
    _open: Entry | None = None
    _done: int = 0
    _many: int = 0
    _vouched: str = ""
    """An accreditation that is known to be there."""

    def take(self, position: int, leaf: Mapping[str, Any]) -> Sequence[Finding]:
        """What is wrong with the record at this position, which `check_leaf` approved of."""
        if fault := malformed(leaf):
            return [unfit(position, leaf, fault)]
        return self.follow(position, Members.of_leaf(leaf))

    def follow(self, position: int, entry: Entry) -> Sequence[Finding]:
        """As `take`, of a record that is known to have its members."""
        found: list[Finding] = []  # `list[Finding]()` takes as long as all the rest
        if entry.ledger != self.origin:
            says = "The record is of another ledger."
            found.append(Finding("record-foreign", says, position, self.origin, entry.ledger))
        self._command(position, entry, found)
        self._backwards(position, entry, found)
        stream, version = entry.id, entry.ver
        newest = self.versions.get(stream)
        if newest is None:
            newest = self._newest(stream, version - 1)
        if version != newest + 1:
            says = f"The versions of stream {stream} are not dense."
            found.append(Finding("version-gap", says, position, str(newest + 1), str(version)))
            self._vouched = ""  # the stream may be shorter now
        self.versions[stream] = version
        if self.supposed is not None and not self._at:
            self.supposed.begun = entry.at
        if entry.at < self._at:
            says = "The record is older than the one before it."
            found.append(Finding("time-backwards", says, position, self._at, entry.at))
        else:
            self._at = entry.at
        return found

    def join(self, run: "History") -> bool:
        """Takes a run that found nothing wrong as if its records had been taken here, if what it supposed holds.

        False, and nothing has changed, where it does not: take the records one by one to hear what is wrong.
        """
        assert run.supposed is not None
        newest, supposed = self.versions, run.supposed
        if (
            self._open is not None
            or run._open is not None
            or supposed.begun < self._at
            or any(newest.get(stream, 0) != version for stream, version in supposed.exactly.items())
            or any(newest.get(stream, 0) < version for stream, version in supposed.at_least.items())
            or not self._commands.isdisjoint(run._commands)
        ):
            return False
        newest.update(run.versions)
        self._commands |= run._commands
        self._at = run._at
        return True

    @property
    def latest(self) -> str:
        """The latest time of any record so far."""
        return self._at

    @property
    def between_commands(self) -> bool:
        return self._open is None

    def end(self, size: int) -> Sequence[Finding]:
        return [] if self._open is None else [self._cut_short(size, self._open)]

    def _command(self, position: int, entry: Entry, found: list[Finding]) -> None:
        number, many = entry.of
        begun = self._open
        if begun is not None and number == self._done + 1 and many == self._many and _alike(entry, begun):
            pass  # the next one of the same command
        elif number == 1:
            if begun is not None:
                found.append(self._cut_short(position, begun))
            if entry.cmd in self._commands:
                says = f"The command {entry.cmd} was recorded before."
                found.append(Finding("command-repeated", says, position, "a command's records once", entry.cmd))
            self._commands.add(entry.cmd)
            if entry.command is None:
                says = "The first record of a command does not say the command."
                found.append(Finding("command-missing", says, position))
        elif begun is None or number != self._done + 1 or many != self._many:
            expected = "1" if begun is None else f"{self._done + 1} of {begun.of[1]}"
            says = "The records of a command are not consecutive and complete."
            found.append(Finding("command-broken", says, position, expected, f"{number} of {many}"))
        else:
            other = next(name for name in _HEADING if getattr(begun, name) != getattr(entry, name))
            says = f"The records of one command differ in `{other}`."
            one, another = str(getattr(begun, other)), str(getattr(entry, other))
            found.append(Finding("command-broken", says, position, one, another))
        if number == many:
            self._open, self._done = None, 0
        else:
            self._open, self._done, self._many = entry, number, many

    def _cut_short(self, position: int, begun: Entry) -> Finding:
        many = begun.of[1]
        says = f"The command {begun.cmd} has not all of its records."
        return Finding("command-broken", says, position, f"{self._done + 1} of {many}", "another record, or none")

    def _backwards(self, position: int, entry: Entry, found: list[Finding]) -> None:
        """Causes, corrections, accreditations and reads were there before; what was read was the newest."""
        if entry.cause is not None:
            self._refers(position, "cause", entry.cause, found)
        if entry.corrects is not None:
            self._refers(position, "corrects", entry.corrects, found)
        accreditation = entry.actor.get("accreditation")
        if accreditation is not None and accreditation != self._vouched:
            found_before = len(found)
            self._refers(position, "accreditation", accreditation, found)
            if len(found) == found_before:
                self._vouched = accreditation  # it is there from now on; the next records often rest on it, too
        if entry.reads and entry.of[0] == 1:
            for stream, version in entry.reads:
                newest = self.versions.get(stream)
                if newest != version and (newest := self._newest(stream, version)) != version:
                    says = f"The decision read stream {stream} at another version than its newest."
                    found.append(Finding("read-stale", says, position, str(newest), str(version)))

    def _newest(self, stream: str, supposed: int) -> int:
        newest = self.versions.get(stream)
        if newest is not None:
            return newest
        if self.supposed is None:
            return 0
        self.versions[stream] = self.supposed.exactly[stream] = supposed
        return supposed

    def _may_be_there(self, stream: str, version: int) -> bool:
        if self.supposed is None or stream in self.versions:
            return False
        self.supposed.at_least[stream] = max(version, self.supposed.at_least.get(stream, 0))
        return True

    def _refers(self, position: int, what: str, name: Any, found: list[Finding]) -> None:
        stream, version = _named(name) if isinstance(name, str) else ("", 0)
        if not version:
            says = f"`{what}` names no record."
            found.append(Finding("record-malformed", says, position, "stream/version", str(name)))
        elif version > self.versions.get(stream, 0) and not self._may_be_there(stream, version):
            says = f"`{what}` names a record that is not there yet."
            found.append(Finding("reference-forward", says, position, "an earlier record", name))


@lru_cache(4096)
def _named(name: str) -> tuple[str, int]:
    """The stream and version that a record's name says (version 0: it is no name); many name the same few."""
    return (name[:36], int(name[37:])) if _NAME.fullmatch(name) else ("", 0)


def malformed(leaf: Mapping[str, Any]) -> str | None:
    """The first member that is not what it must be."""
    return next((name for name, holds in _MEMBERS.items() if name not in leaf or not holds(leaf[name])), None) or (
        None if _read(leaf.get("reads", [])) else "reads"
    )


def unfit(position: int, leaf: Mapping[str, Any], fault: str) -> Finding:
    """What is wrong with a record whose member `fault` is not what it must be."""
    version = leaf.get("v")
    if fault == "v" and type(version) is int and version > VERSION:
        says = f"The record is written in version {version} of the form: audit with a newer program."
        return Finding("record-newer", says, position, str(VERSION), str(version))
    return Finding("record-malformed", f"The record's `{fault}` is missing or is no {fault}.", position, fault)


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
    "v": lambda value: value == VERSION and value is not True,
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
