"""nginx in front of the site, as docs/run.md has it, sends what the application would send."""

import hashlib
import http.client
import os
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path

import pytest
from sqlalchemy import Engine
from webtest import TestApp

from pypi_web.data import ProjectStatus
from pypi_web.storage import Storage
from tests.changing import give_status
from tests.clients.programs import twine
from tests.conftest import ROOT
from tests.distributions import Distribution, build_wheel
from tests.files.conftest import path_of
from tests.nginx import PROGRAM, running_nginx
from tests.people import Person
from tests.servers import Server, running_server

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed (Debian: nginx-light)"),
]


@dataclass(frozen=True)
class Front:
    """nginx in front of a site, by its port, and the wheel that was published behind it."""

    port: int
    wheel: Distribution

    def ask(
        self, path: str = "", method: str = "GET", **headers: str
    ) -> tuple[int, Message, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path or path_of(self.wheel), headers=names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


def documented_block(site: Server, folder: Path) -> str:
    """What docs/run.md says for nginx, for this site."""
    page = (ROOT / "docs" / "run.md").read_text()
    block = "\n".join(re.findall(r"```nginx\n(.+?)```", page, re.S))
    for documented, here in {
        "127.0.0.1:6543": f"127.0.0.1:{site.port}",
        "127.0.0.1:6544": f"127.0.0.1:{site.upload_port}",
        "/srv/pypi_web/files/": f"{folder}/files/",
    }.items():
        assert documented in block
        block = block.replace(documented, here)
    return block


@contextmanager
def standing_front(site_ini: Path, wheel: Distribution, **environment: str) -> Iterator[Front]:
    environment["PYPI_WEB_SENDFILE"] = "x-accel-redirect"
    folder = site_ini.parent / "nginx"
    folder.mkdir()
    with (
        running_server(site_ini, log=folder / "server.log", **environment) as site,
        running_nginx(folder, documented_block(site, site_ini.parent)) as nginx,
    ):
        yield Front(nginx.port, wheel)


@pytest.fixture
def front(site_ini: Path, wheel: Distribution) -> Iterator[Front]:
    with standing_front(site_ini, wheel) as front:
        yield front


def test_a_whole_file_is_as_the_application_sends_it(front: Front, app: TestApp):
    status, headers, body = front.ask()

    assert (status, body) == (200, front.wheel.content)
    by_itself = app.get(path_of(front.wheel)).headers
    for name in (
        "Accept-Ranges",
        "Access-Control-Allow-Origin",
        "Cache-Control",
        "Content-Length",
        "Content-Security-Policy",
        "Content-Type",
        "ETag",
        "Vary",
        "X-Content-Type-Options",
    ):
        assert headers.get_all(name) == (by_itself.getall(name) or None), name
    for name in ("X-Accel-Redirect", "Last-Modified", "Content-Encoding"):
        assert name not in headers


def test_case_59_head_tells_the_size_and_sends_nothing(front: Front):
    status, headers, body = front.ask(method="HEAD")

    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(len(front.wheel.content))
    assert headers["Accept-Ranges"] == "bytes"


def test_granian_hands_over_as_well(production_ini: Path, wheel: Distribution):
    with standing_front(production_ini, wheel) as front:
        whole, part = front.ask(), front.ask(Range="bytes=-10")
        head = front.ask(method="HEAD")

    assert whole[::2] == (200, wheel.content)
    assert part[::2] == (206, wheel.content[-10:])
    assert (head[0], head[1]["Content-Length"]) == (200, str(len(wheel.content)))


def test_publishers_come_through_and_read_why_they_are_refused(
    production_ini: Path, tmp_path: Path, alice: Person
):
    text = production_ini.read_text().replace("workers", "trusted_proxy = 127.0.0.1\nworkers")
    production_ini.write_text(text)
    folder = tmp_path / "nginx"
    folder.mkdir()
    large, other = (
        build_wheel("large", extra={"filling.bin": os.urandom(3_000_000)}) for _ in range(2)
    )
    with (
        running_server(production_ini, log=folder / "server.log") as site,
        running_nginx(folder, documented_block(site, tmp_path)) as nginx,
    ):
        front = replace(site, upload_port=nginx.port)
        twine(front, alice, large.write_to(tmp_path))
        refused = twine(front, alice, other.write_to(tmp_path), fails=True)
        with urllib.request.urlopen(
            f"http://127.0.0.1:{nginx.port}/simple/large/", timeout=20
        ) as page:
            assert large.filename in page.read().decode()

    assert "already exist" in refused.stdout


def test_a_private_file_is_for_those_who_may_read(
    site_ini: Path, alice: Person, wheel: Distribution
):
    with standing_front(site_ini, wheel, PYPI_WEB_ANONYMOUS_READ="false") as front:
        refused, told, _ = front.ask()
        status, headers, body = front.ask(**alice.basic)

    assert (refused, told["WWW-Authenticate"]) == (401, 'Basic realm="pypi_web"')
    assert (status, body) == (200, wheel.content)
    assert headers["Vary"] == "Authorization"
    assert headers["Cache-Control"].startswith("private,")


def test_metadata_has_a_tag_of_its_own(front: Front):
    status, headers, body = front.ask(path_of(front.wheel) + ".metadata")

    assert status == 200
    assert headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"'


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=-10", slice(-10, None)),
        ("bytes=10-", slice(10, None)),
    ],
)
def test_cases_60_and_61_a_range(front: Front, asked: str, part: slice):
    status, headers, body = front.ask(Range=asked)

    total = len(front.wheel.content)
    start, stop, _ = part.indices(total)
    assert (status, body) == (206, front.wheel.content[part])
    assert headers["Content-Range"] == f"bytes {start}-{stop - 1}/{total}"
    assert headers["ETag"] == f'"{front.wheel.sha256}"'


def test_case_62_a_range_past_the_end(front: Front):
    size = len(front.wheel.content)

    status, headers, _ = front.ask(Range=f"bytes={size}-")

    assert (status, headers["Content-Range"]) == (416, f"bytes */{size}")


def test_case_63_a_download_goes_on_only_with_the_same_file(front: Front):
    tag = f'"{front.wheel.sha256}"'

    assert front.ask(Range="bytes=10-", If_Range=tag)[::2] == (206, front.wheel.content[10:])
    assert front.ask(Range="bytes=10-", If_Range='"another"')[::2] == (
        200,
        front.wheel.content,
    )


def test_case_64_bytes_are_sent_as_they_are(front: Front):
    assert front.ask(Accept_Encoding="gzip")[::2] == (200, front.wheel.content)


def test_who_has_it_is_told_so(front: Front):
    status, headers, body = front.ask(If_None_Match=f'"{front.wheel.sha256}"')

    assert (status, body) == (304, b"")
    assert headers["ETag"] == f'"{front.wheel.sha256}"'
    assert front.ask(If_None_Match='"another"')[::2] == (200, front.wheel.content)


@pytest.mark.parametrize("tag", ["{sha256}", "another"])
def test_if_match_is_answered_as_without_nginx(front: Front, app: TestApp, tag: str):
    asked = f'"{tag.format(sha256=front.wheel.sha256)}"'

    status, _, body = front.ask(If_Match=asked)

    by_itself = app.get(path_of(front.wheel), headers={"If-Match": asked})
    assert (status, body) == (by_itself.status_int, by_itself.body)


def test_the_folder_itself_is_for_nobody(front: Front):
    sha256 = front.wheel.sha256
    for path in (
        f"/-/files/{sha256[:2]}/{sha256}",
        f"/x/../-/files/{sha256[:2]}/{sha256}",
        f"/%2D/files/{sha256[:2]}/{sha256}",
        "/-/files/",
    ):
        assert front.ask(path, X_Accel_Redirect="/-/files/")[0] == 404


def test_what_is_not_there_is_said_by_the_application(
    front: Front, storage: Storage, engine: Engine
):
    assert b"no such file" in front.ask(path_of(front.wheel).replace("1.0", "2.0"))[2]
    storage.remove(front.wheel.sha256)
    assert b"bytes of this file are missing" in front.ask()[2]
    give_status(engine, ProjectStatus.QUARANTINED, name="sample")
    status, headers, body = front.ask()

    assert status == 404
    assert b"quarantined" in body
    assert "immutable" not in headers["Cache-Control"]
