"""One of each kind of person and token, with what they send to be known."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.accounts import tokens
from pypi_web.data import (
    ApiToken,
    FactorKind,
    Invitation,
    Project,
    Role,
    RoleName,
    SecondFactor,
    User,
    WebSession,
)
from pypi_web.security.identity import TokenRight
from tests.distributions import build_wheel
from tests.people import Person, add_person, basic, log_in
from tests.publishing import publish

OPEN, PRIVATE, OTHER = "open-project", "private-project", "other-project"
"""Two projects with the same people, and one with none of them."""

PEOPLE = frozenset(
    {"stranger", "unconfirmed", "member", "maintainer", "owner", "administrator", "bare admin"}
)
"""Signed in at a browser. The bare administrator lacks the second factor that is asked of them, and
could do nothing but read without it, though they are an owner too."""

TOKENS = frozenset(
    {
        "read token",
        "publish token",
        "manage token",
        "token of this",
        "token of other",
        "member token",
        "stranger token",
        "admin token",
        "bare admin token",
        "expired token",
        "revoked token",
    }
)
"""Of an owner and for all projects unless their names say otherwise; those of which the name tells
no right have all of them."""

EVERYBODY = frozenset({"nobody"}) | PEOPLE | TOKENS

_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Persona:
    """`ids` are of what is theirs, by the kind of thing."""

    name: str
    headers: dict[str, str]
    csrf: str
    ids: dict[str, int] = field(default_factory=dict)


def arrange(make_client: Callable[[], TestApp], db: Session) -> dict[str, Persona]:
    """All of EVERYBODY by their names, on a site with OPEN, PRIVATE and OTHER."""
    names = {each: each.replace(" ", "-") for each in PEOPLE}
    people = {each: add_person(db, name, is_admin="admin" in each) for each, name in names.items()}
    _publish(make_client(), db, people)
    invitation = Invitation(
        sha256="0" * 64,
        email="new@example.org",
        invited_by="administrator",
        expires_at=clock.now() + timedelta(days=1),
    )
    db.add(invitation)
    db.commit()
    shared = {"invitation": invitation.id}

    made = {each: _in_person(make_client(), db, person, each) for each, person in people.items()}
    made = {each: _with_ids(persona, shared) for each, persona in made.items()}
    nobody = _nobody(make_client())
    made["nobody"] = nobody
    for name, text in _make_tokens(db, people).items():
        headers = {**nobody.headers, **basic("__token__", text)}
        made[name] = Persona(name, headers, nobody.csrf, made["owner"].ids)
    shared = {"factor": _change_standing(db, people)}
    made = {each: _with_ids(persona, shared) for each, persona in made.items()}
    assert made.keys() == EVERYBODY
    return made


def _publish(client: TestApp, db: Session, people: dict[str, Person]) -> None:
    owner, other = people["owner"], add_person(db, "other")
    publish(client, owner, wheel_of(OPEN), wheel_of(PRIVATE))
    publish(client, other, wheel_of(OTHER))
    for project in db.scalars(select(Project).where(Project.normalized_name != OTHER)):
        project.is_private = project.normalized_name == PRIVATE
        bare = people["bare admin"].id
        db.add(Role(project_id=project.id, user_id=bare, name=RoleName.OWNER))
        for name in (RoleName.MAINTAINER, RoleName.MEMBER):
            db.add(Role(project_id=project.id, user_id=people[name].id, name=name))
    elsewhere = db.scalars(select(Project).where(Project.normalized_name == OTHER)).one()
    db.add(Role(project_id=elsewhere.id, user_id=owner.id, name=RoleName.OWNER))
    db.commit()


def wheel_of(project: str):
    return build_wheel(project, "1.0", "Summary: A thing")


def _in_person(client: TestApp, db: Session, person: Person, name: str) -> Persona:
    assert log_in(client, person.name).status_int == 303
    page = client.get("/account/tokens/", status=200)
    db.rollback()
    ids = {
        "token": _newest(db, ApiToken, person),
        "session": _newest(db, WebSession, person),
        "person": person.id,
    }
    return Persona(name, _cookies(client), _CSRF.search(page.text)[1], ids)


def _nobody(client: TestApp) -> Persona:
    page = client.get("/account/login", status=200)
    return Persona("nobody", _cookies(client), _CSRF.search(page.text)[1])


def _make_tokens(db: Session, people: dict[str, Person]) -> dict[str, str]:
    every = list(TokenRight)

    def make(who: str, **options) -> str:
        user = db.get_one(User, people[who].id)
        return tokens.create_token(db, user, name="x", **{"rights": every, **options}).text

    made = {f"{right} token": make("owner", rights=[right]) for right in TokenRight}
    made["token of this"] = make("owner", projects=[OPEN, PRIVATE])
    made["token of other"] = make("owner", projects=[OTHER])
    made["member token"] = make("member")
    made["stranger token"] = make("stranger")
    made["admin token"] = make("administrator")
    made["bare admin token"] = make("bare admin")
    made["expired token"] = make("owner", days=1)
    made["revoked token"] = make("owner")
    newest = db.scalars(select(ApiToken).order_by(ApiToken.id.desc()).limit(2)).all()
    db.delete(newest[0])
    newest[1].expires_at = clock.now() - timedelta(seconds=1)
    db.commit()
    return made


def _change_standing(db: Session, people: dict[str, Person]) -> int:
    """What would have kept them from logging in as simply as the others; gives the id of the one
    second factor."""
    admin = people["administrator"]
    factor = SecondFactor(user_id=admin.id, kind=FactorKind.TOTP, name="phone", secret=b"x")
    db.add(factor)
    db.get_one(User, people["unconfirmed"].id).email_confirmed_at = None
    db.commit()
    return factor.id


def _newest(db: Session, table: type, person: Person) -> int:
    query = select(table.id).where(table.user_id == person.id).order_by(table.id.desc())
    return db.scalars(query).first()


def _cookies(client: TestApp) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


def _with_ids(persona: Persona, shared: dict[str, int]) -> Persona:
    return Persona(persona.name, persona.headers, persona.csrf, {**persona.ids, **shared})
