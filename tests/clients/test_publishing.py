"""Each client publishes what its own tools build, publishes it again, and tells why it may not."""

import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.clients.programs import said, twine
from tests.clients.projects import FILES, FLIT, HATCH, PDM, POETRY, TWINE, UV, Client
from tests.distributions import build_wheel
from tests.people import Person
from tests.servers import Server

DATABASES = {
    TWINE: ("sqlite", "postgresql"),
    UV: ("sqlite", "postgresql"),
    FLIT: ("sqlite",),
    HATCH: ("sqlite",),
    POETRY: ("sqlite",),
    PDM: ("sqlite",),
}
"""The databases that each client is tried on: to start programs is slow."""

EACH_CLIENT = pytest.mark.parametrize(
    ("client", "database_url"),
    [
        pytest.param(client, database, id=f"{client.name}-{database}")
        for client, databases in DATABASES.items()
        for database in databases
    ],
    indirect=["database_url"],
)


def filenames(server: Server) -> list[str]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with urlopen(Request(f"{server.index_url}tiny-sample/", headers=accept)) as page:
        return sorted(file["filename"] for file in json.load(page)["files"])


@EACH_CLIENT
def test_a_wheel_and_an_sdist_and_the_same_again(
    server: Server, alice: Person, tmp_path: Path, client: Client
):
    files = client.build(tmp_path / "project")

    client.publish(server, alice, *files)
    client.publish(server, alice, *files)

    assert filenames(server) == FILES


def test_case_65_what_twine_has_published_is_on_the_next_page(
    server: Server, alice: Person, tmp_path: Path
):
    wheel = build_wheel("tiny-sample")

    twine(server, alice, wheel.write_to(tmp_path))

    assert filenames(server) == [wheel.filename]


@EACH_CLIENT
def test_the_reason_of_a_refusal_is_shown(
    server: Server, alice: Person, tmp_path: Path, client: Client
):
    client.publish(server, alice, *client.build(tmp_path / "project"))

    others = client.build(tmp_path / "project", says="good-bye")
    shown = client.publish(server, alice, *others, fails=True)

    assert "already exist" in said(shown)


@EACH_CLIENT
def test_a_wrong_token_is_told_so_even_with_a_large_file(
    server: Server, tmp_path: Path, client: Client
):
    files = client.build(tmp_path / "project", data=os.urandom(20_000_000))
    stranger = Person(0, "nobody", "pypiweb-wrong")

    shown = client.publish(server, stranger, *files, fails=True)

    assert "API token is wrong" in said(shown)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("client", [POETRY, PDM], ids=lambda client: client.name)
def test_what_exists_is_skipped_when_asked(
    server: Server, alice: Person, tmp_path: Path, client: Client
):
    client.publish(server, alice, *client.build(tmp_path / "project"))

    others = client.build(tmp_path / "project", says="good-bye")
    shown = client.publish(server, alice, *others, options=["--skip-existing"])

    assert said(shown).count("Skipping") == 2
