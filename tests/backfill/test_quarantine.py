"""Rows that cannot be changed: found among many, told without what is in them, and tried again by themselves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backfill.test_batches import Database, counted, define, state
from backfill.test_commands import Project, last

SECRET = "ann@example.org"
DEFINITION = """
from migration_guard.backfill import Backfill
S = Backfill(key="status", table="leads", where="status IS NULL", update="UPDATE leads SET status = 'new' WHERE id = ANY(:ids)")
"""


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    yield made
    made.console.close()


def test_many_bad_rows_are_found_in_few_transactions(db: Database) -> None:
    db.leads(20_000)
    db("ALTER TABLE leads ADD CHECK (id % 100 <> 0 OR status IS NULL)")
    result = db.run()
    assert (state(result), counted(result)) == ("completed_with_quarantine", (20_000, 19_800, 0, 0, 0, 200))
    assert db("SELECT count(*), min(sqlstate), max(attempts) FROM migration_guard.quarantine") == [(200, "23514", 1)]
    batches = db("SELECT sum(batches) FROM migration_guard.windows")[0][0]
    assert batches < 200, "each bad row has cost a transaction of its own"


@pytest.mark.parametrize(
    "update",
    [
        "UPDATE leads SET status = 'it''s 100 %: \\ $1 {x}' WHERE id = ANY(:ids)",
        "UPDATE leads SET status = $q$mg_at$q$ WHERE id = ANY(:ids) RETURNING id",
        "WITH chosen AS (SELECT unnest(:ids) AS mg_at) UPDATE leads SET status = 'x' FROM chosen WHERE id = mg_at",
        "WITH done AS (UPDATE leads SET status = 'x' WHERE id = ANY(:ids) RETURNING 1) SELECT count(*) FROM done",
    ],
)
def test_updates_however_they_are_written(db: Database, update: str) -> None:
    """One bad row lets them go one by one, inside PL/pgSQL."""
    db.leads(30)
    db("ALTER TABLE leads ADD CHECK (id <> 7 OR status IS NULL)")
    result = db.run(define(update=update))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (30, 29, 0, 0, 0, 1))
    assert db("SELECT count(*) FROM leads WHERE status IS NOT NULL") == [(29,)]


def test_composite_keys_one_by_one(db: Database) -> None:
    db("CREATE TABLE things (a text, b int, done bool, PRIMARY KEY (a, b), CHECK (b <> 77 OR done IS NULL))")
    db("INSERT INTO things SELECT 'x, \"y\"' || n % 7, n FROM generate_series(1, 200) AS n")
    update = "UPDATE things SET done = true WHERE (a, b) IN (:ids)"
    definition = define(table="things", key_columns=("a", "b"), where="done IS NULL", update=update)
    result = db.run(definition)
    assert (state(result), counted(result)) == ("completed_with_quarantine", (200, 199, 0, 0, 0, 1))


@pytest.mark.parametrize("update", ["name::int::text", "upper(name)"])
def test_what_a_row_holds_is_told_nowhere(db: Database, update: str) -> None:
    """The server's message would quote it, and so may a trigger's."""
    db.leads(50)
    db("UPDATE leads SET name = CASE WHEN id = 9 THEN %s ELSE '7' END", SECRET)
    db(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.status ~ '@|[A-Z]' THEN "
        "RAISE EXCEPTION 'no such status: %', NEW.status; END IF; RETURN NEW; END $$"
    )
    db("CREATE TRIGGER no BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION no()")
    result = db.run(define(update=f"UPDATE leads SET status = {update} WHERE id = ANY(:ids)"))
    assert (state(result), result.counts.quarantined) == ("completed_with_quarantine", 1)
    told = str(db("SELECT q::text FROM migration_guard.quarantine AS q"))
    told += str(db("SELECT e::text FROM migration_guard.events AS e"))
    assert SECRET.lower() not in told.lower()
    assert "{9}" in told


LOOKED_UP = {
    "a name that is looked up": ("name::regclass::text", "42P01"),
    "a type": ("name::regtype::text", "42704"),
    "a trigger that forbids it": ("'forbidden'", "42501"),
    "a trigger that cannot": ("'impossible'", "0A000"),
    "an extension that stumbles": ("'broken'", "XX000"),
    "an object that is not ready": ("'unready'", "55000"),
}
TRIGGER = """
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.name <> 'leads' AND NEW.status IN ('forbidden', 'impossible', 'broken', 'unready') THEN
        RAISE EXCEPTION 'no: %', NEW.name USING ERRCODE = CASE NEW.status
            WHEN 'forbidden' THEN '42501' WHEN 'broken' THEN 'XX000' WHEN 'unready' THEN '55000' ELSE '0A000' END;
    END IF; RETURN NEW; END $$;
CREATE TRIGGER no BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION no();
"""


@pytest.mark.parametrize("kind", LOOKED_UP)
def test_a_row_may_fail_as_a_wrong_definition_does(db: Database, kind: str) -> None:
    """What one row holds is wrong, not the definition: the others are done, and what it holds is told nowhere."""
    expression, sqlstate = LOOKED_UP[kind]
    db.leads(700)
    db("UPDATE leads SET name = CASE WHEN id IN (3, 555) THEN 'hidden' ELSE 'leads' END")
    if "regtype" not in expression and "regclass" not in expression:
        db(TRIGGER)
    result = db.run(define(update=f"UPDATE leads SET status = {expression} WHERE id = ANY(:ids)"))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (700, 698, 0, 0, 0, 2))
    assert db("SELECT row_key[1], sqlstate, attempts FROM migration_guard.quarantine ORDER BY 1 DESC") == [
        ("555", sqlstate, 1),
        ("3", sqlstate, 1),
    ]
    assert "hidden" not in str(db("SELECT q::text FROM migration_guard.quarantine AS q"))
    assert "hidden" not in str(db("SELECT e::text FROM migration_guard.events AS e"))


def test_a_predicate_may_fail_on_a_row_in_the_same_way(db: Database) -> None:
    db.leads(700)
    db("UPDATE leads SET name = CASE WHEN id IN (3, 555) THEN 'hidden' ELSE 'leads' END")
    result = db.run(define(where="status IS NULL AND name::regclass IS NOT NULL"))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (700, 698, 0, 0, 0, 2))


def test_what_is_wrong_for_all_rows_is_no_rows_fault(db: Database) -> None:
    """A function that is called for each row, and cannot be planned beforehand."""
    db.leads(20)
    db(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.status := (SELECT gone FROM leads LIMIT 1); RETURN NEW; END $$"
    )
    db("CREATE TRIGGER no BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION no()")
    result = db.run()
    assert (state(result), result.counts.quarantined) == ("failed", 0)
    assert "no row goes through, of 20 that were tried: undefined column (SQLSTATE 42703)" in str(result)


def test_a_whole_batch_that_fails_alike_is_no_rows_fault_also_after_others(db: Database) -> None:
    db.leads(100)
    db("UPDATE leads SET name = 'leads'")
    definition = define(update="UPDATE leads SET status = name::regclass::text WHERE id = ANY(:ids)")
    assert state(db.run(definition)) == "completed"
    db("INSERT INTO leads (id, name) SELECT n, 'hidden' FROM generate_series(1001, 1060) AS n")
    result = db.run(definition)
    assert (state(result), result.counts.changed, result.counts.quarantined) == ("failed", 100, 0)
    assert "no row goes through, of 60 that were tried: undefined table (SQLSTATE 42P01)" in str(result)


def test_only_these_rows_are_tried_again(tmp_path: Path, db: Database) -> None:
    db.leads(300)
    db("ALTER TABLE leads ADD CONSTRAINT odd CHECK (id % 50 <> 0 OR status IS NULL)")
    project = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(DEFINITION)
    assert "completed_with_quarantine" in last(project("run", "--all"))
    shown = project("quarantine", "list", "status").stdout
    assert "23514" in shown
    assert "check violation: constraint odd, table leads" in shown
    rows = list(csv.DictReader(io.StringIO(project("quarantine", "export", "status").stdout)))
    assert [row["key"] for row in rows] == ["50", "100", "150", "200", "250", "300"]
    told = json.loads(project("quarantine", "export", "status", "--format", "json", "--with-rows").stdout)
    assert [(one["key"], one["row"]["phone"]) for one in told][:2] == [(["50"], "50"), (["100"], "100")]
    db("ALTER TABLE leads DROP CONSTRAINT odd; ALTER TABLE leads ADD CHECK (id <> 100 OR status IS NULL)")
    db("CREATE TABLE touched (id bigint)")
    db(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO touched VALUES (NEW.id); RETURN NULL; END $$"
    )
    db("CREATE TRIGGER touch AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch()")
    assert "6 rows are out of quarantine" in project("quarantine", "retry", "status").stdout
    assert "completed_with_quarantine" in last(project("run", "--all"))
    assert db("SELECT array_agg(id ORDER BY id) FROM touched") == [([50, 150, 200, 250, 300],)]
    standing = project.status()["status"]
    assert (standing["examined"], standing["changed"], standing["quarantined"]) == (300, 299, 1)
    db("ALTER TABLE leads DROP CONSTRAINT leads_check")
    project("quarantine", "retry", "status")
    assert last(project("run", "--all", "--strict")) == "All complete: 1 of 1 backfills."
    assert project("gate", "status").returncode == 0
    assert project("quarantine", "list").stdout == "no row is in quarantine\n"
