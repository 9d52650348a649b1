"""SQL that crashes or stalls a parser, each in a migration of its own."""

from __future__ import annotations

from collections.abc import Iterator

from hostile.case import End, Hostile, migration

DEEP = (18, 60, 2_000)


def nested() -> Iterator[tuple[str, str]]:
    for depth in DEEP:
        yield f"arrays_{depth}", "SELECT " + "ARRAY[" * depth + "1" + "]" * depth
        yield f"structs_{depth}", "SELECT " + "STRUCT(" * depth + "1" + ")" * depth
        yield f"casts_{depth}", "SELECT a" + "::int[" * depth + "]" * depth
        yield f"parentheses_{depth}", "SELECT " + "(" * depth + "1" + ")" * depth
        yield f"selects_{depth}", "SELECT " + "(SELECT " * depth + "1" + ")" * depth
        yield f"cases_{depth}", "SELECT " + "CASE WHEN a THEN " * depth + "1" + " END" * depth
        yield f"negations_{depth}", "SELECT " + "NOT " * depth + "true"
        yield f"ctes_{depth}", "WITH a AS (" * depth + "SELECT 1" + ") SELECT 1" * depth
        yield f"begins_{depth}", "BEGIN " * depth + "END " * depth
        yield f"comments_{depth}", "/* " * depth + "x" + " */" * depth + " SELECT 1"
    text = "SELECT 1"
    for _ in range(12):
        text = "EXECUTE '" + text.replace("'", "''") + "'"
    yield "executes_12", f"DO $$ BEGIN {text}; END $$"
    yield "do_blocks_40", "".join(f"DO $a{n}$ " for n in range(40)) + "".join(f" $a{n}$" for n in reversed(range(40)))


def long() -> Iterator[tuple[str, str]]:
    yield "semicolons", ";" * 100_000
    yield "values", "INSERT INTO t VALUES " + ", ".join(["(1, 'a')"] * 20_000)
    yield "unions", " UNION ".join(["SELECT 1"] * 3_000)
    yield "sum", "SELECT " + " + ".join(["1"] * 10_000)
    yield "concatenation", "SELECT " + " || ".join(["'a'"] * 10_000)
    yield "statements", "SELECT 1;\n" * 5_000


def unfinished() -> Iterator[tuple[str, str]]:
    yield "quote", "SELECT 'abc"
    yield "identifier", 'SELECT "abc'
    yield "dollar_quote", "DO $x$ BEGIN UPDATE leads"
    yield "comment", "SELECT 1 /* abc"
    yield "parenthesis", "UPDATE leads SET (a"
    yield "verb_alone", "UPDATE"
    yield "nothing", ""
    yield "blanks", " \n\t "
    yield "only_comment", "-- nothing"


def odd() -> Iterator[tuple[str, str]]:
    yield "password", "ALTER ROLE crm PASSWORD 'hunter2'"
    yield "mysql_comment", "/*!50100 PARTITION BY RANGE (a) */"
    yield "psql_commands", "\\copy t from 'x'\n\\set a 1\n\\i other.sql"
    yield "jinja", "{% for t in tables %} UPDATE {{ t }} SET a = 1; {% endfor %}"
    yield "placeholders", "UPDATE %s SET a = %(b)s WHERE c = :d AND e = ? AND f = $1 AND g = ${h}"
    yield "controls", "SELECT '\x1b[2J\x07\x9b\u202e'"
    yield "unicode_identifiers", 'UPDATE U&"\\006ceads" SET a = 1'
    yield "bad_escapes", "SELECT E'\\xzz \\u12'"
    yield "other_language", "これはSQLではありません"
    yield "dollar_signs", "$" * 1_000
    yield "backslashes", "\\" * 1_000
    yield "quotes", "'" * 999


def all_statements() -> list[Hostile]:
    """Each statement in a call of its own, and an UPDATE in the next one, which has to be found."""
    return [
        migration(f"sql_{name}", f"op.execute({text!r})", end=End.FINDING)
        for group in (nested, long, unfinished, odd)
        for name, text in group()
    ]
