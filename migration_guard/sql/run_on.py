"""Statements that follow another one without a semicolon between, as SQL Server allows it: `SET NOCOUNT ON UPDATE leads SET …`.

Other servers refuse such a text. What looks so and is a part of one statement (`FOR UPDATE`, `ON DELETE`, a MERGE's actions,
ClickHouse's `ALTER TABLE … UPDATE`) is told by the word before the verb, or by what follows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.sql import ddl, writes
from migration_guard.sql.scan import Sort, words
from migration_guard.sql.statement import Statement

_PART_BEHIND = words(
    "ON FOR OF AFTER BEFORE INSTEAD ALSO DO OR KEY THEN AS EXPLAIN ANALYZE VERBOSE QUERY IN NO WITH GRANT REVOKE DENY BULK"
)
"""Words behind which a verb goes on with what they began."""
_CREATED = words("FUNCTION PROCEDURE PROC TRIGGER CONSTRAINT EVENT PACKAGE RULE POLICY")
"""What is created with a body that does not run now."""
_VERBS = words("UPDATE DELETE INSERT BULK MERGE SELECT TRUNCATE EXEC EXECUTE")
"""Words that another statement may begin with."""
_LEADS = words("EXPLAIN PREPARE")
"""Words that lead to a verb of their own statement."""
_NO_NAME = words("SET STATISTICS WHERE FROM IN ON CASCADE RESTRICT USING AS VALUES SELECT JOIN")
_SOURCES = words("VALUES SELECT WITH EXEC EXECUTE OUTPUT")
_BEHIND_TABLE = words(
    "WHERE FROM OUTPUT OPTION SELECT SET PRINT DECLARE IF WHILE RETURN COMMIT ROLLBACK INSERT UPDATE DELETE MERGE TRUNCATE EXEC EXECUTE"
)
"""What may follow the table of a DELETE: a column of this name has a type behind it."""
_JOINING = words("UNION ALL EXCEPT INTERSECT DISTINCT MINUS")
_BEHIND_COLUMNS = words(
    "INTO FROM WHERE SELECT INSERT UPDATE DELETE MERGE UNION EXCEPT INTERSECT EXEC EXECUTE SET DECLARE"
)
_FAR = 7
"""Words from SET to its ON, and one more."""


def further(statement: Statement, at: int) -> Iterator[Statement]:
    """The statements behind the first one, whose first word stands at an index; each up to the end of all."""
    if not statement.holds(*_VERBS) or _is_one(statement, at):
        return
    verb = writes.root(statement, at, len(statement))
    begins = (index for index in statement.level(verb + 1, len(statement)) if statement.word(index) in _VERBS)
    found = [index for index in begins if _begins(statement, at, index)]
    for index in found[statement.word(at) in _LEADS :]:
        yield Statement(statement.tokens[index:])


def _is_one(statement: Statement, at: int) -> bool:
    """Whether it goes on to the end of all: a body does."""
    return statement.word(at) in {"CREATE", "ALTER"} and statement.word(ddl.created_type(statement, at)) in _CREATED


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
            return _is_name(statement, first) and (after == len(statement) or statement.word(after) in _BEHIND_TABLE)
        case "INSERT":
            first = _behind_top(statement, index + 1)
            return statement.word(first) == "INTO" or _is_inserted_into(statement, first)
        case "BULK":
            return statement.word(index + 1) == "INSERT"
        case "MERGE":
            first = index + 1 + (statement.word(index + 1) == "INTO")
            return _is_name(statement, first) and statement.find(first, len(statement), "USING") < len(statement)
        case "SELECT":
            return statement.word(at) != "DO" and before.upper not in _JOINING and _puts_into_a_table(statement, index)
        case "TRUNCATE":
            return statement.word(index + 1) == "TABLE"
        case "EXEC" | "EXECUTE" if statement.word(index + 1) != "AS":
            rows = statement.word(at) == "INSERT" and statement.find(at, index, "VALUES", "SELECT") == index
            return not rows
    return False


def _sets(statement: Statement, index: int) -> bool:
    """Whether a setting ends before a verb: `SET NOCOUNT ON`, `SET IDENTITY_INSERT dbo.leads ON`."""
    begins = range(max(0, index - _FAR), index - 2)
    return statement.word(index - 1) == "ON" and any(
        statement.word(one) == "SET" and statement.word(one + 1) not in {"NULL", "DEFAULT"} for one in begins
    )


def _is_inserted_into(statement: Statement, first: int) -> bool:
    """Whether a table and what is put into it follow, rather than the type of a column that is called `insert`."""
    _, after = statement.name(first)
    source = statement.beyond(after) if statement[after].text == "(" else after
    puts = statement.word(source) in _SOURCES or statement.is_(source, "DEFAULT", "VALUES")
    return _is_name(statement, first) and puts


def _puts_into_a_table(statement: Statement, index: int) -> bool:
    """Whether a SELECT makes a table of what it finds: `SELECT a INTO b FROM c`."""
    behind = (one for one in statement.level(index + 1, len(statement)) if statement.word(one) in _BEHIND_COLUMNS)
    found = next(behind, len(statement))
    return statement.word(found) == "INTO" and _is_name(statement, found + 1)


def _behind_top(statement: Statement, index: int) -> int:
    return statement.skip(statement.beyond(index + 1), "PERCENT") if statement.is_(index, "TOP", "(") else index


def _is_name(statement: Statement, index: int) -> bool:
    return statement.name(index)[0] is not None and statement.word(index) not in _NO_NAME
