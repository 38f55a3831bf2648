"""The Simple repository API as installers read it (PEP 503, 691, 700, 714)."""

import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import File, Release
from tests.distributions import build_sdist, build_wheel
from tests.people import Person
from tests.publishing import publish

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PIP = f"{JSON}, {HTML}; q=0.1, text/html; q=0.01"
UV = f"{JSON}, {HTML};q=0.2, text/html;q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[dict, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found.append((dict(attrs), ""))

    def handle_data(self, data):
        if self.found and not self.found[-1][1]:
            self.found[-1] = (self.found[-1][0], data)


def get(app: TestApp, path: str, accept: str | None = JSON, **kw):
    return app.get(path, headers={"Accept": accept} if accept is not None else {}, **kw)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        (JSON, JSON),
        (JSON.upper(), JSON),
        (HTML, HTML),
        (PIP, JSON),
        (UV, JSON),
        (BROWSER, "text/html"),
        (f"{JSON}, */*;q=0.1", JSON),
        ("application/vnd.pypi.simple.latest+json", JSON),
        ("application/vnd.pypi.simple.latest+html", HTML),
        (f"{JSON};q=0.1, text/html;q=0.9", "text/html"),
        (f"text/html, {JSON}", JSON),
        ("application/vnd.pypi.simple.v2+json, text/html", "text/html"),
    ],
)
def test_answers_in_the_format_that_is_asked_for(app: TestApp, accept, expected):
    answer = get(app, "/simple/", accept, status=200)

    assert answer.content_type == expected
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["application/json", "application/vnd.pypi.simple.v2+json"])
def test_says_406_where_it_speaks_no_such_format(app: TestApp, accept):
    answer = get(app, "/simple/", accept, status=406)

    assert JSON in answer.text
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("query", [JSON, JSON.replace("+", "%2B")])
def test_a_format_in_the_address_goes_before_accept(app: TestApp, query):
    assert get(app, f"/simple/?format={query}", "text/html").content_type == JSON
    assert get(app, "/simple/?format=bogus", "text/html", status=406)


def test_not_json_where_json_is_excluded(app: TestApp):
    assert get(app, "/simple/", f"{JSON};q=0, */*").content_type != JSON


def test_a_file_in_json(app: TestApp, alice: Person):
    wheel = build_wheel("Foo.Bar", "1.0", "Requires-Python: >=3.8,<4")
    publish(app, alice, wheel)

    answer = get(app, "/simple/foo-bar/")

    (file,) = answer.json["files"]
    assert answer.json["meta"]["api-version"] == "1.4"
    assert answer.json["name"] == "foo-bar"
    assert answer.json["versions"] == ["1.0"]
    assert file["filename"] == wheel.filename
    assert file["hashes"] == {"sha256": wheel.sha256}
    assert file["size"] == len(wheel.content)
    assert file["requires-python"] == "<4,>=3.8"
    assert file["yanked"] is False
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", file["upload-time"])


def test_a_file_in_html(app: TestApp, alice: Person):
    wheel = build_wheel("sample", "1.0", "Requires-Python: >=3.8,<4")
    publish(app, alice, wheel)

    answer = get(app, "/simple/sample/", "text/html")

    ((attributes, text),) = Anchors(answer.text).found
    assert '<meta name="pypi:repository-version" content="1.4">' in answer.text
    assert 'data-requires-python="&lt;4,&gt;=3.8"' in answer.text
    assert text == wheel.filename
    assert attributes["href"].endswith(f"{wheel.filename}#sha256={wheel.sha256}")
    assert "data-yanked" not in attributes


def test_a_file_is_found_at_its_address(app: TestApp, alice: Person):
    wheel = build_wheel("sample", "1.0+local.1")
    publish(app, alice, wheel)

    (file,) = get(app, "/simple/sample/").json["files"]

    assert file["url"].endswith("sample-1.0%2Blocal.1-py3-none-any.whl")
    assert app.get(urljoin("/simple/sample/", file["url"])).body == wheel.content


def test_the_metadata_of_a_wheel_is_served_as_advertised(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("sample", "1.0", "Requires-Dist: other"))

    (file,) = get(app, "/simple/sample/").json["files"]
    metadata = app.get(urljoin("/simple/sample/", file["url"]) + ".metadata")

    assert hashlib.sha256(metadata.body).hexdigest() == file["core-metadata"]["sha256"]
    assert file["core-metadata"] == file["dist-info-metadata"]
    assert b"Requires-Dist: other" in metadata.body


def test_the_metadata_of_a_source_distribution_is_neither_advertised_nor_served(
    app: TestApp, alice: Person
):
    publish(app, alice, build_sdist())

    (file,) = get(app, "/simple/sample/").json["files"]

    assert file["core-metadata"] is False
    assert "data-core-metadata" not in get(app, "/simple/sample/", "text/html")
    assert app.get(urljoin("/simple/sample/", file["url"]) + ".metadata", status=404)


def test_a_yank_is_told_with_its_reason_in_both_formats(app: TestApp, db: Session, alice: Person):
    publish(app, alice, build_wheel())
    db.execute(update(Release).values(yanked=True, yanked_reason='<b>"x"'))
    db.commit()

    (file,) = get(app, "/simple/sample/").json["files"]
    html = get(app, "/simple/sample/", "text/html").text

    assert file["yanked"] == '<b>"x"'
    assert 'data-yanked="&lt;b&gt;&quot;x&quot;"' in html


def test_a_yank_without_a_reason_is_true_in_json_and_empty_in_html(
    app: TestApp, db: Session, alice: Person
):
    publish(app, alice, build_wheel())
    db.execute(update(Release).values(yanked=True))
    db.commit()

    assert get(app, "/simple/sample/").json["files"][0]["yanked"] is True
    assert 'data-yanked=""' in get(app, "/simple/sample/", "text/html")


def test_a_file_whose_bytes_are_not_here_is_not_offered(app: TestApp, db: Session, alice: Person):
    publish(app, alice, build_wheel())
    db.execute(update(File).values(is_stored=False, upstream_url="https://example.org/x.whl"))
    db.commit()

    answer = get(app, "/simple/sample/", status=200)

    assert answer.json["files"] == []
    assert answer.json["versions"] == []


def test_the_list_names_each_project_once_with_its_serial(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("Foo.Bar"), build_wheel("sample"), build_sdist("sample"))

    projects = get(app, "/simple/").json["projects"]
    anchors = Anchors(get(app, "/simple/", "text/html").text).found

    assert [each["name"] for each in projects] == ["foo-bar", "sample"]
    assert [(a["href"], text) for a, text in anchors] == [
        ("foo-bar/", "foo-bar"),
        ("sample/", "sample"),
    ]
    assert projects[1]["_last-serial"] > projects[0]["_last-serial"] >= 1


def test_each_upload_moves_the_serial(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("sample", "1.0"))
    before = get(app, "/simple/sample/")

    publish(app, alice, build_wheel("sample", "1.1"))

    after = get(app, "/simple/sample/")
    assert int(after.headers["X-PyPI-Last-Serial"]) > int(before.headers["X-PyPI-Last-Serial"])
    assert after.json["meta"]["_last-serial"] > before.json["meta"]["_last-serial"]
    assert after.etag != before.etag


@pytest.mark.parametrize("path", ["/simple/", "/simple/sample/"])
def test_what_has_not_changed_is_not_sent_again(app: TestApp, alice: Person, path: str):
    publish(app, alice, build_wheel())
    first = get(app, path)

    again = app.get(path, headers={"Accept": JSON, "If-None-Match": first.headers["ETag"]})
    in_html = app.get(path, headers={"Accept": HTML, "If-None-Match": first.headers["ETag"]})

    assert (again.status_int, again.body) == (304, b"")
    assert in_html.status_int == 200
    assert first.headers["Cache-Control"] == "no-cache"


def test_head_answers_as_get_without_the_body(app: TestApp, alice: Person):
    publish(app, alice, build_wheel())
    got = get(app, "/simple/sample/")

    answer = app.head("/simple/sample/", headers={"Accept": JSON})

    assert answer.headers["ETag"] == got.headers["ETag"]
    assert answer.headers["Content-Length"] == str(len(got.body))
    assert answer.body == b""


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/simple", "/simple/"),
        ("/simple/sample", "/simple/sample/"),
        ("/simple/Foo_Bar", "/simple/foo-bar/"),
        ("/simple/Foo..Bar/", "/simple/foo-bar/"),
        ("/simple/Foo..Bar/?format=text/html", "/simple/foo-bar/?format=text%2Fhtml"),
    ],
)
def test_other_spellings_are_sent_on_once(app: TestApp, asked: str, sent_to: str):
    answer = app.get(asked, status=301)

    assert answer.headers["Location"] == f"http://localhost:6543{sent_to}"


@pytest.mark.parametrize(
    "path",
    ["/simple/nope/", "/simple/%E2%84%AAat/", "/simple/-x-/", "/simple/a%00b/"],
)
def test_there_is_no_such_project(app: TestApp, path: str):
    answer = app.get(path, status=404)

    assert answer.content_type == "text/plain"


def test_an_address_that_is_not_utf_8_is_refused(app: TestApp):
    for path in ("/simple/%FF/", "/project/%FF/", "/%FF"):
        app.get(path, status=400)
