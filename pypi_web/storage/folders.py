"""A storage in a folder of this machine, which survives a loss of power."""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from obstore.store import LocalStore

from pypi_web.storage.stores import CHUNK, Storage, Stored, path_of, told_apart

PIECE = 1 << 18
"""Bytes that are read at a time: more leave the processor's caches before they are sent."""

_LEVEL = re.compile(r"[0-9a-f]{2}/")


class FolderStorage(Storage):
    """Writes by itself: obstore's own writing waits for no disk, so that what it has saved can be
    lost after the answer, and what it leaves when it is interrupted it does not list."""

    def __init__(self, folder: Path) -> None:
        super().__init__(LocalStore(folder))
        self._folder = folder
        self._kept: set[Path] = set()

    def save(self, sha256: str, content: BinaryIO) -> None:
        content.seek(0)
        with told_apart():
            self._write(self._folder / path_of(sha256), content)

    def size(self, sha256: str) -> int:
        with told_apart(may_be_missing=True):
            return (self._folder / path_of(sha256)).stat().st_size

    def read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        self.size(sha256)  # at once: what is asked of an iterator is asked too late
        return self._read(self._folder / path_of(sha256), start, end)

    def file_of(self, sha256: str) -> Path:
        """Where the bytes lie, if they are kept, for those who read them by themselves."""
        return self._folder / path_of(sha256)

    def list_all(self) -> Iterator[Stored]:
        with told_apart():
            yield from self._list("")

    def _read(self, path: Path, start: int, end: int) -> Iterator[bytes]:
        with told_apart(may_be_missing=True), path.open("rb", buffering=0) as file:
            file.seek(start)
            left = end - start
            while left > 0 and (chunk := file.read(min(PIECE, left))):
                left -= len(chunk)
                yield chunk

    def _write(self, path: Path, content: BinaryIO) -> None:
        part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
        self._make_folder(path.parent)
        try:
            with part.open("xb") as file:
                shutil.copyfileobj(content, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        _keep_names(path.parent)

    def _make_folder(self, folder: Path) -> None:
        """A folder with those above it, each kept by the one that it stands in: once a process,
        for another may have made it and not have waited yet."""
        if folder == self._folder or (folder in self._kept and folder.is_dir()):
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _keep_names(folder.parent)
        self._kept.add(folder)

    def _list(self, level: str) -> Iterator[Stored]:
        """What lies in a folder, `` or `ab/`; one that is not ours counts as a thing
        of its own."""
        with os.scandir(self._folder / level) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            key = level + entry.name
            try:
                if entry.is_dir():
                    key += "/"
                    if _LEVEL.fullmatch(key) and not entry.is_symlink():
                        yield from self._list(key)
                        continue
                status = entry.stat()
            except FileNotFoundError:  # removed in between, or a link to nothing
                continue
            modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
            yield Stored(key, status.st_size, modified_at)

    def _modified_at(self, key: str) -> datetime:
        with told_apart(may_be_missing=True):
            return datetime.fromtimestamp((self._folder / key).stat().st_mtime, UTC)

    def _remove(self, key: str) -> None:
        with told_apart():
            (self._folder / key).unlink(missing_ok=True)


def _keep_names(folder: Path) -> None:
    """Waits until the disk has the names in a folder, without which a file is lost with them."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # as of some network filesystems
            raise
    finally:
        os.close(descriptor)
