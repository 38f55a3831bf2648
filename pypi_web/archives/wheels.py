"""Wheels: zip archives with a `.dist-info` folder (PEP 427)."""

import zipfile
from typing import BinaryIO

from packaging.utils import canonicalize_name

from pypi_web.archives.refusal import MAX_MEMBERS, MAX_METADATA_SIZE, ArchiveRefused
from pypi_web.standards.filenames import Filename

MAX_DIRECTORY_SIZE = 16 << 20
"""The largest directory of a zip archive that is read, in bytes: that of MAX_MEMBERS or so."""


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    _refuse_large_directory(content, filename)
    with zipfile.ZipFile(content) as archive:
        if len(archive.filelist) > MAX_MEMBERS:
            raise ArchiveRefused(f"{filename.text} has more than {MAX_MEMBERS} members.")
        return _read_member(archive, _find_metadata(archive, filename))


def _refuse_large_directory(content: BinaryIO, filename: Filename) -> None:
    """ZipFile makes an object of each entry before anybody can count them."""
    end = zipfile._EndRecData(content)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > MAX_DIRECTORY_SIZE:  # type: ignore[attr-defined]
        raise ArchiveRefused(f"{filename.text} has a directory of more than a wheel's members.")
    content.seek(0)


def _find_metadata(archive: zipfile.ZipFile, filename: Filename) -> str:
    """The METADATA of the one `.dist-info` folder at the top, which must be this project's."""
    members = [name for name in archive.namelist() if name.count("/") == 1]
    found = [name for name in members if name.endswith(".dist-info/METADATA")]
    if len(found) != 1:
        count = "no" if not found else "more than one"
        raise ArchiveRefused(f"{filename.text} holds {count} .dist-info/METADATA.")
    project = found[0].removesuffix(".dist-info/METADATA").partition("-")[0]
    if canonicalize_name(project) != filename.project:
        raise ArchiveRefused(f"{filename.text} holds {found[0]}, the metadata of another project.")
    return found[0]


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        data = member.read(MAX_METADATA_SIZE + 1)
    if len(data) > MAX_METADATA_SIZE:
        raise ArchiveRefused(f"{name} is larger than {MAX_METADATA_SIZE} bytes.")
    return data
