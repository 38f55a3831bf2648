"""What has come so far of files that are on their way, for all processes of this machine."""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import URL

_RIGHT = 0o400
"""The mode of a file of which all bytes are known to be right."""

_LEFT_BEHIND = 24 * 3600
"""Seconds without a byte after which a file is what a killed process left."""


@dataclass(frozen=True)
class Part:
    """A file that grows, open for reading, and the size that it is to have, if that is known."""

    file: BinaryIO
    size: int | None

    def look(self) -> tuple[int, bool]:
        """How many bytes are here, fewer than before once it has failed, and whether they are all
        and right."""
        found = os.fstat(self.file.fileno())
        return found.st_size, stat.S_IMODE(found.st_mode) == _RIGHT

    def digest(self) -> str:
        """The SHA-256 of what is here."""
        digest, at = hashlib.sha256(), 0
        while chunk := os.pread(self.file.fileno(), 1 << 20, at):
            digest.update(chunk)
            at += len(chunk)
        return digest.hexdigest()


class Parts:
    """The folder that those processes share which share a database."""

    def __init__(self, url: URL) -> None:
        told = hashlib.sha256(url.render_as_string().encode()).hexdigest()[:16]
        name = f"pypi_web-mirror-{os.geteuid()}-{told}"
        self._folder = Path(tempfile.gettempdir()) / name
        self._make_folder()
        for each in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if each.stat().st_mtime < time.time() - _LEFT_BEHIND:
                    each.unlink()

    def _make_folder(self) -> None:
        """Also where who cleans up has taken it."""
        with suppress(FileExistsError):
            self._folder.mkdir(mode=0o700)
        if not self._is_ours():
            self._folder = Path(tempfile.mkdtemp(prefix="pypi_web-mirror-"))

    def _is_ours(self) -> bool:
        """Whether nobody else can change what is in the folder."""
        try:
            found = self._folder.lstat()
        except FileNotFoundError:
            return False
        is_folder = stat.S_ISDIR(found.st_mode)
        return is_folder and found.st_uid == os.geteuid() and not found.st_mode & 0o077

    @contextmanager
    def making(self, sha256: str, size: int | None) -> Iterator[BinaryIO]:
        """A new file, to be written in the block; who reads it finds it right after that, or empty
        where the block has failed. It has no name from then on."""
        self._make_folder()
        for left in self._folder.glob(f"{sha256}-*"):
            left.unlink(missing_ok=True)
        path = self._folder / f"{sha256}-{'' if size is None else size}"
        with path.open("x+b", buffering=0) as file:
            try:
                yield file
                os.fchmod(file.fileno(), _RIGHT)
            except BaseException:
                with suppress(OSError):
                    file.truncate(0)
                raise
            finally:
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def find(self, sha256: str) -> Part | None:
        """What another process has of a file."""
        if not self._is_ours():
            return None
        for path in self._folder.glob(f"{sha256}-*"):
            with suppress(FileNotFoundError):
                return self.open(path)
        return None

    @staticmethod
    def open(path: Path) -> Part:
        size = path.name.rpartition("-")[2]
        return Part(path.open("rb", buffering=0), int(size) if size else None)
