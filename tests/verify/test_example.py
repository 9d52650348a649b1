"""The example project is GO."""

from __future__ import annotations

import shutil
from pathlib import Path

from verify.project import ROOT, run, verified


def test_the_example_is_go(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    shutil.copytree(ROOT / "examples" / "crm", folder)
    (folder / ".git").mkdir()
    told = verified(folder)
    assert (told.code, told.verdict, told.outcomes) == (0, "GO", ["PASS"] * 6)
    assert run(folder, "--strict").returncode == 0
