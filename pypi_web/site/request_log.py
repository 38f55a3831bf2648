"""One readable line a request, but for pages of the index that are kept (`simple.keeping`): those
are answered before anything is said of them. Paths only: a query may hold a secret, and headers do.
"""

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

MAX_PATH = 1000
"""Characters of a path that stand in the log."""

MAX_METHOD = 20

log = logging.getLogger("pypi_web.requests")


def tween_factory(handler: Callable[[Any], Any], _registry: Any) -> Callable[[Any], Any]:
    def tween(request: Any) -> Any:
        begun = time.perf_counter()
        response = handler(request)
        milliseconds = (time.perf_counter() - begun) * 1000
        path = request.environ["PATH_INFO"][:MAX_PATH].encode("latin-1")
        path = quote(path, safe="/:@!$&'()*+,;=-._~")
        log.info(
            "%s %s %s %s %.1f ms",
            request.remote_addr or "-",
            request.method[:MAX_METHOD],
            path,
            # With the reason, where a tool was told one.
            response.status if response.status_int >= 400 else response.status_int,
            milliseconds,
        )
        return response

    return tween
