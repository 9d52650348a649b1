"""Flags a backfill that leaves rows out and ends as if it were complete.

## Why is this bad?
Whoever reads "done" relies on it: the next migration says NOT NULL, or drops the old column. Three habits leave rows out
without a word. An error of a batch is caught and nobody hears of it, so that the loop goes on behind its rows. `OFFSET`
counts rows off of a set from which each batch takes the rows that it has changed, so that as many are never looked at. A
LIMIT below the step of a range of keys takes the first rows of each range. And a server-side cursor is closed by the first commit of its own connection, so that what comes behind it fails or is not read.

## Bad
```python
import time

from sqlalchemy import text


def fill_status(engine, batch_size=500):
    offset = 0
    while True:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
            rows = connection.execute(
                text(
                    "SELECT id FROM leads WHERE status IS NULL "  # expect: MG416
                    "ORDER BY id LIMIT :size OFFSET :offset FOR NO KEY UPDATE SKIP LOCKED"
                ),
                {"offset": offset, "size": batch_size},
            )
            ids = [row.id for row in rows]
            connection.execute(
                text("UPDATE leads SET status = 'new' WHERE id = ANY(:ids) AND status IS NULL"), {"ids": ids}
            )
        if not ids:
            return
        offset += batch_size
        time.sleep(0.1)
```

```python
import time

from sqlalchemy import text


def fill_status(engine, highest, batch_size=500):
    for low in range(0, highest, batch_size):
        try:
            fill_range(engine, low, low + batch_size)
        except Exception:  # expect: MG416
            pass
        time.sleep(0.1)


def fill_range(engine, low, high):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL statement_timeout = '120s'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))
        connection.execute(
            text(
                "UPDATE leads SET status = 'new' WHERE id IN (SELECT id FROM leads WHERE id >= :low AND id < :high "
                "AND status IS NULL ORDER BY id LIMIT :size FOR NO KEY UPDATE SKIP LOCKED)"
            ),
            {"low": low, "high": high, "size": high - low},
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

## Use instead
Let an error end the run, or count what failed and end with another exit code; go on behind the last key instead of an
OFFSET; read with one connection and write with another, or open the cursor WITH HOLD. A definition's runner is complete
only when no row is left.

## References
- PostgreSQL, LIMIT and OFFSET: https://www.postgresql.org/docs/current/queries-limit.html
- PostgreSQL, DECLARE: https://www.postgresql.org/docs/current/sql-declare.html
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Measure, Severity
from migration_guard.procedures import Procedure, Why
from migration_guard.rules._practice import Practice, practice

_SAID = {
    Why.ERROR: (
        "{} passes over a batch that fails, and nobody hears of it",
        "an error in silence",
        "an error that is told",
    ),
    Why.OFFSET: ("{} counts rows off of a set that its batches make smaller", "OFFSET", "WHERE id > :last"),
    Why.WINDOW: (
        "{} takes fewer rows of a range of keys than it may hold, and goes on to the next",
        "a LIMIT below the step",
        "a LIMIT of the step",
    ),
    Why.CURSOR: (
        "{} reads on from a cursor that its own commit has closed",
        "a closed cursor",
        "a cursor that stays open",
    ),
}
_HELP = {
    Why.ERROR: "Raise it, or note the batch and end with an exit code that is not 0.",
    Why.OFFSET: "ORDER BY the key, and go on behind the last one: WHERE id > :last ORDER BY id LIMIT :size.",
    Why.WINDOW: "Let the LIMIT be the step of the range, or go on behind the last key: WHERE id > :last ORDER BY id LIMIT :size.",
    Why.CURSOR: "Read with one connection and write with another, or open the cursor with `withhold=True`.",
}


@practice("MG416", "rows-passed-over")
def check(procedure: Procedure, context: Practice) -> Iterator[Finding]:
    """Report each place that leaves rows out."""
    for one in procedure.lapses:
        said, found, required = _SAID[one.why]
        message = said.format(procedure.shown)
        yield context.finding(one.span, message, _HELP[one.why], Severity.HIGH, Measure(found, required))
