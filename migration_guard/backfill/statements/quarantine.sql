-- Rows that cannot be changed.

-- name: quarantine
WITH aside AS (
    INSERT INTO {state}.quarantine (backfill, tenant, row_key, sqlstate, message, attempts)
    SELECT %(backfill)s, %(tenant)s, ARRAY(SELECT pg_catalog.jsonb_array_elements_text(one -> 'key')),
        one ->> 'sqlstate', one ->> 'message', 1
    FROM pg_catalog.jsonb_array_elements(%(rows)s::jsonb) AS one
    ON CONFLICT (backfill, row_key) DO UPDATE SET attempts = quarantine.attempts + 1, sqlstate = EXCLUDED.sqlstate,
        message = EXCLUDED.message, at = pg_catalog.clock_timestamp()
    RETURNING attempts
)
SELECT pg_catalog.count(*) FILTER (WHERE attempts = 1) FROM aside

-- name: in_quarantine
SELECT backfill, tenant, row_key, sqlstate, message, attempts, at FROM {state}.quarantine
WHERE backfill = COALESCE(%(backfill)s::text, backfill) ORDER BY backfill, at, row_key

-- name: release
DELETE FROM {state}.quarantine WHERE backfill = %(backfill)s RETURNING tenant, row_key

-- name: released_to
-- The window whose rows they are, as far as it is known.
UPDATE {state}.windows SET quarantined = quarantined - %(rows)s::bigint, locked = locked + %(rows)s::bigint
WHERE id = (
    SELECT id FROM {state}.windows
    WHERE backfill = %(backfill)s AND (kind = 'whole' OR kind = 'range' AND tenant IS NOT DISTINCT FROM %(tenant)s::text)
    ORDER BY quarantined DESC, id LIMIT 1
)
RETURNING id

-- name: rows_of
SELECT {texts}, pg_catalog.to_jsonb(mg_row.*)::text FROM {table} AS mg_row WHERE {among}
