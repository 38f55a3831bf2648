"""Renders READMEs in the process that runs it, which a README may take down with it: see child."""

import io
import logging
import re
from collections.abc import Iterator
from email.message import Message

from docutils.parsers.rst import roles
from readme_renderer import markdown, rst

from pypi_web.readmes import Rendered, as_text, not_rendered

log = logging.getLogger(__name__)

RST, MARKDOWN, PLAIN = "text/x-rst", "text/markdown", "text/plain"
KNOWN_TYPES = (RST, MARKDOWN, PLAIN)

MAX_MARKDOWN = 200_000
MAX_RST = 100_000
MAX_RST_WORDS = 25_000
MAX_LINES = 10_000
MAX_LINE = 10_000
MAX_ELEMENTS = 10_000
MAX_CODE_BLOCKS = 500
MAX_CELLS = 500_000
"""What a renderer is given at most, so that it is done in two or three seconds; beyond, a README
is text. Some cost more than their size: words and cells of reStructuredText; in Markdown elements,
which may be nested, code blocks that are written as HTML and never closed, and the rows of tables,
which are filled up to the widest."""

_MAX_SAID = 200
"""Characters of a README, or of what docutils says of it, that a problem repeats."""

_DOCUTILS_SAYS = re.compile(
    r"<string>:(?P<line>\d*): \([A-Z]+/\d\) (?P<message>.*?)(?:\n\n|\Z)", re.S
)


class _NotRendered(Exception):
    """A README cannot be rendered, or may not be; the message is the end of a sentence."""


def render(source: str, content_type: str | None) -> Rendered:
    """A README as HTML, or as the text that it is, with the reason."""
    try:
        return Rendered(_render(source, content_type), None)
    except _NotRendered as error:
        reason = str(error)
    except RecursionError:
        reason = "it is nested too deeply"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        # Whatever a stranger's README does to a renderer, it is text all the same; a panic in one
        # that is written in Rust is no Exception.
        log.warning("A README could not be rendered.", exc_info=True)
        reason = "the renderer failed on it"
    return not_rendered(source, reason)


def _media_type(content_type: str | None) -> str:
    return (content_type or RST).partition(";")[0].strip().lower()


def _render(source: str, content_type: str | None) -> str:
    match _media_type(content_type):
        case "text/plain":
            return as_text(source)
        case "text/x-rst":
            _check_cost(source, MAX_RST)
            _check_words(source)
            return _render_rst(source, is_told=bool(content_type))
        case "text/markdown":
            _check_cost(source, MAX_MARKDOWN)
            return _render_markdown(source, content_type)
        case unknown:
            known = " nor ".join(KNOWN_TYPES)
            raise _NotRendered(f'its type is "{_clean(unknown)}", neither {known}')


def _render_rst(source: str, *, is_told: bool) -> str:
    said = io.StringIO()
    # Docutils keeps the roles that a README defines for all that are rendered after it: one could
    # change, or break, the READMEs of others.
    roles._roles.clear()
    html: str | None = rst.render(source, stream=said)
    if html is not None:
        return html
    untold = "" if is_told else " (it is taken for reStructuredText: it says no content type)"
    raise _NotRendered(_read_docutils(said.getvalue()) + untold)


def _read_docutils(said: str) -> str:
    """What docutils said first, where it said anything, as the end of a sentence."""
    found = _DOCUTILS_SAYS.search(said)
    if found is None:
        return "there is nothing in it to show"
    message = _clean(found["message"]).rstrip(".")
    return f"line {found['line']}: {message}" if found["line"] else message


def _render_markdown(source: str, content_type: str | None) -> str:
    header = Message()
    header["Content-Type"] = content_type or ""
    variant = str(header.get_param("variant") or "GFM")
    if variant not in markdown.variants:
        known = " nor ".join(sorted(markdown.variants, reverse=True))
        raise _NotRendered(f'its variant of Markdown is "{_clean(variant)}", neither {known}')
    html: str | None = markdown.render(source, variant=variant)
    if html is None:
        raise _NotRendered("there is nothing in it to show")
    return html


def _check_cost(source: str, max_size: int) -> None:
    for amount, most, what in _measure(source, max_size):
        if amount > most:
            raise _NotRendered(f"it has {what.format(f'{most:,}')}")


def _measure(source: str, max_size: int) -> Iterator[tuple[int, int, str]]:
    """What a README has, how much of it is rendered, and what more than that is called; what is
    quick to tell comes first."""
    yield len(source), max_size, "more than {} characters"
    lines = source.splitlines()
    yield len(lines), MAX_LINES, "more than {} lines"
    yield max(map(len, lines), default=0), MAX_LINE, "a line of more than {} characters"
    yield source.count("<"), MAX_ELEMENTS, 'more than {} times a "<"'
    yield source.count("<pre"), MAX_CODE_BLOCKS, 'more than {} times a "<pre"'
    cells = len(lines) * max((line.count("|") for line in lines), default=0)
    yield cells, MAX_CELLS, 'more than {} cells: lines, times the most "|" in one'


def _check_words(source: str) -> None:
    if len(re.split(r"[\s,|]+", source)) > MAX_RST_WORDS:
        raise _NotRendered(f"it has more than {MAX_RST_WORDS:,} words")


def _clean(text: str) -> str:
    """A stranger's text in one short line that shows on any terminal what it is."""
    line = " ".join(text[: 2 * _MAX_SAID].split())
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    return shown if len(shown) <= _MAX_SAID else shown[: _MAX_SAID - 1].rstrip() + "…"
