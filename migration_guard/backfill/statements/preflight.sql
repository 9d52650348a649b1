-- What a server and a table are.

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

-- name: children
-- Tables whose rows are read with those of a table, and whose keys no index of it keeps apart from its own.
SELECT c.inhrelid::pg_catalog.regclass::text FROM pg_catalog.pg_inherits AS c
JOIN pg_catalog.pg_class AS p ON p.oid = c.inhparent AND p.relkind = 'r'
WHERE c.inhparent = %(oid)s ORDER BY 1

-- name: tables_like
SELECT CASE WHEN pg_catalog.pg_table_is_visible(oid) THEN relname::text ELSE relnamespace::pg_catalog.regnamespace || '.' || relname END
FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384 ORDER BY 1 LIMIT 10000

-- name: columns
-- Whether a column may be NULL is what holds for all of its rows: of a constraint that is not validated nobody knows.
SELECT a.attname, pg_catalog.format_type(a.atttypid, -1), a.attnotnull AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS c
    WHERE c.conrelid = a.attrelid AND c.contype = 'n' AND a.attnum = ANY (c.conkey) AND NOT c.convalidated
), t.typcategory = 'A'
FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped

-- name: collations_of_another_version
-- By which an index may have its rows in another order than the server compares them in now.
SELECT CASE WHEN l.collprovider = 'd' THEN 'the database''s' ELSE l.collname::text END FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
CROSS JOIN LATERAL (
    SELECT CASE WHEN l.collprovider = 'd' THEN pg_catalog.to_jsonb(d) ->> 'datcollversion' ELSE l.collversion END AS version
) AS made
WHERE a.attrelid = %(oid)s AND a.attname = ANY (%(columns)s::text[]) AND made.version IS NOT NULL
    AND made.version IS DISTINCT FROM pg_catalog.pg_collation_actual_version(l.oid)

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
-- whole numbers upwards, one by one, and of which nobody keeps some for later. And whether the role may see how far it has counted.
SELECT s.seqrelid::pg_catalog.regclass::text, pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE')
{counters}
WHERE a.attrelid = %(oid)s AND a.attname = %(column)s
    AND a.atttypid = ANY ('{{smallint,integer,bigint}}'::pg_catalog.regtype[]::pg_catalog.oid[])
    AND (a.attidentity <> '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\(''[^'']+''::regclass\)$')
    AND s.seqincrement = 1 AND s.seqcache = 1 AND NOT s.seqcycle
    AND NOT EXISTS ({set_by_trigger}) AND NOT EXISTS ({keyed_otherwise})
ORDER BY s.seqrelid LIMIT 1

-- name: set_by_trigger
-- A trigger that may give a new row another key, or put another row in its place: of those in PL/pgSQL their text tells, where
-- it has no other use of the row than to read and to set columns, and no comment stands within that.
SELECT FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang
CROSS JOIN LATERAL (
    SELECT 'new\s*\.\s*"?' || pg_catalog.regexp_replace(%(column)s, '\W', '.', 'g') || '"?' AS key,
        pg_catalog.regexp_replace(f.prosrc, '\mreturn\s+new\M', '', 'gi') AS text
) AS says
WHERE t.tgrelid IN ({members}) AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 7 = 7
    AND l.lanname <> 'internal' AND NOT (
        l.lanname = 'plpgsql' AND text !~* 'u&"' AND text !~* '\mnew\M(?!\s*\.\s*[\w"])' AND text !~* '\mreturn\s+(?!(null|old)\M)'
        AND text !~* ('\m' || key || '\s*(:?=|--|/\*)') AND text !~* ('\m(into|for|call)\M[^;]*\m' || key)
    )

-- name: keyed_otherwise
-- Where rows come with keys that another has counted: by replication, by a rule, or through a table above or below, whose
-- default is its own.
WITH family AS (
    SELECT relid::pg_catalog.oid AS oid FROM pg_catalog.pg_partition_tree(%(oid)s) UNION SELECT %(oid)s::pg_catalog.oid
    UNION SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_ancestors(%(oid)s)
), counted AS (
    SELECT a.attrelid, a.attidentity, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS said
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid IN (TABLE family) AND a.attname = %(column)s
)
SELECT FROM pg_catalog.pg_subscription_rel WHERE srrelid IN (TABLE family)
UNION ALL
SELECT FROM pg_catalog.pg_rewrite WHERE ev_class IN (TABLE family) AND ev_type = '3' AND ev_enabled <> 'D'
UNION ALL
SELECT FROM counted AS one JOIN counted AS own ON own.attrelid = %(oid)s
WHERE one.attidentity <> own.attidentity OR one.said <> own.said

-- name: identities
-- What tells what was looked at from what it was: where a table and its partitions have their rows, which TRUNCATE makes
-- anew, and the transaction that has attached each; the columns that are asked, and what makes those that are generated; and
-- the functions that are called.
SELECT pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', c.oid, c.relfilenode, i.xmin), 0)
FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
WHERE c.oid IN ({members})
UNION ALL
SELECT pg_catalog.hashtextextended(
    pg_catalog.concat_ws(' ', 'column', a.attnum, a.atttypid, a.attcollation, CASE WHEN a.attgenerated <> '' THEN d.oid END), 0
)
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND (a.attname = ANY (%(columns)s::text[]) OR a.attname = ANY (%(said)s::text[]))
UNION ALL
SELECT pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', 'function', p.oid, p.made), 0)
FROM ({named}) AS p WHERE p.oid >= 16384

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

-- name: preventing
-- What may keep an update from a row, or put the row back, and no error tells.
SELECT DISTINCT CASE WHEN kind = 'rule' THEN 'rule' ELSE pg_catalog.concat(kind, ' ', name) END FROM (
    SELECT 'trigger' AS kind, tgname::text AS name FROM pg_catalog.pg_trigger
    WHERE tgrelid = ANY (%(members)s::oid[]) AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3
    UNION ALL
    SELECT 'rule', rulename::text FROM pg_catalog.pg_rewrite
    WHERE ev_class = ANY (%(members)s::oid[]) AND ev_type <> '1' AND ev_enabled <> 'D'
) AS found
ORDER BY 1

-- name: looks_elsewhere
-- A function that may: what it declares of itself tells.
SELECT EXISTS (
    SELECT FROM ({named}) AS p WHERE pronamespace <> 'pg_catalog'::pg_catalog.regnamespace AND provolatile <> 'i'
)

-- name: functions_named
-- Functions that a text may call: by the schema that it says, or as they are seen; and, unless an extension brings them, as
-- if they were a column of the row, by an operator, or by a cast.
SELECT p.*, p.xmin AS made FROM pg_catalog.pg_proc AS p WHERE p.oid IN (
    SELECT f.oid FROM ROWS FROM (
        pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(called)s::text[])
    ) AS said (schema, name)
    JOIN pg_catalog.pg_proc AS f ON f.proname = said.name
    JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    WHERE n.nspname = said.schema OR said.schema IS NULL AND pg_catalog.pg_function_is_visible(f.oid)
    UNION ALL
    SELECT f.oid FROM pg_catalog.pg_proc AS f
    WHERE f.oid >= 16384 AND (
        f.pronargs = 1 AND f.proname = ANY (%(said)s::text[]) AND f.proargtypes[0] IN (
            SELECT reltype FROM pg_catalog.pg_class WHERE reltype <> 0
        )
        OR f.oid IN (SELECT oprcode FROM pg_catalog.pg_operator WHERE pg_catalog.strpos(%(signs)s, oprname) > 0)
        OR f.oid IN (SELECT castfunc FROM pg_catalog.pg_cast)
    ) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = f.oid AND e.deptype = 'e'
    )
)

-- name: columns_among
SELECT attname::text FROM pg_catalog.pg_attribute
WHERE attrelid = pg_catalog.to_regclass(%(table)s) AND attnum > 0 AND attname = ANY (%(names)s::text[])

-- name: tried_out
EXPLAIN (ANALYZE, FORMAT JSON, COSTS OFF, TIMING OFF, SUMMARY OFF) {change}
