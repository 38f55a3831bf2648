"""`pypi-web project`: projects, and what may be done with them."""

from pathlib import Path

import click
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from pypi_web.commands.site import changing, open_site
from pypi_web.commands.stored import tell
from pypi_web.data import Project, ProjectStatus
from pypi_web.data.session import Database, reading
from pypi_web.projects.statuses import StatusRefused, set_status
from pypi_web.standards import names


@click.group()
def project() -> None:
    """Look after projects."""


@project.command()
@click.argument("name")
@click.argument("status", required=False, type=click.Choice([each.value for each in ProjectStatus]))
@click.option("--reason", default="", help="Why; installers and visitors are told.")
@click.pass_obj
def status(config: Path, name: str, status: str | None, *, reason: str) -> None:
    """Give the project NAME a status, or print the one that it has.

    \b
    active       takes uploads, and its files are offered
    deprecated   the same; one should no longer depend on it
    archived     takes no more uploads
    quarantined  takes no uploads, and none of its files is offered
    """
    if status is None and reason:
        raise click.UsageError("--reason is the reason for a status: name one.")
    with open_site(config) as site:
        if status is not None:
            with changing(site) as db:
                _set(db, name, ProjectStatus(status), reason)
        with reading(site.engine) as look:
            found = _find(look, name)
    why = f" ({found.status_reason})" if found.status_reason else ""
    tell(f"{found.name} is {found.status}{why}.")


def _set(db: Session, name: str, status: ProjectStatus, reason: str) -> None:
    try:
        set_status(db, _find(db, name).id, status, reason=reason, actor=None)
    except StatusRefused as refusal:
        raise click.ClickException(str(refusal)) from None


def _find(db: Database, name: str) -> Row:
    found = db.execute(
        select(Project.id, Project.name, Project.status, Project.status_reason).where(
            Project.normalized_name == names.normalize(name)
        )
    ).one_or_none()
    if found is None:
        raise click.ClickException(f"There is no project {name} on this index.")
    return found
