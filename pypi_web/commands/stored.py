"""What the commands that look after stored files share: the storage, and lines on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pypi_web.commands.site import Site
from pypi_web.settings import SettingsError
from pypi_web.storage import Storage, StorageUnavailable, open_storage


@contextmanager
def opened_storage(site: Site) -> Iterator[Storage]:
    """The site's storage; where it cannot be used, or fails in the block, a ClickException."""
    try:
        yield open_storage(site.settings.storage)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except StorageUnavailable as error:
        raise click.ClickException(f"The storage failed: {error}.") from None


def progress(length: int, label: str) -> Any:
    """A progress bar on standard error, shown where that is a terminal."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden)


def tell(text: str, *, err: bool = False) -> None:
    """A line, in the place of the progress bar where there is one."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    click.echo(shown, err=err)
