"""What is deleted here is not had from upstream in its place."""

import pytest
from sqlalchemy import Engine, select
from webtest import TestApp

from pypi_web.data import Project
from pypi_web.data.session import writing
from pypi_web.mirror.claims import ClaimRefused, unclaim
from pypi_web.projects import managing
from pypi_web.projects.deeds import Actor
from pypi_web.standards.simple_api import Format
from tests.distributions import build_wheel
from tests.mirror.conftest import make_mirror, mirror, upstream
from tests.people import Person
from tests.publishing import publish
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

__all__ = ["make_mirror", "mirror", "upstream"]

JSON = {"Accept": Format.JSON.value}
OURS = build_wheel("sample", "1.0")
THEIRS = build_wheel("sample", "9.0")


def address(wheel) -> str:
    return f"/files/{wheel.sha256[:2]}/{wheel.sha256[2:4]}/{wheel.sha256[4:]}/{wheel.filename}"


@pytest.mark.parametrize("what", ["file", "release", "project"])
def test_a_name_is_never_asked_of_upstream_after_all_of_it_is_deleted(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine, alice: Person, what: str
):
    publish(mirror, alice, OURS)
    upstream.offer("sample", OfferedFile.of(THEIRS), OfferedFile.of(OURS))
    assert len(mirror.get("/simple/sample/", headers=JSON).json["files"]) == 1

    with writing(engine) as db:
        project = db.scalars(select(Project.id)).one()
        if what == "file":
            managing.delete_file(db, project, OURS.filename, typed=OURS.filename, actor=Actor())
        elif what == "release":
            managing.delete_release(db, project, "1.0", typed="1.0", actor=Actor())
        else:
            managing.delete_project(db, project, typed="sample", actor=Actor())

    assert mirror.get("/simple/sample/", headers=JSON, status=200).json["files"] == []
    for wheel in (OURS, THEIRS):
        mirror.get(address(wheel), status=404)
        mirror.get(f"{address(wheel)}.metadata", status=404)
    if what != "file":
        mirror.get("/project/sample/", status=404)
    mirror.get("/pypi/sample/9.0/json", status=404)
    assert upstream.requests == []
    with writing(engine) as db, pytest.raises(ClaimRefused):
        unclaim(db, "sample", actor=None)
