-- The state's own tables, version by version.

-- name: version
SELECT COALESCE(pg_catalog.max(version), 0) FROM {state}.versions

-- name: serialise
-- Two runners that start at once create the tables one after the other.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('migration_guard'))

-- name: schema_exists
SELECT pg_catalog.to_regnamespace(%(schema)s) IS NOT NULL

-- name: create_schema
CREATE SCHEMA IF NOT EXISTS {state}

-- name: version_1
CREATE TABLE {state}.versions (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT pg_catalog.now());
CREATE TABLE {state}.backfills (
    key text PRIMARY KEY,
    state text NOT NULL DEFAULT 'queued',
    reason text,
    request text,
    fingerprint text NOT NULL,
    table_name text NOT NULL,
    sweep integer NOT NULL DEFAULT 0,
    bound text[],
    policy text,
    token bigint NOT NULL DEFAULT 0,
    claimed_by text,
    claimed_since timestamptz,
    lease_until timestamptz,
    backend_pid integer,
    backend_start timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz
);
CREATE TABLE {state}.windows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backfill text NOT NULL REFERENCES {state}.backfills ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('range', 'skipped')),
    parent bigint REFERENCES {state}.windows ON DELETE CASCADE,
    tenant text,
    sweep integer NOT NULL DEFAULT 1,
    cursor_key text[],
    high_key text[],
    keys text[],
    done boolean NOT NULL DEFAULT false,
    touched bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    examined bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    done_already bigint NOT NULL DEFAULT 0,
    locked bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    claimed_by text,
    lease_until timestamptz,
    token bigint NOT NULL DEFAULT 0
);
CREATE INDEX windows_backfill ON {state}.windows (backfill);
CREATE TABLE {state}.quarantine (
    backfill text NOT NULL REFERENCES {state}.backfills ON DELETE CASCADE,
    tenant text,
    row_key text[] NOT NULL,
    sqlstate text,
    message text NOT NULL,
    attempts integer NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (backfill, row_key)
);
CREATE TABLE {state}.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    backfill text NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    detail text
);
INSERT INTO {state}.versions (version) VALUES (1)

-- name: version_2
-- A completion that was somebody's word, or that nothing was changed for, is none any more.
ALTER TABLE {state}.backfills
    ADD COLUMN swept boolean NOT NULL DEFAULT false,
    ADD COLUMN floor text[],
    ADD COLUMN changed_before bigint NOT NULL DEFAULT 0;
ALTER TABLE {state}.windows DROP CONSTRAINT windows_kind_check;
ALTER TABLE {state}.windows ADD CONSTRAINT windows_kind_check CHECK (kind IN ('range', 'whole', 'skipped'));
CREATE TABLE {state}.unchanged (
    backfill text NOT NULL REFERENCES {state}.backfills ON DELETE CASCADE,
    row_key text[] NOT NULL,
    sweep integer NOT NULL,
    PRIMARY KEY (backfill, row_key)
);
UPDATE {state}.backfills SET swept = true WHERE state IN ('completed', 'completed_with_quarantine');
UPDATE {state}.backfills SET state = 'done_by_its_word' WHERE state = 'completed' AND reason IS NOT NULL;
UPDATE {state}.backfills AS b
SET state = 'incomplete', reason = 'nothing changed: an earlier version took that for complete', finished_at = NULL
FROM (
    SELECT backfill FROM {state}.windows GROUP BY backfill
    HAVING pg_catalog.sum(changed) = 0 AND pg_catalog.sum(unchanged) > 0
) AS idle
WHERE idle.backfill = b.key AND b.state = 'completed';
INSERT INTO {state}.versions (version) VALUES (2)

-- name: version_3
-- Which tables a completion is about: a table that was made anew, or a partition that came later, was not looked at.
ALTER TABLE {state}.backfills ADD COLUMN members bigint[];
INSERT INTO {state}.versions (version) VALUES (3)

-- name: version_4
-- What several workers share: ranges of a pass, its end, and whose connection is at one.
ALTER TABLE {state}.backfills ADD COLUMN shared boolean NOT NULL DEFAULT false;
ALTER TABLE {state}.windows ADD COLUMN backend_pid integer, ADD COLUMN backend_start timestamptz;
ALTER TABLE {state}.windows DROP CONSTRAINT windows_kind_check;
ALTER TABLE {state}.windows
    ADD CONSTRAINT windows_kind_check CHECK (kind IN ('range', 'whole', 'part', 'end', 'skipped'));
INSERT INTO {state}.versions (version) VALUES (4)

-- name: version_5
-- The pace that a person has set; what holds a backfill, as one of its workers has measured it for all; and numbers of
-- events, for whoever draws them.
ALTER TABLE {state}.backfills ADD COLUMN pace jsonb, ADD COLUMN pace_by text, ADD COLUMN pace_at timestamptz;
ALTER TABLE {state}.events ADD COLUMN data jsonb;
CREATE INDEX events_backfill ON {state}.events (backfill, kind);
CREATE TABLE {state}.brakes (
    backfill text PRIMARY KEY REFERENCES {state}.backfills ON DELETE CASCADE,
    measured_at timestamptz,
    measured_by text,
    measuring_until timestamptz,
    reason text,
    held_since timestamptz,
    held_until timestamptz,
    trips integer NOT NULL DEFAULT 0,
    readings jsonb NOT NULL DEFAULT '{{}}',
    marks jsonb NOT NULL DEFAULT '[]'
);
INSERT INTO {state}.versions (version) VALUES (5)

-- name: version_6
-- Runs may differ in what holds them: each set of thresholds has a verdict of its own.
ALTER TABLE {state}.brakes ADD COLUMN thresholds text NOT NULL DEFAULT '';
ALTER TABLE {state}.brakes DROP CONSTRAINT brakes_pkey;
ALTER TABLE {state}.brakes ADD PRIMARY KEY (backfill, thresholds);
INSERT INTO {state}.versions (version) VALUES (6)

-- name: version_7
-- Rows that the update writes in vain, or is kept from, are told apart from those that have no source.
ALTER TABLE {state}.unchanged ADD COLUMN vain boolean NOT NULL DEFAULT false;
INSERT INTO {state}.versions (version) VALUES (7)
