"""What was read is remembered, and never believed beyond what reading it again would say."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from migration_guard.cache import Cache
from migration_guard.cache import sheet as written
from migration_guard.cli import run as command_line
from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check
from migration_guard.pool import kept_readers
from migration_guard.report.model import Report

CLEAN = """
from alembic import op
revision = "1"
down_revision = None
def upgrade():
    op.add_column("leads", None)
"""
BAD = CLEAN.replace('op.add_column("leads", None)', "op.execute(\"UPDATE leads SET status = 'new'\")")
HELPED = """
from alembic import op
from steps import change
revision = "1"
down_revision = None
def upgrade():
    change()
"""
HARMLESS = "def change():\n    return 1\n"
WRITES = "from alembic import op\ndef change():\n    op.execute('DELETE FROM leads')\n"
OPENS = """
from pathlib import Path
from alembic import op
revision = "1"
down_revision = None
def upgrade():
    op.execute(Path(__file__).with_name("change.sql").read_text())
"""
NAMES = """
from pathlib import Path
from alembic import op
revision = "1"
down_revision = None
def upgrade():
    for one in sorted(Path(__file__).parent.glob("*.sql")):
        op.execute(one.read_text())
"""


@pytest.fixture(scope="module", autouse=True)
def _readers() -> object:
    with kept_readers(1):
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    return tmp_path


def run(root: Path, *, remember: bool = True) -> tuple[Report, Cache | None]:
    cache = Cache(root / ".migration_guard_cache") if remember else None
    load = SettingsLoader(cwd=root, isolated=True)
    return check(Request(("versions",), root, load, 1, baseline=False, cache=cache)), cache


def put(path: Path, text: str) -> None:
    """Write a file, and keep its time, and the size if it can be kept: they must not decide."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))


def said(report: Report) -> list[tuple[str, str, int]]:
    return [(one.path, one.code, one.span.line) for one in report.findings]


def held(root: Path, change: Callable[[], None], *, hits: int) -> None:
    """Run, change something, run again: the same must be said as without a cache, with so many files remembered."""
    assert run(root)[0].files
    change()
    report, cache = run(root)
    fresh, _ = run(root, remember=False)
    assert (said(report), report.problems) == (said(fresh), fresh.problems)
    assert cache is not None
    assert cache.hits == hits
    again, cache = run(root)
    assert cache is not None
    assert (said(again), cache.hits) == (said(fresh), fresh.files)


def test_what_did_not_change_is_remembered(root: Path) -> None:
    put(root / "versions/a.py", BAD)
    put(root / "versions/b.py", CLEAN)
    held(root, lambda: None, hits=2)


def test_a_content_decides_and_neither_size_nor_time(root: Path) -> None:
    put(root / "versions/a.py", BAD)
    put(root / "versions/b.py", CLEAN)
    harmless = BAD.replace("UPDATE leads SET status = 'new'", "SELECT leads AS status, 'new'")
    assert len(harmless.encode()) <= len(BAD.encode())
    held(root, lambda: put(root / "versions/a.py", harmless.ljust(len(BAD), "\n")), hits=1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"steps.py": HARMLESS}, {"steps.py": WRITES}),
        ({"steps.py": WRITES}, {"steps.py": HARMLESS}),
        ({"steps.py": HARMLESS}, {"steps.py": None}),
        ({}, {"steps.py": WRITES}),
        ({"steps.py": HARMLESS}, {"versions/steps.py": WRITES}),
        ({"steps.py": HARMLESS}, {"versions/steps/__init__.py": WRITES}),
        ({"lib/steps.py": WRITES}, {"alembic.ini": "[alembic]\nprepend_sys_path = lib\n"}),
        ({"steps.py": "from more import change\n", "more.py": HARMLESS}, {"more.py": WRITES}),
        ({"steps.py": "from more import *\n"}, {"more.py": WRITES}),
    ],
    ids=["changed", "mended", "gone", "new", "shadowed", "shadowed-by-package", "path", "behind", "behind-new"],
)
def test_a_helper_counts_wherever_it_lies(root: Path, before: dict[str, str], after: dict[str, str | None]) -> None:
    put(root / "versions/a.py", HELPED)
    for name, text in before.items():
        put(root / name, text)

    def change() -> None:
        for name, text in after.items():
            if text is None:
                (root / name).unlink()
            else:
                put(root / name, text)

    held(root, change, hits=0)


def test_a_file_of_sql_counts_that_is_not_there_yet(root: Path) -> None:
    put(root / "versions/a.py", OPENS)
    held(root, lambda: put(root / "versions/change.sql", "DELETE FROM leads"), hits=0)
    held(root, lambda: put(root / "versions/change.sql", "SELECT 1; -- leads"), hits=0)


def test_files_of_sql_count_that_a_pattern_names_and_that_are_not_there_yet(root: Path) -> None:
    put(root / "versions/a.py", NAMES)
    put(root / "versions/one.sql", "SELECT 1")
    held(root, lambda: put(root / "versions/two.sql", "DELETE FROM leads"), hits=0)
    held(root, lambda: put(root / "versions/two.txt", "DELETE FROM leads"), hits=1)


def test_a_link_that_leads_elsewhere_counts(root: Path) -> None:
    put(root / "versions/a.py", HELPED)
    put(root / "one.py", HARMLESS)
    put(root / "two.py", WRITES)
    (root / "steps.py").symlink_to("one.py")

    def lead() -> None:
        (root / "steps.py").unlink()
        (root / "steps.py").symlink_to("two.py")

    held(root, lead, hits=0)


def test_a_migration_beside_does_not_matter_to_one_that_asks_for_nothing(root: Path) -> None:
    put(root / "versions/a.py", HELPED)
    put(root / "steps.py", WRITES)
    held(root, lambda: put(root / "versions/b.py", BAD), hits=1)


def test_problems_are_not_remembered(root: Path) -> None:
    put(root / "versions/a.py", BAD + "# migration-guard: ignore[no-such-rule] because\n")
    first, _ = run(root)
    again, cache = run(root)
    assert first.problems == again.problems != ()
    assert cache is not None
    assert cache.hits == 0


def sheets(root: Path) -> list[Path]:
    return sorted((root / ".migration_guard_cache").glob("*.lines"))


@pytest.mark.parametrize(
    "spoil",
    [lambda one: one[:-9], lambda one: b"", lambda one: one.replace(b"UPDATE", b"SELECT"), lambda one: b"\0" * 99],
)
def test_what_is_broken_is_dropped_with_a_note(root: Path, spoil: Callable[[bytes], bytes]) -> None:
    put(root / "versions/a.py", BAD)
    fresh, _ = run(root)
    for sheet in sheets(root):
        sheet.write_bytes(spoil(sheet.read_bytes()))
    report, cache = run(root)
    assert said(report) == said(fresh)
    assert cache is not None
    assert cache.hits == 0
    assert any("is broken" in note for note in cache.notes)
    _, cache = run(root)
    assert cache is not None
    assert (cache.hits, cache.notes) == (1, [])


def test_a_line_that_is_no_reading_is_dropped(root: Path) -> None:
    put(root / "versions/a.py", BAD)
    fresh, _ = run(root)
    spoilt = 0
    for sheet in sheets(root):
        body = sheet.read_bytes().partition(b"\n")[2]
        spoilt += body.count(b'"operations": [{')
        written._replace(sheet, body.replace(b'"operations": [{', b'"operations": [7, {'))
    report, cache = run(root)
    assert said(report) == said(fresh)
    assert cache is not None
    assert (spoilt, cache.hits) == (1, 0)
    assert any("is broken" in note for note in cache.notes)


def test_a_cache_of_the_repository_is_not_believed(root: Path) -> None:
    (root / ".git").rmdir()
    subprocess.run(("git", "init", "-q", "."), cwd=root, check=True)
    put(root / "versions/a.py", BAD)
    run(root)
    subprocess.run(("git", "add", "-f", "."), cwd=root, check=True)
    report, cache = run(root)
    assert cache is not None
    assert (cache.hits, len(report.findings)) == (0, 1)
    assert "git tracks files in it" in cache.notes[0]


def test_a_folder_of_others_is_left_alone(root: Path) -> None:
    put(root / "versions/a.py", BAD)
    put(root / ".migration_guard_cache/notes.txt", "mine")
    _, cache = run(root)
    assert cache is not None
    assert "holds other files" in cache.notes[0]
    assert os.listdir(root / ".migration_guard_cache") == ["notes.txt"]


def test_a_link_as_a_cache_is_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    put(root / "versions/a.py", BAD)
    there = tmp_path_factory.mktemp("there")
    (root / ".migration_guard_cache").symlink_to(there)
    _, cache = run(root)
    assert cache is not None
    assert (len(cache.notes), list(there.iterdir())) == (1, [])


def test_the_cache_ignores_itself_and_holds_json(root: Path) -> None:
    put(root / "versions/a.py", BAD)
    run(root)
    folder = root / ".migration_guard_cache"
    assert (folder / ".gitignore").read_text(encoding="utf-8").splitlines()[-1] == "*"
    assert (
        (folder / "CACHEDIR.TAG").read_text(encoding="utf-8").startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )
    for sheet in sheets(root):
        for line in sheet.read_bytes().splitlines()[1:]:
            json.loads(line.split(b" ", 2)[2])


@pytest.mark.parametrize("option", ["--baseline-from=HEAD", "--config-from=HEAD", "--no-inline-ignores-since=HEAD"])
def test_a_closed_run_believes_no_cache_in_the_repository(
    root: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    (root / ".git").rmdir()
    put(root / "versions/a.py", BAD)
    for arguments in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"),
    ):
        subprocess.run(("git", *arguments), cwd=root, check=True)
    monkeypatch.chdir(root)
    assert command_line(["check", "-q", option]) == 1
    assert not (root / ".migration_guard_cache").exists()
    assert command_line(["check", "-q"]) == 1
    assert (root / ".migration_guard_cache").exists()
