"""The signing key in its file, and Ed25519 against the published signatures that go wrong."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from services.keys import KeyUnusable, check_with, load_or_make
from tests.data import published


def test_the_published_signatures() -> None:
    whole = json.loads(published("tlog/wycheproof/ed25519_test.json").read_text())
    wrong, count = [], 0
    for group in whole["testGroups"]:
        check = check_with(bytes.fromhex(group["publicKey"]["pk"]))
        for one in group["tests"]:
            count += 1
            if check(bytes.fromhex(one["sig"]), bytes.fromhex(one["msg"])) is not (one["result"] == "valid"):
                wrong.append((one["tcId"], one["comment"]))
    assert wrong == []
    assert count == whole["numberOfTests"] == 151


def test_a_new_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "below" / "signing.pem"
    key = load_or_make(path, may_make=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["signing.pem"]
    assert len(key.public) == 32
    assert check_with(key.public)(key.sign(b"text"), b"text")
    assert not check_with(key.public)(key.sign(b"text"), b"another")


@pytest.mark.parametrize("may_make", [True, False])
def test_the_key_that_is_there_is_kept(tmp_path: Path, may_make: bool) -> None:
    path = tmp_path / "signing.pem"
    first = load_or_make(path, may_make=True)
    content = path.read_bytes()
    assert load_or_make(path, may_make=may_make).public == first.public
    assert path.read_bytes() == content


def test_a_second_ledger_gets_another_key(tmp_path: Path) -> None:
    made = {load_or_make(tmp_path / name, may_make=True).public for name in ("one", "other")}
    assert len(made) == 2


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    for _ in range(20):
        with ThreadPoolExecutor(8) as several:
            # In one process, so with one pid: as those of containers that share the folder have.
            made = {key.public for key in several.map(lambda _: load_or_make(path, may_make=True), range(8))}
        assert made == {load_or_make(path, may_make=False).public}
        assert [one.name for one in tmp_path.iterdir()] == ["signing.pem"]
        path.unlink()


def test_a_new_key_is_on_the_disk_before_anything_is_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled, fsync = list[Path](), os.fsync

    def settle(file: int) -> None:
        settled.append(Path(os.readlink(f"/proc/self/fd/{file}")))
        fsync(file)

    monkeypatch.setattr(os, "fsync", settle)
    path = tmp_path / "signing.pem"
    load_or_make(path, may_make=True)
    assert settled[0].parent == tmp_path  # the bytes, under a name of chance
    assert settled[1:] == [path, tmp_path]


def test_an_open_ledger_never_gets_a_new_key(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    with pytest.raises(KeyUnusable, match="restore it from your backup"):
        load_or_make(path, may_make=False)
    assert list(tmp_path.iterdir()) == []


def pem(key: Ed448PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "signing.pem"
    path.write_bytes(content)
    with pytest.raises(KeyUnusable, match="cannot be read"):
        load_or_make(path, may_make=True)
    assert path.read_bytes() == content


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    path.write_bytes(pem(Ed448PrivateKey.generate()))
    with pytest.raises(KeyUnusable, match="of another kind"):
        load_or_make(path, may_make=True)


def test_a_key_under_a_password(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    load_or_make(path, may_make=True)
    key = load_pem_private_key(path.read_bytes(), password=None)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with pytest.raises(KeyUnusable, match="cannot be read"):
        load_or_make(path, may_make=False)


def test_a_folder_in_the_place_of_the_key(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be read"):
        load_or_make(tmp_path, may_make=False)
