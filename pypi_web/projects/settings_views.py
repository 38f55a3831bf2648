"""The pages of those who own a project: its status, who sees it, its end, its history."""

from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther

from pypi_web.data import AuditEvent, ProjectStatus, audit
from pypi_web.data.base import read_id
from pypi_web.projects import managing
from pypi_web.projects.carrying_out import answer, managing_view, show, to
from pypi_web.projects.deeds import Actor, Done
from pypi_web.projects.managed import Managed
from pypi_web.security.proof import require_recent_proof

_OWN_STATUSES = (ProjectStatus.ACTIVE, ProjectStatus.DEPRECATED, ProjectStatus.ARCHIVED)


@managing_view(
    route_name="projects.delete",
    request_method="GET",
    renderer="templates/manage_delete.jinja2",
)
def delete_project_page(project: Managed, request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    return _deleting_project(project, request)


@managing_view(
    route_name="projects.delete",
    request_method="POST",
    renderer="templates/manage_delete.jinja2",
)
def delete_project(project: Managed, request: Any) -> Any:
    require_recent_proof(request, back=request.path)

    def do(actor: Actor) -> Done:
        typed = request.POST.get("typed", "")
        return managing.delete_project(request.db, project.id, typed=typed, actor=actor)

    page = partial(_deleting_project, project, request)
    then = HTTPSeeOther(request.route_url("accounts.account"))
    return answer(request, project, "delete project", do, page=page, then=then)


@managing_view(
    route_name="projects.manage_settings",
    request_method="GET",
    renderer="templates/manage_settings.jinja2",
)
def settings_page(project: Managed, _request: Any) -> dict[str, Any]:
    return _settings(project)


@managing_view(
    route_name="projects.change_status",
    request_method="POST",
    renderer="templates/manage_settings.jinja2",
)
def change_status(project: Managed, request: Any) -> Any:
    status = next((each for each in _OWN_STATUSES if each == request.POST.get("status")), None)
    if status is None:
        raise HTTPBadRequest("Say whether the project is active, deprecated or archived.")
    return _change_status(project, request, status)


@managing_view(
    route_name="projects.quarantine",
    request_method="POST",
    renderer="templates/manage_settings.jinja2",
)
def quarantine(project: Managed, request: Any) -> Any:
    return _change_status(project, request, ProjectStatus.QUARANTINED)


@managing_view(
    route_name="projects.end_quarantine",
    request_method="POST",
    renderer="templates/manage_settings.jinja2",
)
def end_quarantine(project: Managed, request: Any) -> Any:
    def do(actor: Actor) -> Done:
        return managing.release_from_quarantine(request.db, project.id, actor=actor)

    page = partial(_settings, project)
    then = to(request, "projects.manage_settings", project)
    return answer(request, project, "activate project", do, page=page, then=then)


@managing_view(
    route_name="projects.change_visibility",
    request_method="POST",
    renderer="templates/manage_settings.jinja2",
)
def change_visibility(project: Managed, request: Any) -> Any:
    wanted = request.POST.get("visibility")
    if wanted not in ("private", "public"):
        raise HTTPBadRequest("Say whether the project is private or public.")
    back = request.route_path("projects.manage_settings", name=project.normalized_name)
    if wanted == "public":
        require_recent_proof(request, back=back)

    def do(actor: Actor) -> Done:
        return managing.set_private(request.db, project.id, wanted == "private", actor=actor)

    page = partial(_settings, project)
    then = to(request, "projects.manage_settings", project)
    return answer(request, project, f"make project {wanted}", do, page=page, then=then)


@managing_view(
    route_name="projects.manage_history",
    request_method="GET",
    renderer="templates/manage_history.jinja2",
)
def history_page(project: Managed, request: Any) -> dict[str, Any]:
    before = read_id(request.GET.get("before", ""))
    its = AuditEvent.project == project.normalized_name
    events, older = audit.list_events(request.db, its, before=before)
    return show(project, tab="history", events=events, older=older, is_first=before is None)


def _change_status(project: Managed, request: Any, status: ProjectStatus) -> Any:
    reason = request.POST.get("reason", "")

    def do(actor: Actor) -> Done:
        return managing.change_status(request.db, project.id, status, reason=reason, actor=actor)

    page = partial(_settings, project, status=status, reason=reason)
    then = to(request, "projects.manage_settings", project)
    return answer(request, project, f"make project {status}", do, page=page, then=then)


def _settings(project: Managed, **more: Any) -> dict[str, Any]:
    shown = {"status": project.status, "reason": project.status_reason or ""}
    return show(project, **{"tab": "settings", "statuses": _OWN_STATUSES, **shown, **more})


def _deleting_project(project: Managed, request: Any, error: Any = None) -> dict[str, Any]:
    return show(
        project,
        tab="settings",
        error=error,
        title=f"Delete {project.name}",
        button="Delete this project",
        wanted=project.name,
        what="All of its releases and files are gone at once, and all of its people lose their"
        " roles: you too.",
        kept="The name is kept: nobody else gets it, nor is it taken from upstream. Administrators"
        " alone can give it to somebody again.",
        back=request.route_path("projects.manage_settings", name=project.normalized_name),
    )
