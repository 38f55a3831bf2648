"""The search page."""

from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.view import view_config

from pypi_web.mirror import rules
from pypi_web.projects import sources
from pypi_web.search import queries
from pypi_web.standards import names


@view_config(route_name="search.results", request_method="GET", renderer="templates/results.jinja2")
def results(request: Any) -> dict[str, Any]:
    question = request.GET.get("q", "").strip()[: queries.MAX_QUESTION]
    page = _page(request.GET.get("page", "1"))
    found, has_more = queries.find_projects(request.db, question, page=page, viewer=request.viewer)
    return {
        "question": question,
        "found": found,
        "page": page,
        "has_more": has_more,
        "upstreams": _find_name_for_upstream(request, question),
    }


def _find_name_for_upstream(request: Any, question: str) -> str | None:
    """The normalised name that upstream may have a project of, where the question is one: also
    that of a project which is here unseen, as if there were none."""
    if request.mirror is None or not names.is_valid(question) or len(question) > names.MAX_LENGTH:
        return None
    name = names.normalize(question)
    if rules.is_reserved(request.settings, name):
        return None
    hosted = sources.find_hosted(request.db, name, lambda: request.viewer)
    return None if hosted is not None and hosted.may_see else name


def _page(written: str) -> int:
    if not written.isascii() or not written.isdigit() or not 1 <= int(written[:6]) <= 100_000:
        raise HTTPBadRequest("The page is a number from 1 on.")
    return int(written[:6])
