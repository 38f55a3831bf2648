"""/project/: a project's pages, and the rules of projects."""

from typing import Any


def includeme(config: Any) -> None:
    from pypi_web.projects.mirrored_metadata import KeptMetadata
    from pypi_web.projects.rerendering import StaleReadmes
    from pypi_web.projects.views import find_project, find_release

    config.registry["stale_readmes"] = StaleReadmes(config.registry["engine"])
    config.registry["mirrored_metadata"] = KeptMetadata()
    reads = {"request_method": ("GET", "HEAD")}
    config.add_route("projects.project", "/project/{name}/", factory=find_project, **reads)
    config.add_route(
        "projects.release", "/project/{name}/{version}/", factory=find_release, **reads
    )
    config.scan(".views")
