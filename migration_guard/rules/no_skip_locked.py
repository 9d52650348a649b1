"""Flags a backfill that picks the rows of a batch without SKIP LOCKED.

## Why is this bad?
A batch that waits for a row which the application holds keeps all the rows that it has locked before, and whoever wants
one of those waits as well. With SKIP LOCKED it takes the rows that are free, and comes back for the others.

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
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG401
                    "ORDER BY id LIMIT :size"
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
                    "SELECT id FROM leads WHERE id > :last AND status IS NULL "  # expect: MG401
                    "ORDER BY id LIMIT :size FOR NO KEY UPDATE"
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
`SELECT … ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED`, then change the rows by their ids; or a definition, whose
runner does that.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Edit, Finding, Measure, Severity
from migration_guard.procedures import Alteration, Procedure, Selection
from migration_guard.rules._practice import Practice, changes, practice

HELP = (
    "Pick the ids with SELECT … ORDER BY the key LIMIT :size FOR NO KEY UPDATE SKIP LOCKED, and change only those; or "
    "write a definition, whose runner does it."
)
REQUIRED = "FOR NO KEY UPDATE SKIP LOCKED"


@practice("MG401", "no-skip-locked")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each selection of a batch that waits, or takes no lock; and changes of rows that were never locked."""
    rewriting = [one for one in changes(procedure) if one.verb != "INSERT"]
    if procedure.managed or not rewriting:
        return
    told: set[str | None] = set()
    for one in procedure.batches:
        if not one.skips:
            told.add(one.table)
            message = f"The batches of {one.table or procedure.shown} wait for rows that others hold"
            yield context.finding(one.span, message, HELP, Severity.HIGH, Measure(_found(one), REQUIRED, _edit(one)))
    unlocked = [one for one in rewriting if one.confined and not one.locked and one.table not in told]
    yield from (_unlocked(one, context) for one in unlocked if None not in told)


def _found(selection: Selection) -> str:
    return f"FOR {selection.lock}" if selection.lock else "no lock"


def _edit(selection: Selection) -> Edit | None:
    lock = f"FOR {selection.lock}"
    return Edit(selection.span, ((lock, f"{lock} SKIP LOCKED"),)) if selection.lock else None


def _unlocked(change: Alteration, context: Practice) -> Finding:
    message = f"The rows of {change.target} are changed without having been locked, so each batch waits for others"
    return context.finding(change.span, message, HELP, Severity.HIGH, Measure("no lock", REQUIRED))
