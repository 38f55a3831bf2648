"""/search/: finds projects."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("search.results", "/search/")
    config.scan(".views")
