"""/simple/: the index that installers read."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("simple.list", "/simple/")
    config.add_route("simple.list_slashless", "/simple")
    config.add_route("simple.project", "/simple/{name}/")
    config.add_route("simple.project_slashless", "/simple/{name}")
    config.scan(".views")
