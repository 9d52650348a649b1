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
-- windows stand: a cursor is never kept in memory, since a COMMIT may go through although its reply was lost.
SELECT b.request, b.token = %(token)s AND b.state = 'running', EXISTS (
    SELECT FROM pg_catalog.pg_locks
    WHERE relation = ANY (%(tables)s::oid[]) AND mode = 'AccessExclusiveLock' AND NOT granted
), ARRAY(SELECT q.row_key::text FROM {state}.quarantine AS q WHERE q.backfill = b.key)::text,
    w.id, w.kind = 'whole', w.tenant, w.parent, w.cursor_key, w.keys, COALESCE(w.done, true),
    COALESCE(p.batches, w.batches)
FROM {state}.backfills AS b
LEFT JOIN pg_catalog.unnest(%(windows)s::bigint[]) WITH ORDINALITY AS wanted (id, n) ON true
LEFT JOIN {state}.windows AS w ON w.id = wanted.id
LEFT JOIN {state}.windows AS p ON p.id = w.parent
WHERE b.key = %(backfill)s ORDER BY wanted.n

-- name: swift
-- All of a batch that nobody disturbs. What it changes is locked by being changed, and looked at anew if somebody else has
-- changed it meanwhile. Its window is all that can be seen between its cursor and its last key: what is changed beside lies outside.
WITH mg_window AS MATERIALIZED (
    SELECT {named}, ({where}) AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
), mg_changed AS (
    {change} RETURNING {key} AS mg_key, ({where}) AS mg_still
), mg_counted AS (
    SELECT pg_catalog.count(*) AS examined, {last} AS last, pg_catalog.count(*) FILTER (WHERE mg_matches) AS matched,
        (SELECT pg_catalog.count(*) FROM mg_changed) AS changed
    FROM mg_window
)
SELECT examined, last, matched, changed, (
    SELECT pg_catalog.count(*) FROM mg_changed
    WHERE mg_still OR mg_key > (SELECT mg_0 FROM mg_window ORDER BY mg_0 DESC LIMIT 1) {after}
), CASE WHEN matched > changed THEN (
    SELECT {left} FROM mg_window WHERE mg_matches AND mg_0 NOT IN (SELECT mg_key FROM mg_changed)
) END
FROM mg_counted

-- name: still_to_do
-- Of rows that a change has left alone, how many are there and to do: others have filled the rest meanwhile, or removed it.
SELECT pg_catalog.count(*) FROM {table} WHERE {among} AND ({where})

-- name: self_contained
-- Whether a definition reads and writes nothing but its rows, and nothing of it is checked later. Believed are functions of
-- PostgreSQL's own that are immutable or in a list, and immutable ones in C: others may read tables whatever they declare.
WITH tables AS (
    SELECT relid::pg_catalog.oid AS oid FROM pg_catalog.pg_partition_tree(%(oid)s) UNION SELECT %(oid)s
), odd AS NOT MATERIALIZED (
    SELECT p.oid, p.proname, p.proargtypes FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    WHERE CASE p.pronamespace WHEN 'pg_catalog'::pg_catalog.regnamespace
        THEN p.provolatile <> 'i' AND p.proname <> ALL (%(known)s::text[])
        ELSE p.provolatile <> 'i' OR l.lanname NOT IN ('internal', 'c') END
), strange AS NOT MATERIALIZED (
    SELECT oid FROM odd WHERE oid >= 16384
)
SELECT NOT EXISTS (
    SELECT FROM odd WHERE proname = ANY (%(called)s::text[]) AND pg_catalog.pg_function_is_visible(oid)
) AND NOT EXISTS (
    -- Called as if it were a column of the row.
    SELECT FROM odd WHERE oid >= 16384 AND proname = ANY (%(words)s::text[]) AND pg_catalog.cardinality(proargtypes) = 1
        AND proargtypes[0] IN (SELECT reltype FROM pg_catalog.pg_class WHERE oid IN (TABLE tables))
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_operator WHERE oprcode::pg_catalog.oid IN (TABLE strange)
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_cast WHERE castfunc IN (TABLE strange)
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_constraint AS c ON c.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid IN (TABLE strange)
        AND (c.contypid <> 0 OR c.conrelid IN (TABLE tables))
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_attrdef AS a ON a.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid IN (TABLE strange)
        AND a.adrelid IN (TABLE tables)
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_class WHERE oid IN (TABLE tables) AND (relkind NOT IN ('r', 'p') OR relhasrules)
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint
    WHERE condeferrable AND (conrelid IN (TABLE tables) OR confrelid IN (TABLE tables))
) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_trigger WHERE tgrelid IN (TABLE tables) AND NOT tgisinternal AND tgenabled <> 'D'
)

-- name: volatile
-- A function of PostgreSQL's, by its name: of some names there are several, of which one may do.
SELECT proname::text FROM pg_catalog.pg_proc
WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND proname = ANY (%(called)s::text[])
GROUP BY proname HAVING pg_catalog.bool_and(provolatile = 'v') ORDER BY proname LIMIT 1

-- name: not_immutable
SELECT proname::text FROM pg_catalog.pg_proc
WHERE proname = ANY (%(called)s::text[]) AND pg_catalog.pg_function_is_visible(oid)
    AND provolatile <> 'i' AND proname <> ALL (%(known)s::text[])
ORDER BY proname LIMIT 1

-- name: attached
-- What is checked or run when rows of a table and its partitions are written.
WITH tables AS MATERIALIZED (
    SELECT %(oid)s::pg_catalog.oid AS oid {partitions}
)
SELECT pg_catalog.string_agg(what, ' ' ORDER BY what) FROM (
    SELECT pg_catalog.concat('table', oid, relkind, relhasrules) AS what
    FROM pg_catalog.pg_class WHERE oid IN (TABLE tables)
    UNION ALL
    SELECT pg_catalog.concat('trigger', oid, tgenabled, tgdeferrable)
    FROM pg_catalog.pg_trigger WHERE tgrelid IN (TABLE tables)
    UNION ALL
    SELECT pg_catalog.concat('constraint', oid, condeferrable)
    FROM pg_catalog.pg_constraint WHERE conrelid IN (TABLE tables)
    UNION ALL
    SELECT pg_catalog.concat('default', oid) FROM pg_catalog.pg_attrdef WHERE adrelid IN (TABLE tables)
) AS found

-- name: partitions
-- A table that is not partitioned never has any.
UNION SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(%(oid)s)

-- name: look
-- The next rows by their keys, whether or not they are to do, so that no window reads far: how many there are, the
-- last of them, how many are to do, and which.
SELECT pg_catalog.count(*), {last}, pg_catalog.count(*) FILTER (WHERE mg_matches), {to_do} FROM (
    SELECT {named}, {matches} AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window

-- name: lock
-- Locks what is to do and free, in the order of keys. From there on others wait for these rows: in the same trip the
-- waiting of what follows is bounded, and what this session has written so far is asked.
WITH mg_held AS MATERIALIZED (
    SELECT {named} FROM {table} WHERE {among} AND ({where}) ORDER BY {order} FOR {strength}{skip_locked}
)
SELECT pg_catalog.count(*), {held}{besides} FROM mg_held

-- name: not_held
SELECT {texts} FROM (SELECT * FROM {wanted} EXCEPT SELECT * FROM {held}) AS mg_skipped

-- name: listed
SELECT {texts} FROM {rows}

-- name: next_key
SELECT {texts} FROM {table} WHERE {range} ORDER BY {order} LIMIT 1

-- name: sound
-- Rows that are known to fail are left alone: the predicate itself may be what fails.
CASE WHEN {texts} IN (SELECT pg_catalog.unnest(%(set_aside)s::text[])::text[]) THEN false ELSE ({where}) END

-- name: ids_of
-- The keys as Python values, for a function.
SELECT {lists}

-- name: besides
, ({written}), ({settings})

-- name: written
-- What this session has written and not reported yet, by table; only differences within a transaction count.
SELECT COALESCE(pg_catalog.jsonb_object_agg(oid, pg_catalog.jsonb_build_array(inserted, updated, deleted)), '{{}}')
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
-- Of the rows held: how many are there, written by this transaction, written and still to do; which are still to do; for
-- which a function that settles is called again; and what this session has written by now.
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE mg_fresh),
    pg_catalog.count(*) FILTER (WHERE mg_fresh AND mg_matches), {to_do}, {again}, ({written})
FROM (SELECT {named}, ({where}) AS mg_matches, {fresh} AS mg_fresh FROM {table} WHERE {among}) AS mg_rows

-- name: fresh
-- Subtransactions have later numbers than their transaction, and nobody else can have written a row that is held.
pg_catalog.age(xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)

-- name: transaction
SELECT pg_catalog.pg_current_xact_id()::text

-- name: constraints
-- Deferred ones would fail at COMMIT, when nobody can tell which batch did it.
SET CONSTRAINTS ALL IMMEDIATE

-- name: has_plpgsql
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_language
    WHERE lanname = 'plpgsql' AND pg_catalog.has_language_privilege(oid, 'USAGE')
)

-- name: blameless
-- Whether no row is to blame for an error, by its SQLSTATE; those of locks are among them. What a wrong definition fails
-- with may be one row's as well: a name that it holds is looked up.
(pg_catalog.substr(mg_state, 1, 2) IN ('08', '25', '26', '40', '53', '57', '58') OR mg_state = '55P03')

-- name: singly
-- Rows under savepoints. What waits for a lock, or cannot be changed, is left out and told; whatever else goes wrong
-- is nothing that a row is to blame for. What goes through stays, or is taken back as well: then the savepoints are gone.
DO $mg_singly$
#variable_conflict use_column
DECLARE
    {keys}
    mg_count integer := pg_catalog.cardinality({first});
    mg_at integer := 1;
    mg_group integer := {group};
    mg_size integer;
    mg_rows bigint;
    mg_undone bigint := 0;
    mg_failed jsonb := '[]';
    mg_state text; mg_table text; mg_constraint text; mg_column text;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;  -- so that each row is checked in its own turn
    WHILE mg_at <= mg_count LOOP
        mg_size := LEAST(mg_group, mg_count - mg_at + 1);
        BEGIN
            {now}
            {change};
            GET DIAGNOSTICS mg_rows = ROW_COUNT;
            IF mg_rows > mg_size THEN
                PERFORM pg_catalog.set_config('migration_guard.mg_outcome', pg_catalog.jsonb_build_object(
                    'too_many', pg_catalog.jsonb_build_array(mg_rows, mg_size))::text, true);
                RETURN;
            END IF;
            IF NOT {keep} THEN
                RAISE EXCEPTION USING ERRCODE = 'MG000';
            END IF;
            mg_at := mg_at + mg_size;
            mg_group := LEAST(mg_size * 2, {group});
        EXCEPTION WHEN assert_failure OR OTHERS THEN
            GET STACKED DIAGNOSTICS mg_state = RETURNED_SQLSTATE, mg_table = TABLE_NAME,
                mg_constraint = CONSTRAINT_NAME, mg_column = COLUMN_NAME;
            IF mg_state NOT IN ('55P03', '40P01', '40001') AND {blameless} THEN
                RAISE;
            END IF;
            mg_undone := mg_undone + mg_size;
            IF mg_state = 'MG000' THEN
                mg_at := mg_at + mg_size;
                mg_group := LEAST(mg_size * 2, {group});
            ELSIF mg_size = 1 THEN
                mg_failed := mg_failed || pg_catalog.jsonb_build_array(
                    pg_catalog.jsonb_build_array(mg_at, mg_state, mg_table, mg_constraint, mg_column));
                mg_at := mg_at + 1;
            ELSE
                mg_group := mg_size / 2;
            END IF;
        END;
    END LOOP;
    PERFORM pg_catalog.set_config('migration_guard.mg_outcome', pg_catalog.jsonb_build_object(
        'failed', mg_failed, 'undone', mg_undone)::text, true);
END
$mg_singly$

-- name: next_keys
SELECT pg_catalog.count(*), {last}, {lists} FROM (
    SELECT {named} FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window

-- name: sieve
-- On which rows the predicate fails.
DO $mg_sieve$
#variable_conflict use_column
DECLARE
    {keys}
    mg_failed jsonb := '[]';
    mg_state text; mg_table text; mg_constraint text; mg_column text;
BEGIN
    FOR mg_at IN 1 .. pg_catalog.cardinality({first}) LOOP
        BEGIN
            {now}
            PERFORM ({where}) FROM {table} WHERE {among};
        EXCEPTION WHEN assert_failure OR OTHERS THEN
            GET STACKED DIAGNOSTICS mg_state = RETURNED_SQLSTATE, mg_table = TABLE_NAME,
                mg_constraint = CONSTRAINT_NAME, mg_column = COLUMN_NAME;
            IF {blameless} THEN
                RAISE;
            END IF;
            mg_failed := mg_failed || pg_catalog.jsonb_build_array(
                pg_catalog.jsonb_build_array(mg_at, mg_state, mg_table, mg_constraint, mg_column));
        END;
    END LOOP;
    PERFORM pg_catalog.set_config('migration_guard.mg_unreadable', mg_failed::text, true);
END
$mg_sieve$

-- name: sieved
SELECT pg_catalog.current_setting('migration_guard.mg_unreadable', true)

-- name: foresee
-- Does the update, and takes it back before the checks of its foreign keys: the error, which nobody sees, carries what the
-- rows would hold. Whatever else goes wrong tells nothing.
DO $mg_foresee$
DECLARE
    mg_said text;
    mg_rows integer;
BEGIN
    BEGIN
        WITH mg_new AS ({change} RETURNING {key} AS mg_key, pg_catalog.jsonb_build_array({parents}) AS mg_parents)
        SELECT ('mg:' || pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(mg_key, mg_parents))::text)::integer
        INTO mg_rows FROM mg_new;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS mg_said = MESSAGE_TEXT;
    END;
    PERFORM pg_catalog.set_config('migration_guard.mg_new', COALESCE(pg_catalog.substring(mg_said, 'mg:(\[\[.*\]\])'), ''), true);
END
$mg_foresee$

-- name: foreseen
SELECT pg_catalog.current_setting('migration_guard.mg_new', true)

-- name: waiting
-- Parents that are there, and whose key somebody holds.
WITH mg_rows AS MATERIALIZED (
    SELECT mg_row -> 0 AS mg_key, {values} FROM pg_catalog.jsonb_array_elements(%(rows)s::jsonb) AS mg_row
), mg_wanted AS MATERIALIZED (
    SELECT DISTINCT {names} FROM mg_rows
), mg_free AS MATERIALIZED (
    SELECT {columns} FROM {parent} WHERE ({columns}) IN (SELECT {names} FROM mg_wanted) FOR KEY SHARE SKIP LOCKED
), mg_there AS MATERIALIZED (
    SELECT {columns} FROM {parent} WHERE ({columns}) IN (SELECT {names} FROM mg_wanted)
)
SELECT pg_catalog.jsonb_agg(mg_key)::text FROM mg_rows
WHERE ({names}) IN (SELECT * FROM mg_there) AND ({names}) NOT IN (SELECT * FROM mg_free)

-- name: singly_outcome
SELECT pg_catalog.current_setting('migration_guard.mg_outcome', true),
    pg_catalog.set_config('lock_timeout', %(lock_timeout)s, true)

-- name: record
-- Cursors and counts, in the transaction of the rows. The token fences off a runner that another has replaced, the
-- number of batches one whose COMMIT went through although its reply was lost.
WITH beat AS (
    {beat}
), entry AS (
    SELECT * FROM pg_catalog.jsonb_to_recordset(%(entries)s::jsonb) AS entry (
        id bigint, batches bigint, cursor_key text[], done boolean, touched bigint, examined bigint, changed bigint,
        unchanged bigint, done_already bigint, locked bigint, quarantined bigint, token bigint
    )
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
SELECT pg_catalog.count(*), ({besides}) FROM moved

-- name: beat
-- Of who has the backfill to itself.
UPDATE {state}.backfills SET {leased}
WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' RETURNING key

-- name: beat_of_range
-- Of who shares it: a row that all of them wrote would let each wait for the others.
SELECT key FROM {state}.backfills WHERE key = %(backfill)s AND token = %(token)s AND state = 'running'

-- name: beat_of_end
-- Of who ends a pass.
UPDATE {state}.windows SET {leased} WHERE id = %(window)s AND token = %(claim)s AND EXISTS (
    SELECT FROM {state}.backfills WHERE key = %(backfill)s AND token = %(token)s AND state = 'running'
) RETURNING id

-- name: leased
lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second',
    backend_pid = pg_catalog.pg_backend_pid(),
    backend_start = (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))

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
-- Rows that the update leaves as they are: a proof excepts them. Those of earlier passes no longer count.
INSERT INTO {state}.unchanged (backfill, row_key, sweep)
SELECT %(backfill)s, ARRAY(SELECT pg_catalog.jsonb_array_elements_text(wanted.key)), %(sweep)s
FROM pg_catalog.jsonb_array_elements(%(keys)s::jsonb) AS wanted (key)
ON CONFLICT (backfill, row_key) DO UPDATE SET sweep = EXCLUDED.sweep

-- name: skip_rest
UPDATE {state}.windows SET keys = %(keys)s::text[] WHERE id = %(window)s

-- name: skip_done
DELETE FROM {state}.windows WHERE id = %(window)s

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

-- ---- Sweeps. ----

-- name: bound
-- Where the table ended when the backfill began: max() does not exist for every type of key.
SELECT {texts} FROM {table} ORDER BY {ordered} LIMIT 1

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

-- name: writers
-- Transactions that have written to these tables and are open: what they wrote cannot be seen yet.
SELECT virtualtransaction FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND relation = ANY (%(tables)s::oid[]) AND granted
    AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())

-- name: writer_named
SELECT COALESCE('session ' || pid::text, 'a prepared transaction') FROM pg_catalog.pg_locks
WHERE virtualtransaction = %(one)s LIMIT 1

-- name: add_windows
INSERT INTO {state}.windows (backfill, kind, tenant, sweep)
SELECT %(backfill)s, %(kind)s, tenant, %(sweep)s FROM pg_catalog.unnest(%(tenants)s::text[]) AS tenant
WHERE NOT EXISTS (
    SELECT FROM {state}.windows AS w
    WHERE w.backfill = %(backfill)s AND w.kind = %(kind)s AND w.tenant IS NOT DISTINCT FROM tenant.tenant
)

-- name: begin_sweep
-- A pass begins after what was proved before, if that still holds. One without a bound has nothing before it: the table is empty.
WITH begun AS (
    UPDATE {state}.backfills SET sweep = %(sweep)s, bound = %(bound)s::text[], swept = false, shared = false,
        floor = CASE WHEN %(keeps)s THEN floor END
    WHERE key = %(backfill)s AND token = %(token)s RETURNING key, bound, floor
)
UPDATE {state}.windows SET sweep = %(sweep)s, cursor_key = begun.floor,
    done = kind <> %(kind)s OR begun.bound IS NULL, touched = 0
FROM begun WHERE windows.backfill = begun.key AND kind <> 'skipped'

-- name: hold_backfill
SELECT FROM {state}.backfills WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' FOR UPDATE

-- name: result_of_sweep
-- Counted anew, in a statement that began after the backfill's row was locked.
SELECT pg_catalog.count(*) FILTER (WHERE NOT done AND kind <> 'end' OR kind = 'skipped'),
    COALESCE(pg_catalog.sum(touched), 0)::bigint, COALESCE(pg_catalog.sum(changed), 0)::bigint,
    (SELECT changed_before FROM {state}.backfills WHERE key = %(backfill)s),
    (SELECT pg_catalog.count(*) FROM {state}.unchanged AS u WHERE u.backfill = %(backfill)s AND u.sweep = %(sweep)s),
    COALESCE(pg_catalog.sum(unchanged), 0)::bigint
FROM {state}.windows WHERE backfill = %(backfill)s

-- name: end_sweep
WITH gone AS (DELETE FROM {state}.unchanged WHERE backfill = %(backfill)s AND sweep < %(sweep)s)
UPDATE {state}.backfills SET swept = true, floor = CASE WHEN %(grows)s THEN bound END, members = %(members)s::bigint[]
WHERE key = %(backfill)s AND token = %(token)s

-- name: windows
SELECT id, kind = 'skipped', done, COALESCE(pg_catalog.array_length(keys, 1), 0)
FROM {state}.windows WHERE backfill = %(backfill)s AND (kind = 'skipped' OR NOT done) ORDER BY batches, id

-- ---- Ranges that several workers share. ----

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
-- Those first at which the least was done: of tenants, so that each has its turn; of other ranges, those of the dead come
-- last. Of many tenants several at once, as the few rows of several are done in one batch.
WITH pass AS (
    SELECT key, sweep, bound FROM {state}.backfills
    WHERE key = %(backfill)s AND token = %(token)s AND state = 'running' AND shared AND request IS NULL
), free AS MATERIALIZED (
    SELECT w.id, w.claimed_by <> %(who)s IS TRUE AS taken_over, pass.sweep, pass.bound
    FROM {state}.windows AS w JOIN pass ON pass.key = w.backfill AND pass.sweep = w.sweep
    WHERE w.kind IN ('part', 'range') AND NOT w.done AND ({own} OR NOT {alive})
    ORDER BY w.batches, w.id LIMIT (
        SELECT GREATEST(1, LEAST(%(most)s::bigint, pg_catalog.count(*) / %(few)s::bigint)) FROM {state}.windows AS o
        WHERE o.backfill = %(backfill)s AND o.kind = 'range' AND NOT o.done
    ) FOR NO KEY UPDATE OF w SKIP LOCKED
)
UPDATE {state}.windows AS w SET token = w.token + 1, claimed_by = %(who)s, {leased}
FROM free WHERE w.id = free.id
RETURNING w.id, w.token, w.kind, w.cursor_key, COALESCE(w.high_key, free.bound), free.taken_over, free.sweep, free.bound

-- name: claim_end
-- When all ranges are done; once they are, they stay so until the next pass begins.
UPDATE {state}.windows AS w SET token = w.token + 1, claimed_by = %(who)s, {leased}
FROM {state}.backfills AS b
WHERE b.key = %(backfill)s AND b.token = %(token)s AND b.state = 'running' AND b.shared AND b.request IS NULL
    AND w.backfill = b.key AND w.sweep = b.sweep AND w.kind = 'end' AND ({own} OR NOT {alive})
    AND NOT EXISTS (
        SELECT FROM {state}.windows AS o WHERE o.backfill = b.key AND o.kind IN ('part', 'range') AND NOT o.done
    )
RETURNING w.id, w.token, w.kind, NULL::text[], b.bound, false, b.sweep, b.bound

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

-- ---- The state of backfills. ----

-- name: enrol
INSERT INTO {state}.backfills (key, fingerprint, table_name) VALUES (%(backfill)s, %(fingerprint)s, %(table)s)
ON CONFLICT (key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, table_name = EXCLUDED.table_name,
    changed_before = CASE WHEN backfills.fingerprint = EXCLUDED.fingerprint THEN backfills.changed_before ELSE 0 END
WHERE backfills.sweep = 0 AND backfills.state NOT IN ('running', 'completed', 'completed_with_quarantine')

-- name: claim
-- Free is what nobody runs, what was not renewed in time, and what was run over a connection that is gone. What is shared
-- is joined instead; a pass that is over is shared by nobody.
UPDATE {state}.backfills AS b SET state = 'running', token = b.token + 1, request = NULL, reason = NULL,
    claimed_by = %(who)s, claimed_since = pg_catalog.clock_timestamp(),
    lease_until = pg_catalog.clock_timestamp() + %(lease)s * interval '1 second',
    started_at = COALESCE(b.started_at, pg_catalog.clock_timestamp()), finished_at = NULL, policy = %(policy)s,
    backend_pid = CASE WHEN %(ours)s THEN pg_catalog.pg_backend_pid() END,
    backend_start = (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())),
    shared = b.shared AND NOT b.swept
WHERE b.key = %(backfill)s
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
)

-- name: event
INSERT INTO {state}.events (backfill, actor, kind, detail) VALUES (%(backfill)s, %(actor)s, %(kind)s, %(detail)s)

-- name: newest_event
SELECT pg_catalog.max(id) FROM {state}.events

-- name: events_since
-- The newest, if there are more.
SELECT * FROM (
    SELECT id, at, backfill, actor, kind, detail, pg_catalog.to_jsonb(e) -> 'data' FROM {state}.events AS e
    WHERE id > %(after)s ORDER BY id DESC LIMIT %(most)s
) AS newest ORDER BY id

-- name: tell_once
INSERT INTO {state}.events (backfill, actor, kind, detail)
SELECT %(backfill)s, 'runner', 'hook', %(detail)s WHERE NOT EXISTS (
    SELECT FROM {state}.events WHERE backfill = %(backfill)s AND kind = 'hook' AND detail = %(detail)s
)
RETURNING id

-- name: status
SELECT b.key, b.state, b.reason,
    COALESCE(pg_catalog.sum(w.examined), 0)::bigint, COALESCE(pg_catalog.sum(w.changed), 0)::bigint,
    COALESCE(pg_catalog.sum(w.unchanged), 0)::bigint, COALESCE(pg_catalog.sum(w.done_already), 0)::bigint,
    COALESCE(pg_catalog.sum(w.locked), 0)::bigint, COALESCE(pg_catalog.sum(w.quarantined), 0)::bigint,
    COALESCE(pg_catalog.sum(w.batches), 0)::bigint, b.started_at, b.finished_at, b.sweep, b.request, b.claimed_by,
    b.claimed_since, b.state = 'running' AND {alive},
    b.fingerprint, CASE WHEN b.swept THEN b.bound END, b.floor IS NOT NULL,
    pg_catalog.date_part('epoch', COALESCE((
        SELECT pg_catalog.max(s.lease_until) FROM {state}.windows AS s WHERE s.backfill = b.key AND b.shared AND NOT s.done
    ), b.lease_until) - pg_catalog.clock_timestamp())
FROM {state}.backfills AS b LEFT JOIN {state}.windows AS w ON w.backfill = b.key
GROUP BY b.key ORDER BY b.created_at, b.key

-- name: counts
SELECT COALESCE(pg_catalog.sum(examined), 0)::bigint, COALESCE(pg_catalog.sum(changed), 0)::bigint,
    COALESCE(pg_catalog.sum(unchanged), 0)::bigint, COALESCE(pg_catalog.sum(done_already), 0)::bigint,
    COALESCE(pg_catalog.sum(locked), 0)::bigint, COALESCE(pg_catalog.sum(quarantined), 0)::bigint
FROM {state}.windows WHERE backfill = %(backfill)s

-- name: status_by_tenant
SELECT backfill, tenant, examined, changed, unchanged, done_already, locked, quarantined, batches
FROM {state}.windows WHERE kind = 'range' ORDER BY backfill, id

-- ---- Preflight. ----

-- name: server
SELECT pg_catalog.current_setting('server_version_num')::integer, pg_catalog.version(), pg_catalog.pg_is_in_recovery(),
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), pg_catalog.current_setting('track_counts'),
    pg_catalog.current_setting('session_replication_role'),
    pg_catalog.current_setting('deadlock_timeout')

-- name: table
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relreplident::text,
    (SELECT pg_catalog.sum(GREATEST(leaf.reltuples, 0))::bigint FROM pg_catalog.pg_class AS leaf
     WHERE leaf.relkind <> 'p'
         AND (leaf.oid = c.oid OR leaf.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) WHERE isleaf))),
    pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(table)s)

-- name: tables_like
SELECT CASE WHEN pg_catalog.pg_table_is_visible(oid) THEN relname::text ELSE relnamespace::pg_catalog.regnamespace || '.' || relname END
FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384 ORDER BY 1 LIMIT 10000

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

-- name: counters
-- The sequences of columns, by an identity or a default.
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
JOIN pg_catalog.pg_depend AS p ON p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
    OR a.attidentity <> '' AND p.deptype = 'i' AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid IN (p.objid, p.refobjid)

-- name: grows
-- What makes a column's new values greater than all before them: the sequence of an identity or a default that counts
-- upwards, and of which no session keeps some for later. And whether the role may see how far it has counted.
SELECT s.seqrelid::pg_catalog.regclass::text, pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE')
{counters}
WHERE a.attrelid = %(oid)s AND a.attname = %(column)s
    AND (a.attidentity <> '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%')
    AND s.seqincrement > 0 AND s.seqcache = 1 AND NOT s.seqcycle
ORDER BY s.seqrelid LIMIT 1

-- name: counter
-- The last value of the sequence that counts a column, where the role may see it.
SELECT CASE WHEN allowed THEN pg_catalog.pg_sequence_last_value(seqrelid) END FROM (
    SELECT s.seqrelid, pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE') AS allowed
    {counters}
    WHERE a.attrelid = %(oid)s AND a.attname = %(column)s
) AS found
ORDER BY seqrelid LIMIT 1

-- name: triggers
SELECT tgname::text FROM pg_catalog.pg_trigger
WHERE tgrelid = %(oid)s AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgname

-- name: deadlocks
SELECT deadlocks FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()

-- name: cascades
SELECT conname::text FROM pg_catalog.pg_constraint
WHERE confrelid = %(oid)s AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd')) ORDER BY conname

-- name: parents
-- Foreign keys of a table. Where the parent is partitioned, each partition has one besides, which is no other.
SELECT n.nspname::text, p.relname::text,
    ARRAY(
        SELECT a.attname::text FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.n
    ),
    ARRAY(
        SELECT a.attname::text FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.n
    ),
    ARRAY(
        SELECT pg_catalog.format_type(a.atttypid, a.atttypmod)
        FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.n
    )
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS p ON p.oid = c.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace
WHERE c.contype = 'f' AND c.conrelid = %(oid)s AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS same WHERE same.oid = c.conparentid AND same.conrelid = c.conrelid
)
ORDER BY c.conname

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

-- name: grant_counter
-- What counts a table's keys must be seen: only then is it known that new rows come after all that there are.
DO $$ DECLARE counter text; BEGIN
    FOR counter IN
        SELECT DISTINCT s.seqrelid::pg_catalog.regclass::text
        {counters}
        WHERE a.attrelid = pg_catalog.to_regclass({table}) AND a.attname = {column}
    LOOP
        EXECUTE pg_catalog.format('GRANT SELECT ON SEQUENCE %s TO %I', counter, {role_name});
    END LOOP;
END $$;

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

-- name: planted
-- Functions and operators that a search_path offers in place of PostgreSQL's own, or of those that a text names: an exact
-- match of types is called first, wherever it stands. What belongs to an extension belongs to who installed that.
WITH trusted AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname IN (current_user, session_user)
    UNION ALL SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
    UNION ALL SELECT relowner FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(table)s)
), path AS (
    SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY (pg_catalog.current_schemas(false)) AND nspname <> 'pg_catalog'
)
SELECT 'function ' || path.nspname || '.' || p.proname || ' of ' || pg_catalog.pg_get_userbyid(p.proowner)
FROM pg_catalog.pg_proc AS p JOIN path ON path.oid = p.pronamespace
WHERE p.proowner NOT IN (TABLE trusted) AND p.prorettype NOT IN (
    'pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype
) AND (
    p.proname = ANY (%(names)s::text[])
    OR EXISTS (
        SELECT FROM pg_catalog.pg_proc AS own
        WHERE own.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND own.proname = p.proname
    )
)
UNION ALL
SELECT 'operator ' || path.nspname || '.' || o.oprname || ' of ' || pg_catalog.pg_get_userbyid(o.oprowner)
FROM pg_catalog.pg_operator AS o JOIN path ON path.oid = o.oprnamespace
WHERE o.oprowner NOT IN (TABLE trusted)

-- name: shadowed
-- The schemas of a search_path in which there is a table of a name, in order; each with the table's owner.
SELECT n.nspname::text, pg_catalog.pg_get_userbyid(c.relowner)::text
FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s (name, n_th)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.name
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = %(table)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY s.n_th

-- name: foreign_triggers
-- Triggers of tables whose functions belong to others, and run with the rights of who writes.
SELECT DISTINCT t.tgname || ' calls ' || f.proname || ' of ' || pg_catalog.pg_get_userbyid(f.proowner)
FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
WHERE t.tgrelid = ANY (%(tables)s::oid[]) AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND NOT f.prosecdef
    AND f.proowner <> c.relowner AND f.proowner NOT IN (
        SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname IN (current_user, session_user)
        UNION ALL SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
    )

-- name: search_order
SELECT pg_catalog.current_schemas(true)::text[]

-- ---- The gate. ----

-- name: qualified
SELECT pg_catalog.to_regclass(%(table)s)::text

-- name: any_row
SELECT EXISTS (SELECT FROM {table})

-- name: gate
SELECT state, reason, table_name, fingerprint, bound, floor, members FROM {state}.backfills WHERE key = %(backfill)s

-- name: gate_offline
-- Part of a script of SQL. No colon in it: SQLAlchemy would take it for a parameter.
DO $migration_guard$
BEGIN
    IF EXISTS (SELECT FROM {table}) THEN
        IF pg_catalog.to_regclass({books}) IS NULL THEN
            RAISE EXCEPTION USING MESSAGE = {said};
        END IF;
        IF NOT EXISTS (SELECT FROM {state}.backfills WHERE key = {key} AND state = 'completed'{same}) THEN
            RAISE EXCEPTION USING MESSAGE = {said};
        END IF;
    END IF;
END
$migration_guard$

-- name: settings_before
SELECT ARRAY(
    SELECT COALESCE(pg_catalog.current_setting(name, true), '')
    FROM pg_catalog.unnest(%(names)s::text[]) WITH ORDINALITY AS setting (name, n) ORDER BY n
)

-- name: beyond
-- The next rows by their keys, and how many of them are to do, without touching any.
SELECT pg_catalog.count(*), {last}, pg_catalog.count(*) FILTER (WHERE mg_matches),
    (pg_catalog.jsonb_agg({texts}) FILTER (WHERE mg_matches))::text FROM (
    SELECT {named}, ({where}) AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
) AS mg_window

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
