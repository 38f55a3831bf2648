"""Errors look like the site, say what to do, and show no stack trace."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from webtest import TestApp

from tests.distributions import build_wheel
from tests.people import Person
from tests.publishing import publish


def test_a_page_that_is_not_there_looks_like_the_site(app: TestApp):
    answer = app.get("/nothing/here", status=404)

    assert 'class="site-header"' in answer
    assert "Content-Security-Policy" in answer.headers


def test_a_project_that_is_not_there_is_named(app: TestApp):
    assert "There is no project nope on this index." in app.get("/project/nope/", status=404)
    assert "There is no release 2.0 of nope" in app.get("/project/nope/2.0/", status=404)


def test_a_fault_of_the_server_is_a_page_of_the_site_and_a_line_in_the_log(
    app: TestApp, db: Session, caplog: pytest.LogCaptureFixture
):
    db.execute(text("ALTER TABLE projects RENAME TO broken"))
    db.commit()

    try:
        page = app.get("/", status="50*")
        for_tools = app.get("/simple/", status="50*")
    finally:
        db.execute(text("ALTER TABLE broken RENAME TO projects"))
        db.commit()

    assert 'class="site-header"' in page
    assert "Traceback" not in page
    assert "OperationalError" not in page.text + for_tools.text
    assert for_tools.content_type == "text/plain"
    assert "projects" in caplog.text


@pytest.mark.parametrize(
    "path", ["/search/?q=%FF", "/%FF", "/project/%FF/", "/account/login?next=%FF", "/?%FF=1"]
)
def test_an_address_that_is_not_utf_8_is_the_senders_mistake(app: TestApp, path: str):
    assert app.get(path, expect_errors=True).status_int in (200, 400)


def test_a_form_that_is_not_utf_8_is_the_senders_mistake(app: TestApp, alice: Person):
    csrf = app.get("/account/login").forms["login"]["csrf_token"].value
    body = f"csrf_token={csrf}&name=%FF&password=x".encode()

    app.post(
        "/account/login",
        body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        status=400,
    )


def test_a_zero_byte_is_the_senders_mistake_wherever_it_stands(app: TestApp, alice: Person):
    publish(app, alice, build_wheel())
    for path in ("/project/sample/%00/", "/project/%00/", "/search/?q=%00", "/simple/%00/", "/%00"):
        assert app.get(path, expect_errors=True).status_int < 500, path
    form = app.get("/account/login").forms["login"]
    form["name"], form["password"] = "al\x00ice", "x\x00"

    assert form.submit(expect_errors=True).status_int == 400


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_method_that_a_page_has_not_is_refused(app: TestApp, method: str):
    assert getattr(app, method)("/project/x/", expect_errors=True).status_int in (403, 404, 405)


def test_each_answer_carries_the_security_headers(app: TestApp):
    for path in ("/", "/nothing", "/simple/", "/account/login", "/static/base.css"):
        answer = app.get(path, expect_errors=True)

        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_are_for_the_one_who_asked(app: TestApp):
    for path in ("/", "/nothing", "/account/login", "/search/?q=x", "/simple/nope/"):
        answer = app.get(path, expect_errors=True)

        assert answer.headers["Cache-Control"] == "private, no-cache", path
    assert "max-age=31536000" in app.get("/static/base.css").headers["Cache-Control"]


def test_strangers_get_no_cookie(app: TestApp):
    for path in ("/", "/nothing", "/simple/", "/search/?q=x"):
        assert "Set-Cookie" not in app.get(path, expect_errors=True).headers
