"""What must be on the disk before anybody goes on."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

UNFINISHED = ".new"
"""Ends the name of a file that is not whole yet: `.<name>.<chance>.new`."""


def settle(path: Path) -> None:
    """Waits until a file's bytes, or a folder's names, are on the disk: they survive a power cut. Raises OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Waits until no other process is alone in this folder. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def place_secret(path: Path, content: bytes) -> bool:
    """Puts a file of our own in its place, whole or not at all; False where another one is there by then.

    Its bytes are on the disk on return; its name only once the folder is settled. Raises OSError.
    """
    # By chance, not by our pid: processes of two containers have the same one, and may share the folder.
    fresh = path.with_name(f".{path.stem}.{token_hex(8)}{UNFINISHED}")
    try:
        # Readable to nobody else before the first byte is in it.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink(missing_ok=True)
    return True


def replace_whole(path: Path, content: bytes) -> None:
    """The file has this content, or what it had before; nothing else is left behind. Raises OSError."""
    fresh = path.with_name(f".{path.stem}.{token_hex(8)}{UNFINISHED}")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
