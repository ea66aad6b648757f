"""What an auditor waits for: hashing, proofs and tiles over HTTP, and fetching, verifying and replaying a ledger."""

import os
import random
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import asyncpg

from domain.ledger.findings import Verdict
from domain.ledger.merkle import Edge
from projections.views import ATTESTED, VIEWS
from services.audit.bundle import Bundle
from services.audit.replaying import Replay
from services.audit.verifying import verify
from services.audit.workers import Workers, workers
from services.bootstrap import assemble
from services.hashing import grow, leaf_hashes
from services.keys import load_or_make
from services.store.checkpoints import Notary
from tests.bench import Bench, Measured, bench, interleaved
from tests.bench.load import loaded, question
from tests.bench.memory import PROC, per_record
from tests.bench.serving import GROWING, growing, started
from tests.bench.views import GROWTH, MILLION, ORIGIN, recorded
from tests.services.audited import VKEY, fetched, written
from tests.services.scribe import towns

SIZE = 40_000
"""Records of the ledger that is verified; what is measured is given for a million."""
HASHED = 200_000
FEW = 2_000
"""Records of a ledger beside it, which show what an audit takes of memory anyhow."""
MEMORY = {1: 2.0, 2: 2.5}
"""Gigabytes that verifying a million records may take, by jobs: each process has what it was started with besides."""
EVERY_VIEW = [view.name for view in ATTESTED]
PROOFS = 400
TILES = 6_000
CONNECTIONS = 64


@bench("audit-hashing")
async def hashing(bench: Bench) -> Sequence[Measured]:
    """Leaf hashes and root over ordinary records, and the same bytes through SHA-256 alone."""
    records = await towns(HASHED // 40)
    states = records * 40

    async def ours() -> float:
        begun = perf_counter()
        grow(Edge(0, ()), leaf_hashes(states))
        return len(states) / (perf_counter() - begun)

    async def theirs() -> float:
        return len(states) / _sha256_alone(states)

    one, other, ratio = await interleaved(bench.rounds, ours, theirs)
    return [
        Measured("leaf hashes and root", one, 500_000, "leaves/s", one / 500_000, 1.0),
        Measured("the same / SHA-256 of the records alone", one, other, "leaves/s", ratio, 0.3),
    ]


def _sha256_alone(states: Sequence[bytes]) -> float:
    begun = perf_counter()
    for state in states:
        sha256(state).digest()
    return perf_counter() - begun


@bench("audit-http")
async def over_http(bench: Bench) -> Sequence[Measured]:
    """Proofs, tiles and a whole copy of a ledger of a million records, from a server process as it is run."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", "/var/tmp"))))
        url = await stack.enter_async_context(_log(bench, folder))
        bare = await stack.enter_async_context(started("-m", "tests.bench.serving", "hello", environment=os.environ))
        rng = random.Random(7)
        proofs = [question(f"{url}/v1/proofs/inclusion?position={rng.randrange(MILLION)}") for _ in range(PROOFS)]
        await loaded(url, proofs[: PROOFS // 4], 1)
        p50 = statistics.median([(await loaded(url, proofs, 1)).quantile(0.5) for _ in range(bench.rounds)])
        tile, hello = question(f"{url}/tile/0/x001/234"), question(f"{bare.url}/")

        async def ours() -> float:
            return (await loaded(url, [tile] * TILES, CONNECTIONS)).per_second

        async def theirs() -> float:
            return (await loaded(bare.url, [hello] * TILES, CONNECTIONS)).per_second

        await theirs(), await ours()
        served = await interleaved(bench.rounds, ours, theirs)
        begun = perf_counter()
        found = await fetched(url, folder / "bundle")
        seconds = perf_counter() - begun
        assert not found.findings
        assert found.size >= MILLION
    return [
        Measured("inclusion proof over HTTP at 1M records, p50", p50, 5, "ms", p50 / 5, 1.0, at_least=False),
        Measured("a full tile, asked for again / hello, world", *served[:2], "answers/s", served[2], 0.7),
        Measured("copy of a ledger, 1M records over HTTP", seconds, 60, "s", seconds / 60, 1.0, at_least=False),
    ]


@asynccontextmanager
async def _log(bench: Bench, folder: Path) -> AsyncIterator[str]:
    """The address of a register over a million records that lie in a tree."""

    async def opened(dsn: str) -> int:
        async with assemble(growing(dsn, folder), workers=False, views=(GROWTH,), names=GROWING) as services:
            return (await services.store.head()).size

    async with recorded(bench, MILLION, opened, apart=True) as dsn:
        await _planted(dsn, folder / "key.pem")
        async with started("-m", "tests.bench.serving", "log", dsn, str(folder), environment=os.environ) as server:
            yield server.url


async def _planted(dsn: str, key: Path) -> None:
    """Grows the tree over records that were put there without one, and signs it."""
    connection = await asyncpg.connect(dsn)
    edge, root, subtrees, after = Edge(0, ()), b"", list[tuple[int, int, bytes]](), -1
    try:
        await connection.execute("set session_replication_role = replica")
        query = "select position, state from ledger.records where position > $1 order by position limit 20000"
        while rows := await connection.fetch(query, after):
            growth = grow(edge, leaf_hashes(row["state"] for row in rows))
            edge, root, after = growth.edge, growth.root, rows[-1]["position"]
            subtrees += growth.subtrees
        await connection.execute("delete from ledger.subtrees")
        await connection.copy_records_to_table(
            "subtrees", schema_name="ledger", records=subtrees, columns=("level", "index", "hash")
        )
        note = Notary(ORIGIN, load_or_make(key, may_make=False)).sign(edge.size, root)
        await connection.execute(
            "update ledger.checkpoints set root = $2, edge = $3, note = $4 where size = $1",
            edge.size, root, edge.packed(), note,
        )  # fmt: skip
        await connection.execute("analyze ledger.subtrees")
    finally:
        await connection.close()


@bench("audit-verify")
async def verifying(bench: Bench) -> Sequence[Measured]:
    """Seconds for a million records, from a bundle of fewer; beside what is granted, and beside SHA-256 alone."""
    states, said = await towns(SIZE), await towns(SIZE, attested=EVERY_VIEW)
    size = len(states)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", "/var/tmp")) as folder, workers(2) as two:
        bundle = written(Path(folder) / "bundle", states)
        _verified(bundle, decide=False, two=two)  # the processes have started, and the files were read once
        alone, together, share = await interleaved(
            bench.rounds,
            _timed(size, lambda: _verified(bundle, decide=False, two=two)),
            _timed(size, lambda: _verified(bundle, decide=False)),
        )
        hashed = [_sha256_alone(states) for _ in range(bench.rounds)]
        whole = await _timed(size, lambda: _verified(bundle, decide=True))()
        views = await _timed(size, lambda: Replay(bundle, VIEWS).until(size - 1))()
        everything = written(Path(folder) / "attested", said)
        shared_out, in_turn, both = await interleaved(
            bench.rounds,
            _timed(len(said), lambda: _verified(everything, decide=True, two=two)),
            _timed(len(said), lambda: _verified(everything, decide=True)),
        )
        taken = await _taken(Path(folder), (everything, len(said)))
    sha = statistics.median(hashed) * MILLION / size
    return [
        _granted("verify --structure-only", together, 12),
        Measured("the same / SHA-256 of the records alone", together, sha, "s", together / sha, 12, at_least=False),
        Measured("verify --structure-only, 2 jobs / 1 job", alone, together, "s", share, 0.65, at_least=False),
        _granted("verify, with every command decided again", whole, 60),
        _granted("replay of every view", views, 30),
        _granted("verify, with decisions and every view", in_turn, 90),
        Measured("the same, 2 jobs / 1 job", shared_out, in_turn, "s", both, 0.65, at_least=False),
        *taken,
    ]


async def _taken(folder: Path, whole: tuple[Bundle, int]) -> list[Measured]:
    """Memory for a million records, with decisions and every view, by one process and by several; see `per_record`."""
    if not PROC.exists():
        return []
    said = await towns(FEW, attested=EVERY_VIEW)
    few, many = (written(folder / "few", said).folder, len(said)), (whole[0].folder, whole[1])
    found = list[Measured]()
    for jobs, most in MEMORY.items():
        anyhow, each = await per_record(jobs, few, many)
        gigabytes = (anyhow + each * MILLION) / 1e9
        what = f"the same: memory at most, --jobs {jobs}, 1M records"
        found.append(Measured(what, gigabytes, most, "GB", gigabytes / most, 1.0, at_least=False))
    return found


def _granted(what: str, seconds: float, most: float) -> Measured:
    return Measured(f"{what}, 1M records", seconds, most, "s", seconds / most, 1.0, at_least=False)


def _verified(bundle: Bundle, *, decide: bool, two: Workers | None = None) -> None:
    assert verify(bundle, VKEY, decide=decide, workers=two).verdict is Verdict.VERIFIED


def _timed(records: int, work: Callable[[], None]) -> Callable[[], Awaitable[float]]:
    """Seconds for a million records, where `work` is done for so many."""

    async def timed() -> float:
        begun = perf_counter()
        work()
        return (perf_counter() - begun) * MILLION / records

    return timed
