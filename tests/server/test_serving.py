"""`pserve` with this package's server."""

import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.data import DownloadCount
from pypi_web.standards import addresses
from tests.clients.programs import twine
from tests.distributions import build_wheel
from tests.people import Person, add_person
from tests.servers import BIN, Server, free_port, running_server


def test_an_empty_index_prints_a_link_that_opens_the_setup_page(server: Server):
    link = re.search(r"http://\S+/account/setup\?key=\S+", server.log.read_text())

    assert link is not None
    assert f":{server.port}/" in link[0]
    with urllib.request.urlopen(link[0], timeout=10) as answer:
        assert b"administrator" in answer.read()


def test_the_link_is_for_where_people_reach_the_site(site_ini: Path, tmp_path: Path):
    address = {"PYPI_WEB_URL": "https://packages.example.org"}
    with running_server(site_ini, log=tmp_path / "log", **address) as server:
        assert "    https://packages.example.org/account/setup?key=" in server.log.read_text()


def test_no_link_is_printed_once_somebody_has_an_account(
    site_ini: Path, tmp_path: Path, alice: Person
):
    with running_server(site_ini, log=tmp_path / "log") as server:
        assert "setup" not in server.log.read_text()


def pserve(ini: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "pserve", ini],
        env={**os.environ, "PORT": str(free_port()), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def sentence_of(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode != 0
    assert "Traceback" not in process.stderr
    return process.stderr.strip().splitlines()[-1]


def test_an_unmigrated_database_stops_the_start_with_what_to_run(site_ini: Path, tmp_path: Path):
    process = pserve(site_ini, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite")

    sentence = sentence_of(process)
    assert "site.ini upgrade head`, or `pypi-web --config " in sentence


def test_a_wrong_setting_stops_the_start_with_its_name(site_ini: Path):
    process = pserve(site_ini, PYPI_WEB_ANONYMOUS_READ="perhaps")

    assert "PYPI_WEB_ANONYMOUS_READ is wrong" in sentence_of(process)


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "9" * 400])
def test_a_wrong_port_stops_the_start(site_ini: Path, port: str):
    assert "is no number from 1 to 65535" in sentence_of(pserve(site_ini, PORT=port))


def test_a_host_that_is_not_this_machine_stops_the_start(site_ini: Path):
    site_ini.write_text(site_ini.read_text().replace("127.0.0.1", "192.0.2.1"))

    assert "`host` in the ini" in sentence_of(pserve(site_ini))


def test_a_port_that_is_taken_stops_the_start(server: Server, site_ini: Path):
    process = pserve(site_ini, PORT=str(server.port))

    assert f"Cannot listen on 127.0.0.1:{server.port}" in sentence_of(process)
    assert "served at" not in process.stdout


def test_an_orderly_stop_loses_no_download(site_ini: Path, tmp_path: Path, db: Session):
    wheel = build_wheel()
    alice = add_person(db, "alice")
    with running_server(site_ini, log=tmp_path / "log") as server:
        twine(server, alice, wheel.write_to(tmp_path))
        urllib.request.urlopen(
            f"{server.url}/{addresses.of_file(wheel.sha256, wheel.filename)}", timeout=10
        ).read()

    assert db.scalars(select(DownloadCount.downloads)).all() == [1]
