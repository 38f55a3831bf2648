"""A site that sends letters, and the box that they come to."""

from collections.abc import Callable, Iterator

import pytest
from webtest import TestApp

from tests.commands.conftest import run
from tests.conftest import MakeApp
from tests.mail import Mailbox, open_mailbox

__all__ = ["run"]

MakeBox = Callable[[TestApp], Mailbox]


@pytest.fixture
def make_box() -> Iterator[Callable[[TestApp], Mailbox]]:
    """Makes a mailbox that the letters of an application come to, until the test ends."""
    before = []

    def make(app: TestApp) -> Mailbox:
        before.append((app.app.registry, app.app.registry["post"]))
        return open_mailbox(app.app)

    yield make
    for registry, post in reversed(before):
        registry["post"] = post


@pytest.fixture
def box(app: TestApp, make_box: MakeBox) -> Mailbox:
    """Where the letters of `app` come to."""
    return make_box(app)


@pytest.fixture
def open_app(make_app: MakeApp) -> TestApp:
    """A site where everybody may make an account."""
    return make_app(registration="open")


@pytest.fixture
def open_box(open_app: TestApp, make_box: MakeBox) -> Mailbox:
    return make_box(open_app)
