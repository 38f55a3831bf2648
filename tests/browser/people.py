"""What people do on many pages."""

from tests.browser.browsers import Browser
from tests.people import PASSWORD


def log_in(browser: Browser, name: str, password: str = PASSWORD) -> None:
    """Leads to the account, or to what else is asked of somebody with a second factor."""
    browser.open("/account/login")
    fill_in(browser, name, password)


def fill_in(browser: Browser, name: str, password: str = PASSWORD) -> None:
    """The form for logging in, that somebody was led to."""
    browser.fill("User name or e-mail address", name)
    browser.fill("Password", password)
    browser.press("Log in")
