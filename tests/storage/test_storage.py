"""What any storage must do."""

import hashlib
import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from pypi_web import clock
from pypi_web.settings import SettingsError
from pypi_web.storage import Kind, Storage, open_storage

CONTENT = bytes(range(256)) * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["folder", "object store"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(f"file://{tmp_path}/files")
    return Storage(MemoryStore())


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


def test_saving_again_changes_nothing(storage: Storage):
    storage.save(SHA256, io.BytesIO(CONTENT))
    storage.save(SHA256, io.BytesIO(CONTENT))

    assert read(storage, 0, len(CONTENT)) == CONTENT
    assert len(list(storage.list_all())) == 1


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


def test_many_may_save_the_same_at_once(storage: Storage):
    threads = [
        threading.Thread(target=storage.save, args=[SHA256, io.BytesIO(CONTENT)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read(storage, 0, len(CONTENT)) == CONTENT
    assert [each.sha256 for each in storage.list_all()] == [SHA256]


def test_all_that_is_kept_is_listed_in_the_order_of_the_digests(storage: Storage):
    contents = {hashlib.sha256(bytes([n])).hexdigest(): bytes([n]) * n for n in range(1, 40)}
    begun = clock.now()
    for sha256, content in contents.items():
        storage.save(sha256, io.BytesIO(content))

    listed = list(storage.list_all())

    assert [each.sha256 for each in listed] == sorted(contents)
    assert all(each.size == len(contents[each.sha256]) for each in listed)
    assert {each.kind for each in listed} == {Kind.BLOB}
    leeway = timedelta(seconds=1)
    assert all(begun - leeway < each.modified_at < clock.now() + leeway for each in listed)


def test_what_was_saved_anew_is_not_discarded(storage: Storage):
    storage.save(SHA256, io.BytesIO(CONTENT))
    (listed,) = storage.list_all()

    assert not storage.discard(listed, before=listed.modified_at - timedelta(microseconds=1))
    assert storage.size(SHA256) == len(CONTENT)
    assert storage.discard(listed, before=listed.modified_at)
    assert not storage.discard(listed, before=listed.modified_at)
    assert list(storage.list_all()) == []


@pytest.mark.parametrize(
    "url", ["nothing", "s3://bucket", "ftp://example.org/", "file:///dev/null/x", "file:", ""]
)
def test_a_setting_that_names_no_storage_is_said_so(url: str):
    with pytest.raises(SettingsError, match=r"pypi_web\.storage"):
        open_storage(url)
