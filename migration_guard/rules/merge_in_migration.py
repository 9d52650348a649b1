"""Flags a MERGE that a migration would run.

## Why is this bad?
MERGE updates, inserts and deletes in one statement: it holds row locks like an UPDATE, copies like INSERT … SELECT,
and fails as a whole when the application adds a matching row at the same moment.

## Bad
```python
from alembic import op


def upgrade():
    op.execute(
        "MERGE INTO appointments a USING imported i ON a.id = i.id "  # expect: MG105
        "WHEN MATCHED THEN UPDATE SET starts_at = i.starts_at"
    )
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("appointments", sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True))
```

## Use instead
Migrations change the schema, backfills change the data. Write the change as an UPDATE and an INSERT … ON CONFLICT of
a few hundred keys, and run them as a backfill after the deployment, each batch committed on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule, tables

HELP = f"{BACKFILLS}: run it as a backfill, of an UPDATE and an INSERT … ON CONFLICT."


@rule("MG105", "merge-in-migration", on=OperationKind.MERGE)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a MERGE into a table that may hold rows."""
    if not operation.created_here:
        danger = "and locks every row it matches until it commits"
        message = f"MERGE into {tables(operation)} runs inside {place(operation)} {danger}"
        yield context.finding(operation, message, HELP)
