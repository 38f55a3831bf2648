"""Whatever is asked, in whatever encoding: an answer, and never a fault of this side."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from tests.bad_input.raw import Answer, ask
from tests.bad_input.requests import Request, requests
from tests.bad_input.targets import WHEEL
from tests.conftest import MakeApp
from tests.people import Person, log_in
from tests.publishing import publish


@pytest.fixture(params=["everybody", "members"])
def site(request: pytest.FixtureRequest, make_app: MakeApp, alice: Person) -> TestApp:
    """An index with one project, that everybody may read or its members alone."""
    publish(make_app(), alice, WHEEL)
    return make_app(anonymous_read=str(request.param == "everybody").lower())


@pytest.fixture
def identities(site: TestApp, alice: Person) -> dict[str, dict[str, str]]:
    """The headers by which somebody is known: nobody, a tool, a person at a browser."""
    log_in(site)
    csrf = site.get("/account/tokens/").forms["new-token"]["csrf_token"].value
    cookies = "; ".join(f"{name}={value}" for name, value in site.cookies.items())
    return {"nobody": {}, "tool": alice.basic, "person": {"Cookie": cookies, "X-CSRF-Token": csrf}}


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(request=requests(), who=st.sampled_from(["nobody", "tool", "person"]))
def test_is_answered_and_is_never_a_fault_of_this_side(
    site: TestApp, identities: dict[str, dict[str, str]], request: Request, who: str
):
    answer = ask(
        site.app,
        request.target,
        method=request.method,
        headers={**identities[who], **request.headers},
        body=request.body,
        scheme=request.scheme,
    )

    assert answer.status < 500
    assert_is_sound(answer, request.method)


def assert_is_sound(answer: Answer, method: str) -> None:
    """Headers that a server can send, and for an error words that a person can read."""
    assert re.fullmatch(r"[2-4]\d\d [^\r\n]+", answer.status_line)
    assert answer.status_line.encode("latin-1")
    for name, value in answer.headers:
        assert re.fullmatch(r"[A-Za-z-]+", name)
        assert re.fullmatch(r"[^\x00-\x1f]*", value)
        assert value.encode("latin-1")
    if answer.status >= 400 and method != "HEAD":
        words = answer.body.decode()
        assert " " in words
        assert "Traceback" not in words
