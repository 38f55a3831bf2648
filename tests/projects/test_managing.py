"""What owners and maintainers do to releases, files and projects, and what installers see of it."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, func, select
from webtest import TestApp

from pypi_web.data import AuditEvent, File, Project, Release, RoleName, TakenFilename
from pypi_web.data.blobs import find_named
from pypi_web.data.session import writing
from pypi_web.projects import deeds, releases
from tests.distributions import build_wheel
from tests.mail import Mailbox
from tests.people import Person, add_person, log_in
from tests.projects.conftest import MANAGE, Site
from tests.publishing import publish


def upload(site: Site, who: Person, dist, status: int):
    return site.app.post(
        "/legacy/",
        dist.form(),
        upload_files=[("content", dist.filename, dist.content)],
        headers=who.basic,
        status=status,
    )


def test_yanking_marks_the_files_at_once_everywhere(owner: Site, box: Mailbox):
    before = owner.serial()
    form = owner.app.get(f"{MANAGE}/releases/1.0").forms["yank"]
    form["reason"] = 'Broken <b>"badly"'

    page = form.submit(status=303).follow()

    assert "Release 1.0 of sample is yanked." in page
    yanked = {each["filename"]: each.get("yanked", False) for each in owner.page()["files"]}
    assert yanked == {
        owner.files[0].filename: 'Broken <b>"badly"',
        owner.files[1].filename: 'Broken <b>"badly"',
        owner.files[2].filename: False,
    }
    html = owner.app.get("/simple/sample/")
    assert [each.get("data-yanked") for each in html.html.find_all("a")].count(
        'Broken <b>"badly"'
    ) == 2
    urls = owner.document()["releases"]["1.0"]
    assert [each["yanked_reason"] for each in urls] == ['Broken <b>"badly"'] * 2
    for file in owner.files:
        owner.download(file, status=200)
    assert owner.acts() == ["yank"]
    assert owner.serial() > before
    event = owner.newest_event()
    assert (event.act, event.user_name, event.subject) == ("yank release", "alice", "1.0")
    assert (event.before["yanked"], event.after["yanked"]) == (False, True)
    assert box.to("alice@example.org") == ["Release 1.0 of sample is yanked"]


def test_a_yank_is_taken_back(owner: Site, box: Mailbox):
    owner.post("releases/1.0/yank", 303)
    assert [each.get("yanked", False) for each in owner.page()["files"]] == [True, True, False]
    assert 'data-yanked=""' in owner.app.get("/simple/sample/")

    owner.app.get(f"{MANAGE}/releases/1.0").forms["unyank"].submit(status=303)

    assert not any(each.get("yanked", False) for each in owner.page()["files"])
    assert "data-yanked" not in owner.app.get("/simple/sample/")
    assert owner.acts() == ["yank", "unyank"]
    assert box.to("alice@example.org")[-1] == "Release 1.0 of sample is no longer yanked"


def test_a_release_is_yanked_by_any_spelling_of_its_version(owner: Site):
    owner.post("releases/1.0.0/yank", 303)

    assert [each.get("yanked", False) for each in owner.page()["files"]] == [True, True, False]


def test_what_changes_nothing_leaves_no_row_and_sends_no_letter(owner: Site, box: Mailbox):
    owner.post("releases/1.0/yank", 303, reason="x")
    serial = owner.serial()

    owner.post("releases/1.0/yank", 303, reason=" x ")

    assert owner.serial() == serial
    assert owner.acts() == ["yank"]
    assert len(box.read()) == 1


@pytest.mark.parametrize("reason", ["x" * 401, "one\ntwo"])
def test_a_reason_that_is_none_is_shown_again_and_changes_nothing(owner: Site, reason: str):
    page = owner.post("releases/1.0/yank", 400, reason=reason)

    assert "The reason is" in page
    assert owner.acts() == []


def test_a_deleted_file_is_gone_at_once_and_its_name_is_never_taken_again(
    owner: Site, alice: Person, box: Mailbox
):
    wheel, sdist, newest = owner.files
    form = owner.app.get(f"{MANAGE}/files/{wheel.filename}/delete").forms["delete"]
    form["typed"] = wheel.filename

    form.submit(status=303)

    left = [each["filename"] for each in owner.page()["files"]]
    assert left == [sdist.filename, newest.filename]
    assert [each["filename"] for each in owner.document()["releases"]["1.0"]] == [sdist.filename]
    owner.download(wheel, status=404)
    owner.download(sdist, status=200)
    assert "was deleted, and its name is not given again" in upload(owner, alice, wheel, 400).text
    assert owner.db.get(TakenFilename, wheel.filename) is not None
    assert find_named(owner.db, [wheel.sha256]) == set(), "prune removes its bytes"
    assert owner.acts() == ["delete file"]
    event = owner.newest_event()
    assert (event.act, event.subject) == ("delete file", wheel.filename)
    assert event.before == {"version": "1.0", "sha256": wheel.sha256, "size": len(wheel.content)}
    assert box.to("alice@example.org") == [f"{wheel.filename} of sample is deleted"]


def test_a_deleted_release_is_gone_at_once_with_its_files(owner: Site, alice: Person, box: Mailbox):
    form = owner.app.get(f"{MANAGE}/releases/1.0/delete").forms["delete"]
    form["typed"] = "1.0"

    form.submit(status=303)

    page = owner.page()
    assert page["versions"] == ["2.0"]
    assert list(owner.document()["releases"]) == ["2.0"]
    owner.app.get("/project/sample/1.0/", status=404)
    owner.app.get("/pypi/sample/1.0/json", status=404)
    for file in owner.files[:2]:
        owner.download(file, status=404)
        upload(owner, alice, file, 400)
    owner.download(owner.files[2], status=200)
    assert owner.acts() == ["delete release"]
    assert owner.newest_event().before["names"] == sorted(each.filename for each in owner.files[:2])
    assert box.to("alice@example.org") == ["Release 1.0 of sample is deleted"]


def test_a_deleted_project_keeps_its_name_from_upstream_and_from_others(
    owner: Site, alice: Person, bob: Person, admin: Person, box: Mailbox
):
    owner.give(bob, RoleName.MAINTAINER)
    form = owner.app.get(f"{MANAGE}/delete").forms["delete"]
    form["typed"] = "sample"

    page = form.submit(status=303).follow()

    assert "The project sample is deleted." in page
    assert owner.page()["files"] == []  # and not a 404, at which an installer may look elsewhere
    owner.document(status=404)
    owner.app.get("/project/sample/", status=404)
    for file in owner.files:
        owner.download(file, status=404)
    for person in (alice, bob):
        upload(owner, person, build_wheel("sample", "3.0"), 403)
    upload(owner, admin, owner.files[0], 400)
    assert owner.acts() == ["delete project"]
    assert owner.roles() == {}
    event = owner.newest_event()
    assert event.before == {
        "releases": 2,
        "files": 3,
        "people": {"alice": "owner", "bob": "maintainer"},
    }
    assert box.to("alice@example.org") == box.to("bob@example.org")
    assert owner.db.scalar(select(func.count(Project.id))) == 1
    owner.app.get(f"{MANAGE}/", status=403)


def test_the_last_release_deleted_leaves_the_name_hosted(owner: Site, alice: Person):
    for version in ("1.0", "2.0"):
        owner.post(f"releases/{version}/delete", 303, typed=version)

    assert owner.page()["files"] == []
    assert owner.roles() == {"alice": "owner"}
    upload(owner, alice, build_wheel("sample", "3.0"), 200)
    assert owner.page()["versions"] == ["3.0"]


def test_a_deleted_project_that_was_private_stays_unseen(owner: Site):
    owner.post("settings/visibility", 303, visibility="private")

    owner.post("delete", 303, typed="sample")

    owner.app.reset()
    owner.app.get("/simple/sample/", status=404)
    assert "sample" not in owner.app.get("/simple/")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("delete", "sample"),
        ("releases/1.0/delete", "1.0"),
        ("files/sample-1.0-py3-none-any.whl/delete", "sample-1.0-py3-none-any.whl"),
    ],
)
@pytest.mark.parametrize("typed", ["", "other", "1.0.0", "SAMPLE-1.0"])
def test_nothing_is_deleted_unless_its_name_is_typed(owner: Site, path: str, name: str, typed: str):
    page = owner.post(path, 400, typed=typed)

    assert f"Type {name}, exactly so, to delete it." in page
    assert owner.acts() == []
    assert len(owner.page()["files"]) == 3


@pytest.mark.parametrize("path", ["releases/9/delete", "releases/9", "files/no.whl/delete"])
def test_what_is_not_there_is_not_found(owner: Site, path: str):
    owner.app.get(f"{MANAGE}/{path}", status=404)


def test_archiving_refuses_uploads_and_unarchiving_takes_them(
    owner: Site, alice: Person, box: Mailbox
):
    form = owner.app.get(f"{MANAGE}/settings").forms["status"]
    form["status"], form["reason"] = "archived", "Done."
    form.submit(status=303)

    assert owner.page()["project-status"] == {"status": "archived", "reason": "Done."}
    assert 'content="archived"' in owner.app.get("/simple/sample/")
    assert len(owner.page()["files"]) == 3
    upload(owner, alice, build_wheel("sample", "3.0"), 403)

    owner.post("settings/status", 303, status="active")

    assert owner.page().get("project-status", {"status": "active"}) == {"status": "active"}
    upload(owner, alice, build_wheel("sample", "3.0"), 200)
    assert owner.acts() == ["archive", "activate"]
    assert box.to("alice@example.org") == ["sample is archived (Done.)", "sample is active"]


def test_a_deprecated_project_says_so_and_takes_uploads(owner: Site, alice: Person):
    owner.post("settings/status", 303, status="deprecated", reason="Use other.")

    assert owner.page()["project-status"] == {"status": "deprecated", "reason": "Use other."}
    upload(owner, alice, build_wheel("sample", "3.0"), 200)


def test_administrators_quarantine_and_release(site: Site, admin: Person, box: Mailbox):
    log_in(site.app, "root")
    form = site.app.get(f"{MANAGE}/settings").forms["quarantine"]
    form["reason"] = "Malware."
    form.submit(status=303)

    assert site.page()["files"] == []
    assert site.page()["project-status"] == {"status": "quarantined", "reason": "Malware."}
    for file in site.files:
        site.download(file, status=404)

    site.app.get(f"{MANAGE}/settings").forms["end-quarantine"].submit(status=303)

    assert len(site.page()["files"]) == 3
    for file in site.files:
        site.download(file, status=200)
    assert site.acts() == ["quarantine", "activate"]
    assert len(box.to("alice@example.org")) == 2


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("settings/status", {"status": "active"}),
        ("settings/status", {"status": "archived"}),
        ("settings/visibility", {"visibility": "private"}),
        ("releases/1.0/yank", {}),
        ("releases/1.0/unyank", {}),
        ("releases/1.0/delete", {"typed": "1.0"}),
        ("delete", {"typed": "sample"}),
    ],
)
def test_an_owner_does_not_end_a_quarantine_nor_what_it_keeps(
    owner: Site, admin: Person, path: str, fields: dict[str, str]
):
    log_in(owner.app, "root")
    owner.post("settings/quarantine", 303)
    owner.app.reset()
    log_in(owner.app)

    page = owner.post(path, 409, **fields)

    assert "administrators alone change it" in page
    assert owner.acts() == ["quarantine"]
    event = owner.newest_event()
    assert event.is_refused
    assert "quarantined" in event.reason


def test_an_owner_can_neither_quarantine_nor_release(owner: Site):
    for path in ("settings/quarantine", "settings/release"):
        assert "Administrators alone" in owner.post(path, 403)
    owner.post("settings/status", 400, status="quarantined")

    assert owner.acts() == []


def test_made_private_a_project_is_gone_for_others_and_made_public_it_is_back(
    owner: Site, box: Mailbox
):
    owner.app.get(f"{MANAGE}/settings").forms["visibility"].submit("visibility", status=303)
    assert owner.other.get("/simple/sample/", expect_errors=True).status_int == 404
    assert owner.newest_event().after == {"private": True}

    owner.app.get(f"{MANAGE}/settings").forms["visibility"].submit("visibility", status=303)

    assert len(owner.page()["files"]) == 3
    assert owner.acts() == ["make private", "make public"]
    assert box.to("alice@example.org") == [
        "The project sample is private now",
        "The project sample is public now",
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("delete", {"typed": "sample"}),
        ("releases/1.0/delete", {"typed": "1.0"}),
        ("files/sample-1.0-py3-none-any.whl/delete", {"typed": "sample-1.0-py3-none-any.whl"}),
        ("settings/visibility", {"visibility": "public"}),
        ("people/remove", {"user": "bob"}),
        ("people/role", {"user": "bob", "role": "member"}),
        ("leave", {}),
    ],
)
def test_dangerous_acts_ask_again_who_is_there(
    owner: Site, bob: Person, wait: Callable[..., None], path: str, fields: dict[str, str]
):
    owner.give(bob, RoleName.OWNER)
    owner.post("settings/visibility", 303, visibility="private")
    wait(minutes=31)

    answer = owner.post(path, 303, **fields)

    assert "/account/confirm?next=" in answer.headers["Location"]
    assert owner.acts() == ["make private"]
    assert owner.roles() == {"alice": "owner", "bob": "owner"}


def test_what_is_not_dangerous_does_not(owner: Site, bob: Person, wait: Callable[..., None]):
    owner.give(bob, RoleName.MAINTAINER)
    wait(minutes=31)

    owner.post("releases/1.0/yank", 303)
    owner.post("people/role", 303, user="bob", role="member")
    owner.post("people/remove", 303, user="bob")

    assert owner.acts() == ["yank", "change role", "remove role"]


def test_an_owner_sees_what_was_done_fifty_rows_at_a_time(owner: Site, bob: Person):
    for number in range(26):
        owner.post("releases/1.0/yank", 303, reason=f"reason {number}")
        owner.post("releases/1.0/unyank", 303)

    page = owner.app.get(f"{MANAGE}/history")
    assert "reason 25" in page
    assert "reason 0" not in page
    older = page.click("Older")

    published = 1 + len(owner.files)
    assert len(older.html.select("tbody tr")) == 2 + published
    assert "reason 0" in older
    assert older.html.select_one("[data-label=Who]").text == "alice"


def test_history_shows_what_others_wrote_as_text(owner: Site):
    owner.post("releases/1.0/yank", 303, reason="<script>alert(1)</script>")

    for path in ("/history", "/releases/1.0", "/"):
        assert "<script>alert" not in owner.app.get(f"{MANAGE}{path}")


def test_the_projects_page_leads_those_who_may_to_the_pages(site: Site, bob: Person, admin: Person):
    site.give(bob, RoleName.MEMBER)
    link = f'href="{MANAGE}/"'

    assert link not in site.app.get("/project/sample/")
    for name, is_led in (("bob", False), ("root", True), ("alice", True)):
        site.app.reset()
        log_in(site.app, name)
        assert (link in site.app.get("/project/sample/")) is is_led, name


def test_many_releases_are_shown_fifty_at_a_time(owner: Site, engine: Engine):
    with writing(engine) as db:
        project = db.scalars(select(Project.id)).one()
        db.add_all(
            Release(project_id=project, **releases.version_columns(f"3.{number}"))
            for number in range(55)
        )

    first = owner.app.get(f"{MANAGE}/")
    second = first.click("Lower versions")

    versions = [each.text for each in first.html.select("tbody .version")]
    versions += [each.text for each in second.html.select("tbody .version")]
    assert versions == [*(f"3.{number}" for number in reversed(range(55))), "2.0", "1.0"]


def test_uploaders_are_told_of_what_is_deleted_as_long_as_they_are_of_the_project(
    site: Site, bob: Person, box: Mailbox
):
    carol = add_person(site.db, "carol")
    site.give(bob, RoleName.MAINTAINER)
    site.give(carol, RoleName.MAINTAINER)
    publish(site.app, bob, build_wheel("sample", "4.0"))
    publish(site.app, carol, build_wheel("sample", "5.0"))
    log_in(site.app)
    site.post("people/remove", 303, user="carol")

    for version in ("4.0", "5.0"):
        site.post(f"releases/{version}/delete", 303, typed=version)

    assert box.to("bob@example.org") == ["Release 4.0 of sample is deleted"]
    assert box.to("carol@example.org") == ["carol is no longer a maintainer of sample"]


def test_the_letters_are_not_sent_where_the_transaction_comes_to_nothing(
    owner: Site, box: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    def fail(*args, **kw):
        raise RuntimeError("no")

    monkeypatch.setattr(deeds, "record", fail)
    owner.post("releases/1.0/yank", 500)

    assert box.read() == []
    assert owner.newest_event() is None
    assert not owner.db.scalars(select(Release.yanked).where(Release.yanked)).all()


def test_a_file_whose_project_is_another_is_not_reached(app: TestApp, owner: Site, bob: Person):
    other = build_wheel("other", "9.0")
    publish(app, bob, other)

    owner.post(f"files/{other.filename}/delete", 404, typed=other.filename)
    owner.post("releases/9.0/delete", 404, typed="9.0")
    owner.post("releases/9.0/yank", 404)

    assert owner.db.scalar(select(func.count(File.id))) == 4
    assert owner.acts() == []


def test_each_refusal_to_those_who_may_know_says_which_rule_and_is_noted(site: Site, bob: Person):
    site.give(bob, RoleName.MAINTAINER)
    log_in(site.app, "bob")

    answer = site.post("settings/status", 403, status="archived")

    assert "Owners of the project, and administrators, manage it." in answer
    event = site.newest_event()
    assert (event.act, event.is_refused, event.user_name) == ("archive project", True, "bob")
    assert event.reason == "Owners of the project, and administrators, manage it."
    rows = site.db.scalars(select(AuditEvent).where(AuditEvent.is_refused)).all()
    assert len(rows) == 1
