"""Flags a backfill that takes a row count of 0 for the end of its work.

## Why is this bad?
A batch may change nothing although work is left: its rows are held by others and were skipped, or have no source to be
filled from. Such rows end the loop for all that stand behind them, on every run.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            result = connection.execute(
                text(
                    "UPDATE leads SET status = 'new' WHERE id IN (SELECT id FROM leads WHERE status IS NULL "
                    "ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED)"
                ),
                {"size": batch_size},
            )
        if result.rowcount == 0:  # expect: MG410
            return
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
Go through the table by its key, and end where the keys end; count rows examined, not rows changed. A definition's runner
ends after a sweep in which nothing was skipped or changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, practice

HELP = (
    "Go through the table by its key (WHERE id > :last), end where the keys end, and come back for what was skipped; or "
    "write a definition, whose runner ends after a sweep that skipped and changed nothing."
)


@practice("MG410", "rowcount-as-completion")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each test of a row count that ends the loop."""
    for span in procedure.rowcounts:
        message = (
            f"{procedure.shown} ends when a batch changes no row, which skipped rows and rows without a source do too"
        )
        measure = Measure("ends on the row count", "ends where the keys end", passes=True)
        yield context.finding(span, message, HELP, Severity.MEDIUM, measure)
