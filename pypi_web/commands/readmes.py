"""`pypi-web readmes`: READMEs as pages show them."""

import sys
from collections import Counter
from pathlib import Path

import click

from pypi_web.commands.site import explained, open_site
from pypi_web.data.session import reading
from pypi_web.projects.rerendering import Outcome, count_stale, render_stale


@click.group()
def readmes() -> None:
    """Look after READMEs."""


@readmes.command()
@click.pass_obj
def render(config: Path) -> None:
    """Render again what another version of the renderer has rendered.

    Pages do so by themselves when they are asked for; this does it for all at once. It can be
    interrupted and run again, run several times at once, and run while the site serves.
    """
    counts: Counter[Outcome] = Counter()
    with (
        open_site(config) as site,
        explained("What was rendered before is kept: run it again for the rest."),
    ):
        with reading(site.engine) as db:
            total = count_stale(db)
        with click.progressbar(
            length=total, label="Rendering", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            for outcome in render_stale(site.engine):
                counts[outcome] += 1
                bar.update(1)
    click.echo(_summary(counts))


def _summary(counts: Counter[Outcome]) -> str:
    """What became of all, without what became of nothing."""
    told = ", ".join(f"{counts[each]:,} {each}" for each in Outcome if counts[each])
    return f"READMEs: {told or 'none was out of date'}."
