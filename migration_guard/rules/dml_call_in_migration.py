"""Flags a call that surely writes data, although its statement cannot be seen.

## Why is this bad?
Data changes, and nobody who reviews the migration can say in which table, under which locks, or for how long. A helper
such as `exec_dml` exists to change rows; `loaddata` overwrites whatever its file contains.

## Bad
```python
from alembic import op
from crm.database import exec_dml
from crm.statements import fill_status


def upgrade():
    exec_dml(fill_status())  # expect: MG107
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text(), nullable=True))
```

## Use instead
Migrations change the schema, backfills change the data. Move the call into a backfill run after the deployment, with
its statement written out and restricted to the keys of one batch.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule

HELP = (
    f"{BACKFILLS}: move this call into a backfill, with its statement written out and restricted to the keys "
    "of a batch."
)


@rule("MG107", "dml-call-in-migration", on=OperationKind.DML_CALL)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a call that writes."""
    call = f"{operation.callee}()" if operation.callee else "A call"
    danger = f"writes to {operation.target} inside {place(operation)}, with a statement that cannot be seen"
    yield context.finding(operation, f"{call} {danger}", HELP, base=Severity.HIGH)
