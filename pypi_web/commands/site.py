"""The site that a command works on."""

import os
from collections.abc import Iterator
from configparser import Error as IniError
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from pyramid.paster import get_appsettings
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from pypi_web import settings
from pypi_web.data.session import make_engine, writing
from pypi_web.schema.database import DatabaseURLError, find_url_of_ini
from pypi_web.settings import Settings, SettingsError


@dataclass(frozen=True)
class Site:
    settings: Settings
    engine: Engine


@contextmanager
def open_site(config: Path) -> Iterator[Site]:
    """The site of an ini file, closed after the block.

    Whatever keeps a command from working on it, be it the ini, a setting or the database, becomes
    a ClickException with a sentence.
    """
    if not config.is_file():
        raise click.ClickException(f"There is no ini file {config}: name the site's with --config.")
    try:
        site = Site(
            settings=settings.read(get_appsettings(str(config)), os.environ),
            engine=make_engine(find_url_of_ini(os.environ, config)),
        )
    except (SettingsError, DatabaseURLError) as error:
        raise click.ClickException(str(error)) from None
    except (LookupError, ValueError, ImportError, IniError, OSError) as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(f"{config} cannot be used: {reason}") from None
    try:
        yield site
    except (OperationalError, ProgrammingError) as error:
        cause = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(
            f"The database is not ready ({cause}): run `alembic upgrade head` first."
        ) from None
    finally:
        site.engine.dispose()


@contextmanager
def changing(config: Path) -> Iterator[Session]:
    """A session on the site of an ini file, committed at the end of the block."""
    with open_site(config) as site, writing(site.engine) as db:
        yield db
