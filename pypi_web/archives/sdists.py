"""Source distributions: gzipped tar archives with one folder at the top (PEP 625, PEP 721)."""

import tarfile
import zlib
from typing import BinaryIO

from pypi_web.archives.refusal import MAX_METADATA_SIZE, ArchiveRefused
from pypi_web.standards.filenames import Filename

MAX_EXPANDED_SIZE = 4 << 30
"""Bytes that a source distribution may expand to."""


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    folder = filename.text.removesuffix(".tar.gz")
    found = None
    try:
        with tarfile.open(fileobj=content, mode="r|gz") as archive:
            # To the end, so that an archive that is cut off is not taken for a whole one.
            for member in archive:
                if member.offset_data + member.size > MAX_EXPANDED_SIZE:
                    raise ArchiveRefused(f"{filename.text} expands to more than an index takes.")
                if member.name in (f"{folder}/PKG-INFO", f"./{folder}/PKG-INFO"):
                    found = _read_member(archive, member)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise ArchiveRefused(
            f"{filename.text} is not a readable source distribution: {error}."
        ) from None
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
