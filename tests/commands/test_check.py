"""`pypi-web check`."""

import errno
import os
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.commands import check
from pypi_web.data import File
from pypi_web.storage import StorageUnavailable
from pypi_web.storage.folders import FolderStorage
from tests.commands.conftest import Run
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person
from tests.publishing import publish


@pytest.fixture
def wheel(app: TestApp, alice: Person) -> Distribution:
    wheel = build_wheel()
    publish(app, alice, wheel, build_sdist("other"))
    return wheel


@pytest.fixture
def path(wheel: Distribution, tmp_path: Path) -> Path:
    return path_of(tmp_path, wheel.sha256)


def path_of(tmp_path: Path, sha256: str) -> Path:
    return tmp_path / "files" / sha256[:2] / sha256


def damage(path: Path) -> None:
    """One bit, and the size stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_says_that_all_is_well(run: Run, db: Session, wheel: Distribution) -> None:
    size = sum(db.scalars(select(File.size)))

    result = run("check")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Files: 2 checked, 0 damaged, {size:,} bytes.\n"


def test_an_index_without_files_is_well(run: Run) -> None:
    assert run("check").stdout == "Files: 0 checked, 0 damaged, 0 bytes.\n"


def test_names_a_file_whose_bytes_are_missing(run: Run, wheel: Distribution, path: Path) -> None:
    path.unlink()

    result = run("check")

    assert result.exit_code == 1
    said = f"sample: {wheel.filename}: the bytes are missing ({wheel.sha256})\n"
    assert result.stdout.startswith(said + "Files: 2 checked, 1 damaged, ")


def test_names_a_file_of_another_size(run: Run, wheel: Distribution, path: Path) -> None:
    path.write_bytes(wheel.content[:-1])

    result = run("check")

    assert result.exit_code == 1
    size = len(wheel.content)
    assert f"{wheel.filename}: {size - 1:,} bytes are there instead of {size:,} (" in result.stdout


def test_names_a_file_of_which_one_bit_is_another(
    run: Run, wheel: Distribution, path: Path
) -> None:
    damage(path)

    result = run("check")

    assert result.exit_code == 1
    assert f"{wheel.filename}: the bytes have another SHA-256, BLAKE2b, MD5 (" in result.stdout


@pytest.mark.parametrize(
    ("digest", "said"), [({"blake2b_256": "0" * 64}, "BLAKE2b"), ({"md5": "0" * 32}, "MD5")]
)
def test_names_a_file_whose_row_has_a_wrong_digest(
    run: Run, db: Session, wheel: Distribution, digest: dict[str, str], said: str
) -> None:
    db.execute(update(File).where(File.filename == wheel.filename).values(digest))
    db.commit()

    assert f"{wheel.filename}: the bytes have another {said} (" in run("check").stdout


def test_digests_that_are_not_kept_are_not_asked_for(
    run: Run, db: Session, wheel: Distribution
) -> None:
    db.execute(update(File).values(blake2b_256=None, md5=None))
    db.commit()

    assert run("check").exit_code == 0


def test_names_a_file_whose_metadata_is_damaged(
    run: Run, db: Session, wheel: Distribution, tmp_path: Path
) -> None:
    of_wheel = select(File.metadata_sha256).where(File.filename == wheel.filename)
    metadata = db.scalars(of_wheel).one()
    damage(path_of(tmp_path, metadata))

    result = run("check")

    assert result.exit_code == 1
    said = f"{wheel.filename}: of its metadata, the bytes have another SHA-256 ({metadata})"
    assert said in result.stdout


def test_bytes_that_the_disk_does_not_give_are_damage(
    run: Run, wheel: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = FolderStorage.read

    def fail(storage: FolderStorage, sha256: str, start: int, end: int):
        if sha256 == wheel.sha256:
            raise StorageUnavailable(os.strerror(errno.EIO))
        return read(storage, sha256, start, end)

    monkeypatch.setattr(FolderStorage, "read", fail)

    result = run("check")

    assert result.exit_code == 1
    assert f"{wheel.filename}: the bytes cannot be read: Input/output error (" in result.stdout
    assert "Files: 2 checked, 1 damaged" in result.stdout


def test_checks_one_project_alone(run: Run, wheel: Distribution, path: Path) -> None:
    damage(path)

    assert run("check", "--project", "Other").exit_code == 0
    assert "Files: 1 checked, 1 damaged" in run("check", "--project", "SAMPLE").stdout


def test_a_project_that_is_none_is_told_of(run: Run) -> None:
    result = run("check", "--project", "nowhere")

    assert (result.exit_code, result.stderr) == (1, "Error: There is no project nowhere.\n")


def test_a_file_that_is_deleted_meanwhile_is_no_damage(
    run: Run, db: Session, wheel: Distribution, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_damage = check.find_damage

    def delete_first(*args, **kw):
        path.unlink(missing_ok=True)
        db.execute(delete(File).where(File.filename == wheel.filename))
        db.commit()
        return find_damage(*args, **kw)

    monkeypatch.setattr(check, "find_damage", delete_first)

    assert run("check").exit_code == 0


def test_bytes_that_are_elsewhere_are_not_looked_for(
    run: Run, db: Session, wheel: Distribution, path: Path
) -> None:
    path.unlink()
    where = File.filename == wheel.filename
    db.execute(update(File).where(where).values(is_stored=False, upstream_url="https://e.org/x"))
    db.commit()

    assert "Files: 1 checked, 0 damaged" in run("check").stdout


def test_takes_many_files_page_by_page(
    run: Run, wheel: Distribution, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAGE", 1)
    path.unlink()

    assert "Files: 2 checked, 1 damaged" in run("check").stdout
