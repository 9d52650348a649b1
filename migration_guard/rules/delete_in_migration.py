"""Flags a DELETE that a migration would run.

## Why is this bad?
A DELETE locks every row that it removes until the migration commits, fires cascades and triggers on tables that it
does not name, and leaves the dead rows behind for vacuum. When the deployment is rolled back the rows do not return.

## Bad
```python
from alembic import op


def upgrade():
    op.execute("DELETE FROM messages WHERE sent_at < now() - interval '2 years'")  # expect: MG103
```

## Good
```python
from alembic import op


def upgrade():
    op.drop_column("messages", "legacy_body")
```

## Use instead
Migrations change the schema, backfills change the data. Delete in a backfill run after the deployment: small batches
by primary key, each committed on its own. If the whole table is to go, drop it once no running code reads it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule, tables

HELP = f"{BACKFILLS}: move this DELETE into a backfill."


@rule("MG103", "delete-in-migration", on=OperationKind.DELETE)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a DELETE from a table that may hold rows."""
    if not operation.created_here:
        danger = "and locks what it removes, cascades included, until it commits"
        message = f"DELETE from {tables(operation)} runs inside {place(operation)} {danger}"
        yield context.finding(operation, message, HELP)
