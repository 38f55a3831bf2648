"""The home page."""

from typing import Any

from pyramid.view import view_config

from pypi_web.site import counting, home


@view_config(route_name="site.home", request_method="GET", renderer="templates/home.jinja2")
def home_page(request: Any) -> dict[str, Any]:
    added = counting.find_newest(request.db)
    newest = home.list_newest_releases(request.db, request.viewer)
    return {
        "has_projects": bool(newest),
        "has_users": added.user is not None,
        "counts": request.registry["counts"].find(added),
        "newest": newest,
        "index_url": request.route_url("simple.list"),
        "upload_url": request.route_url("uploads.legacy"),
    }
