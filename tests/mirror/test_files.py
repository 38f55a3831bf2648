"""Files that are not hosted here, as they come: all of them, parts, and what is wrong with them."""

import errno
import hashlib
from threading import Event

import pytest
from sqlalchemy import Engine
from webob import Request
from webtest import TestApp

from pypi_web.mirror import bringing
from pypi_web.upstream import UpstreamUnavailable
from tests.distributions import build_sdist, build_wheel
from tests.mirror.conftest import MakeMirror
from tests.mirror.files import (
    JSON,
    address_of,
    be_impatient,
    big_wheel,
    list_kept,
    tell_files,
    url_of,
)
from tests.people import Person
from tests.publishing import publish
from tests.upstream.behaviours import answering, in_chunks, pausing, stalling, truncated
from tests.upstream.fake import FakeUpstream, running_upstream
from tests.upstream.offered import OfferedFile

WHEEL = build_wheel("flask", "3.0", description="A" * 3000)
LARGE = big_wheel()
METADATA = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n"


@pytest.mark.parametrize("wheel", [WHEEL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-22", 206, slice(-22, None)),
        ("bytes=0-999999999", 206, slice(None)),
        ("pages=1-2", 200, slice(None)),
    ],
)
def test_parts_of_a_file_that_is_not_here_yet(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine, wheel, wanted, status, part
):
    upstream.offer(wheel.name, OfferedFile.of(wheel))

    answer = mirror.get(url_of(mirror, wheel.name), headers={"Range": wanted}, status=status)

    assert answer.body == wheel.content[part]
    assert answer.headers["ETag"] == f'"{wheel.sha256}"'
    assert mirror.get(address_of(wheel)).body == wheel.content
    assert list_kept(engine) == {wheel.filename}


def test_parts_beyond_the_end(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", OfferedFile.of(WHEEL))
    beyond = f"bytes={len(WHEEL.content)}-"

    answer = mirror.get(url_of(mirror, "flask"), headers={"Range": beyond}, status=416)

    assert answer.headers["Content-Range"] == f"bytes */{len(WHEEL.content)}"


def test_who_has_a_file_or_only_asks_about_it_has_nothing_fetched(
    mirror: TestApp, upstream: FakeUpstream
):
    offered = OfferedFile.of(WHEEL)
    upstream.offer("flask", offered)
    url = url_of(mirror, "flask")

    head = mirror.head(url)
    mirror.get(url, headers={"If-None-Match": f'"{WHEEL.sha256}"'}, status=304)

    assert head.headers["Content-Length"] == str(len(WHEEL.content))
    assert head.headers["Accept-Ranges"] == "bytes"
    assert upstream.asked(offered.path) == 0


def test_who_has_another_file_gets_this_one(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", OfferedFile.of(WHEEL))

    answer = mirror.get(url_of(mirror, "flask"), headers={"If-None-Match": f'"{"0" * 64}"'})

    assert answer.body == WHEEL.content


@pytest.mark.parametrize("speaks_json", [True, False])
@pytest.mark.parametrize("says_length", [True, False])
def test_an_upstream_that_does_not_tell_the_size(
    mirror: TestApp, upstream: FakeUpstream, speaks_json: bool, says_length: bool
):
    offered = OfferedFile.of(LARGE, says_size=False, uploaded_at=None)
    upstream.offer("large", offered)
    upstream.speaks_json = speaks_json
    if not says_length:
        upstream.behave(offered.path, in_chunks([LARGE.content[:70_000], LARGE.content[70_000:]]))
    (file,) = tell_files(mirror, "large")

    head = mirror.head(file["url"])

    assert file.get("size") is None
    assert head.headers["Content-Length"] == str(len(LARGE.content))
    assert mirror.get(file["url"]).body == LARGE.content


@pytest.mark.parametrize("wheel", [WHEEL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("fault", ["wrong", "truncated", "stalled", "longer"])
def test_a_file_that_does_not_come_whole_and_right_is_not_kept(
    make_mirror: MakeMirror,
    upstream: FakeUpstream,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    wheel,
    fault: str,
):
    be_impatient(monkeypatch)
    mirror = make_mirror()
    offered, content = OfferedFile.of(wheel), wheel.content
    upstream.offer(wheel.name, offered)
    behaviours = {
        "wrong": answering(200, content[:-1] + b"!"),
        "truncated": truncated(content, after=len(content) - 1),
        "stalled": stalling(content, after=len(content) - 1),
        "longer": in_chunks([content, b"!"]),
    }
    upstream.behave(offered.path, behaviours[fault])
    url = url_of(mirror, wheel.name)

    if wheel is WHEEL:
        refused = mirror.get(url, status=503)
        assert refused.headers["Retry-After"]
        assert upstream.url not in refused
    else:
        has_failed(mirror, url)
    assert list_kept(engine) == set()

    upstream.change(offered, content)
    assert mirror.get(url).body == content
    assert list_kept(engine) == {wheel.filename}


def has_failed(mirror: TestApp, url: str, **headers: str) -> None:
    """That a file came as no success: refused, where its failure was there before its first byte,
    or broken off."""
    status, _, body = Request.blank(url, headers=headers).call_application(mirror.app)
    if not status.startswith("503"):
        with pytest.raises(UpstreamUnavailable):
            b"".join(body)


@pytest.mark.parametrize("change", [b"", b"longer" * 10])
def test_a_file_of_another_size_than_the_page_says(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine, change: bytes
):
    offered = OfferedFile.of(LARGE)
    upstream.offer("large", offered)
    upstream.change(offered, LARGE.content[:-7] + change)

    mirror.get(url_of(mirror, "large"), status=503)

    assert list_kept(engine) == set()


def test_a_file_that_is_larger_than_the_owner_allows(
    make_mirror: MakeMirror, upstream: FakeUpstream
):
    mirror = make_mirror(mirror_max_file_size="1M")
    told, untold = OfferedFile.of(LARGE), OfferedFile.of(big_wheel(name="other"), says_size=False)
    upstream.offer("large", told)
    upstream.offer("other", untold)

    assert mirror.get("/simple/large/", headers=JSON).json["files"] == []
    mirror.get(address_of(LARGE), status=404)
    mirror.get(url_of(mirror, "other"), status=503)

    assert upstream.asked(told.path) == 0
    assert "larger than is fetched here" in mirror.get("/project/large/")


def test_a_file_that_upstream_has_no_more(mirror: TestApp, upstream: FakeUpstream):
    offered = OfferedFile.of(WHEEL)
    upstream.offer("flask", offered)
    upstream.withdraw(offered.path)

    assert "has it no more" in mirror.get(url_of(mirror, "flask"), status=404)


def test_metadata_is_taken_out_of_a_wheel_once_that_is_here(
    mirror: TestApp, upstream: FakeUpstream
):
    offered = OfferedFile.of(WHEEL)
    upstream.offer("flask", offered)
    (before,) = tell_files(mirror, "flask")
    mirror.get(f"{before['url']}.metadata", status=404)
    assert not before["core-metadata"]
    assert upstream.asked(f"{offered.path}.metadata") == 0
    assert upstream.asked(offered.path) == 0

    mirror.get(before["url"])
    mirror.app.registry["kept_pages"].clear()  # which is asked about again when it is not fresh
    (after,) = tell_files(mirror, "flask")

    metadata = mirror.get(f"{after['url']}.metadata").body
    assert metadata.startswith(b"Metadata-Version: 2.1\nName: flask\n")
    assert after["core-metadata"]["sha256"] == hashlib.sha256(metadata).hexdigest()


def test_a_wheel_that_is_none_is_kept_without_metadata(mirror: TestApp, upstream: FakeUpstream):
    offered = OfferedFile("flask-3.0-py3-none-any.whl", b"no archive")
    upstream.offer("flask", offered)
    url = url_of(mirror, "flask")

    assert mirror.get(url).body == b"no archive"
    mirror.get(f"{url}.metadata", status=404)


@pytest.mark.parametrize(
    ("fault", "status"),
    [(answering(200, METADATA + b"!"), 503), (answering(404), 404), (answering(500), 503)],
)
def test_metadata_that_is_not_what_upstream_promised(
    mirror: TestApp, upstream: FakeUpstream, fault, status: int
):
    offered = OfferedFile.of(WHEEL, metadata=METADATA)
    upstream.offer("flask", offered)
    upstream.behave(f"{offered.path}.metadata", fault)
    url = url_of(mirror, "flask")

    mirror.get(f"{url}.metadata", status=status)

    assert mirror.get(url).body == WHEEL.content


def test_metadata_of_which_no_digest_is_told(mirror: TestApp, upstream: FakeUpstream):
    offered = OfferedFile.of(WHEEL, metadata=METADATA, extra={"core-metadata": True})
    upstream.offer("flask", offered)
    (file,) = tell_files(mirror, "flask")

    assert file["core-metadata"] is True
    assert mirror.get(f"{file['url']}.metadata").body == METADATA
    mirror.app.registry["kept_pages"].clear()
    (file,) = tell_files(mirror, "flask")
    assert file["core-metadata"] == {"sha256": hashlib.sha256(METADATA).hexdigest()}


def test_credentials_stay_with_upstream(make_mirror: MakeMirror, upstream: FakeUpstream):
    with running_upstream() as other:
        mirror = make_mirror(mirror_user="me", mirror_password="secret")
        elsewhere = OfferedFile.of(
            WHEEL, metadata=METADATA, url=f"{other.url}/files/{WHEEL.filename}"
        )
        sdist = build_sdist("flask", "3.0")
        redirected = OfferedFile.of(sdist)
        upstream.offer("flask", elsewhere, redirected)
        other.offer("flask", elsewhere, redirected)
        upstream.behave(
            redirected.path, answering(302, b"", location=f"{other.url}{redirected.path}")
        )

        for file in tell_files(mirror, "flask"):
            assert mirror.get(file["url"], status=200)
        assert mirror.get(f"{address_of(WHEEL)}.metadata").body == METADATA

        asked = [each for each in upstream.requests if "authorization" in each.headers]
        assert [each.path for each in asked] == ["/simple/flask/", redirected.path]
        assert len(other.requests) == 3
        assert all("authorization" not in each.headers for each in other.requests)


def test_a_file_without_a_digest_is_not_offered(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", OfferedFile.of(WHEEL, sha256=None))

    assert tell_files(mirror, "flask") == []
    mirror.get(address_of(WHEEL), status=404)


def test_nothing_of_what_upstream_has_quarantined_is_offered(
    mirror: TestApp, upstream: FakeUpstream
):
    offered = OfferedFile.of(WHEEL)
    upstream.offer("flask", offered, **{"project-status": {"status": "quarantined"}})

    page = mirror.get("/simple/flask/", headers=JSON).json
    mirror.get(address_of(WHEEL), status=404)

    assert page["files"] == []
    assert page["project-status"]["status"] == "quarantined"
    assert upstream.asked(offered.path) == 0


def test_a_file_of_a_name_that_is_hosted_or_reserved_is_refused_at_its_address(
    make_mirror: MakeMirror, upstream: FakeUpstream, alice: Person
):
    mirror = make_mirror(mirror_reserved="acme-*")
    secret, taken = build_wheel("acme-tool"), build_wheel("sample", "9.0")
    upstream.offer("acme-tool", OfferedFile.of(secret))
    upstream.offer("sample", OfferedFile.of(taken))
    publish(mirror, alice, build_wheel("sample", "1.0"))

    for wheel in (secret, taken):
        mirror.get(address_of(wheel), status=404)
        mirror.get(f"{address_of(wheel)}.metadata", status=404)

    assert upstream.requests == []


def test_a_file_that_is_here_is_refused_once_its_name_is_hosted(
    make_mirror: MakeMirror, upstream: FakeUpstream, alice: Person
):
    upstream.offer("sample", OfferedFile.of(build_wheel("sample", "9.0"), metadata=METADATA))
    mirror = make_mirror()
    url = url_of(mirror, "sample")
    mirror.get(url)
    reserving = make_mirror(mirror_reserved="sample")

    reserving.get(url, status=404)
    reserving.get("/simple/sample/", status=404)


def test_the_first_bytes_do_not_wait_for_the_last(mirror: TestApp, upstream: FakeUpstream):
    offered = OfferedFile.of(LARGE)
    upstream.offer("large", offered)
    url = url_of(mirror, "large")
    release = Event()
    upstream.behave(offered.path, pausing(LARGE.content, after=1 << 20, until=release))

    status, _, body = Request.blank(url).call_application(mirror.app)
    pieces = iter(body)
    first = next(pieces)
    release.set()

    assert status == "200 OK"
    assert first + b"".join(pieces) == LARGE.content
    assert upstream.asked(offered.path) == 1


@pytest.mark.parametrize("wanted", ["bytes=0-99", "bytes=1000000-1000999", "bytes=-100"])
def test_no_part_of_a_wrong_file_comes_as_a_success(
    mirror: TestApp, upstream: FakeUpstream, wanted: str
):
    offered = OfferedFile.of(LARGE)
    upstream.offer("large", offered)
    upstream.change(offered, bytes(len(LARGE.content)))

    has_failed(mirror, url_of(mirror, "large"), Range=wanted)


def test_a_disk_that_is_full_is_said_and_leaves_nothing(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    upstream.offer("flask", OfferedFile.of(WHEEL))
    url = url_of(mirror, "flask")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(bringing, "_write", fail)
        assert "storage" in mirror.get(url, status=503)
    assert list_kept(engine) == set()
    assert mirror.get(url).body == WHEEL.content
