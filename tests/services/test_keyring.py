"""Keys of subjects: durable before they are used, one for all who make them at once, and gone with every copy."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from services.keyring import FolderKeyring, Keyring, MemoryKeyring
from services.keys import KeyUnusable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["memory", "folder"])
def keyring(request: pytest.FixtureRequest, tmp_path: Path) -> Keyring:
    return MemoryKeyring() if request.param == "memory" else FolderKeyring(tmp_path / "deep" / "keys")


def test_a_key_stays_the_same_until_it_is_deleted(keyring: Keyring) -> None:
    ann, ben = uuid4(), uuid4()
    key = keyring.make(ann)
    assert len(key) == 32
    assert keyring.make(ann) == keyring.find(ann) == key != keyring.make(ben)
    assert keyring.subjects() == {ann, ben}
    assert keyring.delete(ann)
    assert keyring.find(ann) is None
    assert not keyring.has(ann)
    assert keyring.subjects() == {ben}
    assert keyring.make(ann) != key


def test_what_was_never_made_is_not_there(keyring: Keyring) -> None:
    assert keyring.find(uuid4()) is None
    assert not keyring.has(uuid4())
    assert not keyring.delete(uuid4())
    assert keyring.subjects() == frozenset()


def test_all_who_make_a_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    subjects = [uuid4() for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        for subject in subjects:
            assert len(set(pool.map(lambda _, one=subject: FolderKeyring(tmp_path).make(one), range(8)))) == 1
    assert sorted(os.listdir(tmp_path)) == sorted(f"{subject}.key" for subject in subjects)


def test_nobody_else_reads_the_keys(tmp_path: Path) -> None:
    keyring, ann = FolderKeyring(tmp_path / "keys"), uuid4()
    keyring.make(ann)
    assert stat.S_IMODE(keyring.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((keyring.folder / f"{ann}.key").stat().st_mode) == 0o600


def test_a_damaged_key_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    keyring, ann = FolderKeyring(tmp_path), uuid4()
    keyring.make(ann)
    (tmp_path / f"{ann}.key").write_bytes(b"short")
    for look in (keyring.find, keyring.make):
        with pytest.raises(KeyUnusable, match="5 bytes"):
            look(ann)
    assert keyring.delete(ann), "whatever is left of it can still be deleted"


def test_a_key_and_its_name_are_on_the_disk_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, link = os.fsync, os.link

    def settle(file: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else f"file of {os.fstat(file).st_size}")
        fsync(file)

    def linking(*paths: Path) -> None:
        done.append("link")
        link(*paths)

    monkeypatch.setattr(os, "fsync", settle)
    monkeypatch.setattr(os, "link", linking)
    keyring, ann = FolderKeyring(tmp_path), uuid4()
    keyring.make(ann)
    assert done[:2] == ["file of 32", "link"]
    assert done[-1] == "folder"
    done.clear()
    keyring.make(ann)
    assert done == ["file of 32", "folder"], "one that is found may be another process's that did not come to the end"


DYING = """
import os, sys
from pathlib import Path
from uuid import UUID
from services.keyring import FolderKeyring

def dies(real, before):
    def step(*args, **kwargs):
        if not before:
            real(*args, **kwargs)
        os._exit(9)
    return step

name, before = sys.argv[3], sys.argv[4] == "before"
setattr(os, name, dies(getattr(os, name), before))
FolderKeyring(Path(sys.argv[1])).make(UUID(sys.argv[2]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["fsync", "link", "unlink"])
def test_of_a_key_whose_maker_died_no_copy_outlives_its_deletion(tmp_path: Path, step: str, when: str) -> None:
    ann, folder = uuid4(), tmp_path / "keys"
    folder.mkdir()
    died = subprocess.run([sys.executable, "-c", DYING, str(folder), str(ann), step, when], cwd=ROOT, timeout=60)
    keyring = FolderKeyring(folder)
    assert died.returncode == 9
    assert os.listdir(folder), "something was left, or this test tests nothing"
    assert keyring.has(ann)
    assert ann in keyring.subjects()
    keyring.make(ann)
    assert keyring.delete(ann)
    assert os.listdir(folder) == []


def test_a_deletion_that_died_half_way_is_seen_and_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring, ann = FolderKeyring(tmp_path), uuid4()
    keyring.make(ann)
    (tmp_path / f".{ann}.0123456789abcdef.new").write_bytes((tmp_path / f"{ann}.key").read_bytes())
    unlink: Callable[[Path], None] = Path.unlink
    left = 1

    def fails(path: Path) -> None:
        nonlocal left
        if left == 0:
            raise OSError(5, "Input/output error")
        left -= 1
        unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fails)
        with pytest.raises(OSError, match="Input/output"):
            keyring.delete(ann)
    assert keyring.has(ann)
    assert keyring.delete(ann)
    assert os.listdir(tmp_path) == []
