"""`pypi-web import`: what other indexes tell of themselves."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from pypi_web.commands import catalogues
from pypi_web.commands.catalogues import Found
from pypi_web.commands.site import explain_cause, explained, open_site
from pypi_web.data.session import reading, writing
from pypi_web.projects import documents
from pypi_web.projects.documents import InvalidDocument
from pypi_web.projects.importing import Imported, import_document, render_description

ATTEMPTS = 3

JOINED = "joined with one whose version is the same"
NAMED = "named on standard error"
OUTCOMES = {
    "Projects": ("added", "changed", "unchanged"),
    "Releases": ("added", "unchanged", JOINED),
    "Files": ("added", "unchanged", "skipped"),
    "Skipped": (NAMED,),
}
Totals = Counter[tuple[str, str]]
"""How many of what have had which outcome."""

_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"


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
    taken is named, the others are taken all the same, and the exit status is 1; so it is where a
    folder or an archive has no document.
    """
    totals: Totals = Counter()
    with (
        open_site(config) as site,
        explained("What was added before is kept: import it again for the rest."),
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
    if totals["Skipped", NAMED]:
        sys.exit(1)


def _take(engine: Engine, found: Found, totals: Totals) -> Iterator[str]:
    """Imports one document and counts what became of it; gives what there is to say."""
    try:
        imported = _import(engine, found)
    except InvalidDocument as error:
        totals["Skipped", NAMED] += 1
        yield str(error)
        return
    totals["Projects", "added"] += imported.is_new_project
    totals["Projects", "changed"] += imported.is_change and not imported.is_new_project
    totals["Projects", "unchanged"] += not imported.is_change
    totals["Releases", "added"] += imported.added_releases
    totals["Releases", "unchanged"] += imported.unchanged_releases
    totals["Releases", JOINED] += imported.joined_spellings
    totals["Files", "added"] += imported.added_files
    totals["Files", "unchanged"] += imported.unchanged_files
    totals["Files", "skipped"] += len(imported.conflicts)
    yield from imported.conflicts


def _import(engine: Engine, found: Found) -> Imported:
    if found.problem is not None:
        raise InvalidDocument(found.problem)
    document = documents.read(found.content)
    with reading(engine) as db:
        readme = render_description(db, document)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with writing(engine) as session:
                return import_document(session, document, readme=readme)
        except DBAPIError as error:
            # Another was first: with what that one has added it is looked at again.
            if attempt < ATTEMPTS and (isinstance(error, IntegrityError) or _is_a_race(error)):
                continue
            raise _explain(error) from None
    raise AssertionError("the last attempt returns or raises")


def _is_a_race(error: DBAPIError) -> bool:
    """Whether PostgreSQL says itself that others were in the way."""
    return getattr(error.orig, "sqlstate", None) in (_SERIALIZATION_FAILURE, _DEADLOCK)


def _explain(error: DBAPIError) -> Exception:
    """What to raise for it: a document that is not taken, or else the error, which ends all."""
    if _is_a_race(error):
        return InvalidDocument("Others are changing the same project: import it again.")
    if isinstance(error, DataError | IntegrityError):
        return InvalidDocument(f"The database does not take it: {explain_cause(error)}.")
    return error


def _tell(text: str) -> None:
    """A line on standard error, in the place of the progress bar where there is one."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    click.echo(clear + shown, err=True)


def _summary(totals: Totals) -> str:
    """What became of all, without what became of nothing."""
    sentences = []
    for what, outcomes in OUTCOMES.items():
        counts = [(totals[what, outcome], outcome) for outcome in outcomes]
        told = ", ".join(f"{count:,} {outcome}" for count, outcome in counts if count)
        if told:
            sentences.append(f"{what}: {told}.")
    return " ".join(sentences)
