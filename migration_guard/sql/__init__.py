"""SQL as a migration executes it, read into Steps. The rest of the project never sees a token.

Tokens find the statements, wherever one may begin: at the root, in a block, in a text that is executed. What a statement
writes is decided by sqlglot's tree of it and, where there is none (half a statement, whose rest is a hole; a dialect that
sqlglot does not know; nesting beyond measure), by its verbs and the names behind them. So no statement is refused.
scan → statement → parse or writes, ddl → reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from migration_guard.sql.reader import Reader
from migration_guard.sql.scan import masked
from migration_guard.sql.steps import (
    Change,
    Created,
    Dropped,
    FunctionCreated,
    Harmless,
    Renamed,
    Step,
    Transaction,
    Unknown,
)

__all__ = [
    "Change",
    "Created",
    "Dropped",
    "FunctionCreated",
    "Harmless",
    "Renamed",
    "Step",
    "Transaction",
    "Unknown",
    "read_sql",
]


def read_sql(
    text: str,
    holes: Sequence[tuple[int, int]] = (),
    *,
    dialect: str = "postgres",
    functions: Mapping[str, tuple[Change, ...]] = MappingProxyType({}),
) -> list[Step]:
    """What executing `text` would do, statement by statement, in the order in which it stands there."""
    steps = Reader(dialect, functions).read(masked(text, holes), 0, body=False)
    return sorted(steps, key=lambda step: step.start)
