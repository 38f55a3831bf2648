"""A site of its own for each test, and browsers for as many people as it needs."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.browsers import Browser, running_browser
from tests.browser.letters import Letters
from tests.conftest import ROOT
from tests.servers import Server, running_server

PICTURES = Path(os.environ.get("BROWSER_PICTURES", ROOT / ".browser"))
"""Where what was looked at stays, a folder a test."""

OpenBrowser = Callable[[str], Browser]


@dataclass(frozen=True)
class Site:
    server: Server
    letters: Letters

    @property
    def url(self) -> str:
        """By its name: browsers show keys to no address of digits."""
        return f"http://localhost:{self.server.port}"


@pytest.fixture(autouse=True)
def _home_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither browser nor twine uses what the one who runs the tests has at home."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database: what a browser is shown is the same on both."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'site.sqlite')}"


@pytest.fixture
def site(site_ini: Path, tmp_path: Path) -> Iterator[Site]:
    """Everybody may register, and letters become files."""
    mail = tmp_path / "mail"
    settings = {"PYPI_WEB_REGISTRATION": "open", "PYPI_WEB_MAIL_FOLDER": str(mail)}
    with running_server(site_ini, log=tmp_path / "server.log", **settings) as server:
        yield Site(server, Letters(mail))


@pytest.fixture
def open_browser(site: Site, request: pytest.FixtureRequest) -> Iterator[OpenBrowser]:
    """Opens a browser for somebody, whose name its pictures are kept under."""
    pictures = PICTURES / request.node.name.removeprefix("test_")
    shutil.rmtree(pictures, ignore_errors=True)
    with ExitStack() as browsers:
        opened: list[Browser] = []

        def open_for(name: str) -> Browser:
            browser = browsers.enter_context(running_browser(site.url, pictures / name))
            opened.append(browser)
            return browser

        yield open_for
        for browser in opened:
            browser.check_console()
