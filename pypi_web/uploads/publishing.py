"""Takes a file into the index: bytes first, then the rows that name them."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from transaction.interfaces import TransientError

from pypi_web import clock
from pypi_web.data import Action, File, Project, Release, Role, RoleName, TakenFilename
from pypi_web.data.journal import record
from pypi_web.data.projects import lock_names
from pypi_web.projects import releases
from pypi_web.security.identity import Identity
from pypi_web.settings import Settings
from pypi_web.standards.filenames import PackageType
from pypi_web.storage import Storage
from pypi_web.uploads import standing
from pypi_web.uploads.inspection import Upload
from pypi_web.uploads.refusal import UploadRefused
from pypi_web.uploads.standing import Standing

ATTEMPTS = 4

_FILES: Any = File.__table__
_PROJECTS: Any = Project.__table__
_ROLES: Any = Role.__table__
_TAKEN: Any = TakenFilename.__table__


@dataclass(frozen=True)
class Publisher:
    """Takes uploads of `identity`.

    `db` belongs to the transaction manager `transactions`; `reading` gives a look outside of it.
    """

    identity: Identity
    settings: Settings
    storage: Storage
    db: Session
    transactions: Any
    reading: Callable[[], AbstractContextManager[Connection]]

    def publish(self, upload: Upload) -> None:
        """Adds the file to its project and release, making those that are new.

        No transaction may be open while a file is on its way to the storage, which takes as long
        as it takes: so this looks first whether the upload is allowed, saves the bytes, and looks
        again in the transaction that adds the rows. A loser of a race (another has taken the name
        in between) starts again and is then told why; the bytes that it saved stay, named by no
        row. An upload that is here already is a success. Raises UploadRefused.
        """
        try:
            self.transactions.run(lambda: self._try(upload), tries=ATTEMPTS)
        except TransientError:
            raise UploadRefused(
                "Others were publishing the same at this moment: try again.", status=503
            ) from None

    def _try(self, upload: Upload) -> None:
        with self.reading() as look:
            if self._is_published(look, standing.find(look, self.identity, upload), upload):
                return
        self.storage.save(upload.file.sha256, upload.file.content)
        if upload.metadata_sha256 is not None:
            self.storage.save(upload.metadata_sha256, io.BytesIO(upload.raw_metadata))
        try:
            self._add(upload)
        except IntegrityError as error:
            raise TransientError("another publisher was first") from error

    def _is_published(self, db: Connection, found: Standing, upload: Upload) -> bool:
        return standing.is_published(db, found, self.identity, upload, self.settings)

    def _add(self, upload: Upload) -> None:
        """The rows, in the transaction; what others have done since the look is looked at anew."""
        db = self.db.connection()
        found = standing.find(db, self.identity, upload)
        _wait_for_rivals(db, found, upload)
        if self._is_published(db, found, upload):
            return
        project_id = found.project_id or _add_project(db, self.identity, upload)
        release_id = _find_or_add_release(db, project_id, found, upload)
        _add_file(db, release_id, found, self.identity, upload)
        record(
            db,
            project_id,
            upload.filename.project,
            Action.ADD_FILE,
            actor=self.identity.user_name,
            version=upload.metadata.version,
            filename=upload.filename.text,
        )
        self._see_bytes(upload)

    def _see_bytes(self, upload: Upload) -> None:
        """While nothing can be pruned any more, sees that nothing of this was."""
        try:
            self.storage.size(upload.file.sha256)
            if upload.metadata_sha256 is not None:
                self.storage.size(upload.metadata_sha256)
        except FileNotFoundError as error:
            raise TransientError("the bytes were pruned before a row named them") from error


def _wait_for_rivals(db: Connection, found: Standing, upload: Upload) -> None:
    """Those who could break a rule together, each of them keeping it, go one after the other: two
    new names that look alike, two source distributions of one release."""
    if found.project_id is None:
        lock_names(db)
    elif found.release_id is not None and upload.filename.package_type is PackageType.SDIST:
        db.execute(select(Release.id).where(Release.id == found.release_id).with_for_update())


def _add_project(db: Connection, publisher: Identity, upload: Upload) -> int:
    name, normalized_name = upload.metadata.name, upload.filename.project
    project_id: int = db.execute(
        insert(_PROJECTS).returning(_PROJECTS.c.id),
        {"name": name, "normalized_name": normalized_name},
    ).scalar_one()
    db.execute(
        insert(_ROLES),
        {"project_id": project_id, "user_id": publisher.user_id, "name": RoleName.OWNER},
    )
    return project_id


def _find_or_add_release(db: Connection, project_id: int, found: Standing, upload: Upload) -> int:
    """The file's release. Its first file says what its metadata is, also where an import has made
    the release without any."""
    html = upload.description_html
    if found.release_id is None:
        return releases.add(db, project_id, upload.metadata, description_html=html)
    if not found.is_described:
        releases.describe(db, found.release_id, upload.metadata, description_html=html)
    return found.release_id


def _add_file(
    db: Connection, release_id: int, found: Standing, publisher: Identity, upload: Upload
) -> None:
    """Adds the file's row, or fills in the one of a file whose bytes were not here."""
    columns = {
        "release_id": release_id,
        "filename": upload.filename.text,
        "package_type": upload.filename.package_type,
        "python_tag": upload.filename.python_tag,
        "size": upload.file.size,
        "sha256": upload.file.sha256,
        "blake2b_256": upload.file.blake2b_256,
        "md5": upload.file.md5,
        "requires_python": upload.metadata.requires_python,
        "metadata_sha256": upload.metadata_sha256,
        "uploaded_at": clock.now(),
        "uploader_id": publisher.user_id,
        "is_stored": True,
    }
    if found.file_id is None:
        db.execute(insert(_TAKEN), {"filename": upload.filename.text})
        db.execute(insert(_FILES), columns)
    else:
        db.execute(update(_FILES).where(_FILES.c.id == found.file_id), columns)
