"""Flags a backfill that changes rows again which it has changed before.

## Why is this bad?
A backfill is stopped, killed and started again. If nothing in its conditions leaves out the rows that are done, the next
run changes them once more: at best for nothing, at worst to something wrong.

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
                text("SELECT id FROM leads WHERE id > :last ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED"),
                {"last": last, "size": batch_size},
            )
            ids = [row.id for row in rows]
            connection.execute(
                text("UPDATE leads SET price = price * 100 WHERE id = ANY(:ids)"),  # expect: MG403
                {"ids": ids},
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
    where="price IS NOT NULL",
    update="UPDATE leads SET price = price * 100 WHERE id = ANY(:ids)",  # expect: MG403
)
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

```python
from migration_guard.backfill import Backfill

LEADS_PRICE = Backfill(
    key="leads-price-in-cents",
    table="leads",
    where="price_cents IS DISTINCT FROM price * 100",
    update="UPDATE leads SET price_cents = price * 100 WHERE id = ANY(:ids)",
)
```

## Use instead
A condition on the column that is written: `status IS NULL`, or `price_cents IS DISTINCT FROM price * 100`.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, changes, practice

HELP = (
    "Leave out the rows that are done, by a condition on the column that is written: `column IS NULL`, or `column IS "
    "DISTINCT FROM` its new value; for rows that are copied, ON CONFLICT DO NOTHING or NOT EXISTS."
)


@practice("MG403", "backfill-not-idempotent")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report changes whose conditions say nothing of what they write."""
    for change in changes(procedure):
        if change.repeats:
            written = ", ".join(change.columns) or "its rows"
            message = f"A second run would {change.verb} the same rows of {change.target} again"
            measure = Measure(_tested(change.tested), f"a condition on {written}")
            yield context.finding(change.span, message, HELP, Severity.HIGH, measure)


def _tested(columns: tuple[str, ...]) -> str:
    return f"conditions on {', '.join(columns)}" if columns else "no condition"
