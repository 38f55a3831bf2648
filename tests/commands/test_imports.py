"""`pypi-web import catalogue`."""

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from pypi_web.commands import imports
from pypi_web.data import Description, File, JournalEntry, Project, Release
from pypi_web.projects import documents
from pypi_web.projects.documents import DocumentProject
from pypi_web.projects.importing import Imported
from tests.catalogues import document, encode, file
from tests.commands.conftest import Run


def write(folder: Path, *names: str) -> list[Path]:
    paths = []
    for name in names:
        path = folder / f"{name}.json"
        path.write_bytes(encode(document(name)))
        paths.append(path)
    return paths


def pack(path: Path, members: dict[str, bytes], mode: str = "w:xz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def projects(db: Session) -> list[str]:
    return list(db.scalars(select(Project.name).order_by(Project.name)))


def test_takes_files_folders_and_archives(run: Run, db: Session, tmp_path: Path) -> None:
    folder = tmp_path / "folder" / "below"
    folder.mkdir(parents=True)
    write(folder, "two", "three")
    (folder / "README.txt").write_text("no document")
    (alone,) = write(tmp_path, "one")
    archive = pack(
        tmp_path / "archive.tar.xz",
        {"catalogue/four.json": encode(document("four")), "catalogue/README": b"no document"},
    )

    result = run("import", "catalogue", alone, folder.parent, archive)

    assert result.exit_code == 0
    assert projects(db) == ["four", "one", "three", "two"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_takes_an_archive_however_it_is_compressed(
    run: Run, db: Session, tmp_path: Path, mode: str
) -> None:
    archive = pack(tmp_path / "archive", {"one.json": encode(document("one"))}, mode)

    result = run("import", "catalogue", archive)

    assert result.exit_code == 0
    assert projects(db) == ["one"]


def test_sums_up_what_became_of_the_catalogue(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "one", "two")
    run("import", "catalogue", tmp_path)
    write(tmp_path, "three")

    result = run("import", "catalogue", tmp_path)

    assert result.stdout == (
        "Projects: 1 added, 2 unchanged. Releases: 1 added, 2 unchanged."
        " Files: 1 added, 2 unchanged.\n"
    )


def test_a_folder_or_an_archive_without_a_document_is_named(run: Run, tmp_path: Path) -> None:
    empty, archive = tmp_path / "empty", tmp_path / "archive.tar"
    empty.mkdir()
    pack(archive, {"README": b"no document"}, "w")

    result = run("import", "catalogue", empty, archive)

    assert result.exit_code == 1
    assert result.stderr == (
        f"{empty}/: no .json document in it.\n{archive}: no .json document in it.\n"
    )
    assert result.stdout == "Skipped: 2 named on standard error.\n"


def test_a_document_that_cannot_be_read_is_named_and_the_others_are_taken(
    run: Run, db: Session, tmp_path: Path
) -> None:
    write(tmp_path, "a", "c")
    (tmp_path / "b.json").write_bytes(b'{"info": {}}')

    result = run("import", "catalogue", tmp_path)

    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path}/b.json: info.name: Field required.\n"
    assert "Skipped: 1 named" in result.stdout
    assert projects(db) == ["a", "c"]


def test_a_file_that_conflicts_is_told_of_and_is_no_failure(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(encode(document(releases={"1.0": [file("a-1.0.zip", b"ours")]})))
    run("import", "catalogue", path)
    path.write_bytes(encode(document(releases={"1.0": [file("a-1.0.zip", b"theirs")]})))

    result = run("import", "catalogue", path)

    assert result.exit_code == 0
    assert f"{path}: a-1.0.zip stays as it is here" in result.stderr
    assert "Files: 1 skipped." in result.stdout


def test_a_path_that_does_not_exist_is_a_wrong_call(run: Run, db: Session, tmp_path: Path) -> None:
    (there,) = write(tmp_path, "one")

    result = run("import", "catalogue", there, tmp_path / "missing")

    assert result.exit_code == 2
    assert "does not exist" in result.stderr
    assert projects(db) == []


@pytest.mark.parametrize("content", [b"", b"no archive", b"\xfd7zXZ\x00 damaged", b"PK\3\4"])
def test_what_is_no_archive_is_named(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(content)

    result = run("import", "catalogue", path)

    assert result.exit_code == 1
    assert f"{path}: It is neither" in result.stderr


def test_an_archive_that_breaks_off_gives_what_is_before_the_break(
    run: Run, db: Session, tmp_path: Path
) -> None:
    members = {f"{name}.json": encode(document(name)) for name in ("one", "two")}
    archive = pack(tmp_path / "archive.tar", members, "w")
    archive.write_bytes(archive.read_bytes()[:1_800])

    result = run("import", "catalogue", archive)

    assert result.exit_code == 1
    assert projects(db) == ["one"]


def test_a_document_that_is_too_large_is_not_even_read(
    run: Run, db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_SIZE", 2_000)
    archive = pack(
        tmp_path / "archive.tar.xz",
        {"huge.json": b" " * 1_000_000, "one.json": encode(document("one"))},
    )

    result = run("import", "catalogue", archive)

    assert result.exit_code == 1
    assert "huge.json: It is larger than" in result.stderr
    assert projects(db) == ["one"]


def test_an_archive_may_not_make_its_reader_hold_a_huge_header(run: Run, tmp_path: Path) -> None:
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, 1 << 30
    (tmp_path / "archive.tar").write_bytes(header.tobuf(tarfile.PAX_FORMAT) + bytes(1024))

    result = run("import", "catalogue", tmp_path / "archive.tar")

    assert result.exit_code == 1
    assert "absurd size" in result.stderr


def test_names_of_members_do_not_tell_a_terminal_what_to_do(run: Run, tmp_path: Path) -> None:
    archive = pack(tmp_path / "archive.tar", {"\x1b[2J.json": b"{}"}, "w")

    result = run("import", "catalogue", archive)

    assert "\x1b" not in result.stderr


def test_a_readme_that_nobody_can_render_is_kept_as_plain_text(
    run: Run, db: Session, tmp_path: Path
) -> None:
    nested = "\n".join(f"{' ' * depth}text\n" for depth in range(400))
    path = tmp_path / "one.json"
    path.write_bytes(encode(document("one", description=nested)))

    result = run("import", "catalogue", path)

    html = db.scalars(select(Description.html)).one()
    assert result.exit_code == 0
    assert html.startswith('<pre class="plain-text">text\n\n text\n')


class FromTheDatabase(Exception):
    """What a driver raises, with PostgreSQL's code."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", None, FromTheDatabase("UNIQUE constraint failed")),
        OperationalError("INSERT", None, FromTheDatabase("deadlock detected", "40P01")),
        OperationalError("INSERT", None, FromTheDatabase("could not serialize access", "40001")),
    ],
)
def test_a_race_that_is_lost_is_run_again(
    run: Run, db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: DBAPIError
) -> None:
    original = imports.import_document
    errors = [error]

    def lose_a_race(*arguments: Any, **keywords: Any) -> Imported:
        imported = original(*arguments, **keywords)
        if errors:
            raise errors.pop()
        return imported

    monkeypatch.setattr(imports, "import_document", lose_a_race)

    result = run("import", "catalogue", *write(tmp_path, "one"))

    assert result.exit_code == 0
    assert result.stderr == ""
    assert projects(db) == ["one"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            IntegrityError("INSERT", None, FromTheDatabase("UNIQUE constraint failed: x.y")),
            "The database does not take it: UNIQUE constraint failed: x.y.",
        ),
        (
            OperationalError("INSERT", None, FromTheDatabase("deadlock detected", "40P01")),
            "Others are changing the same project: import it again.",
        ),
    ],
)
def test_nothing_of_a_document_stays_when_it_fails_half_way(
    run: Run,
    db: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: DBAPIError,
    sentence: str,
) -> None:
    original = imports.import_document

    def fail(session: Session, *arguments: Any, **keywords: Any) -> None:
        original(session, *arguments, **keywords)
        raise error

    monkeypatch.setattr(imports, "import_document", fail)
    (path,) = write(tmp_path, "one")

    result = run("import", "catalogue", path)

    assert result.exit_code == 1
    assert result.stderr == f"{path}: {sentence}\n"
    assert [db.scalars(select(table)).all() for table in (Project, Release, File)] == [[], [], []]


def test_what_was_taken_stays_when_the_database_fails(
    run: Run, db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = imports.import_document

    def fail_on_two(session: Session, taken: DocumentProject, **keywords: Any) -> Imported:
        if taken.name == "two":
            raise OperationalError("INSERT", None, FromTheDatabase("the disk is full."))
        return original(session, taken, **keywords)

    monkeypatch.setattr(imports, "import_document", fail_on_two)

    result = run("import", "catalogue", *write(tmp_path, "one", "two", "three"))

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The database failed: the disk is full."
        " What was added before is kept: import it again for the rest.\n"
    )
    assert projects(db) == ["one"]


def test_the_sample_catalogue_is_taken_as_a_whole_and_once(
    run: Run, db: Session, engine: Engine
) -> None:
    if not os.environ.get("CATALOGUE"):
        pytest.skip("CATALOGUE names no catalogue")
    counts = select(
        *(
            select(func.count()).select_from(table).scalar_subquery()
            for table in (Project, Release, File, JournalEntry)
        )
    )

    first = run("import", "catalogue", os.environ["CATALOGUE"])
    after_first = db.execute(counts).one()
    second = run("import", "catalogue", os.environ["CATALOGUE"])

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert after_first == (96, 5_544, 19_160, 96)
    assert "3 joined" in first.stdout
    assert db.execute(counts).one() == after_first
