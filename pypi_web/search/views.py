"""The search page."""

from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.view import view_config

from pypi_web.search import queries


@view_config(route_name="search.results", request_method="GET", renderer="templates/results.jinja2")
def results(request: Any) -> dict[str, Any]:
    question = request.GET.get("q", "").strip()[: queries.MAX_QUESTION]
    page = _page(request.GET.get("page", "1"))
    found, has_more = queries.find_projects(request.db, question, page=page, viewer=request.viewer)
    return {"question": question, "found": found, "page": page, "has_more": has_more}


def _page(written: str) -> int:
    if not written.isascii() or not written.isdigit() or not 1 <= int(written[:6]) <= 100_000:
        raise HTTPBadRequest("The page is a number from 1 on.")
    return int(written[:6])
