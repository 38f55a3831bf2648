"""Answers for whoever starts, stops and balances the processes of the site."""

import logging
from typing import Any

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config
from sqlalchemy.exc import SQLAlchemyError

from pypi_web.schema.state import State, find_state

log = logging.getLogger(__name__)


@view_config(route_name="health.live", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def live(_request: Any) -> Response:
    return _answer(200, "alive")


@view_config(route_name="health.ready", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def ready(request: Any) -> Response:
    """200 while the database can be used by this code, else 503."""
    try:
        with request.reading() as db:
            state = find_state(db)
    except SQLAlchemyError:
        log.exception("The database cannot be asked whether it is ready.")
        return _answer(503, "not ready: the database does not answer")
    if state.is_ready:
        return _answer(200, "ready" if state is State.CURRENT else f"ready. {state.sentence}")
    return _answer(503, f"not ready. {state.sentence}")


def _answer(status: int, sentence: str) -> Response:
    response = Response(f"{sentence}\n", content_type="text/plain", status=status)
    response.cache_control = "no-store"
    return response
