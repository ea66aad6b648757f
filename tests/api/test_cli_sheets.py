"""`subsidia export` and `subsidia import units|commitments`: from a template to a file that comes back the same."""

import csv
from pathlib import Path

import openpyxl
import pytest

from services.importing.workbooks import read_workbook
from tests.api.test_cli_importing import counted
from tests.api.verbs import Verbs, _logs_as_they_were, database, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

UNITS = (
    "id;name.fr;sphere;kind;jurisdiction;time_zone;alive_from;parent;identifiers.1.scheme;identifiers.1.value;# notes\n"
    ";Pays neuf;regional;region;FR;Europe/Paris;1990;iso3166-1:FR;own;region;call Ada\n"
    ";Villeneuve;local;municipality;FR;Europe/Paris;later;own:region;own;town;\n"
)


@pytest.fixture
def ours(verbs: Verbs, tmp_path: Path) -> Path:
    verbs.well("import", "iso-3166", "FR")
    file = tmp_path / "ours.csv"
    file.write_text(UNITS)
    return file


def test_a_sheet_from_its_first_run_to_its_return(verbs: Verbs, ours: Path, tmp_path: Path) -> None:
    refused = verbs("import", "units", str(ours))
    assert refused.exit_code == 3
    assert "line 3, row own:town, alive_from 'later'" in refused.stderr
    assert "Nothing was written: 1 row is bad." in refused.stdout
    good = verbs.well("import", "units", str(ours), "--valid-only")
    assert (counted(good)["registered"], counted(good)["refused"]) == (1, 1)
    ours.write_text(UNITS.replace("later", "unknown"))
    assert counted(verbs.well("import", "units", str(ours), "--dry-run"))["registered"] == 1
    assert counted(verbs.well("import", "units", str(ours)))["registered"] == 1
    assert "Nothing changed" in verbs.well("import", "units", str(ours))
    file = tmp_path / "units.csv"
    said = verbs.well("export", "units", str(file))
    assert "Left out: 1 (the register's own office)" in said
    assert "Not carried" in said
    assert "Villeneuve" in file.read_text(encoding="utf-8")
    assert verbs("export", "units", str(file)).exit_code == 1
    again = verbs.well("import", "units", str(file))
    assert counted(again)["unchanged"] > 100
    assert "Nothing changed" in again
    before = file.read_bytes()
    verbs.well("export", "units", str(file), "--force", "--bom")
    assert file.read_bytes() == b"\xef\xbb\xbf" + before


def test_a_workbook_comes_back_the_same(verbs: Verbs, ours: Path, tmp_path: Path) -> None:
    ours.write_text(UNITS.replace("later", "1990-05-01"))
    verbs.well("import", "units", str(ours))
    file, other = tmp_path / "units.xlsx", tmp_path / "units.csv"
    said = verbs.well("export", "units", str(file)), verbs.well("export", "units", str(other))
    assert said[0].replace(".xlsx", ".csv") == said[1]
    with other.open(encoding="utf-8", newline="") as text:
        assert [cells for _, cells in read_workbook("", file.read_bytes(), "")[0]] == list(csv.reader(text))
    assert "Nothing changed" in verbs.well("import", "units", str(file))
    assert "Only a CSV" in verbs("export", "units", str(file), "--force", "--bom").stderr


def test_a_workbook_says_which_rows_are_bad(verbs: Verbs, ours: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.xlsx"
    verbs("import", "units", str(ours), "--report", str(report))
    page = openpyxl.load_workbook(report).active
    assert page is not None
    header, row = ([cell.value for cell in line] for line in page.iter_rows())
    told = dict(zip(header, row, strict=True))
    assert (told["line"], told["column"], told["value"]) == (3, "alive_from", "later")


def test_a_sheet_of_a_workbook_is_named(verbs: Verbs, ours: Path, tmp_path: Path) -> None:
    book, file = openpyxl.Workbook(), tmp_path / "ours.xlsx"
    page = book.create_sheet("Units")
    for line in UNITS.replace("later", "unknown").splitlines():
        page.append(line.split(";"))
    book.save(file)
    assert "lacks the columns" in verbs("import", "units", str(file)).stderr
    assert "It has: Sheet, Units." in verbs("import", "units", str(file), "--sheet", "units").stderr
    assert counted(verbs.well("import", "units", str(file), "--sheet", "Units"))["registered"] == 2


def test_a_template_may_be_a_workbook(verbs: Verbs, tmp_path: Path) -> None:
    file, other = tmp_path / "new.xlsx", tmp_path / "new.csv"
    verbs.well("import", "commitments", str(file), "--template")
    verbs.well("import", "commitments", str(other), "--template")
    ((_, header),) = read_workbook("", file.read_bytes(), "")[0]
    assert header == other.read_text().strip().split(",")
    assert "has no row" in verbs("import", "commitments", str(file)).stderr


@pytest.mark.parametrize("name", ["units", "commitments"])
def test_a_template_says_what_its_columns_mean_and_harms_nothing(verbs: Verbs, tmp_path: Path, name: str) -> None:
    file = tmp_path / "new.csv"
    said = verbs.well("import", name, str(file), "--template")
    header = file.read_text().strip().split(",")
    assert [line.split()[0] for line in said.splitlines()[: len(header)]] == header
    assert "Required." in said
    assert "already" in verbs("import", name, str(file), "--template").stderr
    assert file.read_text().strip().split(",") == header
    assert "has no row" in verbs("import", name, str(file)).stderr


@pytest.mark.parametrize(
    ("header", "said"),
    [("id,names.fr,sphere", "does not know: names.fr"), ("id,name.fr,sphere", "lacks the columns kind, jurisdiction")],
)
def test_a_wrong_file_is_refused_before_anything_is_written(
    verbs: Verbs, tmp_path: Path, header: str, said: str
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(f"{header}\n1,2,3\n")
    result = verbs("import", "units", str(file))
    assert (result.exit_code, said in result.stderr) == (1, True)


def test_an_officer_is_known_by_a_token(verbs: Verbs, ours: Path) -> None:
    assert "A token is needed" in verbs("import", "commitments", str(ours), "--officer").stderr
    unknown = verbs("import", "commitments", str(ours), "--officer", SUBSIDIA_TOKEN="sub_mistyped")
    assert "unknown, expired or revoked" in unknown.stderr


def test_whose_commitments_are_asked_for_is_said_by_a_code(verbs: Verbs, ours: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.csv"
    assert "commitments: 0 rows" in verbs.well("export", "commitments", str(file), "--unit", "iso3166-1:FR")
    unknown = verbs("export", "commitments", str(tmp_path / "x.csv"), "--unit", "insee:1")
    assert (unknown.exit_code, "No unit has this code" in unknown.stderr) == (1, True)
