"""READMEs as pages show them: rendered, and cleaned of all that could act."""

import io
import logging
import re
from email.message import Message
from html import escape
from importlib.metadata import version

from readme_renderer import markdown, rst

log = logging.getLogger(__name__)

RENDERER = f"readme_renderer {version('readme_renderer')}"
"""What rendered a kept description, so that one can tell when it is out of date."""

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


def render(source: str, content_type: str | None) -> str:
    """HTML of a README; what cannot be rendered as what it says it is, or would take too long, is
    shown as plain text, in a `<pre class="plain-text">`.

    A README of no type is reStructuredText (core metadata, Description-Content-Type).
    """
    try:
        html = _render(source, content_type)
    except Exception:  # whatever a stranger's README does to a renderer, it is text all the same
        log.warning("A README could not be rendered.", exc_info=True)
        html = None
    return html if html is not None else _render_text(source)


def _render(source: str, content_type: str | None) -> str | None:
    header = Message()
    header["Content-Type"] = content_type or "text/x-rst"
    match header.get_content_type():
        case "text/x-rst" if _is_affordable(source, MAX_RST) and _has_few_words(source):
            return rst.render(source, stream=io.StringIO())
        case "text/markdown" if _is_affordable(source, MAX_MARKDOWN):
            variant = str(header.get_param("variant") or "GFM")
            return markdown.render(source, variant=variant)
    return None


def _is_affordable(source: str, max_size: int) -> bool:
    if len(source) > max_size:
        return False
    lines = source.splitlines()
    return (
        len(lines) <= MAX_LINES
        and all(len(line) <= MAX_LINE for line in lines)
        and source.count("<") <= MAX_ELEMENTS
        and source.count("<pre") <= MAX_CODE_BLOCKS
        and len(lines) * max((line.count("|") for line in lines), default=0) <= MAX_CELLS
    )


def _has_few_words(source: str) -> bool:
    return len(re.split(r"[\s,|]+", source)) <= MAX_RST_WORDS


def _render_text(source: str) -> str:
    return f'<pre class="plain-text">{escape(source)}</pre>'
