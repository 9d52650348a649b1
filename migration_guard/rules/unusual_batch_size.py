"""Flags a backfill whose batches are fixed in its SQL, or far from 200 to 1000 rows.

## Why is this bad?
Small batches spend their time on commits; large ones hold locks for long and make replicas lag. The right size is found in
production, so it has to be a setting: what is fixed in SQL takes a release to change.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=100):  # expect: MG404
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
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG404
                    "ORDER BY id LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED"
                ),
                {"last": last},
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
`batch_size` of 200 to 1000 in the definition or the registry, and `LIMIT :size` in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Edit, Finding, Measure, Severity
from migration_guard.procedures import Procedure
from migration_guard.rules._practice import SIZES, Practice, practice

HELP = "Give the size in the definition or the registry, from 200 to 1000 (500 to start with), and write LIMIT :size in SQL."
REQUIRED = f"{SIZES[0]} to {SIZES[1]:,}"
LARGEST = 10_000
"""Batches beyond this are none: they hold their locks for seconds."""
START = 500


@practice("MG404", "unusual-batch-size")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report the size that a registry, a parameter or a constant gives, and every number in SQL."""
    size = procedure.size
    if size is not None and size.number is not None and not _is_usual(size.number):
        message = f"The batches of {procedure.shown} have {size.number:,} rows, which is {_which(size.number)}"
        edit = Edit(size.span, ((str(size.number), str(START)),))
        severity = Severity.HIGH if size.number > LARGEST else Severity.MEDIUM
        yield context.finding(size.span, message, HELP, severity, Measure(f"{size.number:,}", REQUIRED, edit))
    for one in procedure.batches:
        if one.most is not None and (size is None or one.most != size.number) and not _is_usual(one.most):
            message = f"The batches of {procedure.shown} have {one.most:,} rows, which is {_which(one.most)}"
            severity = Severity.HIGH if one.most > LARGEST else Severity.MEDIUM
            yield context.finding(one.span, message, HELP, severity, Measure(f"{one.most:,}", REQUIRED))
        if one.fixed is not None:
            message = f"The size of the batches of {procedure.shown} is fixed in SQL"
            measure = Measure(f"LIMIT {one.limit}", "a size from configuration")
            severity = Severity.HIGH if one.fixed > LARGEST else Severity.MEDIUM
            yield context.finding(one.span, message, HELP, severity, measure)


def _is_usual(number: int) -> bool:
    return SIZES[0] <= number <= SIZES[1]


def _which(number: int) -> str:
    return "few" if number < SIZES[0] else "many"
