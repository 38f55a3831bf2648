"""Source distributions: gzipped tar archives with one folder at the top (PEP 625, PEP 721)."""

import tarfile
import zlib
from typing import BinaryIO

from pypi_web.archives.refusal import MAX_METADATA_SIZE, ArchiveRefused
from pypi_web.standards.filenames import Filename

MAX_EXPANDED_BEFORE_METADATA = 4 << 30
"""Bytes that may be unpacked on the way to PKG-INFO, which stands anywhere in the archive."""


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    folder = filename.text.removesuffix(".tar.gz")
    try:
        with tarfile.open(fileobj=content, mode="r|gz") as archive:
            for member in archive:
                if archive.offset > MAX_EXPANDED_BEFORE_METADATA:
                    raise ArchiveRefused(f"{filename.text} expands to too much.")
                if member.name in (f"{folder}/PKG-INFO", f"./{folder}/PKG-INFO"):
                    return _read_member(archive, member)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise ArchiveRefused(
            f"{filename.text} is not a readable source distribution: {error}."
        ) from None
    raise ArchiveRefused(f"{filename.text} holds no {folder}/PKG-INFO.")


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        raise ArchiveRefused(f"{member.name} is not a regular file.")
    if member.size > MAX_METADATA_SIZE:
        raise ArchiveRefused(f"{member.name} is larger than {MAX_METADATA_SIZE} bytes.")
    return file.read()
