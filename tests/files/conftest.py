"""A published file, and where it is."""

import pytest
from webtest import TestApp

from pypi_web.standards import addresses
from tests.distributions import Distribution, build_wheel
from tests.people import Person
from tests.publishing import publish


@pytest.fixture
def wheel(app: TestApp, alice: Person) -> Distribution:
    wheel = build_wheel(extra={"data.bin": bytes(range(256)) * 4})
    publish(app, alice, wheel)
    return wheel


def path_of(dist: Distribution) -> str:
    return "/" + addresses.of_file(dist.sha256, dist.filename)


def ask_in_all_ways(app: TestApp, dist: Distribution) -> None:
    """A download, and all that is asked of a file which is none."""
    path = path_of(dist)
    app.get(path)
    app.head(path)
    app.get(path, headers={"Range": "bytes=0-9"})
    app.get(path, headers={"If-None-Match": f'"{dist.sha256}"'})
    app.get(f"{path}.metadata")
