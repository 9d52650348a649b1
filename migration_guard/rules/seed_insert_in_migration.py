"""Flags constant rows that a migration inserts. Off unless it is selected.

## Why is this bad?
A few constant rows are quick to insert, so this is a matter of taste, not of danger. But seed data in migrations is
spread over years of files, differs between a new and an old database, and collides with rows that people edited.

## Bad
```python
from alembic import op


def upgrade():
    op.execute("INSERT INTO settings (key, value) VALUES ('theme', 'light')")  # expect: MG108
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("settings", sa.Column("theme", sa.Text(), server_default="light", nullable=False))
```

## Use instead
Migrations change the schema, backfills change the data. Keep seed rows in one command that the deployment runs and
that may run twice (INSERT … ON CONFLICT DO NOTHING), or express them as a column's default.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import Context, place, rule, tables

HELP = (
    "Migrations change the schema, backfills change the data: move these rows into a seed command that may run twice "
    "(INSERT … ON CONFLICT DO NOTHING), or make them a column's default."
)


@rule("MG108", "seed-insert-in-migration", on=(OperationKind.INSERT_VALUES, OperationKind.UPSERT_VALUES), default=False)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report constant rows, also in a new table: that is where seeds stand."""
    verb = "are written over" if operation.kind is OperationKind.UPSERT_VALUES else "are inserted into"
    danger = "and collide with rows that people edited"
    message = f"Constant rows {verb} {tables(operation)} inside {place(operation)} {danger}"
    yield context.finding(operation, message, HELP, base=Severity.LOW)
