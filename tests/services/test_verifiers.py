"""Verifiers that nobody here wrote accept our log, and refuse it when one byte is wrong. `.ci/run` installs them."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.ledger import notes, proof_files
from domain.ledger.records import canonical, sealed_hash
from projections.views import ATTESTED
from services.audit import proving
from services.audit.bundle import Bundle
from services.audit.replaying import Replay, group_of
from services.views.tables import Table
from tests.data import published
from tests.services.audited import VKEY, Golden, written

HERE = Path(__file__).resolve().parents[1] / "verifiers"
GOPATH = Path(os.environ.get("SUBSIDIA_GOPATH", "/usr/share/gocode"))
NODE_MODULES = Path(os.environ.get("SUBSIDIA_NODE_MODULES", HERE.parents[1] / ".ci" / "node_modules"))


@pytest.fixture(scope="session")
def go_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("Go and golang.org/x/mod are absent: apt install golang-go golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache")}
    built = subprocess.run(
        ["go", "build", "-o", str(folder / "tlog"), str(HERE / "tlog.go")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder / "tlog"


@pytest.fixture
def bundle(bundled: Path, tmp_path: Path) -> Bundle:
    shutil.copytree(bundled, tmp_path / "bundle")
    return Bundle(tmp_path / "bundle")


def run(*words: object) -> tuple[int, str]:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def flip(bundle: Bundle, path: str, place: int) -> None:
    content = bytearray(bundle.read(path) or b"")
    content[place] ^= 1
    bundle.write(path, bytes(content))


def test_go_accepts_signature_inclusion_and_consistency(go_driver: Path, bundled: Path, golden: Golden) -> None:
    older = golden.size - 5
    for position in (0, 255, 256, golden.size - 1):
        assert run(go_driver, VKEY, bundled, position, older) == (0, "accepted\n")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("tile/entries/000", 300),
        ("tile/0/000", 40),  # in the proof of record 0: x/mod 0.7 does not authenticate all of a tile that it reads
        ("tile/1/000.p/1", 7),
        ("checkpoint", 40),
        ("checkpoint", -10),
        ("checkpoints/OLDER", -10),
    ],
)
def test_go_refuses_one_wrong_byte(path: str, place: int, go_driver: Path, bundle: Bundle, golden: Golden) -> None:
    older = golden.size - 5
    flip(bundle, path.replace("OLDER", str(older)), place)
    status, said = run(go_driver, VKEY, bundle.folder, 0, older)
    assert status == 1, said
    assert said.startswith("refused: ")


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (NODE_MODULES / "@sigstore/verify").is_dir():
        pytest.skip(f"@sigstore/verify is absent: npm install --prefix {NODE_MODULES.parent} @sigstore/verify")
    return found


def test_sigstore_accepts_signature_and_inclusion_and_refuses_another_record(
    node: str, bundled: Path, golden: Golden, tmp_path: Path
) -> None:
    bundle, proof, record = Bundle(bundled), tmp_path / "x.tlog-proof", tmp_path / "record"
    check = (node, HERE / "sigstore.cjs", NODE_MODULES, VKEY, proof, record)
    for position in (0, 255, 256, golden.size - 1):
        found = proving.prove(bundle, position)
        proof.write_text(str(found))
        record.write_bytes(bundle.record(position, golden.size))
        assert run(*check) == (0, "accepted\n")
        record.write_bytes(record.read_bytes() + b" ")
        assert run(*check)[0] == 1
        record.write_bytes(bundle.record(position, golden.size))
        signature = found.checkpoint.replace("\n\u2014 ", "\n\u2014  ", 1)
        assert proof_files.parse(str(found)) == found
        for wrong in (
            str(found).replace(found.checkpoint, signature),
            str(found).replace(f"\n{golden.size}\n", f"\n{golden.size - 1}\n"),
        ):
            assert wrong != str(found)
            proof.write_text(wrong)
            status, said = run(*check)
            assert (status, said[:9]) == (1, "refused: ")


# --- one that needs nothing but Python ---

ALONE = (sys.executable, "-I", HERE / "alone.py")


def test_the_one_of_the_standard_library_accepts_the_ledger(bundled: Path, golden: Golden, tmp_path: Path) -> None:
    assert run(*ALONE, "verify", bundled, VKEY) == (0, "accepted\n")
    bundle, proof, record = Bundle(bundled), tmp_path / "x.tlog-proof", tmp_path / "record"
    for position in (0, 1, 255, 256, golden.size - 2, golden.size - 1):
        proof.write_text(str(proving.prove(bundle, position)))
        record.write_bytes(bundle.record(position, golden.size))
        assert run(*ALONE, "proof", proof, record, VKEY) == (0, "accepted\n")
        shown = json.loads(record.read_bytes())
        record.write_bytes(record.read_bytes() + b" ")
        assert run(*ALONE, "proof", proof, record, VKEY)[0] == 1
        record.write_text(json.dumps({"position": position, "record": shown}))
        assert run(*ALONE, "proof", proof, record, VKEY) == (0, "accepted\n")
        record.write_text(json.dumps({"position": position, "record": shown | {"ver": 99}}))
        assert run(*ALONE, "proof", proof, record, VKEY)[0] == 1


@pytest.mark.parametrize(
    ("path", "place"),
    [("tile/entries/000", 300), ("tile/entries/000", 0), ("checkpoint", 40), ("checkpoint", -10), ("checkpoint", 3)],
)
def test_the_one_of_the_standard_library_refuses_one_wrong_byte(path: str, place: int, bundle: Bundle) -> None:
    flip(bundle, path, place)
    status, said = run(sys.executable, "-I", "-O", HERE / "alone.py", "verify", bundle.folder, VKEY)
    assert (status, said[:9]) == (1, "refused: ")


def test_the_one_of_the_standard_library_knows_the_published_signatures() -> None:
    signed = runpy.run_path(str(HERE / "alone.py"))["signed"]
    count = 0
    for group in json.loads(published("tlog/wycheproof/ed25519_test.json").read_text())["testGroups"]:
        for one in group["tests"]:
            count += 1
            words = [bytes.fromhex(text) for text in (group["publicKey"]["pk"], one["msg"], one["sig"])]
            if one["result"] == "valid":
                signed(*words)
            else:
                with pytest.raises((ValueError, LookupError)):
                    signed(*words)
    assert count == 151


def test_the_one_of_the_standard_library_refuses_what_is_not_of_the_form(bundle: Bundle, tmp_path: Path) -> None:
    longer = notes.VerifierKey(VKEY.name, VKEY.public + b"\0")
    proof, record = tmp_path / "x.tlog-proof", tmp_path / "record"
    whole = written(tmp_path / "told", [b'{"nth":%d}' % nth for nth in range(8)])
    record.write_bytes(whole.record(7, 8))
    text = str(proving.prove(whole, 7))
    for form in (text.replace("index 7", "index -1"), text.replace("@v1", "@v2", 1), text.replace("index", "place")):
        assert form != text
        proof.write_text(form)
        status, said = run(*ALONE, "proof", proof, record, VKEY)
        assert (status, said[:9]) == (1, "refused: "), form
    assert run(*ALONE, "verify", bundle.folder, longer) == (1, "refused: no Ed25519 key\n")
    status, said = run(*ALONE, "verify", written(tmp_path / "list", [b"[]"]).folder, VKEY)
    assert (status, said[:9]) == (1, "refused: ")


def test_the_one_of_the_standard_library_refuses_another_history(bundled: Path, golden: Golden, tmp_path: Path) -> None:
    """Signed throughout, but without order: a record twice, one left out, two in each other's place, spaces in one."""
    states = [record for _, record in Bundle(bundled).records(0, golden.size)]
    first = next(nth for nth, state in enumerate(states) if json.loads(state)["of"] == [1, 2])
    for number, told in enumerate(
        (
            [*states, states[-1]],
            [*states[:first], *states[first + 1 :]],
            [*states[:-2], states[-1], states[-2]],
            [*states[:-1], states[-1].replace(b":", b": ", 1)],
        )
    ):
        status, said = run(*ALONE, "verify", written(tmp_path / str(number), told).folder, VKEY)
        assert (status, said[:9]) == (1, "refused: "), said


def test_the_one_of_the_standard_library_comes_to_the_same_digest(bundled: Path, golden: Golden) -> None:
    for view in ATTESTED:
        replay = Replay(Bundle(bundled), group_of(view))
        replay.until(golden.size - 1)
        stood = replay.dumped(view)
        lines = b"".join(Table(view).form.encode(key, row) + b"\n" for key, row in replay.rows(view))
        words = [str(word) for word in (*ALONE, "dump", view.name, view.version)]
        done = subprocess.run(words, input=lines, capture_output=True, check=True)
        assert done.stdout.decode().strip() == stood.digest, view.name


def test_the_one_of_the_standard_library_knows_what_was_sealed(bundle: Bundle, golden: Golden, tmp_path: Path) -> None:
    record = json.loads(bundle.record(0, golden.size))
    salt, text = bytes(range(32)), "Zoë Example"
    record["sealed"] = {"/name": sealed_hash(salt, text)}
    told = [canonical(record)]
    words = (*ALONE, "sealed", written(tmp_path / "told", told).folder, f"{record['id']}/1", "/name")
    assert run(*words, text, salt.hex()) == (0, "accepted\n")
    assert run(*words, "Zoe Example", salt.hex())[0] == 1
