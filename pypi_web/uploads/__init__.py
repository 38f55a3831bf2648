"""/legacy/: what twine, uv, flit, hatch, poetry and pdm publish to, and what else they ask."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("uploads.legacy", "/legacy/")
    config.add_route("uploads.slashless", "/legacy")
    config.add_route("uploads.published", "/legacy/{name}/{version}/")
    config.add_route("uploads.audience", "/_/oidc/audience", request_method="GET")
    config.add_route("uploads.mint_token", "/_/oidc/mint-token")
    config.add_route("uploads.discovery", "/.well-known/pytp", request_method="GET")
    config.scan(".trusted_publishing")
    config.scan(".views")
