"""Flags a backfill whose lock_timeout is not the one of data changes: 30 to 120 seconds.

## Why is this bad?
A schema change has to give up early (5 s), since everybody queues behind it. A batch holds and wants locks of single rows:
with 5 s it fails where it should wait (SKIP LOCKED helps with rows only, not with other locks), and without any limit it
waits for ever.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))  # expect: MG405
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
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG405
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
`SET LOCAL lock_timeout = '60s'` in the batch's own transaction; a definition's runner sets it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import LOCK_TIMEOUT, Procedure, Setting
from migration_guard.rules._practice import LOCK, Practice, added, in_force, practice, set_to, spelt

HELP = (
    "SET LOCAL lock_timeout = '60s' in the transaction of each batch: 30 to 120 s. Failing fast (5 s) is for schema "
    "changes, which everybody queues behind."
)
REQUIRED = f"{LOCK[0]:g} to {LOCK[1]:g} s"
VALUE = "60s"


@practice("MG405", "unsuitable-lock-timeout")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each setting that is out of range, and once that there is none."""
    for setting, span in in_force(procedure, LOCK_TIMEOUT):
        if setting is None:
            message = f"The batches of {procedure.shown} wait for locks without a limit: no lock_timeout is set"
            measure = Measure("none", REQUIRED, added(procedure, span, LOCK_TIMEOUT, VALUE))
            yield context.finding(span, message, HELP, Severity.HIGH, measure)
        elif setting.seconds is not None and not LOCK[0] <= setting.seconds <= LOCK[1]:
            measure = Measure(spelt(setting), REQUIRED, set_to(setting, VALUE))
            yield context.finding(setting.span, _message(procedure, setting), HELP, Severity.HIGH, measure)


def _message(procedure: Procedure, setting: Setting) -> str:
    if not setting.seconds:
        return f"The batches of {procedure.shown} wait for locks without a limit: {spelt(setting)}"
    if setting.seconds < LOCK[0]:
        return f"{spelt(setting)} is a time-out of schema changes: the batches of {procedure.shown} give up too early"
    return f"{spelt(setting)} lets the batches of {procedure.shown} wait too long for a lock"
