"""Flags a backfill that changes the schema.

## Why is this bad?
A schema change takes a lock that everybody queues behind, and has to give up early. In a backfill it is given the patience
of one: it waits a minute for its lock, and the application with it.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            connection.execute(text("ALTER TABLE leads ADD COLUMN IF NOT EXISTS status text"))  # expect: MG412
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "
                    "ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED"
                ),
                {"last": last, "size": batch_size},
            )
            ids = [row.id for row in rows]
            connection.execute(
                text("UPDATE leads SET status = 'new' WHERE id = ANY(:ids) AND status IS NULL"), {"ids": ids}
            )
        if not ids:
            return
        last = ids[-1]
        time.sleep(0.1)
```

## Good
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "
                    "ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED"
                ),
                {"last": last, "size": batch_size},
            )
            ids = [row.id for row in rows]
            connection.execute(
                text("UPDATE leads SET status = 'new' WHERE id = ANY(:ids) AND status IS NULL"), {"ids": ids}
            )
        if not ids:
            return
        last = ids[-1]
        time.sleep(0.1)
```

```python
from migration_guard.backfill import Backfill

LEADS_STATUS = Backfill(
    key="leads-status",
    table="leads",
    where="status IS NULL",
    update="UPDATE leads SET status = 'new' WHERE id = ANY(:ids)",
)
```

## Use instead
Migrations change the schema, backfills change the data: add the column in a migration that runs before.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, practice

HELP = (
    "Migrations change the schema, backfills change the data: move this into a migration that runs before the backfill."
)

HELP_LOCK = "Lock the rows of a batch alone: FOR NO KEY UPDATE SKIP LOCKED where they are picked."


@practice("MG412", "schema-change-in-backfill")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each schema change."""
    for span in procedure.schema_changes:
        message = f"{procedure.shown} changes the schema, with a backfill's patience: everybody queues behind it"
        yield context.finding(span, message, HELP, Severity.HIGH, Measure("a schema change", "data changes only"))
    for span in procedure.table_locks:
        message = f"{procedure.shown} locks a whole table, with a backfill's patience: everybody queues behind it"
        yield context.finding(span, message, HELP_LOCK, Severity.HIGH, Measure("a table's lock", "locks of rows"))
