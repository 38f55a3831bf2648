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
