"""Edits in modules that a migration imports: what does not change the rows keeps the fingerprint, and only that."""

from __future__ import annotations

from pathlib import Path

import pytest
from baselines import behind, modules
from baselines.projects import DIFFERENT, SAME, Edit, Files
from baselines.reading import findings

MIGRATION = "versions/a.py"


def of(cases: list[Edit]) -> list[object]:
    return [pytest.param(case.kind, case.before, case.after, id=f"{case.kind}: {case.name}") for case in cases]


def changes(folder: Path, kind: str, files: Files) -> set[str]:
    (folder / ".git").mkdir(parents=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    found = findings(files[MIGRATION], kind, folder=folder.resolve())
    return {one.fingerprint for one in found if one.code < "MG2"}


@pytest.mark.parametrize(("kind", "one", "other"), of([*SAME, *behind.SAME, *modules.SAME]))
def test_what_keeps_the_rows_keeps_the_fingerprint(kind: str, one: Files, other: Files, tmp_path: Path) -> None:
    before = changes(tmp_path / "before", kind, one)
    assert before
    assert before <= changes(tmp_path / "after", kind, other)


@pytest.mark.parametrize(("kind", "one", "other"), of([*DIFFERENT, *behind.DIFFERENT, *modules.DIFFERENT]))
def test_what_changes_the_rows_changes_the_fingerprint(kind: str, one: Files, other: Files, tmp_path: Path) -> None:
    before, after = changes(tmp_path / "before", kind, one), changes(tmp_path / "after", kind, other)
    assert before
    assert after
    assert not before & after
