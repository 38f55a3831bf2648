"""How a token is written, so that scanners for leaked secrets find it, and who it is taken from."""

import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import tokens as rules
from pypi_web.data import User
from pypi_web.security import is_sent_by_browser, tokens
from tests.people import Person, add_person, log_in

DOCS = Path(__file__).parent.parent.parent / "docs" / "tokens.md"


def test_each_token_is_found_by_the_pattern_that_is_documented(db: Session, alice: Person):
    assert f"\n{tokens.PATTERN}\n" in DOCS.read_text()
    user = db.get_one(User, alice.id)
    for _ in range(100):
        text = rules.create_token(db, user, name="x").text
        assert re.findall(tokens.PATTERN, f"PASSWORD={text}\n") == [text]


def test_the_documented_check_tells_tokens_from_what_looks_like_one(alice: Person):
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)
    names: dict = {}
    exec(code, names)

    assert names["is_token"](alice.token)
    assert not names["is_token"](alice.token[:-1] + "g")
    assert not names["is_token"]("pypiweb-" + "A" * 51)


@pytest.mark.parametrize("mistake", ["", " x", "\n", "x", "\u0660"])
def test_what_only_looks_like_a_token_is_none(alice: Person, mistake: str):
    changed = alice.token[:-1] + mistake
    assert tokens.digests_of([alice.token])
    assert not tokens.digests_of([changed, alice.token[1:], alice.token + "0", ""])


def test_a_bearer_token_needs_no_csrf_token_and_everything_else_does(
    app: TestApp, db: Session, alice: Person
):
    def sends(**headers: str) -> bool:
        return is_sent_by_browser(app.RequestClass.blank("/", headers=headers))

    assert sends()
    assert sends(**alice.basic)
    assert sends(Authorization="Negotiate x")
    assert not sends(Authorization=f"Bearer {alice.token}")


def test_a_bearer_header_does_not_lend_a_session_its_freedom_from_csrf(
    app: TestApp, db: Session, alice: Person
):
    add_person(db, "bob")
    log_in(app, "bob")

    for header in ("Bearer nonsense", f"Bearer {alice.token}"):
        app.post("/account/tokens/revoke", {}, headers={"Authorization": header}, status=403)
