"""What deploys the register, as far as it can be checked where no container runs."""

import re
import shutil
import subprocess
from fnmatch import fnmatch
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
UNIT = (DEPLOY / "subsidia.service").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, comments left out and lines joined."""
    lines = "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines.splitlines() if line)]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    shown = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all((ROOT / path).exists() for path in shown)
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and not rest.startswith("--from")]
    paths = [path for paths in copied for path in paths]
    assert sorted(paths) == sorted(shown), "the context holds what is copied, and nothing else"


def test_the_image_holds_what_the_wheel_is_built_from() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"only-include = \[(.*?)\]", project)
    assert listed is not None
    copied = " ".join(rest for word, rest in stages()[0] if word == "COPY")
    for folder in re.findall(r'"([\w/]+)"', listed[1]):
        assert any(fnmatch(folder, f"{path}*") for path in copied.split()), folder


def test_packages_come_from_the_lock_by_hash_and_no_index_is_named() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert ["--require-hashes" in one or "--no-index" in one for one in installs] == [True, True]
    assert "index-url" not in DOCKERFILE
    assert "://" not in DOCKERFILE.replace("http://127.0.0.1", "")


def test_what_only_builds_is_taken_out_of_the_image_and_nothing_else() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", lock, re.M)}
    taken = [rest.partition("pip uninstall --yes ")[2] for word, rest in instructions() if "pip uninstall" in rest]
    assert set(taken[0].split()) == locked - _needed("subsidia") | {"pip"}


def _applies(one: Requirement) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": ""})


def _needed(package: str) -> set[str]:
    """Whatever a package needs to run, and whatever that needs in turn; itself, too."""
    found, ahead = set[str](), [canonicalize_name(package)]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            wanted = [one for one in map(Requirement, requires(name) or ()) if _applies(one)]
            ahead += [canonicalize_name(one.name) for one in wanted]
    return found


def test_the_image_is_the_last_stage_and_runs_as_nobody_in_particular() -> None:
    last = stages()[-1]
    assert len(stages()) == 2
    assert ("USER", "10001:10001") in last
    assert not [rest for word, rest in last if word == "COPY" and "/build" in rest.split()[-2]]
    after = [word for word, _ in last[last.index(("USER", "10001:10001")) :]]
    assert "RUN" not in after
    assert [rest for word, rest in last if word in ("ENTRYPOINT", "CMD")] == ['["subsidia"]', '["serve"]']


def test_the_image_says_by_itself_whether_it_lives() -> None:
    said = next(rest for word, rest in stages()[-1] if word == "HEALTHCHECK")
    python, option, code = yaml.safe_load(said.partition("CMD")[2])
    assert (python, option) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert "/livez" in code


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_the_compose_file_names_only_what_it_declares(compose: dict[str, Any]) -> None:
    assert compose.keys() == {"name", "services", "volumes", "networks"}
    for service in compose["services"].values():
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= compose["volumes"].keys()
        assert set(service["networks"]) <= compose["networks"].keys()
        assert service.get("depends_on", {}).keys() <= compose["services"].keys()
    build = compose["services"]["register"]["build"]
    context = (DEPLOY / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()


def test_the_database_is_waited_for_and_seen_by_the_register_only(compose: dict[str, Any]) -> None:
    register, postgres = compose["services"]["register"], compose["services"]["postgres"]
    assert register["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert postgres["healthcheck"]["test"][1] == "pg_isready"
    assert "ports" not in postgres
    assert [compose["networks"][name] for name in postgres["networks"]] == [{"internal": True}]


def test_the_compose_file_holds_no_secret_and_invents_none(compose: dict[str, Any]) -> None:
    needed = r"\$\{(POSTGRES_PASSWORD|SUBSIDIA_ORIGIN):\?"
    register, postgres = (compose["services"][name]["environment"] for name in ("register", "postgres"))
    assert re.match(needed, postgres["POSTGRES_PASSWORD"])
    assert re.search(rf"subsidia:{needed}", register["DATABASE_URL"])
    assert re.match(needed, register["SUBSIDIA_ORIGIN"])
    assert "/.env" in f"/{(ROOT / '.gitignore').read_text()}".replace("\n", "/")


@pytest.mark.parametrize(
    "line",
    ["User=subsidia", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "CapabilityBoundingSet=",
     "StateDirectory=subsidia", "StateDirectoryMode=0700", "UMask=0077"],
)  # fmt: skip
def test_the_unit_has_no_more_rights_than_it_needs(line: str) -> None:
    assert line in UNIT.splitlines()


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd is not installed; the unit is checked where it is.")
    program = tmp_path / "subsidia"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "subsidia.service"
    unit.write_text(UNIT.replace("/opt/subsidia/bin/subsidia", str(program)))
    done = subprocess.run([verify, "verify", str(unit)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
