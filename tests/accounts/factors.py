"""People who add second factors in the browser, and show them when they log in."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

from pypi_web import clock
from tests.accounts.authenticator import SoftKey
from tests.people import log_in


class Clock:
    """The time, which goes on when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self._now)

    def wait(self, **time: float) -> None:
        self._now += timedelta(**time)


def code_of(secret: str, *, steps: int = 0) -> str:
    """What an application shows, so many half minutes from now."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=steps)


def add_app(app: TestApp, name: str = "telephone") -> tuple[str, list[str]]:
    """Adds an application for whoever is signed in; gives its secret, and recovery codes if any."""
    page = app.get("/account/factors/app")
    secret = page.html.select_one(".factor-secret").text.replace(" ", "")
    form = page.forms["app"]
    form["name"], form["code"] = name, code_of(secret)
    answer = form.submit()
    assert answer.status_int in (200, 303), answer
    return secret, codes_on(answer)


def add_key(app: TestApp, key: SoftKey, name: str = "key", **kw: Any):
    form = app.get("/account/factors/key").forms["new-key"]
    form["name"], form["answer"] = name, key.make(options_of(form))
    return form.submit(**kw)


def codes_on(page) -> list[str]:
    if page.status_int != 200:
        return []
    return [each.text for each in page.html.select("#codes code")]


def options_of(form) -> str:
    """What the page has the browser ask a key for."""
    return str(BeautifulSoup(form.text, "html.parser").form["data-options"])


def ask_for_factor(app: TestApp, name: str = "alice", **kw: Any):
    """Gives the right password, and gets the page that asks for the second factor."""
    answer = log_in(app, name, **kw)
    assert "/account/second-factor" in answer.headers["Location"]
    return answer.follow(status=200)


def show_code(page, code: str, **kw: Any):
    form = page.forms["code-form"]
    form["code"] = code
    return form.submit(**kw)


def show_key(page, key: SoftKey, *, form: str = "key", **kw: Any):
    form = page.forms[form]
    form["answer"] = key.use(options_of(form))
    return form.submit(**kw)


def keep_cookies(app: TestApp) -> list[Any]:
    return list(app.cookiejar)


def take_back(app: TestApp, cookies: list[Any]) -> None:
    """Has the browser know the cookies of before, and no others."""
    app.reset()
    for each in cookies:
        app.cookiejar.set_cookie(each)


def is_in(app: TestApp) -> bool:
    return app.get("/account/").status_int == 200
