"""Flags a TRUNCATE that a migration would run.

## Why is this bad?
TRUNCATE takes an ACCESS EXCLUSIVE lock: it waits for every query on the table, and every later query waits for it.
With CASCADE it empties tables that it does not name. The rows are gone for the version of the application that is
still running, and a rolled back deployment does not bring them back.

## Bad
```python
from alembic import op


def upgrade():
    op.execute("TRUNCATE TABLE call_log")  # expect: MG104
```

## Good
```python
from alembic import op


def upgrade():
    op.drop_table("call_log_2019")
```

## Use instead
Migrations change the schema, backfills change the data. Where the rows must go and the table stays, delete them in a
backfill run after the deployment. Where both go, stop using the table first and drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule, tables

HELP = f"{BACKFILLS}: delete the rows in a backfill, or drop the table in a migration once no running code uses it."


@rule("MG104", "truncate-in-migration", on=OperationKind.TRUNCATE)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a TRUNCATE of tables that may hold rows."""
    if not operation.created_here:
        danger = "and throws every row away behind an ACCESS EXCLUSIVE lock"
        message = f"TRUNCATE of {tables(operation)} runs inside {place(operation)} {danger}"
        yield context.finding(operation, message, HELP)
