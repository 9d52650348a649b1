"""The page for people, in a real browser: nothing of others acts, all widths, both schemes, keyboard, filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from browsing import Elements, browsing, complaints, fits, is_readable, needs_browser, seen_as
from hypothesis import given
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from migration_guard.config.tables import Heat, MeasuredTable
from migration_guard.report import formats
from migration_guard.report.background import Background, Point
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen
from report.sample import CLEAN, REPORT
from report.test_harmless import REPORTS

POINTS = (
    Point("a" * 40, date(2026, 1, 5), 9, {"update-in-migration": 9}, {"@org/data": 9}, {"high": 4, "medium": 5}),
    Point("b" * 40, date(2026, 3, 1), 0, {}, {}, {}, "line 3 is no JSON"),
    Point("c" * 40, date(2026, 6, 9), 3, {"update-in-migration": 3}, {"<b>": 3}, {"high": 1, "low": 2}),
)
TABLES = {"leads": MeasuredTable("public.leads", Heat.HOT, 6_000_000, 2**31, 1_200_000)}
WHOLE = replace(REPORT, background=Background(POINTS, None, (("2026-12-31", 0),), TABLES))


def page(report: Report) -> str:
    return formats.load("html").render(report, Screen())


# Its text.


@given(report=REPORTS)
def test_text_of_others_makes_no_element(report: Report) -> None:
    elements = Elements(page(report))
    tags = [tag for tag, _ in elements.tags]
    assert tags.count("article") == len(report.findings)
    assert tags.count("script") == tags.count("style") == 1
    assert not {"img", "a", "iframe", "link", "object"} & set(tags)
    assert not [name for _, attributes in elements.tags for name in attributes if name.startswith("on")]


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = page(WHOLE)
    assert "default-src 'none'" in text
    assert not re.findall(r"""(?:src|href)=["']|url\(|@import""", text)


def test_estimates_stand_where_a_table_was_measured_and_say_their_rate() -> None:
    text = page(WHOLE)
    assert "hot: 6,000,000 rows, 1,200,000 writes a day" in text
    assert "about 5 min at 20,000 rows a second" in text
    assert "rows a second" not in page(REPORT)


def test_the_burn_down_has_a_line_for_each_severity_and_says_what_it_could_not_read() -> None:
    text = page(WHOLE)
    assert [name for name in ("all", "high", "medium", "low") if f'class="line {name}"' in text] == [
        "all",
        "high",
        "medium",
        "low",
    ]
    assert "line 3 is no JSON" in text
    assert "Goal: at most 0 by 2026-12-31." in text
    assert "Goal: at most 7 by 2027-01-01." in page(replace(CLEAN, background=Background(goals=(("2027-01-01", 7),))))
    assert "Its history cannot be read: gone" in page(replace(CLEAN, background=Background(unknown="gone")))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_words_can_be_read_on_both_grounds(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to 1."""
    style = files("migration_guard.page").joinpath("style.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    colours = light if scheme == "light" else dark
    for ground in ("paper", "raised"):
        for words in ("ink", "soft", "high", "medium", "low", "link"):
            assert contrast(colours[words], colours[ground]) >= 4.5, (words, ground)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# In a browser.


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browsing(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def opened(browser: Chrome, tmp_path: Path, report: Report = WHOLE) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(report), encoding="utf-8")
    browser.get(file.as_uri())


def shown(browser: Chrome) -> list[str]:
    return [
        one.get_attribute("data-code") or ""
        for one in browser.find_elements(By.TAG_NAME, "article")
        if one.is_displayed()
    ]


@needs_browser
@pytest.mark.parametrize("width", [320, 768, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_beside_the_screen(browser: Chrome, tmp_path: Path, width: int, scheme: str) -> None:
    seen_as(browser, width, scheme)
    opened(browser, tmp_path)
    assert fits(browser)
    assert is_readable(browser)
    assert complaints(browser) == []
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 27)")


@needs_browser
def test_filters_show_what_is_asked_for(browser: Chrome, tmp_path: Path) -> None:
    opened(browser, tmp_path)
    new = shown(browser)
    assert len(new) == len(REPORT.new), "what is grandfathered waits until it is asked for"
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    field = browser.switch_to.active_element
    assert field.get_attribute("id") == "search"
    field.send_keys("receipts")
    assert set(shown(browser)) == {"MG103", "MG301"}
    field.send_keys(Keys.ESCAPE)
    assert shown(browser) == new
    field.send_keys("no such words")
    assert shown(browser) == []
    assert browser.find_element(By.ID, "none").is_displayed()
    field.send_keys(Keys.ESCAPE)
    Select(browser.find_element(By.ID, "status")).select_by_value("")
    assert len(shown(browser)) == len(REPORT.findings)
    Select(browser.find_element(By.ID, "severity")).select_by_value("high")
    assert set(shown(browser)) == {"MG101"}
    assert browser.find_element(By.ID, "count").text == f"{len(shown(browser))} of {len(REPORT.findings)} places"


@needs_browser
def test_all_that_acts_is_reached_by_the_keyboard_and_has_a_name(browser: Chrome, tmp_path: Path) -> None:
    opened(browser, tmp_path)
    reached = []
    for _ in range(4):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.switch_to.active_element.accessible_name)
    assert [name.split()[0] for name in reached] == ["Search", "Status", "Severity", "Rule"]


@needs_browser
def test_a_clean_run_is_a_page_too(browser: Chrome, tmp_path: Path) -> None:
    opened(browser, tmp_path, CLEAN)
    assert "nothing new" in browser.find_element(By.TAG_NAME, "h1").text
    assert complaints(browser) == []
