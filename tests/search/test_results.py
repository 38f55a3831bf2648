"""The search page."""

import pytest
from webtest import TestApp

from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person
from tests.publishing import publish


@pytest.fixture
def some(app: TestApp, alice: Person) -> None:
    publish(
        app,
        alice,
        build_wheel("requests-extra", "1.0", "Summary: More of it"),
        build_wheel("Requests", "2.0", "Summary: HTTP for people"),
        build_wheel("yam", "1.0", "Summary: Reads 100% of requests"),
        build_wheel("other", "1.0", "Summary: Nothing of the kind"),
    )


def found(app: TestApp, question: str) -> list[str]:
    page = app.get("/search/", {"q": question}, status=200)
    links = [a["href"] for a in page.html.find("main").find_all("a") if a.get("href")]
    return [link.split("/project/")[1].strip("/") for link in links if "/project/" in link]


def test_the_name_itself_comes_first_then_names_that_begin_so_then_words(app: TestApp, some: None):
    assert found(app, "requests") == ["requests", "requests-extra", "yam"]


def test_words_may_stand_in_the_summary_in_any_order_and_case(app: TestApp, some: None):
    assert found(app, "People http") == ["requests"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("%", ["yam"]),
        ("100%", ["yam"]),
        ("_", ["requests-extra"]),  # a dash, as names have it
        ("\\", []),
        ("'", []),
        ('"', []),
        ("<script>", []),
        ("é" * 300, []),
    ],
)
def test_signs_of_the_database_are_only_signs(
    app: TestApp, some: None, question: str, expected: list[str]
):
    assert found(app, question) == expected


def test_nothing_found_is_said(app: TestApp, some: None):
    assert found(app, "nowhere-to-be-found") == []


def test_results_come_in_pages(app: TestApp, alice: Person):
    publish(app, alice, *(build_wheel(f"many-{number:02}") for number in range(25)))

    page = app.get("/search/?q=many")

    assert len(found(app, "many")) == 20
    assert "many-24" in page.click("Next")


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 400, "٣"])
def test_a_page_that_is_none_is_refused(app: TestApp, page: str):
    app.get("/search/", {"q": "x", "page": page}, status=400)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Flask_Login", ["flask-login"]),
        ("requests", ["requests", "requests-extra", "yam"]),
        ("two words", []),
        ("acme-x", []),
        ("", ["other", "requests", "requests-extra", "yam"]),
    ],
)
def test_a_name_that_is_not_hosted_leads_upstream(
    make_app: MakeApp, some: None, question: str, expected: list[str]
):
    mirror = make_app(mirror_upstream="http://127.0.0.1:1/simple/", mirror_reserved="acme-*")

    assert found(mirror, question) == expected
    assert ("upstream" in mirror.get("/search/", {"q": question})) == (question == "Flask_Login")


def test_without_a_mirror_nothing_leads_upstream(app: TestApp):
    assert found(app, "flask") == []
