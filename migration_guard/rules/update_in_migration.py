"""Flags an UPDATE that a migration would run.

## Why is this bad?
An UPDATE locks every row that it changes until the migration commits, and the deployment waits for it. On a table
that the application writes all day, requests queue behind those locks until they time out. It also writes each row a
second time, so the table swells and replicas fall behind. What takes a second on a copy takes an hour in production.

## Bad
```python
from alembic import op


def upgrade():
    op.execute("UPDATE leads SET status = 'new' WHERE status IS NULL")  # expect: MG101
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text(), nullable=True))
```

## Use instead
Migrations change the schema, backfills change the data. Add the column as nullable, deploy code that writes it, then
fill the old rows in a backfill run: small batches by primary key, each committed on its own, after the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule, tables

HELP = f"{BACKFILLS}: move this UPDATE into a backfill."


@rule("MG101", "update-in-migration", on=OperationKind.UPDATE)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report an UPDATE of a table that may hold rows."""
    if not operation.created_here:
        danger = "and locks every row it changes until it commits"
        yield context.finding(operation, f"UPDATE of {tables(operation)} runs inside {place(operation)} {danger}", HELP)
