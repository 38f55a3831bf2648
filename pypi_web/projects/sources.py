"""What installers are told: the one place that says which files a project has."""

from sqlalchemy import select

from pypi_web.data import File, Project, Release
from pypi_web.data.session import Database
from pypi_web.standards import addresses
from pypi_web.standards.simple_api import ListedProject, ProjectFile, ProjectList, ProjectPage

_TO_ROOT = "../../"
"""From a project's page, /simple/<project>/, to the root of the site."""


def find_serial(db: Database, normalized_name: str) -> int | None:
    """The serial of a project's last change, None for a project that is not here."""
    serial = select(Project.last_serial).where(Project.normalized_name == normalized_name)
    return db.execute(serial).scalar()


def find_page(db: Database, normalized_name: str, *, serial: int) -> ProjectPage:
    """A project's page with the files whose bytes are here, oldest version first; `serial` is what
    find_serial gave before."""
    rows = db.execute(
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
        .where(Project.normalized_name == normalized_name, File.is_stored)
        .order_by(Release.sort_key, File.filename)
    ).all()
    return ProjectPage(
        name=normalized_name,
        serial=serial,
        versions=tuple(dict.fromkeys(row.version for row in rows)),
        files=tuple(
            ProjectFile(
                filename=row.filename,
                url=_TO_ROOT + addresses.of_file(row.sha256, row.filename),
                sha256=row.sha256,
                size=row.size,
                uploaded_at=row.uploaded_at,
                requires_python=row.requires_python,
                yanked=(row.yanked_reason or "") if row.yanked else None,
                metadata_sha256=row.metadata_sha256,
            )
            for row in rows
        ),
    )


def list_projects(db: Database, *, serial: int) -> ProjectList:
    """Every project, by normalised name; `serial` is what journal.last_serial gave before."""
    rows = db.execute(
        select(Project.normalized_name, Project.last_serial).order_by(Project.normalized_name)
    )
    return ProjectList(
        serial=serial,
        projects=tuple(ListedProject(name=name, serial=last) for name, last in rows),
    )
