-- Rows under savepoints, where a batch did not go through as a whole.

-- name: has_plpgsql
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_language
    WHERE lanname = 'plpgsql' AND pg_catalog.has_language_privilege(oid, 'USAGE')
)

-- name: blameless
-- Whether no row is to blame for an error, by its SQLSTATE; those of locks are among them. What a wrong definition fails
-- with may be one row's as well: a name that it holds is looked up. What a function raises, a trigger say, is its own word.
(mg_state = '55P03' OR pg_catalog.substr(mg_state, 1, 2) = '40'
    OR pg_catalog.substr(mg_state, 1, 2) IN ('08', '25', '26', '53', '57', '58')
    AND pg_catalog.split_part(mg_context, E'\n', 1) NOT LIKE '%% RAISE')

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
    mg_state text; mg_table text; mg_constraint text; mg_column text; mg_context text;
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
                mg_constraint = CONSTRAINT_NAME, mg_column = COLUMN_NAME, mg_context = PG_EXCEPTION_CONTEXT;
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

-- name: singly_outcome
SELECT pg_catalog.current_setting('migration_guard.mg_outcome', true),
    pg_catalog.set_config('lock_timeout', %(lock_timeout)s, true)

-- name: sieve
-- On which rows the predicate fails.
DO $mg_sieve$
#variable_conflict use_column
DECLARE
    {keys}
    mg_failed jsonb := '[]';
    mg_state text; mg_table text; mg_constraint text; mg_column text; mg_context text;
BEGIN
    FOR mg_at IN 1 .. pg_catalog.cardinality({first}) LOOP
        BEGIN
            {now}
            PERFORM ({where}) FROM {table} WHERE {among};
        EXCEPTION WHEN assert_failure OR OTHERS THEN
            GET STACKED DIAGNOSTICS mg_state = RETURNED_SQLSTATE, mg_table = TABLE_NAME,
                mg_constraint = CONSTRAINT_NAME, mg_column = COLUMN_NAME, mg_context = PG_EXCEPTION_CONTEXT;
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
