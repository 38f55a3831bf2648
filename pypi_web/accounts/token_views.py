"""API tokens in the browser, and the address where leaked ones are reported."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther, HTTPTooManyRequests
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.accounts import token_letters, token_reports, tokens
from pypi_web.accounts.token_reports import ReportRefused
from pypi_web.accounts.tokens import NewToken, TokenRefused, rights_of
from pypi_web.data import User
from pypi_web.security import limits, sessions
from pypi_web.security.auditing import record
from pypi_web.security.identity import TokenRight
from pypi_web.security.permissions import Permission
from pypi_web.security.proof import is_recent, require_recent_proof

DEFAULT_DAYS = "365"

THANKS = "Thank you. What is a token of this index is revoked now, and whose it was is told so."


@view_config(
    route_name="accounts.tokens",
    request_method="GET",
    renderer="templates/tokens.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def tokens_page(request: Any) -> dict[str, Any]:
    return _page(request)


@view_config(
    route_name="accounts.tokens",
    request_method="POST",
    renderer="templates/tokens.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def create_token(request: Any) -> dict[str, Any]:
    """Answers with the page itself, not with a redirect: the token is in this answer alone."""
    require_recent_proof(request, back=request.route_path("accounts.tokens"))
    request.response.cache_control = "no-store"
    try:
        token = _create(request)
    except TokenRefused as error:
        request.response.status = 400
        return _page(request, error=str(error), typed=_typed(request))
    record(request, "make token", subject=token.name, after=token.summary)
    token_letters.tell_of_making(request, _person(request), token)
    return _page(request, new_token=token)


@view_config(
    route_name="accounts.revoke_token",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def revoke_token(request: Any) -> HTTPSeeOther:
    token_id = int(request.matchdict["id"])
    revoked = tokens.revoke_token(request.db, request.identity.user_id, token_id)
    if revoked is None:
        raise HTTPNotFound("You have no such token; it may be revoked already.")
    record(request, "revoke token", subject=f"{revoked.name} …{revoked.hint}")
    sessions.tell(request, "The token is revoked: nothing can use it any more.")
    return HTTPSeeOther(request.route_url("accounts.tokens"))


@view_config(
    route_name="accounts.revoke_tokens",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def revoke_all_tokens(request: Any) -> HTTPSeeOther:
    for revoked in tokens.revoke_all(request.db, request.identity.user_id):
        record(request, "revoke token", subject=f"{revoked.name} …{revoked.hint}")
    sessions.tell(request, "All your tokens are revoked: nothing can use them any more.")
    return HTTPSeeOther(request.route_url("accounts.tokens"))


# Whoever has found a token need not have an account here, nor a page of this site. What a browser
# could be led to send is a token that is known to who leads it, and that had better be revoked.
@view_config(
    route_name="accounts.report_token",
    request_method="POST",
    require_csrf=False,
    permission=NO_PERMISSION_REQUIRED,
)
def report_token(request: Any) -> Response:
    """The same answer whether a token was one, so that nobody learns which are."""
    try:
        limits.enforce(request, "report token")
    except HTTPTooManyRequests as error:
        wait = error.headers["Retry-After"]
        response = _answer(429, f"That were many reports: send the next in {wait} seconds.")
        response.retry_after = wait
        return response
    try:
        found = _reported(request)
    except ReportRefused as refusal:
        return _answer(400, str(refusal))
    token_reports.revoke_reported(request, found)
    return _answer(200, THANKS)


def _create(request: Any) -> NewToken:
    """Raises TokenRefused."""
    identity, form = request.identity, request.POST
    rights = [right for right in TokenRight if right.value in form.getall("may")]
    if identity.lacks_factor and set(rights) - {TokenRight.READ}:
        raise TokenRefused(
            "A token that publishes or manages needs a second factor: add one on your account page"
            " first. One that reads may be made without."
        )
    return tokens.create_token(
        request.db,
        _person(request),
        name=form.get("name", ""),
        projects=_projects(request),
        rights=rights,
        days=_days(form.get("days", "")),
        any_project=identity.is_admin,
    )


def _projects(request: Any) -> list[str] | None:
    """Those that were chosen; nobody gets more than they chose, whatever else they have ticked."""
    named = request.POST.get("others", "").replace(",", " ").split()
    chosen = [*request.POST.getall("project"), *named]
    wanted = request.POST.get("for", "")
    if wanted == "some":
        return chosen
    if wanted != "all" or chosen:
        raise TokenRefused("Choose one of the two: all your projects, or only those that you name.")
    return None


def _days(written: str) -> int | None:
    written = written.strip()
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 5:
        raise TokenRefused("Days are a number, such as 90, or nothing for a token that stays.")
    return int(written)


def _typed(request: Any) -> dict[str, Any]:
    form = request.POST
    typed = {field: form.get(field, "") for field in ("name", "days", "for", "others")}
    return {**typed, "may": form.getall("may"), "projects": form.getall("project")}


def _page(request: Any, **more: Any) -> dict[str, Any]:
    person = _person(request)
    projects = tokens.list_own_projects(request.db, person)
    return {
        "tokens": tokens.list_tokens(request.db, person.id),
        "projects": projects,
        "rights": rights_of,
        "is_recent": is_recent(request),
        # Administrators name those of others, and who has very many the rest of their own.
        "names_more": request.identity.is_admin or len(projects) == tokens.MAX_PROJECTS,
        "new_token": None,
        "error": None,
        "typed": {
            "name": "",
            "days": DEFAULT_DAYS,
            "for": "" if projects else "all",
            "others": "",
            "may": sorted(tokens.RIGHTS),
            "projects": [],
        },
        **more,
    }


def _person(request: Any) -> User:
    person: User = request.db.get_one(User, request.identity.user_id)
    return person


def _reported(request: Any) -> list[str]:
    """Raises ReportRefused."""
    if request.content_type == "application/json":
        return token_reports.read_json(request.body)
    return token_reports.read_texts(request.POST.getall("token"))


def _answer(status: int, message: str) -> Response:
    return Response(json_body={"message": message}, status=status, content_type="application/json")
