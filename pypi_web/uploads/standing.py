"""What the index already has that matters to one upload, and whether it may be published."""

from dataclasses import dataclass

from sqlalchemy import bindparam, literal, select

from pypi_web.data import File, Project, ProjectStatus, Release, Role, RoleName, TakenFilename
from pypi_web.data.session import Database
from pypi_web.mirror.claims import is_mirrored
from pypi_web.projects import releases
from pypi_web.security import permissions
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import RULES, Permission, decide
from pypi_web.settings import Settings
from pypi_web.standards import names, versions
from pypi_web.standards.filenames import PackageType
from pypi_web.uploads.inspection import Upload
from pypi_web.uploads.refusal import UploadRefused

_ONE_ROW = select(literal(1).label("one")).subquery("one_row")
_STANDING = (
    select(
        Project.id.label("project_id"),
        Project.status,
        Project.is_private,
        Role.name.label("role"),
        Release.id.label("release_id"),
        releases.IS_DESCRIBED.label("is_described"),
        TakenFilename.filename.label("taken_filename"),
        File.id.label("file_id"),
        File.sha256,
        File.is_stored,
    )
    .select_from(_ONE_ROW)
    .outerjoin(Project, Project.normalized_name == bindparam("project"))
    .outerjoin(Role, (Role.project_id == Project.id) & (Role.user_id == bindparam("user_id")))
    .outerjoin(
        Release,
        (Release.project_id == Project.id) & (Release.canonical_version == bindparam("version")),
    )
    .outerjoin(TakenFilename, TakenFilename.filename == bindparam("filename"))
    .outerjoin(File, File.filename == TakenFilename.filename)
)
"""All of it in one look, each by its own index, whatever there is or is not."""


@dataclass(frozen=True)
class Standing:
    """What is absent is None; `sha256` and `is_stored` are those of the file of this name."""

    project_id: int | None
    status: ProjectStatus | None
    is_private: bool | None
    role: RoleName | None
    release_id: int | None
    is_described: bool
    taken_filename: str | None
    file_id: int | None
    sha256: str | None
    is_stored: bool | None


def find(db: Database, publisher: Identity, upload: Upload) -> Standing:
    row = db.execute(
        _STANDING,
        {
            "project": upload.filename.project,
            "user_id": publisher.user_id,
            "version": versions.canonical(upload.metadata.version),
            "filename": upload.filename.text,
        },
    ).one()
    return Standing(**row._mapping)


def is_published(
    db: Database, standing: Standing, publisher: Identity, upload: Upload, settings: Settings
) -> bool:
    """Whether this very file is here already; raises UploadRefused where it may not be."""
    if standing.project_id is None:
        _refuse_new_project(db, publisher, upload, settings)
    else:
        _refuse_unless_permitted(db, standing, publisher, upload, settings)
    if standing.sha256 is None:
        _refuse_deleted(standing, upload)
        _refuse_second_sdist(db, standing, upload)
        return False
    if standing.sha256 != upload.file.sha256:
        raise UploadRefused(
            f"File already exists: {upload.filename.text} was published with other bytes"
            f" (SHA-256 {standing.sha256}). Publish a new version."
        )
    return bool(standing.is_stored)


def _refuse_unless_permitted(
    db: Database, standing: Standing, publisher: Identity, upload: Upload, settings: Settings
) -> None:
    project = upload.filename.project
    assert standing.project_id is not None
    theirs = permissions.Standing(standing.project_id, standing.role)
    decision = decide(Permission.PUBLISH, publisher, theirs)
    if not decision:
        if standing.is_private and not _may_know(standing, publisher):
            _refuse_new_project(db, publisher, upload, settings)
            raise _not_to_be_had(project)
        reason = decision.reason
        if reason == RULES[Permission.PUBLISH].refusal and not _has_owner(db, standing.project_id):
            reason = "they have no role there, and nobody owns it. Ask an administrator."
        raise UploadRefused(
            f"{publisher.user_name} may not publish to {project} with this token: {reason}",
            status=403,
        )
    if standing.status in (ProjectStatus.ARCHIVED, ProjectStatus.QUARANTINED):
        raise UploadRefused(
            f"{project} is {standing.status}: nothing is added to it (PEP 792).", status=403
        )


def _may_know(standing: Standing, publisher: Identity) -> bool:
    """Whether somebody may be told that a private project is there; what the token is for decides
    as it does where they read."""
    is_theirs = standing.role is not None or publisher.is_admin
    token = publisher.token
    return is_theirs and (token is None or token.covers(standing.project_id or 0))


def _not_to_be_had(project: str) -> UploadRefused:
    """Says no more, as there is a private project of this name or of one that looks like it."""
    return UploadRefused(f"{project} is a name that cannot be had: choose another.", status=403)


def _has_owner(db: Database, project_id: int) -> bool:
    owners = select(Role.id).where(Role.project_id == project_id, Role.name == RoleName.OWNER)
    return db.execute(owners.limit(1)).scalar() is not None


def _refuse_new_project(
    db: Database, publisher: Identity, upload: Upload, settings: Settings
) -> None:
    project = upload.filename.project
    decision = decide(Permission.CREATE_PROJECT, publisher)
    if not decision:
        raise UploadRefused(f"There is no project {project}. {decision.reason}", status=403)
    if settings.new_projects == "administrators" and not publisher.is_admin:
        raise UploadRefused(
            f"There is no project {project}, and administrators alone begin new ones on this"
            " index: ask one to publish its first file (setting pypi_web.new_projects).",
            status=403,
        )
    if project in names.RESERVED:
        raise UploadRefused(f"{project} is a name that no project may have: choose another.")
    # An administrator knows what they do, and is the way round a rule that errs.
    if publisher.is_admin:
        return
    if is_mirrored(db, settings, project):
        raise UploadRefused(
            f"{project} is mirrored from upstream, and whoever installs it here would get other"
            f" files from now on: ask an administrator to claim the name (`pypi-web mirror claim"
            f" {project} --owner {publisher.user_name}`), or to publish its first file.",
            status=403,
        )
    if settings.refuse_stdlib_names and names.is_of_stdlib(project):
        raise UploadRefused(
            f"{project} is a module of Python's standard library: choose another name, or ask an"
            " administrator to publish its first file (setting pypi_web.refuse_stdlib_names)."
        )
    if settings.refuse_lookalike_names:
        _refuse_lookalike(db, project)


def _refuse_lookalike(db: Database, project: str) -> None:
    key = names.lookalike_key(project)
    # A release of this application that knew no keys may still run beside this one.
    either = (Project.lookalike_key == key) | Project.lookalike_key.is_(None)
    columns = (Project.name, Project.normalized_name, Project.is_private)
    rows = db.execute(select(*columns).where(either))
    alike = (row for row in rows if names.lookalike_key(row.normalized_name) == key)
    found = next(alike, None)
    if found is not None:
        if found.is_private:
            raise _not_to_be_had(project)
        raise UploadRefused(
            f"{project} looks like {found.name}, a project that is here: choose another name,"
            " or ask an administrator to publish its first file (setting"
            " pypi_web.refuse_lookalike_names)."
        )


def _refuse_deleted(standing: Standing, upload: Upload) -> None:
    if standing.taken_filename is not None:
        raise UploadRefused(
            f"{upload.filename.text} was deleted, and its name is not given again."
            " Publish a new version."
        )


def _refuse_second_sdist(db: Database, standing: Standing, upload: Upload) -> None:
    if upload.filename.package_type is not PackageType.SDIST or standing.release_id is None:
        return
    # This very name may have come in since `standing` was found: that is no second one, and what
    # it is the transaction will see.
    others = select(File.filename).where(
        File.release_id == standing.release_id,
        File.package_type == PackageType.SDIST,
        File.filename != upload.filename.text,
    )
    other = db.execute(others.limit(1)).scalar()
    if other is not None:
        raise UploadRefused(
            f"The release has a source distribution, {other}, and takes no second one (PEP 527)."
            " Publish a new version."
        )
