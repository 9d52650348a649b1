"""Flags a backfill whose statement_timeout is missing, unlimited, or below 120 seconds.

## Why is this bad?
A batch must end: a statement without a limit holds its locks for as long as a bad plan takes. A limit below the time that
the batch may wait for locks cancels it while it waits, and nobody can tell the two apart.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '30s'"))  # expect: MG406
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
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '0'"))  # expect: MG406
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
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG406
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
`SET LOCAL statement_timeout = '120s'`, above lock_timeout; a definition's runner sets it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import STATEMENT_TIMEOUT, Procedure
from migration_guard.rules._practice import STATEMENT, Practice, added, in_force, practice, set_to, spelt

HELP = (
    "SET LOCAL statement_timeout = '120s' in the transaction of each batch, which is finite and above its lock_timeout."
)
REQUIRED = f"{STATEMENT:g} s or more"
VALUE = "120s"
BORDERLINE = 30.0


@practice("MG406", "unsuitable-statement-timeout")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each setting that is too short or unlimited, and once that there is none."""
    for setting, span in in_force(procedure, STATEMENT_TIMEOUT):
        if setting is None:
            message = f"The batches of {procedure.shown} may run for ever: no statement_timeout is set"
            measure = Measure("none", REQUIRED, added(procedure, span, STATEMENT_TIMEOUT, VALUE))
            yield context.finding(span, message, HELP, Severity.HIGH, measure)
        elif setting.seconds == 0:
            message = f"{spelt(setting)} sets no limit: the batches of {procedure.shown} may run for ever"
            measure = Measure(spelt(setting), REQUIRED, set_to(setting, VALUE), passes=True)
            yield context.finding(setting.span, message, HELP, Severity.MEDIUM, measure)
        elif setting.seconds is not None and setting.seconds < STATEMENT:
            message = f"{spelt(setting)} leaves the batches of {procedure.shown} little time"
            severity = Severity.MEDIUM if setting.seconds >= BORDERLINE else Severity.HIGH
            measure = Measure(spelt(setting), REQUIRED, set_to(setting, VALUE))
            yield context.finding(setting.span, message, HELP, severity, measure)
