"""Tries rows one by one under savepoints, or in small groups: what waits for a lock or cannot be changed is left out.

A session remembers few savepoints. So what goes through is either kept, in a batch of few rows, or taken back as well, to be
changed by one statement afterwards: that writes rows twice, and a batch may have ten times as many of them. Where the
definition is an SQL text and the server has PL/pgSQL, the loop runs on the server: a row takes a tenth of the time that two
round trips would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psycopg.sql import Literal
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.arrays import array
from migration_guard.backfill.change import ENDED, Changed, call, change, python_keys, too_many, verified
from migration_guard.backfill.errors import AllFail, Fault, FunctionFailed, Refused, Trouble, fault_of, judged
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.look import Held, listed, spelt
from migration_guard.backfill.parents import foreseen
from migration_guard.backfill.pinned import apply_settings, milliseconds
from migration_guard.backfill.plpgsql import Handed, has_plpgsql
from migration_guard.backfill.sqltext import tokens
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject

AT_MOST = 64
"""Savepoints of a transaction: a session remembers so many, and with more all others' snapshots become slower."""
ROW_WAIT = 0.001
"""Seconds that a row waits for another's lock while its neighbours are held as well."""
SUSPICIOUS = 50
"""So many rows that all fail as a wrong definition does are no rows' fault, although others went through before."""
_PLAIN = {"UPDATE", "DELETE", "INSERT"}
_LEFT_OUT = {Trouble.LOCKS, Trouble.DATA, Trouble.DEFINITION, Trouble.INTERNAL}


@dataclass(frozen=True, slots=True)
class _Failure:
    """A row that was left out, by its place among the keys."""

    position: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Sifted:
    """What became of rows that were tried."""

    keys: tuple[Value, ...]
    failures: list[_Failure]
    undone: int
    """How many row changes were taken back."""
    kept: bool
    """Whether what went through stands."""
    foreseen: bool = False
    """Whether those that would wait were asked for, and not tried."""


def foresee(connection: Connection, job: Job, held: Held) -> Sifted | None:
    """Ask which rows held would wait for a parent; None if nobody can say."""
    subject = job.subject
    if not has_plpgsql(connection):
        return None
    keys = spelt(held.keys) or listed(connection, subject.key, held.keys)
    apply_settings(connection, {"lock_timeout": milliseconds(ROW_WAIT)})
    waiting = foreseen(connection, subject.key, subject.parents, subject.change, held.keys)
    apply_settings(connection, {"lock_timeout": milliseconds(job.hold)})
    if waiting is None:
        return None
    some, fault = set(waiting), fault_of("55P03")
    failures = [_Failure(n, fault) for n, key in enumerate(keys) if key in some]
    return Sifted(keys, failures, len(keys), kept=False, foreseen=True)


def sift(connection: Connection, job: Job, held: Held, group: int, *, keep: bool, undone: int = 0) -> Sifted:
    """Try the rows held in groups of some size, halving a group that does not go through.

    So many row changes were already taken back in this transaction.
    """
    subject = job.subject
    keys = spelt(held.keys) or listed(connection, subject.key, held.keys)
    if subject.definition.update is not None and has_plpgsql(connection):
        failures, more = _on_server(connection, job, held.keys, group, keep=keep)
    else:
        apply_settings(connection, {"lock_timeout": milliseconds(ROW_WAIT)})
        failures, more = _from_here(connection, subject, keys, group, keep=keep)
        apply_settings(connection, {"lock_timeout": milliseconds(job.hold)})
    return Sifted(keys, failures, undone + more, keep)


def settle(connection: Connection, job: Job, held: Held, sifted: Sifted, *, proven: bool = True) -> Changed:
    """Change together what has gone through alone, unless it stands; and ask how all stand now.

    `proven` tells whether rows have ever gone through.
    """
    keys, failures = sifted.keys, sifted.failures
    wrong = sum(one.fault.trouble is Trouble.DEFINITION for one in failures)
    if wrong == len(keys) and (not proven or wrong >= SUSPICIOUS):
        raise AllFail(f"no row goes through, of {wrong} that were tried: {failures[-1].fault}")
    out = {failure.position for failure in failures}
    done = [key for n, key in enumerate(keys) if n not in out]
    outcome = Changed()
    if done:
        arrays = tuple(array(column) for column in zip(*done))
        if not sifted.kept:
            change(connection, job.subject, arrays, len(done))
            connection.exec_driver_sql(statement("constraints"))
        outcome = verified(connection, job.subject, arrays, len(done), held.before, undone=sifted.undone)
    return Changed(
        still=outcome.still,
        vain=outcome.vain,
        waited=tuple(keys[one.position] for one in failures if one.fault.trouble is Trouble.LOCKS),
        bad=tuple((keys[one.position], one.fault) for one in failures if one.fault.trouble is not Trouble.LOCKS),
        notes=outcome.notes,
    )


def _on_server(
    connection: Connection, job: Job, arrays: Sequence[str], group: int, *, keep: bool
) -> tuple[list[_Failure], int]:
    """Loop in a block of PL/pgSQL."""
    handed = Handed(arrays)
    apply_settings(connection, {"lock_timeout": milliseconds(ROW_WAIT), **handed.settings})
    block = statement(
        "singly",
        blameless=statement("blameless"),
        keys=handed.declared,
        first=handed.first,
        now=handed.turn("mg_at + mg_size - 1"),
        change=_spelt_for_plpgsql(job.subject, handed),
        group=str(group),
        keep=str(keep).lower(),
    )
    connection.exec_driver_sql(block, {})
    parameters = {"lock_timeout": milliseconds(job.hold)}
    shown = json.loads(connection.exec_driver_sql(statement("singly_outcome"), parameters).scalar() or "{}")
    if shown.get("too_many"):
        raise Refused(too_many(*shown["too_many"]))
    return [_Failure(at - 1, fault_of(*named)) for at, *named in shown["failed"]], shown["undone"]


def _spelt_for_plpgsql(subject: Subject, handed: Handed) -> str:
    """Give the update over variables: as a statement, which is planned once, where PL/pgSQL takes it as it is."""
    update = subject.definition.update or ""
    words = [token.word for token in tokens(update) if token.kind == "name"]
    plain = words[0] in _PLAIN and "RETURNING" not in words
    if plain:
        return handed.spelt(subject.change)
    dynamic = subject.change
    for n in range(len(handed.now)):
        dynamic = dynamic.replace(f"%(ids_{n})s", f"${n + 1}")
    return f"EXECUTE {Literal(dynamic).as_string(None)} USING {', '.join(handed.now)}"


def _from_here(
    connection: Connection, subject: Subject, keys: Sequence[Value], group: int, *, keep: bool
) -> tuple[list[_Failure], int]:
    """Loop here, for functions and where there is no PL/pgSQL. Each round trip counts: rows are many, and bad ones tried often."""
    failures, undone = list[_Failure](), 0
    all_ = tuple(array(column) for column in zip(*keys))
    ids = python_keys(connection, subject, all_) if subject.definition.apply is not None else None

    def work(begin: int, end: int) -> None:
        if ids is not None:
            call(connection, subject, ids[begin:end])
        else:
            change(connection, subject, tuple(array(column) for column in zip(*keys[begin:end])), end - begin)

    connection.exec_driver_sql(statement("constraints"))  # for what follows: each row is checked in its own turn
    begin, size = 0, group
    while begin < len(keys):
        end = min(begin + size, len(keys))
        fault = _attempt(connection, begin, end, work, keep=keep)
        if fault is not None or not keep:
            undone += end - begin
        if fault is not None and end - begin == 1:
            failures.append(_Failure(begin, fault))
        if fault is None or end - begin == 1:
            begin, size = end, min(size * 2, group)
        else:
            size = (end - begin) // 2
    connection.exec_driver_sql(statement("constraints"))
    return failures, undone


def _attempt(
    connection: Connection, begin: int, end: int, work: Callable[[int, int], None], *, keep: bool
) -> Fault | None:
    savepoint = connection.begin_nested()
    try:
        work(begin, end)
    except (DBAPIError, FunctionFailed) as error:
        fault = judged(error)
        if fault.trouble not in _LEFT_OUT:
            raise
        savepoint.rollback()
        return fault.of_row
    try:
        if keep:
            savepoint.commit()
        else:
            savepoint.rollback()
    except DBAPIError as error:
        if judged(error).trouble is not Trouble.DATA:
            raise
        raise Refused(ENDED) from None  # and the savepoint with it
    return None
