"""A browser, used as people use one: by what is written on links, buttons and fields.

Each page that is looked at leaves pictures, and has to be whole: the console complains of nothing,
and nothing is wider than a telephone.
"""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

DESK, TELEPHONE = (1280, 900), (390, 844)
SCHEMES = ("light", "dark")

PATIENCE = 20.0
"""Seconds for a page to come."""

_STATUS = "return performance.getEntriesByType('navigation')[0].responseStatus"
_BEGIN = "return performance.timeOrigin"
_BEGIN_OF_LOADED = "return document.readyState === 'complete' ? performance.timeOrigin : null"
_DOUBLED = """
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    return ids.filter((each, place) => ids.indexOf(each) !== place);
"""
_EXCESS = """
    const edge = document.scrollingElement.scrollWidth - innerWidth;
    const wide = [...document.body.querySelectorAll("*")].filter(
        (each) => each.getBoundingClientRect().right > innerWidth);
    return edge > 0 ? wide.map((each) => each.outerHTML.slice(0, 120)) : null;
"""


class Browser:
    """One person's, with cookies and a key of its own."""

    def __init__(self, driver: webdriver.Chrome, site: str, pictures: Path) -> None:
        self._driver = driver
        self._site = site
        self._pictures = pictures
        self._seen = 0
        self._show_as(DESK, SCHEMES[0])

    @property
    def path(self) -> str:
        return self._driver.current_url.removeprefix(self._site)

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        return self._driver.find_element(By.TAG_NAME, "body").text

    def read(self, selector: str) -> list[str]:
        """The texts of what a CSS selector finds."""
        return [each.text for each in self._driver.find_elements(By.CSS_SELECTOR, selector)]

    def open(self, address: str) -> None:
        """A path of the site, or a whole address in it."""
        self._driver.get(self._site + address.removeprefix(self._site))

    def fill(self, label: str, text: str) -> None:
        field = self._field(label)
        field.clear()
        field.send_keys(text)

    def choose(self, label: str, option: str) -> None:
        Select(self._field(label)).select_by_visible_text(option)

    def press(self, text: str) -> None:
        """A link or a button, by all of its words; waits for the page that it leads to."""
        before = self._driver.execute_script(_BEGIN)
        self._pressed(text).click()
        # Between two pages the driver may have neither, which it says in ways of its own.
        wait = WebDriverWait(self._driver, PATIENCE, 0.05, ignored_exceptions=[WebDriverException])
        wait.until(
            lambda driver: driver.execute_script(_BEGIN_OF_LOADED) not in (None, before),
            f"“{text}” leads nowhere",
        )

    def plug_key_in(self) -> None:
        """A passkey from now on, which recognises its owner and asks them nothing."""
        self._driver.add_virtual_authenticator(
            VirtualAuthenticatorOptions(
                protocol=VirtualAuthenticatorOptions.Protocol.CTAP2,
                transport=VirtualAuthenticatorOptions.Transport.INTERNAL,
                has_resident_key=True,
                has_user_verification=True,
                is_user_verified=True,
            )
        )

    def look(self, name: str, *, status: int = 200) -> None:
        """Takes pictures of the page, which has to have come with this status and to be whole:
        raises AssertionError."""
        self._seen += 1
        came = self._driver.execute_script(_STATUS)
        assert came == status, f"{self.path} came with {came}:\n{self.text}"
        doubled = self._driver.execute_script(_DOUBLED)
        assert not doubled, f"{self.path} has ids more than once: {doubled}"
        for size in (DESK, TELEPHONE):
            for scheme in SCHEMES:
                self._show_as(size, scheme)
                self._take_picture(f"{self._seen:02}-{name}-{size[0]}-{scheme}")
            excess = self._driver.execute_script(_EXCESS)
            assert excess is None, f"{self.path} is wider than {size[0]} pixels: {excess}"
        self._show_as(DESK, SCHEMES[0])
        self.check_console(but_for=f"{self._driver.current_url} - Failed to load resource")

    def check_console(self, *, but_for: str | None = None) -> None:
        """Raises AssertionError. The console complains of each refusal, also of one that a test
        wants: `but_for` is how that begins."""
        complaints = [
            each["message"]
            for each in self._driver.get_log("browser")
            if each["level"] == "SEVERE"
            and not (but_for is not None and each["message"].startswith(but_for))
        ]
        assert not complaints, complaints

    def run(self, script: str) -> None:
        """What a page's own script would do."""
        self._driver.execute_script(script)

    def _field(self, label: str) -> WebElement:
        found = self._driver.find_element(By.XPATH, f'//label[normalize-space()="{label}"]')
        return self._driver.find_element(By.ID, found.get_attribute("for"))

    def _pressed(self, text: str) -> WebElement:
        """Of what says the same the page's own comes before the frame's round it."""
        kinds = f'*[self::a or self::button][normalize-space()="{text}"]'
        for place in ("//main", "//header"):
            for each in self._driver.find_elements(By.XPATH, f"{place}//{kinds}"):
                if each.is_displayed():
                    return each
        pytest.fail(f"There is no “{text}” on {self.path}:\n{self.text}")

    def _show_as(self, size: tuple[int, int], scheme: str) -> None:
        """Not as a telephone's browser, which would make the page smaller until it fits."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        media = [{"name": name, "value": value} for name, value in features.items()]
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})

    def _take_picture(self, name: str) -> None:
        """Of the whole page, also what one would scroll to."""
        options = {"captureBeyondViewport": True, "optimizeForSpeed": True}
        size = self._driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        picture = self._driver.execute_cdp_cmd(
            "Page.captureScreenshot", {**options, "clip": {**size, "scale": 1}}
        )
        (self._pictures / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))


@contextmanager
def running_browser(site: str, pictures: Path) -> Iterator[Browser]:
    """Debian's chromium without a window, driven by Debian's driver; it reaches this machine alone.

    `pictures` is the folder for what is looked at.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",  # which root cannot have; only this site's pages are opened
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(_program("chromedriver"))
    driver = webdriver.Chrome(options, service)
    try:
        pictures.mkdir(parents=True, exist_ok=True)
        yield Browser(driver, site, pictures)
    finally:
        driver.quit()


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.fail(
            f"There is no {name} here. Install Debian's packages chromium and chromium-driver, or"
            " have .ci/run do it."
        )
    return path
