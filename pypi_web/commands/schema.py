"""`pypi-web schema`: Alembic's deploys, with the migrations that came with this package."""

import logging
import sys
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from pypi_web.commands.site import open_site
from pypi_web.schema.state import find_scripts, find_state, read_schema


@click.group()
def schema() -> None:
    """Make and change the tables."""


@schema.command()
@click.argument("revision", default="head")
@click.pass_obj
def upgrade(config: Path, revision: str) -> None:
    """Migrate the database up to REVISION, `head` when none is given."""
    logging.basicConfig(format="%(message)s")
    for name in ("alembic.runtime.migration", "alembic.pypi_web"):
        logging.getLogger(name).setLevel(logging.INFO)
    with open_site(config, wants_tables=False) as site:
        alembic = Config()
        alembic.set_main_option("script_location", str(find_scripts()).replace("%", "%%"))
        alembic.set_main_option("path_separator", "os")
        alembic.attributes["connection"] = site.engine
        try:
            command.upgrade(alembic, revision)
        except CommandError as error:
            raise click.ClickException(str(error)) from None
        with site.engine.connect() as db:
            click.echo(find_state(db).sentence)


@schema.command()
@click.pass_obj
def status(config: Path) -> None:
    """Say how the database stands to this code; the exit status is 1 where it cannot be used."""
    with open_site(config, wants_tables=False) as site, site.engine.connect() as db:
        state = find_state(db)
    click.echo(f"{state.sentence} The code's revision is {', '.join(read_schema().heads)}.")
    if not state.is_ready:
        sys.exit(1)
