"""Names that are cut from upstream, and who may publish under one that is mirrored."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.commands import main
from pypi_web.data import (
    Action,
    AuditEvent,
    File,
    JournalEntry,
    Project,
    Release,
    Role,
    RoleName,
    TakenFilename,
)
from pypi_web.data.session import writing
from pypi_web.mirror import claims
from pypi_web.mirror.claims import ClaimRefused
from pypi_web.projects import deeds, documents, importing, managing, role_changes
from pypi_web.projects.deeds import Actor
from pypi_web.standards import addresses
from pypi_web.standards.simple_api import Format
from tests.catalogues import document, encode
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.people import Person, add_person
from tests.publishing import publish
from tests.upstream.behaviours import JSON as JSON_TYPE
from tests.upstream.behaviours import Exchange, answering
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

JSON = {"Accept": Format.JSON.value}
UPSTREAMS = build_wheel("sample", "9.0")
OURS = build_wheel("sample", "1.0")


@pytest.fixture
def offered(upstream: FakeUpstream) -> OfferedFile:
    offered = OfferedFile.of(UPSTREAMS, metadata=b"Metadata-Version: 2.1\nName: sample\n")
    upstream.offer("sample", offered)
    return offered


def claim(site_ini: Path, *words: str):
    return run(site_ini, "claim", *words)


def run(site_ini: Path, *words: str):
    return CliRunner().invoke(main, ["--config", str(site_ini), "mirror", *words])


def send(app: TestApp, who: Person, *, status: int):
    return app.post(
        "/legacy/",
        OURS.form(),
        upload_files=[("content", OURS.filename, OURS.content)],
        headers=who.basic,
        status=status,
    )


def test_a_claim_shows_at_the_next_request_and_in_each_file(
    mirror: TestApp, upstream: FakeUpstream, site_ini: Path, offered: OfferedFile
) -> None:
    for _ in range(2):  # the second time from what is kept in memory
        page = mirror.get("/simple/sample/", headers=JSON)
    url = page.json["files"][0]["url"].removeprefix("../..")
    mirror.get(url, status=200)
    mirror.get(f"{url}.metadata", status=200)
    asked = len(upstream.requests)

    result = claim(site_ini, "Sample")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("sample is claimed")
    since = {"If-None-Match": page.headers["ETag"]}
    assert mirror.get("/simple/sample/", headers=JSON | since, status=200).json["files"] == []
    mirror.get("/simple/sample/", headers=JSON, status=200)
    mirror.get(url, status=404)
    mirror.get(f"{url}.metadata", status=404)
    assert len(upstream.requests) == asked


@pytest.mark.parametrize("kind", ["simple", "project", "file"])
def test_a_claim_while_upstream_is_awaited_shows_in_what_waits(
    mirror: TestApp, upstream: FakeUpstream, offered: OfferedFile, engine: Engine, kind: str
) -> None:
    paths = {
        "simple": "/simple/sample/",
        "project": "/project/sample/",
        "file": f"/{addresses.of_file(UPSTREAMS.sha256, UPSTREAMS.filename)}",
    }
    found = answering(200, upstream.page("sample"), content_type=JSON_TYPE)

    def claim_and_answer(exchange: Exchange) -> None:
        with writing(engine) as db:
            claims.claim(db, "sample", owner_id=None, actor=None)
        found(exchange)

    upstream.behave("/simple/sample/", claim_and_answer)

    mirror.get(paths[kind], status=404)

    assert upstream.asked("/simple/sample/") == 1
    assert mirror.get("/simple/sample/", headers=JSON).json["files"] == []


def test_a_claim_is_a_project_with_an_owner_and_a_line_in_the_journal(
    app: TestApp, db: Session, site_ini: Path, alice: Person
) -> None:
    claim(site_ini, "Sample", "--owner", "Alice")

    project = db.scalars(select(Project)).one()
    role = db.scalars(select(Role)).one()
    entry = db.scalars(select(JournalEntry)).one()
    assert (project.name, project.normalized_name) == ("Sample", "sample")
    assert (role.project_id, role.user_id, role.name) == (project.id, alice.id, RoleName.OWNER)
    assert (entry.action, entry.project, entry.id) == ("claim", "sample", project.last_serial)
    publish(app, alice, OURS)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-x"], "No such option"),
        (["no name"], "not a name that a project can have"),
        (["x" * 129], "not a name that a project can have"),
        (["simple"], "no project may have"),
        (["hosted"], "hosted is claimed already"),
        (["acme-*"], "pypi_web.mirror.reserved"),
        (["sample", "--owner", "nobody"], "no user nobody"),
    ],
)
def test_refuses_to_claim_with_a_sentence(
    db: Session, site_ini: Path, words: list[str], reason: str
) -> None:
    db.add(Project(name="hosted", normalized_name="hosted"))
    db.commit()

    result = claim(site_ini, *words)

    assert result.exit_code != 0
    assert reason in result.stderr
    assert db.scalars(select(Project.name)).all() == ["hosted"]
    assert db.scalars(select(JournalEntry)).all() == []


def test_a_name_that_was_claimed_by_nobody_gets_an_owner(
    app: TestApp, db: Session, site_ini: Path, alice: Person
) -> None:
    claim(site_ini, "sample")
    refused = send(app, alice, status=403)

    result = claim(site_ini, "Sample", "--owner", "alice")

    assert "nobody owns it. Ask an administrator" in refused
    assert result.stdout == "sample was claimed before, and is owned by alice now.\n"
    entries = db.scalars(select(JournalEntry.action).order_by(JournalEntry.id)).all()
    assert entries == ["claim", "add role"]
    acts = db.scalars(select(AuditEvent.act).where(~AuditEvent.is_refused).order_by(AuditEvent.id))
    assert acts.all() == ["claim name", "give claimed name"]
    again = claim(site_ini, "sample", "--owner", "alice")
    assert "claimed already, and has an owner" in again.stderr
    send(app, alice, status=200)
    assert "is hosted here already" in claim(site_ini, "sample", "--owner", "alice").stderr


def test_a_project_with_an_owner_refers_to_them(app: TestApp, db: Session, alice: Person) -> None:
    send(app, alice, status=200)

    assert "Ask one of the project's owners" in send(app, add_person(db, "bob"), status=403)


def test_a_claim_says_how_many_files_are_no_longer_given_out(
    mirror: TestApp, site_ini: Path, offered: OfferedFile
) -> None:
    page = mirror.get("/simple/sample/", headers=JSON)
    mirror.get(page.json["files"][0]["url"].removeprefix("../.."), status=200)

    result = claim(site_ini, "sample")

    assert "1 file of upstream's is no longer given out" in result.stdout


def test_a_claim_can_be_undone(
    mirror: TestApp, db: Session, site_ini: Path, alice: Person, offered: OfferedFile
) -> None:
    claim(site_ini, "sample", "--owner", "alice")
    before = mirror.get("/simple/sample/", headers=JSON)

    result = run(site_ini, "unclaim", "Sample")

    assert result.stdout == "sample is no longer claimed: upstream is asked for it again.\n"
    since = {"If-None-Match": before.headers["ETag"]}
    page = mirror.get("/simple/sample/", headers=JSON | since, status=200)
    assert [each["filename"] for each in page.json["files"]] == [UPSTREAMS.filename]
    assert [each.action for each in db.scalars(select(JournalEntry))] == ["claim", "unclaim"]
    assert db.scalars(select(Project)).all() == db.scalars(select(Role)).all() == []
    assert claim(site_ini, "sample").exit_code == 0
    assert run(site_ini, "unclaim", "sample").exit_code == 0


def test_a_claim_whose_people_and_privacy_changed_can_be_undone(
    app: TestApp, db: Session, engine: Engine, site_ini: Path, alice: Person
) -> None:
    add_person(db, "bob")
    claim(site_ini, "sample", "--owner", "alice")
    project_id = project_of(db)
    for do in (
        lambda own: role_changes.add(own, project_id, "bob", RoleName.MEMBER, actor=Actor()),
        lambda own: role_changes.change(own, project_id, "bob", RoleName.OWNER, actor=Actor()),
        lambda own: role_changes.remove(own, project_id, "alice", actor=Actor()),
        lambda own: managing.set_private(own, project_id, True, actor=Actor()),
        lambda own: managing.set_private(own, project_id, False, actor=Actor()),
    ):
        with writing(engine) as own:
            do(own)

    result = run(site_ini, "unclaim", "sample")

    assert (result.exit_code, result.stderr) == (0, "")
    assert db.scalars(select(Project)).all() == []


def test_a_project_that_was_deleted_is_not_unclaimed(
    app: TestApp, db: Session, engine: Engine, site_ini: Path, alice: Person
) -> None:
    claim(site_ini, "sample", "--owner", "alice")
    with writing(engine) as own:
        managing.delete_project(own, project_of(db), typed="sample", actor=Actor())

    assert "has or had files" in run(site_ini, "unclaim", "sample").stderr


def project_of(db: Session) -> int:
    project_id = db.scalars(select(Project.id)).one()
    db.rollback()
    return project_id


def claim_for(owner: Person) -> Callable[[Session], object]:
    return lambda db: claims.claim(db, "sample", owner_id=owner.id, actor=None)


def undo(db: Session) -> object:
    return claims.unclaim(db, "sample", actor=None)


@pytest.mark.parametrize("is_undone", [False, True])
def test_claims_and_those_who_run_the_project_wait_for_each_other_in_one_order(
    db: Session, engine: Engine, site_ini: Path, alice: Person, is_undone: bool
) -> None:
    claim(site_ini, "sample")
    project_id = project_of(db)

    def act() -> object:
        with writing(engine) as own:
            return undo(own) if is_undone else claim_for(alice)(own)

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as own:
            deed = deeds.begin(own, project_id, Actor(), on_roles=True)
            begun = pool.submit(act)
            assert not wait([begun], timeout=0.5).done, "it waits for the deed"
            deed.finish("make private", "It is private.", action=Action.MAKE_PRIVATE)
        begun.result(10)

    assert len(db.scalars(select(Project)).all()) == (0 if is_undone else 1)
    assert len(db.scalars(select(Role)).all()) == (0 if is_undone else 1)


@pytest.mark.parametrize("attempt", range(3))
def test_many_claim_undo_and_publish_at_once_and_none_is_in_the_way_of_another(
    app: TestApp, db: Session, engine: Engine, alice: Person, attempt: int
) -> None:
    root = add_person(db, "root", is_admin=True)
    names = ["sample", "other"]

    def act(number: int) -> None:
        do = claims.claim if number % 2 else claims.unclaim
        owner = {"owner_id": alice.id} if number % 2 else {}
        try:
            with writing(engine) as own:
                do(own, names[number // 2 % 2], actor=None, **owner)
        except ClaimRefused:
            pass
        if number % 5 == 0:
            wheel = build_wheel(f"new-{number}", "1.0")
            publish(TestApp(app.app), root, wheel)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(24)))

    claimed = {"new-0", "new-5", "new-10", "new-15", "new-20"}
    assert set(db.scalars(select(Project.normalized_name))) >= claimed


def test_what_is_being_imported_is_not_unclaimed(
    db: Session, engine: Engine, site_ini: Path
) -> None:
    claim(site_ini, "sample")

    def act() -> str:
        with pytest.raises(ClaimRefused) as refused, writing(engine) as own:
            undo(own)
        return str(refused.value)

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as own:
            catalogued = documents.read(encode(document("sample")))
            importing.import_document(own, catalogued, readme=None)
            begun = pool.submit(act)
            assert not wait([begun], timeout=0.5).done, "it waits for the import"
        assert "has or had files" in begun.result(10)

    assert db.scalars(select(Release)).one()


@pytest.mark.parametrize("gone", [None, File, Release])
def test_a_project_that_had_a_file_is_not_unclaimed(
    app: TestApp, db: Session, site_ini: Path, alice: Person, gone: type | None
) -> None:
    send(app, alice, status=200)
    if gone is not None:
        db.execute(delete(gone))
        db.commit()

    result = run(site_ini, "unclaim", "sample")

    assert result.exit_code == 1
    assert "has or had files of its own" in result.stderr
    assert db.scalars(select(Project.name)).all() == ["sample"]


def test_a_name_of_which_a_filename_is_taken_is_not_unclaimed(db: Session, site_ini: Path) -> None:
    claim(site_ini, "my-sample")
    db.add(TakenFilename(filename="My.Sample-1.0.tar.gz"))
    db.commit()

    assert "has or had files" in run(site_ini, "unclaim", "my-sample").stderr
    assert "other is not claimed" in run(site_ini, "unclaim", "other").stderr


def test_nobody_publishes_under_a_name_that_is_mirrored(
    mirror: TestApp, site_ini: Path, alice: Person, offered: OfferedFile
) -> None:
    mirror.get("/simple/sample/", status=200)

    refused = send(mirror, alice, status=403)

    assert "pypi-web mirror claim sample --owner alice" in refused
    assert UPSTREAMS.filename in mirror.get("/simple/sample/")
    assert claim(site_ini, "sample", "--owner", "alice").exit_code == 0
    send(mirror, alice, status=200)
    assert mirror.get("/simple/sample/", headers=JSON).json["versions"] == ["1.0"]


def test_an_administrator_claims_a_name_by_publishing_under_it(
    mirror: TestApp, db: Session, offered: OfferedFile
) -> None:
    mirror.get("/simple/sample/", status=200)

    send(mirror, add_person(db, "root", is_admin=True), status=200)

    assert mirror.get("/simple/sample/", headers=JSON).json["versions"] == ["1.0"]


def test_a_name_that_upstream_has_not_is_free(mirror: TestApp, alice: Person) -> None:
    mirror.get("/simple/sample/", status=404)

    send(mirror, alice, status=200)


@pytest.mark.parametrize("settings", [{}, {"mirror_reserved": "sam*"}])
def test_what_was_mirrored_once_and_is_no_more_hinders_nobody(
    mirror: TestApp,
    make_app: MakeApp,
    make_mirror: MakeMirror,
    alice: Person,
    offered: OfferedFile,
    settings: dict[str, str],
) -> None:
    mirror.get("/simple/sample/", status=200)

    send(make_mirror(**settings) if settings else make_app(), alice, status=200)
