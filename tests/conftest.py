"""A database of its own for each test, an application on it, and a server where one is needed."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import application
from pypi_web.data import batches
from pypi_web.data.session import make_engine
from pypi_web.schema.migrating import make_migration_engine
from pypi_web.security import passwords
from pypi_web.storage import Storage, open_storage
from tests.people import Person, add_person
from tests.postgres import create_database, delete_all_rows, drop_database, running_postgres
from tests.servers import Server, running_server

ROOT = Path(__file__).parent.parent
SECRET = "a secret that only these tests know of"

MakeApp = Callable[..., TestApp]


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: many tests wait for programs that they have started."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> Iterator[None]:
    """What the environment of the one who runs the tests says is none of the tests' business."""
    outside = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith("PYPI_WEB_") or name in ("DATABASE_URL", "PORT")
    }
    yield
    os.environ.update(outside)


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hashes that take no time: hundreds of tests need somebody, one or two need the hash."""
    slow, passwords._hasher = passwords._hasher, PasswordHasher(1, 64, 1)
    yield
    passwords._hasher = slow


@pytest.fixture(autouse=True, scope="session")
def _batches_at_the_end() -> Iterator[None]:
    """What applications gather is written when a test has it written, or is over: in between it
    would keep a session that has read, on SQLite, from writing."""
    usual, batches.INTERVAL = batches.INTERVAL, 3600.0
    yield
    batches.INTERVAL = usual


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `alembic upgrade head` makes it, emptied of what is seeded, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "index.sqlite"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM classifiers")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server; `tests.postgres` makes databases on it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: URL) -> URL:
    """A database as `alembic upgrade head` makes it, to be emptied before each test."""
    url = create_database(postgres, "index")
    upgrade(url.render_as_string(hide_password=False))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty, migrated database; whatever asks for it is tried on both."""
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")
        path = migrated.with_name("of-this-test.sqlite")
        for used in path.parent.glob(f"{path.name}*"):
            used.unlink()
        shutil.copy(migrated, path)
        return f"sqlite:///{path}"
    url: URL = request.getfixturevalue("migrated_postgres")
    delete_all_rows(url, keep="alembic_version")
    return url.render_as_string(hide_password=False)


@dataclass(frozen=True)
class EmptyDatabase:
    """A database that no migration has seen."""

    url: str
    kind: str


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmptyDatabase]:
    if request.param == "sqlite":
        yield EmptyDatabase(f"sqlite:///{tmp_path}/empty.sqlite", "sqlite")
        return
    server: URL = request.getfixturevalue("postgres")
    url = create_database(server, f"empty-{uuid.uuid4().hex}")
    yield EmptyDatabase(url.render_as_string(hide_password=False), "postgresql")
    drop_database(url)


def upgrade(url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False
    config.attributes["connection"] = make_migration_engine(make_url(url))
    command.upgrade(config, "head")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(make_url(database_url))
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    """A session for what a test arranges and looks at; `commit()` shows it to the application."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def storage_url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/files"


@pytest.fixture
def storage(storage_url: str) -> Storage:
    return open_storage(storage_url)


@pytest.fixture
def site_ini(tmp_path: Path, database_url: str, storage_url: str) -> Path:
    path = tmp_path / "site.ini"
    path.write_text(
        f"""[app:main]
use = egg:pypi_web
sqlalchemy.url = {database_url.replace("%", "%%")}
pypi_web.storage = {storage_url}
pypi_web.secret = {SECRET}
pypi_web.anonymous_read = true

[server:main]
use = egg:pypi_web
host = 127.0.0.1

[pshell]
setup = pypi_web.shell.setup

[loggers]
keys = root, pypi_web

[handlers]
keys = console

[formatters]
keys = short

[logger_root]
level = WARNING
handlers = console

[logger_pypi_web]
level = DEBUG
handlers =
qualname = pypi_web

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = short

[formatter_short]
format = %(levelname)s %(message)s
"""
    )
    return path


@pytest.fixture(scope="session")
def made_apps() -> dict[tuple[str, ...], Any]:
    """Applications by database and settings: to make one takes longer than most tests do."""
    return {}


@pytest.fixture
def make_app(
    database_url: str, storage_url: str, made_apps: dict[tuple[str, ...], Any]
) -> Iterator[MakeApp]:
    """Makes the application of a site that everyone may read, or as the given settings say."""

    def make(**settings: str) -> TestApp:
        ini = {"anonymous_read": "true", "secret": SECRET, **settings}
        key = (database_url, *(f"{name}={value}" for name, value in sorted(ini.items())))
        if key not in made_apps:
            made_apps[key] = application.main(
                {},
                **{"sqlalchemy.url": database_url, "pypi_web.storage": storage_url},
                **{f"pypi_web.{name}": value for name, value in ini.items()},
            )
        app = made_apps[key]
        app.registry["storage"] = open_storage(storage_url)
        if "kept_pages" in app.registry:
            app.registry["kept_pages"].clear()  # of another database at the same address
        app.registry["counts"].clear()
        return TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})

    yield make
    for app in made_apps.values():
        app.registry["downloads"].write()
        app.registry["token_uses"].write()
        app.registry["session_uses"].write()
        app.registry["stale_readmes"].write()
        if app.registry["mirror"] is not None:
            app.registry["mirror"].files.kept.write_uses()
        app.registry["engine"].dispose()
        if "serials" in app.registry:
            app.registry["serials"].reconnect()
    for key, app in list(made_apps.items()):
        if app.registry["mirror"] is not None:  # another test's upstream may have the same port
            made_apps[uuid.uuid4().hex,] = made_apps.pop(key)


@pytest.fixture
def app(make_app: MakeApp) -> TestApp:
    return make_app()


@pytest.fixture
def alice(db: Session) -> Person:
    """Someone with an account and a token for all projects."""
    return add_person(db, "alice")


@pytest.fixture
def production_ini(site_ini: Path) -> Path:
    """The same site for granian, with two workers."""
    text = site_ini.read_text()
    path = site_ini.with_name("production.ini")
    path.write_text(text.replace("pypi_web\nhost", "pypi_web#production\nworkers = 2\nhost"))
    return path


@pytest.fixture
def production(production_ini: Path, tmp_path: Path) -> Iterator[Server]:
    """The site as `pserve production.ini` serves it."""
    with running_server(production_ini, log=tmp_path / "production.log") as server:
        yield server


@pytest.fixture
def server(site_ini: Path, tmp_path: Path) -> Iterator[Server]:
    """The site as `pserve` serves it, on a port of its own."""
    with running_server(site_ini, log=tmp_path / "server.log") as server:
        yield server
