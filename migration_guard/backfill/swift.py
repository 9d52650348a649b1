"""The quick way through a batch that nobody disturbs: its window, the change and what came of it, in one statement.

Nothing is locked beforehand: an UPDATE locks what it changes, and under READ COMMITTED it looks anew, at the row as it is
by then, whether `where` still holds. That is the same as the law of a batch where the definition depends on nothing but
its rows: what it reads elsewhere would be read as of before the lock. Whoever holds a row is waited for for a moment only;
then, and whenever something is not as expected, the batch is rolled back and goes the long way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.look import selection_of
from migration_guard.backfill.preflight import Subject
from migration_guard.backfill.sqltext import Token, bound, tokens
from migration_guard.backfill.state import Place
from migration_guard.backfill.statements import statement

WAIT = 0.02
"""Seconds that a row is waited for, while its neighbours are held."""
DENSE = 0.5
"""The part of the rows that must be to do: where fewer are, a window reads far for what it changes."""
_SAME = frozenset(
    "NOW DATE_TRUNC DATE_PART TO_CHAR TO_DATE TO_TIMESTAMP TIMEZONE AGE CONCAT CONCAT_WS FORMAT TO_JSON TO_JSONB "
    "JSONB_BUILD_OBJECT JSONB_BUILD_ARRAY JSON_BUILD_OBJECT JSON_BUILD_ARRAY GEN_RANDOM_UUID".split()
)
"""Functions of PostgreSQL's that are not immutable, and read no table nevertheless."""
_NO_FUNCTIONS = frozenset(
    "ALL AND ANY ARRAY AS BETWEEN BY CASE CAST COALESCE DISTINCT ELSE EXISTS EXTRACT GREATEST ILIKE IN IS LEAST LIKE "
    "NOT NULLIF OR OVERLAY POSITION ROW SET SIMILAR SOME SUBSTRING THEN TO TRIM VALUES WHEN WHERE WITH NUMERIC DECIMAL "
    "VARCHAR CHAR CHARACTER VARYING BIT FLOAT TIME TIMESTAMP INTERVAL PRECISION".split()
)
"""Words that may stand before a bracket and call nothing, or nothing but PostgreSQL's own."""
_ELSEWHERE = frozenset({"SELECT", "RETURNING", "CURRENT", "TABLE", "OVER"})


@dataclass(frozen=True, slots=True)
class Swept:
    """What a statement did: its window, and what of it was changed."""

    examined: int
    last: Value
    matched: int
    changed: int
    odd: int
    """Rows that lie elsewhere, or that `where` still matches."""


def is_swift(connection: Asks, subject: Subject) -> bool:
    """Tell whether a definition depends on nothing but its rows, and changes nothing but them."""
    definition = subject.definition
    single = len(subject.key.columns) == 1 and definition.per is None and subject.target.oid == subject.table.oid
    if definition.update is None or not single or subject.reaches or not subject.server.counts_writes:
        return False
    pieces = [_plain(definition.update), _plain(definition.where)]
    called = [name for one in pieces for name in _called(one)]
    if (
        _condition(pieces[0]) is None
        or None in called
        or any(_ELSEWHERE & {one.word for one in some} for some in pieces)
    ):
        return False
    wanted = sorted({name.lower() for name in called if name is not None} - {name.lower() for name in _SAME})
    parameters = {"names": wanted, "tables": list(subject.members)}
    return bool(connection.exec_driver_sql(statement("self_contained"), parameters).scalar())


def sweep(connection: Connection, job: Job, place: Place, size: int) -> Swept:
    """Do a window."""
    assert job.bound is not None  # an empty table has no windows
    subject, selection = job.subject, selection_of(job, place, job.bound)
    key = subject.key
    sql = statement(
        "swift",
        named=key.named,
        where=subject.where,
        table=subject.table.sql,
        range=selection.sql,
        order=key.order,
        change=_change(subject),
        key=key.order,
        last=key.last,
        bound=key.bound("high"),
        after=f"OR mg_key <= {key.bound('cursor')}" if place.cursor is not None else "",
    )
    row = connection.exec_driver_sql(sql, {**selection.parameters, "size": size}).one()
    return Swept(row[0], tuple(row[1]), *row[2:])


def _change(subject: Subject) -> str:
    """Give the update over the window's rows, which looks once more whether each is still to do."""
    update = subject.definition.update or ""
    pieces = list(tokens(update))
    at = _where(pieces)
    head = "".join(token.text for token in pieces[: at + 1])
    tail = "".join(token.text for token in pieces[at + 1 :])
    ids = "ARRAY(SELECT mg_0 FROM mg_window WHERE mg_matches)"
    return f"{bound(head)} ({bound(tail, ids)}\n) AND ({subject.where})"


def _condition(pieces: Sequence[Token]) -> int | None:
    """Give the place of the WHERE of a plain `UPDATE table SET … WHERE …`; None if it is another statement."""
    words = [token.word for token in pieces]
    if words[:1] != ["UPDATE"] or "SET" not in words:
        return None
    named = pieces[1 : words.index("SET")]
    dotted = [one.text for one in named[1::2]] == ["."] * (len(named) // 2)
    plain = len(named) in {1, 3} and dotted and all(one.kind == "name" for one in named[::2])
    other = any(one.word == "FROM" and not one.depth for one in pieces)
    wheres = [n for n, one in enumerate(pieces) if one.word == "WHERE" and not one.depth]
    return wheres[0] if plain and not other and len(wheres) == 1 else None


def _where(pieces: Sequence[Token]) -> int:
    return next(n for n, token in enumerate(pieces) if token.word == "WHERE" and not token.depth)


def _called(pieces: Sequence[Token]) -> Iterator[str | None]:
    """Give the functions that a text calls; None for one that it names with a schema of its own."""
    for n, (token, after) in enumerate(pairwise(pieces)):
        if token.kind != "name" or after.text != "(" or token.word in _NO_FUNCTIONS:
            continue
        schema = pieces[n - 2].word if n > 1 and pieces[n - 1].text == "." else "PG_CATALOG"
        yield token.text if schema == "PG_CATALOG" and not token.text.startswith('"') else None


def _plain(sql: str) -> list[Token]:
    return [token for token in tokens(sql) if not token.comment and not token.text.isspace()]
