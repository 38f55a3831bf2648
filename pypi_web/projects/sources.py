"""What installers are told: the one place that says which files a project has."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select

from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.data.session import Database
from pypi_web.data.visibility import Viewer, is_visible
from pypi_web.standards import addresses
from pypi_web.standards.simple_api import ListedProject, ProjectFile, ProjectList, ProjectPage

TO_ROOT = "../../"
"""From a project's page, /simple/<project>/, to the root of the site."""

_ACTIVE = (ProjectStatus.ACTIVE, None)
_STATUS = select(Project.status, Project.status_reason).where(
    Project.normalized_name == bindparam("name")
)

_HOSTED = select(Project.id, Project.last_serial, Project.is_private).where(
    Project.normalized_name == bindparam("name")
)
OFFERED = or_(File.is_stored, File.uploaded_at <= bindparam("imported_until"))
"""Whether a file may be had: its bytes are here, or it was imported and is old enough (None for
none of those)."""

# Built once, and read by position: a page may have tens of thousands of files.
_FILES = (
    select(
        Release.version,
        Release.yanked,
        Release.yanked_reason,
        File.filename,
        File.size,
        File.sha256,
        File.uploaded_at,
        File.requires_python,
        File.metadata_sha256,
    )
    .join(Release, File.release_id == Release.id)
    .join(Project, Release.project_id == Project.id)
    .where(Project.normalized_name == bindparam("name"), OFFERED)
    .order_by(Release.sort_key, File.filename)
)


@dataclass(frozen=True)
class Hosted:
    """A project that is here, with the serial of its last change.

    Who may not see it (`may_see`) is told that there is none, and upstream is not asked for it.
    """

    id: int
    serial: int
    is_private: bool
    may_see: bool


def find_hosted(
    db: Database, normalized_name: str, find_viewer: Callable[[], Viewer]
) -> Hosted | None:
    """None for a project that is not here."""
    row = db.execute(_HOSTED, {"name": normalized_name}).one_or_none()
    sees = may_see(db, row, find_viewer)
    return None if row is None else Hosted(*row, may_see=sees)


def may_see(db: Database, project: Any, find_viewer: Callable[[], Viewer]) -> bool:
    """Whether who asks sees a project, of which a row was found that has `id` and `is_private`, or
    None was.

    Who it is does not matter where all see it, and is not looked for. Where there is none the same
    is asked as where one is private, so that the time of an answer does not tell one from the
    other.
    """
    if project is not None and not project.is_private:
        return True
    viewer = find_viewer()
    if viewer.user_id is None:
        return False
    theirs = select(Project.id).where(Project.id == bindparam("id"), is_visible(viewer))
    wanted = {"id": None if project is None else project.id}
    return db.execute(theirs, wanted).first() is not None


def find_page(
    db: Database, normalized_name: str, *, serial: int, imported_until: datetime | None = None
) -> ProjectPage:
    """A project's page with the files that may be had here, oldest version first, and with none
    where it is quarantined. `serial` is what find_hosted told, `imported_until` what
    mirror.imported did."""
    status, reason = db.execute(_STATUS, {"name": normalized_name}).one_or_none() or _ACTIVE
    has_files = status is not ProjectStatus.QUARANTINED
    wanted = {"name": normalized_name, "imported_until": imported_until}
    rows = db.execute(_FILES, wanted).all() if has_files else ()
    return ProjectPage(
        name=normalized_name,
        serial=serial,
        versions=tuple(dict.fromkeys(row[0] for row in rows)),
        files=tuple(
            ProjectFile(
                filename=filename,
                url=TO_ROOT + addresses.of_file(sha256, filename),
                sha256=sha256,
                size=size,
                uploaded_at=uploaded_at,
                requires_python=requires_python,
                yanked=(yanked_reason or "") if yanked else None,
                metadata_sha256=metadata_sha256,
            )
            for (
                _,
                yanked,
                yanked_reason,
                filename,
                size,
                sha256,
                uploaded_at,
                requires_python,
                metadata_sha256,
            ) in rows
        ),
        status=status.value,
        status_reason=reason,
    )


def has_private(db: Database) -> bool:
    """Whether any project is private; where none is, nobody sees more than others."""
    return db.execute(select(Project.id).where(Project.is_private).limit(1)).first() is not None


def list_private(db: Database, viewer: Viewer) -> list[int]:
    """The ids of the private projects that somebody sees."""
    if viewer.user_id is None:
        return []
    theirs = select(Project.id).where(Project.is_private, is_visible(viewer))
    return list(db.execute(theirs.order_by(Project.id)).scalars())


def list_projects(db: Database, *, serial: int, viewer: Viewer) -> ProjectList:
    """Every project that somebody sees, by normalised name; `serial` is what journal.last_serial
    gave before."""
    rows = db.execute(
        select(Project.normalized_name, Project.last_serial)
        .where(is_visible(viewer))
        .order_by(Project.normalized_name)
    )
    return ProjectList(
        serial=serial,
        projects=tuple(ListedProject(name=name, serial=last) for name, last in rows),
    )
