"""What writes in the dialects of databases other than PostgreSQL, by their documentation: a dozen each, of which half only look or change the schema."""

from __future__ import annotations

import pytest

from migration_guard.sql import Change, Unknown, read_sql

WRITES = {
    "clickhouse": {
        "ALTER TABLE leads UPDATE hot = 1 WHERE id > 3": "UPDATE leads",
        "ALTER TABLE crm.leads ON CLUSTER main UPDATE hot = 1 WHERE 1": "UPDATE leads",
        "ALTER TABLE leads DELETE WHERE hot = 1": "DELETE leads",
        "ALTER TABLE leads DELETE IN PARTITION 202401 WHERE hot = 1": "DELETE leads",
        "DELETE FROM leads ON CLUSTER main WHERE hot = 1": "DELETE leads",
        "INSERT INTO leads SELECT * FROM old_leads": "INSERT_SELECT leads",
        "INSERT INTO leads (id, name) FORMAT Values (1, 'x')": "INSERT_VALUES leads",
        "ALTER TABLE leads ADD COLUMN extra Int32, UPDATE hot = 1 WHERE 1": "UPDATE leads",
        "TRUNCATE TABLE IF EXISTS leads ON CLUSTER main": "TRUNCATE leads",
    },
    "cockroach": {
        "UPSERT INTO leads (id, hot) VALUES (1, 1)": "UPSERT_VALUES leads",
        "UPSERT INTO leads SELECT * FROM old_leads": "INSERT_SELECT leads",
        "UPDATE leads SET hot = 1 WHERE id > 3 ORDER BY id LIMIT 100 RETURNING NOTHING": "UPDATE leads",
        "DELETE FROM leads WHERE hot = 1 ORDER BY id LIMIT 10": "DELETE leads",
        "IMPORT INTO leads (id, name) CSV DATA ('nodelocal://1/a.csv')": "INSERT_VALUES leads",
        "UPSERT INTO leads (id, hot) (SELECT id, 1 FROM old_leads)": "INSERT_SELECT leads",
        "UPDATE leads@leads_pkey SET hot = 1": "UPDATE leads",
    },
    "yugabyte": {
        "INSERT INTO leads SELECT * FROM old_leads": "INSERT_SELECT leads",
        "/*+ IndexScan(leads i) */ UPDATE leads SET hot = 1": "UPDATE leads",
        "DELETE FROM leads WHERE yb_hash_code(id) < 1000": "DELETE leads",
        "COPY leads FROM 'a.csv' WITH (FORMAT CSV, ROWS_PER_TRANSACTION 1000)": "INSERT_VALUES leads",
        "WITH gone AS (DELETE FROM leads RETURNING *) INSERT INTO old_leads SELECT * FROM gone": "DELETE leads, INSERT_SELECT old_leads",
        "TRUNCATE leads": "TRUNCATE leads",
    },
    "mysql": {
        "UPDATE leads JOIN calls ON calls.lead = leads.id SET leads.hot = 1": "UPDATE leads",
        "UPDATE IGNORE `leads` SET hot = 1 LIMIT 10": "UPDATE leads",
        "DELETE leads FROM leads JOIN calls ON calls.lead = leads.id": "DELETE leads",
        "DELETE QUICK FROM leads WHERE hot = 1": "DELETE leads",
        "REPLACE INTO leads (id, hot) VALUES (1, 1)": "UPSERT_VALUES leads",
        "REPLACE INTO leads SELECT * FROM old_leads": "INSERT_SELECT leads",
        "INSERT IGNORE INTO leads SET hot = 1": "INSERT_VALUES leads",
        "INSERT INTO leads (id) VALUES (1) ON DUPLICATE KEY UPDATE hot = 2": "UPSERT_VALUES leads",
        "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE leads": "INSERT_VALUES leads",
        "ALTER TABLE leads TRUNCATE PARTITION p0": "TRUNCATE leads",
        "/*!50100 UPDATE leads SET hot = 1 */": "UPDATE leads",
    },
    "sqlite": {
        "INSERT OR REPLACE INTO leads (id) VALUES (1)": "UPSERT_VALUES leads",
        "UPDATE OR IGNORE leads SET hot = 1": "UPDATE leads",
        "INSERT INTO leads_new SELECT * FROM leads": "INSERT_SELECT leads_new",
        "REPLACE INTO leads VALUES (1, 2)": "UPSERT_VALUES leads",
        "UPDATE leads SET hot = old.hot FROM old_leads AS old WHERE old.id = leads.id": "UPDATE leads",
        "DELETE FROM leads WHERE rowid IN (SELECT max(rowid) FROM leads GROUP BY name)": "DELETE leads",
    },
    "tsql": {
        "UPDATE TOP (100) leads SET hot = 1": "UPDATE leads",
        "UPDATE l SET hot = 1 FROM dbo.leads AS l WITH (ROWLOCK) WHERE l.id > 3": "UPDATE leads",
        "DELETE TOP (100) FROM [dbo].[leads]": "DELETE leads",
        "DELETE l FROM leads l JOIN calls c ON c.lead = l.id": "DELETE leads",
        "SELECT * INTO old_leads FROM leads": "CTAS old_leads",
        "BULK INSERT leads FROM 'a.csv'": "INSERT_VALUES leads",
        "MERGE leads AS t USING new AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET hot = 1;": "MERGE leads",
        "EXEC('UPDATE leads SET hot = 1')": "UPDATE leads",
        "EXEC sp_executesql N'DELETE FROM leads'": "DELETE leads",
        "INSERT INTO leads WITH (TABLOCK) SELECT * FROM old_leads": "INSERT_SELECT leads",
    },
}
CLEAN = {
    "clickhouse": (
        "ALTER TABLE leads ADD COLUMN extra Int32 DEFAULT 0",
        "ALTER TABLE leads MODIFY COLUMN hot UInt8",
        "ALTER TABLE leads DROP PARTITION 202401",
        "ALTER TABLE leads FREEZE PARTITION 202401",
        "CREATE TABLE extra (id Int32) ENGINE = MergeTree ORDER BY id",
        "ALTER TABLE leads MODIFY TTL created + INTERVAL 1 MONTH DELETE",
        "OPTIMIZE TABLE leads FINAL",
        "SYSTEM RELOAD DICTIONARIES",
        "ALTER TABLE leads ADD INDEX i hot TYPE minmax GRANULARITY 1",
    ),
    "cockroach": (
        "ALTER TABLE leads ADD COLUMN extra INT8 DEFAULT 0",
        "ALTER TABLE leads SET (ttl_expire_after = '3 months')",
        "CREATE INDEX i ON leads (hot) USING HASH",
        "SET CLUSTER SETTING kv.rangefeed.enabled = true",
        "ALTER TABLE leads SPLIT AT VALUES (10)",
        "SHOW CREATE TABLE leads",
    ),
    "yugabyte": (
        "CREATE INDEX NONCONCURRENTLY i ON leads (hot HASH)",
        "ALTER TABLE leads ADD COLUMN extra int",
        "CREATE TABLE extra (id int, PRIMARY KEY (id HASH)) SPLIT INTO 4 TABLETS",
        "CREATE TABLEGROUP g",
        "SET yb_non_ddl_txn_for_sys_tables_allowed = false",
        "ANALYZE leads",
    ),
    "mysql": (
        "ALTER TABLE leads ADD COLUMN extra INT, ALGORITHM = INSTANT",
        "ALTER TABLE leads CONVERT TO CHARACTER SET utf8mb4",
        "CREATE TABLE extra LIKE leads",
        "RENAME TABLE leads TO people",
        "LOCK TABLES leads WRITE",
        "SET FOREIGN_KEY_CHECKS = 0",
        "CREATE TRIGGER t BEFORE UPDATE ON leads FOR EACH ROW SET NEW.hot = 1",
        "ALTER TABLE leads DROP PARTITION p0",
        "OPTIMIZE TABLE leads",
        "SHOW TABLES LIKE 'update%'",
        "SELECT * FROM leads FOR UPDATE",
    ),
    "sqlite": (
        "PRAGMA foreign_keys = OFF",
        "ALTER TABLE leads RENAME TO people",
        "CREATE TABLE IF NOT EXISTS extra (id INTEGER PRIMARY KEY) STRICT",
        "VACUUM",
        "CREATE TRIGGER t AFTER UPDATE ON leads BEGIN DELETE FROM calls; END",
        "SELECT replace(name, 'update', 'delete') FROM leads",
    ),
    "tsql": (
        "ALTER TABLE leads ADD extra INT NULL",
        "EXEC sp_rename 'leads.hot', 'warm', 'COLUMN'",
        "IF OBJECT_ID('extra') IS NULL CREATE TABLE extra (id INT)",
        "UPDATE STATISTICS leads",
        "SET IDENTITY_INSERT leads ON",
        "CREATE NONCLUSTERED INDEX i ON leads (hot) INCLUDE (name)",
        "DISABLE TRIGGER t ON leads",
        "SELECT * FROM leads WITH (UPDLOCK)",
        "CREATE PROCEDURE p AS BEGIN DELETE FROM leads END",
    ),
}
SPOKEN = ("mysql", "sqlite", "tsql", "clickhouse")
"""The dialects that a configuration may name; the others are PostgreSQL to it."""


def told(statement: str, dialect: str) -> str:
    """What each statement of a text changes, without schema; what a migration does not know of is unknown."""
    steps = read_sql(statement, dialect=dialect)
    changes = {f"{one.kind.value} {one.tables[0].rpartition('.')[2]}" for one in steps if isinstance(one, Change)}
    return ", ".join(sorted(changes | {"unknown" for one in steps if isinstance(one, Unknown)}))


@pytest.mark.parametrize("dialect", WRITES)
def test_a_dialect_has_its_own_spellings(dialect: str) -> None:
    spoken = dialect if dialect in SPOKEN else "postgres"
    assert min(len(WRITES[dialect]), len(CLEAN[dialect])) >= 6
    assert {one: told(one, spoken) for one in WRITES[dialect]} == WRITES[dialect]
    assert {one: told(one, spoken) for one in CLEAN[dialect]} == dict.fromkeys(CLEAN[dialect], "")
