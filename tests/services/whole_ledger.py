"""Is the ledger whole? Recomputed from its rows, believing none of them."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.ledger import merkle
from services.hashing import grow, leaf_hashes
from services.store.checkpoints import Notary, Unsigned
from services.store.connecting import Pool, available
from services.store.ports import StoredRecord
from services.store.reads import Reads

SHOWN = 20


class Broken(Exception):
    """The ledger is not whole; `findings` say where, the first ones first."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("; ".join(findings[:SHOWN]))
        self.findings = findings


@dataclass(slots=True)
class _Look:
    """What has been seen so far: versions by stream, the tree, the subtrees that it completed."""

    findings: list[str] = field(default_factory=list)
    newest: dict[UUID, int] = field(default_factory=dict)
    edge: merkle.Edge = field(default_factory=lambda: merkle.Edge(0, ()))
    root: bytes = b""
    subtrees: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def add(self, batch: list[StoredRecord]) -> None:
        for number, record in enumerate(batch, start=self.edge.size):
            if record.position != number:
                self.findings.append(f"position {number} is missing")
            if record.version != self.newest.get(record.stream, min(record.version, 1) - 1) + 1:
                self.findings.append(f"position {record.position}: version {record.version} does not follow")
            self.newest[record.stream] = record.version
        growth = grow(self.edge, leaf_hashes(record.state for record in batch))
        self.edge, self.root = growth.edge, growth.root
        self.subtrees |= {(level, index): root for level, index, root in growth.subtrees}


async def check_whole(pool: Pool, notary: Notary) -> int:
    """The size of a ledger of which everything agrees. Raises Broken.

    Positions and versions are dense; the tree, its edge and stored subtrees recompute from the records; every
    checkpoint is signed for its size and root; every command's records are there once; times never go back.
    """
    look = _Look()
    async for batch in Reads(pool).scan():
        look.add(batch)
    await _check_checkpoints(pool, notary, look)
    stored = {
        (row["level"], row["index"]): row["hash"]
        for row in await pool.fetch("select level, index, hash from ledger.subtrees")
    }
    if stored != look.subtrees:
        look.findings.append("the stored subtrees are not those of the records")
    for finding, query in _QUERIES.items():
        with available():
            if await pool.fetchval(query):
                look.findings.append(finding)
    if look.findings:
        raise Broken(look.findings)
    return look.edge.size


async def _check_checkpoints(pool: Pool, notary: Notary, look: _Look) -> None:
    rows = await pool.fetch("select size, root, edge, note from ledger.checkpoints order by size")
    for row in rows:
        try:
            if notary.check(row["note"]) != (row["size"], row["root"]):
                look.findings.append(f"the checkpoint of {row['size']} signs something else")
        except Unsigned as error:
            look.findings.append(f"the checkpoint of {row['size']}: {error}")
    if not rows:
        if look.edge.size:
            look.findings.append("there are records and no checkpoint")
        return
    last = rows[-1]
    if (last["size"], last["root"], last["edge"]) != (look.edge.size, look.root, look.edge.packed()):
        look.findings.append(f"the newest checkpoint is not that of the {look.edge.size} records")


_QUERIES = {
    "commands and records do not cover one another": """
        select coalesce(sum(count), 0) <> (select count(*) from ledger.records) from ledger.commands""",
    "two commands claim one position": """
        select true from (select first + count > lead(first) over (order by first, count) as over from ledger.commands
        where count > 0) c where over limit 1""",
    "times go back": """
        select true from (select at < lag(at) over (order by position) as back from ledger.records) r where back
        limit 1""",
}
