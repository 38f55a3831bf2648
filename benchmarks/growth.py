"""A project with very many files, and very many projects, made of the rows of one that was
published."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select, text, update


def fill_project(database: str, name: str, count: int, *, own_digests: bool = False) -> None:
    """Copies the one release of a project, with all that hangs on it, until there are `count`
    files, each of a release of its own. Their bytes are those of the first; or, where each is to
    have digests of its own, as on a page that is not compressed too well, are nowhere."""
    from sqlalchemy import make_url

    from pypi_web.data import File, JournalEntry, Project, Release, SQLAlchemyBase, TakenFilename
    from pypi_web.data.session import for_writing, make_engine
    from pypi_web.projects.releases import version_columns

    engine = make_engine(make_url(database))
    with for_writing(engine).begin() as db:
        project = db.execute(select(Project.id).where(Project.normalized_name == name)).scalar_one()
        release = _rows(db, Release.__table__, project_id=project)[0]
        file = _rows(db, File.__table__, release_id=release["id"])[0]
        versions = [f"0.{number // 100}.{number % 100}" for number in range(1, count)]
        filenames = {
            version: file["filename"].replace(release["version"], version, 1)
            for version in versions
        }
        _add(db, Release.__table__, [release | version_columns(each) for each in versions])
        ids = dict(
            db.execute(select(Release.version, Release.id).where(Release.project_id == project))
            .tuples()
            .all()
        )
        _add(db, TakenFilename.__table__, [{"filename": each} for each in filenames.values()])
        _add(
            db,
            File.__table__,
            [
                file
                | {"release_id": ids[each], "filename": filenames[each]}
                | (_digests(filenames[each]) if own_digests else {})
                for each in versions
            ],
        )
        for table in SQLAlchemyBase.metadata.sorted_tables:
            if "release_id" in table.columns and table is not File.__table__:
                rows = _rows(db, table, release_id=release["id"])
                _add(db, table, [row | {"release_id": ids[v]} for v in versions for row in rows])
        entry = _rows(db, JournalEntry.__table__, project=name)[-1]
        _add(
            db,
            JournalEntry.__table__,
            [entry | {"version": each, "filename": filenames[each]} for each in versions],
        )
        newest = select(JournalEntry.id).order_by(JournalEntry.id.desc()).limit(1)
        db.execute(
            update(Project).where(Project.id == project).values(last_serial=db.scalar(newest))
        )
    _end(engine)


def copy_project(database: str, name: str, copies: Sequence[str]) -> None:
    """Adds projects like the one of that (normalised) name, with all that hangs on it; names of
    files are changed as the project's is. Their bytes are those of the first."""
    from sqlalchemy import bindparam, func, literal, make_url, true

    from pypi_web.data import File, JournalEntry, Project, Release, SQLAlchemyBase, TakenFilename
    from pypi_web.data.session import for_writing, make_engine
    from pypi_web.standards.names import lookalike_key

    engine = make_engine(make_url(database))
    projects, releases, files, journal = (
        model.__table__ for model in (Project, Release, File, JournalEntry)
    )
    with for_writing(engine).begin() as db:
        row = _rows(db, projects, normalized_name=name)[0]
        original = row["id"]
        named = [
            {"name": each, "normalized_name": each, "lookalike_key": lookalike_key(each)}
            for each in copies
        ]
        _add(db, projects, [row | each for each in named])
        copy = projects.alias()
        are_copies = copy.c.normalized_name.in_(bindparam("copies", expanding=True))
        old, first = releases.alias(), files.alias()

        def renamed(filename: Any) -> Any:
            stem = literal(name.replace("-", "_"))
            return func.replace(filename, stem, func.replace(copy.c.normalized_name, "-", "_"))

        def insert_from(table: Table, values: dict[str, Any], source: Any) -> None:
            statement = insert(table).from_select(list(values), source(*values.values()))
            db.execute(statement, {"copies": list(copies)})

        def others(table: Any) -> dict[str, Any]:
            return {column.key: column for column in table.c if column.key != "id"}

        for table in SQLAlchemyBase.metadata.sorted_tables:
            # A token for one project alone is not of the project.
            if "project_id" in table.columns and not table.columns["project_id"].nullable:
                one = table.alias()
                insert_from(
                    table,
                    {**others(one), "project_id": copy.c.id},
                    lambda *columns, one=one: (
                        select(*columns)
                        .select_from(one.join(copy, true()))
                        .where(one.c.project_id == original, are_copies)
                    ),
                )
        new = releases.join(copy, copy.c.id == releases.c.project_id).join(
            old,
            (old.c.canonical_version == releases.c.canonical_version)
            & (old.c.project_id == original),
        )
        of_files = new.join(first, first.c.release_id == old.c.id)
        insert_from(
            TakenFilename.__table__,
            {"filename": renamed(first.c.filename)},
            lambda *columns: select(*columns).select_from(of_files).where(are_copies),
        )
        insert_from(
            files,
            {
                **others(first),
                "release_id": releases.c.id,
                "filename": renamed(first.c.filename),
            },
            lambda *columns: select(*columns).select_from(of_files).where(are_copies),
        )
        for table in SQLAlchemyBase.metadata.sorted_tables:
            if "release_id" in table.columns and table is not files:
                one = table.alias()
                insert_from(
                    table,
                    {**others(one), "release_id": releases.c.id},
                    lambda *columns, one=one: (
                        select(*columns)
                        .select_from(new.join(one, one.c.release_id == old.c.id))
                        .where(are_copies)
                    ),
                )
        entry = journal.alias()
        insert_from(
            journal,
            {
                **others(entry),
                "project": copy.c.normalized_name,
                "filename": renamed(entry.c.filename),
            },
            lambda *columns: (
                select(*columns)
                .select_from(entry.join(copy, true()))
                .where(entry.c.project == name, are_copies)
            ),
        )
        newest = (
            select(journal.c.project, func.max(journal.c.id).label("serial"))
            .group_by(journal.c.project)
            .subquery()
        )
        db.execute(
            update(projects)
            .where(projects.c.normalized_name == newest.c.project)
            .values(last_serial=newest.c.serial)
        )
    _end(engine)


def _end(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":  # which does so by itself within a minute
        with engine.begin() as db:
            db.execute(text("ANALYZE"))
    engine.dispose()


def _digests(filename: str) -> dict[str, str]:
    return {
        column: hashlib.sha256(f"{column} {filename}".encode()).hexdigest()
        for column in ("sha256", "metadata_sha256")
    }


def _rows(db: Connection, table: Table, **wanted: Any) -> list[dict[str, Any]]:
    rows = db.execute(select(table).filter_by(**wanted)).mappings()
    return [dict(row) for row in rows]


def _add(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Adds rows; one that is numbered by the database is numbered anew."""
    for row in rows:
        row.pop("id", None)
    if rows:
        db.execute(insert(table), rows)
