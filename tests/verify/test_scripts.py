"""Scripts as people write them, each with the verdict that is right: stated in its first line, before any code judged it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.verify import Order, backfill_points
from migration_guard.verify.verdict import Outcome

FOLDER = Path(__file__).parents[1] / "fixtures" / "verify" / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.py"))
_HEADER = re.compile(r"# verdict: (GO|NO-GO|NOT JUDGED)((?: \d)*)(?: -- .+)?$")


@dataclass(frozen=True)
class Verdict:
    """GO, NO-GO or NOT JUDGED, and the points that fail."""

    word: str
    fails: tuple[int, ...]


def stated(path: Path) -> Verdict:
    match = _HEADER.match(path.read_text(encoding="utf-8").splitlines()[0])
    assert match, f"{path.name} does not begin with its verdict"
    return Verdict(match[1], tuple(map(int, match[2].split())))


def judged(path: Path, folder: Path) -> Verdict:
    shutil.copy(path, folder / "b.py")
    order = Order(folder, ('backfill.modules=["b.py"]',), isolated=True, workers=1)
    settings = SettingsLoader(cwd=folder, config=order.config, isolated=True).for_folder(folder)
    points = backfill_points(order, settings)
    fails = tuple(one.number for one in points if one.outcome is Outcome.FAIL)
    word = "NO-GO" if fails else "NOT JUDGED" if any(one.unjudged for one in points) else "GO"
    return Verdict(word, fails)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_gets_the_verdict_that_was_stated(path: Path, tmp_path: Path) -> None:
    assert judged(path, tmp_path) == stated(path)


def test_there_are_scripts_of_all_kinds() -> None:
    words = [stated(path).word for path in SCRIPTS]
    assert len(words) >= 40
    assert min(words.count("GO"), words.count("NO-GO")) >= 15
