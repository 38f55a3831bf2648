"""A site that mirrors a fake upstream."""

from collections.abc import Callable, Iterator

import pytest
from webtest import TestApp

from tests.conftest import MakeApp
from tests.mirror.waiting import wait_for_fetches
from tests.upstream.fake import FakeUpstream, running_upstream

MakeMirror = Callable[..., TestApp]


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """It ends before what still asks it does, so that no thread writes into the database of the
    next test."""
    with running_upstream() as upstream:
        yield upstream
    wait_for_fetches()


@pytest.fixture
def make_mirror(make_app: MakeApp, upstream: FakeUpstream) -> MakeMirror:
    """Makes the application of a site that mirrors `upstream`, with further settings."""

    def make(**settings: str) -> TestApp:
        return make_app(**{"mirror_upstream": upstream.index_url, **settings})

    return make


@pytest.fixture
def mirror(make_mirror: MakeMirror) -> TestApp:
    return make_mirror()
