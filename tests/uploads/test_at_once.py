"""Many who publish at once, to two servers on one database and one storage."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.data import File, JournalEntry
from pypi_web.storage import Storage
from tests.distributions import Distribution, build_wheel
from tests.people import Person, add_person
from tests.posting import Answer, get, post
from tests.servers import Server, running_server

Servers = tuple[Server, Server]


@pytest.fixture
def servers(site_ini: Path, tmp_path: Path) -> Iterator[Servers]:
    with (
        running_server(site_ini, log=tmp_path / "one.log") as one,
        running_server(site_ini, log=tmp_path / "other.log") as other,
    ):
        yield one, other


def test_of_two_who_race_for_a_name_one_gets_it_unless_both_bring_the_same(
    servers: Servers, db: Session, storage: Storage
):
    people = [add_person(db, name, is_admin=True) for name in ("ann", "ben")]

    for number in range(4):
        wheels = [build_wheel("raced", f"1.{number}", f"Summary: by {who.name}") for who in people]
        answers = publish_at_once(servers, people, wheels)
        assert sorted(answer.status for answer in answers) == [200, 400]
        winner, loser = sorted(range(2), key=lambda each: answers[each].status)
        assert "already exist" in answers[loser].body
        assert sha256_of(db, wheels[winner]) == wheels[winner].sha256
        assert storage.size(wheels[winner].sha256) == len(wheels[winner].content)
    for number in range(4):
        same = build_wheel("raced", f"2.{number}")
        answers = publish_at_once(servers, people, [same, same])
        assert [answer.status for answer in answers] == [200, 200]
        assert sha256_of(db, same) == same.sha256

    assert len(db.scalars(select(JournalEntry.id)).all()) == 8
    assert not any(has_troubles(server) for server in servers)


def test_thirty_publish_at_once_and_each_is_seen_on_the_other_server_right_away(
    servers: Servers, db: Session, alice: Person
):
    wheels = [build_wheel(f"crowd-{number}") for number in range(30)]

    def publish(number: int) -> tuple[int, str]:
        one, other = servers[number % 2], servers[1 - number % 2]
        answer = post(one.port, alice, wheels[number])
        page = get(other.port, f"/simple/crowd-{number}/")
        return answer.status, page.body

    with ThreadPoolExecutor(30) as threads:
        results = list(threads.map(publish, range(30)))

    for wheel, (status, page) in zip(wheels, results, strict=True):
        assert status == 200
        assert wheel.filename in page
    journal = db.execute(
        select(JournalEntry.id, JournalEntry.filename).order_by(JournalEntry.created_at)
    ).all()
    assert {row.filename for row in journal} == {wheel.filename for wheel in wheels}
    assert [row.id for row in journal] == sorted({row.id for row in journal})
    assert not any(has_troubles(server) for server in servers)


def publish_at_once(
    servers: Servers, people: list[Person], wheels: list[Distribution]
) -> list[Answer]:
    """Each publishes a wheel of their own to a server of their own, both at the same time."""

    def publish(number: int) -> Answer:
        return post(servers[number].port, people[number], wheels[number])

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(publish, range(2)))


def sha256_of(db: Session, wheel: Distribution) -> str:
    db.rollback()
    return db.scalars(select(File.sha256).where(File.filename == wheel.filename)).one()


def has_troubles(server: Server) -> bool:
    log = server.log.read_text()
    return "locked" in log or "failed" in log or "Traceback" in log
