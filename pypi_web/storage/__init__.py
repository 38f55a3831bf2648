"""The bytes of files, addressed by their SHA-256, on a disk or in an object store."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pypi_web.settings import SettingsError
from pypi_web.storage.folders import FolderStorage
from pypi_web.storage.stores import CHUNK, Kind, Storage, StorageUnavailable, Stored

__all__ = [
    "CHUNK",
    "Kind",
    "Storage",
    "StorageError",
    "StorageUnavailable",
    "Stored",
    "open_storage",
]


class StorageError(SettingsError):
    """The storage setting names nothing that bytes can be kept in; the message says what to do."""


def open_storage(url: str) -> Storage:
    """The storage at a URL: `file:///folder`, or `file:folder` from the working directory.

    Raises StorageError where it names nothing that can be written to.
    """
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path:
        raise StorageError(
            f"Setting pypi_web.storage is wrong: {url!r} names no folder. Write file:///folder."
        )
    folder = Path(unquote(parts.path)).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return FolderStorage(folder)
    except OSError as error:
        raise StorageError(
            f"Setting pypi_web.storage is wrong: {folder} cannot be used ({error.strerror})."
        ) from error
