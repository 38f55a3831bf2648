"""One URL for the application and for Alembic."""

from collections.abc import Mapping
from configparser import ConfigParser, InterpolationError
from configparser import Error as IniError
from pathlib import Path
from typing import Any

import plaster
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from pypi_web.settings import SettingsError

URL_SETTING = "sqlalchemy.url"


class DatabaseURLError(SettingsError):
    """There is no URL of a database, or it cannot be read; the message says what to write."""


def find_url(environment: Mapping[str, str], ini: Path | None, app: Mapping[str, Any]) -> URL:
    """The URL of `$DATABASE_URL`, else of the ini's `[alembic]`, else of the settings `app`.

    The variable is read here rather than interpolated into the ini, where a `%` of a password
    would be taken for a name.
    """
    text = environment.get("DATABASE_URL") or _of_alembic(ini) or app.get(URL_SETTING)
    if not text:
        raise DatabaseURLError(
            f"No database is named: set the environment variable DATABASE_URL, or {URL_SETTING}"
            f" in {ini or 'the ini'}, such as sqlite:///var/pypi_web.sqlite or postgresql://."
        )
    try:
        url = make_url(text)
        usable = _is_usable(url)
    except (ArgumentError, ValueError, ImportError):
        usable = False
    if not usable:
        # Without the URL itself, which may hold a password.
        raise DatabaseURLError(
            "The database's URL (DATABASE_URL, else sqlalchemy.url) cannot be used: write"
            " sqlite:///path or postgresql://user:password@host/database, with %40 for an @ in the"
            " password and the like."
        )
    if url.get_backend_name() == "sqlite" and url.database:
        _make_folder(Path(url.database).parent)
    return url


def find_url_of_ini(environment: Mapping[str, str], ini: Path) -> URL:
    """The same, for those who have only the ini: Alembic and the commands."""
    if environment.get("DATABASE_URL"):
        return find_url(environment, ini, {})
    try:
        app = read_app_settings(ini)
    except LookupError:  # an ini without [app:main]
        app = {}
    return find_url(environment, ini, app)


def read_app_settings(ini: Path) -> Mapping[str, Any]:
    """An ini's `[app:main]`.

    Raises LookupError where it has none, and SettingsError, without a word of what is written in
    it, where it cannot be read.
    """
    try:
        loader = plaster.get_loader(str(ini), protocols=["wsgi"])
        settings: Mapping[str, Any] = loader.get_wsgi_app_settings("main")
    except IniError as error:
        raise _unreadable(ini, error) from None
    except LookupError:
        raise
    except (OSError, ImportError, ValueError) as error:
        raise SettingsError(f"{ini} cannot be used: {' '.join(str(error).split())}") from None
    return settings


def is_in_memory(url: URL) -> bool:
    """Whether it is a SQLite database that is gone with its connection."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _is_usable(url: URL) -> bool:
    dialect = url.get_dialect()
    dialect.import_dbapi()  # raises ImportError where the driver is not installed
    is_known = url.get_backend_name() in ("sqlite", "postgresql")
    return is_known and not dialect.is_async and not is_in_memory(url)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseURLError(
            f"The database's folder {folder} cannot be made ({error.strerror}): see DATABASE_URL"
            f" and {URL_SETTING}."
        ) from None


def _of_alembic(ini: Path | None) -> str | None:
    if ini is None or not ini.exists():
        return None
    parser = ConfigParser({"here": str(ini.parent.resolve())})
    try:
        parser.read(ini, encoding="utf-8")
        return parser.get("alembic", URL_SETTING, fallback=None)
    except IniError as error:
        raise _unreadable(ini, error) from None


def _unreadable(ini: Path, error: IniError) -> DatabaseURLError:
    """Without the parser's own words, which may quote a password."""
    if isinstance(error, InterpolationError):
        return DatabaseURLError(f"{ini} cannot be used: each % in a value is written twice, as %%.")
    return DatabaseURLError(f"{ini} cannot be used: it is no ini file ({type(error).__name__}).")
