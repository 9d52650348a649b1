-- The state of backfills.

-- name: enrol
INSERT INTO {state}.backfills (key, fingerprint, table_name) VALUES (%(backfill)s, %(fingerprint)s, %(table)s)
ON CONFLICT (key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, table_name = EXCLUDED.table_name,
    changed_before = CASE WHEN backfills.fingerprint = EXCLUDED.fingerprint THEN backfills.changed_before ELSE 0 END
WHERE backfills.sweep = 0 AND backfills.state NOT IN ('running', 'completed', 'completed_with_quarantine')

-- name: claim
-- Free is what nobody runs, what was not renewed in time, and what was run over a connection that is gone. What is shared
-- is joined instead; a pass that is over is shared by nobody. What another version of the definition has taken in since is not ours.
UPDATE {state}.backfills AS b SET state = 'running', token = b.token + 1, request = NULL, reason = NULL,
    claimed_by = %(who)s, claimed_since = pg_catalog.clock_timestamp(),
    lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second',
    started_at = COALESCE(b.started_at, pg_catalog.clock_timestamp()), finished_at = NULL, policy = %(policy)s,
    backend_pid = CASE WHEN %(ours)s THEN pg_catalog.pg_backend_pid() END,
    backend_start = (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())),
    shared = b.shared AND NOT b.swept
WHERE b.key = %(backfill)s AND b.fingerprint = %(fingerprint)s
    AND (b.state = ANY (%(free)s::text[]) OR b.state = 'running' AND NOT b.shared AND NOT {alive})
RETURNING b.token

-- name: alive
-- A connection that is gone ends a claim before its time, but not where a function works over connections of its own.
(b.lease_until > pg_catalog.clock_timestamp() AND (b.backend_pid IS NULL OR EXISTS (
    SELECT FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid = b.backend_pid AND COALESCE(a.backend_start = b.backend_start, true)
)) OR b.shared AND EXISTS (SELECT FROM {state}.windows AS w WHERE w.backfill = b.key AND NOT w.done AND {range_alive}))

-- name: renew
-- A claim that holds longer is not shortened.
UPDATE {state}.backfills SET lease_until = GREATEST(
    lease_until, pg_catalog.clock_timestamp() + %(lease)s * interval '1 second')
WHERE key = %(backfill)s AND token = %(token)s

-- name: one
SELECT b.key, b.state, b.reason, b.request, b.fingerprint, b.token, b.sweep, b.bound, b.claimed_by,
    b.claimed_since::text, b.state = 'running' AND {alive}, b.table_name, b.started_at IS NOT NULL, b.swept, b.floor,
    b.members, b.shared
FROM {state}.backfills AS b WHERE b.key = %(backfill)s

-- name: unheld
SELECT key FROM {state}.backfills WHERE key = %(backfill)s FOR NO KEY UPDATE SKIP LOCKED

-- name: step
-- From one state to another, if it is still the one; the runner's steps need its token as well.
UPDATE {state}.backfills SET state = %(to)s, reason = %(reason)s, request = NULL, claimed_by = NULL,
    lease_until = NULL, finished_at = CASE WHEN %(finished)s THEN pg_catalog.clock_timestamp() END
WHERE key = %(backfill)s AND state = %(origin)s AND token = COALESCE(%(token)s::bigint, token)
RETURNING key

-- name: ask
UPDATE {state}.backfills SET request = %(request)s WHERE key = %(backfill)s RETURNING key

-- name: forget
-- What retry starts from.
WITH gone AS (DELETE FROM {state}.windows WHERE backfill = %(backfill)s RETURNING changed),
    rows_gone AS (DELETE FROM {state}.quarantine WHERE backfill = %(backfill)s),
    kept_gone AS (DELETE FROM {state}.unchanged WHERE backfill = %(backfill)s)
UPDATE {state}.backfills SET sweep = 0, bound = NULL, floor = NULL, swept = false, shared = false, started_at = NULL,
    finished_at = NULL, reason = NULL,
    changed_before = changed_before + (SELECT COALESCE(pg_catalog.sum(changed), 0) FROM gone)
WHERE key = %(backfill)s

-- name: move_bound
-- A look has found nothing to do up to a later key.
UPDATE {state}.backfills SET bound = %(bound)s::text[], floor = %(bound)s::text[], members = %(members)s::bigint[]
WHERE key = %(backfill)s AND state = 'completed' AND fingerprint = %(fingerprint)s AND bound IS NOT DISTINCT FROM %(before)s::text[]

-- name: forget_floor
-- Something is to do below it: the next pass begins with the first key.
UPDATE {state}.backfills SET floor = NULL WHERE key = %(backfill)s

-- name: not_kept
-- How many of these rows are none that a clean pass has left unchanged.
SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_array_elements(%(keys)s::jsonb) AS wanted (key)
WHERE NOT EXISTS (
    SELECT FROM {state}.unchanged AS u
    WHERE u.backfill = %(backfill)s AND u.row_key = ARRAY(SELECT pg_catalog.jsonb_array_elements_text(wanted.key))
        AND NOT u.vain
)

-- name: event
INSERT INTO {state}.events (backfill, actor, kind, detail, data)
VALUES (%(backfill)s, %(actor)s, %(kind)s, %(detail)s, %(data)s::jsonb)

-- name: status
-- How many rows there are is what a run has last written down of what the server had counted.
SELECT b.key, b.state, b.reason,
    COALESCE(pg_catalog.sum(w.examined), 0)::bigint, COALESCE(pg_catalog.sum(w.changed), 0)::bigint,
    COALESCE(pg_catalog.sum(w.unchanged), 0)::bigint, COALESCE(pg_catalog.sum(w.done_already), 0)::bigint,
    COALESCE(pg_catalog.sum(w.locked), 0)::bigint, COALESCE(pg_catalog.sum(w.quarantined), 0)::bigint,
    COALESCE(pg_catalog.sum(w.batches), 0)::bigint, b.started_at, b.finished_at, b.sweep, b.request, b.claimed_by,
    b.claimed_since, b.state = 'running' AND {alive},
    b.fingerprint, CASE WHEN b.swept THEN b.bound END, b.floor IS NOT NULL, {steered}, b.pace_by, b.pace_at,
    pg_catalog.date_part('epoch', COALESCE((
        SELECT pg_catalog.max(s.lease_until) FROM {state}.windows AS s WHERE s.backfill = b.key AND b.shared AND NOT s.done
    ), b.lease_until) - pg_catalog.clock_timestamp()), (
        SELECT NULLIF((e.data ->> 'rows')::bigint, 0) FROM {state}.events AS e
        WHERE e.backfill = b.key AND e.kind = 'progress' ORDER BY e.id DESC LIMIT 1
    )
FROM {state}.backfills AS b LEFT JOIN {state}.windows AS w ON w.backfill = b.key
{braked}
GROUP BY b.key, k.reason, k.measured_at ORDER BY b.created_at, b.key

-- name: counts
SELECT COALESCE(pg_catalog.sum(examined), 0)::bigint, COALESCE(pg_catalog.sum(changed), 0)::bigint,
    COALESCE(pg_catalog.sum(unchanged), 0)::bigint, COALESCE(pg_catalog.sum(done_already), 0)::bigint,
    COALESCE(pg_catalog.sum(locked), 0)::bigint, COALESCE(pg_catalog.sum(quarantined), 0)::bigint
FROM {state}.windows WHERE backfill = %(backfill)s

-- name: status_by_tenant
SELECT backfill, tenant, examined, changed, unchanged, done_already, locked, quarantined, batches
FROM {state}.windows WHERE kind = 'range' ORDER BY backfill, id
