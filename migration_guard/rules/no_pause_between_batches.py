"""Flags a backfill that never rests between its batches.

## Why is this bad?
Batch after batch without a pause takes all that the server has to give: the application waits, replicas lag, and vacuum does
not keep up with what is left behind.

## Bad
```python
from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:  # expect: MG415
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
A pause in proportion to the batch's own time, such as a fifth of it; a definition's runner does that.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, changes, practice

HELP = "Sleep between batches, best in proportion to the time that the last one took, such as a fifth of it."

HELP_HELD = "Commit first, and rest then: nobody waits for a backfill that sleeps."


@practice("MG415", "no-pause-between-batches")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report the loop that has none."""
    together = any(one.together for one in changes(procedure))  # told as one transaction
    for span in () if together else procedure.held_pauses:
        message = f"{procedure.shown} rests while it holds the locks of its batch"
        measure = Measure("a pause before the commit", "a pause behind the commit")
        yield context.finding(span, message, HELP_HELD, Severity.HIGH, measure)
    if procedure.loop is not None and procedure.pause is None and not procedure.held_pauses and changes(procedure):
        message = f"The loop of {procedure.shown} never rests between batches"
        yield context.finding(procedure.loop, message, HELP, Severity.MEDIUM, Measure("no pause", "a pause"))
