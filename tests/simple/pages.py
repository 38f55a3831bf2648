"""Pages of the Simple repository API as clients ask for them and read them."""

from dataclasses import dataclass
from html.parser import HTMLParser

from webtest import TestApp, TestResponse

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PLAIN = "text/html"
PIP = f"{JSON}, {HTML}; q=0.1, {PLAIN}; q=0.01"
UV = f"{JSON}, {HTML};q=0.2, {PLAIN};q=0.01"
POETRY = f"{JSON}, */*;q=0.1"
BROWSER = f"{PLAIN},application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def get(app: TestApp, path: str, accept: str | None = JSON, **kw) -> TestResponse:
    return app.get(path, headers={} if accept is None else {"Accept": accept}, **kw)


def get_file(app: TestApp, path: str) -> dict:
    """The one file of a project's page."""
    (file,) = get(app, path).json["files"]
    return file


@dataclass
class Anchor:
    attributes: dict[str, str | None]
    text: str = ""


class Page(HTMLParser):
    """The anchors and named metas of a page in HTML, unescaped as a browser has them."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.anchors: list[Anchor] = []
        self.metas: dict[str, str | None] = {}
        self._is_in_anchor = False
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a":
            self.anchors.append(Anchor(attributes))
            self._is_in_anchor = True
        if tag == "meta" and "name" in attributes:
            self.metas[attributes["name"] or ""] = attributes["content"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._is_in_anchor = False

    def handle_data(self, data: str) -> None:
        if self._is_in_anchor:
            self.anchors[-1].text += data


def get_html(app: TestApp, path: str) -> Page:
    return Page(get(app, path, PLAIN))
