-- Ranges that several workers share.

-- name: pages
SELECT GREATEST(1, COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(oid)), 0)
    / pg_catalog.current_setting('block_size')::integer)::bigint
FROM pg_catalog.pg_class WHERE oid = ANY (%(tables)s::oid[])

-- name: sampled
SELECT pg_catalog.count(*) FROM {table} TABLESAMPLE SYSTEM (%(percent)s::real)

-- name: edges
-- The keys of a sample that part it in equal pieces.
SELECT {texts} FROM (
    SELECT *, pg_catalog.lag(mg_piece) OVER (ORDER BY {order}) AS mg_before FROM (
        SELECT *, pg_catalog.ntile(%(parts)s::integer) OVER (ORDER BY {order}) AS mg_piece FROM (
            SELECT {named} FROM {table} TABLESAMPLE SYSTEM (%(percent)s::real) WHERE {range}
        ) AS mg_sample
    ) AS mg_pieces
) AS mg_edges WHERE mg_piece <> mg_before ORDER BY {order}

-- name: share
-- From here on whoever works at it claims windows. What is at one cursor is at several; the pass has an end that is
-- claimed like them, and that tells by what it has touched that the pass proves nothing.
WITH shared AS (
    UPDATE {state}.backfills SET shared = true WHERE key = %(backfill)s AND token = %(token)s RETURNING key, sweep
), whole AS (
    UPDATE {state}.windows AS w SET done = true FROM shared WHERE w.backfill = shared.key AND w.kind = 'whole'
)
INSERT INTO {state}.windows (backfill, kind, sweep, cursor_key, high_key, touched)
SELECT key, 'part', sweep,
    CASE WHEN one -> 0 <> 'null' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(one -> 0)) END,
    ARRAY(SELECT pg_catalog.jsonb_array_elements_text(one -> 1)), 0
FROM shared, pg_catalog.jsonb_array_elements(%(parts)s::jsonb) WITH ORDINALITY AS part (one, n)
UNION ALL
SELECT key, 'end', sweep, NULL, NULL, %(unproven)s::integer FROM shared

-- name: open_pass
-- Who claims keeps others from leaving until that can be seen, and claims nothing while somebody leaves, or a pass ends:
-- else who leaves would take himself for the last one. Who finds nothing to claim locks nothing.
SELECT key, sweep, bound FROM {state}.backfills AS b
WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' AND shared AND request IS NULL AND {something}
FOR SHARE SKIP LOCKED

-- name: some_range
EXISTS (
    SELECT FROM {state}.windows AS w
    WHERE w.backfill = b.key AND w.kind IN ('part', 'range') AND NOT w.done AND ({own} OR NOT {alive})
)

-- name: some_end
NOT EXISTS (
    SELECT FROM {state}.windows AS w WHERE w.backfill = b.key AND w.kind IN ('part', 'range') AND NOT w.done
) AND EXISTS (
    SELECT FROM {state}.windows AS w WHERE w.backfill = b.key AND w.kind = 'end' AND ({own} OR NOT {alive})
)

-- name: range_alive
-- Leases are by the server's clock; a connection that is gone ends one before its time. Behind a pooler that is another
-- one's connection by then: there the lease alone counts.
COALESCE(w.lease_until > pg_catalog.clock_timestamp() AND EXISTS (
    SELECT FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid = w.backend_pid AND COALESCE(a.backend_start = w.backend_start, true)
), false)

-- name: range_own
-- What a worker has who asks for more is what it has let go of: a claim whose reply was lost, say.
(w.claimed_by = %(who)s AND w.backend_pid = pg_catalog.pg_backend_pid()) IS TRUE

-- name: claim_ranges
-- Those first whose lease is over: of what somebody was at who is gone, that is the latest time at which it goes on. A range
-- that kills whoever is at it so costs one worker a lease. Then those at which the least was done: of tenants, so that each
-- has its turn. Of many tenants several at once, as the few rows of several are done in one batch.
WITH pass AS (
    {open_pass}
), free AS MATERIALIZED (
    SELECT w.id, w.claimed_by <> %(who)s IS TRUE AS taken_over, pass.sweep, pass.bound
    FROM {state}.windows AS w JOIN pass ON pass.key = w.backfill AND pass.sweep = w.sweep
    WHERE w.kind IN ('part', 'range') AND NOT w.done AND ({own} OR NOT {alive}) AND ({wanted})
    ORDER BY w.lease_until <= pg_catalog.clock_timestamp() IS TRUE DESC, w.batches, w.id LIMIT (
        SELECT GREATEST(1, LEAST(%(most)s::bigint, pg_catalog.count(*) / %(few)s::bigint)) FROM {state}.windows AS o
        WHERE o.backfill = %(backfill)s AND o.kind = 'range' AND NOT o.done
    ) FOR NO KEY UPDATE OF w SKIP LOCKED
)
UPDATE {state}.windows AS w SET token = w.token + 1, claimed_by = %(who)s, {leased}
FROM free WHERE w.id = free.id
RETURNING w.id, w.token, w.kind, w.cursor_key, COALESCE(w.high_key, free.bound), free.taken_over, free.sweep, free.bound

-- name: at_it_besides
-- How many others are at a backfill: all of them, or those alone who go before a worker where there are too many.
SELECT pg_catalog.count(DISTINCT w.claimed_by) FROM {state}.windows AS w
WHERE w.backfill = b.key AND NOT w.done AND w.claimed_by {who} %(who)s AND {alive}

-- name: wanted
-- Whether a person wants as many workers as there are, and one more.
SELECT b.pace -> 'workers' IS NULL OR (b.pace ->> 'workers')::integer > ({others})
FROM {state}.backfills AS b WHERE b.key = %(backfill)s

-- name: claim_end
-- When all ranges are done; once they are, they stay so until the next pass begins.
WITH pass AS (
    {open_pass}
), free AS MATERIALIZED (
    SELECT w.id, pass.sweep, pass.bound
    FROM {state}.windows AS w JOIN pass ON pass.key = w.backfill AND pass.sweep = w.sweep
    WHERE w.kind = 'end' AND ({own} OR NOT {alive}) AND NOT EXISTS (
        SELECT FROM {state}.windows AS o WHERE o.backfill = pass.key AND o.kind IN ('part', 'range') AND NOT o.done
    ) FOR NO KEY UPDATE OF w SKIP LOCKED
)
UPDATE {state}.windows AS w SET token = w.token + 1, claimed_by = %(who)s, {leased}
FROM free WHERE w.id = free.id
RETURNING w.id, w.token, w.kind, NULL::text[], free.bound, false, free.sweep, free.bound

-- name: renew_range
UPDATE {state}.windows SET {leased} WHERE id = %(window)s AND token = %(claim)s

-- name: leave_range
UPDATE {state}.windows SET lease_until = NULL, claimed_by = NULL WHERE id = %(window)s AND token = %(claim)s

-- name: leave_all
UPDATE {state}.windows SET lease_until = NULL, claimed_by = NULL
WHERE backfill = %(backfill)s AND claimed_by = %(who)s AND NOT done

-- name: others
SELECT EXISTS (SELECT FROM {state}.windows AS w WHERE w.backfill = %(backfill)s AND NOT w.done AND {alive})

-- name: hold_one
-- Nobody ends or begins meanwhile; what refers to the row may be written beside it.
SELECT FROM {state}.backfills WHERE key = %(backfill)s FOR NO KEY UPDATE

-- name: hold_end
SELECT FROM {state}.windows WHERE id = %(window)s AND token = %(claim)s AND kind = 'end' FOR UPDATE

-- name: reparent
UPDATE {state}.windows SET parent = (SELECT id FROM {state}.windows WHERE backfill = %(backfill)s AND kind = 'whole')
WHERE parent IN (SELECT id FROM {state}.windows WHERE backfill = %(backfill)s AND kind = 'part')

-- name: fold
-- What became of rows in the ranges of a pass that is over stays known, and the ranges go.
WITH gone AS (
    DELETE FROM {state}.windows WHERE backfill = %(backfill)s AND kind IN ('part', 'end') RETURNING *
), sums AS (
    SELECT pg_catalog.sum(batches) AS batches, pg_catalog.sum(examined) AS examined, pg_catalog.sum(changed) AS changed,
        pg_catalog.sum(unchanged) AS unchanged, pg_catalog.sum(done_already) AS done_already,
        pg_catalog.sum(locked) AS locked, pg_catalog.sum(quarantined) AS quarantined
    FROM gone
)
UPDATE {state}.windows AS w SET batches = w.batches + sums.batches, examined = w.examined + sums.examined,
    changed = w.changed + sums.changed, unchanged = w.unchanged + sums.unchanged,
    done_already = w.done_already + sums.done_already, locked = w.locked + sums.locked,
    quarantined = w.quarantined + sums.quarantined
FROM sums WHERE w.backfill = %(backfill)s AND w.kind = 'whole' AND sums.batches IS NOT NULL

-- name: holders
-- Who does what in the passes that are shared.
SELECT w.backfill, w.id, w.kind, w.tenant, w.claimed_by, {alive}, w.done, w.cursor_key, w.high_key, w.examined,
    pg_catalog.date_part('epoch', w.lease_until - pg_catalog.clock_timestamp())
FROM {state}.windows AS w JOIN {state}.backfills AS b ON b.key = w.backfill AND b.shared AND b.sweep = w.sweep
WHERE w.kind IN ('part', 'range', 'end') AND b.state IN ('running', 'incomplete', 'paused', 'queued')
ORDER BY w.backfill, w.id

-- name: at_work
-- How many workers are at some backfills just now, or hold what nobody has taken over yet.
SELECT pg_catalog.count(*) FROM (
    SELECT w.claimed_by FROM {state}.windows AS w JOIN {state}.backfills AS b ON b.key = w.backfill
    WHERE b.key = ANY (%(keys)s::text[]) AND b.state = 'running' AND b.shared AND NOT w.done AND {range_alive}
    UNION
    SELECT b.claimed_by FROM {state}.backfills AS b
    WHERE b.key = ANY (%(keys)s::text[]) AND b.state = 'running' AND NOT b.shared AND {alive}
) AS workers

-- name: connections
-- How many connections there may be, by what bounds them, and how many of those are taken.
SELECT pg_catalog.current_setting('max_connections')::integer
        - pg_catalog.current_setting('superuser_reserved_connections')::integer
        - COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::integer,
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'),
    (SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = session_user),
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usename = session_user),
    (SELECT datconnlimit FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database()),
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
