"""/simple/: the index that installers read."""

from typing import Any

from pypi_web.data.serials import Serials
from pypi_web.simple.keeping import KeepingPolicy, KeptPages


def includeme(config: Any) -> None:
    config.add_route("simple.list", "/simple/")
    config.add_route("simple.list_slashless", "/simple")
    config.add_route("simple.project", "/simple/{name}/")
    config.add_route("simple.project_slashless", "/simple/{name}")
    config.scan(".views")
    settings = config.registry["settings"]
    pages = config.registry["kept_pages"] = KeptPages(settings.kept_pages_size)
    if settings.kept_pages_size:
        serials = config.registry["serials"] = Serials(config.registry["engine"])
        uses = config.registry["token_uses"]
        config.set_execution_policy(KeepingPolicy(pages, serials, settings, uses))
