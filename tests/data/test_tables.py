"""The tables: complete metadata, named constraints, and a schema that only migrations make."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from pypi_web.data import Action, JournalEntry, Project, Role, SQLAlchemyBase, User
from pypi_web.data.journal import record
from pypi_web.data.session import reading, writing

ROOT = Path(__file__).parents[2]


def test_every_model_is_imported_by_the_package():
    """In a process of its own, where nobody else has imported a module that was forgotten."""
    code = (
        "import importlib, pkgutil, pypi_web.data as data\n"
        "before = set(data.SQLAlchemyBase.metadata.tables)\n"
        "for module in pkgutil.iter_modules(data.__path__):\n"
        "    importlib.import_module(f'pypi_web.data.{module.name}')\n"
        "print(set(data.SQLAlchemyBase.metadata.tables) - before)\n"
    )

    forgotten = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)

    assert forgotten.strip() == "set()"


def test_every_constraint_has_a_name():
    for table in SQLAlchemyBase.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint}"


def test_the_migrations_make_what_the_models_say(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False

    command.check(config)


def test_the_constraints_are_named_in_the_database_too(engine: Engine):
    names = {each["name"] for each in inspect(engine).get_check_constraints("projects")}

    assert names == {"ck_projects_status"}


def test_the_folder_of_migrations_is_no_package():
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_moments_come_back_as_aware_utc(db: Session):
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, timezone(timedelta(hours=2)))
    db.add(Project(name="x", normalized_name="x", created_at=moment))
    db.commit()
    db.expire_all()

    kept = db.scalars(select(Project.created_at)).one()

    assert kept == moment
    assert kept.tzinfo is UTC


def test_a_moment_without_a_time_zone_is_not_taken(db: Session):
    db.add(Project(name="x", normalized_name="x", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001

    with pytest.raises(StatementError, match="no time zone"):
        db.flush()


def test_a_value_outside_an_enum_is_not_taken(db: Session, engine: Engine):
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql(
            "INSERT INTO projects (name, normalized_name, created_at, last_serial, status)"
            " VALUES ('x', 'x', '2026-01-01', 0, 'y')"
        )


def test_foreign_keys_are_kept_to(db: Session):
    db.add(Role(project_id=1, user_id=1, name="owner"))

    with pytest.raises(IntegrityError):
        db.flush()


def test_the_serial_never_goes_back(db: Session):
    project = Project(name="x", normalized_name="x")
    db.add(project)
    db.flush()
    first = record(db, project.id, project.normalized_name, Action.IMPORT, actor=None)
    db.delete(db.get_one(JournalEntry, first))
    db.flush()

    assert record(db, project.id, project.normalized_name, Action.IMPORT, actor=None) > first


def test_serials_are_seen_in_their_order(db: Session, engine: Engine):
    """Otherwise a page could change under a serial that an installer has seen."""
    projects = [Project(name=name, normalized_name=name) for name in ("one", "other")]
    db.add_all(projects)
    db.commit()
    seen: list[int] = []

    def record_one(number: int) -> None:
        with writing(engine) as session:
            time.sleep(0.05 * number)
            project = session.get_one(Project, projects[number % 2].id)
            record(session, project.id, project.normalized_name, Action.IMPORT, actor=None)
            time.sleep(0.2 if number == 0 else 0)

    threads = [threading.Thread(target=record_one, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(seen) == 0 or seen[-1] < len(threads):
        with reading(engine) as look:
            ids = list(look.execute(select(JournalEntry.id).order_by(JournalEntry.id)).scalars())
        seen.append(len(ids))
        assert ids == list(range(1, len(ids) + 1)), "a later serial was seen before an earlier one"
        time.sleep(0.005)
    for thread in threads:
        thread.join()

    assert len(set(seen)) > 1


def test_names_of_people_are_lower_case(db: Session):
    db.add(User(name="Alice", email="a@example.org", password_hash="x"))

    with pytest.raises(IntegrityError):
        db.flush()
