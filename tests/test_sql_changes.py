"""What counts as a data change, and what does not: one line a case."""

from __future__ import annotations

import pytest

from migration_guard.sql import Change, Created, Doubted, Renamed, Unknown, parse, read_sql
from migration_guard.sql.statement import Statement

CHANGES = [
    # ClickHouse, CockroachDB, SQL Server, MySQL: their own spellings
    ("ALTER TABLE leads UPDATE x = 1 WHERE y = 2", "UPDATE leads"),
    ("ALTER TABLE IF EXISTS db.leads ON CLUSTER c DELETE WHERE y = 2", "DELETE db.leads"),
    ("ALTER TABLE leads MODIFY COLUMN x Int32, UPDATE x = 1 WHERE true", "UPDATE leads"),
    ("ALTER TABLE leads TRUNCATE PARTITION p0", "TRUNCATE leads"),
    ("UPSERT INTO leads (x) VALUES (1)", "UPSERT_VALUES leads"),
    ("IMPORT INTO leads (x) CSV DATA ('x.csv')", "INSERT_VALUES leads"),
    ("BULK INSERT leads FROM 'x'", "INSERT_VALUES leads"),
    ("DELETE TOP (10) FROM leads", "DELETE leads"),
    ("DELETE TOP (10) PERCENT leads", "DELETE leads"),
    # UPDATE
    ("UPDATE leads SET x = 1", "UPDATE leads"),
    ("update leads set x = 1", "UPDATE leads"),
    ("UPDATE leads l SET x = 1", "UPDATE leads"),
    ("UPDATE leads AS l SET x = 1", "UPDATE leads"),
    ("UPDATE public.leads SET x = 1", "UPDATE public.leads"),
    ('UPDATE "leads" SET x = 1', "UPDATE leads"),
    ('UPDATE "public"."leads" SET x = 1', "UPDATE public.leads"),
    ("UPDATE `leads` SET x = 1", "UPDATE leads"),
    ("UPDATE [dbo].[leads] SET x = 1", "UPDATE dbo.leads"),
    ("UPDATE ONLY leads SET x = 1", "UPDATE leads"),
    ("UPDATE ONLY (leads) SET x = 1", "UPDATE leads"),
    ("UPDATE leads * SET x = 1", "UPDATE leads"),
    ("UPDATE only SET x = 1", "UPDATE only"),
    ("UPDATE/*c*/leads SET x = 1", "UPDATE leads"),
    ("UPDATE -- which?\n  leads\nSET x = 1", "UPDATE leads"),
    ("UPDATE OR IGNORE leads SET x = 1", "UPDATE leads"),
    ("UPDATE LOW_PRIORITY IGNORE leads SET x = 1", "UPDATE leads"),
    ("UPDATE IGNORE leads SET x = 1", "UPDATE leads"),
    ("UPDATE LOW_PRIORITY leads l SET x = 1", "UPDATE leads"),
    ("UPDATE TOP (10) leads SET x = 1", "UPDATE leads"),
    ("UPDATE leads SET x = (SELECT max(y) FROM calls)", "UPDATE leads"),
    ("UPDATE leads SET x = c.y FROM calls c WHERE c.id = leads.id", "UPDATE leads"),
    ("UPDATE l SET x = 1 FROM leads l JOIN calls c ON c.id = l.id", "UPDATE leads"),
    ("update a join b on a.id = b.id set a.x = 1", "UPDATE a"),
    ("UPDATE a JOIN b ON a.id = b.id SET b.x = 1, a.y = 2", "UPDATE b a"),
    ("UPDATE leads l, calls c SET l.x = c.y WHERE c.id = l.id", "UPDATE leads"),
    ("UPDATE leads l INNER JOIN (SELECT 1 AS id) d ON d.id = l.id SET x = 1", "UPDATE leads"),
    ("WITH x AS (SELECT 1) UPDATE leads SET a = 1", "UPDATE leads"),
    ("WITH x AS (SELECT id FROM calls FOR UPDATE) UPDATE leads SET a = 1 FROM x", "UPDATE leads"),
    ("WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) UPDATE leads SET a = 1", "UPDATE leads"),
    ("/*!50100 UPDATE leads SET x = 1 */", "UPDATE leads"),
    ("/*! UPDATE leads SET x = 1 */;", "UPDATE leads"),
    ("# seed\nUPDATE leads SET x = 1", "UPDATE leads"),
    ("UPDATE leads_2024 SET x = 1", "UPDATE leads_2024"),
    ("UPDATE größen SET x = 1", "UPDATE größen"),
    # DELETE
    ("DELETE FROM leads", "DELETE leads"),
    ('DELETE FROM "leads" WHERE x', "DELETE leads"),
    ("DELETE FROM ONLY leads", "DELETE leads"),
    ("DELETE FROM leads l USING calls c WHERE c.id = l.id", "DELETE leads"),
    ("DELETE FROM leads USING calls, other WHERE 1 = 1", "DELETE leads"),
    ("DELETE a FROM leads a JOIN calls b ON a.id = b.id", "DELETE leads"),
    ("DELETE a, b FROM leads a JOIN calls b ON a.id = b.id", "DELETE leads calls"),
    ("DELETE FROM a, b USING leads a JOIN calls b ON a.id = b.id", "DELETE leads calls"),
    ("DELETE leads.* FROM leads JOIN calls ON 1 = 1", "DELETE leads"),
    ("DELETE QUICK FROM leads", "DELETE leads"),
    ("DELETE leads WHERE id = 1", "DELETE leads"),
    ("DELETE leads", "DELETE leads"),
    ("DELETE FROM public.leads WHERE id IN (SELECT id FROM calls)", "DELETE public.leads"),
    # TRUNCATE, MERGE
    ("TRUNCATE leads", "TRUNCATE leads"),
    ("TRUNCATE TABLE leads CASCADE", "TRUNCATE leads"),
    ("TRUNCATE a, b", "TRUNCATE a b"),
    ("TRUNCATE TABLE ONLY a, ONLY b *, public.c RESTART IDENTITY", "TRUNCATE a b public.c"),
    ("MERGE INTO leads l USING calls c ON l.id = c.id WHEN MATCHED THEN UPDATE SET x = 1", "MERGE leads"),
    ("MERGE leads USING calls ON 1 = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)", "MERGE leads"),
    ("WITH s AS (SELECT 1) MERGE INTO leads USING s ON true WHEN MATCHED THEN DELETE", "MERGE leads"),
    # INSERT of rows the server has
    ("INSERT INTO leads SELECT * FROM old", "INSERT_SELECT leads"),
    ("INSERT INTO leads (a, b)\n  SELECT a, b\n  FROM old", "INSERT_SELECT leads"),
    ("INSERT INTO leads (a) (SELECT a FROM old)", "INSERT_SELECT leads"),
    ("INSERT INTO leads (SELECT a FROM old)", "INSERT_SELECT leads"),
    ("INSERT INTO leads TABLE old", "INSERT_SELECT leads"),
    ("INSERT INTO leads WITH x AS (SELECT 1) SELECT * FROM x", "INSERT_SELECT leads"),
    ("WITH x AS (SELECT 1) INSERT INTO leads SELECT * FROM x", "INSERT_SELECT leads"),
    # What reads no table gives constants; a condition, and what is not known, may read one.
    ("INSERT INTO leads SELECT 1, 'x'", "INSERT_VALUES leads"),
    ("INSERT INTO leads (SELECT 1 UNION ALL SELECT 2)", "INSERT_VALUES leads"),
    ("INSERT INTO leads (x) SELECT 1 ON CONFLICT (x) DO UPDATE SET x = 2", "UPSERT_VALUES leads"),
    ("INSERT INTO leads SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM calls)", "INSERT_SELECT leads"),
    ("INSERT INTO leads SELECT (SELECT max(id) FROM calls)", "INSERT_SELECT leads"),
    ("INSERT INTO leads SELECT * FROM generate_series(1, 9) AS g, calls", "INSERT_SELECT leads"),
    ("INSERT INTO leads SELECT 1 UNION TABLE calls", "INSERT_SELECT leads"),
    ("INSERT INTO leads SELECT * FROM old ON CONFLICT (id) DO UPDATE SET x = 1", "INSERT_SELECT leads"),
    ("INSERT INTO leads AS l (a) OVERRIDING SYSTEM VALUE SELECT 1", "INSERT_VALUES leads"),
    ("REPLACE INTO leads SELECT * FROM old", "INSERT_SELECT leads"),
    ("INSERT IGNORE INTO leads SELECT * FROM old", "INSERT_SELECT leads"),
    ("INSERT OVERWRITE TABLE leads SELECT * FROM old", "INSERT_SELECT leads"),
    # INSERT of constants
    ("INSERT INTO leads VALUES (1)", "INSERT_VALUES leads"),
    ("INSERT leads VALUES (1)", "INSERT_VALUES leads"),
    ("INSERT INTO leads (a, b) VALUES (1, 2), (3, 4) RETURNING id", "INSERT_VALUES leads"),
    ("INSERT INTO leads (a) VALUES ((SELECT max(a) FROM old))", "INSERT_VALUES leads"),
    ("INSERT INTO leads DEFAULT VALUES", "INSERT_VALUES leads"),
    ("INSERT INTO leads SET a = 1", "INSERT_VALUES leads"),
    ("INSERT INTO leads (a) VALUES (1) ON CONFLICT DO NOTHING", "INSERT_VALUES leads"),
    ("INSERT INTO leads (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "UPSERT_VALUES leads"),
    ("INSERT INTO leads (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2", "UPSERT_VALUES leads"),
    ("INSERT OR REPLACE INTO leads (a) VALUES (1)", "UPSERT_VALUES leads"),
    ("INSERT OR IGNORE INTO leads (a) VALUES (1)", "INSERT_VALUES leads"),
    ("REPLACE INTO leads (a) VALUES (1)", "UPSERT_VALUES leads"),
    ("REPLACE leads VALUES (1)", "UPSERT_VALUES leads"),
    ("INSERT INTO leads (update, delete) VALUES (1, 2)", "INSERT_VALUES leads"),
    ("COPY leads FROM STDIN", "INSERT_VALUES leads"),
    ("COPY leads (a, b) FROM '/srv/x.csv' WITH (FORMAT csv)", "INSERT_VALUES leads"),
    ("\\copy leads from 'x.csv'", "INSERT_VALUES leads"),
    ("LOAD DATA LOCAL INFILE 'x.csv' INTO TABLE leads FIELDS TERMINATED BY ','", "INSERT_VALUES leads"),
    # CREATE TABLE AS
    ("CREATE TABLE copy AS SELECT * FROM leads", "CTAS copy"),
    ("CREATE TABLE copy AS TABLE leads", "CTAS copy"),
    ("CREATE TABLE IF NOT EXISTS public.copy (a, b) AS (SELECT 1, 2) WITH DATA", "CTAS public.copy"),
    ("CREATE UNLOGGED TABLE copy WITH (fillfactor = 70) AS SELECT 1", "CTAS copy"),
    ("CREATE TEMP TABLE copy AS SELECT 1", "CTAS copy"),
    ("CREATE TABLE copy SELECT * FROM leads", "CTAS copy"),
    ("CREATE TABLE copy AS WITH x AS (SELECT 1) SELECT * FROM x", "CTAS copy"),
    ("SELECT * INTO copy FROM leads", "CTAS copy"),
    ("SELECT a, b INTO TEMP TABLE copy FROM leads", "CTAS copy"),
    ("WITH x AS (SELECT 1) SELECT * INTO copy FROM x", "CTAS copy"),
    # Several, and writable CTEs
    ("UPDATE a SET x = 1; DELETE FROM b;; INSERT INTO c VALUES (1);", "UPDATE a|DELETE b|INSERT_VALUES c"),
    ("ALTER TABLE a ADD b int; UPDATE a SET b = 1; ALTER TABLE a ALTER b SET NOT NULL", "UPDATE a"),
    ("WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d", "DELETE a|INSERT_SELECT b"),
    ("WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d", "DELETE a"),
    ("WITH d AS MATERIALIZED (UPDATE a SET x = 1 RETURNING *), e AS (SELECT 1) SELECT 1", "UPDATE a"),
    ("WITH update AS (UPDATE a SET x = 1) DELETE FROM b", "UPDATE a|DELETE b"),
    ("WITH x AS (WITH y AS (DELETE FROM a RETURNING *) INSERT INTO b TABLE y) SELECT 1", "DELETE a|INSERT_SELECT b"),
    ("INSERT INTO b WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d", "INSERT_SELECT b|DELETE a"),
    ("COPY (DELETE FROM a RETURNING *) TO STDOUT", "DELETE a"),
    ("((UPDATE a SET x = 1))", "UPDATE a"),
    # What is run by something else
    ("EXPLAIN ANALYZE UPDATE a SET x = 1", "UPDATE a"),
    ("EXPLAIN (ANALYZE, BUFFERS) DELETE FROM a", "DELETE a"),
    ("EXPLAIN ANALYZE VERBOSE WITH d AS (DELETE FROM a) SELECT 1", "DELETE a"),
    ("PREPARE p AS UPDATE a SET x = $1; EXECUTE p(1)", "UPDATE a"),
    ("PREPARE p (int) AS DELETE FROM a WHERE id = $1", "DELETE a"),
    ("PREPARE p FROM 'DELETE FROM a'; EXECUTE p", "DELETE a"),
    ("SET @s = CONCAT('UPDATE ', 'leads', ' SET x = 1'); PREPARE p FROM @s; EXECUTE p", "UPDATE leads"),
    ("EXECUTE IMMEDIATE 'DELETE FROM a'", "DELETE a"),
    ("EXEC('DELETE FROM a')", "DELETE a"),
    ("EXEC sp_executesql N'DELETE FROM a'", "DELETE a"),
    ("DO $$ BEGIN UPDATE a SET x = 1; END $$", "UPDATE a"),
    ("DO LANGUAGE plpgsql $body$ BEGIN DELETE FROM a; END $body$;", "DELETE a"),
    ("DO 'BEGIN UPDATE a SET x = ''y;z''; END'", "UPDATE a"),
    (
        "DO $$ BEGIN IF EXISTS (SELECT 1) THEN UPDATE a SET x = 1; ELSIF b THEN DELETE FROM c; END IF; END $$",
        "UPDATE a|DELETE c",
    ),
    (
        "DO $$ BEGIN FOR r IN SELECT id FROM a LOOP UPDATE b SET x = 1; DELETE FROM c; END LOOP; END $$",
        "UPDATE b|DELETE c",
    ),
    ("DO $$ BEGIN FOR r IN UPDATE a SET x = 1 RETURNING * LOOP NULL; END LOOP; END $$", "UPDATE a"),
    (
        "DO $$ BEGIN WHILE true LOOP WITH d AS (DELETE FROM a RETURNING 1) SELECT count(*) INTO n FROM d; END LOOP; END $$",
        "DELETE a",
    ),
    (
        (
            "DO $$ << top >> DECLARE n int := 0; BEGIN BEGIN UPDATE a SET x = 1; EXCEPTION WHEN others THEN DELETE FROM b; "
            "END; END $$"
        ),
        "UPDATE a|DELETE b",
    ),
    ("DO $$ BEGIN EXECUTE 'UPDATE a SET x = 1'; END $$", "UPDATE a"),
    ("DO $$ BEGIN EXECUTE format('UPDATE %I SET x = 1', t); END $$", "UPDATE ?"),
    ("DO $$ BEGIN EXECUTE format('UPDATE %1$I.%2$I SET x = %3$L', s, t, v); END $$", "UPDATE ?"),
    ("DO $$ BEGIN EXECUTE 'DELETE FROM ' || quote_ident(t) || ' WHERE x'; END $$", "DELETE ?"),
    ("DO $$ DECLARE q text; BEGIN q := 'DELETE FROM a'; q := q || ' WHERE x'; EXECUTE q; END $$", "DELETE a"),
    ("DO $$ BEGIN CASE x WHEN 1 THEN UPDATE a SET x = 1; ELSE DELETE FROM b; END CASE; END $$", "UPDATE a|DELETE b"),
    ("DO $$ BEGIN RETURN QUERY UPDATE a SET x = 1 RETURNING *; END $$", "UPDATE a"),
    ("BEGIN; UPDATE a SET x = 1; COMMIT;", "UPDATE a"),
    ("BEGIN UPDATE a SET x = 1; DELETE FROM b; END;", "UPDATE a|DELETE b"),
    ("DECLARE n int; BEGIN UPDATE a SET x = 1; END;", "UPDATE a"),
    ("BEGIN TRANSACTION; DELETE FROM a; ROLLBACK TRANSACTION", "DELETE a"),
    ("IF EXISTS (SELECT 1 FROM x) UPDATE a SET x = 1", "UPDATE a"),
    ("DELETE FROM a\nGO\nUPDATE b SET x = 1\nGO\n", "DELETE a|UPDATE b"),
    # Functions, when called
    ("CREATE FUNCTION f() RETURNS void AS $$ UPDATE a SET x = 1 $$ LANGUAGE sql; SELECT f()", "UPDATE a"),
    (
        "CREATE PROCEDURE public.p() AS $$ BEGIN DELETE FROM a; UPDATE b SET x = 1; END $$ LANGUAGE plpgsql; CALL p();",
        "DELETE a|UPDATE b",
    ),
    (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM a; END'; DO $$ BEGIN PERFORM f(); END $$",
        "DELETE a",
    ),
    ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM a; SELECT 1; END; SELECT * FROM public.f()", "DELETE a"),
    (
        (
            "CREATE FUNCTION f() RETURNS void AS $$ DELETE FROM a $$ LANGUAGE sql; "
            "CREATE FUNCTION g() RETURNS void AS $$ SELECT f() $$ LANGUAGE sql; SELECT g()"
        ),
        "DELETE a",
    ),
    ("DELIMITER //\nCREATE PROCEDURE p()\nBEGIN\n  UPDATE a SET x = 1;\nEND//\nDELIMITER ;\nCALL p();", "UPDATE a"),
    # Holes and placeholders
    ("UPDATE %s SET x = 1", "UPDATE ?"),
    ("UPDATE %(table)s SET x = 1", "UPDATE ?"),
    ("UPDATE :table SET x = 1", "UPDATE ?"),
    ("DELETE FROM ?", "DELETE ?"),
    ("DELETE FROM $1", "DELETE ?"),
    ("DELETE FROM ${table}", "DELETE ?"),
    ("DELETE FROM {{ ref('leads') }}", "DELETE ?"),
    ("INSERT INTO {t} (a) VALUES (1)", "INSERT_VALUES ?"),
    ("INSERT INTO tbl_%s SELECT 1", "INSERT_VALUES ?"),
    ("UPDATE {schema}.leads SET x = 1", "UPDATE leads ?"),
    ('UPDATE "{t}" SET x = 1', "UPDATE ?"),
    ("UPDATE leads SET x = %s, y = :y, z = ?", "UPDATE leads"),
    ("{% if x %}UPDATE leads SET x = 1{% endif %}", "UPDATE leads"),
    ("TRUNCATE a, {b}", "TRUNCATE a ?"),
    # psql, dumps
    ("\\set ON_ERROR_STOP on\nUPDATE a SET x = 1;", "UPDATE a"),
    # Another dialect's quoting
    (r"UPDATE a SET x = 'it\'s; fine'; DELETE FROM b", "UPDATE a|DELETE b"),
    (r"INSERT INTO a VALUES ('c:\'); DELETE FROM b", "INSERT_VALUES a|DELETE b"),
    (r"UPDATE a SET x = E'it\'s;'; DELETE FROM b", "UPDATE a|DELETE b"),
]

HARMLESS = [
    "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d (e) ON UPDATE CASCADE ON DELETE SET NULL, ADD COLUMN x int",
    "ALTER TABLE a ALTER COLUMN update TYPE int, DROP COLUMN delete",
    "ALTER TABLE a DROP PARTITION '2020'",
    "",
    ";;",
    "-- UPDATE leads SET x = 1",
    "/* UPDATE leads SET x = 1; */",
    "/* outer /* inner */ UPDATE leads SET x = 1 */",
    "# UPDATE leads SET x = 1",
    "{# UPDATE leads SET x = 1 #}",
    "SELECT 1",
    "SELECT 'UPDATE leads SET x = 1'",
    "SELECT 'it''s; DELETE FROM leads'",
    "SELECT $$; DELETE FROM leads; $$",
    'SELECT "; DELETE FROM leads"',
    "SELECT * FROM leads FOR UPDATE",
    "SELECT * FROM leads FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT replace(a, 'x', 'y') FROM leads",
    "SELECT update, delete FROM insert",
    "SELECT lower(x) FROM leads",
    "SELECT id INTO @x FROM leads",
    "SELECT * FROM leads INTO OUTFILE '/srv/x'",
    "(SELECT 1) UNION (SELECT 2)",
    "WITH x AS (SELECT 1) SELECT * FROM x FOR UPDATE",
    "VALUES (1), (2)",
    "TABLE leads",
    "EXPLAIN UPDATE leads SET x = 1",
    "EXPLAIN (ANALYZE false) UPDATE leads SET x = 1",
    "EXPLAIN ANALYZE SELECT 1",
    "SHOW TABLES",
    "CREATE TABLE leads (id int, note text DEFAULT 'update')",
    "CREATE TABLE copy AS SELECT * FROM leads WITH NO DATA",
    "CREATE TABLE copy (LIKE leads INCLUDING ALL)",
    "CREATE TABLE a (b int REFERENCES c ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE a (b int GENERATED ALWAYS AS (c + 1) STORED)",
    "CREATE TABLE leads_2024 PARTITION OF leads FOR VALUES FROM (1) TO (2)",
    "CREATE VIEW v AS SELECT * FROM leads",
    "CREATE MATERIALIZED VIEW v AS SELECT * FROM leads WITH DATA",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "CREATE UNIQUE INDEX CONCURRENTLY i ON leads (a)",
    "CREATE TYPE t AS ENUM ('update', 'delete')",
    "CREATE EXTENSION IF NOT EXISTS citext",
    "CREATE RULE r AS ON UPDATE TO leads DO INSTEAD NOTHING",
    "CREATE RULE r AS ON INSERT TO a DO ALSO (INSERT INTO b VALUES (1); DELETE FROM c)",
    "CREATE POLICY p ON leads FOR UPDATE USING (true)",
    "CREATE TRIGGER t BEFORE UPDATE OR DELETE ON leads FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE TRIGGER t AFTER INSERT ON leads BEGIN UPDATE a SET x = 1; DELETE FROM b; END",
    "CREATE TRIGGER t AFTER INSERT ON leads FOR EACH ROW UPDATE a SET x = 1",
    "CREATE TRIGGER t AFTER INSERT ON leads BEGIN UPDATE a SET x = CASE WHEN b THEN 1 ELSE 2 END; DELETE FROM b; END;",
    "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN UPDATE a SET x = 1; RETURN NEW; END $$ LANGUAGE plpgsql",
    "CREATE OR REPLACE FUNCTION f() RETURNS void AS 'DELETE FROM a' LANGUAGE sql",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM a; SELECT 1; END",
    "CREATE PROCEDURE p() BEGIN IF x THEN UPDATE a SET x = 1; END IF; DELETE FROM b; END",
    "DELIMITER $$\nCREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW BEGIN DELETE FROM b; END$$\nDELIMITER ;\n",
    "CREATE FUNCTION f() RETURNS void AS $$ DELETE FROM a $$ LANGUAGE sql; DROP FUNCTION f();",
    (
        "CREATE FUNCTION f() RETURNS void AS $$ DELETE FROM a $$ LANGUAGE sql; "
        "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()"
    ),
    "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql; CALL f()",
    "ALTER TABLE leads ADD COLUMN x int DEFAULT 0",
    "ALTER TABLE leads SET (autovacuum_enabled = false)",
    "ALTER TABLE leads ALTER COLUMN x SET NOT NULL, ADD CONSTRAINT u UNIQUE USING INDEX i",
    "ALTER TABLE leads ALTER x TYPE int USING x::int",
    "ALTER TABLE leads DROP COLUMN x",
    "ALTER TABLE leads RENAME COLUMN a TO b",
    "ALTER ROLE x PASSWORD 'secret'",
    "DROP TABLE leads",
    "DROP INDEX CONCURRENTLY i",
    "COMMENT ON TABLE leads IS 'update leads set x = 1; delete from leads'",
    "GRANT UPDATE, DELETE, INSERT ON leads TO x",
    "REVOKE UPDATE ON leads FROM x",
    "LOCK TABLE leads IN SHARE UPDATE EXCLUSIVE MODE",
    "SET lock_timeout = '2s'",
    "SET LOCAL statement_timeout TO 0",
    "PRAGMA foreign_keys = off",
    "VACUUM ANALYZE leads",
    "UPDATE STATISTICS leads",
    "COPY leads TO STDOUT",
    "COPY (SELECT * FROM leads) TO '/srv/x'",
    "\\copy leads to 'x.csv'",
    "\\echo it's UPDATE leads SET x = 1",
    "BEGIN; COMMIT; ROLLBACK; SAVEPOINT a; RELEASE SAVEPOINT a; END;",
    "START TRANSACTION",
    "DO $$ BEGIN CREATE TYPE t AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type) THEN ALTER TABLE a ADD b int; END IF; END $$",
    "DO $$ DECLARE r record; BEGIN SELECT a INTO r FROM b; RAISE NOTICE 'update leads set x = 1'; END $$",
    "DO $$ BEGIN EXECUTE format('DROP TABLE %I', t); EXECUTE 'ALTER TABLE ' || t || ' ADD x int'; END $$",
    "DO $$ BEGIN EXECUTE 'SELECT 1'; -- DELETE FROM a\n END $$",
    "DO SLEEP(1)",
    (
        "SET @s = IF((SELECT true FROM x) = true, 'ALTER TABLE a DROP INDEX i', 'SELECT 1'); "
        "PREPARE p FROM @s; EXECUTE p; DEALLOCATE PREPARE p"
    ),
    "EXEC sp_rename 'leads.a', 'b', 'COLUMN'",
    "NOTIFY x, 'update'",
]

UNKNOWN = [
    "{sql}",
    "%s",
    ":statement",
    "{a} TABLE leads",
    "{verb} leads {rest}",
    "SELECT 1; {sql}; SELECT 2",
    "EXECUTE stmt",
    "DO $$ BEGIN EXECUTE query; END $$",
    "DO $$ BEGIN EXECUTE prefix || ' leads SET x = 1'; END $$",
    "DO $$ {body} $$",
    "DO LANGUAGE plpython3u $$ plpy.execute('UPDATE leads SET x = 1') $$",
    "CALL elsewhere()",
    "WITH x AS (SELECT 1) {rest}",
    "{create} REPLACE VIEW v AS SELECT 1",
    "EXEC elsewhere 1, 2",
    "\\i other.sql",
    "SELECT 'never closed; DELETE FROM leads",
    "frobnicate the leads",
]


def summary(sql: str, dialect: str = "unknown") -> str:
    """The changes in one line: `KIND table table|KIND ?`."""
    return "|".join(
        " ".join([step.kind.value, *step.tables, *(["?"] if step.dynamic else [])])
        for step in read_sql(sql, dialect=dialect)
        if isinstance(step, Change)
    )


@pytest.mark.parametrize(("sql", "expected"), CHANGES)
def test_changes(sql: str, expected: str) -> None:
    assert summary(sql) == expected
    assert not [step for step in read_sql(sql) if isinstance(step, Unknown)]


@pytest.mark.parametrize("sql", HARMLESS)
def test_harmless(sql: str) -> None:
    steps = [step for step in read_sql(sql) if isinstance(step, Change | Unknown)]
    assert steps == []


@pytest.mark.parametrize("sql", UNKNOWN)
def test_unknown(sql: str) -> None:
    assert [step for step in read_sql(sql) if isinstance(step, Unknown)]
    assert summary(sql) == ""


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "tsql", "oracle"])
@pytest.mark.parametrize(("sql", "expected"), [case for case in CHANGES if not {"'", "!"} & {*case[0]}])
def test_every_dialect_reads_what_another_writes(sql: str, expected: str, dialect: str) -> None:
    assert sorted(summary(sql, dialect).split("|")) == sorted(expected.split("|"))


def test_mysql_comments_do_not_nest() -> None:
    assert summary("/* a /* b */ DELETE FROM leads", "mysql") == "DELETE leads"


def test_a_hash_is_an_operator_in_postgres() -> None:
    assert summary("UPDATE a SET x = y # 2, z = j #>> '{a}'; DELETE FROM b", "postgres") == "UPDATE a|DELETE b"
    assert summary("UPDATE a SET x = 1 # ; DELETE FROM b", "mysql") == "UPDATE a"


@pytest.mark.parametrize(
    ("sql", "temporary"),
    [
        ("CREATE TABLE x (a int)", False),
        ("CREATE TABLE IF NOT EXISTS x (a int)", False),
        ("CREATE TEMP TABLE x (a int)", True),
        ("CREATE LOCAL TEMPORARY TABLE x AS SELECT 1", True),
        ("SELECT 1 AS a INTO TEMP x", True),
        ("SELECT 1 AS a INTO x", False),
        ("CREATE TABLE x AS SELECT 1 WITH NO DATA", False),
    ],
)
def test_created(sql: str, temporary: bool) -> None:
    created = [step for step in read_sql(sql) if isinstance(step, Created)]
    assert [(step.table, step.temporary) for step in created] == [("x", temporary)]


BY_TOKENS = {
    "UPDATE only SET x = 1",
    "DELETE QUICK FROM leads",
    "UPDATE ONLY (leads) SET x = 1",
    "UPDATE OR IGNORE leads SET x = 1",
    "UPDATE LOW_PRIORITY IGNORE leads SET x = 1",
    "UPDATE IGNORE leads SET x = 1",
    "UPDATE LOW_PRIORITY leads l SET x = 1",
    "UPDATE TOP (10) leads SET x = 1",
    "DELETE leads.* FROM leads JOIN calls ON 1 = 1",
    "INSERT INTO leads AS l (a) OVERRIDING SYSTEM VALUE SELECT 1",
    "REPLACE INTO leads SELECT * FROM old",
    "REPLACE INTO leads (a) VALUES (1)",
    "REPLACE leads VALUES (1)",
    "DELETE FROM ?",
    "SELECT id INTO @x FROM leads",
    "SELECT * FROM leads INTO OUTFILE '/srv/x'",
    "/* outer /* inner */ UPDATE leads SET x = 1 */",
}
"""What sqlglot has no tree for; the last as a server reads it whose comments do not nest."""


def trees(sql: str, monkeypatch: pytest.MonkeyPatch) -> list[list[Change] | None]:
    """What sqlglot says of each statement that may write."""
    by_tree = parse.changes
    found: list[list[Change] | None] = []

    def noted(statement: Statement, at: int, end: int, dialect: str) -> list[Change] | None:
        found.append(by_tree(statement, at, end, dialect))
        return found[-1]

    monkeypatch.setattr(parse, "changes", noted)
    read_sql(sql)
    return found


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "tsql"])
@pytest.mark.parametrize("sql", [*(sql for sql, _ in CHANGES), *HARMLESS])
def test_tree_and_tokens_agree(sql: str, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_tree = read_sql(sql, dialect=dialect)
    monkeypatch.setattr(parse, "changes", lambda *_: None)
    assert read_sql(sql, dialect=dialect) == by_tree


@pytest.mark.parametrize("sql", [*(sql for sql, _ in CHANGES), *HARMLESS])
def test_sqlglot_has_a_tree(sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a new version of sqlglot, with trees of another shape, does not go unnoticed."""
    assert (None in trees(sql, monkeypatch)) == (sql in BY_TOKENS)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM leads FOR UPDATE",
        "SELECT replace(a, 'x', 'y') FROM leads",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SET lock_timeout = '2s'",
        "ALTER TABLE leads ADD x int",
        "CREATE TABLE leads (id int REFERENCES a ON DELETE CASCADE)",
        "DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM leads; END $$",
    ],
)
def test_what_cannot_write_is_not_parsed(sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trees(sql, monkeypatch) == []


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("* FROM unnest(ARRAY[1, 2])", "INSERT_VALUES"),
        ("* FROM generate_series(1, 9) AS g", "INSERT_VALUES"),
        ("* FROM (VALUES (1), (2)) AS v", "INSERT_VALUES"),
        ("%s, $1, :a", "INSERT_VALUES"),
        ("{x}", "INSERT_SELECT"),
        ("* FROM {x}", "INSERT_SELECT"),
        ("* FROM generate_series(1, 9), {x}", "INSERT_SELECT"),
        ("* FROM (SELECT 1) AS v", "INSERT_VALUES"),
        ("* FROM (SELECT a FROM calls) AS v", "INSERT_SELECT"),
    ],
)
def test_functions_and_lists_are_no_tables_and_holes_may_be(source: str, kind: str) -> None:
    text = f"INSERT INTO leads SELECT {source}"
    holes = [(text.index("{"), text.index("}") + 1)] if "{" in text else []
    steps = read_sql(text, holes, dialect="postgres")
    assert [step.kind.value for step in steps if isinstance(step, Change)] == [kind]


@pytest.mark.parametrize(
    ("renaming", "told"),
    [
        ("'leads', 'calls'", [("leads", "calls")]),
        ("N'dbo.leads', N'calls'", [("dbo.leads", "dbo.calls")]),
        ("'[dbo].[leads]', 'calls', 'OBJECT'", [("dbo.leads", "dbo.calls")]),
        ("@objname = 'leads', @newname = 'calls'", [None]),
        ("@old, @new", [None]),
        ("'leads.a', 'b', 'COLUMN'", []),
    ],
)
def test_a_procedure_renames_a_table(renaming: str, told: list[tuple[str, str] | None]) -> None:
    steps = read_sql(f"EXEC sp_rename {renaming}")
    names = [
        (one.old, one.new) if isinstance(one, Renamed) else None for one in steps if isinstance(one, (Renamed, Doubted))
    ]
    assert names == told


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("EXEC sp_rename 'leads', 'calls'", True),
        ("IF @v = 1 EXEC sp_rename 'leads', 'calls'", False),
        ("IF @v = 1 PRINT 'x'; ELSE EXEC sp_rename 'leads', 'calls'", False),
        ("DO $$ BEGIN ALTER TABLE leads RENAME TO calls; END $$", True),
        ("DO $$ BEGIN IF now() > x THEN ALTER TABLE leads RENAME TO calls; END IF; END $$", False),
        ("DO $$ BEGIN IF now() > x THEN PERFORM 1; ALTER TABLE leads RENAME TO calls; END IF; END $$", False),
    ],
)
def test_a_table_may_be_renamed_or_not(text: str, *, certain: bool) -> None:
    assert [one.certain for one in read_sql(text) if isinstance(one, Renamed)] == [certain]


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("CREATE TABLE leads (a int)", True),
        ("BEGIN TRANSACTION; CREATE TABLE leads (a int); COMMIT", True),
        ("IF OBJECT_ID('leads') IS NULL BEGIN CREATE TABLE leads (a int); END", False),
        ("IF OBJECT_ID('leads') IS NULL BEGIN PRINT 'x'; SET @n = 1; CREATE TABLE leads (a int); END", False),
        ("IF 1 = 0 PRINT 'x' ELSE BEGIN CREATE TABLE leads (a int) END", False),
        ("WHILE @n < 3 BEGIN SET @n = 4; CREATE TABLE leads (a int); END", False),
        ("BEGIN TRY CREATE TABLE leads (a int); END TRY BEGIN CATCH PRINT 'x' END CATCH", False),
        ("BEGIN TRY PRINT 'x'; CREATE TABLE leads (a int); END TRY BEGIN CATCH PRINT 'x' END CATCH", False),
        ("IF OBJECT_ID('leads') IS NOT NULL BEGIN DROP TABLE leads; END; CREATE TABLE leads (a int)", True),
        ("IF @n = CASE WHEN 1 = 1 THEN 1 END BEGIN DROP TABLE leads; END; CREATE TABLE leads (a int)", True),
    ],
)
def test_a_table_may_be_created_or_not(text: str, *, certain: bool) -> None:
    assert [one.certain for one in read_sql(text, dialect="tsql") if isinstance(one, Created)] == [certain]


@pytest.mark.parametrize(
    "call", ["EXEC sp_fill", "EXEC dbo.sp_fill 1", "EXEC sp_MSforeachtable 'DELETE FROM ?'", "DO fill()"]
)
def test_what_a_procedure_out_of_sight_does_is_unknown(call: str) -> None:
    assert any(isinstance(one, (Change, Unknown)) for one in read_sql(call, dialect="mysql"))


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("CREATE VIEW v AS SELECT a FROM leads; UPDATE v SET a = 1", ["leads"]),
        ("CREATE VIEW v AS SELECT a FROM leads; CREATE VIEW w AS TABLE v; DELETE FROM w", ["leads"]),
        ("CREATE VIEW v AS SELECT a FROM leads; ALTER TABLE leads RENAME TO calls; UPDATE v SET a = 1", ["calls"]),
        ("CREATE VIEW v AS SELECT a FROM leads; DROP VIEW IF EXISTS v CASCADE; UPDATE v SET a = 1", ["v"]),
        ("CREATE VIEW v AS SELECT a FROM leads; CREATE OR REPLACE VIEW v AS SELECT 1; DELETE FROM v", ["v"]),
        ("CREATE VIEW v AS SELECT a FROM calls; ALTER VIEW v AS SELECT a FROM leads; DELETE FROM v", ["leads"]),
        ("CREATE VIEW v AS SELECT a FROM leads; ALTER VIEW v OWNER TO me; DELETE FROM v", ["leads"]),
        ("CREATE VIEW v AS SELECT a FROM leads JOIN calls USING (id); UPDATE v SET a = 1", ["v"]),
        ("CREATE VIEW v AS SELECT a FROM leads, calls; UPDATE v SET a = 1", ["v"]),
        ("CREATE VIEW v AS SELECT DISTINCT a FROM leads; DELETE FROM v", ["v"]),
        ("CREATE VIEW v AS SELECT a FROM leads UNION SELECT a FROM calls; DELETE FROM v", ["v"]),
        ("CREATE VIEW v AS SELECT a FROM fill(1); DELETE FROM v", ["v"]),
        (
            "CREATE VIEW v AS SELECT a FROM leads; CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING; DELETE FROM v",
            ["v"],
        ),
    ],
)
def test_what_is_written_to_a_view_is_written_beneath(text: str, tables: list[str]) -> None:
    assert [table for step in read_sql(text) if isinstance(step, Change) for table in step.tables] == tables


def test_what_is_written_through_a_view_is_in_no_new_table() -> None:
    """The view may be one that is only made on another way."""
    steps = read_sql("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; UPDATE v SET a = 1")
    assert [type(step).__name__ for step in steps if not isinstance(step, Created)][-2:] == ["Doubted", "Change"]


def test_a_policy_runs_its_function_with_each_use_of_the_table() -> None:
    made = "CREATE FUNCTION fill() RETURNS bool LANGUAGE sql AS 'DELETE FROM leads RETURNING true'; "
    for text in ("CREATE POLICY p ON notes USING (fill())", "ALTER POLICY p ON notes WITH CHECK (a > 0 AND fill())"):
        assert any(isinstance(step, Unknown) for step in read_sql(made + text))
    assert not any(
        isinstance(step, Unknown) for step in read_sql("CREATE POLICY p ON notes USING (tenant = current_user)")
    )
