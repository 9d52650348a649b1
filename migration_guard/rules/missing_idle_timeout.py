"""Flags a backfill without an idle_in_transaction_session_timeout.

## Why is this bad?
A runner that hangs between two statements, or whose machine is cut off, leaves its transaction open, with all its locks and
in the way of vacuum, until somebody finds it.

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
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG407
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
`SET LOCAL idle_in_transaction_session_timeout = '120s'`; a definition's runner sets it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import IDLE_TIMEOUT, Procedure
from migration_guard.rules._practice import IDLE, Practice, added, in_force, practice, set_to, spelt

HELP = "SET LOCAL idle_in_transaction_session_timeout = '120s' in the transaction of each batch."
REQUIRED = "120 s"
VALUE = "120s"


@practice("MG407", "missing-idle-timeout")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report that there is none, and values that are as good as none."""
    for setting, span in in_force(procedure, IDLE_TIMEOUT):
        if setting is None:
            message = f"A hanging batch of {procedure.shown} keeps its locks: no {IDLE_TIMEOUT} is set"
            measure = Measure("none", REQUIRED, added(procedure, span, IDLE_TIMEOUT, VALUE))
            yield context.finding(span, message, HELP, Severity.HIGH, measure)
        elif setting.seconds is not None and not IDLE[0] <= setting.seconds <= IDLE[1]:
            message = f"{spelt(setting)} is far from {REQUIRED}"
            severity = Severity.MEDIUM if setting.seconds else Severity.HIGH
            measure = Measure(spelt(setting), REQUIRED, set_to(setting, VALUE))
            yield context.finding(setting.span, message, HELP, severity, measure)
