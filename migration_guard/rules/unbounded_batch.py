"""Flags a backfill whose statement may change any number of rows.

## Why is this bad?
Without a LIMIT, or without the ids that the LIMIT picked, one statement locks as many rows as match, for as long as it
takes to change them all: what batches are meant to avoid.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL statement_timeout = '120s'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
        connection.execute(text("UPDATE leads SET status = 'new' WHERE status IS NULL"))  # expect: MG402
```

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
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG402
                    "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
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
Pick the ids of a batch with ORDER BY and LIMIT, and change `WHERE id = ANY(:ids)`; or write a definition.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, changes, practice

HELP = (
    "Pick the ids of 200 to 1000 rows with ORDER BY the key and a LIMIT, and change only those (WHERE id = ANY(:ids)); "
    "or write a definition, whose runner does it."
)


@practice("MG402", "unbounded-batch")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report changes that no batch confines, and batches that have no end."""
    for change in changes(procedure):
        if not change.confined and not (procedure.managed and change.verb == "INSERT"):
            message = f"This {change.verb} of {change.target} changes all the rows that match, not those of a batch"
            yield context.finding(change.span, message, HELP, Severity.HIGH, Measure("no ids", "the ids of a batch"))
    for one in procedure.batches:
        if one.lock and one.limit is None:
            message = f"The batches of {one.table or procedure.shown} have no LIMIT"
            yield context.finding(one.span, message, HELP, Severity.HIGH, Measure("no LIMIT", "a LIMIT"))
