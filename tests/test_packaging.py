"""What holds for the distribution: our names are ours, the wheel is complete, the domain needs nothing."""

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("domain", "projections", "services", "api")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_no_dependency_claims_our_names() -> None:
    claimed = packages_distributions()
    for name in (*FOLDERS, "tests", "subsidia"):
        assert set(claimed.get(name, [])) <= {"subsidia"}, f"`import {name}` would be ambiguous"


def test_every_folder_is_a_package() -> None:
    """Without `__init__.py` a folder works, but import-linter overlooks it."""
    bare = {path.parent for path in sources(*FOLDERS) if not (path.parent / "__init__.py").exists()}
    assert not bare


def test_the_domain_and_the_folds_need_only_the_standard_library() -> None:
    known = sys.stdlib_module_names | {"domain", "projections"}
    for path in sources("domain", "projections"):
        strangers = {name for name in _imported(path) if name.partition(".")[0] not in known}
        assert not strangers, f"{path} imports {strangers}"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_adds_one_name(wheel: zipfile.ZipFile) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in wheel.namelist()} == {"subsidia"}


def test_the_wheel_holds_every_source(wheel: zipfile.ZipFile) -> None:
    packed = set(wheel.namelist())
    for path in sources(*FOLDERS):
        assert f"subsidia/_app/{path.relative_to(ROOT)}" in packed
    for path in (ROOT / "services").rglob("*.sql"):
        assert f"subsidia/_app/{path.relative_to(ROOT)}" in packed


def test_the_wheel_starts(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    started = subprocess.run(
        [sys.executable, "-P", "-c", _START, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines()[-1] == str(tmp_path / "subsidia/_app/api/cli/__init__.py")


# The checkout is importable here too (it is installed editable), so this says whose `api` was found.
_START = """
import sys
sys.path.insert(0, sys.argv[1])
import subsidia.__main__, api.cli
print(api.cli.__file__)
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_run_starts_in_a_folder_of_any_name_whatever_the_locale(tmp_path: Path) -> None:
    """An editable install names the folder in a file that Python reads by the locale, before a line of ours."""
    folder = tmp_path / "Mon dépôt à moi"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    (packages,) = (folder / ".venv/lib").glob("python*/site-packages")
    (packages / "subsidia.pth").write_text(f"{folder}\n", encoding="utf-8")
    (folder / "here.py").write_text('print("here")\n')
    program = folder / ".venv/bin/subsidia"
    program.write_text('#!/bin/sh\nexec .venv/bin/python -P -c "import here"\n')
    program.chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv/run").touch()
    said = subprocess.run(
        ["make", "--silent", "run"], cwd=folder, env={**environment, "LC_ALL": "C"}, capture_output=True, text=True
    )
    assert (said.stdout, said.stderr) == ("here\n", "")


def test_no_lock_names_an_index() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / lock).read_text().splitlines()
        assert not [line for line in lines if "://" in line or "index" in line.lower() or "find-links" in line]


def test_both_locks_agree() -> None:
    run, dev = (_pins(ROOT / name) for name in ("requirements.lock", "requirements-dev.lock"))
    assert run <= dev


def _pins(lock: Path) -> set[str]:
    return {line.partition(" ")[0] for line in lock.read_text().splitlines() if "==" in line}
