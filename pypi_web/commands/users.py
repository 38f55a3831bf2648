"""`pypi-web user`: people with accounts."""

import sys
from pathlib import Path

import click

from pypi_web.accounts import people
from pypi_web.accounts.people import AccountRefused
from pypi_web.commands.site import changing, open_site


@click.group()
def user() -> None:
    """People with accounts."""


@user.command()
@click.argument("name")
@click.option("--email", required=True, help="Where the person is written to.")
@click.option("--admin", is_flag=True, help="May do everything on the index.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def create(config: Path, name: str, email: str, *, admin: bool, password_stdin: bool) -> None:
    """Make an account for NAME; the password is asked for."""
    with open_site(config) as site:
        password = _read_password() if password_stdin else _ask_password()
        try:
            with changing(site) as db:
                people.lock(db)
                made = people.create_user(
                    db, name=name, email=email, password=password, is_admin=admin
                )
                made_name = made.name
        except AccountRefused as refusal:
            raise click.ClickException(refusal.message) from None
    click.echo(f"{made_name} has an account now.")


def _ask_password() -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _read_password() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("The password on standard input is not UTF-8.") from None
