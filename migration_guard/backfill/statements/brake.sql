-- What holds a backfill, and at which pace it goes.

-- name: steered
-- The pace that is set, the time of the day in its zone, why the brake holds, and how old that is.
b.pace, CASE WHEN b.pace -> 'window' IS NOT NULL THEN
        pg_catalog.timezone(pg_catalog.split_part(b.pace ->> 'window', ' ', 2), pg_catalog.clock_timestamp())
    END, k.reason, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - k.measured_at)

-- name: braked
-- What holds a backfill: what was found by the thresholds of this run, and by those of others, as long as these look.
LEFT JOIN LATERAL (
    SELECT pg_catalog.string_agg(DISTINCT one.reason, '; ') FILTER (
            WHERE one.thresholds = %(thresholds)s::text
                OR one.measured_at > pg_catalog.clock_timestamp() - %(blind)s * interval '1 second'
        ) AS reason,
        pg_catalog.max(one.measured_at) FILTER (WHERE COALESCE(one.thresholds = %(thresholds)s::text, true)) AS measured_at
    FROM {state}.brakes AS one WHERE one.backfill = b.key
) AS k ON true

-- name: steering
-- The same, for who does no batches himself.
SELECT {steered} FROM {state}.backfills AS b {braked}
WHERE b.key = %(backfill)s

-- name: steer
UPDATE {state}.backfills SET pace = %(pace)s::jsonb, pace_at = pg_catalog.clock_timestamp(), pace_by = %(by)s
WHERE key = %(backfill)s

-- name: session_user
SELECT session_user::text

-- name: time_zones
SELECT name FROM pg_catalog.pg_timezone_names

-- name: has_brake
INSERT INTO {state}.brakes (backfill, thresholds) VALUES (%(backfill)s, %(thresholds)s)
ON CONFLICT (backfill, thresholds) DO NOTHING

-- name: begin_measuring
-- Who measures for all, for as long as that may take; nobody waits for who is at it.
UPDATE {state}.brakes SET measured_by = %(who)s,
    measuring_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second'
WHERE (backfill, thresholds) = (
    SELECT backfill, thresholds FROM {state}.brakes WHERE backfill = %(backfill)s AND thresholds = %(thresholds)s
        AND (measuring_until IS NULL OR measuring_until < pg_catalog.clock_timestamp()) FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING measuring_until::text, marks

-- name: judging
-- The verdict as it stands, which nobody else changes meanwhile.
SELECT readings, pg_catalog.date_part('epoch', held_since), COALESCE(pg_catalog.date_part('epoch', held_until), 0), trips,
    reason, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())
FROM {state}.brakes WHERE backfill = %(backfill)s AND thresholds = %(thresholds)s FOR NO KEY UPDATE

-- name: judge
UPDATE {state}.brakes SET readings = %(readings)s::jsonb, held_since = pg_catalog.to_timestamp(%(since)s::float8),
    held_until = pg_catalog.to_timestamp(%(until)s::float8), trips = %(trips)s, reason = %(reason)s
WHERE backfill = %(backfill)s AND thresholds = %(thresholds)s

-- name: end_measuring
-- By who has measured, unless it took him so long that another has begun.
UPDATE {state}.brakes SET measured_at = pg_catalog.clock_timestamp(), marks = %(marks)s::jsonb,
    measuring_until = pg_catalog.clock_timestamp() + %(rest)s * interval '1 second'
WHERE backfill = %(backfill)s AND thresholds = %(thresholds)s AND measured_by = %(who)s
    AND measuring_until = %(until)s::timestamptz
RETURNING backfill

-- name: progress
-- How far all are together, now and then, by whoever measures. The beginning is an event of its own.
INSERT INTO {state}.events (backfill, actor, kind, data)
SELECT %(backfill)s, 'runner', 'progress', pg_catalog.jsonb_build_object(
    'sweep', (SELECT sweep FROM {state}.backfills WHERE key = %(backfill)s),
    'workers', GREATEST(1, pg_catalog.count(DISTINCT w.claimed_by) FILTER (WHERE NOT w.done AND {alive})),
    'batches', COALESCE(pg_catalog.sum(w.batches), 0), 'examined', COALESCE(pg_catalog.sum(w.examined), 0),
    'changed', COALESCE(pg_catalog.sum(w.changed), 0), 'unchanged', COALESCE(pg_catalog.sum(w.unchanged), 0),
    'done_already', COALESCE(pg_catalog.sum(w.done_already), 0), 'locked', COALESCE(pg_catalog.sum(w.locked), 0),
    'quarantined', COALESCE(pg_catalog.sum(w.quarantined), 0)
) || %(batch)s::jsonb
FROM {state}.windows AS w WHERE w.backfill = %(backfill)s
HAVING NOT EXISTS (
    SELECT FROM {state}.events AS e WHERE e.backfill = %(backfill)s AND e.kind IN ('progress', 'running')
        AND e.at > pg_catalog.clock_timestamp() - %(seconds)s * interval '1 second'
)
RETURNING id

-- name: thin_events
-- When there are many, every second one of the older half goes: the longer ago, the fewer.
WITH found AS (
    SELECT id, pg_catalog.row_number() OVER (ORDER BY id) AS n, pg_catalog.count(*) OVER () AS there
    FROM {state}.events WHERE backfill = %(backfill)s AND kind = %(kind)s
)
DELETE FROM {state}.events WHERE id IN (SELECT id FROM found WHERE there > %(most)s AND n < there / 2 AND n %% 2 = 0)
