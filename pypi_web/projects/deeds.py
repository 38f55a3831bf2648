"""Acts on projects: who does one, what may keep it from being done, what is noted and told."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.data import Action, File, Project, ProjectStatus, Release, Role, RoleName, User, audit
from pypi_web.data.journal import record
from pypi_web.data.projects import lock_project
from pypi_web.data.session import lock_table
from pypi_web.letters import Letter


class DeedRefused(ValueError):
    """An act is not done so; `field` is the form's field that is to be mended."""

    status = 400

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class RuleBroken(DeedRefused):
    """What nobody may do as the project is now: noted, unlike a slip of the pen."""

    status = 409


class NotThere(LookupError):
    """The project has no such release, file or person; the message says so."""


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where; without a name it is the command line.

    `role` is that by which they may, None of those who need none; `oversees` says that they may
    quarantine; `site` is the site's address, for letters.
    """

    name: str | None = None
    user_id: int | None = None
    token_id: int | None = None
    address: str | None = None
    role: RoleName | None = None
    oversees: bool = False
    site: str | None = None

    @property
    def shown(self) -> str:
        return self.name or "an administrator, by command"


@dataclass(frozen=True)
class Done:
    """What an act has come to: a sentence for who did it, and letters to send once it is committed.
    `key` opens an invitation that was made, and is known here and never again."""

    sentence: str
    letters: tuple[Letter, ...] = ()
    key: str | None = None


@dataclass(frozen=True)
class Deed:
    """An act on a project that is held: nobody else acts on it until the transaction ends.
    `owners` are their addresses, as far as they are confirmed, before the act."""

    db: Session
    actor: Actor
    project: Any
    owners: tuple[str, ...]

    def check_is_open(self) -> None:
        """Raises RuleBroken: what is quarantined stays as it was found."""
        if self.project.status is ProjectStatus.QUARANTINED and not self.actor.oversees:
            raise RuleBroken(
                "project",
                f"{self.project.name} is quarantined: administrators alone change it until they"
                " release it.",
            )

    def finish(
        self,
        act: str,
        sentence: str,
        *,
        action: Action | None = None,
        version: str | None = None,
        filename: str | None = None,
        detail: str = "",
        subject: str | None = None,
        before: Any = None,
        after: Any = None,
        concerned: Collection[str] = (),
    ) -> tuple[Letter, ...]:
        """Notes what was done and moves the serial; gives the letters to the owners, and to further
        addresses that are `concerned`. Without an `action` it is nothing that others see.

        The last thing that a transaction does, as journal.record is.
        """
        self.note(act, subject=subject, before=before, after=after)
        if action is not None:
            self.move(action, version=version, filename=filename)
        everybody = dict.fromkeys((*self.owners, *concerned))
        return tuple(self.write(each, sentence, detail) for each in everybody)

    def note(self, act: str, **columns: Any) -> None:
        audit.note(
            self.db,
            act,
            project=self.project.normalized_name,
            user_id=self.actor.user_id,
            user_name=self.actor.name,
            token_id=self.actor.token_id,
            address=self.actor.address,
            **columns,
        )

    def move(
        self, action: Action, *, version: str | None = None, filename: str | None = None
    ) -> None:
        self.db.flush()
        record(
            self.db,
            self.project.id,
            self.project.normalized_name,
            action,
            actor=self.actor.name,
            version=version,
            filename=filename,
        )

    def write(self, to: str, sentence: str, detail: str = "") -> Letter:
        paragraphs = ["Hello,", f"{sentence} {detail}".rstrip(), f"It was {self.actor.shown}."]
        if self.actor.site is not None:
            page = f"{self.actor.site}/project/{self.project.normalized_name}/manage/history"
            paragraphs.append(f"Owners see all that was done to the project here:\n{page}")
        paragraphs.append("If that should not be so, tell an owner of the project.")
        return Letter(to, sentence.rstrip("."), "\n\n".join(paragraphs) + "\n")


def begin(db: Session, project_id: int, actor: Actor, *, on_roles: bool = False) -> Deed:
    """Holds a project for an act on it; one on roles waits for all others on roles, in the order in
    which the end of an account does.

    Raises NotThere, and RuleBroken where the actor has lost their role since it was looked at.
    """
    if on_roles:
        lock_table(db, Role)
    name = db.scalar(select(Project.normalized_name).where(Project.id == project_id))
    if name is not None:
        lock_project(db, name)
    query = select(
        Project.id,
        Project.name,
        Project.normalized_name,
        Project.status,
        Project.status_reason,
        Project.is_private,
    )
    project = db.execute(query.where(Project.id == project_id)).one_or_none()
    if project is None:
        raise NotThere("The project is gone.")
    if actor.role is not None:
        theirs = select(Role.name).where(
            Role.project_id == project_id, Role.user_id == actor.user_id
        )
        if db.scalar(theirs) is not actor.role:
            raise RuleBroken(
                "project", f"Your role in {project.name} was changed at this moment: look again."
            )
    return Deed(db, actor, project, _owners(db, project_id))


def publishers_of(db: Session, project_id: int, *files: Any) -> set[str]:
    """The addresses of those of a project's people who published certain files."""
    query = (
        select(User.email)
        .join(File, File.uploader_id == User.id)
        .join(Release, File.release_id == Release.id)
        .join(Role, (Role.user_id == User.id) & (Role.project_id == Release.project_id))
        .where(Release.project_id == project_id, User.email_confirmed_at.is_not(None), *files)
    )
    return set(db.scalars(query.distinct()))


def _owners(db: Session, project_id: int) -> tuple[str, ...]:
    query = (
        select(User.email)
        .join(Role, Role.user_id == User.id)
        .where(
            Role.project_id == project_id,
            Role.name == RoleName.OWNER,
            User.email_confirmed_at.is_not(None),
        )
        .order_by(User.id)
    )
    return tuple(db.scalars(query))
