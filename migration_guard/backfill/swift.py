"""The quick way through a batch that nobody disturbs: its window, the change and what came of it, in one statement.

Nothing is locked beforehand: an UPDATE locks what it changes, and under READ COMMITTED it looks anew, at the row as it is
by then, whether `where` still holds. That is the same as the law of a batch where the definition depends on nothing but
its rows: what it reads elsewhere would be read as of before the lock. Whoever holds a row is waited for for a moment only;
then, and whenever something is not as expected, the batch is rolled back and goes the long way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.arguments import spelt
from migration_guard.backfill.arrays import array
from migration_guard.backfill.asks import Asks, Question
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.look import selection_of
from migration_guard.backfill.record import Place
from migration_guard.backfill.sqltext import IDS, Token, assigned_columns, bound, called, folded, tokens, words_of
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steady import CONVERTING
from migration_guard.backfill.subject import Subject, Way

WAIT = 0.02
"""Seconds that a row is waited for, while its neighbours are held."""
DENSE = 0.5
"""The part of the rows that must be to do: where fewer are, a window reads far for what it changes."""
_KNOWN = [*CONVERTING, "now", "age", "gen_random_uuid"]
"""Functions of PostgreSQL's that are not immutable, and read no table nevertheless."""
_ELSEWHERE = frozenset({"SELECT", "RETURNING", "CURRENT", "DEFAULT", "TABLE", "OVER", "OPERATOR"})


@dataclass(frozen=True, slots=True)
class Swept:
    """What a statement did: its window, and what of it was changed."""

    examined: int
    last: Value
    matched: int
    changed: int
    unchanged: int
    """Rows that are still to do although they were to be changed."""
    odd: bool
    """Whether rows lie elsewhere, or are still to do although they were changed."""
    recorded: bool
    """Whether it is written down already."""


def attached(subject: Subject) -> str:
    """Give the statement that says what is checked or run when rows of a table are written."""
    return statement("attached", members=statement("several_members" if subject.table.kind == "p" else "one_member"))


def way(connection: Asks, subject: Subject) -> Way | None:
    """Say what the quick way rests on; None if no batch may go it.

    A batch may whose definition depends on nothing but its rows, and changes nothing but them.
    """
    definition = subject.definition
    single = len(subject.key.columns) == 1 and definition.per is None and subject.target.oid == subject.table.oid
    if definition.update is None or not single or subject.reaches or not subject.server.counts_writes:
        return None
    pieces = [words_of(definition.update), words_of(definition.where)]
    names_called = [name for some in pieces for name in called(some)]
    elsewhere = any(_ELSEWHERE & {one.word for one in some} for some in pieces)
    moves = {column.name for column in subject.key.columns} & assigned_columns(definition.update)
    if not _is_plain(pieces[0]) or None in names_called or elsewhere or moves:
        return None
    names = {folded(one.text) for some in pieces for one in some if one.kind == "name"}
    oid = {"oid": subject.table.oid}
    # Before it is judged, so that what comes in between is noticed later.
    now = str(connection.exec_driver_sql(attached(subject), oid).scalar())
    asks = {**oid, "called": names_called, "words": sorted(names)}

    def contained(known: Sequence[str]) -> bool:
        return bool(connection.exec_driver_sql(statement("self_contained"), {**asks, "known": list(known)}).scalar())

    return Way(now, _change(subject), repeats=contained(())) if contained(_KNOWN) else None


def records(job: Job) -> bool:
    """Tell whether the statement writes down what it did: the role that changes rows may not write the state."""
    return job.subject.definition.role is None


def question(job: Job, place: Place, size: int) -> Question:
    """Give the statement that does a window."""
    subject = job.subject
    assert job.bound is not None  # an empty table has no windows
    assert subject.swift is not None
    selection, key = selection_of(job, place, job.bound), subject.key
    parameters = {**selection.parameters, "size": size}
    recorded, moved = "", "0, NULL"
    if records(job):
        moving = job.store.moving(job.key, job.token, job.lease, job.share)
        recorded = statement("swift_entry", moved=moving.sql)
        moved = statement("swift_moved", attached=attached(subject))
        fence = None if job.share is None else job.share.tokens.get(place.window)
        here = {"window": place.window, "batches": place.batches, "bound": array(job.bound), "fence": fence}
        parameters |= {**moving.parameters, **here, "oid": subject.table.oid}
    sql = statement(
        "swift",
        named=key.named,
        where=subject.where,
        table=subject.table.sql,
        range=selection.sql,
        order=key.order,
        change=subject.swift.change,
        key=key.order,
        last=key.last,
        left=key.arrays(),
        after=f"OR mg_key <= {key.bound('cursor')}" if place.cursor is not None else "",
        recorded=recorded,
        moved=moved,
    )
    return Question(sql, parameters)


def read(connection: Connection, job: Job, row: Sequence[Any]) -> Swept:
    """Read what the statement has come to; what it rests on must still be as it was."""
    examined, last, matched, changed, outside, left, recorded, found = row
    assert job.subject.swift is not None
    odd = bool(outside) or changed > matched or (recorded and found != job.subject.swift.attached)
    still = 0 if odd or left is None else _still(connection, job, tuple(left))
    return Swept(examined, tuple(last), matched, changed, still, odd, bool(recorded))


def _still(connection: Connection, job: Job, keys: tuple[str, ...]) -> int:
    subject = job.subject
    sql = statement("still_to_do", table=subject.table.sql, among=subject.key.among, where=subject.where)
    return int(connection.exec_driver_sql(sql, subject.key.list_parameters(keys)).scalar() or 0)


def _change(subject: Subject) -> str:
    """Give the update over the window's rows, which looks once more whether each is still to do."""
    update = subject.definition.update or ""
    pieces = list(tokens(update))
    at = _where(pieces)
    head = "".join(token.text for token in pieces[: at + 1])
    tail = "".join(token.text for token in pieces[at + 1 :])
    ids = "ARRAY(SELECT mg_0 FROM mg_window WHERE mg_matches)"
    arguments = spelt(subject.definition.arguments)
    return f"{bound(head, arguments=arguments)} ({bound(tail, ids, arguments)}\n) AND ({subject.where})"


def _is_plain(pieces: Sequence[Token]) -> bool:
    """Tell whether a statement is a plain `UPDATE table SET … WHERE …` that speaks of its keys in the condition only."""
    words = [token.word for token in pieces]
    if words[:1] != ["UPDATE"] or "SET" not in words:
        return False
    named = pieces[1 : words.index("SET")]
    dotted = [one.text for one in named[1::2]] == ["."] * (len(named) // 2)
    plain = len(named) in {1, 3} and dotted and all(one.kind == "name" for one in named[::2])
    other = any(one.word == "FROM" and not one.depth for one in pieces)
    wheres = [n for n, one in enumerate(pieces) if one.word == "WHERE" and not one.depth]
    if not plain or other or len(wheres) != 1:
        return False
    return not any(one.text == f":{IDS}" for one in pieces[: wheres[0]])


def _where(pieces: Sequence[Token]) -> int:
    return next(n for n, token in enumerate(pieces) if token.word == "WHERE" and not token.depth)
