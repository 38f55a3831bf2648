"""/legacy/: what twine, uv, flit, hatch, poetry and pdm publish to."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("uploads.legacy", "/legacy/")
    config.add_route("uploads.slashless", "/legacy")
    config.add_route("uploads.published", "/legacy/{name}/{version}/")
    config.scan(".views")
