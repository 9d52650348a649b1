"""Statements whose tokens say all: one verb that writes, the table behind it, and no word after that which names another.

sqlglot's tree says the same of them, as `tests/sql/test_obvious.py` tries, and to make one takes a hundred times as long.
Most statements of migrations are so: a short run in which there is no other does not even load sqlglot.
"""

from __future__ import annotations

from migration_guard.operations import OperationKind
from migration_guard.sql import writes
from migration_guard.sql.scan import HOLE, Sort, words
from migration_guard.sql.statement import GLUED, Statement
from migration_guard.sql.steps import Change

_ELSEWHERE = words("UPDATE DELETE INSERT MERGE TRUNCATE CREATE INTO REPLACE WITH UESCAPE OUTPUT")
"""Words that may belong to another statement inside of this one, or to a dialect in which it means something else."""
_SOURCES = words("FROM USING JOIN")
"""Words behind which stands what a target's name may be an alias of, where they belong to the statement itself."""
_NO_TABLE = writes.OPTIONS | words("TABLE SET FROM INTO WHERE VALUES SELECT DEFAULT AS TOP OR OVERWRITE LATERAL VALUE")
_TRUNCATES = words("CASCADE RESTRICT RESTART CONTINUE IDENTITY")


def changes(statement: Statement, at: int, end: int) -> list[Change] | None:
    """The Change between two indices, as a list, or None where it takes a tree to tell."""
    verb = statement.word(at)
    match verb:
        case "UPDATE":
            first = at + 1
        case "DELETE" if statement.word(at + 1) == "FROM":
            first = at + 2
        case "INSERT" if statement.word(at + 1) == "INTO":
            first = at + 2
        case "TRUNCATE":
            first = at + 1 + (statement.word(at + 1) == "TABLE")
        case _:
            return None
    target, after = statement.name(first)
    if target is None or not target.certain or not _is_plain_name(statement, first, after) or after > end:
        return None
    kind = _kind(statement, verb, after, end)
    if kind is None or _may_say_more(statement, verb, after, end):
        return None
    return [writes.change(kind, statement, at, end, target)]


def _is_plain_name(statement: Statement, first: int, after: int) -> bool:
    """Whether a name consists of words, plain or in double quotes, with dots between, and touches nothing else."""
    for index in range(first, after):
        token = statement[index]
        quoted = token.sort is Sort.QUOTED and token.text[0] == '"' and '""' not in token.text[1:-1]
        if not (token.text == "." or quoted or (token.sort is Sort.WORD and token.upper not in _NO_TABLE)):
            return False
    return statement[after].sort not in GLUED or statement[after].start > statement[after - 1].end


def _kind(statement: Statement, verb: str, after: int, end: int) -> OperationKind | None:
    """What the statement does, if what follows its table is what most often does."""
    following = statement.word(after) if after < end else ""
    match verb:
        case "UPDATE" if following == "SET":
            return OperationKind.UPDATE
        case "DELETE" if following == "WHERE" or after == end:
            return OperationKind.DELETE
        case "TRUNCATE" if all(statement.word(index) in _TRUNCATES for index in range(after, end)):
            return OperationKind.TRUNCATE
        case "INSERT":
            source = _behind_columns(statement, after)
            if statement.is_(source, "VALUES", "("):
                return OperationKind.INSERT_VALUES
            if statement.word(source) == "SELECT":
                return _selected(statement, source, end)
    return None


def _selected(statement: Statement, source: int, end: int) -> OperationKind | None:
    """What an INSERT of a SELECT is, which copies rows only if it reads a table."""
    if any(HOLE in statement[index].text for index in range(source, end)):
        return OperationKind.INSERT_SELECT  # it may stand for a table, too
    if all(statement.word(index) not in {"FROM", "TABLE"} for index in range(source, end)):
        return OperationKind.INSERT_VALUES
    table, after = statement.name(statement.find(source, end, "FROM") + 1)
    is_table = table is not None and after <= end and statement[after].text != "("
    return OperationKind.INSERT_SELECT if is_table else None


def _behind_columns(statement: Statement, after: int) -> int:
    """The index behind the columns of an INSERT, which it need not name."""
    if statement[after].text != "(":
        return after
    behind = statement.beyond(after)
    inside = range(after + 1, behind - 1)
    names = all(statement[index].sort in {Sort.WORD, Sort.QUOTED} or statement[index].text == "," for index in inside)
    return (
        behind
        if names and not any(statement.word(index) in {"SELECT", "WITH", "VALUES"} for index in inside)
        else after
    )


def _may_say_more(statement: Statement, verb: str, after: int, end: int) -> bool:
    """Whether the rest may write something else, or say that the target's name is an alias."""
    for index in range(after, end):
        token = statement[index]
        if token.sort in {Sort.UNCLOSED, Sort.PSQL} or token.text == ";":
            return True
        if token.upper in _ELSEWHERE and not (token.upper == "REPLACE" and statement[index + 1].text == "("):
            return True
    level = list(statement.level(after, end))
    if any(statement[index].text == ")" for index in level) or (level and statement.beyond(level[-1]) > end):
        return True
    return verb in {"UPDATE", "DELETE"} and any(statement.word(index) in _SOURCES for index in level)
