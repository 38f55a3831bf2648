"""Pages that no walk leads to are looked at as well, full of long names."""

import pytest
from sqlalchemy.orm import Session

from tests.browser.conftest import OpenBrowser, Site
from tests.browser.people import log_in
from tests.distributions import build_wheel
from tests.people import add_person
from tests.posting import post

PERSON = "a-person-whose-name-is-as-long-as-a-name-of-theirs-may-ever-be-1"
PROJECT = "a-project-with-a-name-that-goes-on-and-on-without-a-place-to-break-it-anywhere"
VERSION = "2026.10.11rc12.post13.dev14"

ACCOUNT = (
    "address",
    "confirm",
    "delete",
    "factors",
    "invitations",
    "password",
    "sessions",
    "tokens/",
)
MANAGED = ("", "people", "settings", "history", "leave", "delete", f"releases/{VERSION}")


def test_all_pages_of_an_account_fit_a_telephone(open_browser: OpenBrowser, db: Session):
    add_person(db, PERSON, is_admin=True)
    browser = open_browser("administrator")
    for page in ("forgotten", "passkey", "register"):
        browser.open(f"/account/{page}")
        browser.look(page)
    log_in(browser, PERSON)
    browser.look("account")
    for page in ACCOUNT:
        browser.open(f"/account/{page}")
        browser.look(page.rstrip("/"))


def test_all_pages_of_a_project_fit_a_telephone(site: Site, open_browser: OpenBrowser, db: Session):
    owner = add_person(db, PERSON)
    post(site.server.port, owner, build_wheel(PROJECT, VERSION, f"Summary: {'wide ' * 60}"))
    browser = open_browser("owner")
    log_in(browser, PERSON)
    browser.open(f"/project/{PROJECT}/manage/releases/{VERSION}")
    browser.fill("Reason", "W" * 400)
    browser.press("Yank")
    for page in MANAGED:
        browser.open(f"/project/{PROJECT}/manage/{page}")
        browser.look(page.split("/")[0] or "manage")
    for page in ("/", f"/project/{PROJECT}/", "/search/?q=project"):
        browser.open(page)
        browser.look(page.strip("/").split("/")[0] or "home")


def test_a_page_that_is_not_whole_fails_a_walk(open_browser: OpenBrowser):
    browser = open_browser("anybody")

    for act, complaint in (
        ("document.body.innerHTML += '<p style=\"color: red\">'", "Content Security Policy"),
        ("document.body.innerHTML += '<img src=\"/nothing.png\">'", "404"),
        ("console.error('a mistake')", "a mistake"),
        ("document.querySelector('h1').style.width = '600px'", "wider than 390 pixels"),
        ("document.querySelector('h1').id = 'main'", "ids more than once"),
    ):
        browser.open("/")
        browser.run(act)
        with pytest.raises(AssertionError, match=complaint):
            browser.look("not whole")
