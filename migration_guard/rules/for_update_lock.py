"""Flags a backfill that locks its rows FOR UPDATE, where FOR NO KEY UPDATE would do.

## Why is this bad?
FOR UPDATE says that keys may change or rows go. So it blocks whoever inserts a row that refers to one of them by a foreign
key: new calls of a lead, new lines of an invoice.

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
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG413
                    "ORDER BY id LIMIT :size FOR UPDATE SKIP LOCKED"
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
`FOR NO KEY UPDATE SKIP LOCKED`, unless rows are deleted or columns of a unique index are written.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Edit, Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, changes, practice

HELP = "Write FOR NO KEY UPDATE SKIP LOCKED, unless rows are deleted or columns of a unique index are written."


@practice("MG413", "for-update-lock")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report the stronger lock, unless rows go."""
    if any(change.verb == "DELETE" for change in changes(procedure)):
        return
    for one in procedure.selections:
        if one.lock == "UPDATE":
            message = f"FOR UPDATE of {one.table or 'a batch'} blocks inserts that refer to its rows by a foreign key"
            edit = Edit(one.span, (("FOR UPDATE", "FOR NO KEY UPDATE"),))
            measure = Measure("FOR UPDATE", "FOR NO KEY UPDATE", edit, passes=True)
            yield context.finding(one.span, message, HELP, Severity.MEDIUM, measure)
