"""What functions set is set for a transaction, and what cannot be is named."""

from __future__ import annotations

import pytest

from migration_guard.backfill.localise import leaves_behind, localised


@pytest.mark.parametrize(
    ("sql", "local"),
    [
        ("SET lock_timeout = '60s'", "SET LOCAL lock_timeout = '60s'"),
        ("set session lock_timeout to 5", "SET LOCAL lock_timeout to 5"),
        ("SET LOCAL lock_timeout = 5", "SET LOCAL lock_timeout = 5"),
        ("SET TIME ZONE 'UTC'", "SET LOCAL TIME ZONE 'UTC'"),
        ("SET ROLE writer", "SET LOCAL ROLE writer"),
        ("SET SESSION AUTHORIZATION x", "SET LOCAL SESSION AUTHORIZATION x"),
        ("SET TRANSACTION READ ONLY", "SET TRANSACTION READ ONLY"),
        ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        ("RESET lock_timeout", "SET LOCAL lock_timeout TO DEFAULT"),
        ("RESET ROLE", "SET LOCAL ROLE TO NONE"),
        ("  -- why\n /* and */ SET a.b = 1", "  -- why\n /* and */ SET LOCAL a.b = 1"),
        ("SET a = 'x;y'; SET b = 2; SELECT 'SET c = 1'", "SET LOCAL a = 'x;y'; SET LOCAL b = 2; SELECT 'SET c = 1'"),
        ("UPDATE t SET a = 1", "UPDATE t SET a = 1"),
        ("DO $$BEGIN SET x = 1; END$$", "DO $$BEGIN SET x = 1; END$$"),
        ("", ""),
        (";;SET x = 1;", ";;SET LOCAL x = 1;"),
    ],
)
def test_a_set_becomes_local(sql: str, local: str) -> None:
    assert localised(sql) == local


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET SESSION CHARACTERISTICS"),
        ("SELECT 1; DISCARD ALL", "DISCARD"),
        ("LISTEN news", "LISTEN"),
        ("PREPARE p AS SELECT 1", "PREPARE"),
        ("CREATE TEMP TABLE t (id int)", "CREATE TEMPORARY TABLE without ON COMMIT DROP"),
        ("CREATE TEMP TABLE t (id int) ON COMMIT DROP", None),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "DECLARE … WITH HOLD"),
        ("SELECT pg_advisory_lock(1)", "pg_advisory_lock()"),
        ("SELECT pg_try_advisory_lock(1)", "pg_advisory_lock()"),
        ("SELECT pg_advisory_xact_lock(1)", None),
        ("SELECT set_config('lock_timeout', '5s', false)", "set_config(…, false)"),
        ("SELECT pg_catalog.set_config('a', 'b', true)", None),
        ("UPDATE t SET a = 1", None),
    ],
)
def test_what_would_stay_in_the_session_is_named(sql: str, named: str | None) -> None:
    assert leaves_behind(sql) == named
