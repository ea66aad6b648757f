"""What an audit takes of memory, in processes of their own: `python -m tests.bench.memory JOBS BUNDLE...`."""

import asyncio
import re
import sys
from collections.abc import Sequence
from multiprocessing import active_children
from pathlib import Path

from domain.ledger.findings import Verdict
from services.audit.bundle import Bundle
from services.audit.verifying import verify
from services.audit.workers import workers
from tests.services.audited import VKEY

HIGHEST = re.compile(r"VmHWM:\s+(\d+) kB")
PROC = Path("/proc")
"""Linux tells what a process had at the most; where there is none, nothing is measured."""


async def per_record(jobs: int, less: tuple[Path, int], more: tuple[Path, int]) -> tuple[float, float]:
    """Bytes that verifying takes at the most, by two bundles and how many records they have.

    What it takes anyhow, and with each record more: what was loaded and looked up once does not grow.
    """
    (one, few), (other, many) = less, more
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(jobs), str(one), str(other), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    first, second = map(int, said.split())
    each = (second - first) / (many - few)
    return first - each * few, each


def _highest(jobs: int, bundles: Sequence[str]) -> list[int]:
    """Bytes after each bundle: what all processes had at the most, even if not at the same time."""
    found = []
    with workers(jobs) as helping:
        for bundle in bundles:
            assert verify(Bundle(Path(bundle)), VKEY, workers=helping).verdict is Verdict.VERIFIED
            processes = ["self", *(str(one.pid) for one in active_children())]
            found.append(sum(map(_of, processes)))
    return found


def _of(process: str) -> int:
    match = HIGHEST.search((PROC / process / "status").read_text())
    assert match, "every process has some memory"
    return int(match[1]) * 1024


if __name__ == "__main__":
    print(*_highest(int(sys.argv[1]), sys.argv[2:]))
