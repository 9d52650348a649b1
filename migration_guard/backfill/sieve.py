"""Finds the rows on which the predicate fails: all of the next ones at once, where halving would need many transactions for each."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from migration_guard.backfill.arrays import array, joined
from migration_guard.backfill.errors import Fault, fault_of
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.look import listed, selection_of
from migration_guard.backfill.pinned import apply_settings
from migration_guard.backfill.plpgsql import Handed, has_plpgsql
from migration_guard.backfill.record import Place
from migration_guard.backfill.statements import statement


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Rows of which nobody can say whether they are to do, in a stretch of keys."""

    rows: tuple[tuple[Value, Fault], ...] = ()
    last: Value | None = None
    """Where the stretch ends: whatever reads it must not go beyond, where there may be more of them."""
    ends: bool = False
    """Whether nothing comes after it."""

    def beside(self, set_aside: str) -> str:
        """Give their keys beside others, as the server writes arrays of them."""
        return joined((set_aside, array(array(key) for key, _ in self.rows)))


def unreadable(connection: Connection, job: Job, place: Place, size: int) -> Unreadable | None:
    """Ask which of the next rows the predicate fails on; None where the server has no PL/pgSQL to ask with."""
    if not has_plpgsql(connection):
        return None
    assert job.bound is not None  # an empty table has no windows
    subject, key, ahead = job.subject, job.subject.key, selection_of(job, place, job.bound)
    parts = {"named": key.named, "table": subject.table.sql, "range": ahead.sql, "order": key.order}
    sql = statement("next_keys", last=key.last, lists=key.arrays(), **parts)
    count, end, arrays = connection.exec_driver_sql(sql, {**ahead.parameters, "size": size}).one()
    if not count:
        return Unreadable(ends=True)
    last = tuple(end)
    handed = Handed(arrays)
    apply_settings(connection, handed.settings)
    block = statement(
        "sieve",
        blameless=statement("blameless"),
        keys=handed.declared,
        first=handed.first,
        now=handed.turn("mg_at"),
        where=subject.where,
        table=subject.table.sql,
        among=handed.spelt(key.among),
    )
    connection.exec_driver_sql(block, {})
    found = json.loads(connection.exec_driver_sql(statement("sieved")).scalar() or "[]")
    keys = listed(connection, key, arrays) if found else ()
    rows = tuple((keys[at - 1], fault_of(*named)) for at, *named in found)
    return Unreadable(rows, last, ends=count < size or last == job.bound)
