"""Who reads what is private stands in the table of permissions, and twice more, for the sake of
queries: in a condition, and in what tells whether a kept page may be had. All say the same."""

from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pypi_web.data import ApiToken, Project, Role, RoleName, User
from pypi_web.data.serials import Serials
from pypi_web.data.session import writing
from pypi_web.data.visibility import is_visible
from pypi_web.security.identity import Identity, TokenRight, TokenScope, viewer_of
from pypi_web.security.permissions import Permission, Standing, decide
from pypi_web.security.tokens import make_token
from tests.people import add_person

ROLES = (None, *RoleName)
RIGHTS = ((TokenRight.READ,), (TokenRight.PUBLISH, TokenRight.MANAGE), tuple(TokenRight))
SCOPES = (None, ("secret",), ("other",), ("other", "secret"))


@pytest.fixture
def projects(db: Session) -> dict[str, Project]:
    found = {name: Project(name=name, normalized_name=name) for name in ("secret", "other")}
    for each in found.values():
        each.is_private = True
    db.add_all(found.values())
    db.commit()
    return found


@pytest.fixture(params=list(product(ROLES, (False, True))), ids=str)
def person(
    request: pytest.FixtureRequest, db: Session, projects: dict[str, Project]
) -> tuple[User, RoleName | None]:
    role, is_admin = request.param
    made = add_person(db, "ann", is_admin=is_admin)
    if role is not None:
        db.add(Role(project_id=projects["secret"].id, user_id=made.id, name=role))
        db.commit()
    return db.get_one(User, made.id), role


def identities(
    engine: Engine, user: User, projects: dict[str, Project]
) -> Iterator[tuple[Identity, str | None]]:
    """The person at a browser, and with each kind of token, with its SHA-256."""
    yield Identity(user.id, user.name, user.is_admin), None
    for rights, scope in product(RIGHTS, SCOPES):
        named = None if scope is None else [projects[name] for name in scope]
        with writing(engine) as own:
            owned = None if named is None else [own.get_one(Project, each.id) for each in named]
            text = make_token(
                own, user_id=user.id, name="t", projects=owned, rights=rights, expires_at=None
            )
            token = own.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()
            assert token is not None
            assert text.endswith(token.hint)
            ids = None if named is None else frozenset(each.id for each in named)
            scoped = TokenScope(token.id, ids, frozenset(rights))
            sha256 = token.sha256
        yield Identity(user.id, user.name, user.is_admin, scoped), sha256


def test_table_condition_and_kept_pages_say_the_same(
    engine: Engine, db: Session, projects: dict[str, Project], person: tuple[User, RoleName | None]
):
    user, role = person
    project = projects["secret"]
    serials = Serials(engine)
    standing = Standing(project.id, role, is_private=True)
    db.rollback()

    for identity, sha256 in identities(engine, user, projects):
        db.rollback()
        by_table = bool(decide(Permission.READ_PROJECT, identity, standing, anonymous_read=True))
        seen = select(Project.id).where(Project.id == project.id, is_visible(viewer_of(identity)))
        assert (db.execute(seen).first() is not None) == by_table, identity
        if sha256 is not None:
            kept = serials.seen_by_token(
                sha256, "secret", address="192.0.2.1", admins_need_factor=False
            )
            assert (kept is not None and kept.may_see) == by_table, identity
    serials.reconnect()
