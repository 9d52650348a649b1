-- Batches that nobody disturbs, one after the other on the server; and what lets them be that.

-- name: stride
-- Batches of a window, each in a transaction of its own: a block that commits between them is planned once, and no trip to
-- the server is between two of them. Where it stands is read and not told, so that the text is the same for all of a window.
-- The settings come behind each COMMIT, since they end with their transaction; a role's own time-out counts from the beginning.
-- The rest behind a batch is a part of its time, and what sleeps too long or too short, as it does by a millisecond, is made up for.
#variable_conflict use_column
DECLARE
    mg_limit interval := NULLIF(pg_catalog.current_setting('statement_timeout')::interval, interval '0') / 2;
    mg_until timestamptz := pg_catalog.clock_timestamp() + LEAST({seconds} * interval '1 second', mg_limit);
    mg_rest interval := interval '0';
    mg_since timestamptz;
    mg_late timestamptz;
    mg_cursor text[];
    mg_low {type};
    mg_batches bigint;
    mg_examined bigint;
    mg_last text[];
    mg_matched bigint;
    mg_changed bigint;
    mg_outside bigint;
    mg_left text[];
    mg_unchanged bigint;
    mg_done boolean;
    mg_moved bigint;
    mg_attached text;
BEGIN
    COMMIT;
    LOOP
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        mg_since := pg_catalog.clock_timestamp();
        IF mg_rest >= interval '1 ms' THEN
            PERFORM pg_catalog.pg_sleep(pg_catalog.date_part('epoch', mg_rest));
            mg_rest := mg_rest - (pg_catalog.clock_timestamp() - mg_since);
            mg_since := pg_catalog.clock_timestamp();
        END IF;
        PERFORM * FROM ({settings}) AS mg_set;
        IF mg_batches IS NULL THEN
            SELECT w.cursor_key, w.batches FROM {state}.windows AS w
            WHERE w.id = %(window)s AND NOT w.done AND w.cursor_key IS {begun} NULL INTO mg_cursor, mg_batches;
            EXIT WHEN NOT FOUND;
        END IF;
        mg_low := mg_cursor[1];
        {theirs}
        mg_late := pg_catalog.clock_timestamp() + LEAST({longest} * interval '1 second', mg_limit);
        {swift} INTO mg_examined, mg_last, mg_matched, mg_changed, mg_outside, mg_left;
        IF pg_catalog.clock_timestamp() >= mg_late THEN
            RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'the batch takes too long';
        ELSIF mg_outside > 0 OR mg_changed > mg_matched THEN
            RAISE EXCEPTION USING ERRCODE = 'MG001', MESSAGE = 'something is not as expected';
        END IF;
        mg_unchanged := 0;
        IF mg_changed < mg_matched THEN
            {still} INTO mg_unchanged;
        END IF;
        {own}
        mg_done := mg_examined < {size} OR mg_last = %(bound)s::text[];
        {recorded} INTO mg_moved, mg_attached;
        IF mg_attached IS DISTINCT FROM %(attached)s THEN
            RAISE EXCEPTION USING ERRCODE = 'MG001', MESSAGE = 'something has joined the table';
        ELSIF mg_moved = 0 THEN
            RAISE EXCEPTION USING ERRCODE = 'MG002', MESSAGE = 'something is asked, or another one is at it';
        END IF;
        COMMIT;
        mg_rest := mg_rest + {rest} * (pg_catalog.clock_timestamp() - mg_since);
        EXIT WHEN mg_done {once} OR pg_catalog.clock_timestamp() + mg_rest >= mg_until;
        mg_cursor := mg_last;
        mg_batches := mg_batches + 1;
    END LOOP;
END

-- name: block
DO LANGUAGE plpgsql %(body)s

-- name: take_role
PERFORM pg_catalog.set_config('role', %(role)s, true);

-- name: leave_role
PERFORM pg_catalog.set_config('role', 'none', true);

-- name: swift
-- All of a batch. What it changes is locked by being changed, and looked at anew if somebody else has changed it meanwhile.
-- Its window is all that can be seen between its cursor and its last key: what is changed beside lies outside.
WITH mg_window AS MATERIALIZED (
    SELECT {named}, ({where}) AS mg_matches FROM {table} WHERE {range} ORDER BY {order} LIMIT {size}
), mg_changed AS (
    {change} RETURNING {key} AS mg_key, ({where}) AS mg_still
)
SELECT seen.examined, seen.last, seen.matched, done.changed, done.outside, CASE WHEN seen.matched > done.changed THEN (
    SELECT {left} FROM mg_window WHERE mg_matches AND mg_0 NOT IN (SELECT mg_key FROM mg_changed)
) END FROM (
    SELECT pg_catalog.count(*) AS examined, {last} AS last, pg_catalog.count(*) FILTER (WHERE mg_matches) AS matched
    FROM mg_window
) AS seen, (
    SELECT pg_catalog.count(*) AS changed, pg_catalog.count(*) FILTER (WHERE mg_still OR NOT ({inside})) AS outside
    FROM mg_changed
) AS done

-- name: swift_exact
-- The same of an update that leaves out none of its keys: whatever was to do in its window is changed, or others have done it.
WITH mg_window AS MATERIALIZED (
    SELECT pg_catalog.count(*) AS examined, (pg_catalog.array_agg(mg_0))[pg_catalog.count(*)::integer] AS mg_0 FROM (
        SELECT {named} FROM {table} WHERE {range} ORDER BY {order} LIMIT {size}
    ) AS mg_rows
), mg_changed AS (
    {change} RETURNING ({where}) AS mg_still
)
SELECT examined, {text}, done.changed, done.changed, done.outside, NULL::text[] FROM mg_window, (
    SELECT pg_catalog.count(*) AS changed, pg_catalog.count(*) FILTER (WHERE mg_still) AS outside FROM mg_changed
) AS done

-- name: swift_record
-- What is attached to the table is asked while it is held, in a snapshot that was taken after that.
WITH entry AS (
    SELECT %(window)s::bigint AS id, mg_batches AS batches, mg_done AS done,
        CASE WHEN mg_done THEN %(bound)s::text[] ELSE mg_last END AS cursor_key, mg_changed AS touched,
        mg_examined AS examined, mg_changed AS changed, mg_unchanged AS unchanged,
        mg_examined - mg_changed - mg_unchanged AS done_already, 0 AS locked, 0 AS quarantined, %(fence)s::bigint AS token
), {moved}
SELECT (SELECT pg_catalog.count(*) FROM moved), ({attached})

-- name: stands
-- How far a window is, and what became of its rows.
SELECT batches, cursor_key, done, examined, changed, unchanged, done_already FROM {state}.windows WHERE id = %(window)s

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
SELECT proname::text FROM ({named}) AS p
WHERE provolatile <> 'i' AND proname <> ALL (%(known)s::text[])
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
