"""`pypi-web project`: projects, and what may be done with them."""

from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from pypi_web.commands.people import open_post, send
from pypi_web.commands.site import changing, open_site
from pypi_web.commands.stored import tell
from pypi_web.data import Project, ProjectStatus, RoleName
from pypi_web.data.session import Database, reading
from pypi_web.projects import managing, role_changes, roles
from pypi_web.projects.deeds import Actor, DeedRefused, Done, NotThere
from pypi_web.standards import names

Do = Callable[[Session, int, Actor], Done]

reason_option = click.option("--reason", default="", help="Why; installers and visitors are told.")


@click.group()
def project() -> None:
    """Look after projects."""


@project.command()
@click.argument("name")
@click.argument("status", required=False, type=click.Choice([each.value for each in ProjectStatus]))
@reason_option
@click.pass_obj
def status(config: Path, name: str, status: str | None, *, reason: str) -> None:
    """Give the project NAME a status, or print the one that it has.

    \b
    active       takes uploads, and its files are offered
    deprecated   the same; one should no longer depend on it
    archived     takes no more uploads
    quarantined  takes no uploads, and none of its files is offered
    """
    if status is not None:
        _change_status(config, name, ProjectStatus(status), reason)
        return
    if reason:
        raise click.UsageError("--reason is the reason for a status: name one.")
    with open_site(config) as site, reading(site.engine) as look:
        found = _find(look, name)
    why = f" ({found.status_reason})" if found.status_reason else ""
    tell(f"{found.name} is {found.status}{why}.")


@project.command()
@click.argument("name")
@reason_option
@click.pass_obj
def archive(config: Path, name: str, *, reason: str) -> None:
    """Have the project NAME take no more files."""
    _change_status(config, name, ProjectStatus.ARCHIVED, reason)


@project.command()
@click.argument("name")
@click.pass_obj
def unarchive(config: Path, name: str) -> None:
    """Have the project NAME, which is archived, take files again."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.unarchive(db, project_id, actor=actor)

    _carry_out(config, name, do)


@project.command()
@click.argument("name")
@reason_option
@click.pass_obj
def deprecate(config: Path, name: str, *, reason: str) -> None:
    """Say that one should no longer depend on the project NAME."""
    _change_status(config, name, ProjectStatus.DEPRECATED, reason)


@project.command()
@click.argument("name")
@reason_option
@click.pass_obj
def quarantine(config: Path, name: str, *, reason: str) -> None:
    """Offer nothing of the project NAME, and add nothing."""
    _change_status(config, name, ProjectStatus.QUARANTINED, reason)


@project.command()
@click.argument("name")
@click.pass_obj
def release(config: Path, name: str) -> None:
    """Release the project NAME from quarantine."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.release_from_quarantine(db, project_id, actor=actor)

    _carry_out(config, name, do)


@project.command()
@click.argument("name")
@click.argument("version")
@reason_option
@click.pass_obj
def yank(config: Path, name: str, version: str, *, reason: str) -> None:
    """Have installers leave out the release VERSION of NAME, but where exactly it is asked for."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.yank(db, project_id, version, reason=reason, actor=actor)

    _carry_out(config, name, do)


@project.command()
@click.argument("name")
@click.argument("version")
@click.pass_obj
def unyank(config: Path, name: str, version: str) -> None:
    """Take back that the release VERSION of NAME is yanked."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.unyank(db, project_id, version, actor=actor)

    _carry_out(config, name, do)


@project.command()
@click.argument("name")
@click.option("--release", "version", metavar="VERSION", help="Delete this release alone.")
@click.option("--file", "filename", metavar="FILENAME", help="Delete this file alone.")
@click.option("--yes", is_flag=True, help="Ask for nothing to be typed.")
@click.pass_obj
def delete(
    config: Path, name: str, *, version: str | None, filename: str | None, yes: bool
) -> None:
    """Delete the project NAME, or a release or file of it.

    What is to be deleted is typed once more. The names of files are never given again, and that of
    a project is kept: give it an owner with `pypi-web project owners add`.
    """
    if version is not None and filename is not None:
        raise click.UsageError("Give --release or --file, not both.")
    wanted = filename or version or name
    typed = wanted
    if not yes:
        typed = click.prompt(f"Type {wanted} to delete it", err=True)

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        if typed.strip() != wanted:
            raise DeedRefused("typed", f"Type {wanted}, exactly so, to delete it.")
        if filename is not None:
            return managing.delete_file(db, project_id, filename, typed=filename, actor=actor)
        if version is not None:
            written = managing.get_release(db, project_id, version).version
            return managing.delete_release(db, project_id, version, typed=written, actor=actor)
        normalized = names.normalize(name)
        return managing.delete_project(db, project_id, typed=normalized, actor=actor)

    _carry_out(config, name, do)


@project.command()
@click.argument("name")
@click.pass_obj
def private(config: Path, name: str) -> None:
    """Show the project NAME to its people alone."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.set_private(db, project_id, True, actor=actor)

    _carry_out(config, name, do)


@project.command()
@click.argument("name")
@click.pass_obj
def public(config: Path, name: str) -> None:
    """Show the project NAME to all who may read the index."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.set_private(db, project_id, False, actor=actor)

    _carry_out(config, name, do)


@project.group()
def owners() -> None:
    """The people of a project."""


@owners.command(name="list")
@click.argument("name")
@click.pass_obj
def list_owners(config: Path, name: str) -> None:
    """Show who has a role in the project NAME."""
    with open_site(config) as site, reading(site.engine) as look:
        for person in roles.list_people(look, _find(look, name).id):
            tell(f"{person.name}  {person.role}")


@owners.command()
@click.argument("name")
@click.argument("user")
@click.option(
    "--role",
    type=click.Choice([each.value for each in RoleName]),
    default=RoleName.OWNER.value,
    show_default=True,
)
@click.pass_obj
def add(config: Path, name: str, user: str, *, role: str) -> None:
    """Make USER an owner of the project NAME, or give them another role, without asking them."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return role_changes.add(db, project_id, user, RoleName(role), actor=actor)

    _carry_out(config, name, do)


@owners.command()
@click.argument("name")
@click.argument("user")
@click.pass_obj
def remove(config: Path, name: str, user: str) -> None:
    """Take from USER the role that they have in the project NAME; never from the only owner."""

    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return role_changes.remove(db, project_id, user, actor=actor)

    _carry_out(config, name, do)


def _change_status(config: Path, name: str, status: ProjectStatus, reason: str) -> None:
    def do(db: Session, project_id: int, actor: Actor) -> Done:
        return managing.change_status(db, project_id, status, reason=reason, actor=actor)

    _carry_out(config, name, do)


def _carry_out(config: Path, name: str, do: Do) -> None:
    """Does an act in one transaction, then sends its letters."""
    with open_site(config) as site:
        post = open_post(site)
        try:
            with changing(site) as db:
                done = do(db, _find(db, name).id, Actor(site=site.settings.url, oversees=True))
        except DeedRefused as refusal:
            raise click.ClickException(refusal.message) from None
        except NotThere as missing:
            raise click.ClickException(str(missing)) from None
        tell(done.sentence)
        send(post, *done.letters)


def _find(db: Database, name: str) -> Row:
    found = db.execute(
        select(Project.id, Project.name, Project.status, Project.status_reason).where(
            Project.normalized_name == names.normalize(name)
        )
    ).one_or_none()
    if found is None:
        raise click.ClickException(f"There is no project {name} on this index.")
    return found
