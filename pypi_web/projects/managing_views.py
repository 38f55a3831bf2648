"""The pages of those who look after a project's releases and files."""

from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from pypi_web.projects import managing
from pypi_web.projects.carrying_out import answer, managing_view, show, to
from pypi_web.projects.deeds import Actor, Done, NotThere
from pypi_web.projects.managed import Managed, list_files, list_releases
from pypi_web.security.proof import require_recent_proof


@managing_view(
    route_name="projects.manage",
    request_method="GET",
    renderer="templates/manage_releases.jinja2",
)
def releases_page(project: Managed, request: Any) -> dict[str, Any]:
    below = request.GET.get("below")
    releases, older = list_releases(request.db, project.id, below=below)
    return show(project, tab="releases", releases=releases, older=older, is_first=below is None)


@managing_view(
    route_name="projects.manage_release",
    request_method="GET",
    renderer="templates/manage_release.jinja2",
)
def release_page(project: Managed, request: Any) -> dict[str, Any]:
    return _release(project, request)


@managing_view(
    route_name="projects.yank",
    request_method="POST",
    renderer="templates/manage_release.jinja2",
)
def yank(project: Managed, request: Any) -> Any:
    version, reason = request.matchdict["version"], request.POST.get("reason", "")

    def do(actor: Actor) -> Done:
        return managing.yank(request.db, project.id, version, reason=reason, actor=actor)

    page = partial(_release, project, request, reason=reason)
    then = to(request, "projects.manage_release", project, version=version)
    return answer(request, project, "yank release", do, page=page, then=then)


@managing_view(
    route_name="projects.unyank",
    request_method="POST",
    renderer="templates/manage_release.jinja2",
)
def unyank(project: Managed, request: Any) -> Any:
    version = request.matchdict["version"]

    def do(actor: Actor) -> Done:
        return managing.unyank(request.db, project.id, version, actor=actor)

    page = partial(_release, project, request)
    then = to(request, "projects.manage_release", project, version=version)
    return answer(request, project, "unyank release", do, page=page, then=then)


@managing_view(
    route_name="projects.delete_file",
    request_method="GET",
    renderer="templates/manage_delete.jinja2",
)
def delete_file_page(project: Managed, request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    return _deleting_file(project, request)


@managing_view(
    route_name="projects.delete_file",
    request_method="POST",
    renderer="templates/manage_delete.jinja2",
)
def delete_file(project: Managed, request: Any) -> Any:
    require_recent_proof(request, back=request.path)
    filename = request.matchdict["filename"]

    def do(actor: Actor) -> Done:
        typed = request.POST.get("typed", "")
        return managing.delete_file(request.db, project.id, filename, typed=typed, actor=actor)

    page = partial(_deleting_file, project, request)
    then = to(request, "projects.manage", project)
    return answer(request, project, "delete file", do, page=page, then=then)


@managing_view(
    route_name="projects.delete_release",
    request_method="GET",
    renderer="templates/manage_delete.jinja2",
)
def delete_release_page(project: Managed, request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    return _deleting_release(project, request)


@managing_view(
    route_name="projects.delete_release",
    request_method="POST",
    renderer="templates/manage_delete.jinja2",
)
def delete_release(project: Managed, request: Any) -> Any:
    require_recent_proof(request, back=request.path)
    version = request.matchdict["version"]

    def do(actor: Actor) -> Done:
        typed = request.POST.get("typed", "")
        return managing.delete_release(request.db, project.id, version, typed=typed, actor=actor)

    page = partial(_deleting_release, project, request)
    then = to(request, "projects.manage", project)
    return answer(request, project, "delete release", do, page=page, then=then)


def _release(project: Managed, request: Any, **more: Any) -> dict[str, Any]:
    release = _find_release(project, request)
    files = list_files(request.db, release.id)
    return show(
        project, **{"tab": "releases", "release": release, "files": files, "reason": "", **more}
    )


def _find_release(project: Managed, request: Any) -> Any:
    try:
        return managing.get_release(request.db, project.id, request.matchdict["version"])
    except NotThere as error:
        raise HTTPNotFound(str(error)) from None


def _deleting_file(project: Managed, request: Any, error: Any = None) -> dict[str, Any]:
    try:
        file = managing.get_file(request.db, project.id, request.matchdict["filename"])
    except NotThere as missing:
        raise HTTPNotFound(str(missing)) from None
    return show(
        project,
        tab="releases",
        error=error,
        title="Delete a file",
        button="Delete this file",
        wanted=file.filename,
        what=f"It is gone from release {file.version} at once, for all who install it.",
        kept="Its name is never taken again: what replaces it is a file of another version.",
        back=request.route_path(
            "projects.manage_release", name=project.normalized_name, version=file.version
        ),
    )


def _deleting_release(project: Managed, request: Any, error: Any = None) -> dict[str, Any]:
    release = _find_release(project, request)
    return show(
        project,
        tab="releases",
        error=error,
        title=f"Delete release {release.version}",
        button="Delete this release",
        wanted=release.version,
        what="It is gone at once with all of its files, for all who install it. To have installers"
        " pass it over, and leave it to those who ask for exactly this version, yank it instead.",
        kept="The names of its files are never taken again.",
        back=request.route_path(
            "projects.manage_release", name=project.normalized_name, version=release.version
        ),
    )
