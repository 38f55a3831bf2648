"""The `pypi-web` command line, and its table of contents."""

from pathlib import Path

import click

from pypi_web.commands import (
    check,
    classifiers,
    imports,
    mirror,
    projects,
    prune,
    readmes,
    schema,
    tokens,
    users,
)


@click.group()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default="development.ini",
    show_default=True,
    help="The ini file of the site.",
)
@click.pass_context
def main(context: click.Context, config: Path) -> None:
    """Look after a package index."""
    context.obj = config


main.add_command(users.user)
main.add_command(tokens.token)
main.add_command(projects.project)
main.add_command(imports.import_)
main.add_command(schema.schema)
main.add_command(classifiers.classifiers)
main.add_command(readmes.readmes)
main.add_command(mirror.mirror)
main.add_command(check.check)
main.add_command(prune.prune)
