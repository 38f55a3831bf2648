"""The JSON API of projects, with the conformance cases 95 to 97 by their numbers."""

import hashlib
import time
from datetime import UTC, datetime
from urllib.parse import unquote, urlparse

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import File, Project, ProjectStatus, Release, Role, RoleName, TakenFilename
from pypi_web.data.session import writing
from pypi_web.projects import documents, releases
from tests.changing import change, give_status
from tests.conftest import MakeApp
from tests.distributions import build_sdist, build_wheel
from tests.people import Person, add_person
from tests.publishing import publish
from tests.statements import recorded

ROOT = "http://localhost:6543"
FIELDS = (
    "Summary: A sample",
    "Keywords: a,b",
    "Author: Ann",
    "Author-email: ann@example.org",
    "License-Expression: MIT",
    "Platform: any",
    "Platform: linux",
    "Home-page: https://example.org/",
    "Requires-Python: >=3.8",
    "Requires-Dist: zebra>=1",
    "Requires-Dist: ant; extra == 'all'",
    "Provides-Extra: all",
    "Project-URL: Source, https://example.org/source",
    "Classifier: Topic :: Utilities",
    "Classifier: Programming Language :: Python",
    "Description-Content-Type: text/markdown",
    "Dynamic: Requires-Dist",
)


def build_described(version: str = "1.0"):
    return build_wheel("Foo", version, *FIELDS, description="# Foo", metadata_version="2.4")


def test_a_project_as_mirrors_and_dashboards_read_it(app: TestApp, alice: Person):
    wheel = build_described()
    publish(app, alice, wheel)

    answer = app.get("/pypi/foo/json", status=200)

    document = answer.json
    assert answer.content_type == "application/json"
    assert document["info"] == {
        "author": "Ann",
        "author_email": "ann@example.org",
        "bugtrack_url": None,
        "classifiers": ["Programming Language :: Python", "Topic :: Utilities"],
        "description": "# Foo",
        "description_content_type": "text/markdown",
        "docs_url": None,
        "download_url": None,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "dynamic": ["requires-dist"],
        "home_page": "https://example.org/",
        "keywords": "a, b",
        "license": None,
        "license_expression": "MIT",
        "license_files": None,
        "maintainer": None,
        "maintainer_email": None,
        "name": "Foo",
        "package_url": f"{ROOT}/project/foo/",
        "platform": "any, linux",
        "project_url": f"{ROOT}/project/foo/",
        "project_urls": {"Source": "https://example.org/source"},
        "provides_extra": ["all"],
        "release_url": f"{ROOT}/project/foo/1.0/",
        "requires_dist": ["zebra>=1", 'ant; extra == "all"'],
        "requires_python": ">=3.8",
        "summary": "A sample",
        "version": "1.0",
        "yanked": False,
        "yanked_reason": None,
    }
    assert document["ownership"] == {
        "organization": None,
        "roles": [{"role": "Owner", "user": "alice"}],
    }
    assert document["vulnerabilities"] == []
    assert document["releases"] == {"1.0": document["urls"]}
    assert document["last_serial"] == int(answer.headers["X-PyPI-Last-Serial"]) >= 1
    app.get(document["info"]["package_url"], status=200)
    app.get(document["info"]["release_url"], status=200)


def test_a_file_as_bandersnatch_mirrors_it(
    app: TestApp, db: Session, engine: Engine, alice: Person
):
    wheel = build_wheel("foo", "1.0+cu118", "Requires-Python: >=3.8")
    publish(app, alice, wheel)
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    change(engine, update(File).values(uploaded_at=moment))

    (file,) = app.get("/pypi/foo/json").json["urls"]

    metadata_sha256 = db.scalars(select(File.metadata_sha256)).one()
    assert file == {
        "comment_text": "",
        "core-metadata": {"sha256": metadata_sha256},
        "digests": {
            "blake2b_256": hashlib.blake2b(wheel.content, digest_size=32).hexdigest(),
            "md5": hashlib.md5(wheel.content).hexdigest(),
            "sha256": wheel.sha256,
        },
        "downloads": -1,
        "filename": wheel.filename,
        "has_sig": False,
        "md5_digest": hashlib.md5(wheel.content).hexdigest(),
        "packagetype": "bdist_wheel",
        "python_version": "py3",
        "requires_python": ">=3.8",
        "size": len(wheel.content),
        "upload_time": "2026-01-02T03:04:05",
        "upload_time_iso_8601": "2026-01-02T03:04:05.000000Z",
        "url": file["url"],
        "yanked": False,
        "yanked_reason": None,
    }
    path = urlparse(file["url"]).path
    assert unquote(path).startswith("/packages/"), "bandersnatch refuses any other"
    assert unquote(path).endswith(f"/{wheel.filename}")
    assert file["url"].startswith(f"{ROOT}/")
    assert app.get(file["url"]).body == wheel.content
    assert hashlib.sha256(app.get(file["url"] + ".metadata").body).hexdigest() == metadata_sha256


def test_a_source_distribution_has_no_metadata_beside_it(app: TestApp, alice: Person):
    publish(app, alice, build_sdist("foo"))

    (file,) = app.get("/pypi/foo/json").json["urls"]

    assert file["core-metadata"] is False
    assert (file["packagetype"], file["python_version"]) == ("sdist", "source")


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/pypi/Foo_Bar/json", "/pypi/foo-bar/json"),
        ("/pypi/Foo_Bar/json/", "/pypi/foo-bar/json"),
        ("/pypi/Foo_Bar/1.0/json", "/pypi/foo-bar/1.0/json"),
        ("/pypi/Foo_Bar/1.0%2Bl/json/", "/pypi/foo-bar/1.0+l/json"),
    ],
)
def test_case_95_other_spellings_are_sent_on_with_their_version(
    app: TestApp, alice: Person, asked: str, sent_to: str
):
    publish(app, alice, build_wheel("Foo.Bar", "1.0"), build_wheel("Foo.Bar", "1.0+l"))

    answer = app.get(asked, status=301)

    assert answer.headers["Location"] == f"{ROOT}{sent_to}"
    answer.follow(status=200)


def test_case_96_only_the_projects_form_has_all_releases(app: TestApp, alice: Person):
    publish(app, alice, build_described("1.0"), build_wheel("foo", "2.0"))

    project, release = (app.get(f"/pypi/foo/{form}json").json for form in ("", "1.0/"))

    assert list(project["releases"]) == ["1.0", "2.0"]
    assert project["info"]["version"] == "2.0"
    assert project["info"]["summary"] is None
    assert project["urls"] == project["releases"]["2.0"]
    assert "releases" not in release
    assert release["info"]["version"] == "1.0"
    assert release["info"]["summary"] == "A sample"
    assert release["urls"] == project["releases"]["1.0"]


@pytest.mark.parametrize(
    "path",
    [
        "/pypi/nope/json",
        "/pypi/nope/json/",
        "/pypi/foo/9/json",
        "/pypi/-x-/json",
        "/pypi/foo/%C3%A4/json",
        f"/pypi/foo/{'9' * 5000}/json",
    ],
)
def test_case_97_what_is_not_here_is_said_in_json(app: TestApp, alice: Person, path: str):
    publish(app, alice, build_wheel("foo"))

    answer = app.get(path, status=404)

    assert answer.json == {"message": "Not Found"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-PyPI-Last-Serial" not in answer.headers


def test_a_project_without_releases_is_not_here(app: TestApp, db: Session):
    db.add(Project(name="foo", normalized_name="foo", last_serial=1))
    db.commit()

    app.get("/pypi/foo/json", status=404)


@pytest.mark.parametrize("path", ["/pypi/foo/json", "/pypi/foo/1.0/json"])
def test_a_slash_behind_makes_no_difference(app: TestApp, alice: Person, path: str):
    publish(app, alice, build_wheel("foo"))

    assert app.get(f"{path}/", status=200).body == app.get(path, status=200).body


def test_a_version_may_be_written_as_it_likes(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("foo", "1.0"))

    assert app.get("/pypi/foo/v1.0.0/json").json["info"]["version"] == "1.0"


def test_the_newest_is_not_yanked_then_final_then_highest(
    app: TestApp, engine: Engine, alice: Person
):
    publish(app, alice, *(build_wheel("foo", v) for v in ("1.9", "1.10", "2.0rc1", "3.0")))

    def newest() -> str:
        return app.get("/pypi/foo/json").json["info"]["version"]

    def yank(*versions: str) -> None:
        change(engine, update(Release).values(yanked=Release.version.in_(versions)))

    assert newest() == "3.0"
    yank("3.0")
    assert newest() == "1.10"
    yank("3.0", "1.10", "1.9")
    assert newest() == "2.0rc1"
    yank("3.0", "1.10", "1.9", "2.0rc1")
    assert newest() == "3.0"


def test_a_yank_is_told_of_the_release_and_of_its_files(
    app: TestApp, engine: Engine, alice: Person
):
    publish(app, alice, build_wheel("foo"))
    change(engine, update(Release).values(yanked=True, yanked_reason="broken"))

    document = app.get("/pypi/foo/json").json

    for each in (document["info"], *document["urls"], *document["releases"]["1.0"]):
        assert (each["yanked"], each["yanked_reason"]) == (True, "broken")


def test_a_file_whose_bytes_are_not_here_is_not_offered(
    app: TestApp, engine: Engine, alice: Person
):
    publish(app, alice, build_wheel("foo"))
    change(engine, update(File).values(is_stored=False, upstream_url="https://example.org/x.whl"))

    document = app.get("/pypi/foo/json", status=200).json

    assert (document["urls"], document["releases"]) == ([], {"1.0": []})


def test_a_quarantined_project_offers_nothing(app: TestApp, engine: Engine, alice: Person):
    publish(app, alice, build_wheel("foo"))
    give_status(engine, ProjectStatus.QUARANTINED)

    document = app.get("/pypi/foo/json", status=200).json

    assert (document["urls"], document["releases"]) == ([], {"1.0": []})
    assert app.get("/pypi/foo/1.0/json").json["urls"] == []


@pytest.mark.parametrize("path", ["/pypi/foo/json", "/pypi/foo/1.0/json"])
def test_what_has_not_changed_is_not_sent_again(app, alice: Person, path: str):
    publish(app, alice, build_wheel("foo", "1.0"))
    first = app.get(path)
    known = {"If-None-Match": first.headers["ETag"]}

    again = app.get(path, headers=known, status=304)
    publish(app, alice, build_wheel("foo", "1.1"))
    after = app.get(path, headers=known, status=200)

    assert again.body == b""
    assert again.headers["X-PyPI-Last-Serial"] == first.headers["X-PyPI-Last-Serial"]
    assert int(after.headers["X-PyPI-Last-Serial"]) > int(again.headers["X-PyPI-Last-Serial"])
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Access-Control-Allow-Origin"] == "*"


def test_head_answers_as_get_without_the_body(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("foo"))
    got = app.get("/pypi/foo/json")

    answer = app.head("/pypi/foo/json", status=200)

    assert dict(answer.headers) == dict(got.headers)
    assert answer.body == b""


def test_a_private_index_wants_a_token(make_app: MakeApp, alice: Person):
    private = make_app(anonymous_read="false")
    publish(private, alice, build_wheel("foo"))

    for path in ("/pypi/foo/json", "/pypi/foo/1.0/json", "/pypi/nope/json", "/pypi/Foo/json"):
        answer = private.get(path, status=401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    answer = private.get("/pypi/foo/json", headers=alice.basic, status=200)
    assert "Authorization" in answer.vary
    assert answer.headers["Cache-Control"] == "private, no-cache"
    private.get("/pypi/nope/json", headers=alice.basic, status=404)
    private.get(answer.json["urls"][0]["url"], status=401)


def test_the_importer_reads_what_is_written(app: TestApp, alice: Person):
    wheel = build_described()
    publish(app, alice, wheel, build_sdist("foo", "1.0"), build_wheel("foo", "0.9"))

    project = documents.read(app.get("/pypi/foo/json").body)

    assert [each.version for each in project.releases] == ["0.9", "1.0"]
    assert {file.filename for file in project.releases[1].files} == {
        wheel.filename,
        "foo-1.0.tar.gz",
    }
    assert project.metadata.requires_dist == ("zebra>=1", 'ant; extra == "all"')
    assert project.metadata.description == "# Foo"


def test_500_releases_take_as_many_queries_as_one_and_little_time(
    app: TestApp, engine: Engine, alice: Person
):
    publish(app, alice, build_described("1.0"))
    with recorded(app.app.registry["engine"]) as few:
        app.get("/pypi/foo/json", status=200)
    add_releases(engine, 500)

    started = time.process_time()
    with recorded(app.app.registry["engine"]) as many:
        app.get("/pypi/foo/json", status=200)
    took = time.process_time() - started

    assert len(few) == len(many) == 7
    assert len(app.get("/pypi/foo/json").json["releases"]) == 501
    assert took < 1, "some 20 ms, where the machine has nothing else to do"


def add_releases(engine: Engine, count: int) -> None:
    """Releases of a file each."""
    with writing(engine) as db:
        project_id = db.scalars(select(Project.id)).one()
        for number in range(count):
            version = f"2.{number}"
            filename = f"foo-{version}-py3-none-any.whl"
            release_id = db.scalar(
                insert(Release).returning(Release.id),
                {"project_id": project_id, **releases.version_columns(version)},
            )
            db.execute(insert(TakenFilename), {"filename": filename})
            file = {
                "release_id": release_id,
                "filename": filename,
                "package_type": "bdist_wheel",
                "python_tag": "py3",
                "size": 1,
                "sha256": f"{number:064x}",
            }
            db.execute(insert(File), file)


def test_an_owner_stands_before_a_maintainer(
    app: TestApp, db: Session, engine: Engine, alice: Person
):
    publish(app, alice, build_wheel("foo"))
    bob = add_person(db, "aaron")
    project_id = db.scalars(select(Project.id)).one()
    change(
        engine, insert(Role).values(project_id=project_id, user_id=bob.id, name=RoleName.MAINTAINER)
    )

    assert app.get("/pypi/foo/json").json["ownership"]["roles"] == [
        {"role": "Owner", "user": "alice"},
        {"role": "Maintainer", "user": "aaron"},
    ]
