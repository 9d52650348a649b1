-- What gauges ask of the server.

-- name: gauge_position
SELECT pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()),
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0'),
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint

-- name: gauge_lag
-- Of who may not monitor, each standby is a row of NULLs. One that only receives has replayed what it has written.
SELECT COALESCE(NULLIF(application_name, ''), 'session ' || pid::text), state,
    pg_catalog.pg_wal_lsn_diff(COALESCE(replay_lsn, flush_lsn, write_lsn, sent_lsn), '0/0')
FROM pg_catalog.pg_stat_replication WHERE state IS NULL OR state NOT IN ('startup', 'backup')

-- name: gauge_replica
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_replay_lsn(), '0/0') END

-- name: gauge_archive
SELECT pg_catalog.current_setting('archive_mode'),
    pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')), last_archived_wal
FROM pg_catalog.pg_stat_archiver

-- name: gauge_waiters
-- Sessions that wait for this one, and those that wait for them; our own are no application's.
WITH RECURSIVE waits AS MATERIALIZED (
    SELECT pid, pg_catalog.pg_blocking_pids(pid) AS behind FROM (
        SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted
    ) AS waiting
), behind_us AS (
    SELECT pid FROM waits WHERE pg_catalog.pg_backend_pid() = ANY (behind)
    UNION
    SELECT waits.pid FROM waits JOIN behind_us ON behind_us.pid = ANY (waits.behind)
)
SELECT pg_catalog.count(*) FROM behind_us WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid = behind_us.pid AND a.application_name LIKE 'migration-guard%%'
)

-- name: gauge_vacuum
SELECT (
    SELECT l.relation::pg_catalog.regclass::text FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_stat_progress_vacuum AS v ON v.pid = l.pid
    WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND l.relation = ANY (%(tables)s::oid[]) LIMIT 1
)

-- name: gauge_dead_rows
SELECT pg_catalog.current_setting('track_counts') = 'on',
    COALESCE(pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(oid)), 0)::float8,
    COALESCE(pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(oid)), 0)::float8
FROM pg_catalog.unnest(%(tables)s::oid[]) AS wanted (oid)

-- name: gauge_snapshot
-- What keeps dead rows of this database: since when, or how many transactions ago, and which of the two counts. A vacuum's
-- own snapshot keeps none; our batches are short.
SELECT 'session ' || pid::text, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - xact_start),
    pg_catalog.age(backend_xmin), true
FROM pg_catalog.pg_stat_activity
WHERE backend_xmin IS NOT NULL AND datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
    AND application_name NOT LIKE 'migration-guard%%'
    AND pid NOT IN (SELECT pid FROM pg_catalog.pg_stat_progress_vacuum WHERE pid IS NOT NULL)
    AND pid NOT IN (SELECT pid FROM pg_catalog.pg_stat_replication WHERE pid IS NOT NULL)
UNION ALL
SELECT 'a prepared transaction', pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - prepared),
    pg_catalog.age(transaction), true
FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
UNION ALL
SELECT 'a standby', NULL, pg_catalog.age(backend_xmin), false
FROM pg_catalog.pg_stat_activity
WHERE backend_xmin IS NOT NULL AND pid IN (SELECT pid FROM pg_catalog.pg_stat_replication WHERE pid IS NOT NULL)
UNION ALL
SELECT 'replication slot ' || slot_name, NULL, pg_catalog.age(xmin), false
FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL

-- name: gauge_throttle
SELECT (
{query}
)::float8

-- name: may_monitor
SELECT current_user::text, pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
