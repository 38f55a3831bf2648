"""/legacy/: what twine, uv, flit, hatch, poetry and pdm publish to."""

from typing import Any

from pypi_web.site import errors
from pypi_web.uploads import views


def includeme(config: Any) -> None:
    config.add_route("uploads.legacy", "/legacy/")
    config.add_route("uploads.slashless", "/legacy")
    config.add_route("uploads.published", "/legacy/{name}/{version}/")
    config.scan(".views")
    for failure in errors.OUT_OF_ORDER:
        config.add_exception_view(views.out_of_order, failure, route_name="uploads.legacy")
