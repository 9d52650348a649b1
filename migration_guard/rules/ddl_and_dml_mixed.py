"""Flags a migration that changes the schema and the data in one transaction.

## Why is this bad?
Schema changes take ACCESS EXCLUSIVE locks, and PostgreSQL holds them until the transaction ends: for as long as the
data change runs, nobody can read the table. With deferred constraints or triggers the later half may not run at all:
"cannot ALTER TABLE because it has pending trigger events".

## Bad
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text()))
    op.execute("UPDATE leads SET status = 'new'")  # expect: MG101, MG301
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text()))
```

## Use instead
Migrations change the schema, backfills change the data. Where both must stay in migrations, give each a migration of
its own, so that each commits on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, CHANGES, Context, rule, tables

HELP = (
    f"{BACKFILLS}: move the data change into a backfill; where it must stay in a migration, give it one of "
    "its own, which commits apart from the schema change."
)
_ON_EMPTY = frozenset({OperationKind.UPDATE, OperationKind.DELETE, OperationKind.TRUNCATE, OperationKind.MERGE})


@rule("MG301", "ddl-and-dml-mixed", on=CHANGES)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report the first data change of a migration that shares its transaction with a schema change."""
    if operation is next((one for one in context.operations if _counts(one, operation.migration)), None):
        by_table = context.severity(operation, None)
        yield context.finding(
            operation,
            f"The data change of {tables(operation)} holds the locks of this migration's schema changes until it ends",
            HELP,
            base=Severity.HIGH if by_table is Severity.HIGH else Severity.MEDIUM,
            whole=True,
        )


def _counts(operation: Operation, migration: str | None) -> bool:
    harmless = operation.created_here and operation.kind in _ON_EMPTY
    return operation.mixed and operation.kind in CHANGES and not harmless and operation.migration == migration
