"""Flags a backfill that tells errors apart by the words of their messages.

## Why is this bad?
The words are not what one expects, and change with the server's language: a lock that times out says "canceling statement
due to lock timeout", and never `lock_timeout`. The branch is then never taken, and the error ends the run.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        try:
            connect_again()
        except Exception as error:
            if "lock_timeout" in str(error):  # expect: MG411
                continue
            raise
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

## Good
```python
import time

from sqlalchemy import text
from sqlalchemy.exc import OperationalError


def fill_status(engine, batch_size=500):
    last = 0
    while True:
        try:
            connect_again()
        except OperationalError as error:
            if error.orig.sqlstate == "55P03":
                continue
            raise
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
SQLSTATE: 55P03 is a lock that was not to be had, 57014 a statement that was cancelled, 40P01 a deadlock, 40001 a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import Practice, practice

HELP = (
    "Ask for the SQLSTATE (`error.orig.sqlstate`, or `pgcode` of psycopg2): 55P03 lock not available, 57014 cancelled, "
    "40P01 deadlock, 40001 conflict."
)


@practice("MG411", "error-told-by-text")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each test of a message."""
    for span in procedure.error_texts:
        message = "This looks for words in an error's message, which differ by server and language"
        measure = Measure("the message", "the SQLSTATE", passes=True)
        yield context.finding(span, message, HELP, Severity.MEDIUM, measure)
