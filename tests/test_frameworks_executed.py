"""Migrations of frameworks that the real packages have run: what they wrote is told, and of nothing else."""

from __future__ import annotations

import pytest
from frameworks.cases import BODIES
from frameworks.compare import EXECUTED, outcome, told


@pytest.mark.parametrize("framework", sorted(BODIES))
def test_what_was_written_is_told_and_nothing_else(framework: str) -> None:
    assert {*BODIES[framework]} == {*EXECUTED[framework]}, "run `make frameworks`"
    found = {body: outcome(framework, body) for body in BODIES[framework]}
    assert not {body: what for body, what in found.items() if what in ("silent", "false alarm")}
    assert sum(what == "OPAQUE" for what in found.values()) <= NOT_EXPLAINED.get(framework, 0)


@pytest.mark.parametrize("filled", ["doc.notes = {}", "doc.set('notes', {})", "doc.update({{'notes': {}}})"])
def test_rows_that_frappe_gives_are_documents_below_another_like_those_of_a_list(filled: str) -> None:
    body = f"doc = frappe.get_doc('Lead', 'b')\n{filled}\ndoc.save()"
    assert told("frappe", body.format("frappe.get_all('Note')")) == told("frappe", body.format("[]"))


def test_each_framework_has_a_dozen_of_which_half_are_clean() -> None:
    clean = {name: sum(not EXECUTED[name][body] for body in bodies) for name, bodies in BODIES.items()}
    few = {name for name, bodies in BODIES.items() if min(clean[name], len(bodies) - clean[name]) < HALF_A_DOZEN}
    assert not few
    assert {*BODIES} == {one for row in ROWS for one in row}


HALF_A_DOZEN = 6
NOT_EXPLAINED = {"advanced_alchemy": 1, "edgy": 1, "peewee_migrate": 1, "playhouse": 1, "synapse": 5, "tasks": 1}
"""What is told as OPAQUE, of packages' helpers that are out of sight."""
ROWS = (
    ("odoo", "openupgrade"), ("frappe",), ("aerich", "tortoise"), ("piccolo",), ("peewee_migrate", "playhouse"),
    ("masonite", "orator", "sqlalchemy_migrate", "script"), ("upgrade_table", "numbered", "numbered_module", "synapse"), ("tasks",), ("prefect",), ("airflow",), ("yoyo",),
    ("alembic", "flask_migrate", "edgy", "ormar", "advanced_alchemy"),
)  # fmt: skip
"""The frameworks that docs/frameworks.md says are read, and of which it says that their migrations were run."""
