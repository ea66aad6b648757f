"""What is not public, encrypted: the texts that a command brings, as hashes for its records and as openings beside."""

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.kernel import Seal, Sealed, StreamId, UnitId
from domain.ledger.records import SALT_BYTES, canonical, sealed_hash
from services.store.ports import Opening
from services.writing import plain

NONCE_BYTES = 12
OF_OPENINGS = b"subsidia opening v1"
OF_FINGERPRINTS = b"subsidia fingerprint v1"
AUDIENCES = frozenset({"unit"})
"""`unit`: the unit whose thing it is, as `Context.home` says; where there is none, the unit that acts."""


class Unopenable(Exception):
    """An opening that its key does not open: it was altered, moved to another record, or encrypted for another key."""


def enclosed(key: bytes, where: str, salt: bytes, value: bytes) -> bytes:
    """Salt and value, encrypted for one place in the ledger: nonce, then AES-256-GCM.

    The salt as well: who has it and the hash can try names until one fits.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_derived(key, OF_OPENINGS)).encrypt(nonce, salt + value, where.encode())


def disclosed(key: bytes, where: str, cipher: bytes) -> tuple[bytes, bytes]:
    """(salt, value). Raises Unopenable."""
    try:
        found = AESGCM(_derived(key, OF_OPENINGS)).decrypt(cipher[:NONCE_BYTES], cipher[NONCE_BYTES:], where.encode())
    except (InvalidTag, ValueError) as error:
        raise Unopenable(f"{where} is not what was encrypted there.") from error
    return found[:SALT_BYTES], found[SALT_BYTES:]


def keyed(key: bytes, fingerprint: bytes) -> bytes:
    """A request's fingerprint as it is kept where the request holds a secret: without the key nobody can try names."""
    return hmac.digest(_derived(key, OF_FINGERPRINTS), fingerprint, "sha256")


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, "sha256")


def place(stream: UUID, version: int, path: str) -> str:
    """Where an opening belongs: an encrypted one that is moved elsewhere does not open."""
    return f"{stream}/{version}{path}"


def seals_of(command: type) -> Mapping[str, Seal]:
    """The sealed fields of a command or an event. TypeError for an audience that nobody can tell."""
    found = {}
    for name, hint in get_type_hints(command, include_extras=True).items():
        kind, notes, _ = plain(hint)
        if kind is Sealed:
            found[name] = next(note for note in notes if isinstance(note, Seal))
            if found[name].audience not in AUDIENCES:
                raise TypeError(
                    f"{command.__name__}.{name} is for {found[name].audience}: nobody can tell who that is."
                )
    return found


@dataclass(frozen=True, slots=True)
class Hidden:
    """One sealed text of a command. `value`: canonical JSON."""

    hash: Sealed
    salt: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one command seals: made once, so that deciding again gives the same records.

    `subject`: whose key it is under. All that came with one command is about one subject, named by the command's id.
    """

    subject: UUID
    hidden: Mapping[str, Hidden]

    @classmethod
    def of(cls, sealed: Iterable[str], fields: Mapping[str, Any], cmd: UUID) -> "Sealing":
        return cls(cmd, {name: _hidden(fields[name]) for name in sealed if fields.get(name) is not None})

    @property
    def hashes(self) -> Mapping[str, Sealed]:
        """By the command's field."""
        return {name: one.hash for name, one in self.hidden.items()}

    def openings(
        self, stream: StreamId, version: int, events: Sequence[Any], audience: UnitId | None, key: bytes
    ) -> tuple[Opening, ...]:
        """One for each hash in the events that follow `version` of the stream."""
        by_hash = {one.hash: one for one in self.hidden.values()}
        readers = str(audience) if audience is not None else ""
        found = []
        for number, event in enumerate(events, start=version + 1):
            for name in getattr(event, "__dataclass_fields__", ()):
                value = getattr(event, name)
                one = by_hash.get(value) if isinstance(value, Sealed) else None
                if one is not None:
                    cipher = enclosed(key, place(stream, number, f"/{name}"), one.salt, one.value)
                    found.append(Opening(stream, number, f"/{name}", self.subject, cipher, readers))
        return tuple(found)


NOTHING_SEALED = Sealing(UUID(int=0), {})


def _hidden(text: str) -> Hidden:
    salt = secrets.token_bytes(SALT_BYTES)
    return Hidden(Sealed(sealed_hash(salt, text)), salt, canonical(text))
