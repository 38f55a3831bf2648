"""Logging in and out, and what sessions are proof against."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import people
from pypi_web.data import ApiToken, User
from pypi_web.data.session import for_writing
from pypi_web.security import passwords
from tests.conftest import MakeApp
from tests.people import PASSWORD, Person, add_person, log_in


def test_by_name_or_address_in_any_case(app: TestApp, alice: Person):
    assert log_in(app, "Alice").status_int == 303
    app.reset()
    assert log_in(app, "ALICE@example.org").status_int == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("alice", "x" * 5_000)],
)
def test_wrong_credentials_get_the_same_words_whoever_it_is(
    app: TestApp, alice: Person, name: str, password: str
):
    answer = log_in(app, name, password)

    assert answer.status_int == 400
    assert "The user name or the password is wrong." in answer
    assert app.get("/account/").status_int == 303


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.org/",
        "//evil.example.org/",
        "/\\evil.example.org/",
        "/\t/evil.example.org/",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "/\u20ac",
    ],
)
def test_logging_in_never_leads_to_another_site(app: TestApp, alice: Person, address: str):
    assert log_in(app, after=address).headers["Location"] == "http://localhost:6543/account/"


def test_logging_in_leads_to_where_one_was_going(app: TestApp, alice: Person):
    answer = log_in(app, after="/search/?q=x")

    assert answer.headers["Location"] == "http://localhost:6543/search/?q=x"


def test_the_session_is_another_after_logging_in(app: TestApp, alice: Person):
    page = app.get("/account/login")
    before = page.forms["login"]["csrf_token"].value

    log_in(app)

    assert app.get("/account/tokens/").forms["new-token"]["csrf_token"].value != before


def test_a_session_dies_with_the_password(app: TestApp, db: Session, alice: Person):
    log_in(app)
    app.get("/account/", status=200)
    another = passwords.hash_password("another password")
    people.change_password(db, db.get_one(User, alice.id), another)
    db.commit()

    app.get("/account/", status=303)


def test_the_cookie_is_for_the_browser_alone(app: TestApp, alice: Person):
    cookie = log_in(app).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "secure" not in cookie.lower()


def test_the_cookie_is_for_tls_where_the_site_is_served_so(app: TestApp, alice: Person):
    app.extra_environ["wsgi.url_scheme"] = "https"

    assert "secure" in app.get("/account/login").headers["Set-Cookie"].lower()


@pytest.mark.parametrize("path", ["/account/login", "/account/logout", "/account/tokens/"])
def test_a_form_without_its_csrf_token_changes_nothing(
    app: TestApp, db: Session, alice: Person, path: str
):
    log_in(app)
    tokens = len(db.scalars(select(ApiToken.id)).all())
    db.rollback()

    answer = app.post(path, {"name": "x", "csrf_token": "0" * 40}, status=403)

    assert "out of date" in answer
    assert len(db.scalars(select(ApiToken.id)).all()) == tokens
    app.get("/account/", status=200)


def test_a_token_does_not_open_the_account_page(app: TestApp, alice: Person):
    app.get("/account/", headers=alice.basic, status=403)


@pytest.mark.parametrize(
    "written",
    ["", "Bearer", "Bearer x", "bearer x", "Basic x", "Basic YTpi", "Negotiate x", "\xe9"],
)
def test_whoever_sends_credentials_is_never_known_by_the_cookie(
    app: TestApp, db: Session, alice: Person, written: str
):
    log_in(app)
    form = app.get("/account/tokens/").forms["new-token"]
    csrf = form["csrf_token"].value
    tokens = len(db.scalars(select(ApiToken.id)).all())
    db.rollback()
    fields = {"name": "x", "may": "read", "projects": "all"}

    for marked in ({}, {"csrf_token": csrf}):
        headers = {"Authorization": written}
        answer = app.post("/account/tokens/", fields | marked, headers=headers, expect_errors=True)
        assert answer.status_int == 403
    app.get("/account/", headers={"Authorization": written}, expect_errors=True, status="3*")

    assert len(db.scalars(select(ApiToken.id)).all()) == tokens


@pytest.mark.parametrize("written", ["", "Basic", "Basic x", "BearerX x", "Bear er", "x Bearer"])
def test_bearer_alone_needs_no_mark_of_a_form(app: TestApp, alice: Person, written: str):
    """All else a browser may add by itself."""
    headers = {"Authorization": written}

    page = app.post("/account/logout", headers=headers, status=403)

    assert "out of date" in page


def test_a_session_does_not_publish(app: TestApp, alice: Person):
    log_in(app)

    app.post("/legacy/", {":action": "file_upload"}, status=401)


def test_nobody_revokes_the_token_of_another(app: TestApp, db: Session, alice: Person):
    add_person(db, "bob")
    log_in(app, "bob")
    csrf = app.get("/account/tokens/").forms["new-token"]["csrf_token"].value
    token = db.scalars(select(ApiToken.id).where(ApiToken.user_id == alice.id)).one()
    db.rollback()

    app.post(f"/account/tokens/{token}/revoke", {"csrf_token": csrf}, status=404)

    assert db.get(ApiToken, token) is not None


def test_a_revoked_token_is_good_for_nothing(app: TestApp, db: Session, alice: Person):
    log_in(app)
    page = app.get("/account/tokens/")

    page.forms[next(name for name in page.forms if str(name).startswith("revoke-"))].submit(
        status=303
    )

    app.post("/legacy/", headers=alice.basic, status=401)


@pytest.mark.parametrize("days", ["0", "-1", "many", "99999", "9" * 500, "1.5"])
def test_a_token_with_a_life_that_is_none_is_not_made(app: TestApp, alice: Person, days: str):
    log_in(app)
    form = app.get("/account/tokens/").forms["new-token"]
    form["name"], form["days"] = "odd", days

    page = form.submit(status=400)

    assert page.forms["new-token"]["name"].value == "odd"


def test_everybody_may_log_in_to_a_private_site(make_app: MakeApp, alice: Person):
    app = make_app(anonymous_read="false")

    log_in(app)

    assert app.get("/").status_int == 200


def test_guessing_at_passwords_keeps_nobody_from_publishing(
    app: TestApp, engine: Engine, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    published = []

    def verify(password_hash: str | None, password: str) -> bool:
        """Takes its time, in which somebody else writes."""
        with Session(for_writing(engine)) as publisher:
            publisher.execute(select(User).with_for_update())
            published.append(True)
        return False

    monkeypatch.setattr(passwords, "verify", verify)

    assert log_in(app, "alice", "wrong").status_int == 400
    assert published


@pytest.mark.parametrize("field", ["name", "password", "csrf_token"])
def test_a_file_where_a_text_belongs_is_the_senders_mistake(app: TestApp, field: str):
    csrf = app.get("/account/login").forms["login"]["csrf_token"].value
    fields = {"name": "x", "password": "y", "csrf_token": csrf}
    del fields[field]

    app.post("/account/login", fields, upload_files=[(field, "x.txt", b"x")], status=415)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded; charset=bogus",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=\xe9",
    ],
)
def test_a_form_that_is_none_is_the_senders_mistake(app: TestApp, content_type: str):
    header = {"Content-Type": content_type}

    answer = app.post("/account/login", b"name=x", headers=header, expect_errors=True)

    assert answer.status_int in (400, 403, 415)


def test_a_form_without_a_length_is_asked_for_one(app: TestApp):
    request = app.RequestClass.blank("/account/login", method="POST")
    request.content_length = None

    answer = app.do_request(request, expect_errors=True)

    assert answer.status_int == 411
    assert "Content-Length" in answer


def test_a_form_that_is_too_large_is_refused(app: TestApp):
    app.post("/account/login", {"name": "x" * 1_100_000}, status=413)


def test_a_cookie_that_is_nonsense_is_no_session(app: TestApp):
    app.get("/account/", headers={"Cookie": 'pypi_web_session="\\377"'}, status=303)
    app.get("/", headers={"Cookie": "pypi_web_session=\xff"}, status=200)


def test_credentials_that_are_nonsense_are_none(app: TestApp):
    app.get("/", headers={"Authorization": "Basic \xe9"}, status=200)
    app.get("/nothing", headers={"Authorization": "Basic \xe9"}, status=404)
