"""Takes a document of a catalogue into the index: what is not here yet, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import Action, File, Project, Release, TakenFilename, audit
from pypi_web.data.journal import record
from pypi_web.data.projects import lock_project
from pypi_web.data.session import Database
from pypi_web.projects import releases
from pypi_web.projects.documents import DocumentFile, DocumentProject, DocumentRelease
from pypi_web.readmes import Rendered, renderer
from pypi_web.standards import names, versions

_AT_ONCE = 500
"""Names that one query asks for; each database has a limit."""


@dataclass(frozen=True)
class Imported:
    """What became of a document; `conflicts` are sentences on files that were not taken."""

    is_new_project: bool
    added_releases: int
    unchanged_releases: int
    joined_spellings: int
    added_files: int
    unchanged_files: int
    conflicts: tuple[str, ...]

    @property
    def is_change(self) -> bool:
        return bool(self.is_new_project or self.added_releases or self.added_files)


def render_description(db: Database, document: DocumentProject) -> Rendered | None:
    """The HTML of the README, to be asked for before the transaction that imports the document;
    None where there is no README, or its release is here already."""
    metadata = document.metadata
    if not metadata.description or _is_here(db, document.name, metadata.version):
        return None
    return renderer.render(metadata.description, metadata.description_content_type)


def import_document(db: Session, document: DocumentProject, *, readme: Rendered | None) -> Imported:
    """Adds the releases and files that the index does not have, and says so in journal and audit.

    What is here stays as it is: a release keeps its metadata, and a name of a file its bytes.
    The metadata of the document goes to the release that it is of, when that one is new.
    Raises IntegrityError where somebody else was adding the same; one may try again.
    """
    lock_project(db, names.normalize(document.name), shared=True)
    project = _find(db, document.name)
    is_new_project = project is None
    if project is None:
        project = _add_project(db, document)
    releases_here = _list_releases(db, project)
    missing = [
        each for each in document.releases if versions.canonical(each.version) not in releases_here
    ]
    releases_here |= _add_releases(db, project, document, missing, readme)
    new_files, conflicts = _choose_files(db, project, document, releases_here)
    _add_files(db, new_files)
    imported = Imported(
        is_new_project=is_new_project,
        added_releases=len(missing),
        unchanged_releases=len(document.releases) - len(missing),
        joined_spellings=sum(len(each.spellings) - 1 for each in document.releases),
        added_files=len(new_files),
        unchanged_files=sum(len(each.files) for each in document.releases)
        - len(new_files)
        - len(conflicts),
        conflicts=tuple(conflicts),
    )
    if imported.is_change:
        added = {"releases": imported.added_releases, "files": imported.added_files}
        audit.note(db, "import project", project=project.normalized_name, after=added)
        record(db, project.id, project.normalized_name, Action.IMPORT, actor=None)
    return imported


def _is_here(db: Database, name: str, version: str) -> bool:
    found = (
        select(Release.id)
        .join(Project, Release.project_id == Project.id)
        .where(
            Project.normalized_name == names.normalize(name),
            Release.canonical_version == versions.canonical(version),
        )
    )
    return db.execute(found).first() is not None


def _find(db: Session, name: str) -> Project | None:
    return db.scalar(select(Project).where(Project.normalized_name == names.normalize(name)))


def _add_project(db: Session, document: DocumentProject) -> Project:
    project = Project(
        name=document.name,
        normalized_name=names.normalize(document.name),
        created_at=document.created_at or clock.now(),
    )
    db.add(project)
    db.flush()
    return project


def _list_releases(db: Session, project: Project) -> dict[str, int]:
    """The ids of a project's releases by canonical version."""
    found = select(Release.canonical_version, Release.id).where(Release.project_id == project.id)
    return {row.canonical_version: row.id for row in db.execute(found)}


def _add_releases(
    db: Session,
    project: Project,
    document: DocumentProject,
    missing: list[DocumentRelease],
    readme: Rendered | None,
) -> dict[str, int]:
    if not missing:
        return {}
    moments = _creation_times(document)
    db.execute(
        insert(Release),
        [
            {
                "project_id": project.id,
                "created_at": moments[each.version],
                "yanked": each.is_yanked,
                "yanked_reason": each.yanked_reason,
                **releases.version_columns(each.version),
            }
            for each in missing
        ],
    )
    described = versions.canonical(document.metadata.version)
    if any(versions.canonical(each.version) == described for each in missing):
        release_id = _list_releases(db, project)[described]
        releases.describe(db, release_id, document.metadata, readme=readme)
    return _list_releases(db, project)


def _creation_times(document: DocumentProject) -> dict[str, datetime]:
    """When each release began: with its first file.

    A document says nothing on releases without files. Such a one is given the time of the version
    before it, the latest that it surely is not older than, and the project's where it is the first.
    """
    moment = document.created_at or clock.now()
    moments = {}
    for release in document.releases:
        moment = moments[release.version] = release.created_at or moment
    return moments


def _choose_files(
    db: Session, project: Project, document: DocumentProject, release_ids: dict[str, int]
) -> tuple[list[tuple[int, DocumentFile]], list[str]]:
    """The files that are not here, each with its release's id, and why others cannot be taken."""
    digests = _list_digests(db, project)
    chosen: dict[str, tuple[int, DocumentFile]] = {}
    conflicts = []
    for release in document.releases:
        release_id = release_ids[versions.canonical(release.version)]
        for file in release.files:
            theirs = file.digests.sha256
            if file.filename not in digests:
                digests[file.filename] = theirs
                chosen[file.filename] = (release_id, file)
            elif digests[file.filename] != theirs:
                conflicts.append(
                    f"{file.filename} stays as it is here, SHA-256 {digests[file.filename]}:"
                    f" the document has other bytes, SHA-256 {theirs}."
                )
    for filename in _list_taken(db, list(chosen)):
        del chosen[filename]
        conflicts.append(
            f"{filename} is not taken: a file of this name was deleted here, or another project"
            " has it."
        )
    return list(chosen.values()), conflicts


def _list_digests(db: Session, project: Project) -> dict[str, str]:
    """The SHA-256 of each of a project's files by filename."""
    found = (
        select(File.filename, File.sha256)
        .join(Release, File.release_id == Release.id)
        .where(Release.project_id == project.id)
    )
    return {row.filename: row.sha256 for row in db.execute(found)}


def _list_taken(db: Session, filenames: list[str]) -> list[str]:
    taken: list[str] = []
    for start in range(0, len(filenames), _AT_ONCE):
        some = filenames[start : start + _AT_ONCE]
        found = select(TakenFilename.filename).where(TakenFilename.filename.in_(some))
        taken += db.scalars(found)
    return taken


def _add_files(db: Session, files: list[tuple[int, DocumentFile]]) -> None:
    if not files:
        return
    db.execute(insert(TakenFilename), [{"filename": file.filename} for _, file in files])
    db.execute(
        insert(File),
        [
            {
                "release_id": release_id,
                "filename": file.filename,
                "package_type": file.packagetype,
                "python_tag": file.python_version,
                "size": file.size,
                "sha256": file.digests.sha256,
                "blake2b_256": file.digests.blake2b_256,
                "md5": file.digests.md5,
                "requires_python": file.requires_python,
                "uploaded_at": file.uploaded_at,
                "is_stored": False,
                "upstream_url": file.url,
            }
            for release_id, file in files
        ],
    )
