"""Pages of projects that are not hosted here."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import Release
from tests.conftest import MakeApp
from tests.distributions import build_sdist, build_wheel
from tests.mirror.conftest import MakeMirror
from tests.mirror.offering import offered
from tests.people import Person
from tests.publishing import publish
from tests.statements import recorded
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile


def lately() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_it_shows_what_a_hosted_page_does_and_where_it_is_from(
    make_mirror: MakeMirror, upstream: FakeUpstream
):
    mirror = make_mirror(mirror_reserved="acme-*")
    upstream.offer("flask", offered(), OfferedFile.of(build_sdist("Flask", "3.0")))

    page = mirror.get("/project/flask/")

    for text in (
        "Flask <span",
        "It serves",
        "Ann Author",
        "MIT",
        "Utilities",
        "https://example.org/source",
        "&gt;=3.9",
        "<em>text</em>",
        "pip install --index-url http://localhost:6543/simple/ Flask",
        "flask-3.0.tar.gz",
        "1 Jan 2026",
    ):
        assert text in page, text
    assert "From 127.0.0.1: no files kept here yet" in _words(page)
    assert "alert(1)</script>" not in page
    links = [a["href"] for a in page.html.find_all("a") if a.get("href")]
    assert any(link.endswith("/project/click/") for link in links)
    assert not any(link.endswith("/project/acme-secret/") for link in links)


def test_its_files_are_had_from_their_links_and_then_told_as_kept(
    mirror: TestApp, upstream: FakeUpstream
):
    file = offered()
    upstream.offer("flask", file)
    link = mirror.get("/project/flask/").html.find("a", string=file.filename)["href"]

    assert mirror.get(link).body == file.content

    page = mirror.get("/project/flask/")
    assert "1 file kept here" in _words(page)
    assert "Kept here" in page


def test_the_newest_is_not_yanked_then_final_then_highest(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer(
        "flask",
        *(offered(version) for version in ("9.0", "10.0", "12.0rc1")),
        offered("11.0", yanked="It eats <b>data</b>"),
    )

    page = mirror.get("/project/flask/")
    yanked = mirror.get("/project/flask/11.0.0/")

    assert "10.0" in page.html.find("h1").text
    releases = [a.text for a in page.html.select(".releases a")]
    assert releases == ["12.0rc1", "11.0", "10.0", "9.0"]
    assert "This release is yanked" in yanked
    assert "It eats &lt;b&gt;data&lt;/b&gt;" in yanked
    assert "Flask==11.0" in yanked


def test_a_file_that_is_yanked_alone_says_so(mirror: TestApp, upstream: FakeUpstream):
    sdist = OfferedFile.of(build_sdist("Flask", "3.0"), yanked="does not build")
    upstream.offer("flask", offered(), sdist)

    page = mirror.get("/project/flask/")

    assert "does not build" in page
    assert "This release is yanked" not in page


def test_other_spellings_of_the_name_are_sent_on(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", offered())

    answer = mirror.get("/project/Flask/3.0/", status=301)

    assert answer.headers["Location"] == "http://localhost:6543/project/flask/3.0/"


@pytest.mark.parametrize(
    "path", ["/project/nobody/", "/project/flask/9.9/", f"/project/{'a' * 200}/"]
)
def test_what_upstream_does_not_have_is_not_there(
    mirror: TestApp, upstream: FakeUpstream, path: str
):
    upstream.offer("flask", offered())

    assert "There is no" in mirror.get(path, status=404)


def test_what_is_held_back_is_not_shown_and_why_is(make_mirror: MakeMirror, upstream: FakeUpstream):
    mirror = make_mirror(mirror_minimum_age="7d")
    young = offered("3.1", uploaded_at=lately())
    upstream.offer("flask", offered(), young)

    page = mirror.get("/project/flask/")

    assert "only what is 7 days old is offered here" in page
    assert young.filename not in page
    assert upstream.asked(f"{young.path}.metadata") == 0
    assert "only what is 7 days old" in mirror.get("/project/flask/3.1/", status=404)


def test_what_is_held_back_is_named_with_the_day_from_which_it_is_offered(
    make_mirror: MakeMirror, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    mirror = make_mirror(mirror_minimum_age="7d")
    young = [
        offered(f"{each}.0", uploaded_at=f"2026-11-{each}T06:00:00Z") for each in range(15, 20)
    ]
    rest = OfferedFile.of(build_sdist("Flask", "3.0"), uploaded_at="2026-11-19T06:00:00Z")
    upstream.offer("flask", offered(), *young[:2], rest)

    few = mirror.get("/project/flask/")
    upstream.offer("flask", *young)
    now += timedelta(minutes=2)
    many = mirror.get("/project/flask/")

    assert (
        "flask 16.0 is offered from 23 Nov 2026, flask 15.0 is offered from 22 Nov 2026, the rest"
        " of flask 3.0 is offered from 26 Nov 2026."
    ) in few
    assert "flask 17.0 is offered from 24 Nov 2026, 2 more versions are held back." in many


def test_an_upstream_without_times_leads_to_the_exceptions(
    make_mirror: MakeMirror, upstream: FakeUpstream
):
    mirror = make_mirror(mirror_minimum_age="7d")
    upstream.offer("flask", offered(uploaded_at=None))

    assert "pypi_web.mirror.minimum_age_except" in mirror.get("/project/flask/")


def test_a_project_of_which_all_is_held_back_has_a_page_that_says_why(
    make_mirror: MakeMirror, upstream: FakeUpstream
):
    mirror = make_mirror(mirror_minimum_age="7d")
    upstream.offer("flask", offered(uploaded_at=lately()))

    page = mirror.get("/project/flask/")

    assert "Nothing of it is offered here" in page
    assert "only what is 7 days old is offered here" in page
    assert "pip install" not in page


def test_a_project_without_files_has_a_page_that_says_so(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask")

    assert "without any file" in mirror.get("/project/flask/")


def test_a_quarantined_project_is_said_to_be_so(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", offered(), **{"project-status": {"status": "quarantined"}})

    assert "Upstream has quarantined this project" in mirror.get("/project/flask/")


def test_the_reason_of_a_quarantine_is_told(mirror: TestApp, upstream: FakeUpstream):
    status = {"status": "quarantined", "reason": "it <b>steals</b>"}
    upstream.offer("flask", offered(), **{"project-status": status})

    assert "The reason given: “it &lt;b&gt;steals&lt;/b&gt;”." in mirror.get("/project/flask/")


def test_a_status_is_passed_on(mirror: TestApp, upstream: FakeUpstream):
    status = {"status": "archived", "reason": "use <b>quart</b>"}
    upstream.offer("flask", offered(), **{"project-status": status})

    page = mirror.get("/project/flask/")

    assert "This project is archived" in page
    assert "use &lt;b&gt;quart&lt;/b&gt;" in page


def test_an_old_archive_is_listed_as_well(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", OfferedFile("Flask-0.1.zip", b"an archive"))

    page = mirror.get("/project/flask/")

    assert "Flask-0.1.zip" in page
    assert "Source" in page


def test_upstream_that_is_down_is_a_503_or_what_it_said_before(
    make_mirror: MakeMirror, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    mirror = make_mirror(mirror_stale_for="1d")
    upstream.offer("flask", offered())
    mirror.get("/project/flask/")
    upstream.unplug()
    later = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = mirror.get("/project/flask/")
    refused = mirror.get("/project/other/", status=503)

    assert "Upstream does not answer" in page
    assert "<em>text</em>" in page
    assert upstream.url not in refused


def test_a_hosted_name_never_comes_from_upstream(
    mirror: TestApp, upstream: FakeUpstream, alice: Person, db: Session
):
    upstream.offer("flask", offered("9.0"))
    publish(mirror, alice, build_wheel("Flask", "1.0"))

    page = mirror.get("/project/flask/")
    mirror.get("/project/flask/9.0/", status=404)
    db.execute(delete(Release))
    db.commit()
    mirror.get("/project/flask/", status=404)

    assert "Mirrored" not in page
    assert upstream.requests == []


def test_a_reserved_name_is_never_asked_for(make_mirror: MakeMirror, upstream: FakeUpstream):
    mirror = make_mirror(mirror_reserved="flask")
    upstream.offer("flask", offered())

    mirror.get("/project/flask/", status=404)

    assert upstream.requests == []


def test_who_may_not_read_has_nothing_asked_for(make_mirror: MakeMirror, upstream: FakeUpstream):
    mirror = make_mirror(anonymous_read="false")
    upstream.offer("flask", offered())

    for name in ("flask", "nobody"):
        answer = mirror.get(f"/project/{name}/", status=303)
        assert "/account/login" in answer.headers["Location"]
    assert upstream.requests == []


def test_a_hosted_release_leads_to_dependencies_that_upstream_may_have(
    make_mirror: MakeMirror, upstream: FakeUpstream, alice: Person
):
    mirror = make_mirror(mirror_reserved="acme-*")
    publish(
        mirror, alice, build_wheel("ours", "1.0", "Requires-Dist: click", "Requires-Dist: acme-x")
    )

    links = [a["href"] for a in mirror.get("/project/ours/").html.select(".dependencies a")]

    assert [link.rpartition("/project/")[2] for link in links] == ["click/"]
    assert upstream.requests == []


def test_nothing_of_the_database_is_held_while_upstream_is_awaited(
    mirror: TestApp, upstream: FakeUpstream
):
    engine: Engine = mirror.app.registry["engine"]
    held = []
    file = offered()
    upstream.offer("flask", file)
    page, metadata = upstream.page("flask"), file.metadata

    def note(body: bytes, content_type: str):
        def answer(exchange):
            held.append(engine.pool.checkedout())
            exchange.answer(200, body, content_type=content_type)

        return answer

    upstream.behave("/simple/flask/", note(page, "application/vnd.pypi.simple.v1+json"))
    upstream.behave(f"{file.path}.metadata", note(metadata, "text/plain"))

    assert "<em>text</em>" in mirror.get("/project/flask/")

    assert held == [0, 0]


def test_a_hosted_page_costs_no_more_where_a_mirror_is_set_up(
    mirror: TestApp, make_app: MakeApp, alice: Person
):
    publish(mirror, alice, build_wheel("Flask", "1.0"))

    assert _count_queries(mirror) == _count_queries(make_app()) == 7


def _count_queries(app: TestApp) -> int:
    with recorded(app.app.registry["engine"]) as statements:
        app.get("/project/flask/", status=200)
    return len([each for each in statements if each.lstrip().startswith("SELECT")])


def _words(page) -> str:
    return " ".join(page.html.find("main").text.split())
