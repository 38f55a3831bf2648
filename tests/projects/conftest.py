"""A project with its people, the site that it is on, and the letters that are sent of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import AuditEvent, JournalEntry, Project, Role, RoleName, User
from pypi_web.data.session import writing
from pypi_web.standards.simple_api import Format
from tests.conftest import MakeApp
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.mail import Mailbox, open_mailbox
from tests.people import Person, add_person, log_in
from tests.publishing import publish

JSON = {"Accept": Format.JSON.value}
MANAGE = "/project/sample/manage"


@dataclass(frozen=True)
class Site:
    """Two applications on one database, as two processes are, with a project `sample` of alice's.

    `app` is a browser at the one; what installers see is asked of both, which have kept its pages.
    """

    app: TestApp
    other: TestApp
    db: Session
    files: tuple[Distribution, ...]

    def page(self) -> dict:
        """The simple page of the project, alike wherever it is asked for and in JSON and HTML."""
        pages = [app.get("/simple/sample/", headers=JSON) for app in (self.app, self.other)]
        htmls = [app.get("/simple/sample/") for app in (self.app, self.other)]
        assert pages[0].body == pages[1].body
        assert htmls[0].body == htmls[1].body
        listed = [link.text for link in htmls[0].html.find_all("a")]
        assert listed == [file["filename"] for file in pages[0].json["files"]]
        return pages[0].json

    def document(self, status: int = 200) -> dict:
        documents = [app.get("/pypi/sample/json", status=status) for app in (self.app, self.other)]
        assert documents[0].body == documents[1].body
        return documents[0].json

    def download(self, file: Distribution, *, status: int) -> None:
        """Asks both applications for a file and its metadata, at all addresses that it has."""
        for start in ("files", "packages"):
            path = f"/{start}/{file.sha256[:2]}/{file.sha256[2:4]}/{file.sha256[4:]}"
            for app in (self.app, self.other):
                app.get(f"{path}/{file.filename}", status=status)
                if file.filename.endswith(".whl"):
                    app.get(f"{path}/{file.filename}.metadata", status=status)

    def serial(self) -> int:
        self.db.rollback()
        query = select(Project.last_serial).where(Project.normalized_name == "sample")
        return self.db.scalars(query).one()

    def acts(self) -> list[str]:
        """What the journal says of the project, but uploads."""
        self.db.rollback()
        query = select(JournalEntry.action).where(JournalEntry.project == "sample")
        found = self.db.scalars(query.order_by(JournalEntry.id))
        return [each for each in found if each != "add file"]

    def newest_event(self) -> AuditEvent:
        """What was noted of the project last, but uploads."""
        self.db.rollback()
        query = select(AuditEvent).where(
            AuditEvent.project == "sample",
            AuditEvent.act.not_in(("create project", "publish file")),
        )
        return self.db.scalars(query.order_by(AuditEvent.id.desc())).first()

    def roles(self, name: str = "sample") -> dict[str, str]:
        self.db.rollback()
        query = select(User.name, Role.name).join(Role).join(Project)
        return dict(self.db.execute(query.where(Project.normalized_name == name)).all())

    def give(self, person: Person, role: RoleName, name: str = "sample") -> None:
        with writing(self.db.get_bind()) as db:
            project = db.scalars(select(Project).where(Project.normalized_name == name)).one()
            db.add(Role(project_id=project.id, user_id=person.id, name=role))

    def csrf(self) -> str:
        page = self.app.get("/account/tokens/")
        return page.forms["logout"]["csrf_token"].value

    def post(self, path: str, status: int, /, **fields: str):
        """What a form of the person who is logged in sends, whatever the pages offer."""
        return self.app.post(
            f"{MANAGE}/{path}", {**fields, "csrf_token": self.csrf()}, status=status
        )


@pytest.fixture
def site(app: TestApp, make_app: MakeApp, db: Session, alice: Person) -> Site:
    files = (
        build_wheel("sample", "1.0"),
        build_sdist("sample", "1.0"),
        build_wheel("sample", "2.0"),
    )
    publish(app, alice, *files)
    site = Site(app, make_app(hsts="1s"), db, files)
    site.page()
    site.document()
    return site


@pytest.fixture
def bob(db: Session) -> Person:
    return add_person(db, "bob")


@pytest.fixture
def admin(db: Session) -> Person:
    return add_person(db, "root", is_admin=True)


@pytest.fixture
def owner(site: Site) -> Site:
    """Alice is logged in."""
    assert log_in(site.app).status_int == 303
    return site


@pytest.fixture
def box(app: TestApp) -> Iterator[Mailbox]:
    before = app.app.registry["post"]
    yield open_mailbox(app.app)
    app.app.registry["post"] = before


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    passed = timedelta()
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)

    def wait(**time: float) -> None:
        nonlocal passed
        passed += timedelta(**time)

    return wait
