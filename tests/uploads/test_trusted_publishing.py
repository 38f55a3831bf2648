"""An index without trusted publishing says so, to whoever asks (conformance case 98)."""

import pytest
from webtest import TestApp

from tests.conftest import MakeApp


@pytest.fixture(params=["true", "false"], ids=["public", "private"])
def site(request: pytest.FixtureRequest, make_app: MakeApp) -> TestApp:
    return make_app(anonymous_read=request.param)


@pytest.mark.parametrize("path", ["/_/oidc/audience", "/.well-known/pytp?discover=%2Flegacy%2F"])
def test_case_98_there_is_no_audience(site: TestApp, path: str):
    answer = site.get(path, headers={"Accept": "application/json"}, status="404*")

    assert "no trusted publishing: publish with an API token" in answer.json["message"]
    assert "no trusted publishing" in answer.status


@pytest.mark.parametrize("body", [b'{"token": "a.b.c"}', b"[", b"\xff", b""])
def test_case_98_no_token_is_minted_and_the_errors_say_why(site: TestApp, body: bytes):
    header = {"Content-Type": "application/json"}

    answer = site.post("/_/oidc/mint-token", body, headers=header, status=422)

    (error,) = answer.json["errors"]
    assert error["code"] == "not-enabled"
    assert "no trusted publishing" in error["description"]
    assert "token" not in answer.json
