"""`pypi-web prune`: what lies in the storage and no file names."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import click
from sqlalchemy import Engine

from pypi_web import clock
from pypi_web.commands import ages
from pypi_web.commands.ages import Age
from pypi_web.commands.site import explained, open_site
from pypi_web.commands.stored import opened_storage, progress, tell
from pypi_web.data import journal
from pypi_web.data.blobs import find_named
from pypi_web.data.session import Database, reading, writing
from pypi_web.storage import Kind, Storage, Stored

LOOK = 500
"""How many things are asked about at once."""

HOLD = 100
"""How many are removed at once: publishers wait that long."""

_DIGESTS = 1 << 16
"""Digests are spread evenly, so the first four digits tell how far a walk through them is."""


@dataclass
class Pruned:
    """What was found on the way, counted."""

    orphans: int = 0
    size: int = 0
    younger: int = 0
    foreign: int = 0
    a_foreign_key: str = ""


@click.command()
@click.option("--dry-run", is_flag=True, help="Name what would be removed, and remove nothing.")
@click.option(
    "--older-than",
    type=Age(),
    default="1h",
    show_default=True,
    help="Leave what is younger: an upload may be about to name it.",
)
@click.pass_obj
def prune(config: Path, *, dry_run: bool, older_than: timedelta) -> None:
    """Remove bytes that no file names.

    Uploads that were broken off leave them, and files that are deleted. What the mirror keeps of
    upstream's files stays: `pypi-web mirror trim` removes that. The site may run meanwhile.
    """
    begun = clock.now()
    before = begun - older_than
    pruned = Pruned()
    with (
        open_site(config) as site,
        opened_storage(site) as storage,
        explained("What was removed before is gone: run it again for the rest."),
        progress(_DIGESTS, "Pruning") as bar,
    ):
        orphans = find_orphans(
            site.engine, storage, before=before, pruned=pruned, on_progress=bar.update
        )
        for some in _in_batches(orphans, HOLD):
            gone = some if dry_run else remove(site.engine, storage, some, before=before)
            for each in gone:
                pruned.orphans += 1
                pruned.size += each.size
                if dry_run:
                    age = ages.shown(begun - each.modified_at)
                    tell(f"{_name(each)}  {each.size:,} bytes  {age}")
    if pruned.foreign:
        tell(
            f"Left alone, as nothing of this index: {pruned.foreign:,},"
            f" such as {pruned.a_foreign_key}",
            err=True,
        )
    click.echo(_summary(pruned, dry_run=dry_run))


def find_orphans(
    engine: Engine,
    storage: Storage,
    *,
    before: datetime,
    pruned: Pruned,
    on_progress: Callable[[int], object],
) -> Iterator[Stored]:
    """What no row names and has lain there unchanged since `before`; counts the rest."""
    reached = 0
    for some in _in_batches(storage.list_all(), LOOK):
        ours = [each for each in some if each.kind is not Kind.FOREIGN]
        for each in some:
            if each.kind is Kind.FOREIGN:
                pruned.foreign += 1
                pruned.a_foreign_key = each.key
        with reading(engine) as db:
            orphans = _without_rows(db, ours)
        old = [each for each in orphans if each.modified_at <= before]
        pruned.younger += len(orphans) - len(old)
        yield from old
        if ours:
            here = int(ours[-1].sha256[:4], 16)
            on_progress(here - reached)
            reached = here
    on_progress(_DIGESTS - reached)


def remove(
    engine: Engine, storage: Storage, orphans: Iterable[Stored], *, before: datetime
) -> list[Stored]:
    """Removes what is still named by nobody while it keeps publishers from naming anything; gives
    what it has removed."""
    with writing(engine) as db:
        journal.lock(db)
        nameless = _without_rows(db, list(orphans))
        return [each for each in nameless if storage.discard(each, before=before)]


def _without_rows(db: Database, stored: list[Stored]) -> list[Stored]:
    digests = {each.sha256 for each in stored if each.kind is Kind.BLOB}
    if not digests:
        return stored
    kept = find_named(db, digests)
    return [each for each in stored if each.kind is Kind.LEFTOVER or each.sha256 not in kept]


def _in_batches(stored: Iterable[Stored], size: int) -> Iterator[list[Stored]]:
    rest = iter(stored)
    while some := list(islice(rest, size)):
        yield some


def _name(stored: Stored) -> str:
    return stored.sha256 if stored.kind is Kind.BLOB else stored.key


def _summary(pruned: Pruned, *, dry_run: bool) -> str:
    done = "would be removed" if dry_run else "removed"
    sentence = f"Orphans: {pruned.orphans:,} {done}, {pruned.size:,} bytes."
    if pruned.younger:
        sentence += f" Too young to tell: {pruned.younger:,}."
    return sentence
