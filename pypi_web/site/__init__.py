"""The frame round every page: layout, home, error pages, static files, template filters."""

from typing import Any

from pyramid.tweens import EXCVIEW

from pypi_web.site import filters
from pypi_web.site.counting import KeptCounts


def includeme(config: Any) -> None:
    config.action("pypi_web.site templates", lambda: _prepare_templates(config), order=1)
    config.add_static_view("static", "pypi_web.site:static", cache_max_age=365 * 24 * 3600)
    config.add_route("site.home", "/")
    config.registry["counts"] = KeptCounts(config.registry["engine"])
    config.add_tween("pypi_web.site.clean_requests.tween_factory", under=EXCVIEW)
    config.add_tween("pypi_web.site.request_log.tween_factory")
    config.scan(".views")
    config.scan(".errors")


def _prepare_templates(config: Any) -> None:
    environment = config.get_jinja2_environment()
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(filters.FILTERS)
    environment.globals["asset"] = filters.asset
