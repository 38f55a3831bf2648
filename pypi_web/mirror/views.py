"""What the mirror has, and which names it leaves alone."""

from typing import Any
from urllib.parse import urlsplit

from pyramid.view import view_config

from pypi_web.mirror.holdings import Ranked, list_holdings, list_largest
from pypi_web.security.permissions import Permission
from pypi_web.standards import names


@view_config(
    route_name="mirror.overview",
    request_method="GET",
    permission=Permission.SEE_MIRROR,
    renderer="templates/overview.jinja2",
)
def overview(request: Any) -> dict[str, Any]:
    """Only what the database has: upstream is not asked."""
    after = names.normalize(request.GET.get("after", "")[: names.MAX_LENGTH])
    totals = request.registry["mirror_totals"].find()
    settings, mirror = request.settings, request.mirror
    by_size = request.GET.get("sort") == "size"
    if by_size:
        ranked = totals.largest if totals else ()
        holdings, last = list_largest(request.db, ranked, after=_place(request, after))
        next = last and {"sort": "size", "size": last.size, "after": last.name}
    else:
        holdings, has_more = list_holdings(request.db, after=after)
        next = {"after": holdings[-1].name} if has_more else None
    return {
        "trouble": mirror.upstream.trouble,
        "doubt": mirror.pages.doubt.sentence,
        "by_size": by_size,
        "host": urlsplit(settings.mirror_upstream).hostname,
        "reserved": settings.mirror_reserved,
        "totals": totals,
        "after": after,
        "holdings": holdings,
        "next": next,
    }


def _place(request: Any, after: str) -> Ranked | None:
    """Behind which project a page by size begins; None for the first."""
    written = request.GET.get("size", "")
    is_number = written.isascii() and written.isdigit() and len(written) <= 18
    return Ranked(int(written), after) if after and is_number else None
