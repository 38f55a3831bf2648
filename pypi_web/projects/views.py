"""A project's page, and that of each of its releases."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPMovedPermanently, HTTPNotFound
from pyramid.view import view_config

from pypi_web.mirror import hosting
from pypi_web.projects import mirrored, queries
from pypi_web.projects.managed import may_manage
from pypi_web.projects.shown import NothingOffered, ReleaseView
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import Permission
from pypi_web.standards import names, versions


def find_project(request: Any) -> ReleaseView | NothingOffered:
    """The route's context: the project's newest release; raises HTTPNotFound."""
    return _find(request, version=None)


def find_release(request: Any) -> ReleaseView | NothingOffered:
    """The route's context: one release of a project; raises HTTPNotFound."""
    return _find(request, version=request.matchdict["version"])


@view_config(
    route_name="projects.project",
    context=ReleaseView,
    request_method="GET",
    renderer="templates/project.jinja2",
)
@view_config(
    route_name="projects.release",
    context=ReleaseView,
    request_method="GET",
    renderer="templates/project.jinja2",
)
def project_page(view: ReleaseView, request: Any) -> Any:
    written = request.matchdict["name"]
    if written != view.project.normalized_name:
        matched = {**request.matchdict, "name": view.project.normalized_name}
        return HTTPMovedPermanently(request.route_url(request.matched_route.name, **matched))
    return {
        "view": view,
        "project": view.project,
        "release": view.release,
        "index_url": request.route_url("simple.list"),
        "may_manage": may_manage(request.identity, view),
        **_show_readme(view, request),
    }


@view_config(
    route_name="projects.project",
    context=NothingOffered,
    request_method="GET",
    renderer="templates/nothing_offered.jinja2",
)
@view_config(
    route_name="projects.release",
    context=NothingOffered,
    request_method="GET",
    renderer="templates/nothing_offered.jinja2",
)
def nothing_offered(project: NothingOffered, request: Any) -> dict[str, Any]:
    """A project is here without its files; a release is nothing but those."""
    if project.version is not None:
        request.response.status_int = 404
    return {"project": project, "origin": project.origin}


def _show_readme(view: ReleaseView, request: Any) -> dict[str, Any]:
    """The HTML of the README, and for those who can mend it why that is but its text."""
    if view.description is None:
        return {"readme": view.readme.html if view.readme else "", "readme_problem": None}
    rendered = request.registry["stale_readmes"].find(view.description)
    is_told = rendered.problem and _looks_after(request, view)
    return {"readme": rendered.html, "readme_problem": rendered.problem if is_told else None}


def _looks_after(request: Any, view: ReleaseView) -> bool:
    """Whether who asks is one of those who may publish to the project."""
    identity: Identity | None = request.identity
    if identity is None:
        return False
    return identity.is_admin or identity.user_name in {person.name for person in view.people}


def _find(request: Any, version: str | None) -> ReleaseView | NothingOffered:
    # Before anything is looked up, whose time would tell strangers what is here.
    if not request.has_permission(Permission.READ, request):
        raise HTTPForbidden
    name = request.matchdict["name"]
    if not names.is_valid(name):
        raise HTTPNotFound(f"{name[:128]!r} is not a name that a project can have.")
    if version is not None and not versions.is_short_enough(version):
        raise HTTPNotFound("That is not a version that a release can have.")
    normalized = names.normalize(name)
    view = queries.find_release_view(request.db, normalized, version, request.viewer)
    if view is not None:
        return mirrored.complete(request.db, request.mirror, view) if request.mirror else view
    offered = _find_mirrored(request, normalized, version)
    if offered is None:
        what = f"project {name}" if version is None else f"release {version[:128]} of {name}"
        raise HTTPNotFound(f"There is no {what} on this index.")
    return offered


def _find_mirrored(
    request: Any, normalized_name: str, version: str | None
) -> ReleaseView | NothingOffered | None:
    """What upstream has, unless the name is hosted here, be it without any release."""
    if request.mirror is None or len(normalized_name) > names.MAX_LENGTH:
        return None
    if hosting.is_hosted(request.db, normalized_name):
        return None
    request.let_database_go()
    metadata = request.registry["mirrored_metadata"]
    return mirrored.find(request.mirror, request.storage, metadata, normalized_name, version)
