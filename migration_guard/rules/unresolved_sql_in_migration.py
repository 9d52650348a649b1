"""Flags SQL whose text cannot be read in the source, and calls that take a database handle out of sight.

## Why is this bad?
What cannot be read cannot be reviewed: the statement may be a harmless SET, or an UPDATE of the largest table. A
connection that is handed to code outside the repository may do anything with it.

## Bad
```python
import os

from alembic import op


def upgrade():
    op.execute(os.environ["AFTER_DEPLOY_SQL"])  # expect: MG109
```

## Good
```python
from alembic import op

LOCK_TIMEOUT = "SET lock_timeout = '5s'"


def upgrade():
    op.execute(LOCK_TIMEOUT)
```

## Use instead
Write the statement as a literal or a constant of the migration. Where it changes data, migrations change the schema,
backfills change the data: move it into a backfill run after the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import Context, place, rule

HELP = (
    "Write the statement as a literal or a constant in the migration, so that it can be read. If it changes data, "
    "move it into a backfill that runs after the deployment: migrations change the schema, backfills change the data."
)


@rule("MG109", "unresolved-sql-in-migration", on=OperationKind.OPAQUE)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report what cannot be read."""
    what = f"{operation.callee}()" if operation.callee else "This call"
    danger = f"may write to {operation.target} inside {place(operation)}: its SQL cannot be known from the source"
    yield context.finding(operation, f"{what} {danger}", HELP, base=Severity.MEDIUM)
