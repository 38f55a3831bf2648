"""Reads the documents of catalogues one after another: in folders, tar archives and alone."""

import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pypi_web.archives.tar_members import CarefulMember
from pypi_web.projects import documents

SUFFIX = ".json"
_MAX_HEADER = 1 << 20
_NO_DOCUMENT = f"no {SUFFIX} document in it."
_DAMAGES = (tarfile.TarError, lzma.LZMAError, zlib.error, OSError, EOFError, ValueError)


@dataclass(frozen=True)
class Found:
    """A document by its name, or else the reason why it cannot be read; so too a folder or an
    archive that has none."""

    name: str
    content: bytes = b""
    problem: str | None = None


def measure(paths: Iterable[Path]) -> int:
    """How many bytes `read` is going to go through; an archive's count as they are, compressed."""
    return sum(file.stat().st_size for path in paths for file in _list_files(path))


def read(paths: Iterable[Path], *, on_progress: Callable[[int], object]) -> Iterator[Found]:
    """The documents of all paths, one in memory at a time; `on_progress` is told of bytes."""
    for path in paths:
        files = _list_files(path)
        if not files:
            yield Found(f"{path}/", problem=_NO_DOCUMENT)
        for file in files:
            try:
                if file.suffix.lower() == SUFFIX:
                    with file.open("rb") as content:
                        yield _read_document(str(file), content, os.fstat(content.fileno()).st_size)
                        on_progress(content.tell())
                else:
                    yield from _read_archive(file, on_progress)
            except _DAMAGES as error:
                yield Found(str(file), problem=_explain(file, error))


def _list_files(path: Path) -> list[Path]:
    """A file itself, or a folder's documents, also those in folders below."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob(f"*{SUFFIX}") if file.is_file())


def _read_document(name: str, content: BinaryIO, size: int) -> Found:
    if size > documents.MAX_SIZE:
        return Found(name, problem=documents.TOO_LARGE)
    return Found(name, content.read(documents.MAX_SIZE + 1))


def _read_archive(path: Path, on_progress: Callable[[int], object]) -> Iterator[Found]:
    told = 0
    is_empty = True
    with (
        path.open("rb") as file,
        tarfile.open(fileobj=file, mode="r|*", tarinfo=CarefulMember) as archive,
    ):
        for member in archive:
            if member.isreg() and member.name.lower().endswith(SUFFIX):
                is_empty = False
                content = archive.extractfile(member)
                assert content is not None, "a regular member has content"
                yield _read_document(f"{path}: {member.name}", content, member.size)  # type: ignore[arg-type]
            on_progress(file.tell() - told)
            told = file.tell()
    if is_empty:
        yield Found(str(path), problem=_NO_DOCUMENT)


def _explain(file: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"It cannot be read: {error.strerror}."
    if file.suffix.lower() == SUFFIX:
        return f"It cannot be read: {error}."
    return f"It is neither a folder, a {SUFFIX} document nor a sound tar archive ({error})."
