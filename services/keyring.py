"""Keys outside the database, one for each subject: who deletes the key deletes the value from every backup, too."""

from pathlib import Path
from secrets import token_bytes
from typing import Protocol
from uuid import UUID

from services.disk import UNFINISHED, place_secret, settle
from services.keys import KeyUnusable

KEY_BYTES = 32
WHOLE = ".key"


class Keyring(Protocol):
    """One secret key of 32 bytes a subject. Nothing keeps a key in memory for longer than one use of it."""

    def make(self, subject: UUID) -> bytes:
        """The subject's key, a new one where there is none. Durable on return, whoever made it.

        Of several who make it at once all get the same one. Raises KeyUnusable for a damaged key, OSError.
        """

    def find(self, subject: UUID) -> bytes | None:
        """The subject's key; None where there is none. Raises KeyUnusable for a damaged one, OSError."""

    def has(self, subject: UUID) -> bool:
        """Whether any copy is there, also one that a crash left behind."""

    def delete(self, subject: UUID) -> bool:
        """Deletes every copy; durable on return. Whether there was one. Raises OSError: then some may be left."""

    def subjects(self) -> frozenset[UUID]:
        """Whose keys are there, in whatever state."""


class MemoryKeyring:
    """Keeps `Keyring`'s promises but durability. For tests, and for rehearsals of which nothing stays."""

    def __init__(self) -> None:
        self._keys: dict[UUID, bytes] = {}

    def make(self, subject: UUID) -> bytes:
        """See `Keyring`."""
        return self._keys.setdefault(subject, token_bytes(KEY_BYTES))

    def find(self, subject: UUID) -> bytes | None:
        """See `Keyring`."""
        return self._keys.get(subject)

    def has(self, subject: UUID) -> bool:
        """See `Keyring`."""
        return subject in self._keys

    def delete(self, subject: UUID) -> bool:
        """See `Keyring`."""
        return self._keys.pop(subject, None) is not None

    def subjects(self) -> frozenset[UUID]:
        """See `Keyring`."""
        return frozenset(self._keys)


class FolderKeyring:
    """A folder with a file for each key, `<subject>.key`; several processes may use it at once.

    A file that is not whole yet is called `.<subject>.<chance>.new`: whoever deletes a key sees by its name whose copy
    it is, whenever the process that made it died.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, subject: UUID) -> bytes:
        """See `Keyring`."""
        found = self.find(subject)
        ours = found is None and self._linked(subject)
        if found is None:
            found = self.find(subject)
        if found is None:
            raise KeyUnusable(f"The key {self._path(subject)} was deleted while it was being made.")
        if not ours:
            # Another process may have linked it and not come to the end: its power may fail, and ours with it.
            settle(self._path(subject))
        settle(self.folder)
        return found

    def find(self, subject: UUID) -> bytes | None:
        """See `Keyring`."""
        path = self._path(subject)
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            return None
        if len(found) != KEY_BYTES:
            raise KeyUnusable(f"{path} is no key: it has {len(found)} bytes instead of {KEY_BYTES}. Restore it.")
        return found

    def has(self, subject: UUID) -> bool:
        """See `Keyring`."""
        return self._path(subject).exists() or bool(self._unfinished(subject))

    def delete(self, subject: UUID) -> bool:
        """See `Keyring`."""
        copies = [*self._unfinished(subject), self._path(subject)]
        gone = [path for path in copies if _unlinked(path)]
        if self.folder.exists():
            settle(self.folder)  # also where nothing was found: the unlinking of a process that died may be news
        return bool(gone)

    def subjects(self) -> frozenset[UUID]:
        """See `Keyring`."""
        if not self.folder.exists():
            return frozenset()
        return frozenset(found for path in self.folder.iterdir() if (found := _whose(path)) is not None)

    def _path(self, subject: UUID) -> Path:
        return self.folder / f"{subject}{WHOLE}"

    def _unfinished(self, subject: UUID) -> list[Path]:
        return list(self.folder.glob(f".{subject}.*{UNFINISHED}"))

    def _linked(self, subject: UUID) -> bool:
        """Puts a new key in its place, whole or not at all; False where another one is there by then."""
        if not self.folder.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            settle(self.folder.parent)
        return place_secret(self._path(subject), token_bytes(KEY_BYTES))


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _whose(path: Path) -> UUID | None:
    if path.suffix not in (WHOLE, UNFINISHED):
        return None
    try:
        return UUID(path.name.lstrip(".")[:36])
    except ValueError:
        return None
