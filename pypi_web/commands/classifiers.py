"""`pypi-web classifiers`: the trove classifiers of the index."""

from pathlib import Path

import click

from pypi_web.commands.site import changing, open_site
from pypi_web.projects.classifiers import synchronise


@click.group()
def classifiers() -> None:
    """Look after the trove classifiers."""


@classifiers.command()
@click.pass_obj
def sync(config: Path) -> None:
    """Bring the index's classifiers to those of the installed package trove-classifiers."""
    with open_site(config) as site, changing(site) as db:
        done = synchronise(db)
    click.echo(f"Classifiers: {done.added} added, {done.withdrawn} withdrawn.")
