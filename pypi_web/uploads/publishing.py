"""Takes a file into the index: bytes first, then the rows that name them."""

import io
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from transaction.interfaces import TransientError

from pypi_web.data import (
    Action,
    File,
    Project,
    Release,
    Role,
    RoleName,
    TakenFilename,
)
from pypi_web.data.journal import record
from pypi_web.projects import releases
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import Permission, may, may_publish
from pypi_web.security.tokens import touch
from pypi_web.standards import versions
from pypi_web.storage import Storage
from pypi_web.uploads.inspection import Upload
from pypi_web.uploads.refusal import UploadRefused

ATTEMPTS = 3


def publish(
    db: Session, transactions: Any, storage: Storage, *, publisher: Identity, upload: Upload
) -> None:
    """Adds the file to its project and release, making those that are new.

    `db` belongs to the transaction manager `transactions`. Nobody may be in a transaction while
    a file is on its way to the storage, which takes as long as it takes: so this looks first
    whether the upload is allowed, saves the bytes, and looks again in the transaction that adds
    the rows. A loser of a race (another has taken the name in between) starts again and is then
    told why; the bytes that it saved stay, named by no row. An upload that is here already is a
    success. Raises UploadRefused.
    """
    if transactions.run(lambda: _is_here(db, publisher, upload), tries=ATTEMPTS):
        return
    storage.save(upload.file.sha256, upload.file.content)
    if upload.metadata_sha256 is not None:
        storage.save(upload.metadata_sha256, io.BytesIO(upload.raw_metadata))
    transactions.run(lambda: _add(db, publisher, upload), tries=ATTEMPTS)


def _is_here(db: Session, publisher: Identity, upload: Upload) -> bool:
    """Whether this very file is published already; raises UploadRefused where it may not be."""
    project_id = db.execute(
        select(Project.id).where(Project.normalized_name == upload.filename.project)
    ).scalar()
    _refuse_unless_permitted(db, publisher, upload, project_id)
    sha256 = db.execute(select(File.sha256).where(File.filename == upload.filename.text)).scalar()
    if sha256 == upload.file.sha256:
        return True
    if sha256 is not None:
        raise UploadRefused(
            f"File already exists: {upload.filename.text} was published with other bytes"
            f" (SHA-256 {sha256}). Publish a new version."
        )
    if db.get(TakenFilename, upload.filename.text) is not None:
        raise UploadRefused(
            f"{upload.filename.text} was deleted, and its name is not given again."
            " Publish a new version."
        )
    return False


def _refuse_unless_permitted(
    db: Session, publisher: Identity, upload: Upload, project_id: int | None
) -> None:
    if project_id is None:
        if not may(Permission.CREATE_PROJECT, publisher):
            raise UploadRefused(
                f"There is no project {upload.filename.project}, and this token is for another"
                " project alone: make a token for all projects.",
                status=403,
            )
    elif not may_publish(db, publisher, project_id):
        raise UploadRefused(
            f"{publisher.user_name} may not publish to {upload.filename.project} with this token:"
            " ask one of the project's owners, or use a token that is for this project.",
            status=403,
        )


def _add(db: Session, publisher: Identity, upload: Upload) -> None:
    if _is_here(db, publisher, upload):
        return
    try:
        project = _find_or_create_project(db, publisher, upload)
        release = _find_or_create_release(db, project, upload)
        _add_file(db, release, publisher, upload)
        record(
            db,
            project,
            Action.ADD_FILE,
            actor=publisher.user_name,
            version=release.version,
            filename=upload.filename.text,
        )
    except IntegrityError as error:
        raise TransientError("another publisher was first") from error
    if publisher.token is not None:
        touch(db, publisher.token.token_id)


def _find_or_create_project(db: Session, publisher: Identity, upload: Upload) -> Project:
    project = db.scalar(select(Project).where(Project.normalized_name == upload.filename.project))
    if project is None:
        project = Project(name=upload.metadata.name, normalized_name=upload.filename.project)
        db.add(project)
        db.flush()
        db.add(Role(project_id=project.id, user_id=publisher.user_id, name=RoleName.OWNER))
        record(db, project, Action.CREATE_PROJECT, actor=publisher.user_name)
    return project


def _find_or_create_release(db: Session, project: Project, upload: Upload) -> Release:
    """The file's release; the first file of a release says what its metadata is."""
    release = db.scalar(
        select(Release).where(
            Release.project_id == project.id,
            Release.canonical_version == versions.canonical(upload.metadata.version),
        )
    )
    if release is None:
        release = releases.add(
            db, project, upload.metadata, description_html=upload.description_html
        )
    return release


def _add_file(db: Session, release: Release, publisher: Identity, upload: Upload) -> None:
    db.add(TakenFilename(filename=upload.filename.text))
    db.flush()
    db.add(
        File(
            release_id=release.id,
            filename=upload.filename.text,
            package_type=upload.filename.package_type,
            python_tag=upload.filename.python_tag,
            size=upload.file.size,
            sha256=upload.file.sha256,
            blake2b_256=upload.file.blake2b_256,
            md5=upload.file.md5,
            requires_python=upload.metadata.requires_python,
            metadata_sha256=upload.metadata_sha256,
            uploader_id=publisher.user_id,
        )
    )
    db.flush()
