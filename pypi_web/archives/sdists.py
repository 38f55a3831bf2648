"""Source distributions: gzipped tar archives with one folder at the top (PEP 625, PEP 721)."""

import gzip
import tarfile
from typing import Any, BinaryIO

from pypi_web.archives.refusal import (
    MAX_MEMBERS,
    MAX_METADATA_SIZE,
    ArchiveRefused,
    max_expanded_size,
)
from pypi_web.archives.tar_members import CarefulMember
from pypi_web.standards.filenames import Filename

_CHUNK = 1 << 18


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    folder = filename.text.removesuffix(".tar.gz")
    wanted = (f"{folder}/PKG-INFO", f"./{folder}/PKG-INFO")
    found = None
    expanded: Any = _Expanded(content, filename)
    with tarfile.open(fileobj=expanded, mode="r|", tarinfo=CarefulMember) as archive:
        for count, member in enumerate(archive, start=1):
            if count > MAX_MEMBERS:
                raise ArchiveRefused(f"{filename.text} has more than {MAX_MEMBERS} members.")
            if member.name in wanted:
                found = _read_member(archive, member)
            kept: Any = archive
            kept.members.clear()  # tarfile keeps all it has seen
    while expanded.read(_CHUNK):
        pass  # to the end, where one that is cut off or damaged shows
    if found is None:
        raise ArchiveRefused(f"{filename.text} holds no {folder}/PKG-INFO.")
    return found


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        raise ArchiveRefused(f"{member.name} is not a regular file.")
    if member.size > MAX_METADATA_SIZE:
        raise ArchiveRefused(f"{member.name} is larger than {MAX_METADATA_SIZE} bytes.")
    return file.read()


class _Expanded:
    """What a gzip archive expands to, up to a limit."""

    def __init__(self, content: BinaryIO, filename: Filename) -> None:
        self._filename = filename
        self._left = max_expanded_size(content)
        self._file = gzip.GzipFile(fileobj=content)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveRefused(f"{self._filename.text} expands to more than an index takes.")
        return data
