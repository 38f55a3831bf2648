"""People as commands name them, and the letters that commands send to them."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web import letters
from pypi_web.commands.site import Site
from pypi_web.data import User
from pypi_web.letters import Letter, Post
from pypi_web.settings import SettingsError


def find_person(db: Session, name: str) -> User:
    """Raises ClickException where nobody has the name."""
    person = db.scalar(select(User).where(User.name == name.strip().lower()))
    if person is None:
        raise click.ClickException(f"There is no user {name}.")
    return person


def open_post(site: Site) -> Post:
    """Opened before anything is done, so that a mail server which is none keeps it from being done;
    raises ClickException."""
    try:
        return letters.open_post(site.settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def send(post: Post, *sent: Letter) -> None:
    """Sends letters, where any are sent here, and waits until they are away or given up."""
    if post.is_open and sent:
        for letter in sent:
            post.send(letter)
        post.close()
