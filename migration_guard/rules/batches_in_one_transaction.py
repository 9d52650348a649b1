"""Flags a loop that changes data batch by batch and never commits between the batches.

## Why is this bad?
Batches are meant to hold few locks for a short time. Without a commit each batch adds its locks to those of all the
others, and they are all held until the migration ends: as slow as loops are, as blocking as one large statement.

## Bad
```python
from alembic import op


def upgrade():
    connection = op.get_bind()
    while True:  # expect: MG302
        changed = connection.execute(
            "UPDATE leads SET status = 'new' WHERE id IN (SELECT id FROM leads WHERE status IS NULL LIMIT 500)"  # expect: MG101
        )
        if not changed.rowcount:
            break
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    for name in ("status", "source"):
        op.add_column("leads", sa.Column(name, sa.Text()))
```

## Use instead
Migrations change the schema, backfills change the data: a backfill run commits each batch on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation
from migration_guard.rules._rule import BACKFILLS, CHANGES, Context, rule, tables

HELP = f"{BACKFILLS}: move the loop into a backfill; inside a migration all batches share one transaction."


@rule("MG302", "batches-in-one-transaction", on=CHANGES)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report each batching loop once, at the loop."""
    first = next(one for one in context.operations if one.batch == operation.batch and one.kind in CHANGES)
    if operation.batch is not None and operation is first:
        message = f"A loop changes {tables(operation)} in batches that all share the migration's transaction"
        yield context.finding(operation, message, HELP, whole=True, span=operation.batch)
