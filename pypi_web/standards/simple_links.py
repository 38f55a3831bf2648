"""A page of HTML, said as the JSON of PEP 691 would say it (PEP 503, 592, 629, 658, 714, 740, 792).

It reads what any server writes, as browsers would: tags in upper case, attributes without quotes,
anchors that nobody closes.
"""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from pypi_web.standards.upstream_pages import UnreadablePage

_ENDINGS = (".whl", ".tar.gz", ".zip")
_SERIAL = re.compile(r"\s*SERIAL ([0-9]{1,19})\s*", re.A)

_Attributes = list[tuple[str, str | None]]


def read(text: str) -> tuple[dict[str, Any], str | None]:
    """The page as PEP 691 has it, and what its `<base>` says, against which addresses are resolved.

    Raises UnreadablePage for what is no HTML, and for what ends inside a tag.
    """
    links = _Links()
    try:
        links.feed(text)
    except (AssertionError, ValueError):  # `<![`, or a character's number of thousands of digits
        raise UnreadablePage("The page holds HTML that cannot be read.") from None
    # Never closed: that is where the parser takes time by the square of what is left.
    if links.rawdata.startswith("<"):
        raise UnreadablePage("The page ends in the middle of a tag or of a comment.")
    if not links.has_tags:
        raise UnreadablePage("The page says that it is HTML, and has no tag in it.")
    return links.page(), links.base


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.has_tags = False
        self.base: str | None = None
        self._metas: dict[str, str] = {}
        self._serial: int | None = None
        self._files: list[dict[str, Any]] = []
        self._nameless: dict[str, Any] | None = None
        self._text: list[str] = []

    def page(self) -> dict[str, Any]:
        metas = self._metas
        status = metas.get("pypi:project-status")
        return {
            # A page that says nothing is of the first version (PEP 629).
            "meta": {
                "api-version": metas.get("pypi:repository-version", "1.0"),
                "_last-serial": self._serial,
            },
            "project-status": status
            and {"status": status, "reason": metas.get("pypi:project-status-reason")},
            "files": self._files,
        }

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        self.has_tags = True
        if tag not in ("a", "meta", "base"):
            return
        said = dict(reversed(attrs))  # of an attribute that is there twice, the first counts
        if tag == "a":
            self._end_anchor()
            self._begin_anchor(said)
        elif tag == "meta":
            self._metas.setdefault((said.get("name") or "").lower(), said.get("content") or "")
        elif self.base is None:
            self.base = said.get("href")

    def handle_startendtag(self, tag: str, attrs: _Attributes) -> None:
        self.handle_starttag(tag, attrs)  # `<a href=x />` is not closed by its slash

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_anchor()

    def handle_data(self, data: str) -> None:
        if self._nameless is not None:
            self._text.append(data)

    def handle_comment(self, data: str) -> None:
        if serial := _SERIAL.fullmatch(data):  # where Warehouse says it
            self._serial = int(serial[1])

    def _begin_anchor(self, said: dict[str, str | None]) -> None:
        address, _, fragment = (said.get("href") or "").strip().partition("#")
        if not address:
            return
        filename = _last_segment(address)
        file = {
            "filename": filename,
            "url": address,
            "hashes": _digests(fragment),
            "requires-python": said.get("data-requires-python"),
            # There or not is what counts, with or without a value (PEP 592).
            "yanked": "data-yanked" in said and (said["data-yanked"] or True),
            "core-metadata": _metadata(said.get("data-core-metadata")),
            "dist-info-metadata": _metadata(said.get("data-dist-info-metadata")),
            "provenance": said.get("data-provenance"),
        }
        self._files.append(file)
        # The address goes before the text, which nginx cuts; where it says no name of a file, as
        # `/download?id=1`, the text has to say it.
        if not filename.endswith(_ENDINGS):
            self._nameless = file

    def _end_anchor(self) -> None:
        if self._nameless is not None:
            self._nameless["filename"] = "".join(self._text).strip()
            self._nameless = None
            self._text.clear()


def _last_segment(address: str) -> str:
    segment = address.partition("?")[0].rpartition("/")[2]
    return unquote(segment) if "%" in segment else segment


def _digests(text: str) -> dict[str, str]:
    """`sha256=abc&egg=name` by their names; what is no digest is sorted out with all others."""
    digests = {}
    for part in text.split("&"):
        algorithm, _, digest = part.partition("=")
        digests[algorithm] = digest
    return digests


def _metadata(said: str | None) -> bool | dict[str, str] | None:
    if said is None:
        return None
    if "=" in said:
        return _digests(said)
    return said.strip().lower() == "true"
