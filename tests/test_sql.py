"""Offsets, names, holes, functions of an earlier text, and hostile SQL."""

from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_guard.operations import OperationKind
from migration_guard.sql import (
    Armed,
    Change,
    Created,
    Doubted,
    Dropped,
    FunctionCreated,
    Functions,
    Harmless,
    Renamed,
    Step,
    Transaction,
    Unknown,
    parse,
    read_sql,
)
from migration_guard.sql.scan import words


def changed(sql: str, *holes: tuple[int, int]) -> list[str]:
    """The text of each change."""
    return [sql[step.start : step.end] for step in read_sql(sql, holes) if isinstance(step, Change)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("  UPDATE a SET x = 1 ; ", ["UPDATE a SET x = 1"]),
        ("-- é\n/* c */ DELETE FROM a;\nTRUNCATE b", ["DELETE FROM a", "TRUNCATE b"]),
        ("WITH x AS (SELECT 1) UPDATE a SET x = 1", ["UPDATE a SET x = 1"]),
        ("WITH x AS (DELETE FROM a RETURNING (1)) SELECT 1", ["DELETE FROM a RETURNING (1)"]),
        ("CREATE TABLE a AS SELECT 1;", ["CREATE TABLE a AS SELECT 1"]),
        ("WITH x AS (SELECT 1) SELECT * INTO a FROM x", ["SELECT * INTO a FROM x"]),
        ("EXPLAIN ANALYZE DELETE FROM a", ["DELETE FROM a"]),
        ("PREPARE p AS DELETE FROM a", ["DELETE FROM a"]),
        ("/*!50100 DELETE FROM a */", ["DELETE FROM a"]),
        ("DO $$ BEGIN\n  IF x THEN UPDATE a SET y = 'é''z'; END IF; END $$", ["UPDATE a SET y = 'é''z'"]),
        ("DO 'BEGIN DELETE FROM a WHERE b = ''c''; END'", ["DELETE FROM a WHERE b = ''c''"]),
        ("DO $$ BEGIN EXECUTE 'DELETE FROM a'; END $$", ["DELETE FROM a"]),
        ("DO $$ BEGIN EXECUTE E'DELETE\\nFROM a'; END $$", ["DELETE\\nFROM a"]),
        ("SET @s = 'DELETE FROM a'; PREPARE p FROM @s", ["DELETE FROM a"]),
        ("CREATE FUNCTION f() AS $$ DELETE FROM a $$ LANGUAGE sql;  SELECT f() ;", ["SELECT f()"]),
    ],
)
def test_offsets(sql: str, expected: list[str]) -> None:
    assert changed(sql) == expected


def test_a_text_is_read_anew_once_more_is_known_of_functions_and_triggers() -> None:
    functions = Functions()
    fills = [Change(OperationKind.UPDATE, ("leads",), 0, 1)]

    def read() -> list[tuple[str, ...]]:
        texts = ("INSERT INTO calls (a) VALUES (1)", "SELECT fill()", "INSERT INTO talks (a) VALUES (1)")
        steps = [step for text in texts for step in read_sql(text, functions=functions)]
        return [step.tables for step in steps if isinstance(step, Change)]

    assert read() == read() == [("calls",), ("talks",)]
    functions.create("fill", fills, ())
    assert read() == [("calls",), ("leads",), ("talks",)]
    functions.arm("calls", "fill", {"INSERT"})
    assert read() == [("calls",), ("leads",), ("leads",), ("talks",)]
    functions.rename("calls", "talks")
    assert read() == [("calls",), ("leads",), ("leads",), ("talks",), ("leads",)]


def test_offsets_in_a_function_that_is_only_created() -> None:
    sql = "CREATE FUNCTION app.f() RETURNS void AS $b$\nBEGIN\n  DELETE FROM a;\nEND $b$ LANGUAGE plpgsql;"
    (step,) = read_sql(sql)
    assert isinstance(step, FunctionCreated)
    assert step.name == "app.f"
    assert [sql[change.start : change.end] for change in step.changes] == ["DELETE FROM a"]


@pytest.mark.parametrize(
    "body", ["LANGUAGE plpython3u AS $$ plan() $$", "LANGUAGE plpgsql AS $$ BEGIN EXECUTE q; END $$"]
)
def test_what_a_function_hides_is_hidden_from_its_caller_too(body: str) -> None:
    created, called = read_sql(f"CREATE FUNCTION f(q text) RETURNS void {body}; SELECT f('x')")
    assert isinstance(created, FunctionCreated)
    assert isinstance(called, Change)
    assert called.kind is OperationKind.OPAQUE


def test_functions_of_an_earlier_text() -> None:
    before = (Change(OperationKind.DELETE, ("a",), 40, 50),)
    assert read_sql("SELECT public.Fill(1)", functions=Functions({"fill": before})) == [
        Change(OperationKind.DELETE, ("a",), 0, 21)
    ]
    assert read_sql("CALL fill()", functions=Functions({"fill": before})) == [
        Change(OperationKind.DELETE, ("a",), 0, 11)
    ]
    trigger = "CREATE TRIGGER t BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION fill()"
    assert [type(step) for step in read_sql(trigger, functions=Functions({"fill": before}))] == [
        Harmless,
        Doubted,
        Armed,
    ]


def test_tables_that_come_and_go() -> None:
    sql = 'CREATE TABLE a (x int); ALTER TABLE IF EXISTS public.a RENAME TO b; DROP TABLE IF EXISTS b, "C" CASCADE'
    assert [step for step in read_sql(sql) if not isinstance(step, Harmless)] == [
        Created("a", False, 0, 22),
        Renamed("public.a", "b", 24, 66),
        Dropped("b", 68, 103),
        Dropped("C", 68, 103),
    ]
    assert read_sql("RENAME TABLE a TO b, c TO d") == [Renamed("a", "b", 0, 27), Renamed("c", "d", 0, 27)]
    assert read_sql("ALTER TABLE a RENAME b") == [Renamed("a", "b", 0, 22)]


def test_transactions_and_harmless_statements_say_what_they_are() -> None:
    assert read_sql("COMMIT") == [Transaction("COMMIT", 0, 6)]
    assert read_sql("begin") == [Transaction("BEGIN", 0, 5)]
    assert read_sql("SELECT 1;") == [Harmless("only reads", False, 0, 8)]
    assert read_sql("CREATE INDEX i ON a (b)") == [Harmless("changes the schema", True, 0, 23)]


def test_created_follows_its_change() -> None:
    assert [type(step) for step in read_sql("CREATE TABLE a AS SELECT 1")] == [Change, Created]


WITH_HOLES = [
    ("UPDATE «t» SET x = 1", OperationKind.UPDATE, ()),
    ("UPDATE public.«t» SET x = 1", OperationKind.UPDATE, ()),
    ("UPDATE tbl_«t» SET x = 1", OperationKind.UPDATE, ()),
    ('UPDATE "tbl_«t»_x" SET x = 1', OperationKind.UPDATE, ()),
    ("UPDATE a SET «assignments»", OperationKind.UPDATE, ("a",)),
    ("UPDATE a SET x = '«value»; DELETE' WHERE «condition»", OperationKind.UPDATE, ("a",)),
    ("UPDATE a SET x = 1 «rest»", OperationKind.UPDATE, ("a",)),
    ("«comment» UPDATE a SET x = 1", OperationKind.UPDATE, ("a",)),
    ("«ctes» DELETE FROM a", OperationKind.DELETE, ("a",)),
    ("WITH «ctes» DELETE FROM a", OperationKind.DELETE, ("a",)),
    ("DELETE FROM «it's»", OperationKind.DELETE, ()),
    ("TRUNCATE «t» CASCADE", OperationKind.TRUNCATE, ()),
    ("INSERT INTO a («columns») VALUES («values»)", OperationKind.INSERT_VALUES, ("a",)),
    ("INSERT INTO a («columns») SELECT «columns» FROM b", OperationKind.INSERT_SELECT, ("a",)),
    ("INSERT INTO «t» SELECT 1", OperationKind.INSERT_SELECT, ()),
    ("INSERT INTO a «select»", OperationKind.INSERT_SELECT, ("a",)),
    ("CREATE TABLE a AS «select»", OperationKind.CTAS, ("a",)),
    ("CREATE TABLE «t» AS SELECT 1", OperationKind.CTAS, ()),
    ("DO $$ BEGIN UPDATE «t» SET x = 1; END $$", OperationKind.UPDATE, ()),
    ("DO $$ BEGIN EXECUTE 'UPDATE «t» SET x = 1'; END $$", OperationKind.UPDATE, ()),
]


def with_holes(marked: str) -> tuple[str, list[tuple[int, int]]]:
    holes = [(index, marked.index("»", index) + 1) for index, letter in enumerate(marked) if letter == "«"]
    return marked, holes


@pytest.mark.parametrize(("marked", "kind", "tables"), WITH_HOLES)
def test_holes(marked: str, kind: OperationKind, tables: tuple[str, ...]) -> None:
    sql, holes = with_holes(marked)
    found = [step for step in read_sql(sql, holes) if isinstance(step, Change)]
    assert [(step.kind, step.tables) for step in found] == [(kind, tables)]
    assert found[0].dynamic or tables


@pytest.mark.parametrize(
    "marked", ["«sql»", "«sql»;", "«a» «b»", "«verb» a SET x = 1", "SET x = 1; «sql»", "CALL «f»()"]
)
def test_holes_that_hide_the_verb(marked: str) -> None:
    sql, holes = with_holes(marked)
    assert [step for step in read_sql(sql, holes) if isinstance(step, Unknown)]


@pytest.mark.parametrize(
    "marked", ["SELECT «x»", "ALTER TABLE «t» ADD x int", "DROP TABLE «t»", "CREATE INDEX «i» ON a (b)"]
)
def test_holes_that_hide_nothing(marked: str) -> None:
    sql, holes = with_holes(marked)
    assert {type(step) for step in read_sql(sql, holes)} == {Harmless}


HOSTILE = {
    "nested arrays": "SELECT " + "ARRAY[" * 5_000,
    "nested structs": "SELECT " + "STRUCT(" * 5_000,
    "casts": "UPDATE a SET x = y" + "::int[" * 5_000,
    "closed parentheses": "UPDATE a SET x = " + "(" * 20_000 + "1" + ")" * 20_000,
    "open parentheses": "INSERT INTO a " + "(" * 50_000,
    "parenthesised root": "(" * 20_000 + "DELETE FROM a" + ")" * 20_000,
    "CASE": "UPDATE a SET x = " + "CASE WHEN 1 THEN " * 5_000,
    "NOT": "DELETE FROM a WHERE " + "NOT " * 20_000,
    "CTEs in CTEs": "WITH x AS (" * 5_000 + "DELETE FROM a" + ")" * 5_000,
    "many CTEs": "WITH " + ", ".join(f"x{n} AS (DELETE FROM a)" for n in range(2_000)) + " SELECT 1",
    "many rows": "INSERT INTO a VALUES " + "(1, 'x', NULL)," * 5_000,
    "many statements": "UPDATE a SET x = 1;" * 3_000,
    "many semicolons": ";" * 40_000,
    "many headers": "IF " * 15_000 + "UPDATE a SET x = 1",
    "many labels": "<< a >> " * 15_000 + "UPDATE a SET x = 1",
    "blocks that never end": "CREATE FUNCTION f() BEGIN; " * 3_000,
    "rules that never end": "CREATE RULE r AS ON INSERT TO a DO (SELECT 1; " * 3_000,
    "open quotes": "SELECT '" * 15_001,
    "open comments": "/* " * 25_000,
    "open tags": "".join(f"$a{n}$ " for n in range(15_000)),
    "open templates": "{% " * 20_000 + "{{ " * 20_000,
    "open placeholders": "%(" * 40_000,
    "blocks in blocks": "".join(f"DO $a{n}$ BEGIN " for n in range(2_000)),
    "strings in strings": "EXECUTE " + "'" * 2**16,
    "long name": "UPDATE " + ".".join(["a"] * 15_000) + " SET x = 1",
    "long concatenation": "DO $$ BEGIN EXECUTE 'DELETE FROM a' " + "|| 'b' || c " * 10_000 + "; END $$",
    "calls of calls": "".join(
        f"CREATE FUNCTION f{n}() AS $$ SELECT f{n - 1}(), f{n - 1}() $$ LANGUAGE sql;"
        if n
        else "CREATE FUNCTION f0() AS $$ DELETE FROM a $$ LANGUAGE sql;"
        for n in range(60)
    )
    + "SELECT f59()",
    "variables of variables": "DO $$ BEGIN " + "v := 'DELETE FROM a'; EXECUTE v; " * 1_000 + "END $$",
    "GO": "GO " * 20_000,
    "delimiters": "DELIMITER //\n" * 10_000,
    "copies": "COPY a FROM stdin;\n" * 10_000 + "\\.\n",
    "psql": "\\a " * 12_000,
    "control characters": "\x00\x1b[31m\u202e UPDATE\x00a SET x = 1",
    "lone surrogate": "UPDATE \ud800 SET x = 1",
}


SAYS_NOTHING = {"many semicolons", "GO", "delimiters"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sql_ends_with_something_said(name: str) -> None:
    """How long it takes is measured in benchmarks/script.py."""
    assert read_sql(HOSTILE[name]) or name in SAYS_NOTHING


@pytest.mark.parametrize(
    "sql", ["UPDATE a SET x = " + "(" * 60 + "1" + ")" * 60, "DELETE FROM a WHERE " + "NOT " * 3_000]
)
def test_what_is_too_deep_to_parse_is_read_by_its_tokens(sql: str) -> None:
    (step,) = read_sql(sql)
    assert isinstance(step, Change)
    assert step.tables == ("a",)


def test_what_takes_too_long_to_parse_is_read_by_its_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_sql: str, _dialect: str) -> None:
        while True:
            pass

    monkeypatch.setattr(parse, "_written", endless)
    monkeypatch.setattr(parse, "SECONDS", 0.05)
    before = signal.getsignal(signal.SIGALRM)
    assert read_sql("UPDATE a SET x = 1") == [Change(OperationKind.UPDATE, ("a",), 0, 18)]
    assert signal.getsignal(signal.SIGALRM) is before


def test_the_parser_prints_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    for sql in (
        "UPDATE a SET x = 'secret' WHERE ((",
        "REPLACE INTO a VALUES ('secret')",
        "ALTER ROLE x PASSWORD 'secret'",
    ):
        read_sql(sql)
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_what_the_parser_is_given_holds_no_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(parse, "_written", lambda sql, _: given.append(sql))
    read_sql("UPDATE a b -- secret\nSET x = 'secret', y = E'secret\\'', z = $$secret$$, q = {secret}")
    assert given
    assert "secret" not in given[0]


_WORDS = words(
    "UPDATE DELETE INSERT INTO FROM SET SELECT WITH AS VALUES MERGE TRUNCATE CREATE TABLE FUNCTION DO BEGIN END IF THEN "
    "LOOP FOR IN EXECUTE PREPARE CALL COPY EXPLAIN ANALYZE CASE ONLY USING JOIN LANGUAGE a b.c ( ) , ; . $$ ' '' \" ` = := "
    "|| << >> : {x} %s :y $1 /* */ -- # \\copy \n @v [ ] format( FOR UPDATE DECLARE RULE TRIGGER ALTER RENAME TO DROP"
)


@given(
    st.lists(st.sampled_from([*sorted(_WORDS), "\n"]) | st.text(max_size=4), max_size=40).map(" ".join),
    st.lists(st.tuples(st.integers(0, 120), st.integers(2, 6)), max_size=3),
    st.sampled_from(["postgres", "mysql", "sqlite", "tsql", "nonsense"]),
)
def test_any_text_gives_steps_within_it(text: str, ranges: list[tuple[int, int]], dialect: str) -> None:
    holes = [(start, start + width) for start, width in ranges if start + width <= len(text)]
    steps = read_sql(text, holes, dialect=dialect)
    assert steps == sorted(steps, key=lambda step: step.start)
    for step in [*steps, *_inner(steps)]:
        assert 0 <= step.start < step.end <= len(text)


def _inner(steps: list[Step]) -> list[Change]:
    return [change for step in steps if isinstance(step, FunctionCreated) for change in step.changes]
