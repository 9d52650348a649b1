"""Arguments of a definition: declared, bound as parameters, told by nobody, and a backfill of their own for each set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backfill.test_batches import Database, define
from backfill.test_commands import Project, last
from migration_guard.backfill import (
    Argument,
    Backfill,
    BackfillUnfinished,
    DefinitionError,
    require_backfill,
    run,
)
from migration_guard.backfill.arguments import ArgumentRefused

SECRET = "it's 100% '; DROP TABLE leads; -- s3cret"
TENANT, WORD = Argument("tenant", "int", public=True), Argument("word")
PROJECT = """
from migration_guard.backfill import Argument, Backfill

LEADS = Backfill(
    key="leads", table="leads", where="status IS NULL AND tenant_id = :tenant", arguments=(
        Argument("tenant", "int", public=True), Argument("word"),
    ), update="UPDATE leads SET status = :word WHERE id = ANY(:ids)",
)
NAMES = Backfill(key="names", table="leads", where="name IS NULL", after="leads",
                 update="UPDATE leads SET name = 'x' WHERE id = ANY(:ids)")
"""


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(300)
    yield made
    made.console.close()


def words(**fields: Any) -> Backfill:
    return define(**{
        "where": "status IS NULL AND tenant_id = :tenant",
        "update": "UPDATE leads SET status = :word WHERE id = ANY(:ids)",
        "arguments": (TENANT, WORD), **fields,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"where": "status = :tennant"}, "where: expected one of :tenant, :word, found :tennant"),
        ({"update": "UPDATE leads SET status = :wrd WHERE id = ANY(:ids)"}, "expected one of :ids, :tenant, :word"),
        ({"arguments": (TENANT, WORD, Argument("idle"))}, "neither where nor update says :idle"),
        ({"arguments": (TENANT, WORD, TENANT)}, "expected different names"),
        ({"arguments": (TENANT, "word")}, "expected Argument"),
        ({"arguments": ()}, "where: takes no parameters, found :tenant"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_said(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        words(**fields)


@pytest.mark.parametrize("fields", [{"name": "ids"}, {"name": "A"}, {"name": "a", "type": "int) OR (1"}])
def test_names_and_types_are_names_and_types(fields: dict[str, Any]) -> None:
    with pytest.raises(ArgumentRefused, match="expected a"):
        Argument(**fields)


def test_two_sets_are_two_backfills() -> None:
    one, other = words().bind({"tenant": "1", "word": "a"}), words().bind({"tenant": "2", "word": "a"})
    assert one.key.startswith("status[tenant=1,word#")
    assert len({one.key, other.key, words().key}) == len({one.fingerprint, other.fingerprint, words().fingerprint}) == 3
    assert words(key_column="id").bind({"tenant": "1"}).key_columns == ("id",)
    default = words(arguments=(Argument("tenant", "int", default="1"), WORD))
    assert default.bind({"tenant": "1"}).key == "status"  # says what holds anyway
    with pytest.raises(DefinitionError, match='did you mean "tenant"'):
        words().bind({"tennant": "1"})


def test_values_are_bound_wherever_the_sql_goes_and_told_nowhere(db: Database) -> None:
    """Also where rows are tried one by one on the server, in blocks that take no parameters."""
    db("ALTER TABLE leads ADD CHECK (id <> 7 OR status IS NULL)")
    db("ALTER TABLE leads ADD CHECK (id <> 8 OR status IS NULL)")
    definition = words().bind({"tenant": "1", "word": SECRET})
    (result,) = run([definition], db.url)
    assert (str(result.state and result.state.value), result.counts.quarantined) == ("completed_with_quarantine", 1)
    assert db("SELECT status, tenant_id, count(*) FROM leads GROUP BY 1, 2 ORDER BY 2, 3") == [
        (None, 0, 100), (None, 1, 1), (SECRET, 1, 99), (None, 2, 100),
    ]  # fmt: skip
    (other,) = run([words().bind({"tenant": "2", "word": "plain"})], db.url)
    assert not other.complete  # row 8
    told = [repr(result), repr(definition), repr(other)]
    for table in ("backfills", "windows", "quarantine", "events", "unchanged"):
        told += [str(row) for row in db(f"SELECT t::text FROM migration_guard.{table} AS t")]
    assert not any("s3cret" in one for one in told)
    assert db("SELECT count(DISTINCT key) FROM migration_guard.backfills") == [(2,)]


def test_a_gate_asks_for_the_same_arguments(db: Database) -> None:
    (result,) = run([words().bind({"tenant": "0", "word": "x"})], db.url)
    assert result.complete
    with psycopg.connect(db.url) as connection:
        require_backfill(connection, words(), arguments={"tenant": "0", "word": "x"})
        for wrong in ({"tenant": "1", "word": "x"}, {"tenant": "0", "word": "y"}, {"tenant": "0"}):
            with pytest.raises(BackfillUnfinished, match="has never been run"):
                require_backfill(connection, words(), arguments=wrong)
        with pytest.raises(BackfillUnfinished, match='did you mean "word"'):
            require_backfill(connection, words(), arguments={"wort": "x"})
        db("INSERT INTO leads (id, tenant_id) VALUES (301, 0)")
        with pytest.raises(BackfillUnfinished, match="no longer"):
            require_backfill(connection, words(), arguments={"tenant": "0", "word": "x"})


def test_a_function_is_given_what_the_server_has_read(db: Database) -> None:
    given: list[Any] = []

    def fill(connection: Any, ids: list[int], *, tenant: int, since: Any) -> None:
        given.append((tenant, since.year))
        connection.exec_driver_sql("UPDATE leads SET status = 'x' WHERE id = ANY(%s)", (ids,))

    definition = words(
        update=None, apply=fill, arguments=(TENANT, Argument("since", "timestamptz", default="2026-02-03"))
    )
    (result,) = run([definition.bind({"tenant": " 1 "})], db.url)
    assert (result.complete, set(given)) == (True, {(1, 2026)})


@pytest.mark.parametrize(
    ("type_", "value", "told"),
    [
        ("int", "s3cret", "argument tenant: expected int (SQLSTATE 22P02)"),
        ("no_such_type", "s3cret", "argument tenant: expected no_such_type (SQLSTATE 42704)"),
        ("timestamptz", " Now ", "a word that means another one each time"),
        ("timestamptz", "today04:00", "a word that means another one each time"),
    ],
)
def test_values_that_the_server_cannot_read_are_refused_unshown(
    db: Database, type_: str, value: str, told: str
) -> None:
    definition = words(arguments=(Argument("tenant", type_), WORD)).bind({"tenant": value, "word": "x"})
    (result,) = run([definition], db.url)
    assert result.state is not None
    assert (result.state.value, told in str(result), value in str(result)) == ("failed", True, False)


def test_the_command_line(db: Database, tmp_path: Path) -> None:
    project = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(PROJECT)
    one = ("--arg", "tenant=1", "--arg", f"word={SECRET}")
    for given, told in (
        (
            ("--only", "leads"),
            "NOTHING WAS RUN: leads: not run (needs --arg tenant=VALUE (int), --arg word=VALUE (text))",
        ),
        (("--only", "leads", "--arg", "tenant"), "NOTHING WAS RUN: --arg: expected NAME=VALUE, found no name or no ="),
        (("--only", "names", "--arg", "word=a"), "--arg word: no backfill that is asked for has such an argument"),
        (("--only", "leads", "--arg", "wort=a"), 'has such an argument; did you mean "word"?'),
        (("--only", "leads", *one), "All complete: 1 of 1 backfills."),
        (("--all", *one), "All complete: 2 of 2 backfills, 1 of them before."),  # `after` waits for the one with these
    ):
        ended = project("run", *given)
        assert told in last(ended)
        assert "s3cret" not in ended.stdout + ended.stderr
    assert project("gate", "leads", *one).returncode == 0
    assert project("gate", "leads").returncode == 1
    assert project("gate", "leads", "--arg", "tenant=2", "--arg", "word=a").returncode == 1
    assert "is queued now" in project("retry", "leads", *one).stdout
    shown = project("status")
    assert "leads[tenant=1,word#" in shown.stdout
    assert "s3cret" not in shown.stdout
    project.end()
