"""Descriptions of deployments, each with the verdict that is right: stated in its first line, before any code judged it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.verify import deployment, scripts
from migration_guard.verify.verdict import Outcome

FOLDER = Path(__file__).parents[1] / "fixtures" / "verify" / "deployments"
CASES = sorted(FOLDER.glob("*.txt"))
_HEADER = re.compile(r"# verdict: (PASS|FAIL|NOT JUDGED)((?: [\w ;]+)?) -- .+$")


@dataclass(frozen=True)
class Verdict:
    """PASS, FAIL or NOT JUDGED, and what fails."""

    word: str
    fails: tuple[str, ...] = ()


def stated(path: Path) -> Verdict:
    match = _HEADER.match(path.read_text(encoding="utf-8").splitlines()[0])
    assert match, f"{path.name} does not begin with its verdict"
    return Verdict(match[1], tuple(sorted(one.strip() for one in match[2].split(";") if one.strip())))


def laid_out(path: Path, folder: Path) -> None:
    """Write the files of a case: each stands behind a line with its name."""
    for part in re.split(r"^--- ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, text = part.partition("\n")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_description_gets_the_verdict_that_was_stated(path: Path, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    laid_out(path, tmp_path)
    settings = SettingsLoader(cwd=tmp_path, isolated=True).for_folder(tmp_path)
    read = deployment.read(scripts.find(settings, tmp_path), tmp_path, tmp_path)
    evidence, problems = deployment.judge(read)
    fails = tuple(sorted({one.what for one in evidence if one.outcome is Outcome.FAIL}))
    assert Verdict("FAIL" if fails else "NOT JUDGED" if problems else "PASS", fails) == stated(path)


def test_there_are_descriptions_of_all_kinds() -> None:
    words = [stated(path).word for path in CASES]
    assert len(words) >= 30
    assert min(words.count("PASS"), words.count("FAIL")) >= 12
