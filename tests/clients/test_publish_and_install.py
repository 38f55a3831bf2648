"""Real clients against a real server: twine and uv publish, pip and uv install."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.clients.installers import pip_install, uv_install
from tests.clients.programs import twine, uv
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person
from tests.servers import Server, running_server

PUBLISH = pytest.mark.parametrize("publish", [twine, uv])
INSTALL = pytest.mark.parametrize("install", [pip_install, uv_install])


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Distribution, Distribution]:
    """A distribution that needs another one."""
    return (
        build_wheel("needing", "2.0", "Requires-Dist: needed>=1.1"),
        build_wheel("needed", "1.1"),
    )


@PUBLISH
@INSTALL
def test_a_wheel_with_its_dependency(
    server: Server, alice: Person, tmp_path: Path, publish, install, pair
):
    publish(server, alice, *(dist.write_to(tmp_path) for dist in pair))

    install(server, tmp_path / "target", "needing")

    assert (tmp_path / "target" / "needing.py").read_text() == "VERSION = '2.0'\n"
    assert (tmp_path / "target" / "needed.py").exists()


@PUBLISH
@INSTALL
def test_a_source_distribution(server: Server, alice: Person, tmp_path: Path, publish, install):
    publish(server, alice, build_sdist("sourced", "1.0").write_to(tmp_path))

    install(server, tmp_path / "target", "sourced")

    assert (tmp_path / "target" / "sourced.py").exists()


@INSTALL
def test_a_private_index_is_installed_from_with_a_token(
    site_ini: Path, alice: Person, tmp_path: Path, install
):
    with running_server(site_ini, log=tmp_path / "log", PYPI_WEB_ANONYMOUS_READ="false") as server:
        twine(server, alice, build_wheel().write_to(tmp_path))
        url = f"http://__token__:{alice.token}@127.0.0.1:{server.port}"
        opened = replace(server, url=url)

        install(server, tmp_path / "closed", "sample", fails=True)
        install(opened, tmp_path / "target", "sample")

        assert alice.token not in server.log.read_text()
    assert (tmp_path / "target" / "sample.py").exists()
