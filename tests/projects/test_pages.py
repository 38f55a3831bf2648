"""A project's page, whatever its publisher wrote into the metadata."""

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.standards import versions
from tests.changing import give_status
from tests.distributions import build_sdist, build_wheel
from tests.people import Person, add_person, log_in
from tests.publishing import publish
from tests.statements import recorded


def test_it_shows_what_a_release_is(app: TestApp, alice: Person):
    wheel = build_wheel(
        "Foo.Bar",
        "1.0",
        "Summary: It bars",
        "Author: Ann Author",
        "License-Expression: MIT",
        "Classifier: Topic :: Utilities",
        "Project-URL: Source, https://example.org/source",
        "Requires-Dist: sample>=1",
        "Requires-Dist: elsewhere",
        "Requires-Python: >=3.9",
        "Description-Content-Type: text/markdown",
        description="# The heading\n\nSome *text*.",
        metadata_version="2.4",
    )
    publish(app, alice, build_wheel("sample"), wheel, build_sdist("Foo.Bar", "1.0"))

    page = app.get("/project/foo-bar/")

    for text in (
        "It bars",
        "Ann Author",
        "MIT",
        "Utilities",
        "https://example.org/source",
        "&gt;=3.9",
        "<em>text</em>",
        "alice",
        wheel.filename,
        wheel.sha256,
        "foo_bar-1.0.tar.gz",
        "pip install --index-url http://localhost:6543/simple/ Foo.Bar",
    ):
        assert text in page, text
    links = [a["href"] for a in page.html.find_all("a") if a.get("href")]
    assert any(link.endswith("/project/sample/") for link in links)
    assert not any(link.endswith("/project/elsewhere/") for link in links)


def test_other_spellings_of_the_name_are_sent_on(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("Foo.Bar"))

    answer = app.get("/project/Foo_Bar/1.0/", status=301)

    assert answer.headers["Location"] == "http://localhost:6543/project/foo-bar/1.0/"


def test_the_newest_is_not_yanked_then_final_then_highest(app: TestApp, db: Session, alice: Person):
    publish(
        app, alice, *(build_wheel("sample", version) for version in ("1.0", "2.0", "3.0", "4.0rc1"))
    )
    db.execute(update(Release).where(Release.version == "3.0").values(yanked=True))
    db.commit()

    heading = app.get("/project/sample/").html.find("h1")

    assert "2.0" in heading.text


def test_an_older_release_says_that_there_is_a_newer_one(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("sample", "1.0"), build_wheel("sample", "2.0"))

    page = app.get("/project/sample/1.0.0/")

    assert "sample==1.0" in page
    assert "newer" in page.text.lower()


def test_a_yanked_release_says_so_and_why(app: TestApp, db: Session, alice: Person):
    publish(app, alice, build_wheel())
    db.execute(update(Release).values(yanked=True, yanked_reason="It eats <b>data</b>"))
    db.commit()

    page = app.get("/project/sample/1.0/")

    assert "yanked" in page.text.lower()
    assert "It eats &lt;b&gt;data&lt;/b&gt;" in page


def test_a_file_that_is_not_stored_here_is_shown_with_its_address(
    app: TestApp, db: Session, alice: Person
):
    publish(app, alice, build_wheel())
    upstream = "https://files.example.org/sample-1.0-py3-none-any.whl"
    db.execute(update(File).values(is_stored=False, upstream_url=upstream))
    db.commit()

    page = app.get("/project/sample/")

    assert "not stored here" in page.text.lower()
    assert upstream in page
    assert 'href="/files/' not in page


HOSTILE = (
    '<script>alert(1)</script><img src="x" onerror="alert(1)">'
    '<a href="javascript:alert(1)">x</a><iframe src="https://example.org"></iframe>'
    '<p style="position:fixed">x</p><form action="https://example.org"><input></form>'
)


@pytest.mark.parametrize(
    ("content_type", "source"),
    [
        ("text/markdown", f"# Hi\n\n{HOSTILE}\n\n[link](javascript:alert(1))"),
        ("text/markdown; variant=CommonMark", HOSTILE),
        ("text/markdown; variant=Nonsense", HOSTILE),
        ("text/x-rst", f"Hi\n==\n\n.. raw:: html\n\n   {HOSTILE}\n\n`x <javascript:alert(1)>`_"),
        ("text/x-rst", ".. include:: /etc/passwd"),
        ("text/plain", HOSTILE),
        ("text/html", HOSTILE),
        ("no type at all", HOSTILE),
    ],
)
def test_a_readme_is_rendered_harmless(app: TestApp, alice: Person, content_type: str, source: str):
    wheel = build_wheel(
        metadata=(
            "Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n"
            f"Description-Content-Type: {content_type}\n\n{source}"
        )
    )
    answer = app.post(
        "/legacy/",
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)],
        headers=alice.basic,
        expect_errors=True,
    )
    if answer.status_int == 400:
        assert "description-content-type" in answer.text.lower()
        return

    readme = app.get("/project/sample/").html.find(class_="readme")

    for element in readme.find_all(True):
        assert element.name not in ("script", "iframe", "form", "style", "object")
        assert not [name for name in element.attrs if name.startswith("on") or name == "style"]
        assert element.name != "input" or element.has_attr("disabled"), "a task list's box"
        assert not element.get("href", "").lower().startswith(("javascript:", "data:"))
    assert "root:" not in readme.text


def test_a_readme_that_is_too_much_for_its_renderer_is_shown_as_text(app: TestApp, alice: Person):
    deep = "\n".join(" " * level + "x" for level in range(0, 2000, 2))
    publish(app, alice, build_wheel(description=deep))

    readme = app.get("/project/sample/").html.find(class_="readme")

    assert readme.pre["class"] == ["plain-text"]
    assert readme.pre.text.startswith("x\n  x\n    x\n")


@pytest.mark.parametrize(
    ("who", "is_admin", "is_told"),
    [
        ("alice", False, True),
        ("ada", True, True),
        ("bob", False, False),
        (None, False, False),
    ],
)
def test_those_who_may_publish_are_told_that_a_readme_could_not_be_rendered(
    app: TestApp, db: Session, alice: Person, who: str | None, is_admin: bool, is_told: bool
):
    publish(app, alice, build_wheel(description="a `mistake"))
    if who not in (None, "alice"):
        add_person(db, who, is_admin=is_admin)
    if who is not None:
        log_in(app, who)

    page = app.get("/project/sample/")

    assert ("The README is shown as plain text" in page) == is_told


@pytest.mark.parametrize(
    ("content_type", "source"), [("text/plain", "a `text"), ("text/markdown", "a `text")]
)
def test_nobody_is_told_of_a_readme_that_is_what_it_says_it_is(
    app: TestApp, alice: Person, content_type: str, source: str
):
    field = f"Description-Content-Type: {content_type}"
    publish(app, alice, build_wheel("sample", "1.0", field, description=source))
    log_in(app)

    page = app.get("/project/sample/")

    assert source in page.html.find(class_="readme").text
    assert "The README is shown as plain text" not in page


def test_metadata_full_of_script_is_shown_as_text(app: TestApp, alice: Person):
    script = "<script>alert(1)</script>"
    wheel = build_wheel(
        "sample",
        "1.0",
        f"Summary: {script}",
        f"Author: {script}",
        f"Keywords: {script}",
        f"License: {script}",
        "Home-page: javascript:alert(1)",
        f"Project-URL: {script[:20]}, javascript:alert(2)",
        f"Classifier: {script}",
    )
    publish(app, alice, wheel)

    for path in ("/project/sample/", "/", "/search/?q=sample"):
        page = app.get(path)
        assert script not in page
        assert not [
            a for a in page.html.find_all("a") if a.get("href", "").startswith("javascript:")
        ]


@pytest.mark.parametrize("releases", [5, 500])
@pytest.mark.parametrize("signed_in", [False, True])
def test_its_queries_are_as_few_for_many_releases_as_for_few(
    app: TestApp, db: Session, alice: Person, releases: int, signed_in: bool
):
    publish(app, alice, build_wheel("sample", "0.1", "Classifier: A :: B", "Requires-Dist: sample"))
    _add_releases(db, [f"0.1.{number}" for number in range(1, releases)])
    if signed_in:
        log_in(app)

    queries = _queries_of(app, "/project/sample/")

    assert len(queries) == 7 + signed_in


def _add_releases(db: Session, numbers: list[str]) -> None:
    project_id = db.scalars(select(Project.id)).one()
    db.rollback()  # what has read may not write on SQLite, once a batch has written in between
    db.execute(
        insert(Release),
        [
            {
                "project_id": project_id,
                "version": version,
                "canonical_version": versions.canonical(version),
                "sort_key": versions.sort_key(version),
                "is_prerelease": False,
            }
            for version in numbers
        ],
    )
    db.commit()


def _queries_of(app: TestApp, path: str) -> list[str]:
    with recorded(app.app.registry["engine"]) as statements:
        app.get(path, status=200)
    return [each for each in statements if each.lstrip().startswith("SELECT")]


@pytest.mark.parametrize("status", [ProjectStatus.DEPRECATED, ProjectStatus.ARCHIVED])
def test_a_project_that_is_closed_says_so_and_why(
    app: TestApp, engine: Engine, alice: Person, status: ProjectStatus
):
    wheel = build_wheel("foo")
    publish(app, alice, wheel)
    give_status(engine, status, reason="use <b>bar</b>")

    page = app.get("/project/foo/")

    assert f"This project is {status}" in page
    assert "use &lt;b&gt;bar&lt;/b&gt;" in page
    assert page.html.find("a", string=wheel.filename)
    assert "pip install" in page


def test_a_quarantined_project_says_so_and_offers_nothing(
    app: TestApp, engine: Engine, alice: Person
):
    wheel = build_wheel("foo")
    publish(app, alice, wheel)
    give_status(engine, ProjectStatus.QUARANTINED)

    page = app.get("/project/foo/")

    assert "This project is quarantined" in page
    assert wheel.filename in page
    assert page.html.find("a", string=wheel.filename) is None
    assert "pip install" not in page
