-- A batch that nobody disturbs, in one statement; and what lets it be one.

-- name: swift
-- All of a batch that nobody disturbs. What it changes is locked by being changed, and looked at anew if somebody else has
-- changed it meanwhile. Its window is all that can be seen between its cursor and its last key: what is changed beside lies outside.
WITH mg_window AS MATERIALIZED (
    SELECT {named}, ({where}) AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT %(size)s::bigint
), mg_changed AS (
    {change} RETURNING {key} AS mg_key, ({where}) AS mg_still
), mg_counted AS MATERIALIZED (
    SELECT * FROM (
        SELECT pg_catalog.count(*) AS examined, {last} AS last, pg_catalog.count(*) FILTER (WHERE mg_matches) AS matched
        FROM mg_window
    ) AS seen, (
        SELECT pg_catalog.count(*) AS changed, pg_catalog.count(*) FILTER (
            WHERE mg_still OR mg_key > (SELECT mg_0 FROM mg_window ORDER BY mg_0 DESC LIMIT 1) {after}
        ) AS outside
        FROM mg_changed
    ) AS done
){recorded}
SELECT examined, last, matched, changed, outside, CASE WHEN matched > changed THEN (
    SELECT {left} FROM mg_window WHERE mg_matches AND mg_0 NOT IN (SELECT mg_key FROM mg_changed)
) END, {moved}
FROM mg_counted

-- name: swift_entry
-- What of it is written down at once, where all is as expected. What is attached to the table is asked while it is held:
-- it is locked when the statement is planned, before the snapshot is taken that this is read by.
, entry AS (
    SELECT %(window)s::bigint AS id, %(batches)s::bigint AS batches, mg_end.done,
        CASE WHEN mg_end.done THEN %(bound)s::text[] ELSE last END AS cursor_key, changed AS touched, examined, changed,
        0 AS unchanged, examined - changed AS done_already, 0 AS locked, 0 AS quarantined, %(fence)s::bigint AS token
    FROM mg_counted
    CROSS JOIN LATERAL (SELECT examined < %(size)s::bigint OR last = %(bound)s::text[] AS done) AS mg_end
    WHERE outside = 0 AND changed = matched
), {moved}

-- name: swift_moved
(SELECT pg_catalog.count(*) FROM moved), ({attached})

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
SELECT pg_catalog.string_agg(what, ' ' ORDER BY what) FROM (
    SELECT pg_catalog.concat('table', oid, relkind, relhasrules) AS what FROM pg_catalog.pg_class WHERE oid {members}
    UNION ALL
    SELECT pg_catalog.concat('trigger', oid, tgenabled, tgdeferrable) FROM pg_catalog.pg_trigger WHERE tgrelid {members}
    UNION ALL
    SELECT pg_catalog.concat('constraint', oid, condeferrable) FROM pg_catalog.pg_constraint WHERE conrelid {members}
    UNION ALL
    SELECT pg_catalog.concat('default', oid) FROM pg_catalog.pg_attrdef WHERE adrelid {members}
) AS found

-- name: one_member
-- A table that is not partitioned never has any partitions.
= %(oid)s::pg_catalog.oid

-- name: several_members
IN (SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(%(oid)s) UNION SELECT %(oid)s)
