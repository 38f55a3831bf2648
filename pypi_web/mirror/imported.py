"""Files that were imported: what is told of them is hosted here, and their bytes are upstream's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from pypi_web import clock
from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.data.session import Database
from pypi_web.mirror import rules
from pypi_web.settings import Settings


@dataclass(frozen=True)
class Imported:
    """Those files of a project are offered that were uploaded up to `until`, None for none of them.

    `tag` is another where others are, and `stands_until` when the next one will be old enough.
    """

    until: datetime | None = None
    tag: str = ""
    stands_until: datetime | None = None


def find_imported(db: Database, settings: Settings, normalized_name: str) -> Imported:
    """Which files of a hosted project may be had although their bytes are not here."""
    if settings.mirror_upstream is None or rules.is_reserved(settings, normalized_name):
        return Imported()
    now = clock.now()
    age = rules.minimum_age(settings, normalized_name)
    if not age:
        return Imported(now, "m")
    young = _files(normalized_name, func.count(), func.min(File.uploaded_at)).where(
        File.uploaded_at > now - age
    )
    count, oldest = db.execute(young).one()
    return Imported(now - age, f"m{count}", oldest + age if count else None)


def list_imported(db: Database, normalized_name: str) -> set[tuple[str, str]]:
    """The filenames and SHA-256 of a project's files whose bytes are not hosted here; none of a
    quarantined one."""
    wanted = _files(normalized_name, File.filename, File.sha256)
    return {
        (filename, sha256)
        for filename, sha256 in db.execute(
            wanted.where(Project.status != ProjectStatus.QUARANTINED)
        )
    }


def is_imported(db: Database, normalized_name: str, filename: str, sha256: str) -> bool:
    """Whether list_imported has this file."""
    wanted = _files(normalized_name, File.id).where(
        File.filename == filename,
        File.sha256 == sha256,
        Project.status != ProjectStatus.QUARANTINED,
    )
    return db.execute(wanted).first() is not None


def _files(normalized_name: str, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(File)
        .join(Release, File.release_id == Release.id)
        .join(Project, Release.project_id == Project.id)
        .where(Project.normalized_name == normalized_name, ~File.is_stored)
    )
