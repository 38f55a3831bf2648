"""READMEs as pages show them: rendered, and cleaned of all that could act."""

import io
import logging
from email.message import Message
from importlib.metadata import version

from readme_renderer import markdown, rst, txt

log = logging.getLogger(__name__)

RENDERER = f"readme_renderer {version('readme_renderer')}"
"""What rendered a kept description, so that one can tell when it is out of date."""


def render(source: str, content_type: str | None) -> str:
    """HTML of a README; what cannot be rendered as what it says it is, is shown as plain text.

    A README of no type is reStructuredText (core metadata, Description-Content-Type).
    """
    try:
        html = _render(source, content_type)
    except Exception:  # whatever a stranger's README does to a renderer, it is text all the same
        log.warning("A README could not be rendered.", exc_info=True)
        html = None
    return html if html is not None else str(txt.render(source))


def _render(source: str, content_type: str | None) -> str | None:
    header = Message()
    header["Content-Type"] = content_type or "text/x-rst"
    match header.get_content_type():
        case "text/x-rst":
            return rst.render(source, stream=io.StringIO())
        case "text/markdown":
            variant = str(header.get_param("variant") or "GFM")
            return markdown.render(source, variant=variant)
    return None
