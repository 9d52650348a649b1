"""Flags a backfill that sets time-outs for its session, not for its transaction.

## Why is this bad?
A plain SET outlives the transaction. Behind a pooler the next client inherits it: a web request that waits two minutes for
a lock, or has no statement_timeout at all.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET lock_timeout = '60s'"))  # expect: MG408
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
`SET LOCAL`, or `set_config(name, value, true)`, in each transaction.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Edit, Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, practice, spelt

HELP = "Write SET LOCAL, or set_config(name, value, true), at the beginning of each transaction."


@practice("MG408", "session-level-set")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each time-out that is left behind."""
    for setting in procedure.settings:
        if not setting.local:
            message = f"SET {spelt(setting)} outlives the transaction: behind a pooler the next client inherits it"
            edit = Edit(setting.span, ((f"SET {setting.name}", f"SET LOCAL {setting.name}"),))
            measure = Measure("SET", "SET LOCAL", edit, passes=True)
            yield context.finding(setting.span, message, HELP, Severity.MEDIUM, measure)
