"""People publish, and run what they have published."""

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sqlalchemy.orm import Session

from tests.browser.conftest import OpenBrowser, Site
from tests.browser.people import fill_in, log_in
from tests.clients.programs import twine
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person, add_person
from tests.posting import post

REASON = "It loses data: take 1.1."
FIELDS = ("Summary: What one sees", "Description-Content-Type: text/markdown")
README = "# Sample\n\nWith `code`, a [link](https://example.org) and a list:\n\n- one\n"


@pytest.fixture
def owner(site: Site, db: Session) -> Person:
    """Ada, who has published two releases."""
    ada = add_person(db, "ada")
    for dist in (build_wheel("sample", "1.0"), build_wheel("sample", "1.1")):
        _publish(site, ada, dist)
    return ada


def test_what_twine_publishes_with_a_token_of_the_browser_is_yanked_there(
    site: Site, open_browser: OpenBrowser, db: Session, tmp_path: Path
):
    add_person(db, "ada")
    ada = open_browser("ada")
    log_in(ada, "ada")
    ada.press("See your tokens, make or revoke one")
    ada.look("tokens")
    ada.fill("Name", "laptop")
    ada.press("Make the token")
    [token] = ada.read(".command-secret .command-text")
    ada.look("new token")

    files = [
        build("sample", "1.0", *FIELDS, description=README).write_to(tmp_path)
        for build in (build_wheel, build_sdist)
    ]
    twine(site.server, Person(0, "ada", token), *files)

    ada.open("/")
    ada.look("home")
    ada.open("/project/sample/")
    ada.look("project")
    ada.press("Manage sample")
    ada.look("releases")
    ada.press("Manage 1.0")
    ada.look("release")
    ada.fill("Reason", REASON)
    ada.press("Yank")
    ada.look("yanked")
    assert [file["yanked"] for file in _simple_page(site)["files"]] == [REASON, REASON]
    ada.open("/project/sample/")
    assert REASON in ada.text
    ada.look("yanked project")

    ada.open("/project/sample/manage/releases/1.0")
    ada.press("Take the yank back")
    assert [file["yanked"] for file in _simple_page(site)["files"]] == [False, False]


def test_somebody_who_is_invited_accepts_in_their_own_browser(
    site: Site, owner: Person, open_browser: OpenBrowser, db: Session
):
    add_person(db, "grace")
    ada, grace = open_browser("ada"), open_browser("grace")
    log_in(ada, "ada")
    ada.open("/project/sample/manage/people")
    ada.fill("User name or e-mail address", "grace@example.org")
    ada.choose("To be", "Maintainer")
    ada.press("Invite")
    ada.look("invited")

    grace.open(site.letters.link("grace@example.org", "You are invited to sample"))
    assert grace.path.startswith("/account/login")
    fill_in(grace, "grace")
    grace.look("invitation")
    grace.press("Accept")
    assert "You are a maintainer of sample now" in grace.text
    grace.look("accepted")

    ada.open("/project/sample/manage/people")
    assert ada.read("tbody th") == ["ada You", "grace"]
    ada.look("people")


def test_a_project_ends_when_its_owner_types_its_name(
    site: Site, owner: Person, open_browser: OpenBrowser
):
    ada = open_browser("ada")
    log_in(ada, "ada")
    ada.open("/project/sample/manage/settings")
    ada.look("settings")
    ada.press("Delete the project…")
    ada.fill("Type that to delete it", "simple")
    ada.press("Delete this project")
    ada.look("another name", status=400)
    assert len(_simple_page(site)["files"]) == 2

    ada.fill("Type that to delete it", "sample")
    ada.press("Delete this project")
    assert ada.path == "/account/"
    ada.look("deleted")
    assert _simple_page(site)["files"] == []
    ada.open("/project/sample/")
    ada.look("nothing there", status=404)


def test_a_private_project_is_none_to_an_outsider(
    site: Site, owner: Person, open_browser: OpenBrowser, db: Session
):
    add_person(db, "eve")
    ada, eve = open_browser("ada"), open_browser("eve")
    log_in(ada, "ada")
    ada.open("/project/sample/manage/settings")
    ada.press("Make it private")
    ada.look("private settings")
    ada.open("/project/sample/")
    assert ada.read("h1 + .project-badges .badge") == ["Private"]
    ada.look("private project")

    log_in(eve, "eve")
    eve.open("/project/sample/")
    eve.look("private to her", status=404)
    seen = eve.read("main")
    eve.open("/project/sampel/")
    eve.look("not there", status=404)

    assert eve.read("main") == [each.replace("sample", "sampel") for each in seen]
    eve.open("/")
    assert "sample" not in eve.text


def _publish(site: Site, who: Person, dist: Distribution) -> None:
    answer = post(site.server.port, who, dist)
    assert answer.status == 200, answer.body


def _simple_page(site: Site) -> dict[str, Any]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with urlopen(Request(f"{site.server.index_url}sample/", headers=accept), timeout=10) as page:
        return json.load(page)
