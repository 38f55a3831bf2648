"""The list of projects, and the files of each (PEP 503, PEP 691)."""

import hashlib
from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import (
    HTTPMovedPermanently,
    HTTPNotFound,
    HTTPServiceUnavailable,
)
from pyramid.response import Response
from pyramid.view import view_config

from pypi_web import clock
from pypi_web.data.journal import last_serial
from pypi_web.data.visibility import STRANGER
from pypi_web.mirror.imported import find_imported
from pypi_web.mirror.offers import find_page
from pypi_web.projects import sources
from pypi_web.simple.keeping import Edition, KeptPages
from pypi_web.simple.negotiation import Variant
from pypi_web.simple.responses import negotiate, respond
from pypi_web.standards import names
from pypi_web.standards.simple_api import SERIALISERS, Format

PATIENCE = timedelta(seconds=10)
"""How long the list of very many projects may miss what was published since it was made, which is
once for each process, format and compression that are asked for."""

WAIT = 10.0
"""Seconds that a reader waits for others who have the list made."""


@view_config(route_name="simple.list", request_method="GET")
def project_list(request: Any) -> Response:
    variant = negotiate(request)
    pages: KeptPages = request.registry["kept_pages"]
    standing = _find_standing(pages, request.path, variant)
    if standing is not None:
        return _list(request, variant, standing)
    if not pages.making_list.acquire(timeout=WAIT):
        raise HTTPServiceUnavailable(
            "The list of all projects is being made: ask again in a moment.",
            headers={"Retry-After": "1"},
        )
    try:
        return _list(request, variant, _find_standing(pages, request.path, variant))
    finally:
        pages.making_list.release()


def _find_standing(pages: KeptPages, path: str, variant: Variant) -> Edition | None:
    kept = pages.get((path, variant))
    return kept.edition if kept is not None and kept.edition.stands else None


def _list(request: Any, variant: Variant, standing: Edition | None) -> Response:
    stands_until = clock.now() + PATIENCE
    with request.reading() as db:
        serial = last_serial(db) if standing is None else standing.serial

        private = sources.list_private(db, request.viewer) if sources.has_private(db) else []
        viewer = request.viewer if private else STRANGER

        def serialise(format: Format) -> bytes:
            projects = sources.list_projects(db, serial=serial, viewer=viewer)
            return SERIALISERS[format].project_list(projects)

        if private:
            seen = hashlib.sha256(repr(private).encode()).hexdigest()[:16]
            edition = Edition(None, serial, f"{serial}p{seen}", is_private=True)
        else:
            edition = standing or Edition(None, serial, str(serial), stands_until)
        return respond(request, variant, edition, serialise)


@view_config(route_name="simple.project", request_method="GET")
def project_page(request: Any) -> Response:
    written = request.matchdict["name"]
    name = _normalize(written)
    if name != written:
        return _redirect(request, name)
    variant = negotiate(request)
    with request.reading() as db:
        hosted = sources.find_hosted(db, name, lambda: request.viewer)
        if hosted is not None:
            if not hosted.may_see:
                raise _not_found(name)
            serial = hosted.serial
            imported = find_imported(db, request.settings, name)

            def serialise(format: Format) -> bytes:
                page = sources.find_page(db, name, serial=serial, imported_until=imported.until)
                return SERIALISERS[format].page(page)

            tag = f"{serial}{imported.tag}"
            edition = Edition(
                name, serial, tag, imported.stands_until, is_private=hosted.is_private
            )
            return respond(request, variant, edition, serialise)
    return _mirrored_page(request, variant, name)


def _mirrored_page(request: Any, variant: Variant, name: str) -> Response:
    """The page of a project that is not hosted here. The database is let go before upstream is
    asked."""
    offered = request.mirror and find_page(request.mirror, name, to_root=sources.TO_ROOT)
    if not offered:
        raise _not_found(name)
    edition = Edition(name, offered.page.serial, offered.tag, offered.stands_until, is_hosted=False)
    return respond(request, variant, edition, lambda format: SERIALISERS[format].page(offered.page))


def _not_found(name: str) -> HTTPNotFound:
    return HTTPNotFound(f"There is no project {name} on this index.")


@view_config(route_name="simple.list_slashless", request_method="GET")
def redirect_to_list(request: Any) -> Response:
    return HTTPMovedPermanently(request.route_url("simple.list", _query=request.GET))


@view_config(route_name="simple.project_slashless", request_method="GET")
def redirect_to_project(request: Any) -> Response:
    return _redirect(request, _normalize(request.matchdict["name"]))


def _normalize(name: str) -> str:
    if not names.is_valid(name):
        raise HTTPNotFound("That is not a name that a project can have.")
    return names.normalize(name)


def _redirect(request: Any, name: str) -> Response:
    url = request.route_url("simple.project", name=name, _query=request.GET)
    return HTTPMovedPermanently(url)
