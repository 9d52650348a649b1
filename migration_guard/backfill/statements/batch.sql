-- A batch: one transaction. What varies stands in braces.

-- name: holds
-- Whether a claim is still held. The lock keeps it from being taken over before the transaction has ended.
SELECT request FROM {state}.backfills
WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' FOR SHARE

-- name: control
-- What a person asked for, whether the claim still holds, whether a schema change waits for the table, what holds the
-- backfill and which pace is set, and where the windows stand: a cursor is never kept in memory, since a COMMIT may go
-- through although its reply was lost.
SELECT b.request, b.token = %(token)s AND b.state = 'running', EXISTS (
    SELECT FROM pg_catalog.pg_locks
    WHERE relation = ANY (%(tables)s::oid[]) AND mode = 'AccessExclusiveLock' AND NOT granted
), ARRAY(SELECT q.row_key::text FROM {state}.quarantine AS q WHERE q.backfill = b.key)::text, {steered},
    CASE WHEN b.shared AND b.pace -> 'workers' IS NOT NULL THEN ({before}) >= (b.pace ->> 'workers')::integer END,
    w.id, w.kind = 'whole', w.tenant, w.parent, w.cursor_key, w.keys, COALESCE(w.done, true),
    COALESCE(p.batches, w.batches)
FROM {state}.backfills AS b
{braked}
LEFT JOIN pg_catalog.unnest(%(windows)s::bigint[]) WITH ORDINALITY AS wanted (id, n) ON true
LEFT JOIN {state}.windows AS w ON w.id = wanted.id
LEFT JOIN {state}.windows AS p ON p.id = w.parent
WHERE b.key = %(backfill)s ORDER BY wanted.n

-- name: look
-- The next rows by their keys, whether or not they are to do, so that no window reads far: how many there are, the
-- last of them, how many are to do, and which.
SELECT pg_catalog.count(*), {last}, pg_catalog.count(*) FILTER (WHERE mg_matches), {to_do} FROM (
    SELECT {named}, {matches} AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window

-- name: lock
-- Locks what is to do and free, in the order of keys. From there on others wait for these rows: in the same trip the
-- waiting of what follows is bounded, and what this session has written so far is asked.
WITH mg_held AS MATERIALIZED (
    SELECT {named} FROM {table} WHERE {among} AND ({where}) ORDER BY {order} FOR {strength}{skip_locked}
)
SELECT pg_catalog.count(*), {held}{besides} FROM mg_held

-- name: not_held
SELECT {texts} FROM (SELECT * FROM {wanted} EXCEPT SELECT * FROM {held}) AS mg_skipped

-- name: listed
SELECT {texts} FROM {rows}

-- name: next_key
SELECT {texts} FROM {table} WHERE {range} ORDER BY {order} LIMIT 1

-- name: sound
-- Rows that are known to fail are left alone: the predicate itself may be what fails.
CASE WHEN {texts} IN (SELECT pg_catalog.unnest(%(set_aside)s::text[])::text[]) THEN false ELSE ({where}) END

-- name: ids_of
-- The keys as Python values, for a function.
SELECT {lists}

-- name: besides
, ({written}), ({settings})

-- name: written
-- What this session has written and not reported yet, by table; only differences within a transaction count.
SELECT COALESCE(pg_catalog.jsonb_object_agg(oid, pg_catalog.jsonb_build_array(inserted, updated, deleted)), '{{}}')
FROM (
    SELECT oid, pg_catalog.pg_stat_get_xact_tuples_inserted(oid) AS inserted,
        pg_catalog.pg_stat_get_xact_tuples_updated(oid) AS updated,
        pg_catalog.pg_stat_get_xact_tuples_deleted(oid) AS deleted
    FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid >= 16384
) AS counted
WHERE inserted + updated + deleted > 0

-- name: table_name
SELECT %(oid)s::pg_catalog.regclass::text

-- name: outcome
-- Of the rows held: how many are there, and written by this transaction; which are still to do; which although they were
-- written, or for which a function that settles is called again; and what this session has written by now.
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE mg_fresh), {to_do}, {again}, ({written})
FROM (SELECT {named}, ({where}) AS mg_matches, {fresh} AS mg_fresh FROM {table} WHERE {among}) AS mg_rows

-- name: fresh
-- Subtransactions have later numbers than their transaction, and nobody else can have written a row that is held.
pg_catalog.age(xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)

-- name: transaction
SELECT pg_catalog.pg_current_xact_id()::text

-- name: constraints
-- Deferred ones would fail at COMMIT, when nobody can tell which batch did it.
SET CONSTRAINTS ALL IMMEDIATE

-- name: next_keys
SELECT pg_catalog.count(*), {last}, {lists} FROM (
    SELECT {named} FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window
