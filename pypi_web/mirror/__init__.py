"""Another index, which answers for all that is not hosted here: fetched when asked for, kept, and
given out also when it is down."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from pypi_web.mirror.files import MirrorFiles
from pypi_web.mirror.holdings import KeptTotals
from pypi_web.mirror.pages import MirrorPages
from pypi_web.settings import Settings, SettingsError
from pypi_web.storage import Storage
from pypi_web.upstream import Upstream

_LOGIN_HINT = "look at pypi_web.mirror.user and pypi_web.mirror.password"


@dataclass(frozen=True)
class Mirror:
    engine: Engine
    settings: Settings
    upstream: Upstream
    pages: MirrorPages
    files: MirrorFiles


def includeme(config: Any) -> None:
    """The page of what is mirrored; only where a mirror is set up."""
    config.registry["mirror_totals"] = KeptTotals(config.registry["engine"])
    config.add_route("mirror.overview", "/mirror/")
    config.scan(".views")
    config.include(".upkeep")


def open_mirror(engine: Engine, storage: Storage, settings: Settings) -> Mirror | None:
    """The mirror that the settings ask for; raises SettingsError where they name no index."""
    if settings.mirror_upstream is None:
        return None
    password = settings.mirror_password
    try:
        upstream = Upstream(
            settings.mirror_upstream,
            user=settings.mirror_user,
            password=password.get_secret_value() if password else None,
            login_hint=_LOGIN_HINT,
        )
    except ValueError as error:
        raise SettingsError(
            f"Setting pypi_web.mirror.upstream is wrong: {error} Write one such as"
            " https://example.org/simple/."
        ) from None
    pages = MirrorPages(engine, upstream, settings)
    files = MirrorFiles(engine, storage, upstream, pages, settings)
    return Mirror(engine, settings, upstream, pages, files)
