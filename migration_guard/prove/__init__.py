"""Proves a move by rows: the statement as it was, and the backfills that it became, on the same made-up tables.

The tables have the columns, types and keys that the migrations tell, and rows with NULLs, duplicates and partners that are
missing. Both must leave the same rows, and a second run of the backfills must write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import psycopg

from migration_guard.backfill import Backfill
from migration_guard.backfill import run as run_backfills
from migration_guard.lean import dataclass
from migration_guard.prove.server import Scratch
from migration_guard.prove.tables import Made, made_for
from migration_guard.sql.backfill import CannotMove, Facts
from migration_guard.sql.backfill.spoken import spoken


@dataclass(frozen=True, slots=True)
class Case:
    """Statements in their order, and the backfills that are to do the same."""

    statements: tuple[str, ...]
    backfills: tuple[Backfill, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a proof."""

    proven: bool | None
    """None where nothing could be compared."""
    told: str


def prove(case: Case, facts_of: Callable[[str], Facts], scratch: Scratch) -> Proof:
    """Run both on a scratch server, and compare."""
    try:
        tables = made_for([spoken(sql) for sql in case.statements], facts_of)
    except CannotMove as reason:
        return Proof(None, f"not proven: {reason}")
    with scratch.database() as url:
        try:
            with psycopg.connect(url) as connection:
                for table in tables:
                    table.create(connection)
                connection.commit()
                before = _content(connection, tables)
                for sql in case.statements:
                    connection.execute(sql.encode())
                wanted = _content(connection, tables)
                connection.rollback()
        except psycopg.Error as error:
            return Proof(None, f"not proven: the statement does not run on made-up tables ({_first_line(error)})")
        if wanted == before:
            return Proof(None, "not proven: the statement changes none of the made-up rows")
        proof = _compared(case.backfills, tables, wanted, url)
    if proof.proven is False and not _is_determined(case, tables, wanted, scratch):
        return Proof(
            None,
            "not proven: which rows the statement leaves depends on the order in which rows lie, where several give a value",
        )
    return proof


def _is_determined(case: Case, tables: Sequence[Made], wanted: Sequence[object], scratch: Scratch) -> bool:
    """Whether the statements leave the same rows wherever rows lie: where several give a value, one of them is taken."""
    with scratch.database() as url, psycopg.connect(url) as connection:
        for table in tables:
            table.create(connection)
            table.turn(connection)
        for sql in case.statements:
            connection.execute(sql.encode())
        return _content(connection, tables) == wanted


def _compared(backfills: Sequence[Backfill], tables: Sequence[Made], wanted: Sequence[object], url: str) -> Proof:
    results = run_backfills(list(backfills), url)
    if open_ := [result for result in results if not result.complete]:
        return Proof(False, f"NOT the same: {open_[0]}")
    with psycopg.connect(url) as connection:
        content = _content(connection, tables)
    if content != wanted:
        name = next(table.name for table, is_, should in zip(tables, content, wanted, strict=True) if is_ != should)
        return Proof(False, f"NOT the same: {name} has other rows than the migration would leave")
    again = [
        replace(one, key=f"again_{number}", key_columns=one.key_columns, key_column=None, after=())
        for number, one in enumerate(backfills)
    ]
    second = run_backfills(again, url)
    if any(result.counts.changed or not result.complete for result in second):
        return Proof(False, "NOT the same: a second run writes again")
    changed = sum(result.counts.changed for result in results)
    return Proof(True, f"proven: {changed} rows changed, every table the same, and nothing written by a second run")


def _content(connection: psycopg.Connection[tuple[object, ...]], tables: Sequence[Made]) -> list[object]:
    return [table.content(connection) for table in tables]


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0]
