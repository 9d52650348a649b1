"""What a baseline makes of edits: the table of `docs/baseline.md`, on real repositories and with the whole pipeline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from baselines.edits import EDITS, FRAMEWORKS, KNOWN, Edit, Outcome, project
from baselines.project import ROOT, Project, only

FOLDERS = {"alembic": r"(?:lib/)?db/", "django": r"(?:apps|lib)/crm/", "script": r"(?:lib/)?(?:server|worker)/"}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The baseline of the project before any edit."""
    where = project(Project.at(tmp_path_factory.mktemp("accepted")))
    assert where.accept().added == 3 * KNOWN.known
    return where.baseline.read_text(encoding="utf-8")


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_comes_out_as_the_table_says(edit: Edit, accepted: str, tmp_path: Path) -> None:
    where = project(Project.at(tmp_path))
    where.baseline.write_text(accepted, encoding="utf-8")
    where.commit()
    for framework in FRAMEWORKS:
        edit.change(where, framework)
    found = where.run(*edit.run)
    matching = only(found).matching
    assert len(found.report.problems) == edit.problems * len(FRAMEWORKS)
    for framework in FRAMEWORKS:
        belongs = re.compile(FOLDERS[framework]).match
        said = Outcome(
            new=sum(bool(belongs(filed.file)) for filed in matching.new),
            known=sum(bool(belongs(one.filed.file)) for one in matching.matched),
            stale=sum(count for entry, count in matching.stale if belongs(entry.file)),
            unknown=sum(count for entry, count in matching.unknown if belongs(entry.file)),
        )
        assert said == edit.of(framework), framework


def test_the_documentation_shows_the_same_table() -> None:
    """Run this module to have the table printed."""
    page = (ROOT / "docs" / "baseline.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- edits -->\n")[2].partition("<!-- /edits -->")[0]
    assert shown == table()


def table() -> str:
    heads = ["edit", "Alembic", "Django", "a script"]
    lines = [heads, ["---"] * len(heads), *([edit.name, *(str(edit.of(one)) for one in FRAMEWORKS)] for edit in EDITS)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    print(table(), end="")
