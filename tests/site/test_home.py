"""The home page."""

from webtest import TestApp

from tests.distributions import build_sdist, build_wheel
from tests.people import Person
from tests.publishing import publish


def test_an_empty_index_says_how_to_publish_here(app: TestApp):
    page = app.get("/")

    assert "twine upload --repository-url http://localhost:6543/legacy/" in page


def test_it_tells_what_is_here(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("one"), build_wheel("two"), build_sdist("two"))

    page = app.get("/")

    numbers = [dd.text.strip() for dd in page.html.find_all(attrs={"data-count": True})]
    assert numbers == ["2", "2", "3", "1"]
    assert "/project/two/" in page
