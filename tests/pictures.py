"""Pictures of what people look at, to be looked at: the page, the terminal, and the documentation where it was built.

    python tests/pictures.py FOLDER

Their words are held by the golden files in `tests/fixtures/reports`; how they look is for eyes.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from browsing import browsing, complaints, fits, seen_as
from report.sample import outputs
from report.test_page import WHOLE, page
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from selenium.webdriver import Chrome

SITE = Path(__file__).parents[1] / "site"
WIDTHS = (320, 768, 1280, 1920)
SCHEMES = ("light", "dark")
COLUMNS = (80, 120)
XTERM = TerminalTheme(
    (0, 0, 0),
    (255, 255, 255),
    [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)],
)
"""The colours that xterm gives to the sixteen names; other terminals have others."""


def main() -> int:
    """Take them; anything that a browser complains of, or that stands beside the screen, ends it with 1."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, browsing(Path(made, "profile")) as browser:
        wrong = [one for name, file in shown(Path(made)) for one in taken(browser, folder, name, file)]
    print("\n".join(wrong) or f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return 1 if wrong else 0


def shown(made: Path) -> Iterator[tuple[str, Path]]:
    """Give each page by its name."""
    report = made / "report.html"
    report.write_text(page(WHOLE), encoding="utf-8")
    yield "page", report
    said = outputs()
    for columns in COLUMNS:
        file = made / f"terminal-{columns}.html"
        file.write_text(terminal(said[f"terminal-{columns}"].replace("\\e", "\x1b"), columns), encoding="utf-8")
        yield file.stem, file
    for name in (
        ("index.html", "rules/update-in-migration/index.html", "comparison/index.html") if SITE.is_dir() else ()
    ):
        yield f"docs-{name.removesuffix('index.html').strip('/').replace('/', '-') or 'index'}", SITE / name


def terminal(text: str, columns: int) -> str:
    """Draw what a terminal would get, on black and on white."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text))
    body = console.export_html(inline_styles=True, code_format="<pre>{code}</pre>", theme=XTERM)
    style = "<style>:root{color-scheme:light dark} pre{overflow-x:auto}</style>"
    return f'<!doctype html><meta charset="utf-8"><title>terminal</title>{style}{body}'


def taken(browser: Chrome, folder: Path, name: str, file: Path) -> Iterator[str]:
    """Take a page in all widths and schemes, the whole of it; say what is wrong with it."""
    for width in WIDTHS:
        seen = set()
        for scheme in SCHEMES:
            browser.get("about:blank")  # what is open would note down that another scheme is preferred now
            seen_as(browser, width, scheme)
            browser.get(file.as_uri())
            picture = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
            (folder / f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(picture["data"]))
            seen.add(picture["data"])
            browser.execute_script(
                "localStorage.clear()"
            )  # where the documentation keeps the scheme that it was first seen in
            if said := complaints(browser):
                yield f"{name}, {width} wide, {scheme}: the console says {said}"
            if not fits(browser):
                yield f"{name}, {width} wide, {scheme}: something stands beside the screen"
        if len(seen) < len(SCHEMES):
            yield f"{name}, {width} wide: it looks the same in light and dark"


if __name__ == "__main__":
    sys.exit(main())
