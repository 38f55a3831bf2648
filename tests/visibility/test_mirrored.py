"""A private project of a site that mirrors: outsiders get neither it nor upstream's."""

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session
from webtest import TestApp, TestResponse

from pypi_web.data import File
from pypi_web.data.session import writing
from tests.mirror.conftest import make_mirror, mirror, upstream
from tests.people import Person, add_person, log_in
from tests.publishing import publish
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile
from tests.visibility.hiding import FILE, WHEEL, make_private

__all__ = ["make_mirror", "mirror", "upstream"]

WAYS = (
    "/simple/acme-secret/",
    "/project/acme-secret/",
    "/project/acme-secret/1.0/",
    "/pypi/acme-secret/json",
    FILE,
    f"{FILE}.metadata",
)


@pytest.fixture
def site(mirror: TestApp, engine: Engine, upstream: FakeUpstream, alice: Person) -> TestApp:
    """A mirror with a private project of alice's whose name is upstream's too."""
    publish(mirror, alice, WHEEL)
    make_private(engine, "acme-secret")
    upstream.offer("acme-secret", OfferedFile.of(WHEEL, metadata=b"Metadata-Version: 2.1"))
    return mirror


@pytest.fixture
def imported(site: TestApp, engine: Engine, upstream: FakeUpstream) -> TestApp:
    """The same where its file was imported, so that the bytes are upstream's."""
    with writing(engine) as db:
        url = f"{upstream.url}/files/{WHEEL.filename}"
        db.execute(update(File).values(is_stored=False, upstream_url=url, metadata_sha256=None))
    return site


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["site", "imported"])
def test_upstream_is_not_asked_for_it_by_who_may_not_see_it(
    request: pytest.FixtureRequest, db: Session, upstream: FakeUpstream, kind: str, way: str
):
    site: TestApp = request.getfixturevalue(kind)
    site.get(way, status=404)
    site.get(way, headers=add_person(db, "bob").basic, status=404)

    assert upstream.requests == []


def test_its_people_have_what_was_imported_and_no_cache_between_keeps_it(
    imported: TestApp, alice: Person
):
    for _ in range(2):  # while it comes, and from here
        answer = imported.get(FILE, headers=alice.basic, status=200)
        assert answer.body == WHEEL.content
        assert answer.headers["Cache-Control"].startswith("private")
        imported.get(FILE, status=404)


def test_an_outsider_is_led_upstream_by_a_search_for_it_as_for_any_name(
    site: TestApp, db: Session, upstream: FakeUpstream
):
    log_in(site, add_person(db, "bob").name)

    there, nowhere = (_look_upstream(site, name) for name in ("acme-secret", "acme-nobody"))

    assert there.text.replace("secret", "nobody") == nowhere.text
    assert upstream.asked("/simple/acme-secret/") == 0
    assert upstream.asked("/simple/acme-nobody/") == 1


def test_its_people_are_not_led_away_from_it(site: TestApp):
    log_in(site, "alice")

    page = site.get("/search/?q=acme-secret")

    assert page.html.find("main").find("a", href="/project/acme-secret/")
    assert "upstream" not in page


def _look_upstream(site: TestApp, name: str) -> TestResponse:
    found = site.get("/search/", {"q": name})
    link = found.html.find("a", string=f"Look for {name} upstream")
    return site.get(link["href"], status=404)
