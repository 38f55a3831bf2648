"""What commands make of the files that a mirror keeps."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import MirroredFile
from pypi_web.data.session import writing
from pypi_web.mirror import trimming, upkeep
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from pypi_web.standards.simple_api import Format
from pypi_web.storage import Storage
from tests.commands.conftest import Run
from tests.distributions import Distribution, build_wheel
from tests.mirror.conftest import MakeMirror, make_mirror, mirror, upstream
from tests.people import add_person
from tests.publishing import publish
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

__all__ = ["MakeMirror", "make_mirror", "mirror", "upstream"]

JSON = {"Accept": Format.JSON.value}
FLASK = build_wheel("flask", "3.0")
METADATA = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n"


def fetch(mirror: TestApp, upstream: FakeUpstream, *wheels: Distribution) -> list[str]:
    """Has the mirror keep wheels of different projects; gives their addresses."""
    addresses = []
    for wheel in wheels:
        upstream.offer(wheel.name, OfferedFile.of(wheel, metadata=METADATA))
        page = mirror.get(f"/simple/{wheel.name}/", headers=JSON).json
        address = page["files"][0]["url"].removeprefix("../..")
        assert mirror.get(address).body == wheel.content
        mirror.get(f"{address}.metadata", status=200)
        addresses.append(address)
    return addresses


def path_of(tmp_path: Path, wheel: Distribution) -> Path:
    return tmp_path / "files" / wheel.sha256[:2] / wheel.sha256


def test_prune_leaves_what_the_mirror_keeps(
    run: Run, mirror: TestApp, upstream: FakeUpstream, storage: Storage
) -> None:
    fetch(mirror, upstream, FLASK)

    assert run("prune", "--older-than", "0s").stdout == "Orphans: 0 removed, 0 bytes.\n"

    assert len(list(storage.list_all())) == 2


def test_prune_removes_what_is_only_known_of(
    run: Run, db: Session, mirror: TestApp, upstream: FakeUpstream
) -> None:
    fetch(mirror, upstream, FLASK)
    db.execute(update(MirroredFile).values(is_kept=False))
    db.commit()

    size = len(FLASK.content)
    assert run("prune", "--older-than", "0s").stdout == f"Orphans: 1 removed, {size:,} bytes.\n"


def test_check_verifies_what_the_mirror_keeps(
    run: Run, mirror: TestApp, upstream: FakeUpstream, tmp_path: Path
) -> None:
    fetch(mirror, upstream, FLASK)
    size = len(FLASK.content)
    assert run("check").stdout == f"Files: 1 checked, 0 damaged, {size:,} bytes.\n"
    path_of(tmp_path, FLASK).write_bytes(FLASK.content[:-1] + b"!")

    result = run("check", "--project", "Flask")

    assert result.exit_code == 1
    assert f"flask: {FLASK.filename}: the bytes have another SHA-256 (" in result.stdout


@pytest.mark.parametrize("is_kept", [True, False])
def test_check_asks_for_bytes_that_should_be_here_alone(
    run: Run, db: Session, mirror: TestApp, upstream: FakeUpstream, tmp_path: Path, is_kept: bool
) -> None:
    fetch(mirror, upstream, FLASK)
    path_of(tmp_path, FLASK).unlink()
    db.execute(update(MirroredFile).values(is_kept=is_kept))
    db.commit()

    assert run("check").exit_code == int(is_kept)


def age(db: Session, wheel: Distribution, **ago: int) -> None:
    """As if nobody had had it for so long."""
    where = MirroredFile.filename == wheel.filename
    db.execute(update(MirroredFile).where(where).values(used_at=clock.now() - timedelta(**ago)))
    db.commit()


CLICK = build_wheel("click", "8.0", extra={"filler": bytes(5_000)})
JINJA = build_wheel("jinja2", "3.1")


def test_trims_what_nobody_has_had_for_so_long(
    run: Run, db: Session, mirror: TestApp, upstream: FakeUpstream, storage: Storage
) -> None:
    old, new = fetch(mirror, upstream, FLASK, CLICK)
    age(db, FLASK, days=91)

    result = run("mirror", "trim", "--unused-for", "90d")

    assert (result.exit_code, result.stderr) == (0, "")
    size, left = len(FLASK.content), len(CLICK.content)
    assert result.stdout == f"Files: 1 removed, {size:,} bytes. Left: {left:,} bytes.\n"
    assert FLASK.sha256 not in {each.sha256 for each in storage.list_all()}
    assert run("check").exit_code == 0
    assert run("prune", "--older-than", "0s").stdout == "Orphans: 0 removed, 0 bytes.\n"
    assert mirror.get(f"{old}.metadata").body == METADATA
    assert mirror.get(new).body == CLICK.content
    assert mirror.get(old).body == FLASK.content
    assert upstream.asked(f"/files/{FLASK.filename}") == 2
    assert upstream.asked(f"/files/{CLICK.filename}") == 1


def test_trims_to_a_size_and_what_was_used_last_stays(
    run: Run, db: Session, mirror: TestApp, upstream: FakeUpstream
) -> None:
    fetch(mirror, upstream, FLASK, CLICK, JINJA)
    for wheel, days in ((FLASK, 1), (CLICK, 3), (JINJA, 2)):
        age(db, wheel, days=days)
    size = len(FLASK.content) + len(JINJA.content)

    for most, gone in ((str(size), 1), (str(size), 0), ("1G", 0), (f"{size - 1}", 1), ("0", 1)):
        assert run("mirror", "trim", "--max-size", most).stdout.startswith(f"Files: {gone} removed")

    kept = select(MirroredFile.filename).where(MirroredFile.is_kept)
    assert db.scalars(kept).all() == []


def test_a_dry_run_names_what_would_go_and_removes_nothing(
    run: Run, db: Session, mirror: TestApp, upstream: FakeUpstream, tmp_path: Path
) -> None:
    fetch(mirror, upstream, FLASK, CLICK)
    age(db, FLASK, hours=49)

    result = run("mirror", "trim", "--max-size", f"{len(CLICK.content)}", "--dry-run")

    size, left = len(FLASK.content), len(CLICK.content)
    assert result.stdout == (
        f"flask: {FLASK.filename}  {size:,} bytes  2d\n"
        f"Files: 1 would be removed, {size:,} bytes. Left: {left:,} bytes.\n"
    )
    assert path_of(tmp_path, FLASK).exists()
    assert db.scalars(select(MirroredFile.is_kept)).all() == [True, True]


def test_bytes_that_are_hosted_too_stay(
    run: Run, mirror: TestApp, db: Session, upstream: FakeUpstream, tmp_path: Path
) -> None:
    root = add_person(db, "root", is_admin=True)
    fetch(mirror, upstream, FLASK)
    publish(mirror, root, FLASK)

    assert run("mirror", "trim", "--max-size", "0").stdout.startswith("Files: 1 removed")

    assert path_of(tmp_path, FLASK).exists()
    assert run("check").exit_code == 0


def test_what_was_used_since_it_was_found_stays(
    db: Session, engine: Engine, mirror: TestApp, upstream: FakeUpstream, storage: Storage
) -> None:
    fetch(mirror, upstream, FLASK)
    age(db, FLASK, days=1)
    found = trimming.find_superfluous(engine, max_size=0)
    age(db, FLASK, days=0)

    assert trimming.remove(engine, storage, found) == []
    assert storage.size(FLASK.sha256) == len(FLASK.content)


def test_what_is_fetched_again_before_its_bytes_are_removed_stays(
    db: Session,
    engine: Engine,
    mirror: TestApp,
    upstream: FakeUpstream,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (address,) = fetch(mirror, upstream, FLASK)
    found = trimming.find_superfluous(engine, max_size=0)
    begun = []

    def fetch_in_between(engine: Engine):
        begun.append(engine)
        if len(begun) == 2:  # rows were the first
            path_of(tmp_path, FLASK).unlink()
            assert mirror.get(address).body == FLASK.content
        return writing(engine)

    monkeypatch.setattr(trimming, "writing", fetch_in_between)

    trimming.remove(engine, storage, found)

    assert storage.size(FLASK.sha256) == len(FLASK.content)
    assert db.scalars(select(MirroredFile.is_kept)).all() == [True]


def test_trims_by_the_settings(
    run: Run,
    mirror: TestApp,
    engine: Engine,
    upstream: FakeUpstream,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetch(mirror, upstream, FLASK)
    settings = mirror.app.registry["settings"].model_copy(update={"mirror_max_size": 0})
    other, own = Leases(engine, QuickWrites(engine)), Leases(engine, QuickWrites(engine))

    assert other.take("trim")
    upkeep.trim(engine, storage, settings, own)
    assert storage.size(FLASK.sha256)
    other.give_back("trim")
    monkeypatch.setenv("PYPI_WEB_MIRROR_MAX_SIZE", "1GB")
    assert run("mirror", "trim").stdout.startswith("Files: 0 removed")
    upkeep.trim(engine, storage, settings, own)

    assert FLASK.sha256 not in {each.sha256 for each in storage.list_all()}
    assert other.take("trim")


@pytest.mark.parametrize(
    "age",
    ["90d", "13w", "2000h", "120000m"],
)
def test_ages_are_written_as_in_the_settings(run: Run, age: str) -> None:
    assert run("mirror", "trim", "--unused-for", age).stdout.startswith("Files: 0 removed")


@pytest.mark.parametrize(
    ("words", "reason"),
    [([], "Say what is to go"), (["--unused-for", "x"], "90s"), (["--max-size", "x"], "50G")],
)
def test_trims_nothing_that_was_not_said(run: Run, words: list[str], reason: str) -> None:
    result = run("mirror", "trim", *words)

    assert result.exit_code == 2
    assert reason in result.stderr
