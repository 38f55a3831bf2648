"""`pypi-web import`: what other indexes tell of themselves."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from pypi_web.commands import catalogues
from pypi_web.commands.catalogues import Found
from pypi_web.commands.site import open_site
from pypi_web.data.session import reading, writing
from pypi_web.projects import documents
from pypi_web.projects.documents import InvalidDocument
from pypi_web.projects.importing import Imported, import_document, render_description

ATTEMPTS = 3


@click.group("import")
def import_() -> None:
    """Take what other indexes tell of themselves."""


@import_.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
)
@click.pass_obj
def catalogue(config: Path, paths: tuple[Path, ...]) -> None:
    """Add the projects of a catalogue: folders, tar archives or single files of documents.

    A document is JSON as /pypi/PROJECT/json gives it. What is here already stays as it is. Files
    are listed with the address of their bytes, which are not fetched. A document that cannot be
    taken is named, the others are taken all the same, and the exit status is 1.
    """
    totals: Counter[str] = Counter()
    with (
        open_site(config) as site,
        click.progressbar(
            length=catalogues.measure(paths),
            label="Importing",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar,
    ):
        for found in catalogues.read(paths, on_progress=bar.update):
            for sentence in _take(site.engine, found, totals):
                _tell(f"{found.name}: {sentence}")
    click.echo(_summary(totals))
    if totals["skipped documents"]:
        sys.exit(1)


def _take(engine: Engine, found: Found, totals: Counter[str]) -> Iterator[str]:
    """Imports one document and counts what became of it; gives what there is to say."""
    try:
        imported = _import(engine, found)
    except InvalidDocument as error:
        totals["skipped documents"] += 1
        yield str(error)
        return
    totals["added projects"] += imported.is_new_project
    totals["unchanged projects"] += not imported.is_change
    totals["changed projects"] += imported.is_change and not imported.is_new_project
    totals["added releases"] += imported.added_releases
    totals["unchanged releases"] += imported.unchanged_releases
    totals["joined spellings"] += imported.joined_spellings
    totals["added files"] += imported.added_files
    totals["unchanged files"] += imported.unchanged_files
    totals["skipped files"] += len(imported.conflicts)
    yield from imported.conflicts


def _import(engine: Engine, found: Found) -> Imported:
    if found.problem is not None:
        raise InvalidDocument(found.problem)
    document = documents.read(found.content)
    with reading(engine) as db:
        html = render_description(db, document)
    for _ in range(ATTEMPTS):
        try:
            with writing(engine) as session:
                return import_document(session, document, description_html=html)
        except IntegrityError:
            continue  # another was first: with what that one has added it is looked at again
        except DataError as error:
            raise InvalidDocument(f"The database does not take it: {error.orig}.") from None
    raise InvalidDocument("Others are changing the same project all the time: import it again.")


def _tell(text: str) -> None:
    """A line on standard error, in the place of the progress bar where there is one."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    click.echo(clear + shown, err=True)


def _summary(totals: Counter[str]) -> str:
    return (
        f"Projects: {totals['added projects']:,} added, {totals['changed projects']:,} changed,"
        f" {totals['unchanged projects']:,} unchanged,"
        f" {totals['skipped documents']:,} skipped."
        f" Releases: {totals['added releases']:,} added,"
        f" {totals['unchanged releases']:,} unchanged,"
        f" {totals['joined spellings']:,} joined with one whose version is the same."
        f" Files: {totals['added files']:,} added, {totals['unchanged files']:,} unchanged,"
        f" {totals['skipped files']:,} skipped."
    )
