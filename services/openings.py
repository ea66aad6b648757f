"""What hashes in records stand for, joined at reading for those who may see it; and what was erased, for everybody."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from domain.erasures import SubjectErased, erasure_stream
from domain.kernel import Actor, EventName, OpenedText, Refused, Role, StreamId
from domain.ledger.records import opened_hash
from services.codec import SEALED_MEMBER, Codec
from services.keyring import Keyring
from services.keys import KeyUnusable
from services.sealing import Unopenable, disclosed, place, seals_of
from services.store.ports import Filter, Openable, Opening, StoredRecord

PAGE = 500
_KEEPER = Actor(role=Role.AUDITOR)
"""Sees everything; whoever has the folder of keys does."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed value as it was recorded: canonical JSON, and the salt that leads from it to the hash."""

    value: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Erased:
    """When and under which law a value was erased, and by which record."""

    at: datetime
    basis: str
    by: EventName


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of the sealed values of one record, by their paths.

    `missing`: why a value that was never erased cannot be shown: `opening-missing` (its row is gone), `key-missing`,
    `opening-altered` (its key does not open it), `opening-differs` (it is not what the record's hash says).
    """

    erased: Mapping[str, Erased] = field(default_factory=dict)
    opened: Mapping[str, Opened] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Examined:
    """How many values there are. `faults`: by the codes of `Marks.missing`, and two more.

    `key-of-erased`, `opening-of-erased`: what should be gone by the record of an erasure, and is there.
    """

    opened: int
    erased: int
    faults: Mapping[str, int]


class _Sealed(msgspec.Struct):
    cmd: UUID
    sealed: dict[str, str] = {}


_sealed = msgspec.json.Decoder(_Sealed)


@dataclass(frozen=True, slots=True)
class Openings:
    """Reads openings, for a whole page of records at a time: however many there are, each table is asked once."""

    store: Openable
    codec: Codec
    keyring: Keyring

    async def public(self, records: Sequence[StoredRecord], until: int | None = None) -> Mapping[int, Marks]:
        """By position: what was erased of these records, as of a position. Records without anything are left out."""
        sealed = _with_seals(records)
        erasures = await self._erasures(sealed.values(), until) if sealed else {}
        return {
            position: Marks(erased=dict.fromkeys(one.sealed, erasures[one.cmd]))
            for position, one in sealed.items()
            if one.cmd in erasures
        }

    async def opened(self, records: Sequence[StoredRecord], reader: Actor) -> Mapping[int, Marks]:
        """By position: all that this reader may see of it, as things stand now. See `readers`."""
        sealed = _with_seals(records)
        if not sealed:
            return {}
        named = [record for record in records if record.position in sealed]
        # Rows first, then keys, then erasures: what is erased meanwhile is found among the last, never called missing.
        rows = await self.store.openings_of([(one.stream, one.version) for one in named])
        keys = await asyncio.to_thread(self._keys, {row.subject for row in rows if _may_read(reader, row)})
        erasures = await self._erasures(sealed.values(), None)
        of_record: dict[tuple[UUID, int], list[Opening]] = {}
        for row in rows:
            of_record.setdefault((row.stream, row.version), []).append(row)
        return {
            record.position: _marks(
                sealed[record.position],
                of_record.get((record.stream, record.version), ()),
                keys,
                erasures.get(sealed[record.position].cmd),
                reader,
            )
            for record in named
        }

    async def text(self, record: EventName, path: str) -> OpenedText | None:
        """What stands in one record under a path, opened; None where it was erased, or nothing is sealed there.

        Raises Refused, by the codes of `Marks.missing`, where it cannot be opened though nobody erased it.
        """
        stored = (await self.store.streams([record.stream], after=record.version - 1))[record.stream]
        there = [one for one in stored[:1] if one.version == record.version]
        for marks in (await self.opened(there, _KEEPER)).values():
            if path in marks.missing:
                raise Refused(
                    marks.missing[path], f"What is sealed in {record} cannot be opened, and nobody erased it."
                )
            if path in marks.opened:
                one = marks.opened[path]
                return OpenedText(msgspec.json.decode(one.value), one.salt.hex())
        return None

    async def examined(self) -> "Examined":
        """Every sealed value of the ledger: opened, erased, or missing; and keys that should not be there any more."""
        sealed = tuple(name for name, kind in self.codec.names.items() if seals_of(kind))
        counts, after = Counter[str](), -1
        while page := await self.store.records(after, PAGE, where=Filter(types=sealed)) if sealed else []:
            after = page[-1].position
            for marks in (await self.opened(page, _KEEPER)).values():
                counts["opened"] += len(marks.opened)
                counts["erased"] += len(marks.erased)
                counts.update(marks.missing.values())
        there = await asyncio.to_thread(self.keyring.subjects)
        async for subject in erased_subjects(self.store, self.codec):
            counts["key-of-erased"] += subject in there
            counts["opening-of-erased"] += len(await self.store.openings_about(subject))
        opened, erased = counts.pop("opened", 0), counts.pop("erased", 0)
        return Examined(opened, erased, {code: number for code, number in sorted(counts.items()) if number})

    async def about(self, subject: UUID) -> Sequence[tuple[Opening, str]]:
        """What is sealed of a subject, with the text where it can be opened: for the keeper of the keys."""
        return [(row, await asyncio.to_thread(self._text, row)) for row in await self.store.openings_about(subject)]

    async def found(self, text: str) -> AsyncIterator[tuple[Opening, str]]:
        """What holds this text, in whatever case: who asks for their erasure gives a name and knows no subject."""
        wanted = text.casefold()
        async for batch in self.store.openings():
            for row in batch:
                there = await asyncio.to_thread(self._text, row)
                if wanted in there.casefold():
                    yield row, there

    def _text(self, row: Opening) -> str:
        key = self._keys([row.subject]).get(row.subject)
        if key is None:
            return ""
        try:
            _, value = disclosed(key, place(row.stream, row.version, row.path), row.cipher)
            return str(msgspec.json.decode(value))
        except (Unopenable, msgspec.DecodeError):
            return ""

    def _keys(self, subjects: Iterable[UUID]) -> Mapping[UUID, bytes]:
        found = {}
        for subject in subjects:
            try:
                key = self.keyring.find(subject)
            except KeyUnusable:
                key = None
            if key is not None:
                found[subject] = key
        return found

    async def _erasures(self, sealed: Iterable[_Sealed], until: int | None) -> Mapping[UUID, Erased]:
        """By the subject."""
        streams = {erasure_stream(cmd): cmd for cmd in {one.cmd for one in sealed}}
        found = {}
        for stream, records in (await self.store.streams(list(streams))).items():
            for record in records[:1]:
                if until is None or record.position <= until:
                    said = self.codec.decode(record)
                    found[streams[StreamId(stream)]] = Erased(said.at, said.event.basis, said.name)
        return found


async def erased_subjects(store: Openable, codec: Codec) -> AsyncIterator[UUID]:
    """Every subject whose erasure is recorded, in the order of the ledger."""
    where, after = Filter(types=(codec.written_as[SubjectErased],)), -1
    while page := await store.records(after, PAGE, where=where):
        for record in page:
            yield codec.event(record).subject
        after = page[-1].position


def _with_seals(records: Sequence[StoredRecord]) -> Mapping[int, _Sealed]:
    sealed = {one.position: _sealed.decode(one.state) for one in records if SEALED_MEMBER in one.state}
    return {position: one for position, one in sealed.items() if one.sealed}


def _may_read(reader: Actor, row: Opening) -> bool:
    return reader.role is Role.AUDITOR or (reader.unit is not None and row.audience == str(reader.unit))


def _marks(
    sealed: _Sealed, rows: Iterable[Opening], keys: Mapping[UUID, bytes], erased: Erased | None, reader: Actor
) -> Marks:
    if erased is not None:
        return Marks(erased=dict.fromkeys(sealed.sealed, erased))
    there = {row.path: row for row in rows}
    opened, missing = {}, {}
    for path, digest in sealed.sealed.items():
        row = there.get(path)
        if row is None:
            missing[path] = "opening-missing"
        elif _may_read(reader, row):
            found = _opened(row, keys.get(row.subject), digest)
            if isinstance(found, Opened):
                opened[path] = found
            else:
                missing[path] = found
    return Marks(opened=opened, missing=missing)


def _opened(row: Opening, key: bytes | None, digest: str) -> Opened | str:
    if key is None:
        return "key-missing"
    try:
        salt, value = disclosed(key, place(row.stream, row.version, row.path), row.cipher)
        fits = opened_hash(salt, value) == digest
    except (Unopenable, ValueError):
        return "opening-altered"
    return Opened(value, salt) if fits else "opening-differs"
