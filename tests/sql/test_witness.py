"""Five hundred texts on a real server; `make sql-witness` runs many more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from backfill.server import configured

from .witness.texts import Texts
from .witness.witness import Verdict, Witness, witness

FILL = "CREATE FUNCTION fill({0}) RETURNS {1} LANGUAGE sql AS $$ UPDATE leads SET a = 1; SELECT {2} $$; "
FILLS, FILLS_ROW, FILLS_TRUE = (
    FILL.format("", "int", 1),
    FILL.format("calls", "int", 1),
    FILL.format("int", "bool", True),
)
FIRES = (
    "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE leads SET a = 1; RETURN NEW; END $$; "
)
WAYS = {
    "a WITH in a WITH": "WITH a AS (WITH b AS (SELECT 1 AS n) DELETE FROM leads USING b RETURNING 1) SELECT 1",
    "a text that a function makes": "CREATE FUNCTION q() RETURNS text LANGUAGE sql AS $$ SELECT 'DELETE FROM leads' $$; "
    "DO $$ BEGIN EXECUTE q(); END $$",
    "an element of an array": "DO $$ DECLARE q text[]; BEGIN q[1] := 'TRUNCATE calls, leads'; EXECUTE q[1]; END $$",
    "what is given to a text": FILLS + "DO $$ BEGIN EXECUTE 'SELECT $1' USING fill(); END $$",
    "a function as a column": FILLS_ROW + "SELECT calls.fill FROM calls",
    "a function as a field": FILLS_ROW + "SELECT (c).fill FROM calls c",
    "an operator": FILL.format("int, int", "int", 1) + "CREATE OPERATOR @@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = fill); SELECT 1 @@@ 2",
    "a cast": "CREATE TYPE kind AS (x int); " + FILL.format("kind", "int", 1)
    + "CREATE CAST (kind AS int) WITH FUNCTION fill(kind); SELECT ROW(1)::kind::int",
    "a domain": FILLS_TRUE + "CREATE DOMAIN checked AS int CHECK (fill(VALUE)); SELECT 1::checked",
    "a view": FILLS + "CREATE VIEW v AS SELECT fill() AS x; SELECT * FROM v",
    "a default": FILLS + "CREATE TEMP TABLE t (x int DEFAULT fill()); INSERT INTO t DEFAULT VALUES",
    "a parameter's default": FILLS + 'CREATE FUNCTION f(x int DEFAULT public."fill"()) RETURNS int LANGUAGE sql AS $$ SELECT x $$; SELECT f()',
    "a check that waits": FILLS_TRUE + "ALTER TABLE calls ADD CONSTRAINT c CHECK (fill(a)) NOT VALID; ALTER TABLE calls VALIDATE CONSTRAINT c",
    "a trigger": FIRES + "CREATE TRIGGER t BEFORE INSERT OR DELETE ON notes FOR EACH ROW EXECUTE FUNCTION fire(); INSERT INTO notes (a) VALUES (1)",
    "a trigger behind a function": FIRES + "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON notes FOR EACH ROW EXECUTE PROCEDURE fire(); "
    "CREATE FUNCTION add() RETURNS void LANGUAGE sql AS $$ INSERT INTO notes (a) VALUES (1) $$; SELECT add()",
    "a trigger on a conflict": FIRES + "ALTER TABLE notes ADD UNIQUE (a); CREATE TRIGGER t AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION fire(); "
    "INSERT INTO notes (a) SELECT a FROM calls ON CONFLICT (a) DO UPDATE SET b = 'x'",
    "a trigger of a table with another name": FIRES + "CREATE TRIGGER t AFTER INSERT ON notes EXECUTE FUNCTION fire(); "
    "ALTER TABLE notes RENAME TO remarks; INSERT INTO remarks (a) VALUES (1)",
    "a rule": "CREATE RULE r AS ON INSERT TO notes DO ALSO UPDATE leads SET a = 1; INSERT INTO notes (a) VALUES (1)",
    "a rule of several": "CREATE RULE r AS ON INSERT TO notes WHERE true DO (SELECT 1; DELETE FROM leads); INSERT INTO notes (a) VALUES (1)",
    "a view that is written": "CREATE VIEW v AS SELECT l.a, l.b FROM leads l WHERE a > 0; UPDATE v SET a = 1",
    "a view of a view": "CREATE VIEW v (x) AS SELECT a FROM ONLY leads; CREATE OR REPLACE TEMP VIEW w AS TABLE v; INSERT INTO w VALUES (1)",
    "a view whose table gets another name": "ALTER TABLE leads RENAME TO old; CREATE VIEW v AS SELECT * FROM old; ALTER TABLE old RENAME TO leads; DELETE FROM v",
    "a trigger's condition": FILLS_TRUE + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; "
    "CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW WHEN (fill(NEW.a)) EXECUTE FUNCTION f(); INSERT INTO notes (a) VALUES (1)",
    "a rule's condition": FILLS_TRUE + "CREATE RULE r AS ON UPDATE TO calls WHERE fill(new.a) DO INSTEAD NOTHING; UPDATE calls SET a = 2",
}  # fmt: skip
QUIET = {
    "a trigger on another verb": FIRES
    + "CREATE TRIGGER t AFTER INSERT ON notes EXECUTE FUNCTION fire(); DELETE FROM notes",
    "a trigger that nothing fires": FIRES + "CREATE TRIGGER t AFTER INSERT ON notes EXECUTE FUNCTION fire()",
    "a rule that nothing fires": "CREATE RULE r AS ON INSERT TO notes DO INSTEAD DELETE FROM leads",
    "an explanation": "EXPLAIN (ANALYZE 0) DELETE FROM leads; EXPLAIN (ANALYZE 'off') DELETE FROM leads",
    "a view of a function that only reads": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; CREATE VIEW v AS SELECT f()",
}
TEXTS, SEED = 500, 15
MOST_ALARMS = 0.02
"""Texts of which a change is told that the server did not make: mostly in branches that it never takes."""


@pytest.fixture(scope="module")
def seen() -> Iterator[Witness]:
    with configured() as server, server.fresh() as name, witness(server.url(name)) as found:
        yield found


def test_what_the_server_writes_is_told(seen: Witness) -> None:
    texts = Texts(SEED)
    verdicts: Counter[Verdict] = Counter()
    missed = []
    for _ in range(TEXTS):
        text = texts.text()
        found = seen.see(text)
        verdicts[found.verdict] += 1
        if found.verdict is Verdict.MISSED:
            missed.append((text, found))
    assert not missed
    assert verdicts[Verdict.ALARM] <= TEXTS * MOST_ALARMS
    assert verdicts[Verdict.AGREED] > TEXTS / 4  # else the texts are no witnesses


def test_the_witness_notices_what_is_not_told(seen: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sql.witness.witness.read_sql", lambda *_, **__: [])
    assert seen.see("UPDATE leads SET a = 1").verdict is Verdict.MISSED
    assert seen.see("UPDATE leads SET").verdict is Verdict.REFUSED
    assert seen.see("SELECT 1").verdict is Verdict.AGREED


@pytest.mark.parametrize("way", WAYS)
def test_what_runs_behind_a_statement_is_told(way: str, seen: Witness) -> None:
    found = seen.see(WAYS[way])
    assert "leads" in found.written
    assert found.verdict in {Verdict.AGREED, Verdict.UNKNOWN}


@pytest.mark.parametrize("way", QUIET)
def test_what_only_could_run_is_not(way: str, seen: Witness) -> None:
    found = seen.see(QUIET[way])
    assert "leads" not in found.written
    assert found.verdict is Verdict.AGREED
