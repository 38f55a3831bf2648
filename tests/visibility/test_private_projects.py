"""Private projects: who is not of them cannot tell one from none, wherever they look."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.accounts import tokens
from pypi_web.data import ApiToken, Project, Role, RoleName, TokenProject, User
from pypi_web.security.identity import TokenRight
from pypi_web.site.counting import KeptCounts, find_newest
from pypi_web.standards.simple_api import Format
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, add_person, basic, log_in
from tests.publishing import publish
from tests.visibility.hiding import WHEEL, make_private, make_token

JSON = {"Accept": Format.JSON.value}
SEARCHED = "/search/?q=acme"


def give_role(db: Session, person: Person, role: RoleName) -> None:
    project = db.query(Project).filter_by(normalized_name="acme-secret").one()
    db.add(Role(project_id=project.id, user_id=person.id, name=role))
    db.commit()


def names_of(app: TestApp, headers: dict[str, str] | None = None) -> list[str]:
    listed = app.get("/simple/", headers={**JSON, **(headers or {})}).json["projects"]
    return [each["name"] for each in listed]


def cannot_tell(app: TestApp, secret: str, headers: dict[str, str] | None = None) -> None:
    """That all answers are those of a name that nobody has."""
    headers = headers or {}
    for there, nowhere in (
        ("/simple/acme-secret/", "/simple/acme-nobody/"),
        ("/pypi/acme-secret/json", "/pypi/acme-nobody/json"),
        ("/pypi/acme-secret/1.0/json", "/pypi/acme-nobody/1.0/json"),
        ("/project/acme-secret/", "/project/acme-nobody/"),
        ("/project/acme-secret/1.0/", "/project/acme-nobody/1.0/"),
        (secret, secret.replace("acme_secret", "acme_nobody")),
        (f"{secret}.metadata", f"{secret}.metadata".replace("acme_secret", "acme_nobody")),
    ):
        answer = app.get(there, headers=headers, expect_errors=True)
        other = app.get(nowhere, headers=headers, expect_errors=True)
        assert answer.status_int == other.status_int == 404, there
        assert answer.text.replace("secret", "nobody") == other.text
        assert {*answer.headers} - {"Set-Cookie"} == {*other.headers} - {"Set-Cookie"}
    assert names_of(app, headers) == ["open"]
    assert "acme-secret" not in app.get(SEARCHED, headers=headers)
    assert "acme-secret" not in app.get("/", headers=headers)


def sees(app: TestApp, secret: str, headers: dict[str, str] | None = None) -> None:
    headers = headers or {}
    page = app.get("/simple/acme-secret/", headers={**JSON, **headers})
    assert [each["filename"] for each in page.json["files"]] == [WHEEL.filename]
    assert "private" in page.headers["Cache-Control"]
    assert app.get(secret, headers=headers).body == WHEEL.content
    assert app.get(f"{secret}.metadata", headers=headers).status_int == 200
    assert app.get("/pypi/acme-secret/json", headers=headers).json["info"]["name"]
    assert "acme-secret" in app.get("/project/acme-secret/", headers=headers)
    assert names_of(app, headers) == ["acme-secret", "open"]
    assert "acme-secret" in app.get(SEARCHED, headers=headers)
    assert "acme-secret" in app.get("/", headers=headers)


def test_strangers_cannot_tell_it_from_none(app: TestApp, secret: str):
    cannot_tell(app, secret)


def test_others_who_are_signed_in_cannot_either(app: TestApp, db: Session, secret: str):
    bob = add_person(db, "bob")
    cannot_tell(app, secret, bob.basic)
    log_in(app, "bob")
    cannot_tell(app, secret)


@pytest.mark.parametrize("role", list(RoleName))
def test_its_people_see_it_at_a_browser_and_by_token(
    app: TestApp, db: Session, secret: str, role: RoleName
):
    bob = add_person(db, "bob")
    give_role(db, bob, role)

    sees(app, secret, bob.basic)
    log_in(app, "bob")
    sees(app, secret)


def test_administrators_see_it(app: TestApp, db: Session, secret: str):
    sees(app, secret, add_person(db, "root", is_admin=True).basic)


def test_a_token_that_may_not_read_sees_nothing_private(
    app: TestApp, db: Session, alice: Person, secret: str
):
    cannot_tell(app, secret, make_token(db, alice, rights=[TokenRight.PUBLISH]))


def test_a_token_for_another_project_sees_nothing_private(
    app: TestApp, db: Session, alice: Person, secret: str
):
    cannot_tell(app, secret, make_token(db, alice, projects=["open"]))
    sees(app, secret, make_token(db, alice, projects=["acme-secret"]))


def see_by(app: TestApp, headers: dict[str, str]) -> int:
    return app.get("/simple/acme-secret/", headers=headers, expect_errors=True).status_int


@pytest.mark.parametrize("first", ["those who may", "those who may not"])
def test_a_page_that_is_kept_is_given_to_those_who_may_have_it_alone(
    app: TestApp, db: Session, alice: Person, secret: str, first: str
):
    bob = add_person(db, "bob")
    log_in(app, "alice")
    app.get("/simple/acme-secret/", status=200)  # as a browser, whose cookie is no token
    app.reset()
    alices = alice.basic
    order = [alices, bob.basic, {}]
    if first == "those who may not":
        order.reverse()

    for _ in range(3):
        answers = [see_by(app, each) for each in order]
        assert answers == [200 if each is alices else 404 for each in order]


def test_whatever_ends_a_right_ends_it_at_once_for_kept_pages_too(
    app: TestApp, db: Session, engine: Engine, alice: Person, secret: str
):
    bob = add_person(db, "bob")
    give_role(db, bob, RoleName.MEMBER)
    narrow = make_token(db, bob, projects=["acme-secret"])
    for _ in range(2):
        assert [see_by(app, bob.basic), see_by(app, narrow), see_by(app, {})] == [200, 200, 404]

    db.query(Role).filter_by(user_id=bob.id).delete()
    db.commit()
    assert [see_by(app, bob.basic), see_by(app, narrow)] == [404, 404]

    give_role(db, bob, RoleName.MEMBER)
    assert [see_by(app, bob.basic), see_by(app, narrow)] == [200, 200]
    for token in tokens.list_tokens(db, bob.id):
        tokens.revoke_token(db, bob.id, token.id)
    db.commit()
    assert [see_by(app, bob.basic), see_by(app, narrow)] == [401, 401]


def test_a_token_that_expires_is_good_for_nothing_from_then_on(
    app: TestApp, db: Session, alice: Person, secret: str, monkeypatch: pytest.MonkeyPatch
):
    token = make_token(db, alice, days=1)
    for _ in range(2):
        assert see_by(app, token) == 200

    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)

    assert [see_by(app, token), see_by(app, alice.basic)] == [401, 200]


def test_whose_account_is_gone_reads_nothing_any_more(app: TestApp, db: Session, secret: str):
    bob = add_person(db, "bob")
    give_role(db, bob, RoleName.MEMBER)
    for _ in range(2):
        assert see_by(app, bob.basic) == 200

    db.execute(delete(User).where(User.id == bob.id))
    db.commit()

    assert see_by(app, bob.basic) == 401


def test_a_token_that_may_no_longer_read_it_does_not(
    app: TestApp, db: Session, alice: Person, secret: str
):
    narrow = make_token(db, alice, projects=["acme-secret"])
    for _ in range(2):
        assert [see_by(app, narrow), see_by(app, alice.basic)] == [200, 200]

    db.execute(delete(TokenProject))
    db.execute(update(ApiToken).where(ApiToken.is_for_all).values(may_read=False))
    db.commit()

    assert [see_by(app, narrow), see_by(app, alice.basic)] == [404, 404]


def test_making_it_public_and_private_again_counts_from_the_next_request_on(
    app: TestApp, engine: Engine, secret: str
):
    for is_private in (False, True, False, True):
        make_private(engine, "acme-secret", is_private=is_private)
        for _ in range(2):
            assert see_by(app, {}) == (404 if is_private else 200)
            assert names_of(app) == (["open"] if is_private else ["acme-secret", "open"])


def test_the_list_of_somebody_who_sees_more_is_theirs_alone(
    app: TestApp, db: Session, alice: Person, secret: str
):
    bob = add_person(db, "bob")
    for _ in range(2):
        assert names_of(app, alice.basic) == ["acme-secret", "open"]
        assert names_of(app, bob.basic) == ["open"]
        assert names_of(app) == ["open"]
    log_in(app, "alice")
    assert names_of(app) == ["acme-secret", "open"]
    app.reset()
    assert names_of(app) == ["open"]


def test_a_page_that_depends_on_it_does_not_lead_there(
    app: TestApp, db: Session, alice: Person, secret: str
):
    wheel = build_wheel("user", "1.0", "Requires-Dist: acme-secret")
    publish(app, alice, wheel)

    page = app.get("/project/user/")
    assert "/project/acme-secret/" not in page
    log_in(app, "alice")
    assert "/project/acme-secret/" in app.get("/project/user/")


def test_what_is_private_is_not_counted(app: TestApp, db: Session, engine: Engine, secret: str):
    counts = KeptCounts(engine).find(find_newest(db))

    assert counts is not None
    assert (counts.projects, counts.releases, counts.files) == (1, 1, 1)


def test_home_is_that_of_an_empty_index_to_those_who_see_nothing_else(
    app: TestApp, db: Session, engine: Engine, alice: Person
):
    empty = app.get("/").text
    publish(app, alice, WHEEL)
    make_private(engine, "acme-secret")

    assert app.get("/").text == empty
    log_in(app, add_person(db, "bob").name)
    assert "ready for its first package" in app.get("/")
    app.reset()
    log_in(app, "alice")
    assert "Find a Python package" in app.get("/")


def test_a_private_index_gives_kept_pages_to_tokens_that_may_read(
    make_app: MakeApp, db: Session, alice: Person
):
    app = make_app(anonymous_read="false")
    publish(app, alice, build_wheel("open"))
    deaf = make_token(db, alice, rights=[TokenRight.PUBLISH])
    for _ in range(3):
        assert app.get("/simple/open/", headers=alice.basic).status_int == 200
        for headers in ({}, deaf, basic("__token__", "pypiweb-nothing00000000")):
            refused = app.get("/simple/open/", headers=headers, expect_errors=True)
            assert refused.status_int in (401, 403)
    for token in tokens.list_tokens(db, alice.id):
        tokens.revoke_token(db, alice.id, token.id)
    db.commit()
    assert app.get("/simple/open/", headers=alice.basic, expect_errors=True).status_int == 401


def test_the_use_of_a_token_is_noted_by_kept_pages_too(
    app: TestApp, db: Session, alice: Person, secret: str
):
    for _ in range(2):
        assert see_by(app, alice.basic) == 200
    app.app.registry["token_uses"].write()

    (token,) = tokens.list_tokens(db, alice.id)
    assert token.last_used_at is not None


def test_a_use_from_another_address_is_noted_by_kept_pages_at_once(
    app: TestApp, db: Session, alice: Person, secret: str
):
    uses = app.app.registry["token_uses"]
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        app.get("/simple/acme-secret/", headers=alice.basic, extra_environ={"REMOTE_ADDR": address})
        uses.write()

    (token,) = tokens.list_tokens(db, alice.id)
    assert token.last_used_from == "192.0.2.2"


def test_a_use_like_the_last_is_not_noted_again_by_kept_pages(
    app: TestApp, db: Session, alice: Person, secret: str
):
    uses = app.app.registry["token_uses"]
    for _ in range(2):
        see_by(app, alice.basic)
        uses.write()
    (token,) = tokens.list_tokens(db, alice.id)
    noted = token.last_used_at
    db.commit()  # what it has read so far is all that it would see

    see_by(app, alice.basic)
    uses.write()

    db.refresh(token)
    assert token.last_used_at == noted


def test_a_mirror_is_never_asked_for_its_name(make_app: MakeApp, db: Session, alice: Person):
    app = make_app(mirror_upstream="http://127.0.0.1:9/simple/")
    publish(app, add_person(db, "root", is_admin=True), WHEEL)
    make_private(app.app.registry["engine"], "acme-secret")

    app.get("/simple/acme-secret/", status=404)
    app.get("/project/acme-secret/", status=404)


def test_a_wrong_token_is_said_to_be_wrong_where_nothing_is_found(app: TestApp, secret: str):
    """Or an expired one looks to pip as if there were no such project."""
    wrong = basic("__token__", "pypiweb-wrong")

    answers = [
        app.get(f"/simple/{name}/", headers=wrong, status=401) for name in ("acme-secret", "nobody")
    ]

    for each in answers:
        assert "wrong, revoked or expired" in each.status
        assert "WWW-Authenticate" in each.headers
    app.get("/simple/open/", headers=wrong, status=200)
