"""Rows that cannot be changed, whatever hinders it: they are set aside, and all others are done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from backfill.test_batches import Database, counted, define, state

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11

ROWS = 300
BAD = 3
NEW = "UPDATE leads SET status = 'new' WHERE id = ANY(:ids)"
OWN = "UPDATE leads SET status = phone WHERE id = ANY(:ids)"
RAISES = """
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.id %% 100 = 0 AND NEW.status IS NOT NULL THEN {what} END IF; RETURN NEW; END $$;
CREATE {kind} ON leads {deferred} FOR EACH ROW EXECUTE FUNCTION f()
"""


def raising(what: str, kind: str = "TRIGGER t BEFORE UPDATE", deferred: str = "") -> str:
    return RAISES.replace("%%", "%").format(what=what, kind=kind, deferred=deferred)


HINDRANCES = {
    "a trigger that raises a code of its own": (raising("RAISE EXCEPTION 'no' USING ERRCODE = 'ZZ001';"), NEW, "ZZ001"),
    **{
        f"a trigger that raises {code}": (raising(f"RAISE EXCEPTION 'no' USING ERRCODE = '{code}';"), NEW, code)
        for code in ("08006", "57P01", "57014", "53100", "53300", "25P03")
    },
    "a trigger that divides by zero": (raising("NEW.tenant_id := 1 / (NEW.id % 100);"), NEW, "22012"),
    "a trigger at the end": (
        raising("RAISE EXCEPTION 'no';", "CONSTRAINT TRIGGER t AFTER UPDATE", "DEFERRABLE INITIALLY DEFERRED"),
        NEW,
        "P0001",
    ),
    "a check that is not valid yet": (
        "ALTER TABLE leads ADD CHECK (id % 100 > 0 OR status <> 'new') NOT VALID",
        NEW,
        "23514",
    ),
    "a domain": (
        (
            "CREATE DOMAIN named AS text CHECK (VALUE <> ''); ALTER TABLE leads ALTER status TYPE named; "
            "UPDATE leads SET phone = CASE WHEN id % 100 > 0 THEN 'x' ELSE '' END"
        ),
        OWN,
        "23514",
    ),
    "an index whose expression fails": (
        "UPDATE leads SET phone = CASE WHEN id % 100 > 0 THEN '1' ELSE 'x' END; CREATE INDEX ON leads ((status::int))",
        OWN,
        "22P02",
    ),
    "an index that takes no long value": (
        (
            "UPDATE leads SET phone = CASE WHEN id % 100 > 0 THEN '1' ELSE (SELECT string_agg(md5((n * leads.id)::text), '') "
            "FROM generate_series(1, 400) AS n) END; CREATE INDEX ON leads (status)"
        ),
        OWN,
        "54000",
    ),
    "a generated column": (
        (
            "UPDATE leads SET phone = CASE WHEN id % 100 > 0 THEN '1' ELSE 'x' END; "
            "ALTER TABLE leads ADD n int GENERATED ALWAYS AS (status::int) STORED"
        ),
        OWN,
        "22P02",
    ),
    "an exclusion": (
        (
            "CREATE UNIQUE INDEX ON leads (phone); INSERT INTO leads (id, status) SELECT 1000 + n, 'taken ' || n "
            "FROM generate_series(1, 3) AS n; UPDATE leads SET phone = CASE WHEN id % 100 > 0 THEN id::text "
            "ELSE 'taken ' || id / 100 END WHERE id < 1000; ALTER TABLE leads ADD EXCLUDE USING hash (status WITH =)"
        ),
        OWN,
        "23P01",
    ),
    "an exclusion at the end": (
        (
            "INSERT INTO leads (id, status) SELECT 1000 + n, 'taken ' || n FROM generate_series(1, 3) AS n; "
            "UPDATE leads SET phone = CASE WHEN id % 100 > 0 THEN id::text ELSE 'taken ' || id / 100 END WHERE id < 1000; "
            "ALTER TABLE leads ADD EXCLUDE USING hash (status WITH =) DEFERRABLE INITIALLY DEFERRED"
        ),
        OWN,
        "23P01",
    ),
}


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made("INSERT INTO leads (id) SELECT generate_series(1, %s)", ROWS)
    yield made
    made.console.close()


@pytest.mark.parametrize("name", HINDRANCES)
def test_what_hinders_a_row_hinders_no_other(db: Database, name: str) -> None:
    made, update, code = HINDRANCES[name]
    db(made)
    result = db.run(define(update=update))
    assert state(result) == "completed_with_quarantine", str(result)
    assert counted(result)[1:] == (ROWS - BAD, 0, *counted(result)[3:4], 0, BAD)
    assert db("SELECT DISTINCT sqlstate FROM migration_guard.quarantine") == [(code,)]
    assert db("SELECT count(*) FROM leads WHERE status IS NULL AND id % 100 = 0") == [(BAD,)]


def test_rows_that_a_trigger_passes_over_are_neither_changed_nor_done(db: Database) -> None:
    """Nothing fails, and nothing is done."""
    skips: LiteralString = """
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.id % 100 = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
    CREATE TRIGGER t BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION f()
    """
    db(skips)
    result = db.run(define(update=NEW))
    assert (state(result), counted(result)) == ("incomplete", (ROWS, ROWS - BAD, BAD, 0, 0, 0))
    assert f"still matches {BAD} rows that the update writes, or would if trigger t let it" in str(result)
