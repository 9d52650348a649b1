"""Backfill runners as one finds them, each with one bug that an accident turns into lost, wrong or miscounted rows.

    python seeded.py BUG

They are what the suite must catch: a suite that passes them proves nothing of the runner that it was written for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import psycopg

BATCH = 500
STATE = """
CREATE TABLE IF NOT EXISTS seeded (
    state text NOT NULL, cursor bigint NOT NULL, changed bigint NOT NULL, examined bigint NOT NULL, batches bigint NOT NULL
);
INSERT INTO seeded SELECT 'running', 0, 0, 0, 0 WHERE NOT EXISTS (TABLE seeded)
"""
WINDOW = "SELECT id FROM leads WHERE id > %s ORDER BY id LIMIT %s"
FILL = """
UPDATE leads SET name = first_name || ' ' || last_name
WHERE id = ANY(%s) AND name IS NULL AND first_name IS NOT NULL
"""
NOTE = "UPDATE seeded SET cursor = %s, changed = changed + %s, examined = examined + %s, batches = batches + 1"
DONE = "UPDATE seeded SET state = 'completed'"


def zero_rows_is_done(connection: psycopg.Connection) -> None:
    """Take a batch without rows for the end, although somebody else may hold the rows that are left."""
    pick = """
        SELECT id FROM leads WHERE name IS NULL AND first_name IS NOT NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    """
    while True:
        with connection.transaction():
            ids = [row[0] for row in connection.execute(pick, (BATCH,))]
            if not ids:
                break
            changed = connection.execute(FILL, (ids,)).rowcount
            connection.execute(NOTE, (ids[-1], changed, changed))
    connection.execute(DONE)


def checkpoint_apart(connection: psycopg.Connection) -> None:
    """Commit the cursor before the rows: a kill between the two skips them for ever."""
    while ids := _window(connection):
        connection.execute(NOTE, (ids[-1], 0, 0))
        with connection.transaction():
            changed = connection.execute(FILL, (ids,)).rowcount
            connection.execute("UPDATE seeded SET changed = changed + %s, examined = examined + %s", (changed, changed))
    connection.execute(DONE)


def client_counts(connection: psycopg.Connection) -> None:
    """Count in memory, and write the sum down at the end."""
    changed = 0
    while ids := _window(connection):
        with connection.transaction():
            changed += connection.execute(FILL, (ids,)).rowcount
            connection.execute(NOTE, (ids[-1], 0, 0))
    connection.execute("UPDATE seeded SET changed = %s, examined = %s", (changed, changed))
    connection.execute(DONE)


def read_modify_write(connection: psycopg.Connection) -> None:
    """Read whole rows, change them in Python, write them back: what others wrote in between is gone."""
    read = "SELECT id, first_name, last_name, visits FROM leads WHERE id = ANY(%s) AND name IS NULL ORDER BY id"
    write = """
        UPDATE leads SET name = new.name, visits = new.visits
        FROM unnest(%s::bigint[], %s::text[], %s::integer[]) AS new (id, name, visits) WHERE leads.id = new.id
    """
    while ids := _window(connection):
        with connection.transaction():
            rows = [row for row in connection.execute(read, (ids,)).fetchall() if row[1] is not None]
            names = [f"{first} {last}" for _, first, last, _ in rows]
            connection.execute(write, ([row[0] for row in rows], names, [row[3] for row in rows]))
            connection.execute(NOTE, (ids[-1], len(rows), len(rows)))
    connection.execute(DONE)


BUGS: dict[str, Callable[[psycopg.Connection], None]] = {
    bug.__name__: bug for bug in (zero_rows_is_done, checkpoint_apart, client_counts, read_modify_write)
}


def _window(connection: psycopg.Connection) -> list[int]:
    (cursor,) = connection.execute("SELECT cursor FROM seeded").fetchone() or (0,)
    return [row[0] for row in connection.execute(WINDOW, (cursor, BATCH))]


def main() -> None:
    """Run one of them on the database that the environment names."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, application_name=sys.argv[1]) as connection:
        connection.execute(STATE)
        BUGS[sys.argv[1]](connection)


if __name__ == "__main__":
    main()
