"""The page of each framework, done as it says: the migration fails where it says so, and with the backfill in its place all is clean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted((DOCS / "frameworks").glob("*.md"))}
FILE = re.compile(r"^`(?P<path>[\w./-]+)`[^\n]*:\n\n```(?:python|sql)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"\s*(?:#|--) (MG\d+)$", re.MULTILINE)
Files = list[tuple[str, str]]


def files(name: str) -> Files:
    """The migration that fails, the backfill, and the migration as it then is."""
    return [(one["path"], one["text"]) for one in FILE.finditer(PAGES[name])]


def checked(root: Path, stage: int) -> dict[str, list[tuple[str, int]]]:
    """Check all pages' projects in one run: with the first file, or with the last two."""
    for name in PAGES:
        for path, text in files(name)[:1] if not stage else files(name)[1:]:
            target = root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(MARK.sub("", text), encoding="utf-8")
        (root / name / "migration-guard.toml").write_text("[backfill]\nmodules = ['backfills.py']\n" if stage else "")
    report = check(Request(paths=["."], cwd=root, load=SettingsLoader(cwd=root), workers=2))
    assert (report.problems, report.unread) == ((), ())
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in PAGES}
    for one in report.new:
        if one.code != "MG301":  # goes with the data change
            found[one.path.partition("/")[0]].append((one.code, one.span.line))
    assert report.files == len(PAGES) * (1 + stage)
    return found


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> list[Mapping[str, list[tuple[str, int]]]]:
    root = tmp_path_factory.mktemp("pages")
    return [checked(root, 0), checked(root, 1)]


@pytest.mark.parametrize("name", PAGES)
def test_the_migration_fails_and_what_replaces_it_is_clean(
    name: str, stages: list[Mapping[str, list[tuple[str, int]]]]
) -> None:
    (_, bad), (module, backfill), (_, good) = files(name)
    assert (module, "Backfill(" in backfill, MARK.search(good)) == ("backfills.py", True, None)
    lines = bad.splitlines()
    expected = [(mark[1], number) for number, line in enumerate(lines, 1) if (mark := MARK.search(line)) is not None]
    assert expected
    assert stages[0][name] == expected
    assert stages[1][name] == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = yaml.safe_load((DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    (listed,) = [one["Frameworks"] for one in navigation if isinstance(one, dict) and "Frameworks" in one]
    assert sorted(listed) == sorted(["frameworks.md", *(f"frameworks/{name}.md" for name in PAGES)])
