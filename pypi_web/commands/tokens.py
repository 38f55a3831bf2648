"""`pypi-web token`: what tools sign in with."""

from pathlib import Path

import click
from sqlalchemy import select

from pypi_web.accounts import tokens
from pypi_web.accounts.tokens import TokenRefused
from pypi_web.commands.site import changing, open_site
from pypi_web.data import User
from pypi_web.security.identity import TokenRight


@click.group()
def token() -> None:
    """What tools sign in with."""


@token.command()
@click.argument("user")
@click.option(
    "--project", "projects", multiple=True, help="A project that it is for; all unless said."
)
@click.option(
    "--may",
    "rights",
    multiple=True,
    type=click.Choice([right.value for right in TokenRight]),
    help="What it is for: reading and publishing unless said.",
)
@click.option("--expires", type=int, metavar="DAYS", help="How long the token lives.")
@click.option("--name", default="command line", show_default=True, help="What the token is called.")
@click.pass_obj
def create(
    config: Path,
    user: str,
    *,
    projects: tuple[str, ...],
    rights: tuple[str, ...],
    expires: int | None,
    name: str,
) -> None:
    """Make an API token for USER, and print it, and nothing else.

    It is shown this once.
    """
    try:
        with open_site(config) as site, changing(site) as db:
            person = db.scalar(select(User).where(User.name == user.strip().lower()))
            if person is None:
                raise click.ClickException(
                    f"There is no user {user}: make one with `pypi-web user create`."
                )
            made = tokens.create_token(
                db,
                person,
                name=name,
                projects=projects or None,
                rights=[TokenRight(each) for each in rights] or tokens.RIGHTS,
                days=expires,
            )
    except TokenRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(made.text)
