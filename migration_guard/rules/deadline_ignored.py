"""Flags a backfill that states how long it may run, and whose loop of batches never asks.

## Why is this bad?
Somebody relies on the limit: the deployment that waits, the window in which the database is quiet. Asked once for each
tenant, or before the first batch, it holds nothing back when one tenant has ten million rows.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, tenants, batch_size=500, max_runtime=600):
    deadline = time.monotonic() + max_runtime
    for tenant in tenants:
        if time.monotonic() > deadline:
            return
        fill_tenant(engine, tenant, batch_size)


def fill_tenant(engine, tenant, batch_size):
    changed = batch_size
    while changed:  # expect: MG410, MG417
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            changed = connection.execute(
                text(
                    "UPDATE leads SET status = 'new' WHERE id IN (SELECT id FROM leads WHERE tenant_id = :tenant "
                    "AND status IS NULL ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED)"
                ),
                {"tenant": tenant, "size": batch_size},
            ).rowcount
        time.sleep(0.1)
```

## Good
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500, max_runtime=600):
    deadline = time.monotonic() + max_runtime
    last = 0
    while time.monotonic() < deadline:
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
Ask in the loop that goes from batch to batch: `while time.monotonic() < deadline`. A definition's runner ends between two
batches when its time is over.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, changes, practice

HELP = "Ask in the loop that goes from batch to batch: `while time.monotonic() < deadline`."


@practice("MG417", "deadline-ignored")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report the loop."""
    if procedure.untimed is not None and changes(procedure):
        message = f"{procedure.shown} has a limit of time, for which this loop of batches never asks"
        measure = Measure("no look at the clock", "a look between batches")
        yield context.finding(procedure.untimed, message, HELP, Severity.HIGH, measure)
