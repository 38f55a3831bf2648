"""People make their accounts, and show who they are."""

from datetime import timedelta

import pyotp
from sqlalchemy.orm import Session

from pypi_web import clock
from tests import people
from tests.browser.browsers import Browser
from tests.browser.conftest import OpenBrowser, Site
from tests.browser.people import log_in

PASSWORD = "seven owls on an analytical engine"


def test_somebody_registers_by_a_letter(site: Site, open_browser: OpenBrowser):
    ada = open_browser("ada")
    ada.open("/")
    ada.look("empty index")
    ada.press("Log in")
    ada.look("log in")
    ada.press("Make an account")
    ada.look("register")
    ada.fill("E-mail address", "ada@example.org")
    ada.press("Send me a letter")
    ada.look("letter sent")

    ada.open(site.letters.link("ada@example.org", "Make your account"))
    ada.fill("User name", "ada")
    ada.fill("Password", "ada@example.org")
    ada.press("Make the account")
    ada.look("weak password", status=400)
    ada.fill("Password", PASSWORD)
    ada.press("Make the account")

    assert ada.path == "/account/"
    assert "Welcome, ada" in ada.text
    assert "not confirmed" not in ada.text
    ada.look("account")
    ada.press("Log out")
    log_in(ada, "ada@example.org", PASSWORD)
    assert ada.path == "/account/"


def test_another_address_is_confirmed_by_a_letter_to_it(
    site: Site, open_browser: OpenBrowser, db: Session
):
    people.add_person(db, "ada")
    ada = open_browser("ada")
    log_in(ada, "ada")
    ada.press("Change your address")
    ada.look("change address")
    ada.fill("New e-mail address", "countess@example.org")
    ada.fill("Password", people.PASSWORD)
    ada.press("Send a letter there")
    ada.look("letter sent")

    ada.open(site.letters.link("countess@example.org", "Confirm your e-mail address"))
    ada.look("confirm address")
    ada.press("Confirm it")

    ada.open("/account/")
    assert "countess@example.org" in ada.text
    assert "not confirmed" not in ada.text


def test_somebody_adds_second_factors_and_logs_in_with_each(open_browser: OpenBrowser, db: Session):
    people.add_person(db, "ada")
    ada = open_browser("ada")
    ada.plug_key_in()
    log_in(ada, "ada")
    ada.press("Add a second factor")
    ada.look("no second factor")

    ada.press("Add an application")
    ada.look("add application")
    application = pyotp.TOTP("".join(ada.read(".factor-secret")).replace(" ", ""))
    ada.fill("Name", "telephone")
    ada.fill("Code", application.now())
    ada.press("Add it")
    codes = ada.read("#codes code")
    assert len(set(codes)) == 10
    ada.look("recovery codes")
    ada.press("I have kept them")
    assert not any(code in ada.text for code in codes), "they are shown once"

    ada.press("Add a key")
    ada.look("add key")
    ada.fill("Name", "key ring")
    ada.press("Add the key")
    assert ada.read("th .token-name") == ["telephone", "key ring"]
    ada.look("second factors")

    _leave_and_log_in(ada)
    ada.look("one more step")
    # A code works once: the next one is good already, for a telephone's clock may be fast.
    ada.fill("Code", application.at(clock.now() + timedelta(seconds=30)))
    ada.press("Log in")
    assert ada.path == "/account/"

    _leave_and_log_in(ada)
    ada.press("Use your key")
    assert ada.path == "/account/"

    _leave_and_log_in(ada)
    ada.fill("Code", codes[0])
    ada.press("Log in")
    assert ada.path == "/account/"

    ada.press("Log out")
    ada.press("Log in")
    ada.press("Log in with a passkey")
    ada.look("log in with a passkey")
    ada.press("Use your passkey")
    assert ada.path == "/account/"
    ada.look("account with factors")


def _leave_and_log_in(browser: Browser) -> None:
    browser.press("Log out")
    log_in(browser, "ada")
    assert browser.path.startswith("/account/second-factor")


def test_a_code_is_good_once(open_browser: OpenBrowser, db: Session):
    people.add_person(db, "ada")
    ada = open_browser("ada")
    log_in(ada, "ada")
    ada.open("/account/factors/app")
    application = pyotp.TOTP("".join(ada.read(".factor-secret")).replace(" ", ""))
    code = application.now()
    ada.fill("Name", "telephone")
    ada.fill("Code", code)
    ada.press("Add it")

    _leave_and_log_in(ada)
    ada.fill("Code", code)
    ada.press("Log in")

    ada.look("wrong code", status=400)
    assert "That did not work" in ada.text
