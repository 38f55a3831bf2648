"""`pypi-web import catalogue`."""

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pypi_web.commands import imports
from pypi_web.data import File, JournalEntry, Project, Release
from pypi_web.projects import documents
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
        "Projects: 1 added, 0 changed, 2 unchanged, 0 skipped."
        " Releases: 1 added, 2 unchanged, 0 joined with one whose version is the same."
        " Files: 1 added, 2 unchanged, 0 skipped.\n"
    )


def test_a_document_that_cannot_be_read_is_named_and_the_others_are_taken(
    run: Run, db: Session, tmp_path: Path
) -> None:
    write(tmp_path, "a", "c")
    (tmp_path / "b.json").write_bytes(b'{"info": {}}')

    result = run("import", "catalogue", tmp_path)

    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path}/b.json: info.name: Field required.\n"
    assert "unchanged, 1 skipped" in result.stdout
    assert projects(db) == ["a", "c"]


def test_a_file_that_conflicts_is_told_of_and_is_no_failure(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(encode(document(releases={"1.0": [file("a-1.0.zip", b"ours")]})))
    run("import", "catalogue", path)
    path.write_bytes(encode(document(releases={"1.0": [file("a-1.0.zip", b"theirs")]})))

    result = run("import", "catalogue", path)

    assert result.exit_code == 0
    assert f"{path}: a-1.0.zip stays as it is here" in result.stderr
    assert "0 unchanged, 1 skipped" in result.stdout


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


def test_a_readme_that_nobody_can_render_is_no_traceback(run: Run, tmp_path: Path) -> None:
    nested = "\n".join(f"{' ' * depth}text\n" for depth in range(400))
    path = tmp_path / "one.json"
    path.write_bytes(encode(document("one", description=nested)))

    result = run("import", "catalogue", path)

    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Projects: " in result.stdout


def test_nothing_of_a_document_stays_when_it_fails_half_way(
    run: Run, db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = imports.import_document

    def lose_a_race(session: Session, *arguments: Any, **keywords: Any) -> None:
        original(session, *arguments, **keywords)
        raise IntegrityError("another was first", None, Exception())

    monkeypatch.setattr(imports, "import_document", lose_a_race)

    result = run("import", "catalogue", *write(tmp_path, "one"))

    assert result.exit_code == 1
    assert "import it again" in result.stderr
    assert [db.scalars(select(table)).all() for table in (Project, Release, File)] == [[], [], []]


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
