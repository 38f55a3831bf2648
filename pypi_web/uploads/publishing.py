"""Takes a file into the index: bytes first, then the rows that name them."""

import io
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from transaction.interfaces import TransientError

from pypi_web import clock
from pypi_web.data import Action, File, Project, Release, Role, RoleName, TakenFilename
from pypi_web.data.journal import record
from pypi_web.data.session import Database
from pypi_web.projects import releases
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import Permission, may, may_publish
from pypi_web.security.tokens import touch
from pypi_web.standards import versions
from pypi_web.storage import Storage
from pypi_web.uploads.inspection import Upload
from pypi_web.uploads.refusal import UploadRefused

ATTEMPTS = 4


def publish(
    db: Session,
    transactions: Any,
    storage: Storage,
    *,
    reading: AbstractContextManager[Connection],
    publisher: Identity,
    upload: Upload,
) -> None:
    """Adds the file to its project and release, making those that are new.

    `db` belongs to the transaction manager `transactions`; `reading` is a look outside of it. No
    transaction may be open while a file is on its way to the storage, which takes as long as it
    takes: so this looks first whether the upload is allowed, saves the bytes, and looks again in
    the transaction that adds the rows. A loser of a race (another has taken the name in between)
    starts again and is then told why; the bytes that it saved stay, named by no row. An upload
    that is here already is a success. Raises UploadRefused.
    """
    with reading as look:
        is_here = _is_here(look, publisher, upload)
    if not is_here:
        storage.save(upload.file.sha256, upload.file.content)
        if upload.metadata_sha256 is not None:
            storage.save(upload.metadata_sha256, io.BytesIO(upload.raw_metadata))
    try:
        transactions.run(lambda: _add(db, publisher, upload), tries=ATTEMPTS)
    except TransientError:
        raise UploadRefused(
            "Others were publishing the same at this moment: try again.", status=503
        ) from None


def _is_here(db: Database, publisher: Identity, upload: Upload) -> bool:
    """Whether this very file is published already; raises UploadRefused where it may not be."""
    project_id = db.execute(
        select(Project.id).where(Project.normalized_name == upload.filename.project)
    ).scalar()
    _refuse_unless_permitted(db, publisher, upload, project_id)
    file = db.execute(
        select(File.sha256, File.is_stored).where(File.filename == upload.filename.text)
    ).one_or_none()
    if file is None:
        _refuse_deleted(db, upload)
        return False
    if file.sha256 != upload.file.sha256:
        raise UploadRefused(
            f"File already exists: {upload.filename.text} was published with other bytes"
            f" (SHA-256 {file.sha256}). Publish a new version."
        )
    return bool(file.is_stored)


def _refuse_deleted(db: Database, upload: Upload) -> None:
    taken = select(TakenFilename.filename).where(TakenFilename.filename == upload.filename.text)
    if db.execute(taken).scalar() is not None:
        raise UploadRefused(
            f"{upload.filename.text} was deleted, and its name is not given again."
            " Publish a new version."
        )


def _refuse_unless_permitted(
    db: Database, publisher: Identity, upload: Upload, project_id: int | None
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
    if publisher.token is not None:
        touch(db, publisher.token.token_id)
    if _is_here(db, publisher, upload):
        return
    try:
        project = _find_or_create_project(db, publisher, upload)
        release = _find_or_create_release(db, project, upload)
        _add_file(db, release, publisher, upload)
    except IntegrityError as error:
        raise TransientError("another publisher was first") from error
    record(
        db,
        project,
        Action.ADD_FILE,
        actor=publisher.user_name,
        version=release.version,
        filename=upload.filename.text,
    )


def _find_or_create_project(db: Session, publisher: Identity, upload: Upload) -> Project:
    project = db.scalar(select(Project).where(Project.normalized_name == upload.filename.project))
    if project is None:
        project = Project(name=upload.metadata.name, normalized_name=upload.filename.project)
        db.add(project)
        db.flush()
        db.add(Role(project_id=project.id, user_id=publisher.user_id, name=RoleName.OWNER))
        db.flush()
    return project


def _find_or_create_release(db: Session, project: Project, upload: Upload) -> Release:
    """The file's release. Its first file says what its metadata is, also where an import has made
    the release without any."""
    release = db.scalar(
        select(Release).where(
            Release.project_id == project.id,
            Release.canonical_version == versions.canonical(upload.metadata.version),
        )
    )
    html = upload.description_html
    if release is None:
        release = releases.add(db, project, upload.metadata, description_html=html)
    elif not releases.is_described(release):
        releases.describe(db, release, upload.metadata, description_html=html)
    return release


def _add_file(db: Session, release: Release, publisher: Identity, upload: Upload) -> None:
    """Adds the file's row, or fills in the one of a file whose bytes were not here."""
    file = db.scalar(select(File).where(File.filename == upload.filename.text))
    if file is None:
        db.add(TakenFilename(filename=upload.filename.text))
        db.flush()
        file = File(release_id=release.id, filename=upload.filename.text, sha256=upload.file.sha256)
        db.add(file)
    file.package_type = upload.filename.package_type
    file.python_tag = upload.filename.python_tag
    file.size = upload.file.size
    file.blake2b_256 = upload.file.blake2b_256
    file.md5 = upload.file.md5
    file.requires_python = upload.metadata.requires_python
    file.metadata_sha256 = upload.metadata_sha256
    file.uploaded_at = clock.now()
    file.uploader_id = publisher.user_id
    file.is_stored = True
    db.flush()
