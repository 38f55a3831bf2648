"""`pypi-web user`: people with accounts."""

import sys
from pathlib import Path
from urllib.parse import urlencode

import click
from sqlalchemy import select

from pypi_web import settings
from pypi_web.accounts import (
    account_letters,
    factor_letters,
    factors,
    people,
    profile,
    recovery,
    registration,
)
from pypi_web.accounts.people import AccountRefused
from pypi_web.commands.people import find_person, open_post, send
from pypi_web.commands.site import Site, changing, open_site
from pypi_web.data import User
from pypi_web.data.audit import note
from pypi_web.data.session import reading
from pypi_web.projects.deeds import Actor

url_option = click.option(
    "--url",
    metavar="ADDRESS",
    help="Where people reach the site, as https://packages.example.org.",
)


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
            applicant = people.check_applicant(name=name, email=email, password=password)
            with changing(site) as db:
                people.lock(db)
                made = people.create_user(db, applicant, is_admin=admin, is_confirmed=True)
                made_name = made.name
                after = {"email": made.email, "is_admin": admin}
                note(db, "register", user_id=made.id, user_name=made_name, after=after)
        except AccountRefused as refusal:
            raise click.ClickException(refusal.message) from None
    click.echo(f"{made_name} has an account now.")


@user.command()
@click.argument("email", metavar="ADDRESS")
@url_option
@click.pass_obj
def invite(config: Path, email: str, *, url: str | None) -> None:
    """Invite the owner of ADDRESS to have an account, and print the link that makes it.

    The link is shown this once; it is sent by letter too, where the site sends letters.
    """
    with open_site(config) as site:
        _check_registration(site)
        base, post = _find_url(site, url), open_post(site)
        by = "An administrator"
        try:
            with changing(site) as db:
                invited = registration.invite(db, email, by=by)
                note(db, "invite", subject=invited.email)
        except AccountRefused as refusal:
            raise click.ClickException(refusal.message) from None
        link = f"{base}/account/new?{urlencode({'key': invited.key})}"
        send(post, account_letters.of_invitation(invited.email, link, by=by))
        if not post.is_open:
            click.echo(
                "No letter is sent: no mail.server is set here. Hand them the link:", err=True
            )
    click.echo(link)


@user.command("list")
@click.pass_obj
def list_all(config: Path) -> None:
    """List all people: name, address, since when, and whether they administer the index."""
    with open_site(config) as site, reading(site.engine) as db:
        columns = User.name, User.email, User.created_at, User.is_admin
        for name, email, created_at, is_admin in db.execute(select(*columns).order_by(User.name)):
            role = "administrator" if is_admin else ""
            click.echo(f"{name}\t{email}\t{created_at:%Y-%m-%d}\t{role}".rstrip())


@user.command()
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Take it from them.")
@click.pass_obj
def admin(config: Path, name: str, *, revoke: bool) -> None:
    """Have NAME administer the index."""
    try:
        with open_site(config) as site, changing(site) as db:
            person = find_person(db, name)
            people.set_admin(db, person, not revoke)
            person_name = person.name
    except AccountRefused as refusal:
        raise click.ClickException(refusal.message) from None
    click.echo(f"{person_name} {'is no' if revoke else 'is an'} administrator now.")


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for the name once more.")
@click.pass_obj
def delete(config: Path, name: str, *, yes: bool) -> None:
    """Delete the account of NAME, with their sessions, tokens and roles.

    What they published stays.
    """
    typed = name if yes else click.prompt(f"Type {name} to delete the account", err=True)
    with open_site(config) as site:
        post = open_post(site)
        try:
            with changing(site) as db:
                person = find_person(db, name)
                person_name = person.name
                actor = Actor(site=site.settings.url)
                letters = profile.delete_account(db, person, typed=typed, actor=actor)
                note(db, "delete account", user_id=person.id, subject=person_name)
        except AccountRefused as refusal:
            raise click.ClickException(refusal.message) from None
        send(post, *letters)
    click.echo(f"The account of {person_name} is deleted.")


@user.command()
@click.argument("name")
@url_option
@click.pass_obj
def reset(config: Path, name: str, *, url: str | None) -> None:
    """Print a link by which NAME sets a new password.

    It is good for an hour, and once. See that you hand it to nobody else.
    """
    with open_site(config) as site:
        base = _find_url(site, url)
        with changing(site) as db:
            person = find_person(db, name)
            key = recovery.sign_reset(site.settings.signing_key, person)
            note(db, "make a link for a new password", user_id=person.id, user_name=person.name)
    click.echo(f"{base}/account/new-password?{urlencode({'key': key})}")


@user.command("remove-factors")
@click.argument("name")
@click.pass_obj
def remove_factors(config: Path, name: str) -> None:
    """Remove the second factors and recovery codes of NAME, who has lost them.

    Their password alone opens the account then: see that it is they who ask.
    """
    with open_site(config) as site:
        post = open_post(site)
        with changing(site) as db:
            person = find_person(db, name)
            count = factors.remove_all(db, person)
            person_name, letter = person.name, factor_letters.of_removing_all(person)
        if count:
            send(post, letter)
    click.echo(f"{person_name} has no second factor any more: {count} removed.")


def _check_registration(site: Site) -> None:
    if site.settings.registration == "closed":
        raise click.ClickException(
            "The setting registration is closed: make the account with `pypi-web user create`."
        )


def _find_url(site: Site, written: str | None) -> str:
    if written is not None:
        try:
            return settings.check_url(written)
        except ValueError as error:
            raise click.ClickException(f"--url is wrong: {error}.") from None
    if site.settings.url is None:
        raise click.ClickException(
            "Say where people reach the site: set pypi_web.url, or --url"
            " https://packages.example.org."
        )
    return site.settings.url


def _ask_password() -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _read_password() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("The password on standard input is not UTF-8.") from None
