"""Statements that follow another one without a semicolon between, as SQL Server allows it: `SET NOCOUNT ON UPDATE leads SET …`.

Other servers refuse such a text. What looks so and is a part of one statement (`FOR UPDATE`, `ON DELETE`, a MERGE's actions,
ClickHouse's `ALTER TABLE … UPDATE`) is told by the word before the verb, or by what follows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.sql import writes
from migration_guard.sql.scan import Sort, words
from migration_guard.sql.statement import Statement

_PART_BEHIND = words("ON FOR OF AFTER BEFORE INSTEAD ALSO DO OR KEY THEN AS EXPLAIN ANALYZE VERBOSE QUERY IN NO WITH")
"""Words behind which a verb goes on with what they began."""
_HOLDERS = words("GRANT REVOKE DENY")
_CREATED = words("FUNCTION PROCEDURE PROC TRIGGER EVENT PACKAGE RULE POLICY")
"""What is created with a body that does not run now."""
_LEADS = words("EXPLAIN PREPARE")
"""Words that lead to a verb of their own statement."""
_NO_NAME = words("SET STATISTICS WHERE FROM IN ON CASCADE RESTRICT USING AS VALUES SELECT JOIN")
_FAR = 6
"""Words between CREATE and what is created."""


def further(statement: Statement, at: int) -> Iterator[Statement]:
    """The statements behind the first one, whose first word stands at an index; each up to the end of all."""
    if _is_one(statement, at):
        return
    verb = writes.root(statement, at, len(statement))
    found = [index for index in statement.level(verb + 1, len(statement)) if _begins(statement, at, index)]
    for index in found[statement.word(at) in _LEADS :]:
        yield Statement(statement.tokens[index:])


def _is_one(statement: Statement, at: int) -> bool:
    first = statement.word(at)
    if first in {"CREATE", "ALTER"}:
        return any(statement.word(index) in _CREATED for index in range(at + 1, at + 1 + _FAR))
    return first in _HOLDERS


def _begins(statement: Statement, at: int, index: int) -> bool:
    before = statement[index - 1]
    if (before.upper in _PART_BEHIND and not _sets(statement, index)) or (
        before.sort is Sort.MARK and before.text not in {")", "]"}
    ):
        return False
    match statement.word(index):
        case "UPDATE":
            first = _behind_top(statement, index + 1)
            return _is_name(statement, first) and statement.find(first, len(statement), "SET") < len(statement)
        case "DELETE":
            first = _behind_top(statement, index + 1)
            if statement.word(first) == "FROM":
                return _is_name(statement, first + 1)
            _, after = statement.name(first)
            return _is_name(statement, first) and (
                after == len(statement) or statement.word(after) in {"WHERE", "FROM"}
            )
        case "INSERT":
            return statement.word(_behind_top(statement, index + 1)) == "INTO"
        case "MERGE":
            first = index + 1 + (statement.word(index + 1) == "INTO")
            return _is_name(statement, first) and statement.find(first, len(statement), "USING") < len(statement)
        case "TRUNCATE":
            return statement.word(index + 1) == "TABLE"
        case "EXEC":
            rows = statement.word(at) == "INSERT" and statement.find(at, index, "VALUES", "SELECT") == index
            return not rows
    return False


def _sets(statement: Statement, index: int) -> bool:
    """Whether a setting ends before a verb: `SET NOCOUNT ON`, `SET IDENTITY_INSERT dbo.leads ON`."""
    begins = range(max(0, index - _FAR - 1), index - 2)
    return statement.word(index - 1) == "ON" and any(
        statement.word(one) == "SET" and statement.word(one + 1) not in {"NULL", "DEFAULT"} for one in begins
    )


def _behind_top(statement: Statement, index: int) -> int:
    return statement.skip(statement.beyond(index + 1), "PERCENT") if statement.is_(index, "TOP", "(") else index


def _is_name(statement: Statement, index: int) -> bool:
    return statement.name(index)[0] is not None and statement.word(index) not in _NO_NAME
