"""What any storage must do."""

import hashlib
import io
import threading
from pathlib import Path

import pytest

from pypi_web.settings import SettingsError
from pypi_web.storage import Storage, open_storage

CONTENT = bytes(range(256)) * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def read(storage: Storage, start: int, end: int) -> bytes:
    return b"".join(storage.read(SHA256, start, end))


def test_what_is_saved_is_read(storage: Storage):
    content = io.BytesIO(CONTENT)
    content.seek(7)

    storage.save(SHA256, content)

    assert storage.size(SHA256) == len(CONTENT)
    assert read(storage, 0, len(CONTENT)) == CONTENT
    assert read(storage, 1_000_000, 1_000_010) == CONTENT[1_000_000:1_000_010]
    assert read(storage, 5, 5) == b""


def test_it_is_read_in_pieces(storage: Storage):
    storage.save(SHA256, io.BytesIO(CONTENT))

    assert max(map(len, storage.read(SHA256, 0, len(CONTENT)))) < len(CONTENT) / 4


def test_saving_again_changes_nothing(storage: Storage):
    storage.save(SHA256, io.BytesIO(CONTENT))
    storage.save(SHA256, io.BytesIO(CONTENT))

    assert read(storage, 0, len(CONTENT)) == CONTENT


def test_what_is_not_there_is_said_at_once(storage: Storage):
    with pytest.raises(FileNotFoundError):
        storage.size(SHA256)
    with pytest.raises(FileNotFoundError):
        storage.read(SHA256, 0, 1)


def test_what_is_removed_is_gone(storage: Storage):
    storage.save(SHA256, io.BytesIO(CONTENT))

    storage.remove(SHA256)
    storage.remove(SHA256)

    with pytest.raises(FileNotFoundError):
        storage.size(SHA256)


def test_many_may_save_the_same_at_once(storage: Storage, tmp_path: Path):
    threads = [
        threading.Thread(target=storage.save, args=[SHA256, io.BytesIO(CONTENT)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read(storage, 0, len(CONTENT)) == CONTENT
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    "url", ["nothing", "s3://bucket", "ftp://example.org/", "file:///dev/null/x", "file:", ""]
)
def test_a_setting_that_names_no_storage_is_said_so(url: str):
    with pytest.raises(SettingsError, match=r"pypi_web\.storage"):
        open_storage(url)
