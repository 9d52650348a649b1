-- What is asked before a migration relies on the data.

-- name: qualified
-- A table by its name, and whether it is one that stays: a temporary one of the same name would hide it, a view some of its rows.
SELECT oid::bigint, oid::pg_catalog.regclass::text, relkind IN ('r', 'p') AND relpersistence <> 't'
FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(table)s)

-- name: any_row
SELECT EXISTS (SELECT FROM {table})

-- name: same_table
SELECT pg_catalog.to_regclass(%(one)s) = pg_catalog.to_regclass(%(other)s)

-- name: sees
-- What keeps a transaction from seeing what others have committed.
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'a standby does not tell which transactions of its primary are open'
    WHEN pg_catalog.current_setting('transaction_isolation') IN ('repeatable read', 'serializable')
    THEN pg_catalog.concat('a transaction that is ', pg_catalog.upper(pg_catalog.current_setting('transaction_isolation')),
        ' sees its rows as they were when it began; READ COMMITTED is needed') END

-- name: gate
SELECT state, reason, table_name, fingerprint, bound, floor, members FROM {state}.backfills WHERE key = %(backfill)s

-- name: gate_offline
-- Part of a script of SQL. No colon in it: SQLAlchemy would take it for a parameter.
DO $migration_guard$
DECLARE
    before text DEFAULT pg_catalog.current_setting('row_security');
BEGIN
    PERFORM pg_catalog.set_config('row_security', 'off', true);
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class
        WHERE oid = pg_catalog.to_regclass({named}) AND (relkind NOT IN ('r', 'p') OR relpersistence = 't')
    ) OR EXISTS (SELECT FROM {table}) THEN
        IF pg_catalog.to_regclass({books}) IS NULL THEN
            RAISE EXCEPTION USING MESSAGE = {said};
        END IF;
        IF NOT EXISTS (SELECT FROM {state}.backfills WHERE key = {key} AND state = 'completed'{same}) THEN
            RAISE EXCEPTION USING MESSAGE = {said};
        END IF;
    END IF;
    PERFORM pg_catalog.set_config('row_security', before, true);
END
$migration_guard$

-- name: beyond
-- The next rows by their keys, and how many of them are to do, without touching any.
SELECT pg_catalog.count(*), {last}, pg_catalog.count(*) FILTER (WHERE mg_matches),
    (pg_catalog.jsonb_agg({texts}) FILTER (WHERE mg_matches))::text FROM (
    SELECT {named}, ({where}) AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window

-- name: gate_ready
SELECT pg_catalog.to_regclass(%(name)s) IS NOT NULL
