"""What must be on the disk before anybody goes on."""

import os
from pathlib import Path


def settle(path: Path) -> None:
    """Waits until a file's bytes, or a folder's names, are on the disk: they survive a power cut. Raises OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
