"""`pypi-web check`: whether each stored file is there, with the bytes it was published with, or
those that upstream promised."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, Row, func, null, select

from pypi_web.commands.site import explained, open_site
from pypi_web.commands.stored import opened_storage, progress, tell
from pypi_web.data import File, MirroredFile, MirroredProject, Project, Release
from pypi_web.data.session import Database, reading
from pypi_web.standards import names
from pypi_web.storage import Storage, StorageUnavailable

PAGE = 200
"""How many files are taken from the database at once, so that no transaction is long."""


_HOSTED = (
    select(
        File.id,
        Project.normalized_name.label("project"),
        File.filename,
        File.size,
        File.sha256,
        File.blake2b_256,
        File.md5,
        File.metadata_sha256,
        File.is_stored.label("is_here"),
    )
    .join(Release, File.release_id == Release.id)
    .join(Project, Release.project_id == Project.id)
    .where(File.is_stored)
)
_MIRRORED = select(
    MirroredFile.id,
    MirroredFile.normalized_name.label("project"),
    MirroredFile.filename,
    MirroredFile.size,
    MirroredFile.sha256,
    null().label("blake2b_256"),
    null().label("md5"),
    MirroredFile.metadata_sha256,
    MirroredFile.is_kept.label("is_here"),
).where(MirroredFile.is_kept | MirroredFile.metadata_sha256.is_not(None))
"""Of some the metadata alone is here."""


@dataclass(frozen=True)
class Damage:
    """What is wrong with a file's bytes, or with those of its metadata."""

    sha256: str
    what: str


@click.command()
@click.option("--project", metavar="NAME", help="Check the files of one project alone.")
@click.pass_obj
def check(config: Path, *, project: str | None) -> None:
    """Verify the bytes of all stored files.

    Each is read and compared with its size and its digests, and so is its metadata. What is
    damaged or missing is named, and the exit status is 1. The site may run meanwhile.
    """
    with open_site(config) as site, opened_storage(site) as storage, explained():
        with reading(site.engine) as db:
            sources = _find_sources(db, project)
            size = sum(_measure(db, each) for each in sources)
        files = checked = damaged = 0
        with progress(size, "Checking") as bar:
            for source in sources:
                for file in list_files(site.engine, source):
                    files += file.is_here
                    checked += file.size if file.is_here else 0
                    found = find_damage(storage, file, on_progress=bar.update)
                    if found and (found := _still_wanted(site.engine, source, file, found)):
                        damaged += 1
                        for each in found:
                            tell(f"{file.project}: {file.filename}: {each.what} ({each.sha256})")
    click.echo(f"Files: {files:,} checked, {damaged:,} damaged, {checked:,} bytes.")
    if damaged:
        sys.exit(1)


def list_files(engine: Engine, source: Any) -> Iterator[Row[Any]]:
    """The files of a source, in the order in which they came."""
    id = source.selected_columns.id
    last = 0
    while True:
        with reading(engine) as db:
            page = db.execute(source.where(id > last).order_by(id).limit(PAGE)).all()
        if not page:
            return
        yield from page
        last = page[-1].id


def find_damage(
    storage: Storage, file: Row[Any], *, on_progress: Callable[[int], object]
) -> list[Damage]:
    """What is wrong with a file; `on_progress` is told of all its bytes, also of those that are
    not there to be read."""
    told = 0

    def tell_progress(size: int) -> None:
        nonlocal told
        size = min(size, file.size - told)
        told += size
        on_progress(size)

    damages = []
    if file.is_here:
        digests = {"SHA-256": file.sha256, "BLAKE2b": file.blake2b_256, "MD5": file.md5}
        what = _compare(storage, file.sha256, file.size, digests, tell_progress)
        tell_progress(file.size - told)
        damages += [Damage(file.sha256, what)] if what else []
    if file.metadata_sha256 is not None:
        digests = {"SHA-256": file.metadata_sha256}
        what = _compare(storage, file.metadata_sha256, None, digests, lambda _size: None)
        damages += [Damage(file.metadata_sha256, f"of its metadata, {what}")] if what else []
    return damages


def _compare(
    storage: Storage,
    sha256: str,
    size: int | None,
    digests: dict[str, str | None],
    on_progress: Callable[[int], object],
) -> str | None:
    """Reads what is kept under a digest; gives what is not as it should be."""
    hashes = {name: _HASHES[name]() for name, digest in digests.items() if digest is not None}
    try:
        kept = storage.size(sha256)
        if size is not None and kept != size:
            return f"{kept:,} bytes are there instead of {size:,}"
        for chunk in storage.read(sha256, 0, kept):
            for each in hashes.values():
                each.update(chunk)
            on_progress(len(chunk))
    except FileNotFoundError:
        return "the bytes are missing"
    except StorageUnavailable as error:
        return f"the bytes cannot be read: {error}"
    wrong = [name for name, each in hashes.items() if each.hexdigest() != digests[name]]
    return f"the bytes have another {', '.join(wrong)}" if wrong else None


_HASHES: dict[str, Callable[[], Any]] = {
    "SHA-256": hashlib.sha256,
    "BLAKE2b": lambda: hashlib.blake2b(digest_size=32),
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
}


def _still_wanted(
    engine: Engine, source: Any, file: Row[Any], damages: list[Damage]
) -> list[Damage]:
    """Without what was deleted or trimmed since the file was listed: that is no damage."""
    with reading(engine) as db:
        row = db.execute(source.where(source.selected_columns.id == file.id)).one_or_none()
    if row is None:
        return []
    wanted = {row.metadata_sha256, row.sha256 if row.is_here else None}
    return [each for each in damages if each.sha256 in wanted]


def _measure(db: Database, source: Any) -> int:
    files = source.subquery()
    size = select(func.coalesce(func.sum(files.c.size), 0)).where(files.c.is_here)
    return int(db.execute(size).scalar_one())


def _find_sources(db: Database, name: str | None) -> list[Any]:
    """What to take files from: those that are hosted and those that are mirrored, of one project
    or of all."""
    if name is None:
        return [_HOSTED, _MIRRORED]
    normalized_name = names.normalize(name)
    known = (
        select(Project.id).where(Project.normalized_name == normalized_name),
        select(MirroredProject.id).where(
            MirroredProject.normalized_name == normalized_name, MirroredProject.page.is_not(None)
        ),
    )
    if all(db.execute(each).scalar() is None for each in known):
        raise click.ClickException(f"There is no project {name}.")
    return [
        _HOSTED.where(Project.normalized_name == normalized_name),
        _MIRRORED.where(MirroredFile.normalized_name == normalized_name),
    ]
