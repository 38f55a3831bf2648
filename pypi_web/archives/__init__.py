"""Reads wheels and source distributions without trusting them."""

from typing import BinaryIO

from pypi_web.archives import sdists, wheels
from pypi_web.archives.refusal import ArchiveRefused
from pypi_web.standards.filenames import Filename, PackageType

__all__ = ["ArchiveRefused", "read_metadata"]


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    """The bytes of the metadata that the distribution holds: a wheel's METADATA, a source
    distribution's PKG-INFO.

    Raises ArchiveRefused where it is no such archive or holds none.
    """
    content.seek(0)
    if filename.package_type is PackageType.WHEEL:
        return wheels.read_metadata(content, filename)
    return sdists.read_metadata(content, filename)
