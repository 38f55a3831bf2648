"""No client reads or writes what the one who runs the tests has at home."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.stock import running_stock
from tests.servers import Server


@pytest.fixture(autouse=True)
def _home_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def server(production: Server) -> Server:
    """Publishers come to where they are told why they are refused, readers to what is fast."""
    return production


@pytest.fixture(scope="package")
def stock(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Server]:
    """The index of `tests.clients.stock`; a test must leave it as it is."""
    with running_stock(tmp_path_factory.mktemp("stock"), migrated_sqlite) as server:
        yield server
