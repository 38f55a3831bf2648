"""The site that a command works on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pypi_web import settings
from pypi_web.data.session import make_engine, writing
from pypi_web.schema.database import find_url, read_app_settings
from pypi_web.schema.state import find_state
from pypi_web.settings import Settings, SettingsError


@dataclass(frozen=True)
class Site:
    settings: Settings
    engine: Engine


@contextmanager
def open_site(config: Path, *, wants_tables: bool = True) -> Iterator[Site]:
    """The site of an ini file, closed after the block.

    Whatever keeps a command from working on it, be it the ini, a setting or the database, becomes
    a ClickException with a sentence; so does a database without the tables of this code, unless
    the command is there to make them.
    """
    site = _find_site(config)
    try:
        with explained():
            if wants_tables:
                _check_tables(site.engine)
            yield site
    finally:
        site.engine.dispose()


@contextmanager
def changing(site: Site) -> Iterator[Session]:
    """A session on a site, committed at the end of the block."""
    with explained("Nothing of this command was kept."), writing(site.engine) as db:
        yield db


@contextmanager
def explained(consequence: str = "") -> Iterator[None]:
    """Makes a ClickException of what a database refuses in the block, with its cause, and with
    what follows from it. Where the connection was lost, nobody knows what follows."""
    try:
        yield
    except DBAPIError as error:
        if consequence and error.connection_invalidated:
            consequence = "Look at what is there before you run it again."
        sentence = f"The database failed: {explain_cause(error)}. {consequence}"
        raise click.ClickException(sentence.rstrip()) from None


def explain_cause(error: DBAPIError) -> str:
    """The first line of what a database says, without a full stop."""
    return (str(error.orig).strip().splitlines() or ["it does not say why"])[0].rstrip(".")


def _find_site(config: Path) -> Site:
    if not config.is_file():
        raise click.ClickException(f"There is no ini file {config}: name the site's with --config.")
    try:
        app = read_app_settings(config)
        return Site(
            settings=settings.read(app, os.environ),
            engine=make_engine(find_url(os.environ, config, app)),
        )
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except LookupError as error:
        raise click.ClickException(f"{config} cannot be used: {error}") from None


def _check_tables(engine: Engine) -> None:
    with engine.connect() as db:
        state = find_state(db)
    if not state.is_ready:
        raise click.ClickException(state.sentence)
