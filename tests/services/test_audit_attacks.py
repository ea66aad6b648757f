"""Every attack that a superuser of the database, or the operator with the signing key, can make on a ledger.

Each is carried out on a copy of a golden ledger, fetched over HTTP as an auditor would, and audited.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ledger import notes, tiles
from domain.ledger.findings import Verdict
from domain.ledger.merkle import Edge
from domain.ledger.records import canonical
from services.audit import proving
from services.audit.bundle import Bundle
from services.audit.verifying import verify
from services.audit.workers import workers
from services.store.checkpoints import Notary
from tests.conftest import NewDatabase
from tests.services.audited import NOTARY, SIZE, VKEY, Golden, Harmed, audited, codes, copied, fetched, served, written
from tests.services.store_ledgers import made_key

Attack = Callable[[Harmed, Golden], Awaitable[int]]
"""What is done; the first position at which it must show."""
Signed = Callable[[list[bytes], Golden], Awaitable[int]]
"""The same, done to the records before all is hashed and signed."""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tmp_path / "bundle"


async def note_of(harmed: Harmed) -> bytes:
    row = await harmed.connection.fetchrow("select note from ledger.checkpoints order by size desc limit 1")
    assert row is not None
    return str(row["note"]).encode()


# --- with the rights of a superuser ---


async def flip(harmed: Harmed, position: int, old: str, new: str) -> int:
    """Other bytes of the same length, still canonical JSON."""
    assert len(old) == len(new)
    done = await harmed.connection.execute(
        "update ledger.records set state ="
        " overlay(state placing convert_to($3, 'utf8') from position(convert_to($2, 'utf8') in state))"
        " where position = $1 and position(convert_to($2, 'utf8') in state) > 0",
        position, old, new,
    )  # fmt: skip
    assert done == "UPDATE 1"
    return position


async def flip_a_fact(harmed: Harmed, golden: Golden) -> int:
    return await flip(harmed, golden.size - 20, "Village 1", "Village 9")


async def flip_what_no_rule_sees(harmed: Harmed, golden: Golden) -> int:
    """A command's id means nothing to any rule: only the tree holds it."""
    states = await harmed.states()
    cmd = json.loads(states[golden.size - 10])["cmd"]
    return await flip(harmed, golden.size - 10, cmd, str(uuid4()))


async def flip_in_a_full_tile(harmed: Harmed, golden: Golden) -> int:
    cmd = json.loads((await harmed.states())[100])["cmd"]
    return await flip(harmed, 100, cmd, str(uuid4()))


async def swap(harmed: Harmed, golden: Golden) -> int:
    first, second = golden.size - 30, golden.size - 12
    for old, new in ((first, -1), (second, first), (-1, second)):
        await harmed("update ledger.records set position = $2 where position = $1", old, new)
    return first


async def delete_the_last(harmed: Harmed, golden: Golden) -> int:
    await harmed("delete from ledger.records where position = $1", golden.size - 1)
    return golden.size - 1


async def delete_a_stream(harmed: Harmed, golden: Golden) -> int:
    """One of a single record, in a full tile, of which nothing else speaks: what comes after it moves up."""
    states = await harmed.states()
    ids = (json.loads(state)["id"] for state in reversed(states[1 : tiles.WIDTH]))
    stream = next(one for one in ids if sum(one.encode() in state for state in states) == 1)
    await harmed("delete from ledger.records where stream = $1", UUID(stream))
    return tiles.WIDTH - 1


async def insert(harmed: Harmed, golden: Golden) -> int:
    """Every later record moves on by one; the last one falls behind the checkpoint's size."""
    where = golden.size - 25
    forged = json.loads((await harmed.states())[where]) | {"id": str(uuid4()), "cmd": str(uuid4())}
    await harmed("update ledger.records set position = -1 - position where position >= $1", where)
    await harmed("update ledger.records set position = - position where position < 0")
    await harmed(
        "insert into ledger.records select $1::bigint, $2, 1, type, $3, at from ledger.records"
        " where position = $1::bigint + 1",
        where, UUID(forged["id"]), canonical(forged),
    )  # fmt: skip
    return where


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (flip_a_fact, "decision-differs"),
        (flip_what_no_rule_sees, "root-differs"),
        (flip_in_a_full_tile, "root-differs"),
        (swap, "root-differs"),
        (delete_the_last, "records-missing"),
        (delete_a_stream, "records-missing"),
        (insert, "root-differs"),
    ],
)
async def test_what_a_superuser_does_is_found(
    attack: Attack, code: str, new_database: NewDatabase, golden: Golden, bundle: Path
) -> None:
    async with copied(new_database, golden) as harmed:
        position = await attack(harmed, golden)
        report = await audited(harmed.dsn, bundle)
    assert report.verdict is Verdict.BROKEN
    assert code in codes(report)
    # A tile that is not what its records come to is said with its first one; what was signed within it says which.
    named = [one.position for one in report.findings if one.code != "tile-differs" and one.position is not None]
    assert min(named) == position
    assert report.verified == (0 if attack is delete_a_stream else position)


async def test_two_roots_for_one_size_are_evidence(new_database: NewDatabase, golden: Golden, bundle: Path) -> None:
    async with copied(new_database, golden) as harmed:
        before = await note_of(harmed)
        await harmed.sign(golden.size, b"\x07" * 32, Edge(0, ()))
        after = await note_of(harmed)
        report = await audited(harmed.dsn, bundle)
    assert report.verdict is Verdict.BROKEN
    assert "root-differs" in codes(report)
    assert proving.compare((before, after), VKEY, None, None).verdict is Verdict.FORK


async def test_a_ledger_cut_back_shows_less_than_was_seen(
    new_database: NewDatabase, golden: Golden, bundle: Path
) -> None:
    async with copied(new_database, golden) as harmed:
        seen = await note_of(harmed)
        size = await harmed.connection.fetchval("select size from ledger.checkpoints where size < $1"
                                                " order by size desc limit 1", golden.size - 20)  # fmt: skip
        await harmed("delete from ledger.records where position >= $1", size)
        await harmed("delete from ledger.checkpoints where size > $1", size)
        assert (await audited(harmed.dsn, bundle)).verdict is Verdict.VERIFIED, "nothing in it says that there was more"
        report = verify(Bundle(bundle), VKEY, saved=seen)
        assert (report.verdict, codes(report)) == (Verdict.POLICY_NOT_MET, {"older-than-saved"})


async def test_a_bundle_is_never_replaced_by_a_shorter_ledger(
    new_database: NewDatabase, golden: Golden, bundle: Path
) -> None:
    async with new_database(golden.template) as dsn, served(dsn) as url:
        await fetched(url, bundle)
    note = Bundle(bundle).note()
    async with copied(new_database, golden) as harmed:
        await harmed("delete from ledger.records where position >= $1", golden.size - 1)
        await harmed("delete from ledger.checkpoints where size >= $1", golden.size)
        report = await audited(harmed.dsn, bundle)
    assert (report.verdict, codes(report)) == (Verdict.POLICY_NOT_MET, {"older-than-saved"})
    assert Bundle(bundle).note() == note


async def test_the_command_before_a_record_that_cannot_be_read_is_not_accused(bundled: Path, bundle: Path) -> None:
    states = [state for _, state in Bundle(bundled).records(0, SIZE)]
    of = [json.loads(state)["of"] for state in states]
    where = next(nth for nth in range(1, SIZE) if of[nth] == [1, 3] and of[nth - 1] == [1, 1])
    states[where] = states[where].replace(b'"v":1', b'"v":true')
    for jobs in (1, 2):
        with workers(jobs) as several:
            report = verify(written(bundle, states), VKEY, workers=several)
        assert (report.verdict, report.findings[0].code) == (Verdict.BROKEN, "record-malformed")
        assert min(one.position for one in report.findings if one.position is not None) == where
        assert report.verified == where


# --- with the signing key as well: all is hashed and signed, and the rules find it ---


def altered(state: bytes, **members: Any) -> bytes:
    return canonical(json.loads(state) | members)


async def rewrite_a_fact(states: list[bytes], golden: Golden) -> int:
    """Told as if it had always been so, in the command as in the event: no rule can know."""
    said = json.loads(states[golden.size - 15])
    said["data"]["name"]["en"] = said["command"]["fields"]["name"]["en"] = "Another Village"
    states[golden.size - 15] = canonical(said)
    return golden.size - 15


async def test_a_rewritten_history_contradicts_any_checkpoint_saved_before(
    new_database: NewDatabase, golden: Golden, bundle: Path, tmp_path: Path
) -> None:
    async with copied(new_database, golden) as harmed:
        seen = await note_of(harmed)
        async with served(harmed.dsn) as url:
            await fetched(url, tmp_path / "before")
        states = await harmed.states()
        await rewrite_a_fact(states, golden)
        await harmed.rewrite(states)
        forged = await note_of(harmed)
        assert (await audited(harmed.dsn, bundle)).verdict is Verdict.VERIFIED, "well told, and signed"
        report = verify(Bundle(bundle), VKEY, saved=seen)
        assert (report.verdict, codes(report)) == (Verdict.FORK, {"fork"})
        assert proving.compare((seen, forged), VKEY, None, None).verdict is Verdict.FORK
        again = await audited(harmed.dsn, tmp_path / "before")
    assert (again.verdict, codes(again)) == (Verdict.FORK, {"fork"}), "fetching into the old bundle finds it, too"


async def replay_a_command(states: list[bytes], golden: Golden) -> int:
    states.append(states[-1])
    return golden.size


async def back_date(states: list[bytes], golden: Golden) -> int:
    states[-3] = altered(states[-3], at="2020-01-01T00:00:00.000000Z")
    return golden.size - 3


async def leave_a_record_out(states: list[bytes], golden: Golden) -> int:
    """The second of a command that had several: the first one promises it."""
    place = next(place for place, state in enumerate(states) if json.loads(state)["of"][0] == 2)
    del states[place]
    return place - 1


async def forge_an_event(states: list[bytes], golden: Golden) -> int:
    """Something else than the rules make of the command."""
    said = json.loads(states[-5])
    said["data"]["name"]["en"] = "Not what was asked"
    states[-5] = canonical(said)
    return golden.size - 5


async def usurp_an_accreditation(states: list[bytes], golden: Golden) -> int:
    """In the name of somebody who is accredited, though not for this."""
    officer = next(one for one in map(json.loads, states) if one["actor"].get("role") == "liaison_officer")
    states[-5] = altered(states[-5], actor=officer["actor"])
    return golden.size - 5


async def act_as_the_clock(states: list[bytes], golden: Golden) -> int:
    states[-5] = altered(states[-5], actor={"system": "clock"}, reads=[])
    return golden.size - 5


async def act_as_the_opening(states: list[bytes], golden: Golden) -> int:
    states[-5] = altered(states[-5], actor={"system": "opening"})
    return golden.size - 5


async def say_another_context_s_command(states: list[bytes], golden: Golden) -> int:
    asked = (one.get("command", {"name": ""}) for one in map(json.loads, states))
    states[-5] = altered(states[-5], command=next(one for one in asked if one["name"] == "commitments.propose"))
    return golden.size - 5


async def hide_what_was_read(states: list[bytes], golden: Golden) -> int:
    said = json.loads(states[-5])
    del said["reads"]
    states[-5] = canonical(said)
    return golden.size - 5


async def read_the_future(states: list[bytes], golden: Golden) -> int:
    said = json.loads(states[-5])
    said["reads"][0][1] += 1
    states[-5] = canonical(said)
    return golden.size - 5


async def name_a_cause_to_come(states: list[bytes], golden: Golden) -> int:
    states[-5] = altered(states[-5], cause=f"{json.loads(states[-1])['id']}/1")
    return golden.size - 5


async def take_a_claimed_identifier(states: list[bytes], golden: Golden) -> int:
    """Two units with one official number: each decision alone is in order."""
    units = (one for one in map(json.loads, states) if one["type"] == "unit-registered.1")
    known = next(one["data"]["identifiers"] for one in units if one["data"].get("identifiers"))
    said = json.loads(states[-5])
    said["data"]["identifiers"] = said["command"]["fields"]["identifiers"] = known
    states[-5] = canonical(said)
    return golden.size - 5


async def bring_in_another_ledger_s(states: list[bytes], golden: Golden) -> int:
    states[-5] = altered(states[-5], ledger="elsewhere.example/ledger")
    return golden.size - 5


async def write_it_otherwise(states: list[bytes], golden: Golden) -> int:
    """The same JSON, with a space in it: another record, for whoever hashes it again."""
    states[-5] = states[-5].replace(b'","', b'", "', 1)
    return golden.size - 5


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (replay_a_command, "command-repeated"),
        (back_date, "time-backwards"),
        (leave_a_record_out, "command-broken"),
        (forge_an_event, "decision-differs"),
        (usurp_an_accreditation, "authority-unfounded"),
        (act_as_the_clock, "authority-unfounded"),
        (act_as_the_opening, "authority-unfounded"),
        (say_another_context_s_command, "command-unreadable"),
        (hide_what_was_read, "decision-differs"),
        (read_the_future, "read-stale"),
        (name_a_cause_to_come, "reference-forward"),
        (take_a_claimed_identifier, "claim-taken"),
        (bring_in_another_ledger_s, "record-foreign"),
        (write_it_otherwise, "record-not-canonical"),
    ],
)
async def test_what_an_operator_signs_against_the_rules_is_found(
    attack: Signed,
    code: str,
    new_database: NewDatabase,
    golden: Golden,
    bundle: Path,
) -> None:
    async with copied(new_database, golden) as harmed:
        states = await harmed.states()
        position = await attack(states, golden)
        await harmed.rewrite(states)
        report = await audited(harmed.dsn, bundle)
    assert report.verdict is Verdict.BROKEN
    assert code in codes(report)
    assert min(one.position for one in report.findings if one.position is not None) == position
    assert report.verified == position


async def test_a_ledger_signed_by_another_key_is_not_this_one(
    new_database: NewDatabase, golden: Golden, bundle: Path
) -> None:
    other = notes.parse_key(Notary(NOTARY.origin, made_key(9)).verifier)
    async with new_database(golden.template) as dsn, served(dsn) as url:
        await fetched(url, bundle)
    report = verify(Bundle(bundle), other)
    assert (report.verdict, codes(report), report.verified) == (Verdict.BROKEN, {"note-unsigned"}, 0)
