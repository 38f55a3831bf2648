"""What publishing leaves in the audit."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import ApiToken, AuditEvent
from tests.distributions import Distribution, build_wheel
from tests.people import Person, add_person

FIRST, SECOND = (build_wheel("Foo.Bar", version) for version in ("1.0", "2.0"))


def publish(app: TestApp, who: Person, dist: Distribution, *, status: int = 200):
    return app.post(
        "/legacy/",
        dist.form(),
        upload_files=[("content", dist.filename, dist.content)],
        headers=who.basic,
        extra_environ={"REMOTE_ADDR": "192.0.2.7"},
        status=status,
    )


def audit(db: Session) -> list[AuditEvent]:
    return list(db.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def test_a_file_is_noted_with_who_sent_it_by_which_token_and_from_where(
    app: TestApp, db: Session, alice: Person
):
    publish(app, alice, FIRST)
    publish(app, alice, SECOND)

    events = audit(db)
    token_id = db.scalar(select(ApiToken.id).where(ApiToken.user_id == alice.id))
    assert [(each.act, each.project, each.subject) for each in events] == [
        ("create project", "foo-bar", "Foo.Bar"),
        ("publish file", "foo-bar", FIRST.filename),
        ("publish file", "foo-bar", SECOND.filename),
    ]
    assert {(each.user_id, each.user_name, each.token_id, each.address) for each in events} == {
        (alice.id, "alice", token_id, "192.0.2.7")
    }
    assert events[1].after == {"sha256": FIRST.sha256, "size": len(FIRST.content)}


def test_a_file_that_is_here_already_is_not_noted_again(app: TestApp, db: Session, alice: Person):
    publish(app, alice, FIRST)
    before = len(audit(db))
    db.rollback()

    publish(app, alice, FIRST)

    assert len(audit(db)) == before


def test_who_has_no_role_is_noted_for_the_owners_to_see(app: TestApp, db: Session, alice: Person):
    publish(app, alice, FIRST)
    bob = add_person(db, "bob")

    refusal = publish(app, bob, SECOND, status=403)

    event = audit(db)[-1]
    assert (event.act, event.project, event.subject) == (
        "publish file",
        "foo-bar",
        SECOND.filename,
    )
    assert (event.is_refused, event.user_name, event.address) == (True, "bob", "192.0.2.7")
    assert event.reason
    assert event.reason in refusal.text


def test_who_has_no_role_and_sends_on_and_on_is_noted_once(
    app: TestApp, db: Session, alice: Person
):
    publish(app, alice, FIRST)
    bob = add_person(db, "bob")
    before = len(audit(db))
    db.rollback()

    for dist in (FIRST, SECOND, SECOND):
        publish(app, bob, dist, status=403)

    assert [each.user_name for each in audit(db)[before:]] == ["bob"]


def test_a_token_that_is_not_for_publishing_is_told_so(app: TestApp, db: Session, alice: Person):
    db.execute(update(ApiToken).values(may_publish=False))
    db.commit()

    refusal = publish(app, alice, FIRST, status=403)

    assert "This token may not publish: make one that may." in refusal.status
