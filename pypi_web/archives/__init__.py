"""Reads wheels and source distributions without trusting them."""

import logging
from typing import BinaryIO

from pypi_web.archives import sdists, wheels
from pypi_web.archives.refusal import ArchiveRefused
from pypi_web.standards.filenames import Filename, PackageType

__all__ = ["ArchiveRefused", "read_metadata"]

log = logging.getLogger(__name__)

_KINDS = {PackageType.WHEEL: "wheel", PackageType.SDIST: "source distribution"}


def read_metadata(content: BinaryIO, filename: Filename) -> bytes:
    """The bytes of the metadata that the distribution holds: a wheel's METADATA, a source
    distribution's PKG-INFO.

    Raises ArchiveRefused where it is no such archive or holds none.
    """
    content.seek(0)
    read = wheels if filename.package_type is PackageType.WHEEL else sdists
    try:
        return read.read_metadata(content, filename)
    except (ArchiveRefused, MemoryError):
        raise
    except Exception as error:  # the standard library's readers raise whatever a file makes of them
        log.info("%s could not be read.", filename.text, exc_info=True)
        raise ArchiveRefused(
            f"{filename.text} is not a readable {_KINDS[filename.package_type]}:"
            f" {str(error).rstrip('.') or type(error).__name__}."
        ) from None
