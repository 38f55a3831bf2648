"""READMEs as pages show them: rendered, and cleaned of all that could act.

They are rendered by another process (`renderer`), since no look at a README tells how long it takes
and how much memory: a line of four characters can keep a syntax highlighter busy for ever.
"""

import hashlib
from dataclasses import dataclass
from html import escape
from importlib.metadata import version

_EDITION = 3
"""To be raised when this package itself gives other HTML for the same README."""

_ENGINES = ("readme_renderer", "docutils", "comrak", "pygments", "nh3")


def _name_renderer() -> str:
    said = " ".join(f"{name}={version(name)}" for name in _ENGINES)
    digest = hashlib.sha256(f"{_EDITION} {said}".encode()).hexdigest()
    return f"readme_renderer {version('readme_renderer')[:24]} {digest[:16]}"


RENDERER = _name_renderer()
"""What rendered a kept description, so that one can tell when it is out of date, in 64 characters
at most. The digest is of all whose versions decide the HTML: readme_renderer chooses what is
allowed, docutils and comrak write it, pygments colours its code, and nh3 cleans it, which is why a
fix in any of them alone has to reach the READMEs that are here."""


@dataclass(frozen=True)
class Rendered:
    """The HTML of a README; `problem` is a sentence for its publisher on why that is but the text
    of it, None where it was rendered as what it says it is."""

    html: str
    problem: str | None


def as_text(source: str) -> str:
    """The HTML that shows a README as it was written."""
    return f'<pre class="plain-text">{escape(source)}</pre>'


def not_rendered(source: str, reason: str) -> Rendered:
    """A README that is shown as its text; `reason` is the end of a sentence."""
    return Rendered(as_text(source), f"The README cannot be rendered: {reason}.")
