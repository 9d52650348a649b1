"""Migrations of frameworks that the real packages have run: what they wrote is told, and of nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from baselines.reading import findings
from frameworks.cases import BODIES, READ_AS, source

APPS = Path(__file__).parent / "frameworks" / "apps"
"""Where the migrations seem to lie: Frappe's DocTypes say which tables are below them."""
EXECUTED: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "frameworks" / "executed.json").read_text(encoding="utf-8")
)
VERBS = {
    "UPDATE": {"UPDATE"}, "DELETE": {"DELETE"}, "TRUNCATE": {"DELETE"}, "INSERT_VALUES": {"INSERT"},
    "INSERT_SELECT": {"INSERT"}, "INSERT_LOOP": {"INSERT"}, "UPSERT_VALUES": {"INSERT", "UPDATE"},
    "MERGE": {"INSERT", "UPDATE", "DELETE"}, "DML_CALL": {"INSERT", "UPDATE", "DELETE"},
}  # fmt: skip
SHOWN = {
    "aerich": "migrations/models/1_20240101_fill.py", "peewee_migrate": "migrations/001_fill.py", "odoo": "crm/migrations/17.0.1.0/post-migration.py",
    "openupgrade": "crm/migrations/17.0.1.0/post-migration.py", "tortoise": "shop/migrations/0002_fill.py", "numbered_module": "migrations/001_fill.py",
    "frappe": "crm/patches/fill.py",
}  # fmt: skip


def told(framework: str, body: str) -> set[tuple[str, str]]:
    """Each verb with its table, as far as it is told; a relation's table may not be known."""
    shown = SHOWN.get(framework, "migrations/a.py")
    found = findings(source(framework, body), READ_AS.get(framework, framework), folder=APPS, shown=shown)
    every = [one.operation for one in found if one.code < "MG2" and one.operation is not None]
    return {
        (verb, table)
        for one in every
        for verb in VERBS.get(one.kind.value, {one.kind.value})
        for table in one.tables or ("?",)
    }


@pytest.mark.parametrize("framework", sorted(BODIES))
def test_what_was_written_is_told_and_nothing_else(framework: str) -> None:
    assert {*BODIES[framework]} == {*EXECUTED[framework]}, "run `make frameworks`"
    wrong = []
    for body in BODIES[framework]:
        wrote = {(verb, table) for verb, _, table in (what.partition(" ") for what in EXECUTED[framework][body])}
        said = told(framework, body)
        silent = {(verb, table) for verb, table in wrote if not {(verb, table), (verb, "?")} & said}
        if silent or not {table for _, table in said} <= {*(table for _, table in wrote), *("?" for _ in wrote)}:
            wrong.append((body, sorted(wrote), sorted(said)))
    assert not wrong


def test_each_framework_has_a_dozen_of_which_half_are_clean() -> None:
    clean = {name: sum(not EXECUTED[name][body] for body in bodies) for name, bodies in BODIES.items()}
    few = {name for name, bodies in BODIES.items() if min(clean[name], len(bodies) - clean[name]) < HALF_A_DOZEN}
    assert not few
    assert {*BODIES} == {one for row in ROWS for one in row}


HALF_A_DOZEN = 6
ROWS = (
    ("odoo", "openupgrade"), ("frappe",), ("aerich", "tortoise"), ("piccolo",), ("peewee_migrate", "playhouse"),
    ("masonite", "orator", "sqlalchemy_migrate", "script"), ("upgrade_table", "numbered", "numbered_module", "synapse"), ("tasks",), ("yoyo",),
    ("alembic", "flask_migrate", "edgy", "ormar", "advanced_alchemy"),
)  # fmt: skip
"""The frameworks that docs/frameworks.md says are read, and of which it says that their migrations were run."""
