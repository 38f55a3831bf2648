"""A project as those who run it see it: who they are to it, and what their pages list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.csrf import check_csrf_origin, check_csrf_token
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from sqlalchemy import func, select

from pypi_web.data import File, Project, ProjectStatus, Release, Role, RoleName
from pypi_web.data.session import Database
from pypi_web.data.visibility import is_visible
from pypi_web.letters import address_of
from pypi_web.projects.deeds import Actor
from pypi_web.security import is_sent_by_browser
from pypi_web.security.auditing import record_refusal_once
from pypi_web.security.identity import Identity, viewer_of
from pypi_web.security.permissions import Permission, Standing, decide
from pypi_web.standards import names, versions

PAGE = 50
"""Releases on a page."""


@dataclass(frozen=True)
class Managed:
    """A project, and how the one who asks stands to it."""

    id: int
    name: str
    normalized_name: str
    status: ProjectStatus
    status_reason: str | None
    is_private: bool
    role: RoleName | None
    identity: Identity

    def may(self, permission: Permission) -> bool:
        standing = Standing(self.id, self.role, self.is_private)
        return bool(decide(permission, self.identity, standing))


def managed(permission: Permission) -> Callable[[Any], Managed]:
    """A route's factory, whose context is the project for those who may do something to it.

    It raises HTTPNotFound to whoever may not know that the project is there, and HTTPForbidden,
    with the rule that refused, to others.
    """

    def find(request: Any) -> Managed:
        check_is_meant(request)
        # Before anything is looked up, whose time would tell strangers what is here.
        if request.identity is None and not request.has_permission(Permission.READ, request):
            raise HTTPForbidden
        with request.reading() as db:
            row = _find(db, request.matchdict["name"], request.identity)
        if row is None:
            raise _not_found(request)
        project = dict(row._mapping)
        is_seen = project.pop("is_shown") and _may_read(request)
        if request.identity is None:
            raise HTTPForbidden if is_seen else _not_found(request)
        standing = Standing(row.id, row.role, row.is_private)
        decision = decide(permission, request.identity, standing)
        if not decision:
            if not is_seen:
                raise _not_found(request)
            refuse(request, permission, decision.reason, project=row.normalized_name)
        return Managed(**project, identity=request.identity)

    return find


def check_is_meant(request: Any) -> None:
    """Raises BadCSRFToken or BadCSRFOrigin for a form that another site may have had sent: before
    anything is noted of whoever it was sent by."""
    if request.method not in ("GET", "HEAD") and is_sent_by_browser(request):
        check_csrf_origin(request)
        check_csrf_token(request)


def refuse(request: Any, act: str, reason: str, *, project: str) -> None:
    """Notes a refusal of an act, and raises it as HTTPForbidden. No transaction may be open."""
    record_refusal_once(request, act, reason, project=project, subject=request.path[:255])
    raise HTTPForbidden(reason[:1].upper() + reason[1:])


def may_manage(identity: Identity | None, view: Any) -> bool:
    """Whether the pages below /manage/ are for somebody, of a project that a page shows."""
    if identity is None or view.origin is not None:
        return False
    roles = {person.name: person.role for person in view.people}
    project = view.project
    standing = Standing(project.id, roles.get(identity.user_name), project.is_private)
    return bool(decide(Permission.MANAGE_RELEASES, identity, standing))


def actor_of(request: Any, project: Managed | None = None) -> Actor:
    """Who the request is from, as an act notes them."""
    identity: Identity = request.identity
    return Actor(
        name=identity.user_name,
        user_id=identity.user_id,
        token_id=identity.token.token_id if identity.token else None,
        address=request.address,
        role=None if project is None or identity.is_admin else project.role,
        oversees=project is not None and project.may(Permission.QUARANTINE),
        site=address_of(request, "site.home").rstrip("/"),
    )


def list_releases(
    db: Database, project_id: int, *, below: str | None = None
) -> tuple[Sequence[Any], str | None]:
    """A page of a project's releases with the number of their files, highest first, from the first
    `below` a version; and the version where the next page begins, if any."""
    files = (
        select(func.count(File.id))
        .where(File.release_id == Release.id)
        .correlate(Release)
        .scalar_subquery()
    )
    query: Any = select(
        Release.id,
        Release.version,
        Release.yanked,
        Release.yanked_reason,
        Release.is_prerelease,
        Release.created_at,
        files.label("files"),
    ).where(Release.project_id == project_id)
    if below is not None and versions.is_short_enough(below):
        query = query.where(Release.sort_key < versions.sort_key(below))
    found = db.execute(query.order_by(Release.sort_key.desc()).limit(PAGE + 1)).all()
    return found[:PAGE], found[PAGE - 1].version if len(found) > PAGE else None


def list_files(db: Database, release_id: int) -> Sequence[Any]:
    query: Any = select(
        File.id, File.filename, File.size, File.uploaded_at, File.package_type
    ).where(File.release_id == release_id)
    return db.execute(query.order_by(File.package_type.desc(), File.filename)).all()


def _find(db: Database, name: str, identity: Identity | None) -> Any:
    """What Managed has of a project, and whether it is shown to somebody: asked at once, so that
    whoever it is not shown to waits as long as where there is none."""
    if not names.is_valid(name) or len(name) > names.MAX_LENGTH:
        return None
    user_id = identity.user_id if identity else None
    query = (
        select(
            Project.id,
            Project.name,
            Project.normalized_name,
            Project.status,
            Project.status_reason,
            Project.is_private,
            Role.name.label("role"),
            is_visible(viewer_of(identity)).label("is_shown"),
        )
        .outerjoin(Role, (Role.project_id == Project.id) & (Role.user_id == user_id))
        .where(Project.normalized_name == names.normalize(name))
    )
    return db.execute(query).one_or_none()


def _may_read(request: Any) -> bool:
    anyone_reads = request.settings.anonymous_read
    return bool(decide(Permission.READ, request.identity, anonymous_read=anyone_reads))


def _not_found(request: Any) -> HTTPNotFound:
    return HTTPNotFound(f"There is no project {request.matchdict['name'][:128]} on this index.")
