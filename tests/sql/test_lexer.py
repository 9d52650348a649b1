"""What is a comment, a string, a name: chapter 4.1 of PostgreSQL's manual, and where other servers differ.

In each text of `RUNS` a server changes `leads`; in none of `RESTS` it does.
"""

from __future__ import annotations

import pytest

from migration_guard.sql import Change, Unknown, read_sql

UPDATE = "UPDATE leads SET a = 1"
RUNS = {
    "a carriage return ends a comment": f"-- note\r{UPDATE}",
    "a comment ends with its line": f"-- it's\n{UPDATE}",
    "comments nest": f"/* /* ' */ ' */ {UPDATE}",
    "a comment begins inside an operator": f"SELECT 2 */* ' */ 3; {UPDATE}; --'",
    "a comment of two dashes begins inside an operator": f"SELECT 2 +-- '\n3; {UPDATE}; --'",
    "no escape in a plain string": f"SELECT '\\'; {UPDATE}; --'",
    "an escape in an E-string": f"SELECT E'\\''; {UPDATE}; --'",
    "an E-string goes on in the next line": f"SELECT E'a'\n'\\''; {UPDATE}; --'",
    "an E-string goes on behind a comment": f"SELECT E'a' -- b\n  -- c\n  '\\''; {UPDATE}; --'",
    "a plain string goes on without escapes": f"SELECT 'a'\n'\\'; {UPDATE}; --'",
    "a string behind a name that ends with E": f"SELECT 1 AS nameE, date'\\'; {UPDATE}; --'",
    "a name with a letter of no alphabet": f"SELECT a\u2022E'\\'; {UPDATE}; --'",
    "a name with what only looks like a blank": f"SELECT a\u00a0E'\\'; {UPDATE}; --'",
    "a string of Unicode escapes": f"SELECT U&'\\0041\\'; {UPDATE}; --'",
    "a bit string": f"SELECT B'1', X'1F'; {UPDATE}",
    "a quoted name": f'SELECT 1 AS "it\'s"; {UPDATE}; SELECT 1 AS "it\'s"',
    "a quoted name with two quotes": f'SELECT 1 AS "a""\'"; {UPDATE}; --\'',
    "a dollar quote": f"SELECT $$ ' $$; {UPDATE}; --'",
    "a dollar quote with a tag": f"SELECT $a$ $$ ' $a$; {UPDATE}; --'",
    "a tag of no alphabet": f"SELECT $\u2022$ ' $\u2022$; {UPDATE}; --'",
    "a tag counts in its case": f"SELECT $a$ $A$ ' $a$; {UPDATE}; --'",
    "a dollar inside a name is no quote": f"SELECT 1 AS a$b$; {UPDATE}; SELECT 2 AS a$b$",
    "a parameter before a dollar quote": f"SELECT 1$$ ' $$; {UPDATE}; --'",
    "modulo is no placeholder": f"SELECT 5 %(1 /*)s' */); {UPDATE}; --'",
    "COPY inside a comment": f"/*\nCOPY t FROM STDIN;\n*/\n{UPDATE};\n/*\n\\.\n*/",
    "COPY inside a string": f"SELECT '\nCOPY t FROM STDIN;\n';\n{UPDATE};\nSELECT '\n\\.\n'",
    "COPY as a column": f"SELECT\ncopy FROM stdin;\n{UPDATE};\n/*\n\\.\n*/",
    "DELIMITER inside a comment": f"/*\nDELIMITER leads\n*/ {UPDATE}",
    "DELIMITER inside a string": f"SELECT '\nDELIMITER leads\n'; {UPDATE}",
    "DELIMITER as a column": f"SELECT\ndelimiter leads\nFROM x; {UPDATE}",
    "a comment for MySQL": f"/*! ' */ {UPDATE}; /*! ' */",
    "a comment for MariaDB": f"/*M! ' */ {UPDATE}; /*M! ' */",
    "a directive of PL/pgSQL": f"DO U&'\\0023print_strict_params on BEGIN {UPDATE}; END'",
    "two statements with nothing between": f"SELECT 1;{UPDATE}",
}


def told(sql: str, dialect: str = "postgres", *, script: bool = False) -> list[str]:
    steps = read_sql(sql, dialect=dialect, script=script)
    return [f"{step.kind.value} {' '.join(step.tables)}" for step in steps if isinstance(step, Change)]


@pytest.mark.parametrize("dialect", ["postgres", "unknown"])
@pytest.mark.parametrize("name", RUNS)
def test_what_postgres_runs_is_told(name: str, dialect: str) -> None:
    assert told(RUNS[name], dialect) == ["UPDATE leads"]


RESTS = {
    "a comment": f"-- {UPDATE}",
    "a comment behind a blank": f"  --{UPDATE}\n",
    "a comment that nests": f"/* /* */ {UPDATE} */",
    "a comment for MySQL": f"/*! {UPDATE} */",
    "a comment for a version of MySQL": f"/*!50100 {UPDATE} */ SELECT 1",
    "a string": f"SELECT '{UPDATE}'",
    "an E-string": f"SELECT E'\\'; {UPDATE}; --'",
    "an E-string that goes on": f"SELECT E'a'\n  '\\'; {UPDATE}; --'",
    "a dollar quote": f"SELECT $$; {UPDATE}; $$",
    "a dollar quote in a dollar quote": f"SELECT $a$; $$ {UPDATE}; $a$",
    "a quoted name": f'SELECT 1 AS "; {UPDATE}; "',
    "a string behind a string in the next line": f"SELECT 'a'\n'; {UPDATE}; '",
}


@pytest.mark.parametrize("name", RESTS)
def test_what_postgres_does_not_run_is_not_told(name: str) -> None:
    assert [step for step in read_sql(RESTS[name], dialect="postgres") if isinstance(step, (Change, Unknown))] == []


ELSEWHERE = [
    ("mysql", f"/*! {UPDATE} */"),
    ("mysql", f"/*!50100 {UPDATE} */"),
    ("mysql", f"/*M!100100 {UPDATE} */"),
    ("mysql", f"/*!99999 ' */ {UPDATE}; /*!99999 ' */"),
    ("mysql", f"SELECT 1 # it's\n; {UPDATE}"),
    ("mysql", f"SELECT '\\''; {UPDATE}; -- '"),
    ("mysql", f"SELECT 5--1'; '; {UPDATE}"),
    ("mysql", f"/* /* */ {UPDATE}; /* ' */"),
    ("mysql", f"SELECT `it's`; {UPDATE}; SELECT `it's`"),
    ("sqlite", f"SELECT [it's]; {UPDATE}; SELECT [it's]"),
    ("sqlite", f"/* /* */ {UPDATE}"),
    ("sqlite", f"SELECT '\\'; {UPDATE}; -- '"),
    ("tsql", f"SELECT 1 AS [it's]; {UPDATE}; SELECT 1 AS [it's]"),
    ("tsql", f"SELECT 1\nGO\n{UPDATE}\nGO"),
    ("unknown", f"/*! {UPDATE} */"),
    ("unknown", f"/*M!100100 {UPDATE} */"),
    ("unknown", f"SELECT '\\''; {UPDATE}; -- '"),
    ("unknown", f"SELECT '\\'; {UPDATE}; --'"),
    ("unknown", f"# it's\n{UPDATE}"),
    ("unknown", f"DELIMITER //\n{UPDATE}//\nDELIMITER ;"),
    ("mysql", f"DELIMITER $$\nSELECT 1$$\n{UPDATE}$$\nDELIMITER ;"),
]


@pytest.mark.parametrize(("dialect", "sql"), ELSEWHERE)
def test_what_other_servers_run_is_told(dialect: str, sql: str) -> None:
    assert told(sql, dialect) == ["UPDATE leads"]


def test_of_two_readings_each_tells_what_the_other_does_not() -> None:
    sql = "SELECT '\\'; UPDATE leads SET a = 1; -- '; UPDATE calls SET a = 1; -- x"
    assert sorted(told(sql, "unknown")) == ["UPDATE calls", "UPDATE leads"]


def test_a_table_that_only_one_reading_creates_is_not_taken_for_new() -> None:
    steps = read_sql("/*! CREATE TABLE leads (a int); */ UPDATE leads SET a = 1", dialect="unknown")
    assert [type(step).__name__ for step in steps if type(step).__name__ in {"Created", "Change"}] == ["Change"]


def test_where_strings_may_have_escapes_both_readings_count() -> None:
    sql = "SELECT '\\''; UPDATE leads SET a = 1; --'"
    assert told(f"SET standard_conforming_strings = off; {sql}") == ["UPDATE leads"]
    assert told(sql) == []
    steps = read_sql(sql, dialect="postgres", escapes=True)
    assert [step.tables for step in steps if isinstance(step, Change)] == [("leads",)]


DUMP = "COPY public.leads (a,\n b) FROM stdin;\n1\tit's\nUPDATE calls SET a = 1;\n\\.\nDELETE FROM calls;\n"


def test_rows_follow_copy_in_a_file_only() -> None:
    assert told(DUMP, script=True) == ["INSERT_VALUES public.leads", "DELETE calls"]
    sql = f"COPY t FROM STDIN;\n{UPDATE}; /*\n\\.\n*/"
    assert told(sql) == ["INSERT_VALUES t", "UPDATE leads"]


def test_what_stands_behind_copy_in_its_line_is_no_row() -> None:
    sql = f"COPY t FROM STDIN; {UPDATE};\n1\n\\.\n"
    assert told(sql, script=True) == ["INSERT_VALUES t", "UPDATE leads"]


def test_psql_commands_end_where_psql_ends_them() -> None:
    assert told(f"\\echo it's \\\\ {UPDATE};", script=True) == ["UPDATE leads"]
    assert told(f"\\copy t from stdin\n1\tit's\nDELETE FROM calls;\n\\.\n{UPDATE};", script=True) == [
        "INSERT_VALUES t",
        "UPDATE leads",
    ]
    assert told(f"\\echo 'a\\\\b' {UPDATE}\nSELECT 1;", script=True) == []
    assert told("UPDATE leads SET a = 1 \\g\nDELETE FROM calls \\gx\n", script=True) == ["UPDATE leads", "DELETE calls"]


@pytest.mark.parametrize(
    "command",
    [
        "\\i x.sql",
        "\\ir x.sql",
        "\\! psql -f x.sql",
        "SELECT 1 \\gexec",
        "\\set a `psql`",
        "SELECT 1 \\g (tuples_only=on) | psql",
        "\\o (x) |psql",
    ],
)
def test_what_psql_runs_from_elsewhere_is_unknown(command: str) -> None:
    assert any(isinstance(step, Unknown) for step in read_sql(command, script=True))


@pytest.mark.parametrize("call", ["SELECT f();", 'SELECT :"f"();', "DO :'body';"])
def test_what_a_variable_of_psql_holds_is_not_known(call: str) -> None:
    script = f"\\set body 'UPDATE leads SET a = 1'\n\\set f f\nCREATE FUNCTION f() RETURNS void LANGUAGE sql AS :'body';\n{call}"
    steps = read_sql(script, script=True)
    assert any(isinstance(step, Unknown) or (isinstance(step, Change) and not step.tables) for step in steps)


NAMES = [
    ('UPDATE U&"le\\0061ds" SET a = 1', "UPDATE leads"),
    ("UPDATE U&\"le!0061ds\" UESCAPE '!' SET a = 1", "UPDATE leads"),
    ('UPDATE "le""ads" SET a = 1', 'UPDATE le"ads'),
    ("UPDATE l\u00e9ads SET a = 1", "UPDATE l\u00e9ads"),
    ("UPDATE le$ads SET a = 1", "UPDATE le$ads"),
]


@pytest.mark.parametrize(("sql", "expected"), NAMES)
def test_names(sql: str, expected: str) -> None:
    assert told(sql) == [expected]
