"""`subsidia import`: from a dry run to a second run, and what is refused before."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.api.verbs import Verbs, _logs_as_they_were, database, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

SNAPSHOT = (
    "last_updated,id_code,name,country,actor_type,end_target,end_target_percentage_reduction,end_target_baseline_year,"
    "end_target_intensity_unit,end_target_other,end_target_year,end_target_status,status_date,interim_target,"
    "interim_target_percentage_reduction,interim_target_baseline_year,interim_target_intensity_unit,"
    "interim_target_other,interim_target_year,end_target_text,interim_target_text,target_notes,source_url,has_plan,"
    "reporting_mechanism\n"
    "2022-04-24 09:32:00,COU-0040,France,FRA,Country,Net zero,,,,,2050.0,In law,2020.0,,,,,,,,,,,Yes,Annual reporting\n"
    "2022-04-24 09:32:00,CIT-0105,Paris,FRA,City,Net zero,,,,,2050.0,In law,2020.0,,,,,,,,,,,Yes,Annual reporting\n"
    "2022-04-24 09:32:00,CIT-0001,Lyon,FRA,City,No target,,,,,,,,,,,,,,,,,,,\n"
    "2022-04-24 09:32:00,CIT-0002,Nice,FRA,City,Net zero,,,,,later,In law,2020.0,,,,,,,,,,,,\n"
)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    file = tmp_path / "snapshot_2022-12-20.csv"
    file.write_text(SNAPSHOT)
    return file


def counted(said: str) -> Mapping[str, int]:
    """The closing summary's counts."""
    return {
        word.strip(): int(number.replace(",", "")) for word, number in re.findall(r"^  (\D+?) +([\d,]+)$", said, re.M)
    }


def test_importing_a_snapshot_from_dry_run_to_second_run(verbs: Verbs, snapshot: Path, tmp_path: Path) -> None:
    verbs.well("import", "iso-3166", "FR")
    report = tmp_path / "report.csv"
    rehearsed = verbs("import", "net-zero-tracker", str(snapshot), "--dry-run", "--report", str(report))
    assert rehearsed.exit_code == 0
    assert "line 5, row CIT-0002, end_target_year 'later'" in rehearsed.stderr
    assert "Nothing was written." in rehearsed.stdout
    assert "CIT-0105" in report.read_text()
    done = verbs.well("import", "net-zero-tracker", str(snapshot))
    assert counted(done) == counted(rehearsed.stdout)
    assert counted(done)["adopted"] == counted(done)["queued"] == counted(done)["refused"] == 1
    again = verbs.well("import", "net-zero-tracker", str(snapshot))
    assert counted(again)["unchanged"] == 1
    assert "Nothing changed" in again
    waiting = verbs.well("import", "net-zero-tracker", "--review")
    assert "FR-75C" in waiting
    snapshot.write_text(snapshot.read_text().splitlines()[0] + "\n")
    assert "has no row" in verbs("import", "net-zero-tracker", str(snapshot)).stderr
    assert verbs.well("import", "net-zero-tracker", "--review") == waiting


@pytest.mark.parametrize(("name", "said"), [("no/such/report.csv", "no folder"), ("report.pdf", "neither in .csv nor")])
def test_a_report_that_cannot_be_written_is_said_before_anything_is(
    verbs: Verbs, tmp_path: Path, name: str, said: str
) -> None:
    result = verbs("import", "iso-3166", "FR", "--report", str(tmp_path / name))
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert counted(verbs.well("import", "iso-3166", "FR", "--dry-run"))["unchanged"] == 0


def test_a_chosen_unit_is_taken(verbs: Verbs, snapshot: Path, tmp_path: Path) -> None:
    verbs.well("import", "iso-3166", "FR")
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("row_key,unit\nCIT-0105,iso3166-2:FR-75C\n")
    assert counted(verbs.well("import", "net-zero-tracker", str(snapshot), "--match", str(chosen)))["adopted"] == 2


def test_strict_ends_with_its_own_status(verbs: Verbs, snapshot: Path) -> None:
    result = verbs("import", "net-zero-tracker", str(snapshot), "--strict")
    assert result.exit_code == 3
    assert "--strict was asked for" in result.stdout


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", b"\x00\x01"])
def test_a_wrong_file_is_refused_before_anything_is_written(verbs: Verbs, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(content)
    result = verbs("import", "net-zero-tracker", str(file))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {file}")


def test_review_without_an_import_says_so(verbs: Verbs) -> None:
    assert verbs("import", "net-zero-tracker", "--review").exit_code == 1
    assert verbs("import", "net-zero-tracker").exit_code == 2
