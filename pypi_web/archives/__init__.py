"""Reads wheels and source distributions without trusting them."""

from typing import BinaryIO

from pypi_web.archives import sdists, wheels
from pypi_web.archives.contents import Contents
from pypi_web.archives.refusal import ArchiveRefused
from pypi_web.standards.filenames import Filename, PackageType

__all__ = ["ArchiveRefused", "Contents", "read"]

_KINDS = {PackageType.WHEEL: "wheel", PackageType.SDIST: "source distribution"}


def read(content: BinaryIO, filename: Filename) -> Contents:
    """What a distribution holds, once all of it was read: it is what its name says, every reader
    sees the same in it, and unpacking it touches nothing outside of where it is unpacked.

    Raises ArchiveRefused, with a sentence for the publisher, where it is not so.
    """
    reader = wheels if filename.package_type is PackageType.WHEEL else sdists
    try:
        return reader.read(content, filename)
    except ArchiveRefused as reason:
        raise ArchiveRefused(
            f"{filename.text} is not a valid {_KINDS[filename.package_type]}: {reason}."
        ) from None
