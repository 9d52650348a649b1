-- What holds in a transaction, or in a session that nobody else will get.

-- name: settings
-- For this transaction only: a session's setting would stay with a pooler's connection, for whoever gets it next.
SELECT pg_catalog.count(pg_catalog.set_config(name, value, true))
FROM ROWS FROM (pg_catalog.unnest(%(names)s::text[]), pg_catalog.unnest(%(values)s::text[])) AS setting (name, value)

-- name: settings_of_session
-- For a session that nobody else will get.
SELECT pg_catalog.count(pg_catalog.set_config(name, value, false))
FROM ROWS FROM (pg_catalog.unnest(%(names)s::text[]), pg_catalog.unnest(%(values)s::text[])) AS setting (name, value)

-- name: settings_before
SELECT ARRAY(
    SELECT COALESCE(pg_catalog.current_setting(name, true), '')
    FROM pg_catalog.unnest(%(names)s::text[]) WITH ORDINALITY AS setting (name, n) ORDER BY n
)
