"""Acts on a project over HTTP: done, noted, told; or refused, and the page shown again."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.projects.deeds import Actor, DeedRefused, Done, NotThere, RuleBroken
from pypi_web.projects.managed import Managed, actor_of
from pypi_web.security import sessions
from pypi_web.security.auditing import record_refusal_once
from pypi_web.security.permissions import Permission

managing_view = partial(view_config, permission=NO_PERMISSION_REQUIRED)
"""Who may is asked by each route's factory (managed.managed), which knows the project."""


def carry_out(request: Any, project: Managed, act: str, do: Callable[[Actor], Done]) -> Done:
    """Does an act in the request's transaction, sends its letters, and says what was done.

    What is refused leaves nothing behind but a note of it, where a rule was broken: raises
    DeedRefused, or HTTPNotFound.
    """
    try:
        done = do(actor_of(request, project))
    except NotThere as error:
        raise HTTPNotFound(str(error)) from None
    except DeedRefused as refusal:
        request.let_database_go()
        request.response.status = refusal.status
        if isinstance(refusal, RuleBroken):
            record_refusal_once(request, act, refusal.message, project=project.normalized_name)
        raise
    for letter in done.letters:
        request.registry["post"].send_after_commit(request, letter)
    sessions.tell(request, done.sentence)
    return done


def answer(
    request: Any,
    project: Managed,
    act: str,
    do: Callable[[Actor], Done],
    *,
    page: Callable[..., dict[str, Any]],
    then: HTTPSeeOther,
) -> Any:
    """As carry_out; leads on to `then`, or shows a `page` again with the `error` of what is
    refused."""
    try:
        carry_out(request, project, act, do)
    except DeedRefused as error:
        return page(error=error)
    return then


def show(project: Managed, **values: Any) -> dict[str, Any]:
    """What all pages of a project's people are given."""
    return {
        "project": project,
        "may_manage": project.may(Permission.MANAGE_PROJECT),
        "may_quarantine": project.may(Permission.QUARANTINE),
        "error": None,
        **values,
    }


def to(request: Any, route: str, project: Managed, **parts: str) -> HTTPSeeOther:
    return HTTPSeeOther(request.route_url(route, name=project.normalized_name, **parts))
