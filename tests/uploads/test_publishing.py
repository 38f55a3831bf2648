"""What happens when a file is published."""

import threading

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import tokens
from pypi_web.data import (
    ApiToken,
    Classifier,
    Dependency,
    Description,
    File,
    JournalEntry,
    Project,
    ProjectURL,
    Release,
    Role,
    RoleName,
    User,
)
from pypi_web.storage import Storage
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person, add_person


def post(app: TestApp, who: Person, dist: Distribution, *, status: int = 200, **changes):
    return app.post(
        "/legacy/",
        dist.form(**changes),
        upload_files=[("content", dist.filename, dist.content)],
        headers=who.basic,
        status=status,
    )


def count(db: Session, model: type) -> int:
    return db.scalar(select(func.count()).select_from(model))


def test_a_first_file_makes_its_project_and_release_and_its_publisher_the_owner(
    app: TestApp, db: Session, alice: Person
):
    wheel = build_wheel("Foo.Bar", "1.0.0", "Summary: It bars", "Requires-Dist: attrs>=22")

    post(app, alice, wheel)

    project = db.scalars(select(Project)).one()
    release = db.scalars(select(Release)).one()
    role = db.scalars(select(Role)).one()
    assert (project.name, project.normalized_name) == ("Foo.Bar", "foo-bar")
    assert (release.version, release.canonical_version) == ("1.0.0", "1")
    assert release.summary == "It bars"
    assert (role.user_id, role.name) == (alice.id, RoleName.OWNER)
    assert project.last_serial == db.scalar(select(func.max(JournalEntry.id)))


def test_the_bytes_are_kept_under_their_digest(
    app: TestApp, db: Session, storage: Storage, alice: Person
):
    wheel = build_wheel()

    post(app, alice, wheel)

    file = db.scalars(select(File)).one()
    assert (file.sha256, file.size) == (wheel.sha256, len(wheel.content))
    assert b"".join(storage.read(file.sha256, 0, file.size)) == wheel.content


def test_an_identical_upload_succeeds_and_adds_nothing(app: TestApp, db: Session, alice: Person):
    wheel = build_wheel()
    post(app, alice, wheel)
    serial = db.scalar(select(func.max(JournalEntry.id)))
    db.rollback()

    post(app, alice, wheel)

    assert count(db, File) == 1
    assert db.scalar(select(func.max(JournalEntry.id))) == serial


def test_other_bytes_under_the_same_name_are_refused_in_reason_and_body(
    app: TestApp, alice: Person
):
    post(app, alice, build_wheel())

    answer = post(app, alice, build_wheel("sample", "1.0", "Summary: other"), status=400)

    assert "already exist" in answer.status
    assert "already exist" in answer.text


def test_refuses_what_a_deleted_file_was_called(app: TestApp, db: Session, alice: Person):
    wheel = build_wheel()
    post(app, alice, wheel)
    db.delete(db.scalars(select(File)).one())
    db.commit()

    answer = post(app, alice, wheel, status=400)

    assert "deleted" in answer.text
    assert "already exist" not in answer.text


def test_versions_that_are_equal_share_a_release(app: TestApp, db: Session, alice: Person):
    post(app, alice, build_wheel("sample", "1.0"))

    post(app, alice, build_sdist("sample", "1.0.0"))

    assert count(db, Release) == 1
    assert count(db, File) == 2


def test_only_those_with_a_role_add_files_to_a_project(app: TestApp, db: Session, alice: Person):
    bob = add_person(db, "bob")
    post(app, alice, build_wheel("sample", "1.0"))

    answer = post(app, bob, build_wheel("sample", "1.1"), status=403)

    assert "bob may not publish to sample" in answer.status
    assert count(db, File) == 1


def test_an_administrator_adds_files_to_any_project(app: TestApp, db: Session, alice: Person):
    root = add_person(db, "root", is_admin=True)
    post(app, alice, build_wheel("sample", "1.0"))

    post(app, root, build_wheel("sample", "1.1"))

    assert count(db, File) == 2


def test_a_token_for_one_project_publishes_to_no_other(app: TestApp, db: Session, alice: Person):
    post(app, alice, build_wheel("mine"))
    post(app, alice, build_wheel("other"))
    user = db.get_one(User, alice.id)
    token = tokens.create_token(db, user, name="narrow", projects=["mine"])
    db.commit()
    narrow = Person(alice.id, "alice", token.text)

    post(app, narrow, build_wheel("mine", "1.1"))
    to_other = post(app, narrow, build_wheel("other", "1.1"), status=403)
    to_new = post(app, narrow, build_wheel("brand-new"), status=403)

    assert "token" in to_other.text
    assert "a token that is good for all projects" in to_new.text
    assert count(db, Project) == 2


def test_metadata_of_all_kinds_is_kept(app: TestApp, db: Session, alice: Person):
    wheel = build_wheel(
        "sample",
        "1.0",
        "Summary: Of all kinds",
        "Author-email: Ann <ann@example.org>",
        "License: MIT",
        "Keywords: one,two",
        "Classifier: Programming Language :: Python :: 3",
        "Classifier: Topic :: Utilities",
        "Project-URL: Source, https://example.org/source",
        "Requires-Dist: attrs>=22",
        'Requires-Dist: rich; extra == "pretty"',
        "Provides-Extra: pretty",
        "Requires-Python: >=3.9",
        "Description-Content-Type: text/markdown",
        description="# Hello\n\nworld",
    )

    post(app, alice, wheel)

    release = db.scalars(select(Release)).one()
    description = db.scalars(select(Description)).one()
    dependencies = db.scalars(select(Dependency).order_by(Dependency.position)).all()
    assert release.keywords == "one, two"
    assert release.requires_python == ">=3.9"
    assert release.provides_extra == ["pretty"]
    assert [each.normalized_name for each in dependencies] == ["attrs", "rich"]
    assert count(db, Classifier) == 2
    assert db.scalars(select(ProjectURL.url)).all() == ["https://example.org/source"]
    assert description.source == "# Hello\n\nworld"
    assert "<h1" in description.html


def test_a_token_knows_when_it_was_last_used(app: TestApp, db: Session, alice: Person):
    post(app, alice, build_wheel())
    app.app.registry["token_uses"].write()

    assert db.scalars(select(ApiToken.last_used_at)).one() is not None


def test_a_file_that_was_only_known_of_is_stored_and_its_release_described(
    app: TestApp, db: Session, alice: Person
):
    wheel = build_wheel("sample", "1.0", "Summary: Known at last")
    post(app, alice, wheel)
    upstream = "https://files.example.org/sample-1.0-py3-none-any.whl"
    db.execute(update(File).values(is_stored=False, upstream_url=upstream, metadata_sha256=None))
    db.execute(update(Release).values(summary=None, metadata_version=None))
    serial = db.scalar(select(func.max(JournalEntry.id)))
    db.commit()

    post(app, alice, wheel)

    file = db.scalars(select(File)).one()
    assert file.is_stored
    assert file.metadata_sha256 is not None
    assert db.scalars(select(Release.summary)).one() == "Known at last"
    assert db.scalar(select(func.max(JournalEntry.id))) > serial
    assert wheel.filename in app.get("/simple/sample/")


def test_a_file_that_was_only_known_of_is_not_replaced_by_another(
    app: TestApp, db: Session, alice: Person
):
    post(app, alice, build_wheel())
    db.execute(update(File).values(is_stored=False, upstream_url="https://example.org/x"))
    db.commit()

    answer = post(app, alice, build_wheel("sample", "1.0", "Summary: other"), status=400)

    assert "already exist" in answer.text


def test_many_who_publish_at_once_with_classifiers_in_common_all_succeed(
    app: TestApp, db: Session, alice: Person
):
    wheels = [
        build_wheel(f"together-{number}", "1.0", *(f"Classifier: C :: {n}" for n in range(20)))
        for number in range(12)
    ]

    threads = [threading.Thread(target=post, args=[app, alice, wheel]) for wheel in wheels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(db, File) == 12
    assert count(db, Classifier) == 20


def post_at_once(app: TestApp, who: Person, dists: list[Distribution]) -> list:
    answers = []

    def publish(dist: Distribution) -> None:
        answers.append(
            app.post(
                "/legacy/",
                dist.form(),
                upload_files=[("content", dist.filename, dist.content)],
                headers=who.basic,
                expect_errors=True,
            )
        )

    threads = [threading.Thread(target=publish, args=[dist]) for dist in dists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_first_files_of_a_new_project_may_come_at_once(
    app: TestApp, db: Session, alice: Person
):
    """As those of a CI matrix do; the project does not look like itself."""
    for number in range(3):
        wheels = [
            build_wheel(f"new-{number}", filename=f"new_{number}-1.0-cp3{minor}-none-any.whl")
            for minor in range(10, 14)
        ]
        answers = post_at_once(app, alice, wheels)
        assert [answer.status for answer in answers] == ["200 OK"] * 4


def test_two_new_projects_that_look_alike_and_come_at_once_become_one(
    app: TestApp, db: Session, alice: Person
):
    answers = post_at_once(app, alice, [build_wheel("modern"), build_wheel("modem")])

    assert sorted(answer.status_int for answer in answers) == [200, 400]
    assert count(db, Project) == 1


def test_the_same_source_distribution_many_times_at_once_is_a_success_each_time(
    app: TestApp, db: Session, alice: Person
):
    post(app, alice, build_wheel())

    answers = post_at_once(app, alice, [build_sdist()] * 4)

    assert [answer.status for answer in answers] == ["200 OK"] * 4
    assert count(db, File) == 2


def test_two_source_distributions_of_a_release_at_once_become_one(
    app: TestApp, db: Session, alice: Person
):
    post(app, alice, build_wheel())

    answers = post_at_once(app, alice, [build_sdist("sample", "1.0"), build_sdist("sample", "1")])

    assert sorted(answer.status_int for answer in answers) == [200, 400]
    assert any("takes no second one" in answer.status for answer in answers)


def test_a_release_of_which_an_import_knew_a_little_is_described_anew(
    app: TestApp, db: Session, alice: Person
):
    wheel = build_wheel(
        "sample",
        "1.0",
        "Requires-Dist: attrs",
        "Classifier: C :: 1",
        "Project-URL: Source, https://example.org/",
        description="A text",
    )
    post(app, alice, wheel)
    db.execute(update(Release).values(metadata_version=None, summary=None))
    db.commit()

    other = build_wheel(
        "sample", "1.0", "Requires-Dist: rich", filename="sample-1.0-1-py3-none-any.whl"
    )
    post(app, alice, other)

    assert db.scalars(select(Dependency.specifier)).all() == ["rich"]
    assert [count(db, model) for model in (Description, ProjectURL)] == [0, 0]


def test_two_who_publish_the_same_name_at_once_get_one_file_and_one_refusal(
    app: TestApp, db: Session, alice: Person
):
    wheels = [build_wheel("sample", "1.0", f"Summary: number {number}") for number in range(8)]
    statuses = []

    def publish(wheel: Distribution) -> None:
        answer = app.post(
            "/legacy/",
            wheel.form(),
            upload_files=[("content", wheel.filename, wheel.content)],
            headers=alice.basic,
            expect_errors=True,
        )
        statuses.append(answer.status_int)

    threads = [threading.Thread(target=publish, args=[wheel]) for wheel in wheels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [400] * 7
    assert count(db, File) == 1
