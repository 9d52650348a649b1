-- Every statement that the runner sends, each under its name. What stands in braces is filled in before it is sent
-- ({state}: the schema of the state), and %(names)s are parameters. Names of our own are qualified, so that nothing
-- that somebody planted in a search_path is called in place of PostgreSQL's own.

-- ---- A batch. One transaction, in this order. ----

-- name: settings
-- For this transaction only: a session's setting would stay with a pooler's connection, for whoever gets it next.
SELECT pg_catalog.count(pg_catalog.set_config(name, value, true))
FROM ROWS FROM (pg_catalog.unnest(%(names)s::text[]), pg_catalog.unnest(%(values)s::text[])) AS setting (name, value)

-- name: settings_of_session
-- For a session that nobody else will get.
SELECT pg_catalog.count(pg_catalog.set_config(name, value, false))
FROM ROWS FROM (pg_catalog.unnest(%(names)s::text[]), pg_catalog.unnest(%(values)s::text[])) AS setting (name, value)

-- name: holds
-- Whether a claim is still held. The lock keeps it from being taken over before the transaction has ended.
SELECT request FROM {state}.backfills
WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' FOR SHARE

-- name: control
-- What a person asked for, whether the claim still holds, whether a schema change waits for the table, and where the
-- window stands: the cursor is never kept in memory, since a COMMIT may go through although its reply was lost.
SELECT b.request, b.token = %(token)s AND b.state = 'running', EXISTS (
    SELECT FROM pg_catalog.pg_locks
    WHERE relation = ANY (%(tables)s::oid[]) AND mode = 'AccessExclusiveLock' AND NOT granted
), w.tenant, w.parent, w.cursor_key, w.keys, COALESCE(w.done, true), COALESCE(p.batches, w.batches),
    ARRAY(SELECT q.row_key::text FROM {state}.quarantine AS q WHERE q.backfill = b.key)
FROM {state}.backfills AS b
LEFT JOIN {state}.windows AS w ON w.id = %(window)s
LEFT JOIN {state}.windows AS p ON p.id = w.parent
WHERE b.key = %(backfill)s

-- name: look
-- The next rows by their keys, whether or not they are to do, so that no window reads far: how many there are, the
-- last of them, how many are to do, and which.
SELECT pg_catalog.count(*), {last}, pg_catalog.count(*) FILTER (WHERE mg_matches), {to_do} FROM (
    SELECT {named}, ({where}){sound} AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window

-- name: lock
-- Locks what is to do and free, in the order of keys.
WITH mg_held AS MATERIALIZED (
    SELECT {named} FROM {table} WHERE {among} AND ({where}) ORDER BY {order} FOR {strength}{skip_locked}
)
SELECT pg_catalog.count(*), {held} FROM mg_held

-- name: not_held
SELECT {texts} FROM (SELECT * FROM {wanted} EXCEPT SELECT * FROM {held}) AS mg_skipped

-- name: next_key
SELECT {texts} FROM {table} WHERE {range} ORDER BY {order} LIMIT 1

-- name: sound
-- Rows that are known to fail are left alone.
 AND NOT {texts}::text = ANY (%(set_aside)s::text[])

-- name: ids_of
-- The keys as Python values, for a function.
SELECT {lists}

-- name: written
-- What this session has written and not reported yet, by table; only differences within a transaction count.
SELECT oid::bigint, inserted, updated, deleted
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
-- Of the rows held: how many are there, still to do, written by this transaction, and both of that.
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {where}), pg_catalog.count(*) FILTER (WHERE {fresh}),
    pg_catalog.count(*) FILTER (WHERE {fresh} AND ({where}))
FROM {table} WHERE {among}

-- name: fresh
-- Subtransactions have later numbers than their transaction, and nobody else can have written a row that is held.
pg_catalog.age(xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)

-- name: transaction
SELECT pg_catalog.pg_current_xact_id()::text

-- name: constraints
-- Deferred ones would fail at COMMIT, when nobody can tell which batch did it.
SET CONSTRAINTS ALL IMMEDIATE

-- name: record
-- Cursor and counts, in the transaction of the rows. The token fences off a runner that another has replaced, the
-- number of batches one whose COMMIT went through although its reply was lost.
WITH beat AS (
    UPDATE {state}.backfills SET lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second',
        backend_pid = pg_catalog.pg_backend_pid(),
        backend_start = (
            SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())
        )
    WHERE key = %(backfill)s AND token = %(token)s AND state = 'running'
    RETURNING key
)
UPDATE {state}.windows AS w SET batches = w.batches + 1,
    cursor_key = COALESCE(%(cursor)s::text[], w.cursor_key), done = w.done OR %(done)s,
    examined = w.examined + %(examined)s, changed = w.changed + %(changed)s, unchanged = w.unchanged + %(unchanged)s,
    done_already = w.done_already + %(done_already)s, locked = w.locked + %(locked)s,
    quarantined = w.quarantined + %(quarantined)s, touched = w.touched + %(touched)s
FROM beat WHERE w.id = %(window)s AND w.batches = %(batches)s
RETURNING w.batches

-- name: skip
INSERT INTO {state}.windows (backfill, kind, parent, tenant, sweep, keys)
SELECT backfill, 'skipped', id, tenant, sweep, %(keys)s::text[] FROM {state}.windows WHERE id = %(window)s

-- name: skip_rest
UPDATE {state}.windows SET keys = %(keys)s::text[] WHERE id = %(window)s

-- name: skip_done
DELETE FROM {state}.windows WHERE id = %(window)s

-- name: quarantine
INSERT INTO {state}.quarantine (backfill, tenant, row_key, sqlstate, message, attempts)
VALUES (%(backfill)s, %(tenant)s, %(row_key)s::text[], %(sqlstate)s, %(message)s, %(attempts)s)
ON CONFLICT (backfill, row_key) DO UPDATE SET attempts = quarantine.attempts + EXCLUDED.attempts
RETURNING attempts = %(attempts)s

-- ---- Sweeps. ----

-- name: bound
-- Where the table ended when the backfill began: max() does not exist for every type of key.
SELECT {texts} FROM {table} ORDER BY {descending} LIMIT 1

-- name: tenants
-- Every tenant, each found by one step in an index.
WITH RECURSIVE tenant AS (
    (SELECT {per} AS id FROM {table} WHERE {per} IS NOT NULL ORDER BY {per} LIMIT 1)
    UNION ALL
    SELECT (SELECT {per} FROM {table} WHERE {per} > tenant.id ORDER BY {per} LIMIT 1)
    FROM tenant WHERE tenant.id IS NOT NULL
)
SELECT id::text FROM tenant WHERE id IS NOT NULL
UNION ALL
SELECT NULL WHERE EXISTS (SELECT FROM {table} WHERE {per} IS NULL)

-- name: tenants_by_scan
SELECT DISTINCT {per}::text FROM {table}

-- name: add_windows
INSERT INTO {state}.windows (backfill, kind, tenant, sweep)
SELECT %(backfill)s, 'range', tenant, %(sweep)s FROM pg_catalog.unnest(%(tenants)s::text[]) AS tenant
WHERE NOT EXISTS (
    SELECT FROM {state}.windows AS w
    WHERE w.backfill = %(backfill)s AND w.kind = 'range' AND w.tenant IS NOT DISTINCT FROM tenant.tenant
)

-- name: begin_sweep
WITH begun AS (
    UPDATE {state}.backfills SET sweep = %(sweep)s, bound = %(bound)s::text[]
    WHERE key = %(backfill)s AND token = %(token)s RETURNING key
)
UPDATE {state}.windows SET sweep = %(sweep)s, cursor_key = NULL, done = false, touched = 0
FROM begun WHERE windows.backfill = begun.key AND kind = 'range'

-- name: windows
SELECT id, kind = 'skipped', tenant, done, touched, COALESCE(pg_catalog.array_length(keys, 1), 0)
FROM {state}.windows WHERE backfill = %(backfill)s ORDER BY batches, id

-- ---- The state of backfills. ----

-- name: enrol
INSERT INTO {state}.backfills (key, fingerprint, table_name) VALUES (%(backfill)s, %(fingerprint)s, %(table)s)
ON CONFLICT (key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, table_name = EXCLUDED.table_name
WHERE backfills.sweep = 0

-- name: claim
-- Free is what nobody runs, what was not renewed in time, and what was run over a connection that is gone.
UPDATE {state}.backfills AS b SET state = 'running', token = b.token + 1, request = NULL, reason = NULL,
    claimed_by = %(who)s, claimed_since = pg_catalog.clock_timestamp(),
    lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second',
    started_at = COALESCE(b.started_at, pg_catalog.clock_timestamp()), finished_at = NULL, policy = %(policy)s,
    backend_pid = CASE WHEN %(ours)s THEN pg_catalog.pg_backend_pid() END,
    backend_start = (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))
WHERE b.key = %(backfill)s AND (b.state = ANY (%(free)s::text[]) OR b.state = 'running' AND NOT {alive})
RETURNING b.token

-- name: alive
-- A connection that is gone ends a claim before its time, but not where a function works over connections of its own.
(b.lease_until > pg_catalog.clock_timestamp() AND (b.backend_pid IS NULL OR EXISTS (
    SELECT FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid = b.backend_pid AND COALESCE(a.backend_start = b.backend_start, true)
)))

-- name: renew
UPDATE {state}.backfills SET lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second'
WHERE key = %(backfill)s AND token = %(token)s

-- name: one
SELECT b.key, b.state, b.reason, b.request, b.fingerprint, b.token, b.sweep, b.bound, b.claimed_by,
    b.claimed_since::text, b.state = 'running' AND {alive}, b.table_name, b.started_at IS NOT NULL
FROM {state}.backfills AS b WHERE b.key = %(backfill)s

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
WITH gone AS (DELETE FROM {state}.windows WHERE backfill = %(backfill)s),
    rows_gone AS (DELETE FROM {state}.quarantine WHERE backfill = %(backfill)s)
UPDATE {state}.backfills SET sweep = 0, bound = NULL, started_at = NULL, finished_at = NULL, reason = NULL
WHERE key = %(backfill)s

-- name: event
INSERT INTO {state}.events (backfill, actor, kind, detail) VALUES (%(backfill)s, %(actor)s, %(kind)s, %(detail)s)

-- name: status
SELECT b.key, b.state, b.reason,
    COALESCE(pg_catalog.sum(w.examined), 0)::bigint, COALESCE(pg_catalog.sum(w.changed), 0)::bigint,
    COALESCE(pg_catalog.sum(w.unchanged), 0)::bigint, COALESCE(pg_catalog.sum(w.done_already), 0)::bigint,
    COALESCE(pg_catalog.sum(w.locked), 0)::bigint, COALESCE(pg_catalog.sum(w.quarantined), 0)::bigint,
    COALESCE(pg_catalog.sum(w.batches), 0)::bigint, b.started_at, b.finished_at, b.sweep, b.request, b.claimed_by
FROM {state}.backfills AS b LEFT JOIN {state}.windows AS w ON w.backfill = b.key
GROUP BY b.key ORDER BY b.created_at, b.key

-- name: status_by_tenant
SELECT backfill, tenant, examined, changed, unchanged, done_already, locked, quarantined, batches
FROM {state}.windows WHERE kind = 'range' ORDER BY backfill, id

-- ---- Preflight. ----

-- name: server
SELECT pg_catalog.current_setting('server_version_num')::integer, pg_catalog.version(), pg_catalog.pg_is_in_recovery(),
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), pg_catalog.current_setting('track_counts')

-- name: table
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relreplident::text,
    (SELECT pg_catalog.sum(GREATEST(leaf.reltuples, 0))::bigint FROM pg_catalog.pg_class AS leaf
     WHERE leaf.oid = c.oid OR leaf.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) WHERE isleaf)),
    pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(table)s)

-- name: tables_like
SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384 ORDER BY relname LIMIT 10000

-- name: columns
SELECT attname, pg_catalog.format_type(atttypid, -1), attnotnull FROM pg_catalog.pg_attribute
WHERE attrelid = %(oid)s AND attnum > 0 AND NOT attisdropped

-- name: unique_indexes
-- Those that hold for every row at once: valid, immediate, not partial, over columns, in the columns' own order.
SELECT ARRAY(
    SELECT a.attname::text FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE k.n <= i.indnkeyatts ORDER BY k.n
), i.indimmediate, i.indisvalid, NOT EXISTS (
    SELECT FROM ROWS FROM (
        pg_catalog.unnest(i.indkey), pg_catalog.unnest(i.indcollation), pg_catalog.unnest(i.indclass)
    ) AS k (attnum, collation_oid, class)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    JOIN pg_catalog.pg_opclass AS o ON o.oid = k.class
    WHERE k.collation_oid <> a.attcollation OR NOT o.opcdefault
)
FROM pg_catalog.pg_index AS i
WHERE i.indrelid = %(oid)s AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL

-- name: leading_index
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = %(oid)s AND i.indisvalid AND i.indpred IS NULL AND ARRAY(
        SELECT a.attname::text FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.n <= pg_catalog.cardinality(%(columns)s::text[]) ORDER BY k.n
    ) = %(columns)s::text[]
)

-- name: triggers
SELECT tgname::text FROM pg_catalog.pg_trigger
WHERE tgrelid = %(oid)s AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgname

-- name: cascades
SELECT conname::text FROM pg_catalog.pg_constraint
WHERE confrelid = %(oid)s AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd')) ORDER BY conname

-- name: members
SELECT relid::bigint FROM pg_catalog.pg_partition_tree(%(oid)s) UNION SELECT %(oid)s::bigint

-- name: open_schemas
-- Schemas in which anybody may put a function that is then called in place of another.
SELECT s::text FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s
WHERE pg_catalog.has_schema_privilege('public', s, 'CREATE')

-- name: publications
SELECT p.pubname::text FROM pg_catalog.pg_publication_tables AS p
WHERE p.schemaname = %(schema)s AND p.tablename = %(name)s

-- name: slots
SELECT slot_name::text, active FROM pg_catalog.pg_replication_slots WHERE database IS NULL OR database = current_database()

-- name: old_snapshots
-- Sessions that keep vacuum from removing what the batches leave behind.
SELECT pid, COALESCE(application_name, ''), pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - xact_start)
FROM pg_catalog.pg_stat_activity
WHERE pid <> pg_catalog.pg_backend_pid() AND backend_xmin IS NOT NULL AND datname = pg_catalog.current_database()
    AND (xact_start < pg_catalog.clock_timestamp() - interval '1 minute'
        OR state LIKE 'idle in transaction%%' AND state_change < pg_catalog.clock_timestamp() - interval '1 second')
ORDER BY xact_start LIMIT 5

-- name: probe
SELECT FROM {table} WHERE ({where}) FOR NO KEY UPDATE

-- name: explain
EXPLAIN (FORMAT JSON, VERBOSE) {statement}

-- name: explain_text
EXPLAIN {statement}

-- name: grants
DO $$ BEGIN
    EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I', pg_catalog.current_database(), {role_name});
END $$;
GRANT USAGE ON SCHEMA {state} TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {state} TO {role};

-- ---- Whose state it is. ----

-- name: strangers
-- What of the state does not belong to the role that runs, to a superuser or to an owner that the configuration names;
-- and what would fire on it. Who only reads is not in danger of what others may add.
WITH trusted AS (
    SELECT oid FROM pg_catalog.pg_roles
    WHERE rolsuper OR rolname = current_user OR rolname = ANY (%(owners)s::text[])
), home AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_catalog.pg_namespace WHERE nspname = %(schema)s::name
), parts AS (
    SELECT c.* FROM pg_catalog.pg_class AS c JOIN home ON home.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
), granted AS (
    SELECT 'table ' || p.relname AS what, a.grantee, a.privilege_type
    FROM parts AS p, LATERAL pg_catalog.aclexplode(p.relacl) AS a
    UNION ALL
    SELECT 'column ' || p.relname || '.' || t.attname, a.grantee, a.privilege_type
    FROM parts AS p JOIN pg_catalog.pg_attribute AS t ON t.attrelid = p.oid AND NOT t.attisdropped,
        LATERAL pg_catalog.aclexplode(t.attacl) AS a
    UNION ALL
    SELECT 'schema ' || home.nspname, a.grantee, a.privilege_type
    FROM home, LATERAL pg_catalog.aclexplode(home.nspacl) AS a
)
SELECT 'schema ' || nspname || ' belongs to ' || pg_catalog.pg_get_userbyid(nspowner)
FROM home WHERE nspowner NOT IN (TABLE trusted)
UNION ALL
SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' ELSE 'table ' END || relname || ' belongs to '
    || pg_catalog.pg_get_userbyid(relowner)
FROM parts WHERE relowner NOT IN (TABLE trusted)
UNION ALL
SELECT relname || ' is no ordinary table' FROM parts WHERE relkind <> 'r' AND relname = ANY (%(tables)s::text[])
UNION ALL
SELECT 'table ' || relname || ' has row-level security' FROM parts WHERE relrowsecurity
UNION ALL
SELECT 'rule ' || r.rulename || ' of ' || p.relname || ' changes what is written'
FROM pg_catalog.pg_rewrite AS r JOIN parts AS p ON p.oid = r.ev_class WHERE p.relkind = 'r'
UNION ALL
SELECT 'trigger ' || t.tgname || ' of ' || p.relname || ' calls ' || f.proname || ' of '
    || pg_catalog.pg_get_userbyid(f.proowner)
FROM pg_catalog.pg_trigger AS t JOIN parts AS p ON p.oid = t.tgrelid JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND f.proowner NOT IN (TABLE trusted)
UNION ALL
SELECT 'foreign key ' || k.conname || ' of ' || k.conrelid::pg_catalog.regclass::text || ' refers to ' || p.relname
FROM pg_catalog.pg_constraint AS k JOIN parts AS p ON p.oid = k.confrelid
WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM parts)
UNION ALL
SELECT CASE grantee WHEN 0 THEN 'anybody' ELSE 'role ' || pg_catalog.pg_get_userbyid(grantee) END || ' has '
    || privilege_type || ' on ' || what
FROM granted
WHERE grantee NOT IN (TABLE trusted) AND CASE %(use)s::text
    WHEN 'read' THEN grantee = 0 AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
    WHEN 'write' THEN privilege_type IN ('TRIGGER', 'CREATE')
        OR grantee = 0 AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
    ELSE privilege_type NOT IN ('SELECT', 'USAGE') END

-- name: event_triggers
-- Event triggers belong to superusers; the functions that they call need not.
SELECT 'event trigger ' || e.evtname || ' calls ' || f.proname || ' of ' || pg_catalog.pg_get_userbyid(f.proowner)
FROM pg_catalog.pg_event_trigger AS e JOIN pg_catalog.pg_proc AS f ON f.oid = e.evtfoid
WHERE e.evtenabled <> 'D' AND f.proowner NOT IN (
    SELECT oid FROM pg_catalog.pg_roles
    WHERE rolsuper OR rolname = current_user OR rolname = ANY (%(owners)s::text[])
)

-- name: search_order
SELECT pg_catalog.current_schemas(true)::text[]

-- ---- The gate. ----

-- name: qualified
SELECT pg_catalog.to_regclass(%(table)s)::text

-- name: any_row
SELECT EXISTS (SELECT FROM {table})

-- name: gate
SELECT state, reason, table_name FROM {state}.backfills WHERE key = %(backfill)s

-- name: gate_ready
SELECT pg_catalog.to_regclass(%(name)s) IS NOT NULL

-- ---- The state's own tables, version by version. ----

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
