"""Complete is earned, and can be lost: the ways in which a run could say so untruly, on a real server."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import Connection

from backfill.test_batches import UPDATE, Database, define, state
from migration_guard.backfill import Backfill, BackfillUnfinished, NotLookedAt, proof, require_backfill
from migration_guard.cli.backfill_desk import open_desk
from migration_guard.cli.backfill_run import last_line

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11

GROWING = "CREATE TABLE items (id bigserial PRIMARY KEY, v int)"
FILL = "UPDATE items SET v = 1 WHERE id = ANY(:ids)"


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made(GROWING)
    yield made
    made.console.close()


def items(**fields: object) -> Backfill:
    return Backfill(**{"key": "items", "table": "items", "where": "v IS NULL", "update": FILL, **fields})  # type: ignore[arg-type]


def gate(db: Database, backfill: Backfill, *, prove: bool = False) -> str:
    """Ask the gate, and give what it says against; nothing if it passes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotLookedAt)
            require_backfill(db.console, backfill, prove=prove)
    except BackfillUnfinished as unfinished:
        return str(unfinished)
    return ""


def test_rows_that_came_later_close_the_gate_and_the_next_run_fills_them(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    assert state(db.run(items())) == "completed"
    assert gate(db, items()) == ""
    db("INSERT INTO items (v) VALUES (2), (NULL)")
    assert "is no longer: rows after key 100 match" in gate(db, items())
    again = db.run(items())
    assert (again.ran, state(again), gate(db, items())) == (True, "completed", "")
    assert db("SELECT bound, floor FROM migration_guard.backfills") == [(["102"], ["102"])]
    assert db("SELECT count(*) FROM items WHERE v IS NULL") == [(0,)]


def test_filled_rows_that_came_later_move_the_bound(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    assert state(db.run(items())) == "completed"
    db("INSERT INTO items (v) SELECT 2 FROM generate_series(1, 10)")
    again = db.run(items())
    assert (again.ran, state(again)) == (False, "completed")
    assert db("SELECT bound FROM migration_guard.backfills") == [(["20"],)]


def test_a_table_that_was_empty_is_looked_at_again(db: Database) -> None:
    assert state(db.run(items())) == "completed"
    assert gate(db, items()) == ""
    db("INSERT INTO items (v) VALUES (NULL)")
    assert gate(db, items()) != ""
    assert (state(db.run(items())), gate(db, items())) == ("completed", "")
    assert db("SELECT v FROM items") == [(1,)]


def test_a_changed_definition_is_refused_by_run_and_gate(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    assert state(db.run(items(where="v IS NULL AND id <= 10"))) == "completed"
    refused = db.run(items())
    assert (refused.complete, refused.ran) == (False, False)
    assert "its definition has changed since" in str(refused)
    assert "its definition has changed since" in gate(db, items())


def test_a_changed_definition_of_an_empty_table_too(db: Database) -> None:
    assert state(db.run(items(where="v IS NULL AND id <= 10"))) == "completed"
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    assert not db.run(items()).complete
    assert "its definition has changed since" in gate(db, items())


@pytest.mark.parametrize(
    "kind", ["uuid DEFAULT gen_random_uuid()", "int", "bigint GENERATED ALWAYS AS IDENTITY (CACHE 20)"]
)
def test_keys_that_do_not_only_grow_are_looked_at_wherever_they_are(db: Database, kind: str) -> None:
    db(f"CREATE TABLE things (id {kind} PRIMARY KEY, v int, n int)")
    value = "n * 2" if kind == "int" else "DEFAULT"
    for n in range(1, 60):
        db(f"INSERT INTO things (id, n) VALUES ({value.replace('n', str(n)) if kind == 'int' else value}, {n})")
    definition = Backfill(
        key="things", table="things", where="v IS NULL", update="UPDATE things SET v = 1 WHERE id = ANY(:ids)"
    )
    assert state(db.run(definition)) == "completed"
    assert gate(db, definition) == ""
    db("UPDATE things SET v = NULL WHERE n = 3")
    assert "is no longer" in gate(db, definition)
    assert (state(db.run(definition)), db("SELECT count(*) FROM things WHERE v IS NULL")) == ("completed", [(0,)])
    told = db("SELECT count(*) FROM migration_guard.events WHERE detail LIKE 'its keys do not only grow%'")
    assert told == [(2,)]


@pytest.mark.parametrize(
    "undone",
    [
        "UPDATE items SET v = NULL WHERE id = 5",
        "INSERT INTO items VALUES (-3, NULL)",
        "UPDATE items SET id = 0, v = NULL WHERE id = 50",
        "ALTER SEQUENCE items_id_seq RESTART 20; DELETE FROM items WHERE id BETWEEN 20 AND 30; INSERT INTO items (v) VALUES (NULL)",
        "TRUNCATE items RESTART IDENTITY; INSERT INTO items (v) VALUES (NULL)",
        "DROP TABLE items; CREATE TABLE items (id bigserial PRIMARY KEY, v int); INSERT INTO items VALUES (7, NULL)",
        "TRUNCATE items; SELECT setval('items_id_seq', 200); INSERT INTO items VALUES (7, NULL)",
    ],
)
@pytest.mark.parametrize("below", [0.0, 1.0])
def test_what_comes_below_the_bound_is_found(
    db: Database, monkeypatch: pytest.MonkeyPatch, undone: str, below: float
) -> None:
    """At once where the table or its sequence is not what it was; else by a short look, or by a proof."""
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    assert state(db.run(items())) == "completed"
    db(undone)
    monkeypatch.setattr(proof, "BELOW", below)
    seen = bool(below) or any(word in undone for word in ("DROP", "RESTART", "TRUNCATE"))
    assert ("is no longer" in gate(db, items())) == seen
    assert "is no longer" in gate(db, items(), prove=True)
    if seen:
        assert (state(db.run(items())), gate(db, items(), prove=True)) == ("completed", "")
        assert db("SELECT count(*) FROM items WHERE v IS NULL") == [(0,)]


def test_a_short_look_says_what_it_has_not_looked_at(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    assert state(db.run(items())) == "completed"
    monkeypatch.setattr(proof, "BELOW", 0.0)
    monkeypatch.setenv("THE_URL", db.url)
    unseen = (
        "rows between (the first) and 100 were not looked at again: `migration-guard backfill gate items --prove` does"
    )
    with open_desk("THE_URL", "migration_guard", ()) as desk:
        told = desk.gate("items", items(), prove=False)
        assert told == (True, f"is completed up to key 100; {unseen}")
        assert desk.gate("items", items(), prove=True) == (True, "is completed up to key 100")
        assert desk.standings()[0].grows
    with pytest.warns(
        NotLookedAt, match=re.escape(f"backfill items is completed up to key 100; {unseen}, and so does")
    ):
        require_backfill(db.console, items())
    require_backfill(db.console, items(), prove=True)
    result = db.run(items())
    assert str(result) == f"items: completed (completed before; {unseen})"
    assert "not all rows of items were looked at again" in last_line([result])


def test_a_sequence_that_cannot_be_seen_may_have_been_set_back(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its word would be believed: rows below the bound would never be looked at."""
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    monkeypatch.setattr(proof, "BELOW", 0.0)
    role = f"blind_{db.console.info.dbname}"
    db(f"CREATE ROLE {role}; GRANT SELECT, UPDATE ON items TO {role}")
    try:
        definition = items(role=role)
        assert state(db.run(definition)) == "completed"
        assert db("SELECT floor FROM migration_guard.backfills") == [(None,)]
        told = db("SELECT detail FROM migration_guard.events WHERE kind = 'note' AND detail LIKE '%items_id_seq%'")
        assert "GRANT SELECT ON SEQUENCE items_id_seq lets it" in told[0][0]
        db(
            "ALTER SEQUENCE items_id_seq RESTART 20; DELETE FROM items WHERE id = 20; INSERT INTO items (v) VALUES (NULL)"
        )
        assert "is no longer" in gate(db, definition)
        monkeypatch.setattr(proof, "QUICK", 0.0)
        assert "items_id_seq, which counts its keys" in gate(db, definition)
    finally:
        db(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_short_look_ends_between_its_statements(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is cut off in the middle would fail the gate of each large table, now and then."""
    db("INSERT INTO items (v) SELECT 1 FROM generate_series(1, 100000)")
    assert state(db.run(items())) == "completed"
    for milliseconds in range(10, 20):
        monkeypatch.setattr(proof, "BELOW", milliseconds / 1000)
        assert gate(db, items()) == ""


def test_a_partition_that_is_attached_later_is_looked_at(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "BELOW", 0.0)
    db(
        "CREATE TABLE parts (id bigint GENERATED BY DEFAULT AS IDENTITY, v int, PRIMARY KEY (id)) PARTITION BY RANGE (id)"
    )
    db("CREATE TABLE high PARTITION OF parts FOR VALUES FROM (1000) TO (2000)")
    db("ALTER TABLE parts ALTER id RESTART 1000; INSERT INTO parts (v) SELECT NULL FROM generate_series(1, 50)")
    definition = items(table="parts", update="UPDATE parts SET v = 1 WHERE id = ANY(:ids)")
    assert (state(db.run(definition)), gate(db, definition)) == ("completed", "")
    db("CREATE TABLE low (LIKE parts); INSERT INTO low VALUES (5, NULL)")
    db("ALTER TABLE parts ATTACH PARTITION low FOR VALUES FROM (0) TO (1000)")
    assert "is no longer" in gate(db, definition)
    assert (state(db.run(definition)), gate(db, definition)) == ("completed", "")
    assert db("SELECT count(*) FROM parts WHERE v IS NULL") == [(0,)]
    assert db.run(definition).ran is False
    db("ALTER TABLE parts DETACH PARTITION low; UPDATE low SET v = NULL")
    db("ALTER TABLE parts ATTACH PARTITION low FOR VALUES FROM (0) TO (1000)")
    assert "is no longer" in gate(db, definition)


@pytest.mark.parametrize(
    ("body", "grows"),
    [
        ("NEW.v := NEW.id; RETURN NEW;", True),
        ("IF NEW.v IS NULL THEN RETURN NULL; END IF; RETURN NEW;", True),
        ("NEW.id := -NEW.id; RETURN NEW;", False),
        ('NEW."id" = 7; RETURN NEW;', False),
        ("NEW.id /* counts down */ := -NEW.id; RETURN NEW;", False),
        ("NEW. -- counts down\n id := -7; RETURN NEW;", False),
        ("NEW := ROW (-1, 2); RETURN NEW;", False),
        ("SELECT * FROM items LIMIT 1 INTO NEW; RETURN NEW;", False),
        ("RETURN ROW (-1, 2);", False),
        ("EXECUTE 'SELECT ($1).v' USING NEW INTO NEW.v; RETURN NEW;", False),
    ],
)
def test_keys_that_a_trigger_may_set_do_not_only_grow(
    db: Database, monkeypatch: pytest.MonkeyPatch, body: str, grows: bool
) -> None:
    monkeypatch.setattr(proof, "BELOW", 0.0)
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    assert (state(db.run(items())), gate(db, items())) == ("completed", "")
    db(f"CREATE FUNCTION sets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    db("CREATE TRIGGER sets BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION sets()")
    db(
        "ALTER TABLE items DISABLE TRIGGER sets; UPDATE items SET v = NULL WHERE id = 3; ALTER TABLE items ENABLE TRIGGER sets"
    )
    assert (gate(db, items()) == "") is grows


def test_a_table_from_which_others_inherit_is_none_whose_keys_are_its_own(db: Database) -> None:
    """Two rows may have one key, and a window end between them."""
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    assert state(db.run(items())) == "completed"
    db("CREATE TABLE more (LIKE items); INSERT INTO more VALUES (5, NULL); ALTER TABLE more INHERIT items")
    assert "more inherit from items" in gate(db, items())
    assert "more inherit from items" in str(db.run(items()).reason)
    assert "more inherit from items" in str(db.run(items(key="other")).reason)


def test_a_proof_tells_the_state(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    assert state(db.run(items())) == "completed"
    db("UPDATE items SET v = NULL WHERE id = 5")
    monkeypatch.setattr(proof, "BELOW", 0.0)
    assert gate(db, items()) == ""
    assert "is no longer" in gate(db, items(), prove=True)
    monkeypatch.setenv("THE_URL", db.url)
    with open_desk("THE_URL", "migration_guard", ()) as desk:
        passed, told = desk.gate("items", items(), prove=True)
        assert (passed, "is no longer" in told) == (False, True)
        assert desk.standings()[0].state.value == "incomplete"
    assert (state(db.run(items())), gate(db, items(), prove=True)) == ("completed", "")


def test_a_look_whose_time_is_over_proves_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    assert state(db.run(items())) == "completed"
    db("INSERT INTO items (v) SELECT 2 FROM generate_series(1, 10)")
    monkeypatch.setattr(proof, "QUICK", 0.0)
    assert "not proven beyond" in gate(db, items())
    assert gate(db, items(), prove=True) == ""
    assert (state(db.run(items())), db("SELECT bound FROM migration_guard.backfills")) == ("completed", [(["20"],)])


def test_what_an_open_transaction_wrote_is_waited_for(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys may lie below a bound that others have moved beyond them."""
    with psycopg.connect(db.url) as late:
        late.execute("INSERT INTO items (v) VALUES (NULL)")
        db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
        timer = threading.Timer(1.5, late.commit)
        timer.start()
        assert state(db.run(items())) == "completed"
        timer.join()
    assert db("SELECT count(*) FROM items WHERE v IS NULL") == [(0,)]
    monkeypatch.setattr(proof, "QUICK", 0.3)
    with psycopg.connect(db.url) as late:
        late.execute("INSERT INTO items (v) VALUES (NULL)")
        assert "a transaction that has written to items does not end" in gate(db, items())
        late.rollback()
    assert gate(db, items()) == ""


def test_a_definition_that_never_changed_a_row_is_not_complete(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 30)")
    never = items(update="UPDATE items SET v = 1 WHERE id = ANY(:ids) AND v = 7")
    for _ in range(2):
        result = db.run(never)
        assert (state(result), result.complete) == ("incomplete", False)
        assert str(result.reason).startswith("nothing changed")


NEW = "UPDATE items SET v = 1 WHERE id = ANY(:ids)"
JOINED = "UPDATE items SET v = n FROM generate_series(1, 90) AS n WHERE id = n AND id = ANY(:ids)"
TRIGGER = """
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} RETURN NEW; END$$;
CREATE TRIGGER t {when} UPDATE ON items FOR EACH ROW WHEN (NEW.id > 60) EXECUTE FUNCTION f();
"""
RESETS = TRIGGER.format(body="NEW.v := NULL;", when="BEFORE")
SKIPS = TRIGGER.format(body="RETURN NULL;", when="BEFORE")
UNDOES = TRIGGER.format(body="UPDATE items SET v = NULL WHERE id = NEW.id AND v IS NOT NULL;", when="AFTER")
TOUCHES = TRIGGER.format(body="NEW.w := now();", when="BEFORE")
RULE = "CREATE RULE r AS ON UPDATE TO items WHERE NEW.id > 60 DO INSTEAD NOTHING"
ELSEWHERE = """
CREATE FUNCTION source(bigint) RETURNS int LANGUAGE sql STABLE AS 'SELECT n FROM generate_series(1, 60) AS n WHERE n = $1'
"""


@pytest.mark.parametrize(
    ("made", "update", "left", "reason"),
    [
        (RESETS, NEW, 40, "residue: `where` still matches 40 rows that the update writes"),
        (RESETS, JOINED, 40, "residue: `where` still matches 30 rows that the update writes, or would if trigger t"),
        (SKIPS, NEW, 40, "residue: `where` still matches 40 rows"),
        (SKIPS, JOINED, 40, "residue: `where` still matches"),
        (UNDOES, NEW, 40, "residue: `where` still matches 40 rows"),
        (RULE, NEW, 40, "residue: `where` still matches 40 rows that the update writes, or would if rule let it"),
        (RULE, JOINED, 40, "residue: "),
        (
            "",
            f"{NEW} AND id <= 60",
            40,
            "residue: `where` matches 40 rows that the update leaves out",
        ),
        (
            "",
            "UPDATE items SET v = nullif(1, (id > 60)::int) WHERE id = ANY(:ids)",
            40,
            "residue: `where` still matches 40",
        ),
        ("", "UPDATE items SET v = 1 WHERE id = ANY(:ids) AND u IS NOT NULL", 40, "residue: `where` matches 40 rows"),
        ("", "UPDATE items SET v = v + u WHERE id = ANY(:ids) AND u > 0 AND id < 9", 100, "nothing changed: "),
        (
            "",
            "UPDATE items SET v = u WHERE id = ANY(:ids) AND u > 0 AND id < 9",
            92,
            "residue: `where` matches 92 rows",
        ),
        ("", f"{NEW} AND v IS DISTINCT FROM 1 AND id <= 60", 40, "residue: `where` matches 40 rows"),
        (
            "",
            "UPDATE items SET v = 1 WHERE id IN (SELECT unnest(:ids)) AND id <= 60",
            40,
            "residue: `where` matches 40",
        ),
        (
            "",
            "UPDATE items SET v = substring('12' FROM 2)::int WHERE id IN (SELECT unnest(:ids)) AND id <= 60",
            40,
            "residue: `where` matches 40",
        ),
        ("", "DELETE FROM items WHERE id = ANY(:ids) AND id <= 60", 40, "residue: `where` matches 40 rows"),
        (
            "",
            "UPDATE items SET v = 1 FROM unnest(:ids) AS n WHERE id = n AND id <= 60",
            40,
            "residue: `where` matches 40 rows",
        ),
        (
            "",
            "UPDATE items SET v = 1 FROM pg_catalog.unnest(CAST(:ids AS bigint[])) AS n (n) WHERE id = n.n AND id <= 60",
            40,
            "residue: `where` matches 40 rows",
        ),
        (
            "CREATE FUNCTION \"Cut\"(bigint) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 <= 60'",
            f'{NEW} AND public."Cut"(id)',
            40,
            "residue: `where` matches 40 rows",
        ),
        (ELSEWHERE, f"{NEW} AND public.source(id) IS NOT NULL", 40, None),
        (
            "",
            "UPDATE items SET v = 1 FROM unnest(:ids) AS n, generate_series(1, 60) AS m WHERE id = n AND id = m",
            40,
            None,
        ),
        ("", "UPDATE items SET v = u WHERE id = ANY(:ids) AND u IS NOT NULL", 40, None),
        ("", 'UPDATE items SET v = 1 + "u" WHERE id = ANY(:ids) AND u > 0', 40, None),
        ("", JOINED, 10, None),
        (TOUCHES, JOINED, 10, None),
        (ELSEWHERE, f"{NEW} AND source(id) IS NOT NULL", 40, None),
        ("", "UPDATE items SET v = 1 WHERE id = ANY(:ids) AND EXISTS (SELECT FROM pg_class) AND id <= 60", 40, None),
    ],
)
def test_rows_that_no_pass_will_ever_fill_are_residue(
    db: Database, made: LiteralString, update: str, left: int, reason: str | None
) -> None:
    """A row without a source hinders nothing; one that the update writes in vain, or contradicts `where` about, does."""
    db(
        "ALTER TABLE items ADD w timestamptz, ADD u int; "
        "INSERT INTO items (u) SELECT CASE WHEN n <= 60 THEN 1 END FROM generate_series(1, 100) AS n"
    )
    if made:
        db(made)
    definition = items(update=update)
    for _ in range(2):
        result = db.run(definition)
        assert db("SELECT count(*) FROM items WHERE v IS NULL") == [(left,)]
        if reason is None:
            assert (state(result), result.counts.unchanged) == ("completed", left)
            assert gate(db, definition, prove=True) == ""
        else:
            assert (state(result), result.complete) == ("incomplete", False)
            assert str(result.reason).startswith(reason), result.reason
            assert gate(db, definition) != ""


EVEN = "UPDATE items SET v = n FROM generate_series(2, 100, 2) AS n WHERE id = n AND id = ANY(:ids)"


def test_rows_without_a_source_are_kept_and_excepted(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    even = items(update=EVEN)
    assert state(db.run(even)) == "completed"
    assert gate(db, even, prove=True) == ""
    assert db("SELECT count(*) FROM migration_guard.unchanged") == [(50,)]
    db("UPDATE items SET v = NULL WHERE id = 4")
    assert "is no longer" in gate(db, even, prove=True)


def test_a_retry_knows_what_was_changed_before(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    even = items(update=EVEN)
    assert state(db.run(even)) == "completed"
    db(
        "UPDATE migration_guard.backfills SET state = 'queued', sweep = 0, swept = false, floor = NULL, changed_before = 50"
    )
    db("DELETE FROM migration_guard.windows")
    assert state(db.run(even)) == "completed"


def test_a_migration_gets_its_settings_back(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    located = items(search_path="public, pg_temp")
    assert state(db.run(located)) == "completed"
    with psycopg.connect(db.url) as migration:
        migration.execute("SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = '7s'")
        require_backfill(migration, located)
        shown = migration.execute("SELECT current_setting('search_path'), current_setting('statement_timeout')")
        assert shown.fetchone() == ("pg_catalog", "7s")


def test_rows_that_come_while_it_runs_are_filled_or_told(db: Database) -> None:
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 200)")
    left = iter(range(30))

    def fill(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE items SET v = 1 WHERE id = ANY(%s)", (ids,))
        if next(left, None) is not None:
            db("INSERT INTO items (v) VALUES (NULL)")

    result = db.run(items(update=None, apply=fill, batch_size=10))
    if state(result) != "completed":
        assert str(result.reason).startswith("moving target")
        assert gate(db, items(update=None, apply=fill, batch_size=10)) != ""
    else:
        assert db("SELECT count(*) FROM items WHERE v IS NULL") == [(0,)]


def test_a_completion_that_nobody_can_look_at_any_more(db: Database) -> None:
    """A later migration has dropped the column: that is no failure, and no proof either."""
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    assert state(db.run(items())) == "completed"
    db("ALTER TABLE items DROP COLUMN v")
    again = db.run(items())
    assert (again.complete, again.ran) == (False, False)
    assert 'nobody can look any more: column "v" does not exist' in str(again.reason)
    assert db("SELECT state FROM migration_guard.backfills") == [("completed",)]
    assert "cannot be verified" in gate(db, items())


def test_what_is_quarantined_is_not_complete(db: Database) -> None:
    db.leads(10)
    db("ALTER TABLE leads ADD CHECK (id <> 3 OR status IS NULL)")
    definition = define(update=UPDATE)
    assert state(db.run(definition)) == "completed_with_quarantine"
    assert "completed_with_quarantine" in gate(db, definition)


@pytest.mark.parametrize("where", ["random() < 0.5", "v < extract(second from clock_timestamp())", "nextval('s') > 1"])
def test_a_predicate_that_answers_as_it_likes_proves_nothing(db: Database, where: str) -> None:
    db("CREATE SEQUENCE s; INSERT INTO items (v) SELECT NULL FROM generate_series(1, 10)")
    result = db.run(items(where=f"v IS NULL AND {where}"))
    assert (state(result), result.counts.examined) == ("failed", 0)
    assert "answers differently each time it is asked" in str(result)


@pytest.mark.parametrize(
    ("where", "asks"),
    [
        ("v IS NULL AND id IN (SELECT item FROM calls)", "other rows"),
        ("v IS NULL AND current_setting('app.on', true) = '1'", "current_setting"),
        ("v IS NULL AND CURRENT_DATE > '2001-01-01'", "CURRENT_DATE"),
        ("v IS NULL AND called(id)", "called()"),
    ],
)
def test_what_asks_more_than_its_row_may_be_to_do_again_anywhere(
    db: Database, where: str, asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody touches a row, and it is to do: a look at what came since would not find it."""
    db("CREATE TABLE calls (item bigint); INSERT INTO calls VALUES (1), (9); INSERT INTO items DEFAULT VALUES")
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(2, 10)")
    db("CREATE FUNCTION called(bigint) RETURNS bool LANGUAGE sql STABLE AS 'SELECT $1 IN (SELECT item FROM calls)'")
    monkeypatch.setenv("PGOPTIONS", "-c app.on=1")
    assert state(db.run(items(where=where))) == "completed"
    told = db("SELECT detail FROM migration_guard.events WHERE kind = 'note'")
    assert any(f"`where` asks more than its row ({asks})" in one for (one,) in told)
    if "SELECT" in where or "called" in where:
        db("INSERT INTO calls VALUES (5)")
        monkeypatch.setattr(proof, "BELOW", 0.0)
        assert "is no longer" in gate(db, items(where=where))
