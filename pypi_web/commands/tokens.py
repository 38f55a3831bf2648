"""`pypi-web token`: what tools sign in with."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from pypi_web.accounts import token_letters, tokens
from pypi_web.accounts.tokens import Revoked, TokenRefused
from pypi_web.commands.people import find_person, open_post, send
from pypi_web.commands.site import changing, open_site
from pypi_web.data import ApiToken, User
from pypi_web.data.audit import note
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

    It is shown this once; USER is told by letter.
    """
    with open_site(config) as site:
        post = open_post(site)
        try:
            with changing(site) as db:
                person = find_person(db, user)
                made = tokens.create_token(
                    db,
                    person,
                    name=name,
                    projects=projects or None,
                    rights=[TokenRight(each) for each in rights] or tokens.RIGHTS,
                    days=expires,
                )
                _note(db, person, "make token", made.name, after=made.summary)
                letter = token_letters.of_making(person, made)
        except TokenRefused as refusal:
            raise click.ClickException(str(refusal)) from None
        click.echo(made.text)
        send(post, letter)


@token.command(name="list")
@click.argument("user")
@click.pass_obj
def list_(config: Path, user: str) -> None:
    """Show the tokens of USER, each with the number by which it is revoked."""
    with open_site(config) as site, changing(site) as db:
        for each in tokens.list_tokens(db, find_person(db, user).id):
            click.echo(_describe(each))


@token.command()
@click.argument("user")
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "all_", is_flag=True, help="Revoke all that USER has.")
@click.pass_obj
def revoke(config: Path, user: str, *, numbers: tuple[int, ...], all_: bool) -> None:
    """Revoke tokens of USER at once, by their NUMBERS as `pypi-web token list` shows them."""
    if bool(numbers) == all_:
        raise click.UsageError("Name the numbers of tokens, or give --all.")
    with open_site(config) as site, changing(site) as db:
        person = find_person(db, user)
        revoked = tokens.revoke_all(db, person.id) if all_ else _revoke(db, person, numbers)
        for each in revoked:
            _note(db, person, "revoke token", f"{each.name} …{each.hint}")
    for each in revoked:
        click.echo(f"{each.name} …{each.hint} is revoked: nothing can use it any more.")
    if not revoked:
        click.echo(f"{user} has no tokens.")


def _revoke(db: Session, person: User, numbers: tuple[int, ...]) -> list[Revoked]:
    found = []
    for number in numbers:
        revoked = tokens.revoke_token(db, person.id, number)
        if revoked is None:
            raise click.ClickException(
                f"{person.name} has no token {number}: nothing was revoked. See"
                f" `pypi-web token list {person.name}`."
            )
        found.append(revoked)
    return found


def _describe(each: ApiToken) -> str:
    projects = "all projects" if each.is_for_all else ", ".join(p.name for p in each.projects)
    used = "never used"
    if each.last_used_at is not None:
        used = f"used {each.last_used_at:%Y-%m-%d} from {each.last_used_from or 'somewhere'}"
    expiry = f"expires {each.expires_at:%Y-%m-%d}" if each.expires_at else "does not expire"
    may = " and ".join(tokens.rights_of(each))
    return (
        f"{each.id}  {each.name} …{each.hint}: may {may}, for {projects or 'no project any more'};"
        f" {used}; {expiry}"
    )


def _note(db: Session, person: User, act: str, subject: str, **more: Any) -> None:
    note(db, act, user_id=person.id, user_name=person.name, subject=subject, **more)
