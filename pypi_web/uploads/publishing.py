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
from pypi_web.data import Action, File, Project, Release, Role, RoleName, TakenFilename, audit
from pypi_web.data.journal import record
from pypi_web.data.projects import lock_names, lock_project
from pypi_web.data.session import is_duplicate, lock_table
from pypi_web.projects import releases
from pypi_web.readmes import Rendered, renderer
from pypi_web.readmes.renderer import RendererBusy
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


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Who publishes, from which address, and to where.

    `db` belongs to the transaction manager `transactions`; `reading` gives a look outside of it.
    """

    identity: Identity
    address: str | None
    settings: Settings
    storage: Storage
    db: Session
    transactions: Any
    reading: Callable[[], AbstractContextManager[Connection]]

    def publish(self, upload: Upload) -> tuple[str, ...]:
        """Adds the file to its project and release, making those that are new; gives sentences on
        what the publisher should know of it.

        No transaction may be open while a file is on its way to the storage, which takes as long
        as it takes: so this looks first whether the upload is allowed, saves the bytes, and looks
        again in the transaction that adds the rows. A loser of a race (another has taken the name
        in between) starts again and is then told why; the bytes that it saved stay, named by no
        row. An upload that is here already is a success. Raises UploadRefused.
        """
        publication = _Publication(self, upload)
        try:
            self.transactions.run(publication.attempt, tries=ATTEMPTS)
        except TransientError:
            raise UploadRefused(
                "Others were publishing the same at this moment: try again.", status=503
            ) from None
        return publication.warnings


class _Publication:
    """One upload on its way, and what was done for it in earlier attempts."""

    def __init__(self, publisher: Publisher, upload: Upload) -> None:
        self._publisher = publisher
        self._upload = upload
        self._is_saved = False
        self._rendered: Rendered | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        problem = self._rendered.problem if self._rendered else None
        return (problem,) if problem else ()

    def attempt(self) -> None:
        with self._publisher.reading() as look:
            found = self._find(look)
            if self._is_published(look, found):
                return
        if not found.is_described:
            self._render()
        self._save()
        try:
            self._add(self._publisher.db.connection(), found)
        except IntegrityError as error:
            if is_duplicate(error):
                raise TransientError("another publisher was first") from error
            raise

    def _find(self, db: Connection) -> Standing:
        return standing.find(db, self._publisher.identity, self._upload)

    def _is_published(self, db: Connection, found: Standing) -> bool:
        return standing.is_published(
            db, found, self._publisher.identity, self._upload, self._publisher.settings
        )

    def _render(self) -> Rendered | None:
        """The README, which its release's first file brings."""
        metadata = self._upload.metadata
        if self._rendered is None and metadata.description:
            try:
                rendered = renderer.render(metadata.description, metadata.description_content_type)
            except RendererBusy:
                raise UploadRefused(
                    "The READMEs of others are being rendered at this moment: try again.",
                    status=503,
                ) from None
            if rendered.problem and self._publisher.settings.upload_strict_readme:
                raise UploadRefused(f"{rendered.problem} (setting pypi_web.upload_strict_readme)")
            self._rendered = rendered
        return self._rendered

    def _save(self) -> None:
        if self._is_saved:
            return
        storage, upload = self._publisher.storage, self._upload
        storage.save(upload.file.sha256, upload.file.content)
        if upload.metadata_sha256 is not None:
            storage.save(upload.metadata_sha256, io.BytesIO(upload.raw_metadata))
        self._is_saved = True

    def _add(self, db: Connection, looked: Standing) -> None:
        """The rows, in the transaction; what others have done since the look is looked at anew."""
        found = self._hold(db, looked)
        if self._is_published(db, found):
            return
        upload, publisher = self._upload, self._publisher.identity
        project_id = found.project_id or _add_project(db, publisher, upload)
        release_id = self._find_or_add_release(db, project_id, found)
        _add_file(db, release_id, found, publisher, upload)
        if found.project_id is None:
            self._note(db, "create project", subject=upload.metadata.name)
        what = {"sha256": upload.file.sha256, "size": upload.file.size}
        self._note(db, "publish file", subject=upload.filename.text, after=what)
        record(
            db,
            project_id,
            upload.filename.project,
            Action.ADD_FILE,
            actor=publisher.user_name,
            version=upload.metadata.version,
            filename=upload.filename.text,
        )
        self._see_bytes()

    def _hold(self, db: Connection, looked: Standing) -> Standing:
        """Waits for those who could break a rule together with this upload, each of them keeping
        it: two new names that look alike, two source distributions of one release, an act on the
        project. In the order of docs/architecture.md, so that no two wait for each other."""
        upload = self._upload
        if looked.project_id is None:
            lock_names(db)
            lock_table(db, Role, shared=True)
        lock_project(db, upload.filename.project, shared=True)
        found = self._find(db)
        if found.project_id is None and looked.project_id is not None:
            raise TransientError("the project went between the look and now")
        if found.release_id is not None and upload.filename.package_type is PackageType.SDIST:
            release = select(Release.id).where(Release.id == found.release_id)
            db.execute(release.with_for_update(key_share=True))
            return self._find(db)
        return found

    def _find_or_add_release(self, db: Connection, project_id: int, found: Standing) -> int:
        """The file's release. Its first file says what its metadata is, also where an import has
        made the release without any."""
        metadata = self._upload.metadata
        if found.release_id is None:
            return releases.add(db, project_id, metadata, readme=self._render())
        if not found.is_described:
            releases.describe(db, found.release_id, metadata, readme=self._render())
        return found.release_id

    def _note(self, db: Connection, act: str, **what: Any) -> None:
        identity = self._publisher.identity
        audit.note(
            db,
            act,
            project=self._upload.filename.project,
            user_id=identity.user_id,
            user_name=identity.user_name,
            token_id=identity.token.token_id if identity.token else None,
            address=self._publisher.address,
            **what,
        )

    def _see_bytes(self) -> None:
        """While nothing can be pruned any more, sees that nothing of this was."""
        try:
            self._publisher.storage.size(self._upload.file.sha256)
            if self._upload.metadata_sha256 is not None:
                self._publisher.storage.size(self._upload.metadata_sha256)
        except FileNotFoundError as error:
            self._is_saved = False
            raise TransientError("the bytes were pruned before a row named them") from error


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
