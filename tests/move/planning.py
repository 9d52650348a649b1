"""What would become of every data change of a project, found out in one run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from migration_guard.config import SettingsLoader
from migration_guard.findings import Finding
from migration_guard.move.place import Modules
from migration_guard.move.plan import Move, Refusal, movable, plan
from migration_guard.pipeline import Request
from migration_guard.pipeline import run as check


def planned(root: Path) -> Iterator[tuple[str, Finding, Move | Refusal]]:
    """Give each data change, with the stem of its migration and what would be done."""
    found = check(Request([], root, SettingsLoader(cwd=root), 2, renders=True))
    assert not found.report.problems
    for one in found.checked:
        for finding in one.findings:
            if movable(finding):
                made = plan(one, finding, None, Modules((), root / "backfills.py"))
                yield one.candidate.path.stem, finding, made


def versions(root: Path, initial: str) -> Path:
    """Begin a project of Alembic's, with the migration that makes the tables; give the folder of migrations."""
    (root / "migration-guard.toml").write_text("")
    folder = root / "versions"
    folder.mkdir()
    (folder / "r0000.py").write_text(initial)
    return folder
