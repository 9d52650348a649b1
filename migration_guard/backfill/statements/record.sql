-- What a batch writes of itself, in its own transaction.

-- name: record
-- Cursors and counts, in the transaction of the rows.
WITH entry AS (
    SELECT * FROM pg_catalog.jsonb_to_recordset(%(entries)s::jsonb) AS entry (
        id bigint, batches bigint, cursor_key text[], done boolean, touched bigint, examined bigint, changed bigint,
        unchanged bigint, done_already bigint, locked bigint, quarantined bigint, token bigint
    )
), {moved}
SELECT pg_catalog.count(*), ({besides}) FROM moved

-- name: moved
-- The token fences off a runner that another has replaced, the number of batches one whose COMMIT went through although
-- its reply was lost.
beat AS (
    {beat}
), moved AS (
    UPDATE {state}.windows AS w SET batches = w.batches + 1,
        cursor_key = COALESCE(entry.cursor_key, w.cursor_key), done = w.done OR entry.done,
        examined = w.examined + entry.examined, changed = w.changed + entry.changed,
        unchanged = w.unchanged + entry.unchanged, done_already = w.done_already + entry.done_already,
        locked = w.locked + entry.locked, quarantined = w.quarantined + entry.quarantined,
        touched = w.touched + entry.touched{renewed}
    FROM beat, entry WHERE w.id = entry.id AND w.batches = entry.batches {fenced}
    RETURNING w.id
)

-- name: beat
-- Of who has the backfill to itself.
UPDATE {state}.backfills SET {leased}
WHERE key = %(backfill)s AND token = %(token)s AND state = 'running'{unasked} RETURNING key

-- name: beat_of_range
-- Of who shares it: a row that all of them wrote would let each wait for the others.
SELECT key FROM {state}.backfills WHERE key = %(backfill)s AND token = %(token)s AND state = 'running'{unasked}

-- name: beat_of_end
-- Of who ends a pass.
UPDATE {state}.windows SET {leased} WHERE id = %(window)s AND token = %(claim)s AND EXISTS (
    SELECT FROM {state}.backfills WHERE key = %(backfill)s AND token = %(token)s AND state = 'running'
) RETURNING id

-- name: leased
lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second',
    backend_pid = pg_catalog.pg_backend_pid(),
    backend_start = (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))

-- name: unasked
-- Nobody has asked for anything since the batches began that follow each other on the server.
AND request IS NULL

-- name: fenced
AND w.token = entry.token

-- name: skip
-- Beside others that were found locked before, as long as they are few.
WITH known AS (
    UPDATE {state}.windows SET keys = keys || %(keys)s::text[]
    WHERE id = (
        SELECT pg_catalog.max(id) FROM {state}.windows
        WHERE parent = %(window)s AND pg_catalog.array_length(keys, 1) <= %(most)s
    )
    RETURNING id
)
INSERT INTO {state}.windows (backfill, kind, parent, tenant, sweep, keys)
SELECT backfill, 'skipped', id, tenant, sweep, %(keys)s::text[] FROM {state}.windows
WHERE id = %(window)s AND NOT EXISTS (SELECT FROM known)

-- name: keep
-- Rows that the update leaves as they are: a proof excepts those that have no source. Those of earlier passes no longer count.
INSERT INTO {state}.unchanged (backfill, row_key, vain, sweep)
SELECT %(backfill)s, ARRAY(SELECT pg_catalog.jsonb_array_elements_text(wanted.key)), wanted.vain, %(sweep)s
FROM pg_catalog.jsonb_to_recordset(%(keys)s::jsonb) AS wanted (key jsonb, vain boolean)
ON CONFLICT (backfill, row_key) DO UPDATE SET sweep = EXCLUDED.sweep, vain = EXCLUDED.vain

-- name: skip_rest
UPDATE {state}.windows SET keys = %(keys)s::text[] WHERE id = %(window)s

-- name: skip_done
DELETE FROM {state}.windows WHERE id = %(window)s
