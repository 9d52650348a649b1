"""Flags a backfill whose batches all share one transaction.

## Why is this bad?
Each batch adds its locks to those of all the others, and all are held until the last one is done. A failure at the end
throws the work of hours away.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL statement_timeout = '120s'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
        while True:  # expect: MG409
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
Begin the transaction inside the loop, or commit at its end; a definition's runner commits each batch.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, changes, practice

HELP = "Begin a transaction for each batch inside the loop (`with engine.begin()`), or commit at the end of each pass."

HELP_LOST = (
    "Commit before the connection is closed, or let its block do it: `with engine.begin()`, `with psycopg.connect()`."
)


@practice("MG409", "no-commit-between-batches")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report the loop, once, and changes that may be lost since nothing commits them."""
    together = next((one for one in changes(procedure) if one.together), None)
    if together is not None:
        message = f"All batches of {together.target} share one transaction, which holds every lock until the end"
        measure = Measure("one transaction", "one transaction a batch")
        yield context.finding(procedure.loop or together.span, message, HELP, Severity.HIGH, measure)
    lost = next((one for one in changes(procedure) if one.lasting), None)
    if lost is not None and together is None:
        message = f"On a way to the end of {procedure.shown} nothing commits what it changes of {lost.target}"
        yield context.finding(lost.span, message, HELP_LOST, Severity.HIGH, Measure("no commit", "a commit"))
