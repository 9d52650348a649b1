"""The README's picture shows what a run says today."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _words(text: str) -> str:
    return "".join(text.split())


def test_the_picture_is_of_a_run_as_it_is_now() -> None:
    """Words are compared, since each version of rich draws a little differently. `make docs` draws it anew."""
    picture = (ROOT / "docs" / "picture.svg").read_text(encoding="utf-8")
    shown = _words(html.unescape("".join(re.findall(r"<text [^>]*>(.*?)</text>", picture))))
    ran = subprocess.run(
        [sys.executable, "-m", "migration_guard", "check", "--no-baseline", "alembic/versions/0003_lead_owner.py"],
        cwd=ROOT / "examples" / "crm",
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    missing = [line for line in ran.stdout.splitlines() if _words(line) not in shown]
    assert not missing


def test_the_picture_has_nothing_fetched() -> None:
    picture = (ROOT / "docs" / "picture.svg").read_text(encoding="utf-8")
    assert "@font-face" not in picture
    assert not re.findall(r"""(?:href=|url\()["']?https?:""", picture)
