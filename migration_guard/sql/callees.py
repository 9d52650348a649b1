"""What a statement calls: names before a parenthesis, less what only looks like a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.later import Later
from migration_guard.sql import known
from migration_guard.sql.names import Name
from migration_guard.sql.scan import HOLE, Sort
from migration_guard.sql.statement import Statement

if TYPE_CHECKING:
    from migration_guard.sql import parse
else:
    parse = Later("migration_guard.sql.parse")  # and sqlglot with it: many files hold no SQL

_NAMED = frozenset({Sort.WORD, Sort.QUOTED, Sort.HOLE})
_NO_CALL_BEHIND = frozenset(
    "INTO AS TABLE TABLESAMPLE REFERENCES UPDATE COPY VIEW INDEX KEY CONSTRAINT FUNCTION PROCEDURE TRIGGER TYPE".split()
)
"""Words behind which a name with a parenthesis has its columns, its parameters or its precision there."""


def names(statement: Statement, at: int, end: int) -> Iterator[tuple[Name, int]]:
    """Each name that stands before a parenthesis, with the index at which it begins."""
    index = at
    while index < end:
        name, after = statement.name(index) if statement[index].sort in _NAMED else end_of_range(statement, index)
        if name is not None and statement[after].text == "(" and after < end:
            yield name, index
        index = max(after, index + 1)


def end_of_range(statement: Statement, index: int) -> tuple[Name | None, int]:
    """The name in `FOR i IN 1..fill(…)`, which no space need part from the number; None where there is none."""
    _, dots, behind = statement[index].text.partition("..")
    is_name = statement[index].sort is Sort.NUMBER and bool(dots) and not behind[:1].isdigit()
    return (Name(behind, dynamic=False), index + 1) if is_name and behind else (None, index)


def unknown(statement: Statement, at: int, end: int, dialect: str, spoken: str) -> list[Name]:
    """The functions that a query calls and nobody knows; without a tree of it, all that look like it."""
    found = [
        name
        for name, index in names(statement, at, end)
        if not known.is_known(name, dialect) and not _is_declared(statement, index)
    ]
    if not found:
        return []
    confirmed = parse.called(statement, at, end, spoken)
    if confirmed is None:
        return found
    holes = any(HOLE in name for name in confirmed)
    return [name for name in found if (holes if name.dynamic else "." in name.text or name.last in confirmed)]


def evaluated(statement: Statement, at: int, end: int, dialect: str) -> list[Name]:
    """The functions that an expression calls and nobody knows."""
    return [
        name
        for name, index in names(statement, at, end)
        if not known.is_known(name, dialect) and not _is_declared(statement, index)
    ]


def _is_declared(statement: Statement, index: int) -> bool:
    """Whether a name is no call though a parenthesis follows: a type, columns, a way of an index, the options of a class of operators."""
    before = statement[index - 1]
    if before.upper in _NO_CALL_BEHIND or before.text in {"::", ")"}:
        return True
    if before.upper == "USING":
        return statement.word(index - 2) == "EXCLUDE" or statement.word(0) == "CREATE"
    in_index = "INDEX" in {statement.word(1), statement.word(2)} and before.sort in {Sort.WORD, Sort.QUOTED}
    return in_index and before.upper not in _CALL_BEHIND


_CALL_BEHIND = frozenset("AND OR NOT WHERE IN LIKE ILIKE BETWEEN IS WHEN THEN ELSE CASE SELECT ON".split())
"""Words of an index's expressions and its condition behind which a function may be called."""
