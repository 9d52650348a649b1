"""A real browser for pages that are made: what it complains of, and how wide they are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
REQUIRED = "MIGRATION_GUARD_REQUIRE_CHROMIUM"
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER) and not os.environ.get(REQUIRED), reason="Chromium and its driver are not installed"
)


class Elements(HTMLParser):
    """Counts what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@contextmanager
def browsing(profile: Path) -> Iterator[Chrome]:
    """Give a browser with a profile of its own, which speaks to nobody by itself."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(executable_path=str(DRIVER)))
    yield driver
    driver.quit()


def seen_as(browser: Chrome, width: int, scheme: str) -> None:
    """Let a screen be so wide, and its owner prefer light or dark."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def fits(browser: Chrome) -> bool:
    """Say whether nothing stands beside the screen."""
    return bool(browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"))


def is_readable(browser: Chrome) -> bool:
    """Say whether no number of a table is broken into lines, and no words of a picture are too small to be read."""
    return bool(
        browser.execute_script(
            "const tall = node => node.getBoundingClientRect().height;"
            "const cells = [...document.querySelectorAll('td, th')], words = [...document.querySelectorAll('svg text')];"
            "return cells.every(one => tall(one) < 40) && words.every(one => tall(one) > 9)"
        )
    )


def complaints(browser: Chrome) -> object:
    """Give what stands on the console."""
    return browser.get_log("browser")  # type: ignore[no-untyped-call]
