"""What the next page says of an act: kept in the session's cookie, which is small."""

import pytest
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select

from pypi_web.accounts import factor_keys, tokens
from pypi_web.data import Project, User
from pypi_web.security import challenges, sessions
from pypi_web.security.identity import TokenRight
from tests.people import Person
from tests.projects.conftest import MANAGE, Site

LETTERS = ("😀", "ж", '"', "x")
"""Of which one takes twelve bytes in the cookie, six, two and one."""


def said(site: Site) -> list[str]:
    page = site.app.get(f"{MANAGE}/settings", status=200)
    return [each.text for each in page.html.select(".flash")]


@pytest.mark.parametrize("letter", LETTERS)
def test_an_act_with_the_longest_reason_is_done_and_told(owner: Site, letter: str):
    csrf = owner.csrf()
    form = {"status": "archived", "reason": letter * 400, "csrf_token": csrf}

    owner.app.post(f"{MANAGE}/settings/status", form, status=303)

    assert owner.acts() == ["archive"]
    (sentence,) = said(owner)
    assert sentence.startswith(f"sample is archived ({letter * 100}")
    assert sentence.endswith(f"{letter}…" if letter in "😀ж" else f"{letter}).")
    assert owner.db.scalars(select(Project.status_reason)).one() == letter * 400


def test_of_several_acts_the_newest_is_told(owner: Site):
    csrf = owner.csrf()
    for number in range(12):
        form = {"reason": f"{number}" + "x" * 380, "csrf_token": csrf}
        owner.app.post(f"{MANAGE}/settings/status", {"status": "archived", **form}, status=303)

    (sentence,) = said(owner)
    assert sentence.startswith("sample is archived (11xxx")
    assert said(owner) == []


def test_a_tool_that_acts_is_told_nothing_later(site: Site, alice: Person):
    user = site.db.get_one(User, alice.id)
    token = tokens.create_token(site.db, user, name="x", rights=[TokenRight.MANAGE])
    site.db.commit()

    for number in range(3):
        answer = site.app.post(
            f"{MANAGE}/settings/status",
            {"status": "archived", "reason": f"{number}" + "😀" * 399},
            headers={"Authorization": f"Bearer {token.text}"},
            status=303,
        )
        assert "Set-Cookie" not in answer.headers

    assert len(site.acts()) == 3


@pytest.mark.parametrize("letter", LETTERS)
def test_the_cookie_has_room_for_all_that_a_session_holds(letter: str):
    request = Request.blank("/", environ={"PATH_INFO": "/"})
    request.session = sessions.session_factory("s" * 64)(request)
    request.session.get_csrf_token()
    request.session["key"] = "k" * 43
    for act in (factor_keys.ADD, factor_keys.FINISH, factor_keys.CONFIRM, factor_keys.PASSKEY):
        challenges.keep(request, act, b"\xff" * 64)
    sessions.tell(request, letter * 10_000)
    response = Response()

    request._process_response_callbacks(response)

    assert "pypi_web_session=" in response.headers["Set-Cookie"]
    assert len(response.headers["Set-Cookie"]) < 4096
