"""The framework that ARCHITECTURE.md adds as an example: as it stands there, it reads migrations."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath
from types import ModuleType

import pytest
from baselines.reading import findings

from migration_guard import frameworks

PAGE = Path(__file__).parents[1] / "ARCHITECTURE.md"
MIGRATION = """from drip import step


def forward(db):
    db.execute("UPDATE leads SET hot = 0")


def back(db):
    db.execute("DELETE FROM notes")
"""


@pytest.fixture(name="drip")
def _drip(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, section = PAGE.read_text(encoding="utf-8").partition("## A framework, whole")
    code = section.partition("```python\n")[2].partition("```")[0]
    module = ModuleType("migration_guard.frameworks.drip")
    exec(compile(code, "drip.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(frameworks, "ORDER", ("drip", *frameworks.ORDER))


@pytest.mark.usefixtures("drip")
def test_the_example_reads_its_migrations_and_no_others() -> None:
    assert frameworks.recognise(PurePath("001_fill.py"), MIGRATION.encode()) == "drip"
    assert frameworks.recognise(PurePath("001_fill.py"), MIGRATION.replace("from drip", "from drop").encode()) != "drip"
    found = [one.operation for one in findings(MIGRATION, "drip", shown="001_fill.py") if one.operation is not None]
    assert [(one.kind.value, one.table, one.direction.value) for one in found] == [
        ("UPDATE", "leads", "upgrade"),
        ("DELETE", "notes", "downgrade"),
    ]
