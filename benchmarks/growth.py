"""A project with very many files, made of the rows of one that was published."""

from typing import Any

from sqlalchemy import Connection, Table, insert, select, text, update


def fill_project(database: str, name: str, count: int) -> None:
    """Copies the one release of a project, with all that hangs on it, until there are `count`
    files, each of a release of its own. Their bytes are those of the first."""
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
            [file | {"release_id": ids[each], "filename": filenames[each]} for each in versions],
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
    if engine.dialect.name == "postgresql":  # which does so by itself within a minute
        with engine.begin() as db:
            db.execute(text("ANALYZE"))
    engine.dispose()


def _rows(db: Connection, table: Table, **wanted: Any) -> list[dict[str, Any]]:
    rows = db.execute(select(table).filter_by(**wanted)).mappings()
    return [dict(row) for row in rows]


def _add(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Adds rows; one that is numbered by the database is numbered anew."""
    for row in rows:
        row.pop("id", None)
    if rows:
        db.execute(insert(table), rows)
