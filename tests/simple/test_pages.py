"""What the cases of the Simple repository API leave open."""

from urllib.parse import urljoin

import pytest
from sqlalchemy import Engine, update
from webtest import TestApp

from pypi_web.data import File
from tests.changing import change
from tests.distributions import build_sdist, build_wheel
from tests.people import Person
from tests.publishing import publish
from tests.simple.pages import get, get_file, get_html


def test_a_file_is_found_at_its_address(app: TestApp, alice: Person):
    wheel = build_wheel("sample", "1.0+local.1")
    publish(app, alice, wheel)

    file = get_file(app, "/simple/sample/")

    assert file["url"].endswith("sample-1.0%2Blocal.1-py3-none-any.whl")
    assert app.get(urljoin("/simple/sample/", file["url"])).body == wheel.content


def test_a_file_whose_bytes_are_not_here_is_not_offered(
    app: TestApp, engine: Engine, alice: Person
):
    publish(app, alice, build_wheel("foo"))
    change(engine, update(File).values(is_stored=False, upstream_url="https://example.org/x.whl"))

    page = get(app, "/simple/foo/", status=200).json

    assert (page["files"], page["versions"]) == ([], [])


def test_the_list_names_each_project_once_with_its_serial(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("Foo.Bar"), build_wheel("sample"), build_sdist("sample"))

    projects = get(app, "/simple/").json["projects"]
    anchors = get_html(app, "/simple/").anchors

    assert [each["name"] for each in projects] == ["foo-bar", "sample"]
    assert [(each.attributes["href"], each.text) for each in anchors] == [
        ("foo-bar/", "foo-bar"),
        ("sample/", "sample"),
    ]
    assert projects[1]["_last-serial"] > projects[0]["_last-serial"] >= 1


@pytest.mark.parametrize("path", ["/simple/-x-/", "/simple/a%00b/", "/simple/a%00b"])
def test_there_is_no_project_of_a_name_that_is_none(app: TestApp, path: str):
    assert app.get(path, status=404).content_type == "text/plain"


def test_an_address_that_is_not_utf_8_is_refused(app: TestApp):
    for path in ("/simple/%FF/", "/project/%FF/", "/%FF"):
        app.get(path, status=400)
