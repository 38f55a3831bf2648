"""What the mirror has, and which names it leaves alone."""

from typing import Any
from urllib.parse import urlsplit

from pyramid.view import view_config

from pypi_web.mirror.holdings import list_holdings
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
    holdings, has_more = list_holdings(request.db, after=after)
    settings = request.settings
    return {
        "host": urlsplit(settings.mirror_upstream).hostname,
        "reserved": settings.mirror_reserved,
        "totals": request.registry["mirror_totals"].find(),
        "after": after,
        "holdings": holdings,
        "next": holdings[-1].name if has_more else None,
    }
