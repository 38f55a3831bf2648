"""Files that were imported with their project: told of here, fetched from upstream."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import File, Project, ProjectStatus
from pypi_web.data.session import writing
from pypi_web.mirror import holdings
from pypi_web.mirror.ahead import bring, plan
from pypi_web.standards import lock_files
from pypi_web.standards.lock_files import LockedFile
from pypi_web.standards.simple_api import Format
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.people import Person, log_in
from tests.publishing import publish
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

JSON = {"Accept": Format.JSON.value}
WHEEL = build_wheel("flask", "3.0")
OURS = build_wheel("flask", "4.0")
ADDRESS = f"/files/{WHEEL.sha256[:2]}/{WHEEL.sha256[2:4]}/{WHEEL.sha256[4:]}/{WHEEL.filename}"
UPLOADED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def site(mirror: TestApp, engine: Engine, upstream: FakeUpstream, alice: Person) -> TestApp:
    """A mirror with flask 3.0 as an import leaves it, and flask 4.0 published."""
    has_flask(mirror, engine, upstream, alice)
    return mirror


def has_flask(app: TestApp, engine: Engine, upstream: FakeUpstream, alice: Person) -> None:
    publish(app, alice, WHEEL, OURS)
    with writing(engine) as db:
        imported = update(File).where(File.filename == WHEEL.filename)
        db.execute(
            imported.values(
                is_stored=False,
                upstream_url=f"{upstream.url}/files/{WHEEL.filename}",
                metadata_sha256=None,
                uploaded_at=UPLOADED,
            )
        )
    upstream.offer("flask", OfferedFile.of(WHEEL), OfferedFile.of(build_wheel("flask", "9.9")))


def listed(app: TestApp) -> list[str]:
    return [each["filename"] for each in app.get("/simple/flask/", headers=JSON).json["files"]]


def test_an_imported_file_is_listed_and_fetched_from_upstream_once(
    site: TestApp, upstream: FakeUpstream
):
    assert listed(site) == [WHEEL.filename, OURS.filename]
    assert [each["filename"] for each in site.get("/pypi/flask/3.0/json").json["urls"]] == [
        WHEEL.filename
    ]
    assert upstream.requests == []  # what is told of a hosted project is never upstream's

    assert site.get(ADDRESS).body == WHEEL.content
    upstream.unplug()
    assert site.get(ADDRESS).body == WHEEL.content


def test_nothing_else_that_upstream_has_of_a_hosted_name_may_be_had(site: TestApp):
    other = build_wheel("flask", "9.9")
    sha256 = other.sha256
    site.get(ADDRESS)

    assert other.filename not in listed(site)
    site.get(f"/files/{sha256[:2]}/{sha256[2:4]}/{sha256[4:]}/{other.filename}", status=404)


def test_bytes_that_are_not_those_that_were_imported_are_not_given_out(
    site: TestApp, upstream: FakeUpstream
):
    upstream.change(OfferedFile.of(WHEEL), b"x" * len(WHEEL.content))

    site.get(ADDRESS, status=503)


def test_a_file_that_upstream_has_no_more_is_not_found(site: TestApp, upstream: FakeUpstream):
    upstream.offer("flask")

    missing = site.get(ADDRESS, status=404)

    assert f"{WHEEL.filename} was imported, but upstream does not have it." in missing


def test_a_file_that_upstream_has_with_other_bytes_is_said_to_be_so(
    site: TestApp, upstream: FakeUpstream
):
    upstream.offer("flask", OfferedFile(WHEEL.filename, b"other bytes"))

    assert "upstream does not have it with this SHA-256." in site.get(ADDRESS, status=404)


@pytest.mark.parametrize("pins", ["flask", "flask==3.0", "lock"])
def test_what_cannot_be_fetched_ahead_is_said_to_be_imported(
    site: TestApp, upstream: FakeUpstream, pins: str
):
    upstream.offer("flask", OfferedFile.of(build_wheel("flask", "9.9")))
    (wish,) = lock_files.read_requirements("flask" if pins == "lock" else pins).wishes
    if pins == "lock":
        locked = tuple(LockedFile(each.filename, each.sha256) for each in (WHEEL, OURS))
        wish = replace(wish, files=locked)

    found = plan(site.app.registry["mirror"], wish)

    assert found.files == ()
    assert found.problems == (
        f"flask: {WHEEL.filename} was imported, but upstream does not have it.",
    )


def test_its_page_says_that_it_is_kept_once_it_is(site: TestApp):
    before = site.get("/project/flask/3.0/")
    site.get(ADDRESS)

    after = site.get("/project/flask/3.0/")

    assert "Kept here" not in before
    assert [each.text for each in after.html.select(".file-facts .badge")] == ["Kept here"]


def test_its_name_is_not_among_those_that_are_never_asked_for(
    site: TestApp, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(holdings, "PATIENCE", 60)
    site.get(ADDRESS)
    log_in(site)

    names = [each.text for each in site.get("/mirror/").html.select("main .tags li")]

    assert "flask" not in names


def test_upstream_is_asked_again_where_its_page_here_is_older_than_the_import(
    site: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    upstream.offer("flask")
    site.get(ADDRESS, status=404)
    upstream.offer("flask", OfferedFile.of(WHEEL))
    now = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: now)

    assert site.get(ADDRESS).body == WHEEL.content


def test_its_page_leads_to_it(site: TestApp):
    page = site.get("/project/flask/3.0/")

    assert f'href="{ADDRESS}"' in page.text.replace("http://localhost", "")
    assert "Fetched from upstream" in page
    assert "cannot be installed" not in page


def test_a_quarantined_project_gives_out_none_of_it(site: TestApp, engine: Engine):
    with writing(engine) as db:
        db.execute(update(Project).values(status=ProjectStatus.QUARANTINED, status_reason="bad"))

    site.get(ADDRESS, status=404)


def test_a_reserved_name_is_not_asked_for(
    make_mirror: MakeMirror, engine: Engine, upstream: FakeUpstream, alice: Person
):
    app = make_mirror(mirror_reserved="fla*")
    has_flask(app, engine, upstream, alice)

    assert listed(app) == [OURS.filename]
    assert "the name is reserved" in app.get(ADDRESS, status=404)
    assert upstream.requests == []


def test_an_imported_file_waits_until_it_is_old_enough(
    make_mirror: MakeMirror,
    engine: Engine,
    upstream: FakeUpstream,
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
):
    now = UPLOADED + timedelta(days=6)
    monkeypatch.setattr(clock, "now", lambda: now)
    app = make_mirror(mirror_minimum_age="7d")
    has_flask(app, engine, upstream, alice)
    before = app.get("/simple/flask/", headers=JSON)

    assert listed(app) == [OURS.filename]
    assert "Held back" in app.get("/project/flask/3.0/")
    assert "was imported, and is held back." in app.get(ADDRESS, status=404)

    now += timedelta(days=2)

    assert listed(app) == [WHEEL.filename, OURS.filename]
    app.get("/simple/flask/", headers={**JSON, "If-None-Match": before.etag}, status=200)
    assert app.get(ADDRESS).body == WHEEL.content


def test_without_a_mirror_it_is_not_listed_and_the_pages_differ(
    app: TestApp, site: TestApp, engine: Engine
):
    with_mirror, without = (each.get("/simple/flask/", headers=JSON) for each in (site, app))

    assert [each["filename"] for each in without.json["files"]] == [OURS.filename]
    assert with_mirror.etag != without.etag
    app.get(ADDRESS, status=404)


def test_it_can_be_fetched_ahead(site: TestApp, upstream: FakeUpstream):
    (wish,) = lock_files.read_requirements("flask").wishes
    mirror = site.app.registry["mirror"]

    found = plan(mirror, wish)
    assert [each.file.filename for each in found.files] == [WHEEL.filename]
    assert [bring(mirror, each) for each in found.files] == [len(WHEEL.content)]
    upstream.unplug()
    assert site.get(ADDRESS).body == WHEEL.content
