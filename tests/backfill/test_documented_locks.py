"""The page for DBAs says which locks a batch takes: they are asked of the server, at the end of each batch."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from migration_guard.backfill import Backfill, batch, recording, run, worker
from migration_guard.backfill.asks import Question
from migration_guard.backfill.swift import stride

TABLES = """
CREATE TABLE owners (id int PRIMARY KEY);
CREATE TABLE calls (lead bigint);
CREATE TABLE leads (id bigint PRIMARY KEY, owner int REFERENCES owners);
INSERT INTO owners SELECT generate_series(0, 9);
INSERT INTO leads SELECT generate_series(1, 2000);
INSERT INTO calls SELECT generate_series(1, 2000)
"""
LOCKS = """
SELECT relation::regclass::text, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation IN (
    SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace IN ('public'::regnamespace, 'migration_guard'::regnamespace)
)
"""
TOLD = f"SELECT json_agg(json_build_array(relation, mode))::text FROM ({LOCKS}) AS locks (relation, mode)"
ALONE = "UPDATE leads SET owner = id % 10 WHERE id = ANY(:ids)"
JOINED = "UPDATE leads SET owner = lead % 10 FROM calls WHERE lead = leads.id AND leads.id = ANY(:ids)"


@pytest.mark.parametrize(("update", "quick"), [(ALONE, True), (JOINED, False)])
def test_a_batch_takes_no_lock_that_is_not_documented(
    database: str, monkeypatch: pytest.MonkeyPatch, update: str, quick: bool
) -> None:
    seen: list[set[tuple[str, str]]] = []

    def watch(room: Any, name: str) -> None:
        inner: Any = getattr(room, name)

        def watched(connection: Any, *more: Any, **named: Any) -> Any:
            done = inner(connection, *more, **named)
            seen.append({tuple(row) for row in connection.exec_driver_sql(LOCKS)})
            return done

        monkeypatch.setattr(room, name, watched)

    watch(recording, "write")
    watch(batch, "write")  # of what was locked, or set aside

    def told(*arguments: Any, **named: Any) -> Question:
        """Let each batch of the quick way tell which locks it has when all is written."""
        made = stride(*arguments, **named)
        head, commit, tail = made.sql.rpartition("COMMIT;")
        return replace(made, sql=f"{head}PERFORM pg_notify('locks', ({TOLD})); {commit}{tail}")

    monkeypatch.setattr(worker, "stride", told)
    with psycopg.connect(database, autocommit=True) as console:
        console.execute(TABLES)
        console.add_notify_handler(lambda one: seen.append({tuple(row) for row in json.loads(one.payload)}))
        console.execute("LISTEN locks")
        (result,) = run([Backfill(key="owner", table="leads", where="owner IS NULL", update=update)], database)
        console.execute("SELECT 1")  # with which what was told comes
    assert result.complete, result
    taken = set[tuple[str, str]]().union(*seen)
    ours = {mode for table, mode in taken if table.startswith("migration_guard.")}
    assert ours <= {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
    theirs = {(table, mode) for table, mode in taken if "." not in table and mode != "AccessShareLock"}
    assert theirs == {("leads", "RowShareLock"), ("leads", "RowExclusiveLock"), ("owners", "RowShareLock")}
    statements = [{mode for table, mode in locks if table == "leads"} for locks in seen]
    assert ({"AccessShareLock", "RowExclusiveLock"} in statements) == quick
