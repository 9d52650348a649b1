"""Flags rows that a migration reads from the database and inserts again, one by one, in Python.

## Why is this bad?
Every row costs a round trip, inside one transaction, inside the deployment. The result set is often read whole into
memory. Rows that the application adds meanwhile are missed, and a second run inserts everything twice.

## Bad
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    connection = op.get_bind()
    for lead in connection.execute(sa.text("SELECT id, email FROM leads")):
        connection.execute(
            sa.text("INSERT INTO contacts (lead_id, email) VALUES (:id, :email)"),  # expect: MG106
            {"id": lead.id, "email": lead.email},
        )
```

## Good
```python
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.create_table("contacts", sa.Column("lead_id", sa.BigInteger()), sa.Column("email", sa.Text()))
```

## Use instead
Migrations change the schema, backfills change the data. Copy in a backfill run after the deployment: one
INSERT … SELECT … ON CONFLICT DO NOTHING for each batch of a few hundred keys, committed before the next.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding
from migration_guard.operations import Operation, OperationKind
from migration_guard.rules._rule import BACKFILLS, Context, place, rule, tables

HELP = (
    f"{BACKFILLS}: move this loop into a backfill, as an INSERT … SELECT … ON CONFLICT DO NOTHING of the "
    "keys of a batch."
)


@rule("MG106", "copy-loop-in-migration", on=OperationKind.INSERT_LOOP)
def check(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a copy by Python, also into a new table: the size of the source decides how long it takes."""
    danger = "with a round trip for each row it read"
    message = f"A loop inserts into {tables(operation)} inside {place(operation)}, {danger}"
    yield context.finding(operation, message, HELP)
