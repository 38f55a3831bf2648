"""What is asked often is answered by an index, whatever the size of the site: no growing table is
read in full but where all of it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text
from webtest import TestApp

from benchmarks.filling import fill_site
from benchmarks.synthetic import project_name
from pypi_web import clock
from pypi_web.data import Invitation, Project
from pypi_web.data.serials import Serials
from pypi_web.data.session import writing
from pypi_web.projects import managing
from pypi_web.projects.deeds import Actor
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person, log_in
from tests.plans import Reading, list_readings
from tests.publishing import publish
from tests.statements import Statement, recorded_with_parameters

PROJECTS, FILES = 3_000, 12_000
"""Enough for PostgreSQL to find an index cheaper than a table of some pages."""

FILLED = project_name(1)

EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")

EXPECTED = {
    ("the list of projects", Reading("projects", ends_early=False)): "it names all of them",
    ("the list of projects", Reading("journal", ends_early=True)): "the last serial",
    ("the list of projects", Reading("projects", ends_early=True)): "whether any is private",
    ("the list that is kept", Reading("journal", ends_early=True)): "the last serial",
    ("home", Reading("journal", ends_early=True)): "the last number",
    ("home", Reading("projects", ends_early=True)): "the last number",
    ("home", Reading("users", ends_early=True)): "the last number",
    ("home", Reading("releases", ends_early=True)): "the newest releases, by when they came",
    ("all projects", Reading("projects", ends_early=True)): "the first page of them, by name",
    ("all projects", Reading("projects", ends_early=False)): "which passes over what is private",
}
"""What is not looked for by an index, but read from an end of one, or in full; and why."""


@dataclass
class Watch:
    """Explains what is asked of a database on the way through the application."""

    engine: Engine
    of_kept_pages: list[Statement]
    found: set[tuple[str, Reading]] = field(default_factory=set)
    statements: dict[str, int] = field(default_factory=dict)

    def follow(self, way: str, go: Callable[..., object], *arguments: Any) -> None:
        self.of_kept_pages.clear()
        with recorded_with_parameters(self.engine) as statements:
            go(*arguments)
        asked = [*statements, *self.of_kept_pages]
        self.statements[way] = len(asked)
        with self.engine.connect() as db:
            for statement in asked:
                if statement.text.startswith(EXPLAINED):
                    self.found |= {(way, reading) for reading in list_readings(db, statement)}


@pytest.fixture
def watch(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> Watch:
    asked: list[Statement] = []
    ask = Serials._ask

    def tell(self: Serials, statement: str, parameters: tuple[str, ...]) -> Any:
        asked.append(Statement(statement, parameters))
        return ask(self, statement, parameters)

    monkeypatch.setattr(Serials, "_ask", tell)
    return Watch(app.app.registry["engine"], asked)


@pytest.fixture
def filled(engine: Engine) -> None:
    """An index of some size, whose releases have a classifier each, and many invited to it."""
    until = clock.now() + timedelta(days=7)
    invited = [
        {
            "sha256": f"{each}",
            "email": f"x{each}@example.org",
            "invited_by": "",
            "expires_at": until,
        }
        for each in range(PROJECTS)
    ]
    with engine.begin() as db:
        db.execute(text("INSERT INTO classifiers (text) VALUES ('Topic :: Utilities')"))
        db.execute(insert(Invitation), invited)
    fill_site(
        engine.url.render_as_string(hide_password=False),
        projects=PROJECTS,
        files=FILES,
        label="Filling",
    )


def test_what_is_asked_often_is_found_by_an_index(
    filled: None, app: TestApp, alice: Person, watch: Watch
):
    wheel = build_wheel("sample", "1.0", "Requires-Dist: sample", "Classifier: A :: B")

    watch.follow("the first file of a project", publish, app, alice, wheel)
    watch.follow("an upload that is here", publish, app, alice, wheel)
    watch.follow("a file more", publish, app, alice, build_sdist("sample", "1.0"))
    watch.follow("a new release", publish, app, alice, build_wheel("sample", "2.0"))
    watch.follow("a second sdist", _refuse, app, alice, build_sdist("sample", "1.0.0"))
    app.app.registry["token_uses"].add((1, ""))  # what was noted may be written by now
    watch.follow("a token's use", app.app.registry["token_uses"].write)
    for name, version in (("sample", "2.0"), (FILLED, "0.0.0")):
        watch.follow("a page", app.get, f"/simple/{name}/")
        watch.follow("a page that is kept", app.get, f"/simple/{name}/")
        watch.follow("a document", app.get, f"/pypi/{name}/json")
        watch.follow("a release's document", app.get, f"/pypi/{name}/{version}/json")
        watch.follow("a project's page", app.get, f"/project/{name}/")
        watch.follow("a release's page", app.get, f"/project/{name}/{version}/")
    watch.follow("the list of projects", app.get, "/simple/")
    watch.follow("the list that is kept", app.get, "/simple/")
    watch.follow("a file", app.get, _address_of(app, wheel))
    watch.follow("a file's metadata", app.get, f"{_address_of(app, wheel)}.metadata")
    watch.follow("a count of downloads", app.app.registry["downloads"].write)
    watch.follow("home", app.get, "/")
    watch.follow("all projects", app.get, "/search/")
    watch.follow("logging in", log_in, app)
    watch.follow("an account", app.get, "/account/")
    watch.follow("a project's page, signed in", app.get, "/project/sample/")
    watch.follow("readiness", app.get, "/_health/ready")
    _make_private(app.app.registry["engine"], "sample")
    watch.follow("a private page", app.get, "/simple/sample/", None, alice.basic)
    watch.follow("a private page that is kept", app.get, "/simple/sample/", None, alice.basic)

    assert watch.found - EXPECTED.keys() == set()
    assert all(watch.statements.values()), watch.statements


def test_a_query_without_an_index_is_seen(engine: Engine):
    with engine.connect() as db:
        found = list_readings(db, Statement("SELECT id FROM files WHERE size = 1", ()))

    assert found == {Reading("files", ends_early=False)}


def _refuse(app: TestApp, who: Person, dist: Distribution) -> None:
    app.post(
        "/legacy/",
        dist.form(),
        upload_files=[("content", dist.filename, dist.content)],
        headers=who.basic,
        status=400,
    )


def _address_of(app: TestApp, dist: Distribution) -> str:
    link = app.get("/simple/sample/").html.find("a", string=dist.filename)
    return link["href"].partition("#")[0].removeprefix("../..")


def _make_private(engine: Engine, name: str) -> None:
    with writing(engine) as db:
        project_id = db.execute(select(Project.id).filter_by(normalized_name=name)).scalar_one()
        managing.set_private(db, project_id, True, actor=Actor())
