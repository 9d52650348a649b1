"""What a file was made into is freed with its Reading, without anybody looking for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from migration_guard.interpreter.machine import Machine
from migration_guard.interpreter.repository import Repository
from migration_guard.interpreter.syntax import Source
from migration_guard.operations import Job
from migration_guard.reading.migration import Migration, forget, read

ALEMBIC = """
from alembic import op
import helpers
from helpers import fill

revision = "1"


class Filler:
    def __init__(self, table):
        self.table = table

    def run(self):
        def inner(rows):
            yield from (lambda row: row)(rows)
        for row in inner([self]):
            op.execute(f"UPDATE {row.table} SET a = 1")


def upgrade():
    try:
        Filler("leads").run()
        fill(op)
    except helpers.Broken:
        raise
"""
HELPERS = """
class Broken(Exception):
    pass


def fill(op):
    op.execute("UPDATE helped SET a = (SELECT b FROM c WHERE c.id = helped.id)")
"""
DJANGO = """
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("crm", "Lead").objects.filter(a=None).update(a=1)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""


@pytest.fixture
def untidied() -> Iterator[None]:
    """Have nobody look for garbage, and begin without any."""
    forget()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        forget()


@pytest.mark.parametrize(
    ("framework", "text", "told"),
    [
        ("alembic", ALEMBIC, 2),
        ("django", DJANGO, 1),
        ("script", ALEMBIC + "\nupgrade()\n", 2),
        ("alembic", "def f(:", 0),
    ],
)
def test_nothing_of_a_file_is_left(untidied: None, tmp_path: Path, framework: str, text: str, told: int) -> None:
    (tmp_path / "helpers.py").write_text(HELPERS, encoding="utf-8")
    path = tmp_path / "0001_fill.py"
    path.write_text(text, encoding="utf-8")
    before = _alive()
    found = read(Job(str(path), path.name, str(tmp_path), framework), text.encode())
    assert len(found.operations) == told
    assert bool(found.problems) == (told == 0)
    parsed_helpers = {id(one) for one in Repository._parsed.values()}
    assert _alive() - before - parsed_helpers == set()


def _alive() -> set[int]:
    """What holds all the rest."""
    return {id(one) for one in gc.get_objects() if isinstance(one, (Migration, Machine, Source))}
