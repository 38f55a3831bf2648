"""Pages of projects that are not hosted here."""

from datetime import UTC, datetime, timedelta

import pytest
from webtest import TestApp

from pypi_web import clock
from pypi_web.standards.simple_api import Format
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.people import Person
from tests.publishing import publish
from tests.upstream.behaviours import answering
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

JSON = {"Accept": Format.JSON.value}
WHEEL = build_wheel("flask", "3.0")
METADATA = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n"


def test_a_project_that_is_not_here_is_told_as_upstream_tells_it(
    mirror: TestApp, upstream: FakeUpstream
):
    offered = OfferedFile.of(WHEEL, metadata=METADATA, requires_python=">=3.8", yanked="broken")
    upstream.offer("flask", offered, **{"project-status": {"status": "deprecated"}})

    page = mirror.get("/simple/flask/", headers=JSON).json

    (file,) = page["files"]
    assert page["name"] == "flask"
    assert page["project-status"] == {"status": "deprecated"}
    assert file["filename"] == WHEEL.filename
    assert file["hashes"] == {"sha256": WHEEL.sha256}
    assert file["yanked"] == "broken"
    assert file["requires-python"] == ">=3.8"
    assert file["upload-time"] == "2026-01-01T00:00:00.000000Z"
    assert file["size"] == len(WHEEL.content)
    assert file["core-metadata"]["sha256"]
    assert file["url"].startswith("../../files/")


def test_a_project_that_nobody_knows_is_not_there(mirror: TestApp, upstream: FakeUpstream):
    for _ in range(3):
        assert "no project nobody" in mirror.get("/simple/nobody/", status=404)
    assert upstream.asked("/simple/nobody/") == 1


def test_a_file_is_fetched_once_and_then_given_out_by_itself(
    mirror: TestApp, upstream: FakeUpstream
):
    upstream.offer("flask", OfferedFile.of(WHEEL, metadata=METADATA))
    url = mirror.get("/simple/flask/", headers=JSON).json["files"][0]["url"].removeprefix("../..")

    assert mirror.get(f"{url}.metadata").body == METADATA
    assert mirror.get(url).body == WHEEL.content
    upstream.unplug()

    assert mirror.get(url).body == WHEEL.content
    assert mirror.get(f"{url}.metadata").body == METADATA
    assert mirror.get(url, headers={"Range": "bytes=1-3"}).body == WHEEL.content[1:4]
    assert "flask-3.0" in mirror.get("/simple/flask/")


def test_a_hosted_name_never_comes_from_upstream(
    mirror: TestApp, upstream: FakeUpstream, alice: Person
):
    upstream.offer("sample", OfferedFile.of(build_wheel("sample", "9.0")))
    publish(mirror, alice, build_wheel("sample", "1.0"))

    page = mirror.get("/simple/sample/", headers=JSON).json

    assert page["versions"] == ["1.0"]
    assert upstream.asked("/simple/sample/") == 0


@pytest.mark.parametrize("name", ["acme", "acme-tool"])
def test_a_reserved_name_is_never_asked_for(
    make_mirror: MakeMirror, upstream: FakeUpstream, name: str
):
    mirror = make_mirror(mirror_reserved="Acme, acme_*")
    upstream.offer(name, OfferedFile.of(build_wheel(name)))

    mirror.get(f"/simple/{name}/", status=404)

    assert upstream.requests == []


def test_upstream_that_is_down_is_said_so_and_what_is_here_is_given_out(
    make_mirror: MakeMirror, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    mirror = make_mirror(mirror_fresh_for="1m", mirror_stale_for="1d")
    upstream.offer("flask", OfferedFile.of(WHEEL))
    mirror.get("/simple/flask/", status=200)
    upstream.behave("/simple/flask/", answering(500))
    upstream.behave("/simple/other/", answering(500))

    for hours, status in ((1, 200), (25, 503)):
        moment = datetime.now(UTC) + timedelta(hours=hours)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert mirror.get("/simple/flask/", status=status)
    refused = mirror.get("/simple/other/", status=503)
    assert refused.headers["Retry-After"]
    assert upstream.url not in refused


def test_files_that_are_too_young_are_not_here_yet(make_mirror: MakeMirror, upstream: FakeUpstream):
    mirror = make_mirror(mirror_minimum_age="7d")
    young = OfferedFile.of(
        build_wheel("flask", "3.1"), uploaded_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    )
    upstream.offer("flask", OfferedFile.of(WHEEL), young)

    page = mirror.get("/simple/flask/", headers=JSON).json

    assert [each["filename"] for each in page["files"]] == [WHEEL.filename]
    assert page["versions"] == ["3.0"]
    old = page["files"][0]["url"].removeprefix("../..")
    digest = young.digest
    assert digest
    address = f"/files/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{young.filename}"
    mirror.get(old, status=200)
    mirror.get(address, status=404)
    mirror.get(f"{address}.metadata", status=404)


def test_wrong_bytes_never_become_a_file(mirror: TestApp, upstream: FakeUpstream):
    offered = OfferedFile.of(WHEEL)
    upstream.offer("flask", offered)
    url = mirror.get("/simple/flask/", headers=JSON).json["files"][0]["url"].removeprefix("../..")
    upstream.change(offered, WHEEL.content[:-1] + b"!")

    mirror.get(url, status=503)

    upstream.change(offered, WHEEL.content)
    assert mirror.get(url).body == WHEEL.content


def test_old_source_distributions_are_files_as_others_are(
    mirror: TestApp, upstream: FakeUpstream
) -> None:
    upstream.speaks_json = False
    upstream.offer("old", OfferedFile("old-1.0.zip", b"a zip of old"))

    page = mirror.get("/simple/old/", headers=JSON).json

    assert page["versions"] == ["1.0"]
    assert mirror.get(page["files"][0]["url"].removeprefix("../..")).body == b"a zip of old"
