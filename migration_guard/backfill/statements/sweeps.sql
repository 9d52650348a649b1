-- Passes over a table.

-- name: bound
-- Where the table ended when the backfill began: max() does not exist for every type of key.
SELECT {texts} FROM {table} ORDER BY {ordered} LIMIT 1

-- name: tenants
-- Every tenant, each found by one step in an index.
WITH RECURSIVE tenant AS (
    (SELECT {per} AS id FROM {table} WHERE {per} IS NOT NULL ORDER BY {per} LIMIT 1)
    UNION ALL
    SELECT (SELECT {per} FROM {table} WHERE {per} > tenant.id ORDER BY {per} LIMIT 1)
    FROM tenant WHERE tenant.id IS NOT NULL
)
SELECT id::text FROM tenant WHERE id IS NOT NULL
UNION ALL
SELECT NULL WHERE EXISTS (SELECT FROM {table} WHERE {per} IS NULL)

-- name: tenants_by_scan
SELECT DISTINCT {per}::text FROM {table}

-- name: writers
-- Transactions that have written to these tables and are open: what they wrote cannot be seen yet.
SELECT virtualtransaction FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND relation = ANY (%(tables)s::oid[]) AND granted
    AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())

-- name: writer_named
SELECT COALESCE('session ' || pid::text, 'a prepared transaction') FROM pg_catalog.pg_locks
WHERE virtualtransaction = %(one)s LIMIT 1

-- name: add_windows
INSERT INTO {state}.windows (backfill, kind, tenant, sweep)
SELECT %(backfill)s, %(kind)s, tenant, %(sweep)s FROM pg_catalog.unnest(%(tenants)s::text[]) AS tenant
WHERE NOT EXISTS (
    SELECT FROM {state}.windows AS w
    WHERE w.backfill = %(backfill)s AND w.kind = %(kind)s AND w.tenant IS NOT DISTINCT FROM tenant.tenant
)

-- name: begin_sweep
-- A pass begins after what was proved before, if that still holds. One without a bound has nothing before it: the table is empty.
WITH begun AS (
    UPDATE {state}.backfills SET sweep = %(sweep)s, bound = %(bound)s::text[], swept = false, shared = false,
        floor = CASE WHEN %(keeps)s THEN floor END, members = COALESCE(%(members)s::bigint[], members)
    WHERE key = %(backfill)s AND token = %(token)s RETURNING key, bound, floor
)
UPDATE {state}.windows SET sweep = %(sweep)s, cursor_key = begun.floor,
    done = kind <> %(kind)s OR begun.bound IS NULL, touched = 0
FROM begun WHERE windows.backfill = begun.key AND kind <> 'skipped'

-- name: hold_backfill
SELECT members FROM {state}.backfills WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' FOR UPDATE

-- name: result_of_sweep
-- Counted anew, in a statement that began after the backfill's row was locked.
SELECT pg_catalog.count(*) FILTER (WHERE NOT done AND kind <> 'end' OR kind = 'skipped'),
    COALESCE(pg_catalog.sum(touched), 0)::bigint, COALESCE(pg_catalog.sum(changed), 0)::bigint,
    (SELECT changed_before FROM {state}.backfills WHERE key = %(backfill)s),
    COALESCE(pg_catalog.max(kept.found), 0), COALESCE(pg_catalog.max(kept.vain), 0),
    COALESCE(pg_catalog.sum(unchanged), 0)::bigint
FROM {state}.windows, (
    SELECT pg_catalog.count(*) AS found, pg_catalog.count(*) FILTER (WHERE u.vain) AS vain
    FROM {state}.unchanged AS u WHERE u.backfill = %(backfill)s AND u.sweep = %(sweep)s
) AS kept
WHERE backfill = %(backfill)s

-- name: end_sweep
WITH gone AS (DELETE FROM {state}.unchanged WHERE backfill = %(backfill)s AND sweep < %(sweep)s)
UPDATE {state}.backfills SET swept = true, floor = CASE WHEN %(grows)s THEN bound END, members = %(members)s::bigint[]
WHERE key = %(backfill)s AND token = %(token)s

-- name: windows
SELECT id, kind = 'skipped', done, COALESCE(pg_catalog.array_length(keys, 1), 0)
FROM {state}.windows WHERE backfill = %(backfill)s AND (kind = 'skipped' OR NOT done) ORDER BY batches, id
