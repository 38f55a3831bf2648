"""A server that is killed, a storage that fails and a database that fails leave whole files, or
nothing that anybody sees; what was tried is done by trying again."""

import errno
import http.client
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.commands import main
from pypi_web.data import File, JournalEntry, Project, Release, TakenFilename, session
from pypi_web.data.session import for_writing
from pypi_web.standards import addresses
from pypi_web.storage import Kind, Storage, StorageUnavailable
from tests.conftest import ROOT
from tests.crashing import InterruptedStorage, Point, before_commit
from tests.distributions import Distribution, build_wheel
from tests.people import Person
from tests.posting import post
from tests.publishing import publish
from tests.servers import running_server


@pytest.fixture
def wheel() -> Distribution:
    """Of several chunks, so that there is a middle."""
    return build_wheel(extra={"data.bin": os.urandom(3_000_000)})


@pytest.fixture
def site(app: TestApp, db: Session, storage: Storage, site_ini: Path) -> "Site":
    return Site(app, db, storage, site_ini)


class Site:
    """What strangers and its administrator see of a site."""

    def __init__(self, app: TestApp, db: Session, storage: Storage, ini: Path) -> None:
        self.app, self.db, self.storage, self.ini = app, db, storage, ini

    @property
    def has_leftovers(self) -> bool:
        return Kind.LEFTOVER in [each.kind for each in self.storage.list_all()]

    def assert_nothing_is_seen(self, wheel: Distribution) -> None:
        self.db.rollback()
        for model in (Project, Release, File, TakenFilename, JournalEntry):
            assert not self.db.scalar(select(func.count()).select_from(model))
        for path in ("/simple/sample/", "/project/sample/", "/" + _address(wheel)):
            self.app.get(path, status=404)
        assert "sample" not in self.app.get("/simple/")

    def assert_all_is_seen(self, wheel: Distribution) -> None:
        self.db.rollback()
        assert self.db.scalars(select(File.sha256)).one() == wheel.sha256
        assert self.db.scalar(select(func.count()).select_from(JournalEntry)) == 1
        assert wheel.filename in self.app.get("/simple/sample/")
        assert self.app.get("/" + _address(wheel)).body == wheel.content
        assert b"Name: sample" in self.app.get("/" + _address(wheel) + ".metadata").body
        assert self.run("check").exit_code == 0

    def assert_it_is_done_by_trying_again(self, who: Person, wheel: Distribution) -> None:
        publish(self.app, who, wheel)

        self.assert_all_is_seen(wheel)
        assert self.run("prune", "--older-than", "0s").exit_code == 0
        assert [each.kind for each in self.storage.list_all()] == [Kind.BLOB] * 2
        self.assert_all_is_seen(wheel)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.ini), *words])


@pytest.mark.parametrize("point", Point)
def test_a_kill_leaves_all_or_nothing(
    site: Site, alice: Person, wheel: Distribution, tmp_path: Path, point: Point
):
    with crashing_server(site.ini, tmp_path, point) as server:
        with pytest.raises((OSError, http.client.HTTPException)):
            post(server.port, alice, wheel)
        assert server.process.wait(20) == -signal.SIGKILL

    if point is Point.BEFORE_ANSWER:
        site.assert_all_is_seen(wheel)
    else:
        site.assert_nothing_is_seen(wheel)
        assert site.run("check").exit_code == 0
    assert site.has_leftovers == (point is Point.HALFWAY)
    site.assert_it_is_done_by_trying_again(alice, wheel)


@pytest.mark.parametrize(
    ("point", "failure"),
    [
        (Point.BEFORE_BYTES, StorageUnavailable("Permission denied")),
        (Point.HALFWAY, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/folder")),
        (Point.BEFORE_METADATA, StorageUnavailable("Input/output error")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_storage_that_fails_is_told_of_and_leaves_nothing(
    site: Site, alice: Person, wheel: Distribution, point: Point, failure: Exception
):
    site.app.app.registry["storage"] = InterruptedStorage(site.storage, point, _raising(failure))

    answer = publish_in_vain(site.app, alice, wheel)

    assert "storage" in answer.status
    site.assert_nothing_is_seen(wheel)
    assert not site.has_leftovers
    site.app.app.registry["storage"] = site.storage
    site.assert_it_is_done_by_trying_again(alice, wheel)


def test_a_storage_that_is_gone_is_told_of(
    site: Site, alice: Person, wheel: Distribution, tmp_path: Path
):
    folder = tmp_path / "files"
    folder.rename(tmp_path / "away")
    folder.write_text("no folder")

    publish_in_vain(site.app, alice, wheel)

    site.assert_nothing_is_seen(wheel)
    folder.unlink()
    (tmp_path / "away").rename(folder)
    site.assert_it_is_done_by_trying_again(alice, wheel)


def test_a_commit_that_fails_is_told_of_and_leaves_nothing(
    site: Site, alice: Person, wheel: Distribution, monkeypatch: pytest.MonkeyPatch
):
    dialect = site.app.app.registry["engine"].dialect
    failure = dialect.loaded_dbapi.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", lambda _connection: _raising(failure)())
        publish_in_vain(site.app, alice, wheel)

    site.assert_nothing_is_seen(wheel)
    site.assert_it_is_done_by_trying_again(alice, wheel)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_before_the_commit_is_told_of_and_leaves_nothing(
    site: Site, engine: Engine, alice: Person, wheel: Distribution
):
    def end_connections() -> None:
        with engine.connect() as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    with before_commit(site.app.app.registry["engine"], end_connections):
        publish_in_vain(site.app, alice, wheel)

    site.assert_nothing_is_seen(wheel)
    site.assert_it_is_done_by_trying_again(alice, wheel)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_stays_locked_is_told_of_and_leaves_nothing(
    site: Site, engine: Engine, alice: Person, wheel: Distribution, monkeypatch: pytest.MonkeyPatch
):
    of_app = site.app.app.registry["engine"]
    with for_writing(engine).connect() as other, monkeypatch.context() as patch:
        patch.setattr(session, "SQLITE_PATIENCE", 10)
        of_app.dispose()
        other.execute(text("SELECT 1"))

        publish_in_vain(site.app, alice, wheel)

    of_app.dispose()
    site.assert_nothing_is_seen(wheel)
    site.assert_it_is_done_by_trying_again(alice, wheel)


def test_a_database_that_is_away_is_told_of(site: Site, alice: Person, wheel: Distribution):
    failure = OperationalError("BEGIN", None, sqlite3.OperationalError("server is away"))

    def fail(*_args: Any) -> None:
        raise failure

    event.listen(site.app.app.registry["engine"], "begin", fail)
    try:
        publish_in_vain(site.app, alice, wheel)
    finally:
        event.remove(site.app.app.registry["engine"], "begin", fail)

    site.assert_nothing_is_seen(wheel)
    site.assert_it_is_done_by_trying_again(alice, wheel)


@contextmanager
def crashing_server(ini: Path, folder: Path, point: Point) -> Iterator[Any]:
    crashing = folder / "crashing.ini"
    app = f"use = call:tests.crashing:main\ncrash.at = {point}"
    crashing.write_text(ini.read_text().replace("use = egg:pypi_web", app, 1))
    with running_server(crashing, log=folder / "log", PYTHONPATH=str(ROOT)) as server:
        yield server


def publish_in_vain(app: TestApp, who: Person, wheel: Distribution) -> Any:
    """Publishes to a site that cannot take it now, and says so as a client wants to hear it."""
    answer = app.post(
        "/legacy/",
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)],
        headers=who.basic,
        status=503,
    )
    assert answer.headers["Retry-After"].isdigit()
    assert answer.content_type == "text/plain"
    assert answer.text.strip() in answer.status
    assert answer.text.count("\n") == 1
    for secret in ("/", "SQL", "sqlalche", "Error"):
        assert secret not in answer.text
    return answer


def _raising(failure: Exception) -> Any:
    def fail() -> None:
        raise failure

    return fail


def _address(wheel: Distribution) -> str:
    return addresses.of_file(wheel.sha256, wheel.filename)
