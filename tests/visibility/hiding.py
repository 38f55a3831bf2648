"""A private project, and what makes one."""

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from pypi_web.accounts import tokens
from pypi_web.data import Action, Project, User, journal
from pypi_web.data.session import writing
from pypi_web.standards import addresses
from tests.distributions import build_wheel
from tests.people import Person, basic

WHEEL = build_wheel("acme-secret", "1.0", description="What nobody else may read.")
FILE = f"/{addresses.of_file(WHEEL.sha256, WHEEL.filename)}"


def make_private(engine: Engine, name: str, *, is_private: bool = True) -> None:
    with writing(engine) as db:
        db.execute(
            update(Project).where(Project.normalized_name == name).values(is_private=is_private)
        )
        (project_id,) = db.execute(
            update(Project)
            .where(Project.normalized_name == name)
            .values(name=name)
            .returning(Project.id)
        ).one()
        journal.record(db, project_id, name, Action.ACTIVATE, actor=None)


def make_token(db: Session, person: Person, **options) -> dict[str, str]:
    db.rollback()  # what it has read would keep it from seeing this
    with writing(db.get_bind()) as own:
        made = tokens.create_token(own, own.get_one(User, person.id), name="x", **options)
        return basic("__token__", made.text)
