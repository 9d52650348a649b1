-- Who may what, and whose the state is.

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
SELECT DISTINCT p.relname || ' calls ' || f.proname || ' of ' || pg_catalog.pg_get_userbyid(f.proowner)
FROM parts AS p
JOIN pg_catalog.pg_depend AS held ON held.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND held.refobjid = p.oid
JOIN pg_catalog.pg_depend AS d ON (d.classid, d.objid) = (held.classid, held.objid)
    AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
JOIN pg_catalog.pg_proc AS f ON f.oid = d.refobjid
WHERE held.classid <> 'pg_catalog.pg_trigger'::pg_catalog.regclass AND f.proowner NOT IN (TABLE trusted)
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

-- name: trusted
-- Who may do all that we may, or may have it done.
SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname IN (current_user, session_user)
UNION ALL SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()

-- name: planted
-- Functions, operators and types that run functions (domains, and those with casts) that a search_path offers in place of
-- PostgreSQL's own, or of those that a text names: an exact match of types is called first, wherever it stands. What belongs to
-- an extension belongs to who installed that.
WITH trusted AS (
    {trusted} UNION ALL SELECT relowner FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(table)s)
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
UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'domain ' ELSE 'type ' END || path.nspname || '.' || t.typname || ' of ' || pg_catalog.pg_get_userbyid(t.typowner)
FROM pg_catalog.pg_type AS t JOIN path ON path.oid = t.typnamespace
WHERE t.typowner NOT IN (TABLE trusted) AND t.typname = ANY (%(names)s::text[]) AND (
    t.typtype = 'd' OR EXISTS (
        SELECT FROM pg_catalog.pg_cast AS k WHERE t.oid IN (k.castsource, k.casttarget) AND k.castfunc <> 0
    )
)

-- name: shadowed
-- Names of which there are tables in several schemas of a search_path, with these, in order, and the tables' owners: those
-- that have more than one.
SELECT c.relname::text, pg_catalog.array_agg(n.nspname::text ORDER BY s.n_th),
    pg_catalog.array_agg(pg_catalog.pg_get_userbyid(c.relowner)::text ORDER BY s.n_th)
FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s (name, n_th)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.name
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = ANY (%(names)s::text[])
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
GROUP BY c.relname HAVING pg_catalog.count(DISTINCT c.relowner) > 1 ORDER BY c.relname

-- name: foreign_code
-- Functions of others that run with the rights of who writes to tables: by their triggers and those of tables that cascades
-- write, by constraints, also of domains in the columns' types, defaults, generated columns, indexes, rules, policies and casts, and by
-- views that are read, also through other views; and views of others.
WITH RECURSIVE trusted AS (
    {trusted}
), written AS (
    SELECT pg_catalog.unnest(%(tables)s::oid[]) AS oid
    UNION
    SELECT k.conrelid FROM pg_catalog.pg_constraint AS k JOIN written ON written.oid = k.confrelid
    WHERE k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
), types AS (
    SELECT a.atttypid AS oid, c.relowner FROM written
    JOIN pg_catalog.pg_class AS c ON c.oid = written.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT part.oid, types.relowner FROM types JOIN pg_catalog.pg_type AS t ON t.oid = types.oid, LATERAL (
        SELECT pg_catalog.unnest(ARRAY[t.typbasetype, t.typelem])
        UNION ALL
        SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid
    ) AS part (oid)
    WHERE part.oid <> 0
), viewed AS (
    SELECT c.oid, c.relname, c.relowner FROM ROWS FROM (
        pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(names)s::text[])
    ) AS named (schema, name)
    JOIN pg_catalog.pg_class AS c ON c.relname = named.name AND c.relkind = 'v'
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = named.schema
        OR named.schema IS NULL AND c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(named.name))
    UNION
    SELECT c.oid, c.relname, c.relowner FROM viewed
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = viewed.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'v'
), holding AS (
    SELECT held.classid, held.objid, c.relowner FROM written
    JOIN pg_catalog.pg_class AS c ON c.oid = written.oid
    JOIN pg_catalog.pg_depend AS held ON held.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND held.refobjid = c.oid AND held.deptype IN ('a', 'i')
    WHERE held.classid NOT IN (
        'pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
    )
    UNION
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, types.relowner
    FROM pg_catalog.pg_constraint AS k JOIN types ON types.oid = k.contypid
    UNION
    SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, k.oid, types.relowner
    FROM pg_catalog.pg_cast AS k JOIN types ON types.oid IN (k.castsource, k.casttarget)
), calling AS (
    SELECT 'trigger ' || t.tgname AS what, t.tgfoid AS function, c.relowner
    FROM pg_catalog.pg_trigger AS t JOIN written ON written.oid = t.tgrelid
    JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
    UNION
    SELECT pg_catalog.pg_describe_object(h.classid, h.objid, 0), COALESCE(o.oprcode::oid, d.refobjid), h.relowner
    FROM holding AS h JOIN pg_catalog.pg_depend AS d ON (d.classid, d.objid) = (h.classid, h.objid)
    LEFT JOIN pg_catalog.pg_operator AS o
        ON o.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
    WHERE o.oid IS NOT NULL OR d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    UNION
    SELECT 'view ' || v.relname, COALESCE(o.oprcode::oid, d.refobjid), v.relowner
    FROM viewed AS v JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
    LEFT JOIN pg_catalog.pg_operator AS o
        ON o.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
    WHERE o.oid IS NOT NULL OR d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
)
SELECT what || ' calls ' || f.proname || ' of ' || pg_catalog.pg_get_userbyid(f.proowner)
FROM calling JOIN pg_catalog.pg_proc AS f ON f.oid = calling.function
WHERE NOT f.prosecdef AND f.proowner <> calling.relowner AND f.proowner NOT IN (TABLE trusted)
UNION
SELECT 'view ' || relname || ' is of ' || pg_catalog.pg_get_userbyid(relowner)
FROM viewed WHERE relowner NOT IN (TABLE trusted) AND relowner NOT IN (
    SELECT relowner FROM pg_catalog.pg_class WHERE oid = ANY (%(own)s::oid[])
)
ORDER BY 1

-- name: search_order
SELECT pg_catalog.current_schemas(true)::text[]
