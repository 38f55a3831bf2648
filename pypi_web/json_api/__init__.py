"""/pypi/: the JSON API of projects, which mirrors and dashboards read."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("json_api.project", "/pypi/{name}/json{slash:/?}")
    config.add_route("json_api.release", "/pypi/{name}/{version}/json{slash:/?}")
    config.scan(".views")
