"""The upload protocol over HTTP (the legacy "Upload API", with its clients' habits)."""

from typing import Any

from pyramid.httpexceptions import (
    HTTPFound,
    HTTPMethodNotAllowed,
    HTTPNotFound,
    HTTPPermanentRedirect,
)
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import exception_view_config, view_config

from pypi_web.security.auditing import record_refusal_once
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import Permission, decide
from pypi_web.site import errors
from pypi_web.standards import names, versions
from pypi_web.uploads.forms import receive, too_large
from pypi_web.uploads.inspection import Upload, inspect
from pypi_web.uploads.publishing import Publisher
from pypi_web.uploads.refusal import UploadRefused

# It takes tokens alone, never a session's cookie, so that no other site can make a browser
# publish; and it asks for permission itself, to refuse as the protocol's clients expect.
PROTOCOL = {
    "request_method": "POST",
    "require_csrf": False,
    "permission": NO_PERMISSION_REQUIRED,
}


@view_config(route_name="uploads.legacy", **PROTOCOL)
def upload(request: Any) -> Response:
    """Who sends it first, then how large it is, then the body."""
    _refuse_other_sites(request)
    publisher = Publisher(
        identity=_identify(request),
        address=request.address,
        settings=request.settings,
        storage=request.storage,
        db=request.db,
        transactions=request.tm,
        reading=request.reading,
    )
    limit = request.settings.max_upload_size
    if (request.content_length or 0) > limit:
        raise UploadRefused(too_large(limit), status=413)
    content_type = request.headers.get("Content-Type", "")
    with receive(request.body_file, content_type, limit=limit) as form:
        warnings = _publish(request, publisher, inspect(form, request.settings))
    lines = ["OK", *(f"Warning: {warning}" for warning in warnings)]
    return Response("\n".join(lines) + "\n", content_type="text/plain")


@view_config(route_name="uploads.legacy", require_csrf=False, permission=NO_PERMISSION_REQUIRED)
def explain(_request: Any) -> Response:
    raise HTTPMethodNotAllowed(
        "This is the address to publish to, with twine, uv or another client: they send a POST.",
        headers={"Allow": "POST"},
    )


@view_config(route_name="uploads.slashless", **PROTOCOL)
def redirect_to_legacy(request: Any) -> Response:
    return HTTPPermanentRedirect(request.route_url("uploads.legacy"))


@view_config(
    route_name="uploads.published", request_method="GET", permission=NO_PERMISSION_REQUIRED
)
def redirect_to_release(request: Any) -> Response:
    """What hatch calls the address of what it has published; who may see it is said there."""
    name, version = request.matchdict["name"], request.matchdict["version"]
    if not names.is_valid(name) or not versions.is_short_enough(version):
        raise HTTPNotFound("There is nothing at this address.")
    return HTTPFound(request.route_url("projects.release", name=name, version=version))


@exception_view_config(UploadRefused)
def refuse(refusal: UploadRefused, request: Any) -> Response:
    response = errors.answer_tool(request, refusal.status, refusal.message)
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="pypi_web"'
    return response


def _refuse_other_sites(request: Any) -> None:
    """A browser in which somebody typed a token once (Basic) also sends it where a page of another
    site has it send a form, and says so; tools say nothing of the kind."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise UploadRefused(
            "A page of another site had the browser send this: publish with twine, uv or another"
            " client.",
            status=403,
        )


def _identify(request: Any) -> Identity:
    """Who has a token that may publish."""
    how = "use __token__ as the user name and an API token from your account page as the password."
    if "Authorization" not in request.headers:
        raise UploadRefused(f"Publishing needs an API token: {how}", status=401)
    identity: Identity | None = request.identity
    if identity is None:
        raise UploadRefused(f"The API token is wrong, revoked or expired: {how}", status=401)
    decision = decide(Permission.SIGN_IN_TO_PUBLISH, identity)
    if not decision:
        raise UploadRefused(decision.reason, status=403)
    return identity


def _publish(request: Any, publisher: Publisher, upload: Upload) -> tuple[str, ...]:
    """As Publisher.publish; what somebody has no right to is noted for the owners to see."""
    try:
        return publisher.publish(upload)
    except UploadRefused as refusal:
        if refusal.status == 403:
            named = {"project": upload.filename.project, "subject": upload.filename.text}
            record_refusal_once(request, "publish file", refusal.message, **named)
        raise
