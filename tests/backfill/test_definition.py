"""Definitions say what is wrong with them when they are loaded, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from migration_guard.backfill import Backfill, DefinitionError, PolicyError, Priority, Status, TimeoutPolicy
from migration_guard.backfill.sqltext import assigned_columns, bound, is_local, squeezed
from migration_guard.backfill.transitions import TABLE, UNFINISHED, Actor, NotAllowed, State, check

UPDATE = "UPDATE leads SET status = 'new' WHERE id = ANY(:ids)"


def define(**fields: Any) -> Backfill:
    return Backfill(**{"key": "status", "table": "leads", "where": "status IS NULL", "update": UPDATE, **fields})


def test_defaults() -> None:
    backfill = define()
    assert backfill.key_columns == ("id",)
    assert (backfill.batch_size, backfill.max_runtime) == (500, 600)
    assert (backfill.priority, backfill.status) == (Priority.MEDIUM, Status.ACTIVE)
    assert backfill.tables == ("leads",)
    assert backfill.safe_to_run_online
    assert backfill.warnings == ()


def test_names_of_older_registries_are_understood() -> None:
    backfill = define(migration_number="36", max_runtime_seconds=60, priority="HIGH", status="deprecated")
    assert (backfill.migration, backfill.max_runtime) == ("36", 60)
    assert (backfill.priority, backfill.status) == (Priority.HIGH, Status.DEPRECATED)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": ""}, "key: expected a name"),
        ({"table": "leads, calls"}, "expected the name of one table"),
        ({"batch_size": 0}, "batch_size: expected 10 to 10,000, found 0; nearest: 10"),
        ({"batch_size": -5}, "nearest: 10"),
        ({"batch_size": 50_000}, "found 50,000; nearest: 10,000"),
        ({"batch_size": "200"}, "expected a whole number, found '200'"),
        ({"batch_size": True}, "expected a whole number"),
        ({"safe_to_run_online": "false"}, "safe_to_run_online: expected True or False, found 'false'"),
        ({"settles": 1}, "settles: expected True or False, found 1"),
        ({"max_runtime": 0}, "max_runtime: expected seconds, more than 0"),
        ({"max_runtime": -1}, "more than 0"),
        ({"max_runtime": float("inf")}, "more than 0"),
        ({"priority": "HIHG"}, 'did you mean "HIGH"'),
        ({"status": "actve"}, 'did you mean "active"'),
        ({"update": None}, "either update or apply"),
        ({"apply": print}, "either update or apply"),
        ({"update": None, "apply": "print"}, "apply: expected a function"),
        ({"where": ""}, "where: is empty"),
        ({"where": "-- all of them"}, "where: is empty"),
        ({"where": "status = NULL"}, "where: says '= NULL', which is never true; expected IS NULL"),
        ({"where": "id > 3 AND status <>\n null"}, "is never true"),
        ({"where": "true) OR (true"}, "closes a bracket"),
        ({"where": "status IS NULL; DROP TABLE leads"}, "semicolon"),
        ({"where": "id = :id"}, "takes no parameters, found :id"),
        ({"where": "name = 'O'Hara'"}, "quote"),
        ({"where": "id > 1 /* not yet"}, "comment that does not end"),
        ({"update": "UPDATE leads SET status = 'new'"}, "never says :ids"),
        ({"update": "UPDATE leads SET status = ':ids'"}, "never says :ids"),
        ({"update": f"{UPDATE} AND tenant_id = :tenant"}, "found :tenant"),
        ({"update": f"{UPDATE}; DELETE FROM leads"}, "semicolon"),
        ({"update": "TRUNCATE leads"}, "found 'TRUNCATE'"),
        ({"key_column": "id", "key_columns": ("a", "b")}, "found both"),
        ({"key_columns": "id"}, "expected a tuple"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match="(?s)" + message.replace("(", r"\(").replace(")", r"\)")):
        define(**fields)


@pytest.mark.parametrize(
    "update",
    [
        "DELETE FROM leads WHERE id = ANY(:ids)",
        "WITH done AS (SELECT 1) UPDATE leads SET status = 'a;b' WHERE id = ANY(:ids)",
        "UPDATE leads SET note = E'it\\'s; :here', at = '12:30'::time WHERE id = ANY(:ids) -- :not ; this",
        "UPDATE leads SET note = $q$ ; :x $q$ WHERE id = ANY(:ids::bigint[])",
        'UPDATE "le;ads" SET "a:b" = 1 WHERE id = ANY(:ids)',
    ],
)
def test_what_is_taken(update: str) -> None:
    assert define(update=update).update == update


def test_unusual_sizes_are_taken_with_a_warning() -> None:
    assert define(batch_size=200).warnings == define(batch_size=1_000).warnings == ()
    assert "recommended" in define(batch_size=100).warnings[0]
    assert "recommended" in define(batch_size=5_000).warnings[0]


def test_only_what_it_does_is_in_the_fingerprint() -> None:
    same = define(description="Another", batch_size=1_000, priority="LOW", where="status  IS\n NULL -- yet")
    assert define().fingerprint == same.fingerprint
    others = [define(where="status = ''"), define(update=UPDATE.replace("new", "old")), define(per="tenant_id")]
    assert len({define().fingerprint, *(one.fingerprint for one in others)}) == 4


def test_the_text_of_a_function_counts() -> None:
    def first(connection: Any, ids: list[int]) -> None: ...
    def second(connection: Any, ids: list[int]) -> None:
        connection.exec_driver_sql("SELECT 1")

    prints = {define(update=None, apply=function).fingerprint for function in (first, second)}
    assert len(prints) == 2


# The policy.


@pytest.mark.parametrize("lock", [30, 60, 120, "30s", "2min", "90000ms"])
def test_patient_locks_are_taken(lock: Any) -> None:
    assert 30 <= TimeoutPolicy(lock=lock, statement=150).lock <= 120


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lock": "5s"}, "policy of schema changes"),
        ({"lock": 5}, "nearest: 30"),
        ({"lock": 121, "statement": 600}, "nearest: 120"),
        ({"statement": 0}, "no limit"),
        ({"statement": 65}, "nearest: 70"),
        ({"statement": 4_000}, "at most 3600"),
        ({"idle": 0}, "idle: expected 30 to 600"),
        ({"idle": -1}, "expected seconds"),
        ({"lock": "soon"}, 'a text such as "60s"'),
        ({"lock": True}, "expected seconds"),
        ({"lock": float("nan")}, "expected seconds"),
    ],
)
def test_a_policy_that_harms_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        TimeoutPolicy(**fields)


def test_the_transaction_has_a_bound_where_the_server_knows_one() -> None:
    policy = TimeoutPolicy()
    assert policy.settings(150000) == {
        "lock_timeout": "60000ms",
        "statement_timeout": "120000ms",
        "idle_in_transaction_session_timeout": "120000ms",
    }
    assert policy.settings(170000)["transaction_timeout"] == "150000ms"
    assert TimeoutPolicy(statement=600).transaction > 600


# The text of statements.


@pytest.mark.parametrize(
    ("update", "columns"),
    [
        (UPDATE, {"status"}),
        (
            "UPDATE t SET a = 1, b = (SELECT x FROM y WHERE y.c = t.d), Email = lower(e) WHERE id = ANY(:ids)",
            {"a", "b", "email"},
        ),
        ('UPDATE t SET (a, "B b") = (1, 2) FROM u WHERE u.c = t.c AND t.id = ANY(:ids)', {"a", "B b"}),
        ("UPDATE t SET j['k'] = '1' WHERE id = ANY(:ids)", {"j"}),
        ("DELETE FROM t WHERE a = 1 AND id = ANY(:ids)", set()),
        ("INSERT INTO t SELECT * FROM s WHERE id = ANY(:ids) ON CONFLICT (id) DO UPDATE SET n = excluded.n", {"n"}),
    ],
)
def test_columns_that_an_update_sets(update: str, columns: set[str]) -> None:
    assert assigned_columns(update) == columns


def test_text_for_the_driver() -> None:
    assert bound("name LIKE 'a%' /* 50 % */ AND x %% 2 = 0") == "name LIKE 'a%%'   AND x %%%% 2 = 0"
    assert bound("id = ANY(:ids) AND ':ids' <> ''", "IDS") == "id = ANY(IDS) AND ':ids' <> ''"
    assert squeezed("a  =\n'b  c' -- d") == "a = 'b  c'"


@pytest.mark.parametrize("where", ["status IS NULL", "a = '(' AND b <> 'x'", "x > 3 AND y"])
def test_a_predicate_of_its_row_alone(where: str) -> None:
    assert is_local(where)
    assert not is_local(f"({where})")


# States and pace.


def test_every_state_can_be_left_and_reached() -> None:
    assert {one.to for one in TABLE} == set(State)
    assert {one.origin for one in TABLE} == set(State)
    for state in UNFINISHED:
        check(state, State.RUNNING, Actor.RUNNER)


@pytest.mark.parametrize(
    ("origin", "to", "by"),
    [
        (State.PAUSED, State.RUNNING, Actor.RUNNER),
        (State.CANCELLED, State.RUNNING, Actor.RUNNER),
        (State.COMPLETED, State.QUEUED, Actor.RUNNER),
        (State.QUEUED, State.COMPLETED, Actor.PERSON),
        (State.RUNNING, State.QUEUED, Actor.PERSON),
        (State.COMPLETED, State.PAUSED, Actor.PERSON),
    ],
)
def test_steps_that_nobody_may_take(origin: State, to: State, by: Actor) -> None:
    with pytest.raises(NotAllowed, match=f"it is {origin.value}"):
        check(origin, to, by)


def test_only_a_function_settles() -> None:
    with pytest.raises(DefinitionError, match=r"settles: expected a function"):
        Backfill(
            key="k", table="leads", where="TRUE", update="UPDATE leads SET a = 1 WHERE id = ANY(:ids)", settles=True
        )
