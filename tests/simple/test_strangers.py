"""What everybody is answered alike has nothing of one person in it."""

import pytest
from webtest import TestApp

from pypi_web.security import sessions
from pypi_web.standards import addresses
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, log_in
from tests.publishing import publish
from tests.statements import recorded

WHEEL = build_wheel()
FILE = f"/{addresses.of_file(WHEEL.sha256, WHEEL.filename)}"
PATHS = ("/simple/sample/", "/simple/", "/pypi/sample/json", "/pypi/sample/1.0/json", FILE)


@pytest.fixture(params=["true", "false"])
def site(
    request: pytest.FixtureRequest,
    make_app: MakeApp,
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> TestApp:
    """A site whose pages renew the cookie of whoever is signed in, public or private."""
    monkeypatch.setattr(sessions, "RENEWED_AFTER", -1)
    app = make_app(anonymous_read=request.param, kept_pages_size="10000001")
    publish(app, alice, WHEEL)
    log_in(app)
    assert "Set-Cookie" in app.get("/").headers
    return app


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_answer_for_tools_renews_a_cookie(site: TestApp, path: str, method: str):
    for _ in range(3):
        answer = site.request(path, method=method, status=200)
        assert "Set-Cookie" not in answer.headers
    etag = answer.headers.get("ETag")
    if etag:
        again = site.get(path, headers={"If-None-Match": etag}, status=304)
        assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_gets_nothing_that_was_made_for_somebody(
    make_app: MakeApp, site: TestApp, path: str
):
    site.get(path, status=200)
    stranger = TestApp(site.app)

    answer = stranger.get(path, status="*")

    assert "Set-Cookie" not in answer.headers
    assert stranger.get("/account/", status="*").status_int != 200


def test_who_reads_what_everybody_may_read_is_not_looked_for(app: TestApp, alice: Person):
    publish(app, alice, WHEEL)
    log_in(app)

    with recorded(app.app.registry["engine"]) as statements:
        for path in PATHS:
            for headers in ({}, alice.basic):
                app.get(path, headers=headers, status=200)

    assert statements
    assert not [each for each in statements if "FROM users" in each or "FROM api_tokens" in each]


@pytest.mark.parametrize("first", ["/simple/sample/?x=1", "/simple/sample/"])
def test_who_asks_otherwise_first_takes_no_page_off_the_short_way(
    app: TestApp, alice: Person, first: str
):
    publish(app, alice, WHEEL)
    app.get(first, headers=alice.basic if "?" not in first else {})
    app.get("/simple/sample/")

    with recorded(app.app.registry["engine"]) as statements:
        app.get("/simple/sample/")

    assert statements == []


@pytest.mark.parametrize("path", PATHS)
def test_whoever_has_anything_at_all_is_sent_the_whole(app: TestApp, alice: Person, path: str):
    publish(app, alice, WHEEL)

    answer = app.get(path, headers={"If-None-Match": "*"}, status=200)

    assert answer.body == app.get(path).body != b""
