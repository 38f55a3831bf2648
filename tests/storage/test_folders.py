"""What a storage in a folder must do besides."""

import errno
import hashlib
import io
import os
import shutil
from pathlib import Path

import pytest

from pypi_web import clock
from pypi_web.storage import Kind, Storage, StorageUnavailable

CONTENT = bytes(range(256)) * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def path_in(folder: Path) -> Path:
    return folder / SHA256[:2] / SHA256


def test_the_disk_has_all_when_a_save_returns(
    storage: Storage, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    synced = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((os.fstat(descriptor).st_ino, path_in(folder).exists()))

    monkeypatch.setattr(os, "fsync", note)

    storage.save(SHA256, io.BytesIO(CONTENT))

    path = path_in(folder)
    assert synced == [
        (folder.stat().st_ino, False),
        (path.stat().st_ino, False),
        (path.parent.stat().st_ino, True),
    ]


def test_a_folder_that_was_removed_is_made_again(storage: Storage, folder: Path):
    storage.save(SHA256, io.BytesIO(CONTENT))
    shutil.rmtree(path_in(folder).parent)

    storage.save(SHA256, io.BytesIO(CONTENT))

    assert storage.size(SHA256) == len(CONTENT)


def test_a_full_disk_is_told_of_and_nothing_is_left(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
):
    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(StorageUnavailable, match="No space left on device"):
        storage.save(SHA256, io.BytesIO(CONTENT))

    assert list(storage.list_all()) == []


def test_a_folder_that_cannot_be_used_is_told_of(storage: Storage, folder: Path):
    folder.rmdir()
    folder.write_text("no folder")

    for act in (
        lambda: storage.save(SHA256, io.BytesIO(CONTENT)),
        lambda: storage.size(SHA256),
        lambda: storage.read(SHA256, 0, 1),
        lambda: storage.remove(SHA256),
        lambda: list(storage.list_all()),
    ):
        with pytest.raises(StorageUnavailable, match="Not a directory"):
            act()


def test_it_is_read_in_pieces(storage: Storage):
    storage.save(SHA256, io.BytesIO(CONTENT))

    assert max(map(len, storage.read(SHA256, 0, len(CONTENT)))) < len(CONTENT) / 4


@pytest.mark.parametrize("suffix", [".0123456789abcdef.part", "#1"])
def test_what_an_interrupted_save_has_left_is_listed_and_can_be_discarded(
    storage: Storage, folder: Path, suffix: str
):
    storage.save(SHA256, io.BytesIO(CONTENT))
    path = path_in(folder)
    left = path.with_name(path.name + suffix)
    left.write_bytes(b"some")

    found = {each.kind: each for each in storage.list_all()}

    assert set(found) == {Kind.BLOB, Kind.LEFTOVER}
    assert (found[Kind.LEFTOVER].sha256, found[Kind.LEFTOVER].size) == (SHA256, 4)
    assert storage.discard(found[Kind.LEFTOVER], before=clock.now())
    assert not left.exists()
    assert path.exists()


@pytest.mark.parametrize(
    "key",
    [
        "README",
        SHA256,
        f"ab/{SHA256}",
        f"{SHA256[:2]}/{SHA256.upper()}",
        f"{SHA256[:2]}/{SHA256}.txt",
        f"{SHA256[:2]}/notes.part",
    ],
)
def test_what_is_none_of_ours_is_told_apart(storage: Storage, folder: Path, key: str):
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    (folder / key).write_text("something")

    assert [(each.key, each.kind) for each in storage.list_all()] == [(key, Kind.FOREIGN)]


def test_a_folder_that_is_none_of_ours_is_not_looked_into(storage: Storage, folder: Path):
    (folder / "lost+found" / "below").mkdir(parents=True)
    (folder / "itself").symlink_to(folder)

    assert [each.key for each in storage.list_all()] == ["itself/", "lost+found/"]


def test_a_folder_that_is_linked_is_not_looked_into(storage: Storage, folder: Path, tmp_path: Path):
    storage.save(SHA256, io.BytesIO(CONTENT))
    (folder / SHA256[:2]).rename(tmp_path / "elsewhere")
    (folder / SHA256[:2]).symlink_to(tmp_path / "elsewhere")

    assert [(each.key, each.kind) for each in storage.list_all()] == [
        (f"{SHA256[:2]}/", Kind.FOREIGN)
    ]
