"""The law of a batch, on a real server: the traps that runners fall into, each with what must be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, text

from backfill.server import Server
from migration_guard.backfill import Backfill, batch, run, sieve
from migration_guard.backfill.report import Result

LEADS = """
CREATE TABLE leads (
    id bigint PRIMARY KEY, tenant_id int, phone text, name text, status text, updated_at timestamptz
);
"""
UPDATE = "UPDATE leads SET status = 'new' WHERE id = ANY(:ids)"

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11


class Database:
    """A database with leads in it, and a person at its console."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.console = psycopg.connect(url, autocommit=True)
        self.console.execute(LEADS)

    def __call__(self, sql: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self.console.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def leads(self, count: int) -> None:
        self(
            "INSERT INTO leads (id, tenant_id, phone) SELECT n, n %% 3, n::text FROM generate_series(1, %s) AS n", count
        )

    def todo(self) -> int:
        count: int = self("SELECT count(*) FROM leads WHERE status IS NULL")[0][0]
        return count

    def run(self, backfill: Backfill | None = None, seconds: float = 60.0) -> Result:
        (result,) = run([backfill or define()], self.url, max_seconds=seconds)
        adds_up(result)
        return result

    @contextmanager
    def holding(self, sql: LiteralString) -> Iterator[psycopg.Connection[Any]]:
        """Run a statement in a transaction that stays open for the block."""
        with psycopg.connect(self.url) as other:
            other.execute(sql)
            yield other
            other.rollback()


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    yield made
    made.console.close()


def define(**fields: Any) -> Backfill:
    return Backfill(**{"key": "status", "table": "leads", "where": "status IS NULL", "update": UPDATE, **fields})


def adds_up(result: Result) -> None:
    examined, *rest = astuple(result.counts)
    assert examined == sum(rest)


def counted(result: Result) -> tuple[int, ...]:
    """Give examined, changed, unchanged, done already, locked, quarantined."""
    return astuple(result.counts)


def state(result: Result) -> str:
    assert result.state is not None
    print(result)
    return result.state.value


# Keys.


@pytest.mark.parametrize("kind", ["integer", "bigint", "uuid", "text", "varchar(40)", "char(36)", 'text COLLATE "C"'])
def test_keys_of_every_kind(db: Database, kind: str) -> None:
    db(f"CREATE TABLE things (id {kind} PRIMARY KEY, done bool)")
    keys = [str(n) for n in range(250)] if "int" in kind else [str(uuid4()) for _ in range(250)]
    if "text" in kind:
        keys += ["", "a'b", 'q"q', "back\\slash", "comma,{}", "%s", ":ids", "NULL", "ä"]
    with db.console.cursor() as cursor:
        cursor.executemany(f"INSERT INTO things VALUES (%s::{kind.split(' ', maxsplit=1)[0]})", [[key] for key in keys])
    update = "UPDATE things SET done = true WHERE id = ANY(:ids)"
    result = db.run(Backfill(key="k", table="things", where="done IS NULL", update=update, batch_size=50))
    assert state(result) == "completed"
    assert counted(result) == (len(keys), len(keys), 0, 0, 0, 0)


def test_composite_keys(db: Database) -> None:
    db("CREATE TABLE things (a text, b int, done bool, PRIMARY KEY (a, b))")
    db("INSERT INTO things SELECT (n %% 7)::text, n FROM generate_series(1, 500) AS n".replace("%%", "%"))
    update = "UPDATE things SET done = true WHERE (a, b) IN (:ids)"
    definition = Backfill(
        key="k", table="things", key_columns=("a", "b"), where="done IS NULL", update=update, batch_size=33
    )
    assert counted(db.run(definition)) == (500, 500, 0, 0, 0, 0)
    assert db("SELECT count(*) FROM things WHERE done") == [(500,)]


def test_a_composite_key_given_to_a_function(db: Database) -> None:
    db("CREATE TABLE things (a uuid, b int, done bool, PRIMARY KEY (a, b))")
    db("INSERT INTO things SELECT gen_random_uuid(), n FROM generate_series(1, 30) AS n")
    seen: list[Any] = []

    def apply(connection: Connection, ids: list[Any]) -> None:
        seen.extend(ids)
        for a, b in ids:
            connection.execute(text("UPDATE things SET done = true WHERE a = :a AND b = :b"), {"a": a, "b": b})

    assert (
        state(db.run(Backfill(key="k", table="things", key_columns=("a", "b"), where="done IS NULL", apply=apply)))
        == "completed"
    )
    assert len(seen) == 30
    assert {type(a).__name__ for a, _ in seen} == {"UUID"}


def test_an_empty_table_is_complete(db: Database) -> None:
    result = db.run()
    assert (state(result), counted(result)) == ("completed", (0, 0, 0, 0, 0, 0))


def test_deletes_and_copies(db: Database) -> None:
    db.leads(1_000)
    db("CREATE TABLE old_leads (LIKE leads INCLUDING ALL)")
    missing = "NOT EXISTS (SELECT FROM old_leads o WHERE o.id = leads.id)"
    copy = "INSERT INTO old_leads SELECT * FROM leads WHERE id = ANY(:ids)"
    copied = db.run(Backfill(key="copy", table="leads", target="old_leads", where=missing, update=copy))
    assert counted(copied) == (1_000, 1_000, 0, 0, 0, 0)
    deleted = db.run(define(key="delete", where="id > 600", update="DELETE FROM leads WHERE id = ANY(:ids)"))
    assert (state(deleted), counted(deleted)) == ("completed", (1_000, 400, 0, 600, 0, 0))
    assert db("SELECT count(*), (SELECT count(*) FROM old_leads) FROM leads") == [(600, 1_000)]


def test_partitions(db: Database) -> None:
    db("CREATE TABLE calls (id bigint, year int, done bool, PRIMARY KEY (id, year)) PARTITION BY LIST (year)")
    for year in (2024, 2025):
        db(f"CREATE TABLE calls_{year} PARTITION OF calls FOR VALUES IN ({year})")
    db("INSERT INTO calls SELECT n, 2024 + n % 2 FROM generate_series(1, 400) AS n")
    move = "UPDATE calls SET done = true, year = 2025 WHERE (id, year) IN (:ids)"
    definition = Backfill(key="k", table="calls", key_columns=("id", "year"), where="year = 2024", update=move)
    result = db.run(definition)
    assert (state(result), result.counts.changed, db("SELECT count(*) FROM calls_2024")) == ("completed", 200, [(0,)])


# Traps, by the numbers under which they are known.


def test_1_rows_without_a_source_do_not_stall_the_rest(db: Database) -> None:
    db.leads(1_000)
    db("CREATE TABLE calls AS SELECT id AS lead_id, 'in' AS way FROM leads WHERE id > 200")
    update = "UPDATE leads SET status = way FROM calls WHERE lead_id = id AND id = ANY(:ids)"
    result = db.run(define(update=update, batch_size=200))
    assert (state(result), counted(result)) == ("completed", (1_000, 800, 200, 0, 0, 0))


def test_2_locked_rows_are_not_done(db: Database) -> None:
    db.leads(40)
    with db.holding("SELECT FROM leads FOR UPDATE"):
        result = db.run(seconds=3)
        assert state(result) == "incomplete"
        assert result.reason is not None
        assert result.reason.startswith(("locks", "time"))
        assert counted(result) == (40, 0, 0, 0, 40, 0)
    after = db.run()
    assert (state(after), counted(after), db.todo()) == ("completed", (40, 40, 0, 0, 0, 0), 0)


def test_2_a_row_whose_insert_was_open_is_found_by_the_last_sweep(db: Database) -> None:
    db.leads(100)
    db("DELETE FROM leads WHERE id = 50")
    committed = threading.Event()
    with psycopg.connect(db.url) as late:
        late.execute("INSERT INTO leads (id) VALUES (50)")

        def apply(connection: Connection, ids: list[int]) -> None:
            connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
            if 100 in ids and not committed.is_set():
                late.commit()
                committed.set()

        result = db.run(define(update=None, apply=apply, batch_size=30))
    assert (state(result), db.todo()) == ("completed", 0)
    assert result.counts.changed == 100


def test_3_the_cursor_comes_back_to_what_it_skipped(db: Database) -> None:
    db.leads(300)
    with db.holding("SELECT FROM leads WHERE id = 5 FOR UPDATE") as other:
        release = threading.Timer(1.0, other.rollback)
        release.start()
        result = db.run(define(batch_size=100))
        release.join()
    assert (state(result), counted(result), db.todo()) == ("completed", (300, 300, 0, 0, 0, 0), 0)


def test_3_what_others_did_meanwhile_is_done_already(db: Database) -> None:
    db.leads(100)
    with psycopg.connect(db.url) as other:
        other.execute("UPDATE leads SET status = 'hot' WHERE id <= 10")
        assert counted(db.run(seconds=2)) == (100, 90, 0, 0, 10, 0)
        other.commit()
    result = db.run()
    assert (state(result), counted(result)) == ("completed", (100, 90, 0, 10, 0, 0))
    assert db("SELECT count(*) FROM leads WHERE status = 'hot'") == [(10,)]


def test_4_nothing_is_left_in_the_session(db: Database) -> None:
    from migration_guard.backfill.connect import address, engine
    from migration_guard.backfill.policy import TimeoutPolicy
    from migration_guard.backfill.session import Session

    made = engine(address(db.url, "the URL"), "test")
    session = Session(made)
    settings = TimeoutPolicy().settings(180000)
    names = [*settings, "row_security", "search_path"]

    def shown() -> list[Any]:
        with session.transaction() as connection:
            return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]

    before = shown()
    with session.transaction({**settings, "row_security": "off", "search_path": "pg_temp"}) as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "1min"
    assert shown() == before
    with pytest.raises(ZeroDivisionError), session.transaction(settings):
        raise ZeroDivisionError
    assert shown() == before
    session.close()


def test_6_windows_do_not_grow_slower(db: Database) -> None:
    db.leads(20_000)
    db("INSERT INTO leads (id) SELECT n FROM generate_series(100000, 100100) AS n")
    db("UPDATE leads SET status = 'done' WHERE id < 100100")
    result = db.run()
    assert counted(result) == (20_101, 1, 0, 20_100, 0, 0)


def test_7_the_isolation_of_the_role_does_not_matter(db: Database, server: Server) -> None:
    db.leads(100)
    name = db.console.info.dbname
    server.execute("CREATE ROLE strict LOGIN SUPERUSER")
    try:
        server.execute("ALTER ROLE strict SET default_transaction_isolation = 'repeatable read'")
        server.execute("ALTER ROLE strict SET default_transaction_read_only = on")
        url = db.url.replace("postgres@", "strict@")
        (result,) = run([define()], f"{url}?user=strict" if "strict@" not in url else url)
        assert state(result) == "completed"
    finally:
        server.execute("DROP SCHEMA migration_guard CASCADE", name)
        server.execute("DROP ROLE strict")


def test_8_never_more_rows_than_the_batch(db: Database) -> None:
    db.leads(500)
    db("ALTER DATABASE " + psycopg.sql.Identifier(db.console.info.dbname).as_string() + " SET enable_hashjoin = off")
    db("ALTER DATABASE " + psycopg.sql.Identifier(db.console.info.dbname).as_string() + " SET enable_indexscan = off")
    batches: list[int] = []

    def apply(connection: Connection, ids: list[int]) -> None:
        done = connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        batches.append(done.rowcount)

    result = db.run(define(update=None, apply=apply, batch_size=10))
    assert (state(result), sum(batches), batches[0]) == ("completed", 500, 10)


def test_8_an_edit_that_was_waited_for_is_not_overwritten(db: Database) -> None:
    db.leads(10)
    with psycopg.connect(db.url) as other:
        other.execute("UPDATE leads SET status = 'hot' WHERE id = 3")
        release = threading.Timer(1.0, other.commit)
        release.start()
        result = db.run()
        release.join()
    assert state(result) == "completed"
    assert db("SELECT status FROM leads WHERE id = 3") == [("hot",)]


def test_8_a_predicate_that_looks_elsewhere_is_repeated(db: Database) -> None:
    """What another table says may change between the lock and the update."""
    db.leads(10)
    db("CREATE TABLE blocked (lead_id bigint)")
    where = "status IS NULL AND NOT EXISTS (SELECT FROM blocked WHERE lead_id = leads.id)"
    db("INSERT INTO blocked VALUES (4)")
    result = db.run(define(where=where))
    assert counted(result) == (10, 9, 0, 1, 0, 0)


def test_9_triggers_are_counted_and_warned_of(db: Database) -> None:
    db.leads(50)
    db("CREATE TABLE audit (lead_id bigint)")
    db(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NEW; END$$"
    )
    db("CREATE TRIGGER note_it AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION note()")
    assert state(db.run()) == "completed"
    assert db("SELECT count(*) FROM audit") == [(50,)]
    told = " ".join(detail for (detail,) in db("SELECT detail FROM migration_guard.events WHERE detail IS NOT NULL"))
    assert "1 trigger(s) of leads run for each row: note_it" in told
    assert "triggers or cascades (note_it) write audit" in told


def test_10_a_second_run_writes_nothing(db: Database) -> None:
    db.leads(500)
    assert state(db.run()) == "completed"
    before = db("SELECT array_agg(xmin::text ORDER BY id) FROM leads")
    again = db.run()
    assert (again.ran, state(again)) == (False, "completed")
    db("DROP SCHEMA migration_guard CASCADE")
    assert counted(db.run()) == (500, 0, 0, 500, 0, 0)
    assert db("SELECT array_agg(xmin::text ORDER BY id) FROM leads") == before


def test_12_old_snapshots_are_reported(db: Database) -> None:
    db.leads(10)
    with psycopg.connect(db.url) as idle:
        idle.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        idle.execute("SELECT FROM leads")
        db("SELECT pg_sleep(1.1)")
        db.run()
        pid = idle.info.backend_pid
    assert db("SELECT count(*) FROM migration_guard.events WHERE detail LIKE %s", f"session {pid} %snapshot%") == [(1,)]


def test_15_a_terminated_connection_is_replaced(db: Database) -> None:
    db.leads(1_000)
    killed: list[int] = []

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        if len(killed) < 3:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            killed.append(pid)
            db("SELECT pg_terminate_backend(%s)", pid)

    result = db.run(define(update=None, apply=apply, batch_size=100))
    assert (state(result), counted(result), len(set(killed))) == ("completed", (1_000, 1_000, 0, 0, 0, 0), 3)


def test_15_clocks_that_jump_do_not_matter(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    db.leads(100)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert state(db.run()) == "completed"


def test_16_a_poison_row_is_set_aside(db: Database) -> None:
    db.leads(1_000)
    db("ALTER TABLE leads ADD CHECK (id <> 777 OR status IS NULL)")
    result = db.run()
    assert (state(result), counted(result)) == ("completed_with_quarantine", (1_000, 999, 0, 0, 0, 1))
    assert db("SELECT row_key, sqlstate FROM migration_guard.quarantine") == [(["777"], "23514")]
    assert "777" not in db("SELECT message FROM migration_guard.quarantine")[0][0]


def test_16_a_row_on_which_the_predicate_fails_is_set_aside(db: Database) -> None:
    db.leads(100)
    db("UPDATE leads SET phone = 'none' WHERE id = 40")
    result = db.run(define(where="status IS NULL AND phone::int > 0"))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (100, 99, 0, 0, 0, 1))


@pytest.mark.parametrize("fields", [{}, {"per": "tenant_id"}])
def test_16_many_rows_on_which_the_predicate_fails_are_found_together(db: Database, fields: dict[str, str]) -> None:
    """One transaction for all that a batch has of them, where halving took about twenty for each."""
    db.leads(4_000)
    definition = define(where="status IS NULL AND 10 / (id % 100) >= 0", **fields)
    result = db.run(definition)
    assert (state(result), counted(result)) == ("completed_with_quarantine", (4_000, 3_960, 0, 0, 0, 40))
    assert db("SELECT DISTINCT sqlstate FROM migration_guard.quarantine") == [("22012",)]
    assert db("SELECT sum(batches) FROM migration_guard.windows")[0][0] < 40
    db("UPDATE leads SET status = NULL WHERE id = 7")
    again = db.run(definition)
    assert (state(again), db.todo()) == ("completed_with_quarantine", 40)


def test_16_a_row_that_comes_while_they_are_found_hides_no_other(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first pass looks at all rows: the second finds nothing to do."""
    db.leads(2_000)
    db("DELETE FROM leads WHERE id = 50")
    inner, came = sieve.unreadable, list[bool]()

    def unreadable(*arguments: Any) -> Any:
        found = inner(*arguments)
        if not came:
            came.append(True)
            db("INSERT INTO leads (id, tenant_id) VALUES (50, 1)")
        return found

    monkeypatch.setattr(batch, "unreadable", unreadable)
    result = db.run(define(where="status IS NULL AND 10 / (id % 1000 - 7) <> 99"))
    assert (state(result), counted(result), came) == (
        "completed_with_quarantine",
        (2_000, 1_998, 0, 0, 0, 2),
        [True],
    )
    assert db("SELECT sweep FROM migration_guard.backfills") == [(2,)]


def test_16_the_same_with_a_key_of_several_columns(db: Database) -> None:
    db("CREATE TABLE k (a int, b text, s text, PRIMARY KEY (a, b))")
    db("INSERT INTO k SELECT n % 3, n::text FROM generate_series(1, 2000) AS n")
    fields = {
        "where": "s IS NULL AND 10 / (b::int % 100) >= 0",
        "update": "UPDATE k SET s = 'a' WHERE (a, b) IN (:ids)",
    }
    result = db.run(define(table="k", key_columns=("a", "b"), **fields))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (2_000, 1_980, 0, 0, 0, 20))
    assert db("SELECT sum(batches) FROM migration_guard.windows")[0][0] < 40


def test_16_a_row_that_is_too_large_for_an_index_is_a_bad_row(db: Database) -> None:
    db.leads(300)
    db("CREATE INDEX ON leads (status)")
    db("UPDATE leads SET name = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 2000) AS g) WHERE id = 40")
    result = db.run(define(update="UPDATE leads SET status = COALESCE(name, 'x') WHERE id = ANY(:ids)"))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (300, 299, 0, 0, 0, 1))


def test_16_a_table_that_is_all_poison_ends_the_run(db: Database) -> None:
    db.leads(300)
    db("ALTER TABLE leads ADD CHECK (status IS NULL)")
    result = db.run()
    assert state(result) == "failed"
    assert "64 of 64 rows cannot be changed" in str(result.reason)


def test_16_functions_may_fail_on_a_row(db: Database) -> None:
    db.leads(100)

    def apply(connection: Connection, ids: list[int]) -> None:
        if 7 in ids:
            raise ValueError("secret of row 7")
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))

    result = db.run(define(update=None, apply=apply))
    assert counted(result) == (100, 99, 0, 0, 0, 1)
    assert db("SELECT message FROM migration_guard.quarantine") == [("the function raised ValueError",)]


def test_17_live_inserts_are_a_moving_target(db: Database) -> None:
    db.leads(300)
    inserted = iter(range(1_000, 100_000))

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        for _ in range(20 * busy):
            db("INSERT INTO leads (id) VALUES (%s)", next(inserted))

    busy = True
    result = db.run(define(update=None, apply=apply, batch_size=20), seconds=30)
    assert state(result) == "incomplete"
    assert str(result.reason).startswith("moving target")
    busy = False
    rest = db.run(define(update=None, apply=apply, batch_size=20))
    assert (state(rest), db.todo()) == ("completed", 0)


def test_17_an_application_that_undoes_the_work_is_noticed(db: Database) -> None:
    db.leads(40)

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        db("UPDATE leads SET status = NULL WHERE NOT id = ANY(%s)", ids)

    result = db.run(define(update=None, apply=apply, batch_size=20))
    assert state(result) == "incomplete"
    assert str(result.reason).startswith("moving target")


def test_20_small_tenants_end_before_a_huge_one(db: Database) -> None:
    db("CREATE INDEX ON leads (tenant_id, id)")
    db("INSERT INTO leads (id, tenant_id) SELECT n, 1 FROM generate_series(1, 5000) AS n")
    db("INSERT INTO leads (id, tenant_id) SELECT 10000 + n, nullif(n % 51, 0) + 1 FROM generate_series(1, 510) AS n")
    finished: list[int | None] = []

    def apply(connection: Connection, ids: list[int]) -> None:
        done = connection.exec_driver_sql(
            "UPDATE leads SET status = 'new' WHERE id = ANY(%s) RETURNING tenant_id", (ids,)
        )
        finished.append(done.all()[-1][0])

    result = db.run(define(update=None, apply=apply, per="tenant_id", batch_size=10))
    assert counted(result) == (5_510, 5_510, 0, 0, 0, 0)
    last_small = max(n for n, tenant in enumerate(finished) if tenant != 1)
    assert finished[:last_small].count(1) <= 20
    assert None in finished
    tenants = db("SELECT tenant, examined, changed FROM migration_guard.windows WHERE kind = 'range'")
    assert len(tenants) == 52
    assert (None, 10, 10) in tenants


def test_20_small_tenants_share_batches(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration_guard.backfill.look.AIM", 60.0)  # a server that others use as well reads slowly
    db("CREATE INDEX ON leads (tenant_id, id)")
    db("INSERT INTO leads (id, tenant_id) SELECT n, n % 2000 FROM generate_series(1, 6000) AS n")
    batches: list[int] = []

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        batches.append(len(ids))

    result = db.run(define(update=None, apply=apply, per="tenant_id"))
    assert counted(result) == (6_000, 6_000, 0, 0, 0, 0)
    assert len(batches) < 100
    assert db(
        "SELECT DISTINCT examined, changed, count(*) FROM migration_guard.windows WHERE kind = 'range' GROUP BY 1, 2"
    ) == [(3, 3, 2_000)]


def test_20_tenants_without_an_index_are_found_too(db: Database) -> None:
    db.leads(90)
    db("UPDATE leads SET tenant_id = NULL WHERE id > 80")
    result = db.run(define(per="tenant_id"))
    assert (state(result), result.counts.changed) == ("completed", 90)
    assert db("SELECT count(*) FROM migration_guard.events WHERE detail LIKE 'no index begins with%'") == [(1,)]


def test_22_deferred_constraints_fail_in_their_batch(db: Database) -> None:
    db.leads(100)
    db("CREATE TABLE states (name text PRIMARY KEY); INSERT INTO states VALUES ('new')")
    db("ALTER TABLE leads ADD FOREIGN KEY (status) REFERENCES states DEFERRABLE INITIALLY DEFERRED")
    update = "UPDATE leads SET status = CASE WHEN id = 9 THEN 'odd' ELSE 'new' END WHERE id = ANY(:ids)"
    result = db.run(define(update=update))
    assert (state(result), counted(result)) == ("completed_with_quarantine", (100, 99, 0, 0, 0, 1))
    assert db("SELECT row_key, sqlstate FROM migration_guard.quarantine") == [(["9"], "23503")]


def test_23_a_schema_change_goes_first(db: Database) -> None:
    db.leads(2_000)
    reader, results = psycopg.connect(db.url), []

    def alter() -> None:
        with psycopg.connect(db.url) as other:
            other.execute("ALTER TABLE leads ADD COLUMN extra int")

    changing = threading.Thread(target=alter)

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        if not changing.ident:
            reader.execute("SELECT FROM leads LIMIT 1")
            changing.start()
            while not db("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"):
                pass

    running = threading.Thread(target=lambda: results.append(db.run(define(update=None, apply=apply, batch_size=50))))
    running.start()
    while not (
        db("SELECT to_regclass('migration_guard.events') IS NOT NULL") == [(True,)]
        and db("SELECT 1 FROM migration_guard.events WHERE kind = 'hold'")
    ):
        assert running.is_alive()
    assert db("SELECT changed FROM migration_guard.windows") == [(50,)]  # to look at the rows would queue as well
    reader.close()
    running.join()
    changing.join()
    assert (state(results[0]), results[0].counts.changed) == ("completed", 2_000)


def test_24_names_are_found_as_in_psql(db: Database) -> None:
    db(
        "CREATE SCHEMA crm; CREATE EXTENSION citext SCHEMA public; CREATE TABLE crm.people (id citext PRIMARY KEY, ok bool)"
    )
    db("CREATE FUNCTION crm.yes() RETURNS bool LANGUAGE sql AS 'SELECT true'")
    db("CREATE FUNCTION crm.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.ok := yes(); RETURN NEW; END$$")
    db("CREATE TRIGGER touch BEFORE UPDATE ON crm.people FOR EACH ROW EXECUTE FUNCTION crm.touch()")
    db("INSERT INTO crm.people VALUES ('Ann'), ('bob'), ('Carl')")
    update = "UPDATE people SET ok = false WHERE id = ANY(:ids)"
    definition = Backfill(
        key="k", table="people", where="ok IS NULL AND id <> 'BOB'", update=update, search_path="crm, public"
    )
    assert counted(db.run(definition)) == (3, 2, 0, 1, 0, 0)
    assert db("SELECT id::text FROM crm.people WHERE ok ORDER BY 1") == [("Ann",), ("Carl",)]


# What definitions must not do.


def test_an_update_of_more_than_its_batch_is_rolled_back(db: Database) -> None:
    db.leads(100)
    for key, update in {
        "or": f"{UPDATE} OR id > 50",
        "other rows": "UPDATE leads SET status = 'new' WHERE id - 1 = ANY(:ids) AND id % 2 = 1",
        "a copy": "INSERT INTO leads (id, status) SELECT id + 1000, 'copy' FROM leads WHERE id = ANY(:ids)",
    }.items():
        result = db.run(define(key=key, update=update, batch_size=20))
        assert state(result) == "failed", key
        assert "batch" in str(result.reason)
        assert db.todo() == 100


@pytest.mark.parametrize(
    "update",
    [
        "UPDATE other SET n = 1 FROM leads WHERE leads.id = ANY(:ids)",
        "WITH w AS (UPDATE other SET n = 1) UPDATE leads SET status = 'new' WHERE id = ANY(:ids)",
        "UPDATE leads SET status = write_other() WHERE id = ANY(:ids)",
    ],
)
def test_an_update_of_another_table_is_rolled_back(db: Database, update: str) -> None:
    db.leads(20)
    db("CREATE TABLE other (n int); INSERT INTO other VALUES (0)")
    db("CREATE FUNCTION write_other() RETURNS text LANGUAGE sql AS $$UPDATE other SET n = n + 1; SELECT 'new'$$")
    result = db.run(define(update=update))
    assert (state(result), db.todo(), db("SELECT n FROM other")) == ("failed", 20, [(0,)])
    assert "other" in str(result.reason)
    assert "expected only leads" in str(result.reason)


@pytest.mark.parametrize("swallow", [False, True])
@pytest.mark.parametrize("how", ["commit", "rollback", "text", "comment", "begin"])
def test_a_function_that_ends_the_transaction_is_rolled_back(db: Database, how: str, swallow: bool) -> None:
    db.leads(50)

    def end(connection: Connection) -> None:
        match how:
            case "commit":
                connection.commit()
            case "rollback":
                connection.rollback()
            case "text":
                connection.execute(text("COMMIT"))
            case "comment":
                connection.exec_driver_sql("/* so */ -- that\n  commit AND CHAIN")
            case _:
                with connection.begin():
                    pass

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        try:
            end(connection)
        except Exception:
            if not swallow:
                raise

    result = db.run(define(update=None, apply=apply))
    if how == "begin" and swallow:
        assert state(result) == "completed"  # SQLAlchemy has refused it, and nothing has happened
        return
    assert (state(result), db.todo()) == ("failed", 50)


def test_a_function_that_commits_behind_the_runners_back_is_stopped(db: Database) -> None:
    db.leads(50)

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        driver: Any = connection.connection.dbapi_connection
        driver.execute("COMMIT")

    result = db.run(define(update=None, apply=apply, batch_size=10))
    assert state(result) == "failed"
    assert "what it committed stands" in str(result.reason)
    assert db.todo() == 40


def test_a_function_may_use_savepoints(db: Database) -> None:
    db.leads(60)

    def apply(connection: Connection, ids: list[int]) -> None:
        with connection.begin_nested():
            connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))
        nested = connection.begin_nested()
        connection.exec_driver_sql("UPDATE leads SET name = 'x' WHERE id = ANY(%s)", (ids,))
        nested.rollback()

    result = db.run(define(update=None, apply=apply))
    assert (state(result), result.counts.changed) == ("completed", 60)
    assert db("SELECT count(*) FROM leads WHERE name IS NOT NULL") == [(0,)]


def test_writes_in_vain_are_told_and_do_not_go_on_for_ever(db: Database) -> None:
    db.leads(30)
    result = db.run(define(update="UPDATE leads SET status = name WHERE id = ANY(:ids)"))
    assert (state(result), counted(result)) == ("incomplete", (30, 0, 30, 0, 0, 0))
    assert str(result.reason).startswith("nothing changed")
    assert db("SELECT count(*) FROM migration_guard.events WHERE detail LIKE '%still matches%'") == [(1,)]


def test_nothing_else_changes(db: Database) -> None:
    db.leads(300)
    db("CREATE TABLE calls AS SELECT n AS id, n::text AS body FROM generate_series(1, 100) AS n")
    summed: LiteralString = (
        "SELECT md5(string_agg((id, tenant_id, phone, name, updated_at)::text, ',' ORDER BY id)), "
        "(SELECT md5(string_agg(calls::text, ',' ORDER BY id)) FROM calls) FROM leads"
    )
    before = db(summed)
    db("UPDATE leads SET status = 'old' WHERE id % 2 = 0")
    assert db.run().counts.changed == 150
    assert db(summed) == before
    assert db("SELECT count(*) FROM leads WHERE status = 'old'") == [(150,)]


def test_children_may_be_inserted_while_a_batch_holds_its_rows(db: Database) -> None:
    db.leads(10)
    db("CREATE TABLE calls (lead_id bigint REFERENCES leads)")

    def apply(connection: Connection, ids: list[int]) -> None:
        db("SET lock_timeout = '2s'")
        db("INSERT INTO calls VALUES (1)")
        connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))

    assert state(db.run(define(update=None, apply=apply))) == "completed"


def test_who_stands_idle_in_a_batch_without_python_is_gone_soon(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as console:
        console.execute("CREATE TABLE idle (id int PRIMARY KEY, t text); INSERT INTO idle VALUES (1)")
    shown = "current_setting('idle_in_transaction_session_timeout')"
    update = f"UPDATE idle SET t = {shown} WHERE id = ANY(:ids)"
    (result,) = run([Backfill(key="idle", table="idle", where="t IS NULL", update=update)], database)
    assert result.complete
    with psycopg.connect(database) as console:
        assert console.execute("SELECT t FROM idle").fetchone() == ("30s",)
