"""A fake upstream, what asks it, and a network in which names mean what a test says."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pypi_web.upstream import Limits, Network, Upstream
from pypi_web.upstream.network import Address
from pypi_web.upstream.patience import PatientSocket
from tests.upstream.fake import FakeUpstream, running_upstream

QUICK = Limits(
    connect_seconds=0.5, read_seconds=0.3, whole_seconds=0.6, turn_seconds=0.2, page_bytes=1 << 20
)
"""For tests of patience, which say `LIMITS = QUICK`."""

PATIENT = replace(QUICK, connect_seconds=2, read_seconds=1.5, whole_seconds=3)
"""For all others, whose good answers may be late on a machine that is busy."""

MakeUpstream = Callable[..., Upstream]


class StagedNetwork(Network):
    """Names have the addresses that a test gives them, one or several at a time, the last of a list
    for good; all that are called answer on loopback, but for those that refuse."""

    def __init__(self, refuses: Collection[str] = (), **addresses: list[Any]) -> None:
        self.addresses = {name.replace("_", "."): found for name, found in addresses.items()}
        self.called: list[str] = []
        self.refuses = refuses

    def resolve(self, host: str, port: int) -> list[Address]:
        found = self.addresses.get(host)
        if found is None:
            return super().resolve(host, port)
        meant = found.pop(0) if len(found) > 1 else found[0]
        return [(2, (each, port)) for each in ([meant] if isinstance(meant, str) else meant)]

    def connect(self, address: Address, seconds: float) -> PatientSocket:
        self.called.append(address[1][0])
        if address[1][0] in self.refuses:
            raise ConnectionRefusedError
        return super().connect((2, ("127.0.0.1", address[1][1])), seconds)


@pytest.fixture
def fake() -> Iterator[FakeUpstream]:
    with running_upstream() as upstream:
        yield upstream


@pytest.fixture
def other() -> Iterator[FakeUpstream]:
    """Another host, as far as HTTP is concerned."""
    with running_upstream() as upstream:
        yield upstream


@pytest.fixture
def make_upstream(fake: FakeUpstream, request: pytest.FixtureRequest) -> Iterator[MakeUpstream]:
    made: list[Upstream] = []
    limits = getattr(request.module, "LIMITS", PATIENT)

    def make(url: str | None = None, **options: object) -> Upstream:
        made.append(Upstream(url or fake.index_url, **{"limits": limits, **options}))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def upstream(make_upstream: MakeUpstream) -> Upstream:
    return make_upstream()
