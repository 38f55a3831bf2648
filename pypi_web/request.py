"""What lives on a request: settings, the database, the storage."""

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from pypi_web.data.session import for_writing, make_session, reading
from pypi_web.data.visibility import Viewer
from pypi_web.mirror import Mirror
from pypi_web.security.identity import viewer_of
from pypi_web.settings import Settings
from pypi_web.standards import addresses
from pypi_web.storage import Storage


def includeme(config: Any) -> None:
    config.add_request_method(_settings, "settings", reify=True)
    config.add_request_method(_db, "db", reify=True)
    config.add_request_method(_reading, "reading")
    config.add_request_method(_let_database_go, "let_database_go")
    config.add_request_method(_storage, "storage", reify=True)
    config.add_request_method(_mirror, "mirror", reify=True)
    config.add_request_method(_viewer, "viewer", reify=True)
    config.add_request_method(_address, "address", reify=True)


def needs_transaction(request: Any) -> bool:
    """Whether pyramid_tm begins a transaction: not for what installers read, and not for an
    upload, which begins its own once the file is here rather than hold one while it arrives."""
    path: str = request.environ["PATH_INFO"]
    return not path.startswith((*addresses.FOR_TOOLS, "/static/"))


def _settings(request: Any) -> Settings:
    return request.registry["settings"]


def _storage(request: Any) -> Storage:
    return request.registry["storage"]


def _mirror(request: Any) -> Mirror | None:
    mirror: Mirror | None = request.registry["mirror"]
    return mirror


def _address(request: Any) -> str | None:
    """Where the request is from, as long as rows take it."""
    return (request.remote_addr or "")[:64] or None


def _viewer(request: Any) -> Viewer:
    return viewer_of(request.identity)


def _db(request: Any) -> Session:
    """The session of the request's transaction, which begins to write at once unless it is safe."""
    engine: Engine = request.registry["engine"]
    safe = request.method in ("GET", "HEAD")
    return make_session(engine if safe else for_writing(engine), request.tm)


def _reading(request: Any) -> AbstractContextManager[Connection]:
    """A short look at the database that is over before anything slow begins."""
    return reading(request.registry["engine"])


def _let_database_go(request: Any) -> None:
    """Ends what was read so far, so that no transaction is held while something slow is awaited.

    `request.db` begins another when it is asked again.
    """
    request.tm.abort()
    request.tm.begin()
