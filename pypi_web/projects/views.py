"""A project's page, and that of each of its releases."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPMovedPermanently, HTTPNotFound
from pyramid.view import view_config

from pypi_web.projects import queries
from pypi_web.projects.queries import ReleaseView
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import Permission
from pypi_web.standards import names, versions


def find_project(request: Any) -> ReleaseView:
    """The route's context: the project's newest release; raises HTTPNotFound."""
    return _find(request, version=None)


def find_release(request: Any) -> ReleaseView:
    """The route's context: one release of a project; raises HTTPNotFound."""
    return _find(request, version=request.matchdict["version"])


@view_config(
    route_name="projects.project", request_method="GET", renderer="templates/project.jinja2"
)
@view_config(
    route_name="projects.release", request_method="GET", renderer="templates/project.jinja2"
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
        **_show_readme(view, request),
    }


def _show_readme(view: ReleaseView, request: Any) -> dict[str, Any]:
    """The HTML of the README, and for those who can mend it why that is but its text."""
    if view.description is None:
        return {"readme": "", "readme_problem": None}
    rendered = request.registry["stale_readmes"].find(view.description)
    is_told = rendered.problem and _looks_after(request, view)
    return {"readme": rendered.html, "readme_problem": rendered.problem if is_told else None}


def _looks_after(request: Any, view: ReleaseView) -> bool:
    """Whether who asks is one of those who may publish to the project."""
    identity: Identity | None = request.identity
    if identity is None:
        return False
    return identity.is_admin or identity.user_name in {person.name for person in view.people}


def _find(request: Any, version: str | None) -> ReleaseView:
    # Before anything is looked up, whose time would tell strangers what is here.
    if not request.has_permission(Permission.READ, request):
        raise HTTPForbidden
    name = request.matchdict["name"]
    if not names.is_valid(name):
        raise HTTPNotFound(f"{name[:128]!r} is not a name that a project can have.")
    if version is not None and not versions.is_short_enough(version):
        raise HTTPNotFound("That is not a version that a release can have.")
    view = queries.find_release_view(request.db, names.normalize(name), version)
    if view is None:
        what = f"project {name}" if version is None else f"release {version[:128]} of {name}"
        raise HTTPNotFound(f"There is no {what} on this index.")
    return view
