"""The quick way through batches that nobody disturbs: some of them follow each other on the server, in one block that
commits behind each.

Nothing is locked beforehand: an UPDATE locks what it changes, and under READ COMMITTED it looks anew, at the row as it is
by then, whether `where` still holds. That is the same as the law of a batch where the definition depends on nothing but
its rows: what it reads elsewhere would be read as of before the lock. Whoever holds a row is waited for for a moment only;
then, and whenever something is not as expected, the batch is rolled back, the block ends, and the next one goes the long way.

So small batches cost no more than large ones: the block is planned once, and nothing is sent between two of them. A
person's request ends it with the batch that is being done; what else is asked before a batch is asked before the block, which
begins none when that is no longer fresh. The server counts a time-out from the beginning of the block, so that each
batch has its own: rows that it comes to too late are not touched, and it is rolled back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migration_guard.backfill.arrays import array
from migration_guard.backfill.asks import Asks, Question
from migration_guard.backfill.attempt import Outcome
from migration_guard.backfill.job import Job
from migration_guard.backfill.pinned import settings_parameters
from migration_guard.backfill.record import Place, Stands
from migration_guard.backfill.sqltext import IDS, Token, assigned_columns, called, folded, spelled, tokens, words_of
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steady import CONVERTING
from migration_guard.backfill.subject import Subject, Way

KNOWN = 0.1
"""Seconds for which it is known whether batches may be, so that short ones do not ask it each time."""
WAIT = 0.02
"""Seconds that a row is waited for, while its neighbours are held."""
ODD, ENDED = "MG001", "MG002"
"""With which SQLSTATE a block ends when something is not as expected, and when something is asked or it is fenced off."""
DENSE = 0.5
"""The part of the rows that must be to do: where fewer are, a window reads far for what it changes."""
_KNOWN = [*CONVERTING, "now", "age", "gen_random_uuid"]
"""Functions of PostgreSQL's that are not immutable, and read no table nevertheless."""
_PLANNED = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""A batch is planned without knowing its keys, once for all of a block, and goes by the key's index."""
_CONDITION = ({"(", "WHERE", "AND", "OR", "NOT"}, {")", "AND", "OR"})
"""Between which words a comparison is a condition of its own."""
_ELSEWHERE = frozenset({"SELECT", "RETURNING", "CURRENT", "DEFAULT", "TABLE", "OVER", "OPERATOR"})


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
    if definition.arguments or not connection.exec_driver_sql(statement("has_plpgsql")).scalar():
        return None  # the text of a block is in the server's log when it fails, and shows no value that was given
    pieces = [words_of(definition.update), words_of(definition.where)]
    names = [one for some in pieces for one in called(some)]
    strange = any(schema not in {None, "pg_catalog"} for schema, _ in names)
    elsewhere = any(_ELSEWHERE & {one.word for one in some} for some in pieces)
    moves = {column.name for column in subject.key.columns} & assigned_columns(definition.update)
    if not _is_plain(pieces[0]) or strange or elsewhere or moves:
        return None
    said = {folded(one.text) for some in pieces for one in some if one.kind == "name"}
    oid = {"oid": subject.table.oid}
    # Before it is judged, so that what comes in between is noticed later.
    now = str(connection.exec_driver_sql(attached(subject), oid).scalar())
    asks = {**oid, "called": [name for _, name in names], "words": sorted(said)}

    def contained(known: Sequence[str]) -> bool:
        return bool(connection.exec_driver_sql(statement("self_contained"), {**asks, "known": list(known)}).scalar())

    if not contained(_KNOWN):
        return None
    change, ranged, exact = _change(definition.update, subject.key.columns[0].name)
    return Way(now, change, ranged=ranged, exact=exact, repeats=contained(()))


@dataclass(frozen=True, slots=True)
class Measure:
    """How much a block does."""

    size: int
    """Rows of a batch."""
    allowance: float
    """Seconds that a batch may take, waiting for nobody."""
    rest: float = 0.0
    """What is left to others between two batches, in proportion to the time of the one before."""
    once: bool = False
    """Whether it does one batch alone: the pause behind it is too long to hold a transaction for."""


def stride(job: Job, place: Place, measure: Measure, settings: Mapping[str, str]) -> Question:
    """Give the block that does batches of a window, until what was asked before it is no longer fresh."""
    subject, key = job.subject, job.subject.key
    assert job.bound is not None  # an empty table has no windows
    assert subject.swift is not None
    (column,) = key.columns
    way, last = subject.swift, "(SELECT mg_0 FROM mg_window ORDER BY mg_0 DESC LIMIT 1)"
    upto, low = f"<= {key.bound('high')}", "> mg_low"
    begun = place.cursor is not None

    def within(name: str, high: str) -> str:
        return f"{name} {high} AND {name} {low}" if begun else f"{name} {high}"

    which = within(key.order, f"<= {last}") if way.ranged else "ARRAY(SELECT mg_0 FROM mg_window WHERE mg_matches)"
    still_in_time = f"({subject.where}) AND pg_catalog.clock_timestamp() < mg_late"
    swift = statement(
        "swift_exact" if way.exact else "swift",
        named=key.named,
        where=subject.where,
        table=subject.table.sql,
        range=within(key.order, upto),
        order=key.order,
        size=str(measure.size),
        change=f"{way.change[0]}{which}{way.change[1]} AND {still_in_time}",
        key=key.order,
        last=key.last,
        text=key.named_texts,
        left=key.arrays(),
        inside=within("mg_key", f"<= {last}"),
    )
    among = f"{key.order} = ANY (mg_left[1]::{column.type}[])"
    moving = job.store.moving(job.key, job.token, job.lease, job.share, unasked=True)
    role = subject.definition.role
    sql = job.store.sql(
        "stride",
        type=column.type,
        seconds=str(KNOWN),
        longest=str(job.hold + measure.allowance),
        rest=str(measure.rest),
        settings=statement("settings"),
        begun="NOT" if begun else "",
        theirs=statement("take_role") if role else "",
        swift=swift,
        still=statement("still_to_do", table=subject.table.sql, among=among, where=subject.where),
        own=statement("leave_role") if role else "",
        size=str(measure.size),
        recorded=statement("swift_record", moved=moving.sql, attached=attached(subject)),
        once="OR true" if measure.once or not begun else "",
    )
    fence = None if job.share is None else job.share.tokens.get(place.window)
    here = {"window": place.window, "bound": array(job.bound), "fence": fence, "oid": subject.table.oid, "role": role}
    given = {**settings_parameters({**settings, **_PLANNED}), **key.parameters("high", job.bound)}
    return Question(sql, {**moving.parameters, **given, **here, "attached": way.attached})


def rested(seconds: float, batches: int, rest: float) -> float:
    """Say for how many of its seconds a block has rested: behind each of its batches but the last."""
    share = rest * max(batches - 1, 0)
    return seconds * share / (batches + share) if share else 0.0


def progress(place: Place, before: Stands, after: Stands) -> Outcome:
    """Say what the batches of a block have come to that were committed."""
    counts = after.counts - before.counts
    done = (place.window,) if after.done else ()
    batches, at = after.batches - before.batches, after.cursor or ()
    return Outcome(counts, (place.window,), done, passed=counts.examined, at=at, batches=batches)


def _change(update: str, key: str) -> tuple[tuple[str, str], bool, bool]:
    """Take an update apart where it says which rows it is about.

    Tell whether a range of keys may stand there, and whether nothing else is its condition.
    """
    pieces = list(tokens(update))
    at, said = _where(pieces), next(n for n, one in enumerate(pieces) if one.text == f":{IDS}")
    begin, end = _comparison(pieces, said, key) or (said, said + 1)
    before = f"{spelled(pieces[: at + 1])} ({spelled(pieces[at + 1 : begin])}"
    rest = [one for one in (*pieces[at + 1 : begin], *pieces[end:]) if not one.blank and one.text not in "()"]
    return (before, f"{spelled(pieces[end:])}\n)"), begin != said, begin != said and not rest


def _comparison(pieces: Sequence[Token], said: int, key: str) -> tuple[int, int] | None:
    """Find `key = ANY(:ids)` around the keys, where it is a condition of its own."""
    words = [n for n, one in enumerate(pieces) if not one.blank]
    at = words.index(said)
    closes = next(n for n in words[at:] if pieces[n].text == ")")
    cast = "".join(pieces[n].word for n in range(said + 1, closes) if not pieces[n].blank)
    around = [pieces[n].word for n in words[at - 5 : at]] if at >= 5 else []
    if around[2:] != ["=", "ANY", "("] or not (cast == "" or cast.startswith("::")):
        return None
    after = next((pieces[n].word for n in words if n > closes), ")")
    begins, ends = _CONDITION
    if around[0] not in begins or after not in ends or folded(pieces[words[at - 4]].text) != key:
        return None
    return words[at - 4], closes + 1


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
