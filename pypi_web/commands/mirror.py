"""`pypi-web mirror`: what another index answers here, and what is kept from it."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import Engine

from pypi_web import clock
from pypi_web.commands import ages
from pypi_web.commands.ages import Age, Size
from pypi_web.commands.fetching import fetch_all, read_lists
from pypi_web.commands.people import find_person
from pypi_web.commands.site import Site, changing, explained, open_site
from pypi_web.commands.stored import opened_storage, progress, tell
from pypi_web.data.session import reading
from pypi_web.mirror import Mirror, claims, open_mirror, trimming
from pypi_web.mirror.claims import ClaimRefused
from pypi_web.mirror.holdings import Holding, list_holdings
from pypi_web.settings import SettingsError
from pypi_web.storage import Storage


@click.group()
def mirror() -> None:
    """Look after what is mirrored from upstream."""


@mirror.command()
@click.argument("name")
@click.option("--owner", metavar="USER", help="Who may publish to it, beside administrators.")
@click.pass_obj
def claim(config: Path, name: str, *, owner: str | None) -> None:
    """Claim NAME for this index: upstream is never asked for it again.

    It becomes a project without files, at once and for all processes of the site: installers are
    told of none of upstream's, and not given those that were fetched before. A name that was
    claimed without an owner gets one with --owner.
    """
    try:
        with open_site(config) as site, changing(site) as db:
            owner_id = None if owner is None else find_person(db, owner).id
            claimed = claims.claim(db, name, owner_id=owner_id, actor=None)
    except ClaimRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    told = f"{claimed.name} is claimed: it is hosted here, and upstream is not asked for it."
    if not claimed.is_new:
        told = f"{claimed.name} was claimed before, and is owned by {owner} now."
    elif claimed.files:
        given = "is" if claimed.files == 1 else "are"
        told += f" {_count(claimed.files)} of upstream's {given} no longer given out."
    tell(told)


@mirror.command()
@click.argument("name")
@click.pass_obj
def unclaim(config: Path, name: str) -> None:
    """Undo the claim of NAME: upstream is asked for it again.

    Only of a name that never had a file here. The journal keeps both; tokens that are for the
    project alone end.
    """
    try:
        with open_site(config) as site, changing(site) as db:
            unclaimed = claims.unclaim(db, name, actor=None)
    except ClaimRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    tell(f"{unclaimed} is no longer claimed: upstream is asked for it again.")


@mirror.command()
@click.option("--unused-for", type=Age(), help="Remove what nobody has had for so long, as 90d.")
@click.option("--max-size", type=Size(), help="Keep so much at the most, as 50G.")
@click.option("--dry-run", is_flag=True, help="Name what would be removed, and remove nothing.")
@click.pass_obj
def trim(
    config: Path, *, unused_for: timedelta | None, max_size: int | None, dry_run: bool
) -> None:
    """Remove bytes of mirrored files, those that nobody has had for longest first.

    Who asks for one again has it fetched again; pages and metadata stay. Without options it is as
    the settings pypi_web.mirror.trim_unused_for and pypi_web.mirror.max_size say. The site may run
    meanwhile.
    """
    now = clock.now()
    with (
        open_site(config) as site,
        opened_storage(site) as storage,
        explained("What was removed before is gone: run it again for the rest."),
    ):
        if unused_for is None and max_size is None:
            unused_for = site.settings.mirror_trim_unused_for
            max_size = site.settings.mirror_max_size
        if unused_for is None and max_size is None:
            raise click.UsageError("Say what is to go: --unused-for 90d, or --max-size 50G.")
        files = trimming.find_superfluous(
            site.engine,
            unused_since=None if unused_for is None else now - unused_for,
            max_size=max_size,
        )
        if dry_run:
            for each in files:
                age = ages.shown(now - each.used_at)
                tell(f"{each.project}: {each.filename}  {each.size:,} bytes  {age}")
        else:
            with progress(sum(each.size for each in files), "Trimming") as bar:
                files = trimming.remove(site.engine, storage, files, on_progress=bar.update)
        with reading(site.engine) as db:
            left = trimming.size_of_all(db)
    size = sum(each.size for each in files)
    done, left = ("would be removed", left - size) if dry_run else ("removed", left)
    click.echo(f"Files: {len(files):,} {done}, {size:,} bytes. Left: {left:,} bytes.")


@mirror.command()
@click.option(
    "-r",
    "--requirement",
    "paths",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same as FILE, as pip has it.",
)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def fetch(config: Path, *, paths: tuple[Path, ...], files: tuple[Path, ...]) -> None:
    """Fetch what each FILE asks for, so that it can be installed when upstream is down.

    A FILE is pylock.toml or uv.lock, of which the files are fetched that it names, or lines of
    requirements, of which all files of a version are: the pinned one, or else the newest final one
    that matches. Whatever these need has to be named too. Markers are passed over: files come for
    all machines. What cannot be had is named, all else is fetched, and the exit status is 1.
    """
    if not paths + files:
        raise click.UsageError("Name a requirements.txt, pylock.toml or uv.lock.")
    wishes = list(read_lists(paths + files))
    with (
        open_site(config) as site,
        opened_storage(site) as storage,
        explained("What was fetched before is kept: run it again for the rest."),
    ):
        from_upstream = _open_mirror(site, storage)
        fetched = fetch_all(from_upstream, wishes)
        from_upstream.files.kept.write_uses()
    click.echo(fetched.summary)
    if fetched.problems:
        sys.exit(1)


@mirror.command("list")
@click.pass_obj
def list_(config: Path) -> None:
    """List the projects that are mirrored, with what is kept of their files, and the names that
    upstream is not asked for."""
    projects = files = size = 0
    with open_site(config) as site:
        for each in _list_holdings(site.engine):
            hosted = "  hosted here now" if each.is_hosted else ""
            tell(f"{each.name}  {_count(each.files)}  {each.size:,} bytes{hosted}")
            projects, files, size = projects + 1, files + each.files, size + each.size
        with reading(site.engine) as db:
            claimed = claims.list_claimed(db)
        reserved = site.settings.mirror_reserved
    for name in claimed:
        tell(f"{name}  claimed")
    for pattern in reserved:
        tell(f"{pattern}  reserved")
    click.echo(
        f"Mirrored: {projects:,}. Kept: {_count(files)}, {size:,} bytes."
        f" Claimed: {len(claimed):,}. Reserved: {len(reserved):,}."
    )


def _list_holdings(engine: Engine) -> Iterator[Holding]:
    last, has_more = "", True
    while has_more:
        with reading(engine) as db:
            found, has_more = list_holdings(db, after=last)
        yield from found
        last = found[-1].name if found else last


def _count(files: int) -> str:
    return f"{files:,} file" if files == 1 else f"{files:,} files"


def _open_mirror(site: Site, storage: Storage) -> Mirror:
    try:
        found = open_mirror(site.engine, storage, site.settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if found is None:
        raise click.ClickException(
            "There is no upstream: set pypi_web.mirror.upstream to the Simple API address of one."
        )
    return found
