"""A project, or one of its releases, as JSON."""

from typing import Any

from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.response import Response
from pyramid.view import view_config

from pypi_web.json_api.documents import find_document
from pypi_web.mirror.imported import find_imported
from pypi_web.projects import sources
from pypi_web.standards import names
from pypi_web.standards.json_api import document_to_json

FORM = 1
"""The form of what is written, part of each ETag: to be raised when the same project is written
differently."""


@view_config(route_name="json_api.project", request_method="GET")
@view_config(route_name="json_api.release", request_method="GET")
def document(request: Any) -> Response:
    matched = request.matchdict
    if not names.is_valid(matched["name"]):
        return _not_found(request)
    name = names.normalize(matched["name"])
    if name != matched["name"]:
        route = request.matched_route.name
        url = request.route_url(route, **{**matched, "name": name, "slash": ""})
        return HTTPMovedPermanently(url, headers={"Access-Control-Allow-Origin": "*"})
    with request.reading() as db:
        hosted = sources.find_hosted(db, name, lambda: request.viewer)
        if hosted is None or not hosted.may_see:
            return _not_found(request)
        serial = hosted.serial
        response = _make_response(request, is_private=hosted.is_private)
        imported = find_imported(db, request.settings, name)
        response.etag = f"{serial}{imported.tag}-{FORM}"
        response.headers["X-PyPI-Last-Serial"] = str(serial)
        if response.etag in request.if_none_match:
            return response  # WebOb makes it a 304
        found = find_document(
            db, name, matched.get("version"), serial=serial, imported_until=imported.until
        )
    if found is None:
        return _not_found(request)
    response.body = document_to_json(found, root=f"{request.application_url}/")
    return response


def _make_response(request: Any, *, is_private: bool = False) -> Response:
    response = Response(content_type="application/json", conditional_response=True)
    is_public = request.settings.anonymous_read and not is_private
    response.cache_control = "no-cache" if is_public else "private, no-cache"
    if not is_public:
        response.vary = ("Authorization",)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _not_found(request: Any) -> Response:
    response = _make_response(request)
    response.status = 404
    response.json_body = {"message": "Not Found"}
    return response
