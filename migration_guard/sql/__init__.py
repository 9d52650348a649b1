"""SQL as a migration executes it, read into Steps. The rest of the project never sees a token.

Tokens find the statements, wherever one may begin: at the root, in a block, in a text that is executed. What a statement
writes is decided by sqlglot's tree of it and, where there is none (half a statement, whose rest is a hole; a dialect that
sqlglot does not know; nesting beyond measure), by its verbs and the names behind them. So no statement is refused.
lexis → scan → statement → parse or writes, ddl → reader → readings.
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_guard.sql import canonical, patience
from migration_guard.sql import scan as scanning
from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import POSTGRES, UNKNOWN
from migration_guard.sql.readings import may_allow_escapes, read
from migration_guard.sql.scan import masked, scan
from migration_guard.sql.statement import split
from migration_guard.sql.steps import (
    Armed,
    Change,
    Created,
    Doubted,
    Dropped,
    FunctionCreated,
    Harmless,
    Renamed,
    Step,
    Transaction,
    Unknown,
    Viewed,
)

__all__ = [
    "UNKNOWN",
    "Armed",
    "Change",
    "Created",
    "Doubted",
    "Dropped",
    "FunctionCreated",
    "Functions",
    "Harmless",
    "Renamed",
    "Step",
    "Transaction",
    "Unknown",
    "Viewed",
    "forget",
    "may_allow_escapes",
    "read_sql",
    "statement_at",
]


def forget() -> None:
    """Let go of what texts were read as: another migration is read."""
    scanning.forget()
    canonical.forget()
    patience.forget()


def statement_at(text: str, holes: Sequence[tuple[int, int]], offset: int) -> tuple[int, int, int]:
    """Give the range of the statement at an offset, as PostgreSQL reads it, and how many there are: alone it is all."""
    statements = list(split(scan(masked(text, holes), 0, POSTGRES)))
    for statement in statements if len(statements) > 1 else ():
        begin, end = statement.tokens[0].start, statement.tokens[-1].end
        if begin <= offset < end:
            return begin, end, len(statements)
    return 0, len(text), 1


def read_sql(
    text: str,
    holes: Sequence[tuple[int, int]] = (),
    *,
    dialect: str = UNKNOWN,
    functions: Functions | None = None,
    script: bool = False,
    escapes: bool = False,
) -> list[Step]:
    """What executing `text` would do, statement by statement, in the order in which it stands there.

    `script` if a client reads it as a file, with commands of its own; `escapes` if a text before it has set that a
    backslash may escape in any string.
    """
    known = Functions() if functions is None else functions
    return read(masked(text, holes), dialect, known, script=script, escapes=escapes)
