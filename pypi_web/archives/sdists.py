"""Source distributions: gzipped tar archives with one folder at the top (PEP 625, PEP 721)."""

import tarfile
from typing import Any, BinaryIO

from pypi_web.archives.refusal import (
    MAX_MEMBERS,
    MAX_METADATA_SIZE,
    ArchiveRefused,
    max_expanded_size,
)
from pypi_web.standards.filenames import Filename

MAX_HEADER_SIZE = 1 << 20
"""The largest extension header, in bytes: tarfile reads one into memory as a whole."""

_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    folder = filename.text.removesuffix(".tar.gz")
    wanted = (f"{folder}/PKG-INFO", f"./{folder}/PKG-INFO")
    limit = max_expanded_size(content)
    found = None
    with tarfile.open(fileobj=content, mode="r|gz", tarinfo=_CarefulMember) as archive:
        # To the end, so that an archive that is cut off is not taken for a whole one.
        for count, member in enumerate(archive, start=1):
            if member.offset_data + member.size > limit or count > MAX_MEMBERS:
                raise ArchiveRefused(f"{filename.text} expands to more than an index takes.")
            if member.name in wanted:
                found = _read_member(archive, member)
            archive.members.clear()  # type: ignore[attr-defined]  # it keeps all it has seen
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


class _CarefulMember(tarfile.TarInfo):
    """A member whose extension headers are looked at before they are read."""

    def _proc_member(self, archive: Any) -> Any:
        if self.type in _EXTENSIONS and self.size > MAX_HEADER_SIZE:
            raise ArchiveRefused(f"A header in the archive is larger than {MAX_HEADER_SIZE} bytes.")
        return super()._proc_member(archive)  # type: ignore[misc]
