"""`pypi-web prune`."""

import hashlib
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.commands.prune import remove
from pypi_web.data import File, journal
from pypi_web.data.session import writing
from pypi_web.storage import Storage
from tests.commands.conftest import Run
from tests.crashing import InterruptedStorage, Point
from tests.distributions import build_wheel
from tests.people import Person
from tests.publishing import publish

ORPHAN = b"of nobody"
SHA256 = hashlib.sha256(ORPHAN).hexdigest()


@pytest.fixture
def orphan(storage: Storage, tmp_path: Path) -> Path:
    """Bytes that no row names, of yesterday."""
    storage.save(SHA256, io.BytesIO(ORPHAN))
    path = tmp_path / "files" / SHA256[:2] / SHA256
    make_old(path)
    return path


def make_old(path: Path, *, hours: float = 30) -> None:
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))


def test_removes_what_no_file_names(
    run: Run, app: TestApp, db: Session, storage: Storage, alice: Person, orphan: Path
) -> None:
    wheel = build_wheel()
    publish(app, alice, wheel)

    result = run("prune", "--older-than", "0s")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Orphans: 1 removed, 9 bytes.\n"
    metadata = db.scalars(select(File.metadata_sha256)).one()
    assert {each.sha256 for each in storage.list_all()} == {wheel.sha256, metadata}
    assert run("prune", "--older-than", "0s").stdout == "Orphans: 0 removed, 0 bytes.\n"


def test_a_dry_run_names_each_orphan_and_removes_nothing(run: Run, orphan: Path) -> None:
    result = run("prune", "--dry-run")

    assert result.exit_code == 0
    assert result.stdout == (f"{SHA256}  9 bytes  1d\nOrphans: 1 would be removed, 9 bytes.\n")
    assert orphan.exists()


def test_leaves_what_is_young_and_says_so(run: Run, storage: Storage) -> None:
    storage.save(SHA256, io.BytesIO(ORPHAN))

    result = run("prune")

    assert result.stdout == "Orphans: 0 removed, 0 bytes. Too young to tell: 1.\n"
    assert storage.size(SHA256) == len(ORPHAN)


@pytest.mark.parametrize(("age", "is_removed"), [("29h", True), ("31h", False), ("2d", False)])
def test_the_age_is_a_choice(run: Run, orphan: Path, age: str, is_removed: bool) -> None:
    run("prune", "--older-than", age)

    assert orphan.exists() != is_removed


@pytest.mark.parametrize("age", ["", "1", "h", "-1h", "1y", "1h30m", "99999999d"])
def test_an_age_that_is_none_is_refused(run: Run, orphan: Path, age: str) -> None:
    result = run("prune", "--older-than", age)

    assert result.exit_code == 2
    assert "such as 90s" in result.stderr
    assert orphan.exists()


def test_removes_what_interrupted_uploads_have_left(run: Run, orphan: Path) -> None:
    left = [orphan.with_name(orphan.name + end) for end in (".0123456789abcdef.part", "#1")]
    for path in left:
        path.write_bytes(b"some")
        make_old(path)

    assert f"{SHA256[:2]}/{SHA256}#1  4 bytes  1d" in run("prune", "--dry-run").stdout
    assert "Orphans: 3 removed, 17 bytes." in run("prune").stdout

    assert list(orphan.parent.iterdir()) == []


def test_leaves_what_is_none_of_the_index_and_says_so(run: Run, orphan: Path) -> None:
    note = orphan.with_name("note.txt")
    note.write_text("mine")
    make_old(note)

    result = run("prune")

    assert "Left alone, as nothing of this index: 1, such as" in result.stderr
    assert "note.txt" in result.stderr
    assert note.exists()


def test_removes_the_bytes_of_a_deleted_file(
    run: Run, app: TestApp, db: Session, storage: Storage, alice: Person
) -> None:
    publish(app, alice, build_wheel("kept"), build_wheel("gone"))
    db.execute(delete(File).where(File.filename.startswith("gone")))
    db.commit()

    assert "Orphans: 2 removed" in run("prune", "--older-than", "0s").stdout

    assert len(list(storage.list_all())) == 2
    assert run("check").exit_code == 0


def test_bytes_that_are_only_known_of_are_not_kept_for_that(
    run: Run, app: TestApp, db: Session, alice: Person
) -> None:
    publish(app, alice, build_wheel())
    upstream = "https://files.example.org/sample-1.0-py3-none-any.whl"
    db.execute(update(File).values(is_stored=False, upstream_url=upstream, metadata_sha256=None))
    db.commit()

    assert "Orphans: 2 removed" in run("prune", "--older-than", "0s").stdout


def test_goes_through_many_in_several_steps(run: Run, storage: Storage, tmp_path: Path) -> None:
    for number in range(1, 231):
        content = b"%d" % number
        storage.save(hashlib.sha256(content).hexdigest(), io.BytesIO(content))

    assert "Orphans: 230 removed" in run("prune", "--older-than", "0s").stdout

    assert list(storage.list_all()) == []


def test_what_was_named_since_it_was_found_is_kept(
    engine: Engine, app: TestApp, storage: Storage, alice: Person
) -> None:
    wheel = build_wheel()
    storage.save(wheel.sha256, io.BytesIO(wheel.content))
    orphans = list(storage.list_all())
    publish(app, alice, wheel)

    removed = remove(engine, storage, orphans, before=clock.now() + timedelta(hours=1))

    assert removed == []
    assert storage.size(wheel.sha256) == len(wheel.content)


def test_waits_for_those_who_are_about_to_name_something(
    engine: Engine, app: TestApp, storage: Storage, alice: Person, orphan: Path
) -> None:
    publish(app, alice, build_wheel())
    orphans = [each for each in storage.list_all() if each.sha256 == SHA256]

    with ThreadPoolExecutor() as threads:
        with writing(engine) as publisher:
            journal.lock(publisher)
            publisher.execute(update(File).values(metadata_sha256=SHA256))
            removal = threads.submit(remove, engine, storage, orphans, before=clock.now())
            wait([removal], timeout=0.3)
            assert not removal.done()
        assert removal.result() == []

    assert orphan.exists()


def test_an_upload_whose_bytes_are_pruned_before_its_rows_saves_them_again(
    run: Run, app: TestApp, storage: Storage, alice: Person
) -> None:
    wheel = build_wheel()
    pruned = []

    def prune() -> None:
        pruned.append(run("prune", "--older-than", "0s").stdout)

    app.app.registry["storage"] = InterruptedStorage(storage, Point.AFTER_BYTES, prune)

    publish(app, alice, wheel)

    assert pruned == [f"Orphans: 2 removed, {len(wheel.content) + 48:,} bytes.\n"]
    assert storage.size(wheel.sha256) == len(wheel.content)
    assert run("check").exit_code == 0


def test_a_storage_that_fails_is_told_of_in_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no folder")

    for command in ("prune", "check"):
        result = run(command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: Setting pypi_web.storage is wrong")
        assert result.stderr.count("\n") == 1
