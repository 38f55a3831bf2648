"""A private project beside one that is open."""

import pytest
from sqlalchemy import Engine
from webtest import TestApp

from tests.distributions import build_wheel
from tests.people import Person
from tests.publishing import publish
from tests.visibility.hiding import FILE, WHEEL, make_private


@pytest.fixture
def secret(app: TestApp, engine: Engine, alice: Person) -> str:
    """A private project of alice's, beside one that is open and depends on it; gives the address of
    its file."""
    publish(app, alice, WHEEL, build_wheel("open"))
    make_private(engine, "acme-secret")
    return FILE
