"""`subsidia audit report`: a page that checks itself, in a real browser without a network, and by Python alone."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.cli.reporting import page as drawn
from domain.ledger.notes import VerifierKey, parse_key
from projections.commitments import COMMITMENTS
from services.audit import reporting
from services.audit.bundle import Bundle
from services.audit.reporting import Evidence
from tests.api.client import proposed
from tests.api.conftest import Live
from tests.api.test_attested import attest
from tests.api.test_audit import _quiet, audit, bundle, key, size_of, well
from tests.browser import tab

__all__ = ["_quiet", "bundle", "key"]

VERIFIER = Path(__file__).resolve().parents[1] / "verifiers" / "alone.py"
CHECKED = "document.documentElement.dataset.verdict !== 'unchecked'"
ODD = 'A "promise" </script><b>&amp; \u202eturned\u2069 round,\r\n\tof 学校 and 🚲'
"""What pages take for markup, and what they show otherwise than it is or not at all."""


@pytest.fixture
def page(live: Live, tmp_path: Path, key: str) -> Path:
    """One of a commitment whose texts are hard to show, and of the figures of its sphere."""
    receipt = proposed(live, because=ODD, lang="en")
    attest(live, "commitments", "scorecards")
    well("fetch", live.url, "--out", str(tmp_path / "copy"))
    out = tmp_path / "report.html"
    rows = ["--row", "commitments", receipt["stream"], "--row", "scorecards", "sphere:local"]
    said = well("report", str(tmp_path / "copy"), *rows, "--key", key, "--out", str(out))
    assert "as attested in record" in said
    return out


def by_python(page: Path, key: str) -> tuple[int, str]:
    words = [sys.executable, "-I", str(VERIFIER), "report", str(page), key]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def in_browser(page: Path, folder: Path, typed: str = "") -> tuple[str, str]:
    """The verdict and its words; after a key was typed, if one is."""
    async with tab(folder) as shown:
        await shown.opened(page, CHECKED)
        if typed:
            await shown.said(
                f"document.getElementById('key').value = {json.dumps(typed)};"
                "document.documentElement.dataset.verdict = 'unchecked';"
                "document.querySelector('button').click()"
            )
            await shown.said(f"(async () => {{ while (!({CHECKED})) await new Promise((go) => setTimeout(go, 5)) }})()")
        verdict = await shown.said("document.documentElement.dataset.verdict")
        return verdict, await shown.said("document.getElementById('verdict').textContent")


def evidence_of(text: str) -> tuple[int, int]:
    begin = text.index('id="evidence">') + len('id="evidence">')
    return begin, text.index("</script>", begin)


def digit(text: str, begin: int) -> str:
    """The text with the first digit from there on made another one."""
    found = re.compile(r"\d").search(text, begin)
    assert found is not None
    return text[: found.start()] + str((int(found[0]) + 1) % 10) + text[found.end() :]


def in_what_is_shown(text: str) -> str:
    return digit(text, text.index("<dd data-said>", text.index("<details>")))


def in_a_records_evidence(text: str) -> str:
    return digit(text, text.index('\\"data\\":', text.index('"records":', evidence_of(text)[0])))


def in_a_rows_evidence(text: str) -> str:
    return digit(text, text.index('"line":', evidence_of(text)[0]))


def in_a_proof(text: str) -> str:
    return digit(text, text.index('"hashes":', evidence_of(text)[0]))


def in_the_attestation(text: str) -> str:
    return digit(text, text.index('"before":', evidence_of(text)[0]))


def in_the_signature(text: str) -> str:
    return digit(text, text.index("\u2014", evidence_of(text)[0]) + 40)


def in_the_root(text: str) -> str:
    return digit(text, text.index("/ledger\\n", evidence_of(text)[0]) + 8)


def with_more(text: str) -> str:
    return text.replace("</main>", "<p>All of it was kept.</p></main>")


def without_a_record(text: str) -> str:
    begin = text.rindex("<details>")
    return text[:begin] + text[text.index("</details>", begin) + len("</details>") :]


def with_what_nobody_sees(text: str) -> str:
    return text.replace("<details>", "<details hidden>", 1)


def with_words_before(text: str) -> str:
    return text.replace('<main id="report">', '<p>All of it was kept.</p>\n<main id="report">')


def with_a_style(text: str) -> str:
    return text.replace(
        "<style>", '<style>#report { display: none } h1::after { content: "All of it was kept." }</style><style>'
    )


def with_a_second_page(text: str) -> str:
    begin = text.index('<main id="report">')
    return text[:begin] + text[begin : text.index("</main>")].replace("report", "other") + "</main>" + text[begin:]


AROUND = (with_words_before, with_a_style, with_a_second_page)
"""The page's own check stands in the same file; it is for a program from elsewhere to see these."""
HARMS = (
    in_what_is_shown, in_a_records_evidence, in_a_rows_evidence, in_a_proof, in_the_attestation, in_the_signature,
    in_the_root, with_more, without_a_record, with_what_nobody_sees,
)  # fmt: skip


async def test_a_page_holds_in_a_browser_without_a_network(page: Path, key: str, tmp_path: Path) -> None:
    verdict, words = await in_browser(page, tmp_path / "profile")
    assert verdict == "holds", words
    assert f"Signed by the key {key}: compare it" in words


async def test_a_page_is_held_against_the_readers_own_key(page: Path, key: str, tmp_path: Path) -> None:
    verdict, words = await in_browser(page, tmp_path / "right", key)
    assert (verdict, "Signed by your key" in words) == ("holds", True), words
    other = str(VerifierKey("other.example/ledger", bytes(32)))
    verdict, words = await in_browser(page, tmp_path / "wrong", other)
    assert (verdict, "another key than yours" in words) == ("broken", True), words


async def test_whatever_is_altered_in_a_page_a_browser_says_so(page: Path, tmp_path: Path) -> None:
    text, harmed = page.read_text("utf-8"), tmp_path / "harmed.html"
    async with tab(tmp_path / "profile") as shown:
        for harm in HARMS:
            assert harm(text) != text
            harmed.write_text(harm(text), encoding="utf-8", newline="")
            await shown.opened(harmed, CHECKED)
            words = await shown.said("document.getElementById('verdict').textContent")
            assert await shown.said("document.documentElement.dataset.verdict") == "broken", (harm.__name__, words)
            if harm in (in_what_is_shown, in_a_records_evidence):
                assert re.search(r"Record \d+", words), words


async def test_a_page_whose_check_was_altered_does_not_run_it(page: Path, tmp_path: Path) -> None:
    text = page.read_text("utf-8")
    harmed = text.replace("This page holds", "This page is right")
    assert harmed != text
    page.write_text(harmed, encoding="utf-8", newline="")
    async with tab(tmp_path / "profile") as shown:
        await shown.opened(page, "true")
        assert await shown.said("document.documentElement.dataset.verdict") == "unchecked"


def test_python_alone_accepts_the_page_and_refuses_every_alteration(page: Path, key: str, tmp_path: Path) -> None:
    assert by_python(page, key) == (0, "accepted\n")
    text, harmed = page.read_text("utf-8"), tmp_path / "harmed.html"
    for harm in (*HARMS, *AROUND):
        harmed.write_text(harm(text), encoding="utf-8", newline="")
        status, words = by_python(harmed, key)
        assert (status, words[:9]) == (1, "refused: "), harm.__name__
    status, words = by_python(page, str(VerifierKey("other.example/ledger", bytes(32))))
    assert (status, words[:9]) == (1, "refused: ")


def test_a_row_that_nobody_attested_is_said_to_be_the_makers_word(live: Live, key: str, tmp_path: Path) -> None:
    receipt = proposed(live)
    attest(live, "commitments")
    changed = proposed(live)  # as of which nothing was attested
    well("fetch", live.url, "--out", str(tmp_path / "copy"))
    out, at = tmp_path / "report.html", str(changed["position"])
    said = well("report", str(tmp_path / "copy"), "--row", "commitments", receipt["stream"], "--at", at,
                "--key", key, "--out", str(out))  # fmt: skip
    assert "no attestation came to this" in said
    verdict, words = asyncio.run(in_browser(out, tmp_path / "profile"))
    assert (verdict, "no record of the register says" in words) == ("incomplete", True), words
    status, words = by_python(out, key)
    assert (status, words) == (1, f"refused: commitments {receipt['stream']}: it was not attested\n")


def rewritten(live: Live, key: str, folder: Path, forge: Callable[[Evidence, Evidence], Evidence]) -> Path:
    """A page by the program itself, of evidence made from that of two moments, only the first of which is attested."""
    receipt = proposed(live)
    attest(live, "commitments")
    changed = proposed(live)
    well("fetch", live.url, "--out", str(folder / "copy"))
    wanted = [(COMMITMENTS, receipt["stream"])]
    copy, vkey = Bundle(folder / "copy"), parse_key(key)
    first, second = (reporting.report(copy, vkey, wanted, at) for at in (None, changed["position"]))
    out = folder / "report.html"
    out.write_text(drawn(forge(first, second)), encoding="utf-8", newline="")
    return out


def test_a_row_attested_of_another_position_is_not_said_to_be_of_the_pages(
    live: Live, key: str, tmp_path: Path
) -> None:
    def dated_later(first: Evidence, second: Evidence) -> Evidence:
        records = {one.position: one for one in (*first.records, *second.records)}
        return replace(first, position=second.position, records=[records[one] for one in sorted(records)])

    out = rewritten(live, key, tmp_path, dated_later)
    verdict, words = asyncio.run(in_browser(out, tmp_path / "profile"))
    assert (verdict, "the register said so as of position" in words) == ("incomplete", True), words
    assert "attested as of position" in out.read_text("utf-8").partition("<details>")[0]
    status, words = by_python(out, key)
    assert (status, words.endswith("accepted\n"), "and not of" in words) == (0, True, True), words


def test_a_row_under_the_name_of_another_is_refused(live: Live, key: str, tmp_path: Path) -> None:
    def renamed(first: Evidence, second: Evidence) -> Evidence:
        return replace(first, rows=[replace(first.rows[0], key=str(live.story.climate))])

    out = rewritten(live, key, tmp_path, renamed)
    assert asyncio.run(in_browser(out, tmp_path / "profile"))[0] == "broken"
    status, words = by_python(out, key)
    assert (status, "the row is of the key" in words) == (1, True), words


def test_what_cannot_be_reported_is_said(bundle: Path, key: str, tmp_path: Path) -> None:
    out = str(tmp_path / "report.html")
    unknown = audit("report", str(bundle), "--row", "commitments", "nobody", "--key", key, "--out", out)
    assert (unknown.exit_code, "key-unknown" in unknown.output) == (2, True)
    other = str(VerifierKey("other.example/ledger", bytes(32)))
    foreign = audit("report", str(bundle), "--row", "scorecards", "sphere:local", "--key", other, "--out", out)
    assert (foreign.exit_code, "note-unsigned" in foreign.output) == (1, True)
    assert not Path(out).exists()


def test_a_copy_that_was_altered_gives_no_report(live: Live, bundle: Path, key: str, tmp_path: Path) -> None:
    stream, entries, out = str(live.story.climate), bundle / "tile/entries/000", tmp_path / "report.html"
    records = (record for _, record in Bundle(bundle).records(0, size_of(bundle)))
    told = next(record for record in records if stream.encode() in record and b'"percent":25' in record)
    content = entries.read_bytes()
    assert content.count(told) == 1
    entries.write_bytes(content.replace(told, told.replace(b'"percent":25', b'"percent":35')))
    done = audit("report", str(bundle), "--row", "commitments", stream, "--at", "250", "--key", key,
                 "--out", str(out))  # fmt: skip
    assert (done.exit_code, "inclusion-fails" in done.output) == (1, True), done.output
    assert not out.exists()
