"""READMEs as pages show them: rendered, and cleaned of all that could act."""

import io
from email.message import Message
from importlib.metadata import version

from readme_renderer import markdown, rst, txt

RENDERER = f"readme_renderer {version('readme_renderer')}"
"""What rendered a kept description, so that one can tell when it is out of date."""


def render(source: str, content_type: str | None) -> str:
    """HTML of a README; what cannot be rendered as what it says it is, is shown as plain text.

    A README of no type is reStructuredText (core metadata, Description-Content-Type).
    """
    header = Message()
    header["Content-Type"] = content_type or "text/x-rst"
    html: str | None = None
    match header.get_content_type():
        case "text/x-rst":
            html = rst.render(source, stream=io.StringIO())
        case "text/markdown":
            variant = str(header.get_param("variant") or "GFM")
            html = markdown.render(source, variant=variant)
    return html if html is not None else str(txt.render(source))
