"""Flags rows that the server copies during a migration: INSERT … SELECT, CREATE TABLE AS, SELECT INTO.

## Why is this bad?
The statement reads a whole table and writes as many rows in one transaction. It runs as long as the table is large,
keeps its snapshot open so that vacuum cannot clean up, and a failure near the end throws all of it away. Rows that the
application adds while it runs are missing from the copy. An empty target does not help: what counts is the source.

## Bad
```python
from alembic import op


def upgrade():
    op.execute("INSERT INTO receipts_archive SELECT * FROM receipts WHERE paid")  # expect: MG102
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.create_table("receipts_archive", sa.Column("id", sa.BigInteger(), primary_key=True))
```

## Use instead
Migrations change the schema, backfills change the data. Create the empty table in the migration, let the application
write to both, and copy the old rows in a backfill run: small batches by primary key, with ON CONFLICT DO NOTHING, so
that a second run does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule, tables

HELP = f"{BACKFILLS}: create the table here, and copy the rows in a backfill, with ON CONFLICT DO NOTHING."


@rule("MG102", "insert-select-in-migration", on=(OperationKind.INSERT_SELECT, OperationKind.CTAS))
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a copy, also into a new table: the size of the source decides how long it takes."""
    verb = "CREATE TABLE AS fills" if operation.kind is OperationKind.CTAS else "INSERT … SELECT copies rows into"
    danger = "in one transaction as long as its source is large"
    yield context.finding(operation, f"{verb} {tables(operation)} inside {place(operation)}, {danger}", HELP)
