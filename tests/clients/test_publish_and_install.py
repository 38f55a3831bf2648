"""Real clients against a real server: twine and uv publish, pip and uv install."""

import os
from pathlib import Path

import pytest

from tests.clients.programs import pip_install, twine, uv_install, uv_publish
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person
from tests.servers import Server, running_server

PUBLISH = pytest.mark.parametrize("publish", [twine, uv_publish])
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


@PUBLISH
def test_the_same_again_is_a_success(server: Server, alice: Person, tmp_path: Path, publish):
    wheel = build_wheel().write_to(tmp_path)

    publish(server, alice, wheel)
    publish(server, alice, wheel)


@PUBLISH
def test_the_reason_of_a_refusal_is_shown(server: Server, alice: Person, tmp_path: Path, publish):
    publish(server, alice, build_wheel().write_to(tmp_path))

    other = build_wheel("sample", "1.0", "Summary: other").write_to(tmp_path)
    shown = publish(server, alice, other, fails=True)

    assert "already exist" in " ".join((shown.stdout + shown.stderr).split())


@PUBLISH
def test_a_wrong_token_is_told_so_even_with_a_large_file(
    server: Server, alice: Person, tmp_path: Path, publish
):
    data = os.urandom(20_000_000)
    wheel = build_wheel(extra={"data.bin": data}).write_to(tmp_path)
    stranger = Person(0, "nobody", "pypiweb-wrong")

    shown = publish(server, stranger, wheel, fails=True)

    assert "API token is wrong" in " ".join((shown.stdout + shown.stderr).split())


def test_pip_verifies_the_hashes_it_was_given(server: Server, alice: Person, tmp_path: Path, pair):
    twine(server, alice, *(dist.write_to(tmp_path) for dist in pair))
    right = tmp_path / "right.txt"
    right.write_text("".join(f"{d.name}=={d.version} --hash=sha256:{d.sha256}\n" for d in pair))
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(f"needed==1.1 --hash=sha256:{'0' * 64}\n")

    pip_install(server, tmp_path / "target", "--require-hashes", "-r", str(right))
    shown = pip_install(
        server, tmp_path / "other", "--require-hashes", "-r", str(wrong), fails=True
    )

    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in shown.stderr


@INSTALL
def test_a_private_index_is_installed_from_with_a_token(
    site_ini: Path, alice: Person, tmp_path: Path, install
):
    with running_server(site_ini, log=tmp_path / "log", PYPI_WEB_ANONYMOUS_READ="false") as server:
        twine(server, alice, build_wheel().write_to(tmp_path))
        opened = Server(
            f"http://__token__:{alice.token}@127.0.0.1:{server.port}",
            server.port,
            server.process,
            server.log,
        )

        install(server, tmp_path / "closed", "sample", fails=True)
        install(opened, tmp_path / "target", "sample")

        assert alice.token not in server.log.read_text()
    assert (tmp_path / "target" / "sample.py").exists()


@INSTALL
def test_what_is_not_here_is_not_found(server: Server, tmp_path: Path, install):
    shown = install(server, tmp_path / "target", "nowhere-to-be-found", fails=True)

    assert "nowhere-to-be-found" in shown.stderr
