-- What has happened to backfills, for whoever watches.

-- name: newest_event
SELECT pg_catalog.max(id) FROM {state}.events

-- name: history_now
SELECT pg_catalog.clock_timestamp()

-- name: events_since
-- The newest, if there are more.
SELECT * FROM (
    SELECT id, at, backfill, actor, kind, detail, data FROM {state}.events WHERE id > %(after)s ORDER BY id DESC LIMIT %(most)s
) AS newest ORDER BY id

-- name: events_of
-- Of one backfill; the newest, if there are more.
SELECT * FROM (
    SELECT id, at, backfill, actor, kind, detail, data FROM {state}.events WHERE backfill = %(backfill)s ORDER BY id DESC LIMIT %(most)s
) AS newest ORDER BY id

-- name: tell_once
INSERT INTO {state}.events (backfill, actor, kind, detail)
SELECT %(backfill)s, 'runner', 'hook', %(detail)s WHERE NOT EXISTS (
    SELECT FROM {state}.events WHERE backfill = %(backfill)s AND kind = 'hook' AND detail = %(detail)s
)
RETURNING id
