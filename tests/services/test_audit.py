"""Audits of bundles that are well, that were copied badly, and that hold one wrong byte."""

import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.auditing import server
from api.ledger import _Full
from domain.contexts import CONTEXTS
from domain.ledger import checkpoints, notes, tiles
from domain.ledger.findings import Verdict, verdict_of
from domain.ledger.records import canonical
from projections.views import VIEWS
from services.audit.bundle import Bundle, Unfit
from services.audit.crosschecking import cross_check
from services.audit.replaying import Replay, contradictions, differences
from services.audit.verifying import verify
from tests.conftest import NewDatabase
from tests.services.audited import NOTARY, VKEY, Golden, copied, fetched, served, written


@pytest.fixture
def bundle(bundled: Path, tmp_path: Path) -> Bundle:
    """A copy of this test's own."""
    shutil.copytree(bundled, tmp_path / "bundle")
    return Bundle(tmp_path / "bundle")


def entries(size: int) -> str:
    return f"tile/entries/001.p/{size - tiles.WIDTH}"


# --- well ---


def test_an_untouched_ledger_verifies_and_says_what_was_not_checked(bundled: Path, golden: Golden) -> None:
    report = verify(Bundle(bundled), VKEY)
    assert report.findings == []
    assert report.verdict is Verdict.VERIFIED
    assert report.verified == report.size == golden.size
    assert any("commands decided again" in line for line in report.checked)
    assert any("sealed values" in line for line in report.unchecked)
    assert any("shown another history" in line for line in report.unchecked)
    assert not any("does not ship" in line or "does not know" in line for line in report.unchecked)


def test_a_bundle_is_a_plain_tlog_tiles_directory(bundled: Path, golden: Golden) -> None:
    wanted = {str(tile) for tile in (*tiles.hash_tiles(golden.size), *tiles.bundles(golden.size))}
    found = set(Bundle(bundled).files())
    assert {path for path in found if path.startswith("tile/")} == wanted
    assert {path.partition("/")[0] for path in found - wanted} == {"checkpoint", "checkpoints"}


def test_a_saved_checkpoint_of_the_same_history_is_no_finding(bundled: Path) -> None:
    kept = sorted(bundled.glob("checkpoints/*"))[::10]
    assert len(kept) > 1
    for saved in kept:
        report = verify(Bundle(bundled), VKEY, saved=saved.read_bytes(), decide=False)
        assert report.verdict is Verdict.VERIFIED
        assert not any("shown another history" in line for line in report.unchecked)


def test_rules_that_are_no_longer_shipped_are_said_to_be_unchecked(bundled: Path) -> None:
    later = {**CONTEXTS, "commitments": replace(CONTEXTS["commitments"], rules="commitments.99")}
    report = verify(Bundle(bundled), VKEY, contexts=later)
    assert report.verdict is Verdict.VERIFIED
    assert any(
        f"under {CONTEXTS['commitments'].rules}, which this program does not ship" in line for line in report.unchecked
    )
    assert report.undecided


def test_who_demands_that_all_is_decided_again_has_no_verdict_without_the_rules(bundled: Path) -> None:
    later = {**CONTEXTS, "commitments": replace(CONTEXTS["commitments"], rules="commitments.99")}
    report = verify(Bundle(bundled), VKEY, contexts=later, strict=True)
    (found,) = report.findings
    assert (report.verdict, found.code) == (Verdict.INCOMPLETE, "undecided")
    assert f"{report.undecided} commands decided under {CONTEXTS['commitments'].rules}" in found.says
    record = json.loads(Bundle(bundled).record(found.position or 0, report.size))
    assert record["rules"] == CONTEXTS["commitments"].rules
    assert report.verified == found.position, "the first of them: what lies before was decided again"
    assert verify(Bundle(bundled), VKEY, strict=True).verdict is Verdict.VERIFIED


async def test_fetching_goes_on_where_it_was_and_keeps_what_never_changes(
    new_database: NewDatabase, golden: Golden, bundle: Bundle
) -> None:
    async with new_database(golden.template) as dsn, served(dsn) as url:
        again = await fetched(url, bundle.folder)
        assert (again.fetched, again.kept, again.asked) == (0, 5, 5)
        bundle.remove("tile/entries/000")
        bundle.write("tile/0/000", b"half a tile")
        bundle.write("tile/entries/001.p/3", b"of an earlier size")
        bundle.write("tile/entries/001.p/.3.part", b"left by a run that was killed")
        mended = await fetched(url, bundle.folder)
    assert (mended.fetched, mended.kept, mended.asked, mended.findings) == (2, 3, 3, ())
    assert verify(bundle, VKEY).verdict is Verdict.VERIFIED


async def test_full_tiles_are_read_once_and_partial_ones_whenever_they_are_asked_for(
    new_database: NewDatabase, golden: Golden
) -> None:
    full, partial = ["tile/0/000", "tile/entries/000"], [entries(golden.size), f"tile/0/001.p/{golden.size - 256}"]
    async with copied(new_database, golden) as harmed, served(harmed.dsn) as url, server(url) as get:
        first = [await get(path) for path in (*full, *partial)]
        await harmed("delete from ledger.records where position = 7 or position = $1", golden.size - 1)
        again = [await get(path) for path in (*full, *partial)]
    assert None not in first
    assert again[:2] == first[:2]
    assert all(now != before for now, before in zip(again[2:], first[2:], strict=True))


def test_of_full_tiles_no_more_is_kept_than_was_granted() -> None:
    kept = _Full(most=100)
    for number in range(5):
        kept.keep(f"tile/0/00{number}", bytes(40))
        kept.get("tile/0/000")
    assert kept.get("tile/0/000") is not None, "asked for all the while"
    assert [kept.get(f"tile/0/00{number}") is not None for number in range(1, 5)] == [False, False, False, True]
    kept.keep("tile/0/009", bytes(101))
    assert kept.get("tile/0/009") is None


def test_full_tiles_are_not_kept_for_long() -> None:
    kept = _Full(seconds=0)
    kept.keep("tile/0/000", bytes(40))
    assert kept.get("tile/0/000") is None, "else a database that was altered meanwhile would pass"


# --- copied badly ---


Harm = Callable[[Bundle, int], None]


def cut(bundle: Bundle, size: int) -> None:
    content = bundle.read(entries(size)) or b""
    bundle.write(entries(size), content[:-3])


def cut_a_hash_tile(bundle: Bundle, size: int) -> None:
    bundle.write("tile/0/000", (bundle.read("tile/0/000") or b"")[:-1])


def lose_a_bundle(bundle: Bundle, size: int) -> None:
    bundle.remove("tile/entries/000")


def lose_a_tile(bundle: Bundle, size: int) -> None:
    bundle.remove("tile/1/000.p/1")


def lose_the_checkpoint(bundle: Bundle, size: int) -> None:
    bundle.remove("checkpoint")


def add_a_file(bundle: Bundle, size: int) -> None:
    bundle.write("notes.txt", b"Do not forget the milk.")


def add_a_file_among_tiles(bundle: Bundle, size: int) -> None:
    bundle.write("tile/9/readme", b"")


def add_a_tile_beyond_the_end(bundle: Bundle, size: int) -> None:
    bundle.write("tile/0/002.p/1", b"\x00" * 32)


def add_an_earlier_checkpoint(bundle: Bundle, size: int) -> None:
    bundle.write("checkpoint.old", (bundle.folder / "checkpoints" / str(size - 1)).read_bytes())


def empty_it(bundle: Bundle, size: int) -> None:
    shutil.rmtree(bundle.folder)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (cut, "tile-cut"),
        (cut_a_hash_tile, "tile-cut"),
        (lose_a_bundle, "tile-missing"),
        (lose_a_tile, "tile-missing"),
        (lose_the_checkpoint, "checkpoint-missing"),
        (add_a_file, "foreign-file"),
        (add_a_file_among_tiles, "foreign-file"),
        (add_a_tile_beyond_the_end, "foreign-file"),
        (add_an_earlier_checkpoint, "second-checkpoint"),
        (empty_it, "not-a-bundle"),
    ],
)
def test_a_bad_copy_gives_no_verdict(harm: Harm, code: str, bundle: Bundle) -> None:
    harm(bundle, size_of(bundle))
    report = verify(bundle, VKEY, decide=False)
    assert report.verdict is Verdict.INCOMPLETE
    assert [one.code for one in report.findings] == [code]


def size_of(bundle: Bundle) -> int:
    return checkpoints.parse(notes.parse(bundle.note()).text).size


def test_a_second_checkpoint_of_another_history_is_evidence_of_a_fork(bundle: Bundle) -> None:
    bundle.write("checkpoint.other", NOTARY.sign(7, b"\x07" * 32).encode())
    report = verify(bundle, VKEY, decide=False)
    assert report.verdict is Verdict.FORK
    assert {one.code for one in report.findings} == {"fork", "second-checkpoint"}


@pytest.mark.parametrize("note", [b"", b"\n\n", b"\xff\xfe", b"not a note", b"a\n0\nb\n\n\xe2\x80\x94 a AAAA\n"])
def test_what_is_no_checkpoint_verifies_nothing(note: bytes, bundle: Bundle) -> None:
    bundle.write("checkpoint", note)
    report = verify(bundle, VKEY)
    assert (report.verdict, report.verified) == (Verdict.BROKEN, 0)


def test_a_narrower_tile_of_earlier_is_checked_as_well(bundle: Bundle) -> None:
    whole = bundle.read("tile/0/000") or b""
    bundle.write("tile/0/000.p/9", whole[: 9 * 32])
    assert verify(bundle, VKEY, decide=False).verdict is Verdict.VERIFIED
    bundle.write("tile/0/000.p/9", whole[: 8 * 32] + bytes(32))
    report = verify(bundle, VKEY, decide=False)
    assert [(one.code, one.position) for one in report.findings] == [("tile-differs", 8)]


# --- one wrong byte ---


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_wrong_byte_anywhere_is_never_verified(bundled: Path, data: st.DataObject) -> None:
    bundle = Bundle(bundled)
    path = data.draw(st.sampled_from(list(bundle.files())))
    content = bundle.read(path) or b""
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    bundle.write(path, content[:place] + bytes([other]) + content[place + 1 :])
    try:
        report = verify(bundle, VKEY, decide=False)
    finally:
        bundle.write(path, content)
    assert report.verdict is not Verdict.VERIFIED, (path, place, other)
    assert report.findings


ANYTHING = st.recursive(
    st.text(max_size=40) | st.integers(-5, 2**53 - 1) | st.booleans()
    | st.sampled_from(["unknown", "2026-02-29", "00000000-0000-0000-0000-000000000000/1", "clock", "units.register"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "en"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where in a record something could be put in another's place."""
    items: list[tuple[object, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [place for key, inner in items for place in ((*path, key), *places(inner, (*path, key)))]


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_an_operator_signs_an_audit_ends_in_a_verdict(
    bundled: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    size = 40
    states = [record for _, record in Bundle(bundled).records(0, size_of(Bundle(bundled)))][:size]
    position = data.draw(st.integers(0, size - 1))
    said = json.loads(states[position])
    *way, last = data.draw(st.sampled_from(places(said)))
    inner = said
    for step in way:
        inner = inner[step]
    inner[last] = data.draw(ANYTHING)
    states[position] = canonical(said)
    bundle = written(tmp_path_factory.mktemp("forged"), states)
    report = verify(bundle, VKEY)
    assert report.size == size
    assert all(one.position is None or one.position >= position - 10 for one in report.findings)


# --- the stock library ---


def test_an_application_on_plain_eventsourcing_comes_to_the_same_states(bundled: Path) -> None:
    report = cross_check(Bundle(bundled))
    assert report.findings == []
    assert report.verdict is Verdict.VERIFIED
    assert any("streams read by the eventsourcing library" in line for line in report.checked)


def test_a_fold_of_ours_that_went_wrong_shows_against_the_library(bundled: Path) -> None:
    """Both readings fold. A fold that does not follow from the history alone comes to two states."""
    units = CONTEXTS["units"]
    calls = itertools.count()

    def evolve(state: object, event: object) -> object:
        after = units.decider.evolve(state, event)
        return replace(after, jurisdiction=str(next(calls)))

    wrong = {**CONTEXTS, "units": replace(units, decider=replace(units.decider, evolve=evolve))}
    report = cross_check(Bundle(bundled), contexts=wrong)
    assert report.verdict is Verdict.BROKEN
    assert {one.code for one in report.findings} == {"stock-differs"}


def test_the_library_refuses_a_version_that_is_there_twice(bundled: Path, tmp_path: Path) -> None:
    states = [record for _, record in Bundle(bundled).records(0, size_of(Bundle(bundled)))]
    report = cross_check(written(tmp_path / "twice", [*states, states[-1]]))
    assert [one.code for one in report.findings] == ["stock-differs"]


# --- views ---


def test_views_as_they_stood_and_what_changed_in_between(bundled: Path, golden: Golden) -> None:
    units = next(view for view in VIEWS if view.name == "units")
    replay = Replay(Bundle(bundled), [units])
    replay.until(golden.size - 3)
    before = replay.shown(units)
    replay.until(golden.size - 1)
    after = replay.shown(units)
    changed = list(differences(before, after))
    assert len(after.rows) == len(before.rows) + 2
    assert [one.before for one in changed] == [None, None]
    assert str(golden.village) in {one.key for one in changed}


def test_a_published_row_that_was_altered_left_out_or_made_up_is_found(bundled: Path, golden: Golden) -> None:
    units = next(view for view in VIEWS if view.name == "units")
    replay = Replay(Bundle(bundled), [units])
    replay.until(golden.size - 1)
    stood = replay.shown(units)
    assert contradictions(stood, "units", stood.rows.values()) == []
    *rows, last = stood.rows.values()
    altered = last.replace(b'"jurisdiction":"', b'"jurisdiction":"X')
    made_up = altered.replace(b'"key":"', b'"key":"0')
    for published in ([*rows, altered], rows, [*rows, last, made_up], [b"no row"]):
        found = contradictions(stood, "units", published)
        assert {one.code for one in found} == {"view-differs"}
        assert verdict_of(found) is Verdict.BROKEN


def test_a_time_before_the_first_record_is_asked_wrongly(bundled: Path) -> None:
    with pytest.raises(Unfit) as unfit:
        Replay(Bundle(bundled), VIEWS).until(datetime(2000, 1, 1, tzinfo=UTC))
    assert unfit.value.finding.code == "before-first-record"
    assert unfit.value.finding.verdict is Verdict.ASKED_WRONGLY


@pytest.mark.parametrize("position", [-1, 100_000])
def test_a_position_that_is_not_there_is_asked_wrongly(position: int, bundled: Path) -> None:
    with pytest.raises(Unfit) as unfit:
        Replay(Bundle(bundled), VIEWS).until(position)
    assert (unfit.value.finding.code, unfit.value.finding.verdict) == (
        "position-out-of-range",
        Verdict.ASKED_WRONGLY,
    )
