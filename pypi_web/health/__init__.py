"""/_health/: whether the process lives, and whether it should get requests."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("health.live", "/_health/live")
    config.add_route("health.ready", "/_health/ready")
    config.scan(".views")
