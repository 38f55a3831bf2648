"""The upload protocol over HTTP (the legacy "Upload API", with its clients' habits)."""

from typing import Any

from pyramid.httpexceptions import HTTPPermanentRedirect
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import exception_view_config, view_config

from pypi_web.security.permissions import Permission, may
from pypi_web.uploads.forms import receive, too_large
from pypi_web.uploads.inspection import inspect
from pypi_web.uploads.publishing import publish
from pypi_web.uploads.refusal import UploadRefused


@view_config(
    route_name="uploads.legacy",
    request_method="POST",
    require_csrf=False,  # it takes tokens alone, never a session's cookie
    permission=NO_PERMISSION_REQUIRED,  # asked below, to answer in the protocol's own way
)
def upload(request: Any) -> Response:
    publisher = _identify(request)
    limit = request.settings.max_upload_size
    if (request.content_length or 0) > limit:
        raise UploadRefused(too_large(limit), status=413)
    content_type = request.headers.get("Content-Type", "")
    with receive(request.body_file_raw, content_type, limit=limit) as form:
        publish(request.db, request.tm, request.storage, publisher=publisher, upload=inspect(form))
    return Response("OK\n", content_type="text/plain")


@view_config(
    route_name="uploads.slashless",
    request_method="POST",
    require_csrf=False,
    permission=NO_PERMISSION_REQUIRED,
)
def redirect_to_legacy(request: Any) -> Response:
    return HTTPPermanentRedirect(request.route_url("uploads.legacy"))


@exception_view_config(UploadRefused)
def refuse(refusal: UploadRefused, request: Any) -> Response:
    """The reason stands wherever a client may look: in the status line, the body, or JSON."""
    reason = " ".join(refusal.message.split()).encode("latin-1", "replace").decode("latin-1")
    response = Response(status=f"{refusal.status} {reason[:MAX_REASON]}")
    if request.accept.best_match(("text/plain", "application/json")) == "application/json":
        response.json_body = {"code": refusal.message, "message": refusal.message}
        response.content_type = "application/json"
    else:
        response.text = refusal.message + "\n"
        response.content_type = "text/plain"
    if refusal.status == 401:
        response.www_authenticate = 'Basic realm="pypi_web"'
    return response


MAX_REASON = 400


def _identify(request: Any) -> Any:
    identity = request.identity
    if not may(Permission.SIGN_IN_TO_PUBLISH, identity):
        if "Authorization" in request.headers:
            message = (
                "The API token is wrong, revoked or expired: use __token__ as the user name and"
                " a token from your account page as the password."
            )
        else:
            message = (
                "Publishing needs an API token: use __token__ as the user name and a token from"
                " your account page as the password."
            )
        raise UploadRefused(message, status=401)
    return identity
