"""People with accounts and tokens, for tests that need somebody."""

import base64
from dataclasses import dataclass

from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import people, tokens
from pypi_web.data.session import writing

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    token: str

    @property
    def basic(self) -> dict[str, str]:
        """The header by which twine and pip present the token."""
        return basic("__token__", self.token)


def add_person(db: Session, name: str, *, is_admin: bool = False) -> Person:
    db.commit()  # what it has read so far would keep it from writing, once somebody else has
    with writing(db.get_bind()) as own:
        applicant = people.check_applicant(
            name=name, email=f"{name}@example.org", password=PASSWORD
        )
        user = people.create_user(own, applicant, is_admin=is_admin, is_confirmed=True)
        token = tokens.create_token(own, user, name="of the tests")
        return Person(user.id, user.name, token.text)


def basic(user: str, password: str) -> dict[str, str]:
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


def log_in(app: TestApp, name: str = "alice", password: str = PASSWORD, *, after: str = ""):
    """Fills in the log-in form as a person does; gives whatever the site answers."""
    form = app.get("/account/login", {"next": after} if after else {}).forms["login"]
    form["name"], form["password"] = name, password
    return form.submit(expect_errors=True)
